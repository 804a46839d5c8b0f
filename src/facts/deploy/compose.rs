//! Compose files: every service that starts the app, with its own command or its image's.

use std::rc::Rc;

use super::assemble::Frame;
use super::container::{Places, absolute};
use super::context::Context;
use super::dockerfile::{Image, join};
use super::scope::Scope;
use super::shell::Start;
use super::vars::{default_of, overlay};
use super::{Deployments, Kind, fields, roles};
use crate::facts::{Bounds, Launch, LaunchRole, LaunchVar, Precedence};
use crate::lang::node::Node;
use crate::lang::yaml;
use crate::text::{Location, RepoPath, SourceFile, Span};

pub(crate) const KIND: Kind = Kind { name: "compose", matches, read };

/// How far `extends` is followed.
const EXTENDS: usize = 4;

fn matches(path: &RepoPath) -> bool {
    let name = path.name().to_ascii_lowercase();
    let words: Vec<&str> = name.split(['-', '_', '.']).collect();
    matches!(path.extension(), "yml" | "yaml") && words.contains(&"compose")
}

/// A service: its own node first, then those it takes the rest from.
struct Service<'a> {
    name: String,
    key: Span,
    chain: Vec<(&'a SourceFile, Rc<Node>)>,
}

impl<'a> Service<'a> {
    fn get(&self, key: &str) -> Option<(&'a SourceFile, &Rc<Node>)> {
        self.chain.iter().find_map(|(file, node)| Some((*file, node.get(key)?)))
    }

    /// The values of a key that adds up along the chain.
    fn all<'s>(&'s self, key: &'s str) -> impl Iterator<Item = (&'a SourceFile, &'s Rc<Node>)> {
        self.chain.iter().filter_map(move |(file, node)| Some((*file, node.get(key)?)))
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.1.text()
    }

    fn env(&self) -> Vec<LaunchVar> {
        let layers: Vec<_> = self.all("environment").map(|(file, node)| fields::env(file, node)).collect();
        layers.into_iter().rev().reduce(overlay).unwrap_or_default()
    }

    fn env_files(&self) -> Vec<RepoPath> {
        let mut found = Vec::new();
        for (file, node) in self.all("env_file") {
            let maps = node.items().iter().filter_map(|item| item.get("path")?.text());
            let texts = node.texts().into_iter().chain(maps).map(default_or_text);
            found.extend(texts.filter_map(|text| file.path.parent().join(text)));
        }
        found
    }

    /// Bind mounts: directory of the tree and path in the container.
    fn mounts(&self) -> Vec<(RepoPath, String)> {
        let mut found = Vec::new();
        for (file, node) in self.all("volumes") {
            for item in node.items() {
                let (source, target) = match item.text() {
                    Some(text) => mount_parts(text),
                    None => (item.get("source").and_then(|n| n.text()), item.get("target").and_then(|n| n.text())),
                };
                let (Some(source), Some(target)) = (source, target) else { continue };
                let source = source.trim_start_matches("${PWD}").trim_start_matches("$PWD");
                let relative = source.is_empty() || source.starts_with(['.', '/']) || item.get("type").is_some();
                let source = if source.starts_with('/') { source.trim_start_matches('/') } else { source };
                if relative && let Some(from) = file.path.parent().join(source) {
                    found.push((from, absolute("", target)));
                }
            }
        }
        found
    }

    /// The image that the service builds, with the target's name.
    fn image(&self, context: &Context<'a>) -> Option<(Image<'a>, Option<String>)> {
        let (file, build) = self.get("build")?;
        let dir = build.text().or_else(|| build.get("context")?.text()).map_or(".", default_or_text);
        let dir = file.path.parent().join(dir)?;
        let name = build.get("dockerfile").and_then(|node| node.text()).map_or("Dockerfile", default_or_text);
        let docker = context.file(&dir.join(name)?)?;
        let target = build.get("target").and_then(|node| node.text()).map(|text| default_or_text(text).to_owned());
        Some((Image::read(docker, context, Some(dir)), target))
    }

    /// What the service starts.
    fn start(
        &self,
        context: &Context<'a>,
        image: Option<&(Image<'a>, Option<String>)>,
    ) -> Option<(Start<'a>, Vec<LaunchVar>)> {
        let stage = image.and_then(|(image, target)| image.stage(target.as_deref()).or_else(|| image.stages.last()));
        let mut places = stage.map_or_else(Places::default, |stage| stage.places.clone());
        let mounts = self.mounts();
        let workdir = self.text("working_dir").map(str::to_owned);
        let workdir = workdir.or_else(|| stage.map(|stage| stage.workdir.clone())).unwrap_or_else(|| "/".to_owned());
        for (from, to) in mounts {
            places.add(to, from);
        }
        let env = overlay(stage.map(|stage| stage.env.clone()).unwrap_or_default(), self.env());
        let dir = self.chain.first()?.0.path.parent();
        let scope = Scope::new(context, dir).with_env(env.clone()).inside(places, &workdir);
        let entrypoint = self.get("entrypoint").and_then(|(file, node)| fields::words_command(file, node));
        let command = self.get("command").and_then(|(file, node)| fields::words_command(file, node));
        let start = match (stage, entrypoint, command) {
            (Some(stage), entrypoint, command) => {
                stage.start(&scope, entrypoint, command).or_else(|| stage.base_start(&scope))
            }
            (None, entrypoint, command) => join(&scope, entrypoint, command),
        };
        Some((start?, env))
    }
}

