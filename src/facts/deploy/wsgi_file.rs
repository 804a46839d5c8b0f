//! Files that a web server itself loads: mod_wsgi's `*.wsgi`, Passenger's and PythonAnywhere's.
//! The line that names the application is searched for; Python is not parsed here.

use super::assemble::Frame;
use super::context::Context;
use super::scope::Scope;
use super::shell::Start;
use super::{Deployments, Kind, roles};
use crate::facts::{LaunchRole, Server, WsgiTarget};
use crate::text::{RepoPath, SourceFile, Span};

pub(crate) const KIND: Kind = Kind { name: "wsgi-file", matches, read };

/// The server that loads a file of this name.
fn server(path: &RepoPath) -> Option<&'static str> {
    let name = path.name();
    if name == "passenger_wsgi.py" {
        Some("Passenger")
    } else if name.ends_with("_pythonanywhere_com_wsgi.py") {
        Some("PythonAnywhere")
    } else if path.extension() == "wsgi" {
        Some("mod_wsgi")
    } else {
        None
    }
}

fn matches(path: &RepoPath) -> bool {
    server(path).is_some()
}

fn read<'a>(file: &'a SourceFile, context: &Context<'a>, found: &mut Deployments) {
    let Some(server) = server(&file.path) else { return };
    let Some((target, span)) = application(&file.text) else { return };
    let mut start = Start::of_image(Server::OtherWsgi(server.to_owned()), &Scope::new(context, file.path.parent()));
    start.started.conf = None;
    start.started.target = target;
    start.started.script = Some(file.path.clone());
    let mut frame = Frame::new(KIND.name, file, file.path.name(), span);
    frame.role = roles::of_path(&file.path, LaunchRole::Production);
    // PythonAnywhere ends TLS in front of every app.
    frame.https = (server == "PythonAnywhere").then_some(true);
    found.launches.push(frame.launch(start));
}

/// What a file names `application`, and the line that does.
fn application(text: &str) -> Option<(Option<WsgiTarget>, Span)> {
    let mut found = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim();
        let span = Span::new(start, start + line.trim_end().len());
        start += line.len();
        let import = content.strip_prefix("from ").and_then(|rest| rest.split_once(" import "));
        if let Some((module, names)) = import {
            for name in names.split(',').map(|name| name.trim().trim_matches(['(', ')', ' '])) {
                let name = name.split('#').next().unwrap_or(name).trim();
                let (original, bound) = name.split_once(" as ").unwrap_or((name, name));
                if bound.trim() == "application" {
                    found = Some((WsgiTarget::parse(&format!("{module}:{}", original.trim())), span));
                }
            }
        } else if found.is_none()
            && content.strip_prefix("application").is_some_and(|rest| rest.trim_start().starts_with('='))
        {
            found = Some((None, span));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Trial, brief};

    #[test]
    fn the_imported_application_is_the_target() {
        let text =
            "#!/usr/bin/python\nimport sys\nsys.path.insert(0, '/var/www/shop')\nfrom shop import app as application\n";
        assert_eq!(brief(&Trial::new(&[("shop.wsgi", text)]).one()), "shop.wsgi mod_wsgi shop:app Production Platform");
        let launch =
            Trial::new(&[("passenger_wsgi.py", "from app import create_app\napplication = create_app()\n")]).one();
        assert_eq!((launch.server.name(), launch.target.is_none()), ("Passenger", true));
        assert_eq!(launch.location.line, 2);
        let name = "someone_pythonanywhere_com_wsgi.py";
        assert_eq!(Trial::new(&[(name, "from flask_app import app as application  # noqa\n")]).one().https, Some(true));
    }

    #[test]
    fn other_files_are_not_read() {
        assert!(
            Trial::new(&[("my_wsgi.py", "from a import application"), ("x.wsgi", "print(1)")]).launches().is_empty()
        );
    }
}
