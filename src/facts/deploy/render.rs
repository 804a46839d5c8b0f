//! Render blueprints: web services with start command and variables.

use super::context::Context;
use super::hosted::Hosted;
use super::{Deployments, Kind, fields, roles};
use crate::facts::LaunchRole;
use crate::text::{RepoPath, SourceFile};

pub(crate) const KIND: Kind = Kind { name: "render", matches, read };

fn matches(path: &RepoPath) -> bool {
    matches!(path.name(), "render.yaml" | "render.yml")
}

fn read<'a>(file: &'a SourceFile, context: &Context<'a>, found: &mut Deployments) {
    let Some(root) = fields::documents(file, found).into_iter().next() else { return };
    for service in root.get("services").map(|node| node.items()).unwrap_or_default() {
        let text = |key: &str| service.get(key).and_then(|node| node.text());
        let env = service.get("envVars").map(|node| fields::named_env(file, node, "key")).unwrap_or_default();
        if !matches!(text("type"), Some("web" | "pserv")) {
            found.loose.extend(env);
            continue;
        }
        let dir = RepoPath::new(text("rootDir").unwrap_or("")).unwrap_or_else(RepoPath::root);
        let docker = [text("runtime"), text("env")].contains(&Some("docker"));
        let dockerfile = RepoPath::new(text("dockerfilePath").unwrap_or("Dockerfile")).filter(|_| docker);
        let hosted = Hosted {
            kind: KIND.name,
            file,
            name: text("name").unwrap_or("web"),
            span: service.span,
            role: roles::of_path(&file.path, LaunchRole::Production),
            dir,
            command: service.get("startCommand").or_else(|| service.get("dockerCommand")).map(|node| &**node),
            env,
            https: Some(true),
            dockerfile,
        };
        hosted.push(context, found);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Trial, brief, env};

    #[test]
    fn web_services_start_and_generated_values_are_from_elsewhere() {
        let text = "services:\n  - type: web\n    name: shop\n    runtime: python\n    buildCommand: pip install -r r.txt\n    startCommand: \"gunicorn 'shop:create_app()'\"\n    envVars:\n      - key: SECRET_KEY\n        generateValue: true\n      - key: FLASK_DEBUG\n        value: 1\n  - type: worker\n    startCommand: celery -A x worker\n";
        let trial = Trial::new(&[("render.yaml", text)]);
        let launch = trial.one();
        assert_eq!(brief(&launch), "shop gunicorn shop:create_app() Production Platform");
        assert_eq!((env(&launch)["SECRET_KEY"], env(&launch)["FLASK_DEBUG"]), (None, Some("1")));
        assert_eq!((trial.command(&launch), launch.host_quote), (Some("gunicorn 'shop:create_app()'"), Some('"')));
        assert!(!trial.without(&launch, "FLASK_DEBUG").contains("value: 1"));
    }

    #[test]
    fn docker_services_run_their_image() {
        let text = "services:\n- {type: web, name: x, env: docker, dockerfilePath: ./Dockerfile}\n";
        let launch = Trial::new(&[("render.yaml", text), ("Dockerfile", "FROM python\nCMD flask run\n")]).launches();
        assert_eq!(
            launch.iter().map(brief).collect::<Vec<_>>(),
            ["x flask run Production Platform", "image flask run Production Image"]
        );
    }
}
