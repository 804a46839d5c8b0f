//! Values of Helm charts: the command, variables and limits that fill in a chart's templates. The
//! templates themselves are no YAML before that.

use super::assemble::Frame;
use super::context::Context;
use super::dockerfile::{Image, join};
use super::scope::Scope;
use super::vars::overlay;
use super::{Deployments, Kind, fields, kubernetes, roles};
use crate::facts::{LaunchRole, LaunchVar};
use crate::lang::node::Node;
use crate::text::{Location, RepoPath, SourceFile, Span};

pub(crate) const KIND: Kind = Kind { name: "helm", matches, read };

/// What charts call their variables.
const VARIABLES: &[&str] =
    &["env", "envs", "envVars", "extraEnv", "extraEnvVars", "environment", "environmentVariables"];

fn matches(path: &RepoPath) -> bool {
    let name = path.name();
    let values = name.starts_with("values") || name.ends_with("-values.yaml") || name.ends_with(".values.yaml");
    values && matches!(path.extension(), "yaml" | "yml")
}

fn read<'a>(file: &'a SourceFile, context: &Context<'a>, found: &mut Deployments) {
    // Without a chart beside it or above it, a file of this name is somebody else's.
    let chart = |dir: &RepoPath| dir.join("Chart.yaml").is_some_and(|path| context.has_file(&path));
    let parent = file.path.parent();
    if !chart(&parent) && !chart(&parent.parent()) {
        return;
    }
    let Some(root) = fields::documents(file, found).into_iter().next() else { return };
    for (name, span, node) in workloads(&root) {
        workload(file, context, found, (name, span, node));
    }
}

/// The parts of the values that describe a container: the values themselves, or maps below them.
fn workloads(root: &Node) -> Vec<(&str, Span, &Node)> {
    let is_workload = |node: &Node| node.get("image").is_some();
    if is_workload(root) {
        let image = root.entry("image").map_or(Span::at(0), |entry| entry.key.span);
        return vec![("values", image, root)];
    }
    let entries = root.entries().iter().filter(|entry| is_workload(&entry.value));
    entries.map(|entry| (entry.key.text.as_str(), entry.key.span, &*entry.value)).collect()
}

fn workload<'a>(
    file: &'a SourceFile,
    context: &Context<'a>,
    found: &mut Deployments,
    (name, span, node): (&str, Span, &Node),
) {
    let mut env: Vec<LaunchVar> = Vec::new();
    for key in VARIABLES {
        let Some(values) = node.get(key) else { continue };
        let named = fields::named_env(file, values, "name");
        env.extend(if named.is_empty() { fields::env(file, values) } else { named });
    }
    let image = node.get("image").and_then(|image| image.text().or_else(|| image.get("repository")?.text()));
    let docker =
        kubernetes::own_image(image.unwrap_or(""), &[name], context).map(|docker| Image::read(docker, context, None));
    let stage = docker.as_ref().and_then(|docker| docker.stages.last());
    let mut all = env.clone();
    let mut scope = Scope::new(context, RepoPath::root());
    if let Some(stage) = stage {
        all = overlay(stage.env.clone(), all);
        scope = stage.scope(context, &RepoPath::root());
    }
    let scope = scope.with_env(all.clone());
    let field =
        |key: &str| node.get(key).and_then(|node| fields::words_command(file, node)).filter(|_| !is_empty(node, key));
    let start = match stage {
        Some(stage) => stage.start(&scope, field("command"), field("args")),
        None => join(&scope, field("command"), field("args")),
    };
    let Some(start) = start else {
        found.loose.extend(env);
        return;
    };
    let mut frame = Frame::new(KIND.name, file, name, span);
    frame.role = roles::of_path(&file.path, LaunchRole::Production);
    let tls = node.at(&["ingress", "tls"]).is_some_and(|tls| !tls.items().is_empty());
    (frame.env, frame.https) = (all, tls.then_some(true));
    frame.bounds = kubernetes::bounds(file, node, Some(node));
    if frame.bounds.user.is_none() {
        let pod = node.at(&["podSecurityContext", "runAsUser"]).and_then(Node::text);
        let nonroot = node.at(&["podSecurityContext", "runAsNonRoot"]).and_then(Node::text) == Some("true");
        frame.bounds.user = pod.map(str::to_owned).or_else(|| nonroot.then(|| "nonroot".to_owned()));
    }
    frame.bounds.place = Some(Location::in_file(file, span));
    frame.bounds.image = docker.as_ref().map(|docker| docker.file.path.clone());
    let mut launch = frame.launch(start);
    if launch.location.path != file.path {
        launch.via.insert(0, Location::in_file(file, span));
    }
    found.launches.push(launch);
}

/// Charts have `command: []` where the image's own is meant.
fn is_empty(node: &Node, key: &str) -> bool {
    node.get(key).is_some_and(|node| node.text().is_none() && node.items().is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Trial, env};
    use crate::facts::{LaunchRole, Server};

    #[test]
    fn values_of_a_chart_start_the_image_of_the_tree() {
        let trial = Trial::new(&[
            ("chart/Chart.yaml", "name: shop\n"),
            (
                "chart/values.yaml",
                "image:\n  repository: me/shop\nenv:\n  FLASK_DEBUG: \"1\"\nresources:\n  limits:\n    memory: 256Mi\n",
            ),
            ("Dockerfile", "FROM python:3\nCOPY app.py .\nCMD [\"gunicorn\", \"app:app\"]\n"),
            ("app.py", "from flask import Flask\napp = Flask(__name__)\n"),
        ]);
        let launches = trial.launches();
        let chart = launches.iter().find(|launch| launch.kind == "helm").unwrap();
        assert_eq!((&chart.server, chart.role), (&Server::Gunicorn, LaunchRole::Production));
        assert_eq!(env(chart)["FLASK_DEBUG"], Some("1"));
        assert!(chart.bounds.memory && chart.bounds.user.is_none());
    }

    #[test]
    fn values_without_a_chart_are_somebody_elses() {
        let trial = Trial::new(&[("values.yaml", "image: shop\ncommand: [\"gunicorn\", \"app:app\"]\n")]);
        assert!(trial.launches().iter().all(|launch| launch.kind != "helm"));
    }
}
