//! One contract over every store that keeps values, each against the real thing.

use std::path::Path;
use std::process::Command;

use flask_harden::store::{ALL, Keeping};

use super::keyring_bed::{Bed, Daemon};
use crate::support::bao::Bao;
use crate::support::moto::Moto;
use crate::support::{Canary, Program, Project};

/// An app with a literal key, in a repository that has an origin.
pub(crate) fn app() -> Project {
    let mut project = Project::with_git();
    project.write(
        "app.py",
        "import os\n\nfrom flask import Flask, session\n\napp = Flask(__name__)\n\
         app.config[\"SECRET_KEY\"] = \"colour-me-surprised-19\"\n\n\n@app.get(\"/\")\ndef home():\n    \
         session[\"seen\"] = 1\n    return \"ok\"\n",
    );
    project.write("Procfile", "web: gunicorn app:app\n");
    project.commit("first");
    named(&project);
    project
}

pub(crate) fn named(project: &Project) {
    let repository = git2::Repository::open(project.path()).unwrap();
    repository.remote("origin", "https://git.example/shop/web.git").unwrap();
}

/// What a command that `exec` starts has as the value of a variable.
#[track_caller]
pub(crate) fn passed(program: &Program, dir: &Path, name: &str) -> String {
    let script = format!("printf %s \"${name}\"");
    program.run(dir, &["exec", "--only", name, "--", "sh", "-c", &script]).exits(0).stdout
}

/// What every store that keeps values has to do, whatever it is.
#[test]
fn every_store_keeps_a_value_gives_it_back_and_shows_it_to_nobody() {
    for info in ALL {
        if matches!(info.keeping, Keeping::Shown | Keeping::Nothing) {
            continue;
        }
        match info.name {
            "env-file" => contract(&Program::new().variable("PATH", std::env::var_os("PATH").unwrap()), info.name),
            "keyring" => contract(&Bed::new(Daemon::Unlocked).program, info.name),
            "vault" => {
                let bao = Bao::start();
                let program = Program::new().variable("VAULT_ADDR", bao.address()).variable("VAULT_TOKEN", bao.token());
                contract(&program.variable("PATH", std::env::var_os("PATH").unwrap()), info.name);
            }
            "aws" => {
                let moto = Moto::start();
                let program = Program::new()
                    .variable("AWS_ENDPOINT_URL", moto.address())
                    .variable("AWS_REGION", "eu-west-1")
                    .variable("AWS_ACCESS_KEY_ID", "testing")
                    .variable("AWS_SECRET_ACCESS_KEY", "testing");
                contract(&program.variable("PATH", std::env::var_os("PATH").unwrap()), info.name);
            }
            other => panic!("the contract needs a place for the store {other}"),
        }
    }
}

fn contract(program: &Program, store: &str) {
    let project = app();
    project.write(".gitignore", ".env\n");
    let digits = |canary: Canary| canary.value().replace('!', "-");
    let (first, second) = (digits(Canary::new()), digits(Canary::new()));
    let quiet = |output: &std::process::Output| {
        for value in [&first, &second] {
            let text = [output.stdout.as_slice(), &output.stderr].concat();
            assert!(!String::from_utf8_lossy(&text).contains(value.as_str()), "{store}: a value was printed");
        }
    };
    let set = |value: &str, more: &[&str], code: i32| {
        let args: Vec<&str> = ["store", "set", "API_TOKEN", "--store", store].iter().chain(more).copied().collect();
        let output = program.feed(project.path(), &args, &format!("{value}\n"));
        quiet(&output);
        assert_eq!(output.status.code(), Some(code), "{store} {more:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    set(&first, &[], 0);
    assert_eq!(passed(program, project.path(), "API_TOKEN"), first, "{store}");
    set(&first, &[], 0);
    set(&second, &[], 5);
    assert_eq!(passed(program, project.path(), "API_TOKEN"), first, "{store}: a value was replaced");
    set(&second, &["--replace"], 0);
    assert_eq!(passed(program, project.path(), "API_TOKEN"), second, "{store}");

    let status = program.run(project.path(), &["store", "status", "--format", "json"]).exits(0);
    let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
    let key = &status["keys"][0];
    assert_eq!(
        (key["name"].as_str(), key["present"].as_bool(), key["store"].as_str()),
        (Some("API_TOKEN"), Some(true), Some(store))
    );
    let shown = program.run(project.path(), &["store", "copy", "--to", "print"]).exits(0);
    assert_eq!(shown.stdout, format!("API_TOKEN={second}\n"), "{store}");
    assert!(!shown.stderr.contains(&second));
    for value in [&first, &second] {
        let found = Command::new("grep").arg("-rl").arg(value).arg(program.state()).output().unwrap();
        let found = String::from_utf8_lossy(&found.stdout).into_owned();
        // What a run replaced in a file of the tree is backed up, 0600, until it is undone.
        assert!(found.lines().all(|path| store == "env-file" && path.contains("backup-")), "{store}: {found}");
    }
}
