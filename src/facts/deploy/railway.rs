//! Railway's and Nixpacks' start commands.

use super::context::Context;
use super::hosted::Hosted;
use super::{Deployments, Kind, fields, roles};
use crate::facts::LaunchRole;
use crate::lang::node::Node;
use crate::text::{RepoPath, SourceFile, Span};

pub(crate) const KIND: Kind = Kind { name: "railway", matches, read };

fn matches(path: &RepoPath) -> bool {
    matches!(path.name(), "railway.json" | "railway.toml" | "nixpacks.toml" | "nixpacks.json")
}

fn read<'a>(file: &'a SourceFile, context: &Context<'a>, found: &mut Deployments) {
    let root = match file.path.extension() {
        "toml" => fields::toml_document(file, found),
        _ => fields::documents(file, found).into_iter().next(),
    };
    let Some(root) = root else { return };
    let command = root.at(&["deploy", "startCommand"]).or_else(|| root.at(&["start", "cmd"]));
    let dockerfile = root.at(&["build", "dockerfilePath"]).and_then(Node::text);
    let hosted = Hosted {
        kind: KIND.name,
        file,
        name: "web",
        span: command.map_or(Span::at(0), |node| node.span),
        role: roles::of_path(&file.path, LaunchRole::Production),
        dir: file.path.parent(),
        command,
        env: root.get("variables").map(|node| fields::env(file, node)).unwrap_or_default(),
        https: Some(true),
        dockerfile: dockerfile.and_then(|path| file.path.parent().join(path)),
    };
    hosted.push(context, found);
}

#[cfg(test)]
mod tests {
    use super::super::testing::{APP, Trial, brief};

    #[test]
    fn start_commands_in_both_formats() {
        let json = "{\"build\": {\"builder\": \"NIXPACKS\"}, \"deploy\": {\"startCommand\": \"gunicorn a:app\"}}";
        let trial = Trial::new(&[("railway.json", json)]);
        assert_eq!(brief(&trial.one()), "web gunicorn a:app Production Platform");
        assert_eq!(trial.command(&trial.one()), Some("gunicorn a:app"));
        let trial = Trial::new(&[("nixpacks.toml", "[start]\ncmd = 'python app.py'\n"), ("app.py", APP)]);
        assert_eq!(trial.one().server.name(), "python");
    }
}