fn default_or_text(text: &str) -> &str {
    default_of(text).unwrap_or(text)
}

/// `source:target[:mode]`, either of which may be `${X:-value}`.
fn mount_parts(text: &str) -> (Option<&str>, Option<&str>) {
    if let Some(whole) = default_of(text) {
        return mount_parts(whole);
    }
    let from = text.find('}').filter(|_| text.starts_with("${")).unwrap_or(0);
    let Some(colon) = text[from..].find(':').map(|at| from + at) else { return (None, Some(text)) };
    let target = text[colon + 1..].split(':').next();
    (Some(default_or_text(&text[..colon])), target)
}

/// The services of a file: below `services`, or the file itself in the oldest format.
fn service_map(root: &Rc<Node>) -> Option<Rc<Node>> {
    let is_service = |node: &Node| ["build", "image"].iter().any(|key| node.get(key).is_some());
    match root.get("services") {
        Some(services) => Some(Rc::clone(services)),
        None => root.entries().iter().any(|entry| is_service(&entry.value)).then(|| Rc::clone(root)),
    }
}

fn read<'a>(file: &'a SourceFile, context: &Context<'a>, found: &mut Deployments) {
    let Some(root) = fields::documents(file, found).into_iter().next() else { return };
    let Some(services) = service_map(&root) else { return };
    let base = base_file(file, context);
    let proxied = services.entries().iter().any(|entry| is_proxy(&entry.key.text, &entry.value));
    for entry in services.entries() {
        let mut service = Service { name: entry.key.text.clone(), key: entry.key.span, chain: Vec::new() };
        extend(&mut service.chain, file, &entry.value, context, EXTENDS);
        if let Some((base, services)) = &base
            && let Some(node) = services.get(&entry.key.text)
            && !is_whole(&entry.value)
        {
            extend(&mut service.chain, base, node, context, EXTENDS);
        }
        let image = service.image(context);
        match service.start(context, image.as_ref()) {
            Some((start, env)) => {
                found.launches.push(launch(file, context, &service, image.as_ref(), start, env, proxied))
            }
            None => found.loose.extend(
                service
                    .chain
                    .first()
                    .and_then(|(file, node)| Some(fields::env(file, node.get("environment")?)))
                    .unwrap_or_default(),
            ),
        }
    }
}

