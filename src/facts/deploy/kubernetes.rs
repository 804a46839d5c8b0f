//! Kubernetes manifests: containers of Deployments and StatefulSets.

use super::assemble::Frame;
use super::context::Context;
use super::dockerfile::Image;
use super::hosted;
use super::scope::Scope;
use super::vars::overlay;
use super::{Deployments, Kind, dockerfile, fields, roles};
use crate::facts::LaunchRole;
use crate::lang::node::Node;
use crate::lang::yaml;
use crate::text::{Location, RepoPath, SourceFile};

pub(crate) const KIND: Kind = Kind { name: "kubernetes", matches, read };

/// Images that are never this tree's own.
const FOREIGN: &[&str] = &[
    "nginx",
    "redis",
    "postgres",
    "mysql",
    "mariadb",
    "mongo",
    "rabbitmq",
    "memcached",
    "elasticsearch",
    "busybox",
    "alpine",
    "traefik",
    "haproxy",
    "envoy",
    "kafka",
    "zookeeper",
    "minio",
    "grafana",
    "prometheus",
    "vault",
    "adminer",
];

fn matches(path: &RepoPath) -> bool {
    let workflow = path.components().any(|part| part == ".github" || part == ".gitlab");
    matches!(path.extension(), "yaml" | "yml") && !workflow
}

fn read<'a>(file: &'a SourceFile, context: &Context<'a>, found: &mut Deployments) {
    let manifest =
        ["kind: Deployment", "kind: StatefulSet", "\"Deployment\""].iter().any(|mark| file.text.contains(mark));
    if !manifest || !file.text.contains("containers") {
        return;
    }
    // A chart's template is no YAML before it is filled in: what can be read is read.
    let documents = if file.text.contains("{{") { yaml::read(&file.text).list } else { fields::documents(file, found) };
    let tls = documents.iter().any(|node| kind(node) == "Ingress" && node.at(&["spec", "tls"]).is_some());
    for document in &documents {
        if !matches!(kind(document), "Deployment" | "StatefulSet") {
            continue;
        }
        let name = document.at(&["metadata", "name"]).and_then(Node::text).unwrap_or("deployment");
        let containers = document.at(&["spec", "template", "spec", "containers"]).map(Node::items).unwrap_or_default();
        for node in containers {
            container(file, context, found, (name, node), tls);
        }
    }
}

fn kind(node: &Node) -> &str {
    node.get("kind").and_then(|kind| kind.text()).unwrap_or("")
}

fn container<'a>(
    file: &'a SourceFile,
    context: &Context<'a>,
    found: &mut Deployments,
    (name, node): (&str, &Node),
    tls: bool,
) {
    let own = node.get("env").map(|env| fields::named_env(file, env, "name")).unwrap_or_default();
    let image = node.get("image").and_then(|image| image.text()).unwrap_or("");
    let docker = own_image(image, context).map(|docker| Image::read(docker, context, None));
    let stage = docker.as_ref().and_then(|docker| docker.stages.last());
    let mut scope = Scope::new(context, RepoPath::root());
    let mut env = own.clone();
    if let Some(stage) = stage {
        env = overlay(stage.env.clone(), env);
        scope = stage.scope(context, &RepoPath::root());
    }
    let scope = scope.with_env(env.clone());
    let explicit = node.get("command").is_some() || node.get("args").is_some();
    let start = match stage {
        Some(stage) => {
            let field = |key: &str| node.get(key).and_then(|node| fields::words_command(file, node));
            stage.start(&scope, field("command"), field("args"))
        }
        None if explicit => hosted::container(&scope, file, node, ["command", "args"]),
        None => None,
    };
    let Some(start) = start else {
        found.loose.extend(own);
        return;
    };
    let mut frame = Frame::new(KIND.name, file, name, node.span);
    frame.role = roles::of_path(&file.path, LaunchRole::Production);
    (frame.env, frame.https) = (env, tls.then_some(true));
    let mut launch = frame.launch(start);
    if launch.location.path != file.path {
        launch.via.insert(0, Location::in_file(file, node.span));
    }
    found.launches.push(launch);
}

/// The tree's Dockerfile, where it has one only and the image is not a well-known other one.
fn own_image<'a>(image: &str, context: &Context<'a>) -> Option<&'a SourceFile> {
    let name = image.rsplit('/').next()?.split([':', '@']).next()?;
    if FOREIGN.iter().any(|foreign| name.starts_with(foreign)) {
        return None;
    }
    let mut all =
        context.files().filter(|file| (dockerfile::KIND.matches)(&file.path) && file.path.name() == "Dockerfile");
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Trial, brief, env};

    const HEAD: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: shop\nspec:\n  template:\n    spec:\n      containers:\n";

    #[test]
    fn commands_arguments_and_variables_of_containers() {
        let text = format!(
            "{HEAD}      - name: web\n        image: me/shop:1\n        command: [\"gunicorn\"]\n        args: [\"-b\", \"0.0.0.0:80\", \"shop:app\"]\n        env:\n        - name: FLASK_DEBUG\n          value: \"1\"\n        - name: KEY\n          valueFrom:\n            secretKeyRef: {{name: s, key: k}}\n---\nkind: Service\n"
        );
        let trial = Trial::new(&[("k8s/shop.yaml", &text)]);
        let launch = trial.one();
        assert_eq!(brief(&launch), "shop gunicorn shop:app Production Platform");
        assert_eq!((env(&launch)["FLASK_DEBUG"], env(&launch)["KEY"]), (Some("1"), None));
        assert_eq!(
            trial.without(&launch, "FLASK_DEBUG"),
            text.replace("        - name: FLASK_DEBUG\n          value: \"1\"\n", "")
        );
        assert!(launch.command_span.is_none());
    }

    #[test]
    fn a_container_without_a_command_runs_the_only_image() {
        let text = format!(
            "{HEAD}      - name: web\n        image: me/shop:1\n        env: [{{name: FLASK_ENV, value: production}}]\n      - name: r\n        image: redis:6\n"
        );
        let all = Trial::new(&[("deploy/k.yml", &text), ("Dockerfile", "FROM python\nCMD [\"flask\", \"run\"]\n")])
            .launches();
        assert_eq!(
            all.iter().map(brief).collect::<Vec<_>>(),
            ["shop flask run Production Platform", "image flask run Production Image"]
        );
        assert_eq!(env(&all[0])["FLASK_ENV"], Some("production"));
    }

    #[test]
    fn other_yaml_and_charts_are_let_be() {
        let chart =
            format!("{HEAD}      - name: web\n        {{{{- if .Values.x }}}}\n        command: [flask, run]\n");
        let found =
            Trial::new(&[("chart/templates/d.yaml", &chart), ("mkdocs.yml", "nav: [a"), ("x.yml", "kind: Job\n")])
                .read();
        assert!(found.launches.is_empty() && found.notices.is_empty());
    }
}
