//! Fly.io: processes, or the image of the tree, with `[env]`.

use super::context::Context;
use super::hosted::Hosted;
use super::{Deployments, Kind, fields, roles};
use crate::facts::LaunchRole;
use crate::lang::node::Node;
use crate::text::{RepoPath, SourceFile, Span};

pub(crate) const KIND: Kind = Kind { name: "fly", matches, read };

fn matches(path: &RepoPath) -> bool {
    let name = path.name();
    name.starts_with("fly.") && name.ends_with("toml")
}

fn read<'a>(file: &'a SourceFile, context: &Context<'a>, found: &mut Deployments) {
    let Some(root) = fields::toml_document(file, found) else { return };
    let text = |keys: &[&str]| root.at(keys).and_then(Node::text);
    let hosted = |name, command, span| Hosted {
        kind: KIND.name,
        file,
        name,
        span,
        role: roles::of_path(&file.path, LaunchRole::Production),
        dir: file.path.parent(),
        command,
        env: root.get("env").map(|node| fields::env(file, node)).unwrap_or_default(),
        https: (root.get("http_service").is_some() || root.get("services").is_some()).then_some(true),
        dockerfile: file.path.parent().join(text(&["build", "dockerfile"]).unwrap_or("Dockerfile")),
    };
    let processes = root.get("processes").map(|node| node.entries()).unwrap_or_default();
    for entry in processes {
        hosted(&entry.key.text, Some(&*entry.value), entry.key.span).push(context, found);
    }
    if processes.is_empty() {
        let command = root.at(&["experimental", "cmd"]);
        hosted("app", command, Span::at(0)).push(context, found);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Trial, brief, env};

    #[test]
    fn processes_and_images_start_with_the_env_table() {
        let text = "app = 'x'\n[env]\n  FLASK_DEBUG = \"1\"\n[processes]\n  web = \"gunicorn -b :8080 a:app\"\n  worker = \"rq worker\"\n[http_service]\n  force_https = true\n";
        let trial = Trial::new(&[("fly.toml", text)]);
        let launch = trial.one();
        assert_eq!(brief(&launch), "web gunicorn a:app Production Platform");
        assert_eq!((trial.command(&launch), launch.https), (Some("gunicorn -b :8080 a:app"), Some(true)));
        assert_eq!(trial.without(&launch, "FLASK_DEBUG"), text.replace("  FLASK_DEBUG = \"1\"\n", ""));
        let trial = Trial::new(&[
            ("fly.toml", "[env]\nA='1'\n"),
            ("Dockerfile", "FROM python\nENV B=2\nCMD [\"flask\", \"run\"]\n"),
        ]);
        let all = trial.launches();
        assert_eq!(brief(&all[0]), "app flask run Production Platform");
        assert_eq!((env(&all[0])["A"], env(&all[0])["B"]), (Some("1"), Some("2")));
        assert_eq!(all[0].via[0].path.as_str(), "fly.toml");
    }
}
