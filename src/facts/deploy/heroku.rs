//! Heroku beside the Procfile: `heroku.yml` for images, and the variables of `app.json`.

use super::context::Context;
use super::hosted::Hosted;
use super::{Deployments, Kind, fields, roles, vars};
use crate::facts::{LaunchRole, LaunchVar};
use crate::lang::node::Node;
use crate::lang::yaml;
use crate::text::{RepoPath, SourceFile};

pub(crate) const KIND: Kind = Kind { name: "heroku", matches, read };

fn matches(path: &RepoPath) -> bool {
    matches!(path.name(), "heroku.yml" | "heroku.yaml" | "app.json")
}

fn read<'a>(file: &'a SourceFile, context: &Context<'a>, found: &mut Deployments) {
    if file.path.name() == "app.json" {
        // With a Procfile beside it, its launches have these variables.
        if !file.path.parent().join("Procfile").is_some_and(|path| context.has_file(&path)) {
            found.loose.extend(app_json(file));
        }
        return;
    }
    let Some(root) = fields::documents(file, found).into_iter().next() else { return };
    let docker = root.at(&["build", "docker"]).map(Node::entries).unwrap_or_default();
    let run = root.get("run").map(|node| node.entries()).unwrap_or_default();
    let Some(web) = run.iter().chain(docker).find(|entry| entry.key.text == "web") else { return };
    let command = run.iter().find(|entry| entry.key.text == "web").map(|entry| &*entry.value);
    let image = docker.iter().find(|entry| entry.key.text == "web").and_then(|entry| entry.value.text());
    let hosted = Hosted {
        kind: KIND.name,
        file,
        name: "web",
        span: web.key.span,
        role: roles::of_path(&file.path, LaunchRole::Production),
        dir: file.path.parent(),
        command: command.map(|node| node.get("command").map_or(node, |inner| &**inner)),
        env: root.at(&["setup", "config"]).map(|node| fields::env(file, node)).unwrap_or_default(),
        https: Some(true),
        dockerfile: image.and_then(|path| file.path.parent().join(path)),
    };
    hosted.push(context, found);
}

/// The variables of an `app.json`: plain texts, or maps with a value or a generator.
pub(crate) fn app_json(file: &SourceFile) -> Vec<LaunchVar> {
    let documents = yaml::read(&file.text).list;
    let Some(env) = documents.first().and_then(|root| root.get("env")) else { return Vec::new() };
    let var = |entry: &crate::lang::node::Entry| {
        let value = entry.value.get("value").unwrap_or(&entry.value);
        match value.as_scalar() {
            Some(scalar) => fields::scalar_var(file, &entry.key.text, scalar, None),
            None => vars::elsewhere(file, &entry.key.text, entry.key.span),
        }
    };
    env.entries().iter().map(var).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Trial, brief, env};

    #[test]
    fn images_of_heroku_yml_start() {
        let text = "setup:\n  config:\n    FLASK_ENV: production\nbuild:\n  docker:\n    web: Dockerfile\nrun:\n  web: gunicorn a:app\n";
        let launch = Trial::new(&[("heroku.yml", text), ("Dockerfile", "FROM python\n")]).one();
        assert_eq!(brief(&launch), "web gunicorn a:app Production Platform");
        assert_eq!(env(&launch)["FLASK_ENV"], Some("production"));
    }

    #[test]
    fn app_json_gives_the_procfile_its_variables() {
        let json = "{\n\t\"env\": {\n\t\t\"SECRET_KEY\": {\"generator\": \"secret\"},\n\t\t\"FLASK_DEBUG\": {\"value\": \"1\"}, \"MODE\": \"x\"\n\t}\n}\n";
        let launch = Trial::new(&[("app.json", json), ("Procfile", "web: gunicorn a:app\n")]).one();
        let seen = env(&launch);
        assert_eq!((seen["SECRET_KEY"], seen["FLASK_DEBUG"], seen["MODE"]), (None, Some("1"), Some("x")));
        assert_eq!(launch.https, Some(true));
        assert_eq!(Trial::new(&[("app.json", json)]).read().loose.len(), 3);
    }
}
