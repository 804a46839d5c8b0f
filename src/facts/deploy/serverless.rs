//! Function platforms that put a WSGI app behind a gateway: Serverless, Zappa, Vercel.

use super::assemble::Frame;
use super::context::Context;
use super::scope::Scope;
use super::shell::Start;
use super::{Deployments, Kind, fields, roles};
use crate::facts::{LaunchRole, LaunchVar, Server, WsgiTarget};
use crate::lang::node::Node;
use crate::text::{RepoPath, SourceFile, Span};

pub(crate) const KIND: Kind = Kind { name: "serverless", matches, read };

fn matches(path: &RepoPath) -> bool {
    matches!(
        path.name(),
        "serverless.yml"
            | "serverless.yaml"
            | "zappa_settings.json"
            | "zappa_settings.yml"
            | "zappa_settings.toml"
            | "vercel.json"
            | "now.json"
    )
}

fn read<'a>(file: &'a SourceFile, context: &Context<'a>, found: &mut Deployments) {
    let root = match file.path.extension() {
        "toml" => fields::toml_document(file, found),
        _ => fields::documents(file, found).into_iter().next(),
    };
    let Some(root) = root else { return };
    match file.path.stem() {
        "serverless" => framework(file, &root, context, found),
        "zappa_settings" => zappa(file, &root, context, found),
        _ => vercel(file, &root, context, found),
    }
}

/// `package.module.app` as a target.
fn dotted(text: &str) -> Option<WsgiTarget> {
    let (module, attribute) = text.rsplit_once('.')?;
    WsgiTarget::parse(&format!("{}:{attribute}", module.replace('/', ".")))
}

fn push<'a>(
    file: &'a SourceFile,
    context: &Context<'a>,
    found: &mut Deployments,
    (server, name, span): (&str, &str, Span),
    target: Option<WsgiTarget>,
    script: Option<RepoPath>,
    env: Vec<LaunchVar>,
) {
    let mut start = Start::of_image(Server::OtherWsgi(server.to_owned()), &Scope::new(context, file.path.parent()));
    (start.started.target, start.started.script, start.started.conf) = (target, script, None);
    let mut frame = Frame::new(KIND.name, file, name, span);
    frame.role = match roles::of_name(name) {
        Some(role) if role != LaunchRole::Production => role,
        _ => roles::of_path(&file.path, LaunchRole::Production),
    };
    (frame.env, frame.https) = (env, Some(true));
    found.launches.push(frame.launch(start));
}

/// The Serverless framework with its WSGI plugin.
fn framework<'a>(file: &'a SourceFile, root: &Node, context: &Context<'a>, found: &mut Deployments) {
    let mut env = root.at(&["provider", "environment"]).map(|node| fields::env(file, node)).unwrap_or_default();
    for function in root.get("functions").map(|node| node.entries()).unwrap_or_default() {
        env.extend(function.value.get("environment").map(|node| fields::env(file, node)).unwrap_or_default());
    }
    let app = root.at(&["custom", "wsgi", "app"]).and_then(Node::as_scalar);
    match app {
        Some(app) => {
            let place = ("serverless-wsgi", "functions", app.span);
            push(file, context, found, place, dotted(&app.text), None, env);
        }
        None => found.loose.extend(env),
    }
}

/// Zappa: one launch for each stage.
fn zappa<'a>(file: &'a SourceFile, root: &Node, context: &Context<'a>, found: &mut Deployments) {
    for stage in root.entries() {
        let mut env = Vec::new();
        for key in ["environment_variables", "aws_environment_variables"] {
            env.extend(stage.value.get(key).map(|node| fields::env(file, node)).unwrap_or_default());
        }
        match stage.value.get("app_function").and_then(|node| node.text()) {
            Some(app) => {
                let place = ("Zappa", stage.key.text.as_str(), stage.key.span);
                push(file, context, found, place, dotted(app), None, env);
            }
            None => found.loose.extend(env),
        }
    }
}

/// Vercel's Python builder.
fn vercel<'a>(file: &'a SourceFile, root: &Node, context: &Context<'a>, found: &mut Deployments) {
    let env = root.get("env").map(|node| fields::env(file, node)).unwrap_or_default();
    let python = root.get("builds").map(|node| node.items()).unwrap_or_default().iter().find_map(|build| {
        let uses = build.get("use")?.text()?;
        let source = build.get("src")?.as_scalar()?;
        uses.contains("python").then_some(source)
    });
    match python {
        Some(source) => {
            let script = file.path.parent().join(source.text.trim_start_matches('/'));
            let script = script.filter(|path| context.has_file(path));
            let target = WsgiTarget::parse(&format!("{}:app", source.text));
            push(file, context, found, ("Vercel", "vercel", source.span), target, script, env);
        }
        None => found.loose.extend(env),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Trial, brief, env};

    #[test]
    fn the_three_platforms() {
        let text = "provider:\n  name: aws\n  environment:\n    FLASK_ENV: development\n    T: ${self:custom.t}\ncustom:\n  wsgi:\n    app: src/api.app\n";
        let launch = Trial::new(&[("serverless.yml", text)]).one();
        assert_eq!(brief(&launch), "functions serverless-wsgi src.api:app Production Platform");
        assert_eq!((env(&launch)["FLASK_ENV"], env(&launch)["T"]), (Some("development"), None));
        let json = "{\"dev\": {\"app_function\": \"shop.app\"}, \"production\": {\"app_function\": \"shop.app\", \"environment_variables\": {\"KEY\": \"x\"}}}";
        let all = Trial::new(&[("zappa_settings.json", json)]).launches();
        assert_eq!(
            all.iter().map(brief).collect::<Vec<_>>(),
            ["production Zappa shop:app Production Platform", "dev Zappa shop:app Development Platform"]
        );
        let json = "{\"builds\": [{\"src\": \"api/index.py\", \"use\": \"@vercel/python\"}], \"env\": {\"FLASK_DEBUG\": \"1\"}}";
        let launch = Trial::new(&[("vercel.json", json), ("api/index.py", "")]).one();
        assert_eq!(launch.script.unwrap().as_str(), "api/index.py");
        assert!(
            Trial::new(&[("vercel.json", "{\"builds\": [{\"src\": \"a.js\", \"use\": \"@vercel/node\"}]}")])
                .launches()
                .is_empty()
        );
    }
}
