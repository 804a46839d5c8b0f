//! `app.yaml`: App Engine's `entrypoint` and `env_variables`, and the app specs of DigitalOcean
//! and App Runner.

use super::assemble::Frame;
use super::context::Context;
use super::hosted::Hosted;
use super::scope::Scope;
use super::shell::Start;
use super::{Deployments, Kind, fields, roles};
use crate::facts::{LaunchRole, Server, WsgiTarget};
use crate::lang::node::Node;
use crate::text::{RepoPath, SourceFile, Span};

pub(crate) const KIND: Kind = Kind { name: "app-yaml", matches, read };

fn matches(path: &RepoPath) -> bool {
    let name = path.name();
    let app = name.strip_prefix("app").is_some_and(|rest| rest.starts_with(['.', '-', '_']));
    (app || name == "apprunner.yaml") && matches!(path.extension(), "yaml" | "yml")
}

fn read<'a>(file: &'a SourceFile, context: &Context<'a>, found: &mut Deployments) {
    let Some(root) = fields::documents(file, found).into_iter().next() else { return };
    if root.get("runtime").is_some() && root.get("run").is_none() {
        engine(file, &root, context, found);
    } else if let Some(run) = root.get("run") {
        let env = run.get("env").map(|node| fields::named_env(file, node, "name")).unwrap_or_default();
        let command = run.get("command").map(|node| &**node);
        service(file, "app", command, env, file.path.parent()).push(context, found);
    }
    for spec in root.get("services").map(|node| node.items()).unwrap_or_default() {
        let shared = root.get("envs").map(|node| fields::named_env(file, node, "key")).unwrap_or_default();
        let own = spec.get("envs").map(|node| fields::named_env(file, node, "key")).unwrap_or_default();
        let name = spec.get("name").and_then(|node| node.text()).unwrap_or("web");
        let dir = spec.get("source_dir").and_then(|node| node.text()).unwrap_or("");
        let dir = RepoPath::new(dir).unwrap_or_else(RepoPath::root);
        let mut hosted =
            service(file, name, spec.get("run_command").map(|node| &**node), super::vars::overlay(shared, own), dir);
        hosted.dockerfile = spec.get("dockerfile_path").and_then(|node| RepoPath::new(node.text()?));
        hosted.push(context, found);
    }
}

fn service<'a, 'n>(
    file: &'a SourceFile,
    name: &'n str,
    command: Option<&'n Node>,
    env: Vec<crate::facts::LaunchVar>,
    dir: RepoPath,
) -> Hosted<'a, 'n> {
    Hosted {
        kind: KIND.name,
        file,
        name,
        span: Span::at(0),
        role: roles::of_path(&file.path, LaunchRole::Production),
        dir,
        command,
        env,
        https: Some(true),
        dockerfile: None,
    }
}

/// App Engine. Without an entrypoint its Python 3 runtime starts gunicorn with `main:app`.
fn engine<'a>(file: &'a SourceFile, root: &Node, context: &Context<'a>, found: &mut Deployments) {
    let runtime = root.get("runtime").and_then(|node| node.text()).unwrap_or("");
    let dir = file.path.parent();
    let env = root.get("env_variables").map(|node| fields::env(file, node)).unwrap_or_default();
    if !runtime.starts_with("python") && runtime != "custom" {
        return;
    }
    let name = root.get("service").and_then(|node| node.text()).unwrap_or("default");
    let mut hosted = service(file, name, root.get("entrypoint").map(|node| &**node), env, dir.clone());
    if runtime == "custom" {
        hosted.dockerfile = dir.join("Dockerfile");
    }
    let main = context.module(&dir, "main");
    if hosted.command.is_some() || runtime == "custom" || !runtime.starts_with("python3") || main.is_none() {
        return hosted.push(context, found);
    }
    let mut start = Start::of_image(Server::Gunicorn, &Scope::new(context, dir));
    start.started.target = WsgiTarget::parse("main:app");
    start.started.conf = None;
    let mut frame = Frame::new(KIND.name, file, name, Span::at(0));
    (frame.role, frame.env, frame.https) = (hosted.role, hosted.env, hosted.https);
    found.launches.push(frame.launch(start));
}

#[cfg(test)]
mod tests {
    use super::super::testing::{APP, Trial, brief, env};

    #[test]
    fn the_entrypoint_and_the_default_start() {
        let text = "runtime: python39\nentrypoint: gunicorn -b :$PORT shop:app\nenv_variables:\n  FLASK_DEBUG: \"1\"\n  KEY: 'x'\n";
        let trial = Trial::new(&[("app.yaml", text)]);
        let launch = trial.one();
        assert_eq!(brief(&launch), "default gunicorn shop:app Production Platform");
        assert_eq!(trial.command(&launch), Some("gunicorn -b :$PORT shop:app"));
        assert_eq!((env(&launch)["FLASK_DEBUG"], launch.https), (Some("1"), Some(true)));
        assert_eq!(trial.without(&launch, "FLASK_DEBUG"), text.replace("  FLASK_DEBUG: \"1\"\n", ""));
        let launch = Trial::new(&[("app.yaml", "runtime: python312\n"), ("main.py", APP)]).one();
        assert_eq!(brief(&launch), "default gunicorn main:app Production Platform");
    }

    #[test]
    fn other_platforms_and_other_files_of_that_name() {
        let text = "name: x\nservices:\n- name: web\n  run_command: python run.py\n  envs:\n  - key: FLASK_ENV\n    value: production\n";
        assert_eq!(Trial::new(&[(".do/app.yaml", text), ("run.py", APP)]).one().name, "web");
        assert!(
            Trial::new(&[("app.yaml", "runtime: nodejs20\nentrypoint: node x\n"), ("app.yml", "title: x\n")])
                .launches()
                .is_empty()
        );
    }
}