/// The node of a service and what it extends.
fn extend<'a>(
    chain: &mut Vec<(&'a SourceFile, Rc<Node>)>,
    file: &'a SourceFile,
    node: &Rc<Node>,
    context: &Context<'a>,
    depth: usize,
) {
    chain.push((file, Rc::clone(node)));
    let Some(extends) = node.get("extends").filter(|_| depth > 0) else { return };
    let Some(name) = extends.text().or_else(|| extends.get("service")?.text()) else { return };
    let other = match extends.get("file").and_then(|node| node.text()) {
        Some(path) => file.path.parent().join(path).and_then(|path| context.file(&path)),
        None => Some(file),
    };
    let Some(other) = other else { return };
    let services = yaml::read(&other.text).list.first().and_then(service_map);
    if let Some(node) = services.as_ref().and_then(|services| services.get(name)) {
        extend(chain, other, node, context, depth - 1);
    }
}

/// The file that this one is laid over (`docker-compose.yml` for `docker-compose.prod.yml`).
fn base_file<'a>(file: &'a SourceFile, context: &Context<'a>) -> Option<(&'a SourceFile, Rc<Node>)> {
    let base = ["docker-compose.yml", "docker-compose.yaml", "compose.yaml", "compose.yml"]
        .iter()
        .filter_map(|name| context.file(&file.path.parent().join(name)?))
        .find(|base| base.path != file.path)?;
    let plain =
        ["docker-compose.yml", "docker-compose.yaml", "compose.yaml", "compose.yml"].contains(&file.path.name());
    if plain {
        return None;
    }
    Some((base, service_map(yaml::read(&base.text).list.first()?)?))
}

/// Whether a service of a further file needs no base: it says itself what it is made from and what
/// it is given.
fn is_whole(node: &Node) -> bool {
    let has = |key: &str| node.get(key).is_some();
    has("build")
        && (has("environment") || has("env_file"))
        && (has("command") || has("entrypoint") || has("ports") || has("expose"))
}

/// Whether a service takes requests for others.
fn is_proxy(name: &str, node: &Node) -> bool {
    let image = node.get("image").and_then(|node| node.text()).unwrap_or("");
    ["nginx", "traefik", "caddy", "haproxy", "httpd", "apache", "envoy", "proxy"]
        .iter()
        .any(|mark| name.contains(mark) || image.contains(mark))
}

fn launch<'a>(
    file: &'a SourceFile,
    context: &Context<'a>,
    service: &Service<'a>,
    image: Option<&(Image<'a>, Option<String>)>,
    start: Start<'a>,
    env: Vec<LaunchVar>,
    proxied: bool,
) -> Launch {
    let target = image.and_then(|(_, target)| target.as_deref());
    let by_name = || [Some(service.name.as_str()), target].into_iter().flatten().find_map(roles::of_name);
    let mounts_source = service.mounts().iter().any(|(from, _)| context.has_dir(from) && context.holds_python(from));
    let watched = service.get("develop").is_some();
    let usual = roles::of_path(&file.path, LaunchRole::Production);
    let (role, precedence) = if roles::is_production_name(file.path.name()) && usual == LaunchRole::Production {
        (LaunchRole::Production, Precedence::Compose)
    } else if usual != LaunchRole::Production {
        (usual, Precedence::Other)
    } else if mounts_source || watched || start.started.debug.is_some() {
        (LaunchRole::Development, Precedence::Other)
    } else {
        (by_name().unwrap_or(LaunchRole::Production), Precedence::Other)
    };
    let mut frame = Frame::new(KIND.name, file, &service.name, service.key);
    (frame.role, frame.precedence, frame.env, frame.env_files) = (role, precedence, env, service.env_files());
    let published = published(service);
    frame.https = (published.is_some() && !proxied).then_some(false);
    frame.bounds = bounds(service, published, proxied);
    frame.bounds.image = image.map(|(image, _)| image.file.path.clone());
    let mut launch = frame.launch(start);
    launch.via.insert(0, Location::in_file(file, service.key));
    if launch.location.path == file.path {
        launch.via.clear();
    }
    launch
}

