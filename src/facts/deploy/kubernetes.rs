//! Kubernetes manifests: containers of Deployments and StatefulSets.

use super::assemble::Frame;
use super::context::Context;
use super::dockerfile::Image;
use super::hosted;
use super::scope::Scope;
use super::vars::overlay;
use super::{Deployments, Kind, dockerfile, fields, roles};
use crate::facts::{Bounds, LaunchRole};
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
        let pod = document.at(&["spec", "template", "spec"]);
        for node in containers {
            container(file, context, found, (name, node), (tls, pod));
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
    (tls, pod): (bool, Option<&Node>),
) {
    let own = node.get("env").map(|env| fields::named_env(file, env, "name")).unwrap_or_default();
    let image = node.get("image").and_then(|image| image.text()).unwrap_or("");
    let container_name = node.get("name").and_then(|name| name.text()).unwrap_or("");
    let docker = own_image(image, &[name, container_name], context);
    let docker = docker.map(|docker| Image::read(docker, context, None));
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
    frame.bounds = bounds(file, node, pod);
    frame.bounds.image = docker.as_ref().map(|docker| docker.file.path.clone());
    let mut launch = frame.launch(start);
    if launch.location.path != file.path {
        launch.via.insert(0, Location::in_file(file, node.span));
    }
    found.launches.push(launch);
}

/// What a container may do and use, by itself and by its pod.
pub(crate) fn bounds(file: &SourceFile, container: &Node, pod: Option<&Node>) -> Bounds {
    let security = |key: &str| {
        let own = container.at(&["securityContext", key]).and_then(Node::text);
        own.or_else(|| pod.and_then(|pod| pod.at(&["securityContext", key])?.text()))
    };
    let user = security("runAsUser").map(str::to_owned);
    let limits = container.at(&["resources", "limits"]);
    let privileged = container.at(&["securityContext", "privileged"]).filter(|node| node.text() == Some("true"));
    Bounds {
        user: user.or_else(|| (security("runAsNonRoot") == Some("true")).then(|| "nonroot".to_owned())),
        memory: limits.is_some_and(|limits| limits.get("memory").is_some()),
        // Kubernetes limits the processes of a pod on the node, not here.
        processes: true,
        place: Some(Location::in_file(file, container.span)),
        privileged: privileged.map(|node| Location::in_file(file, node.span)),
        ..Bounds::default()
    }
}

/// The tree's Dockerfile that an image is most likely built from: its only one; else the one whose
/// directory the image is named after; else the only one that starts a server, where the image or
/// what runs it is named like one. A well-known other image is none of the tree's.
pub(crate) fn own_image<'a>(image: &str, names: &[&str], context: &Context<'a>) -> Option<&'a SourceFile> {
    let name = image.rsplit('/').next()?.split([':', '@']).next()?;
    if FOREIGN.iter().any(|foreign| name.starts_with(foreign)) {
        return None;
    }
    let is_dockerfile = |file: &&SourceFile| (dockerfile::KIND.matches)(&file.path) && file.path.name() == "Dockerfile";
    let all: Vec<&SourceFile> = context.files().filter(is_dockerfile).collect();
    if let [only] = all.as_slice() {
        return Some(only);
    }
    let words: Vec<&str> = name.split(['-', '_', '.']).collect();
    if let Some(named) = all.iter().find(|file| words.contains(&file.path.parent().name())) {
        return Some(named);
    }
    let like_an_app = words.iter().chain(names).any(|word| {
        ["flask", "api", "app", "web", "server", "backend", "python"].contains(&word.to_ascii_lowercase().as_str())
    });
    let starts = |file: &&&SourceFile| {
        let image = Image::read(file, context, None);
        image
            .stages
            .last()
            .is_some_and(|stage| stage.start(&stage.scope(context, &RepoPath::root()), None, None).is_some())
    };
    let mut servers = all.iter().filter(starts);
    let first = servers.next().filter(|_| like_an_app)?;
    servers.next().is_none().then_some(first)
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