/// What the service may do and use.
fn bounds(service: &Service<'_>, published: Option<Location>, proxied: bool) -> Bounds {
    let limits = service.get("deploy").and_then(|(_, node)| node.at(&["resources", "limits"]));
    let limited = |key: &str| limits.is_some_and(|limits| limits.get(key).is_some());
    let on = |key: &str| service.get(key).filter(|(_, node)| node.text() == Some("true"));
    let socket = || {
        let mut mounts =
            service.all("volumes").flat_map(|(file, node)| node.items().iter().map(move |item| (file, item)));
        mounts.find(|(_, item)| item.text().is_some_and(|text| text.contains("docker.sock")))
    };
    let privileged = on("privileged").or_else(socket).map(|(file, node)| Location::in_file(file, node.span));
    Bounds {
        user: service.text("user").map(|text| default_or_text(text).to_owned()),
        memory: service.get("mem_limit").is_some() || limited("memory"),
        processes: service.get("pids_limit").is_some() || limited("pids"),
        place: service.chain.first().map(|(file, _)| Location::in_file(file, service.key)),
        published,
        proxied,
        image: None,
        privileged,
    }
}

/// Where a port is published beyond this computer.
fn published(service: &Service<'_>) -> Option<Location> {
    let mut ports = service.all("ports").flat_map(|(file, node)| node.items().iter().map(move |item| (file, item)));
    let found = ports.find(|(_, item)| match item.text() {
        Some(text) => {
            let host =
                text.strip_prefix("${").and_then(|rest| rest.split_once(":-")).map_or(text, |(_, default)| default);
            text.contains(':') && !host.starts_with("127.0.0.1") && !host.starts_with("localhost")
        }
        None => item.get("published").is_some() && item.get("host_ip").and_then(|ip| ip.text()) != Some("127.0.0.1"),
    });
    found.map(|(file, item)| Location::in_file(file, item.span))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{APP, Trial, brief, env};
    use crate::facts::{LaunchRole, Precedence, Server, VarOrigin};

    const DOCKERFILE: &str =
        "FROM python\nWORKDIR /app\nCOPY . .\nENV FLASK_APP=shop FLASK_DEBUG=0\nCMD [\"gunicorn\", \"shop:app\"]\n";

    #[test]
    fn a_service_takes_the_command_of_its_image() {
        let compose = "services:\n  web:\n    build: ./backend\n    ports: [\"80:8000\"]\n    environment:\n      FLASK_DEBUG: 1\n      KEY: ${KEY:?}\n      MODE: ${MODE:-dev}\n  redis:\n    image: redis\n";
        let trial =
            Trial::new(&[("docker-compose.yml", compose), ("backend/Dockerfile", DOCKERFILE), ("backend/shop.py", "")]);
        let all = trial.launches();
        assert_eq!(
            all.iter().map(brief).collect::<Vec<_>>(),
            ["image gunicorn shop:app Production Image", "web gunicorn shop:app Production Other"]
        );
        let web = &all[1];
        assert_eq!(web.location.path.as_str(), "backend/Dockerfile");
        assert_eq!(web.via[0].path.as_str(), "docker-compose.yml");
        assert_eq!((env(web)["FLASK_DEBUG"], env(web)["KEY"], env(web)["MODE"]), (Some("1"), None, Some("dev")));
        assert_eq!(web.https, Some(false));
        assert_eq!(trial.without(web, "FLASK_DEBUG"), compose.replace("      FLASK_DEBUG: 1\n", ""));
    }

    #[test]
    fn a_mounted_source_or_reload_is_development() {
        let compose = "services:\n  app:\n    build: .\n    command: python -m flask run --host 0.0.0.0 --port 5000\n    volumes:\n      - .:/var/www/shop\n    environment:\n      - FLASK_APP=serve.py\n      - \"FLASK_ENV=development\"\n  worker:\n    build: .\n    command: python -m flask rq worker\n";
        let trial = Trial::new(&[
            ("docker-compose.yml", compose),
            ("Dockerfile", "FROM python\nWORKDIR /var/www/shop\n"),
            ("serve.py", ""),
        ]);
        let launch = trial.one();
        assert_eq!((launch.server.clone(), launch.role), (Server::FlaskRun, LaunchRole::Development));
        assert_eq!(trial.command(&launch), Some("python -m flask run --host 0.0.0.0 --port 5000"));
        assert_eq!(launch.target.as_ref().unwrap().module, "serve");
        assert_eq!(trial.without(&launch, "FLASK_ENV"), compose.replace("      - \"FLASK_ENV=development\"\n", ""));
        let reload = "services:\n  a:\n    image: x\n    command: gunicorn a:app --reload\n";
        let launch = Trial::new(&[("compose.yaml", reload)]).one();
        assert!(launch.role == LaunchRole::Development && launch.debug_flag.is_some());
    }

    #[test]
    fn a_file_named_prod_is_production_and_is_laid_over_the_base() {
        let base = "services:\n  web:\n    build: .\n    command: flask run --debug\n    volumes: ['.:/app']\n";
        let prod = "services:\n  web:\n    command: gunicorn -b 0.0.0.0:5000 shop:app\n    env_file: [.env.prod]\n";
        let trial = Trial::new(&[
            ("docker-compose.yml", base),
            ("docker-compose.prod.yml", prod),
            ("Dockerfile", "FROM python\n"),
            ("shop.py", ""),
        ]);
        let all = trial.launches();
        assert_eq!(
            all.iter().map(brief).collect::<Vec<_>>(),
            ["web gunicorn shop:app Production Compose", "web flask run Development Other"]
        );
        assert_eq!(all[0].env_files[0].as_str(), ".env.prod");
    }

    #[test]
    fn override_and_ci_files_are_not_production() {
        let text = "services:\n  web:\n    image: x\n    command: flask run\n";
        assert_eq!(Trial::new(&[("docker-compose.override.yml", text)]).one().role, LaunchRole::Development);
        assert_eq!(Trial::new(&[(".ci/docker-compose.yml", text)]).one().role, LaunchRole::Evidence);
    }

    #[test]
    fn anchors_merge_keys_targets_and_lists() {
        let compose = "x-app: &app\n  build:\n    context: .\n    target: prod\n  environment: &env\n    A: '1'\nservices:\n  web:\n    <<: *app\n    environment:\n      <<: *env\n      B: two\n    entrypoint: [\"sh\", \"-c\"]\n    command: [\"flask db upgrade && exec gunicorn 'shop:create_app()'\"]\n";
        let docker = "FROM python AS prod\nENV FLASK_DEBUG=${D:-false}\nFROM prod AS dev\nCMD flask run\n";
        let trial = Trial::new(&[("compose.yml", compose), ("Dockerfile", docker)]);
        let all = trial.launches();
        let web = all.iter().find(|launch| launch.name == "web").unwrap();
        assert_eq!(web.target.as_ref().unwrap().to_string(), "shop:create_app()");
        assert_eq!(trial.command(web), Some("gunicorn 'shop:create_app()'"));
        let seen = env(web);
        assert_eq!((seen["A"], seen["B"], seen["FLASK_DEBUG"]), (Some("1"), Some("two"), Some("false")));
        assert_eq!(web.env.iter().find(|var| var.name == "FLASK_DEBUG").unwrap().origin, VarOrigin::Fallback);
        assert!(web.env.iter().find(|var| var.name == "A").unwrap().item_span.is_none());
        assert_eq!(web.precedence, Precedence::Other);
    }

    #[test]
    fn folded_commands_keep_their_place() {
        let compose = "services:\n  web:\n    image: x\n    command: >\n      bash -c \"flask db upgrade\n      && gunicorn\n      shop:app\"\n    volumes: [\"./:/srv\"]\n    working_dir: /srv\n";
        let trial = Trial::new(&[("docker-compose.yml", compose), ("shop.py", APP)]);
        let launch = trial.one();
        assert_eq!(launch.argv, ["gunicorn", "shop:app"]);
        assert!(launch.cwd.is_root());
    }

    #[test]
    fn worker_variables_are_loose_and_broken_files_are_noticed() {
        let found = Trial::new(&[(
            "docker-compose.yml",
            "services:\n  w:\n    image: x\n    command: celery -A a worker\n    environment: {KEY: v}\n",
        )])
        .read();
        assert_eq!((found.launches.len(), found.loose.len()), (0, 1));
        let found = Trial::new(&[("docker-compose.yml", "services:\n  w: [")]).read();
        assert!(found.notices[0].gap);
    }
}
