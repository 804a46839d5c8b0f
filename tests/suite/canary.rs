//! Planted secrets occur nowhere: not in what is printed, not in the state directory, not in a
//! file that was asked for.

use crate::support::{Canary, Program, Project};

/// A small app with a secret in every place that readers look at, and an older one in history.
fn planted(now: &Canary, before: &Canary, environment: &Canary) -> Project {
    let mut project = Project::with_git();
    let config = |key: &Canary| {
        format!(
            "class Config:\n    DEBUG = True\n    SECRET_KEY = '{}'\n    SESSION_COOKIE_SECURE = False\n",
            key.value()
        )
    };
    project.write("config.py", config(before));
    project
        .write("app.py", "from flask import Flask\n\napp = Flask(__name__)\napp.config.from_object('config.Config')\n");
    project.write("requirements.txt", "flask\n");
    project.commit("first");
    project.write("config.py", config(now));
    project.write("Procfile", format!("web: SECRET_KEY={} gunicorn app:app\n", environment.value()));
    project.write(".env", format!("SECRET_KEY={}\nnot a line {}\n", environment.value(), environment.value()));
    project.write("broken.py", format!("SECRET_KEY = '{}\nx = (((\n", now.value()));
    project.write(".flaskenv", format!("FLASK_DEBUG=1\nJWT_SECRET_KEY='{}", now.value()));
    project.write(
        "docker-compose.yml",
        format!("services:\n  web:\n    environment:\n      SECRET_KEY: \"{}\n", now.value()),
    );
    project.commit("second");
    project
}

#[test]
fn no_planted_secret_is_shown_or_kept() {
    let canaries = [Canary::new(), Canary::new(), Canary::new()];
    let project = planted(&canaries[0], &canaries[1], &canaries[2]);
    let program = Program::new();
    let out = tempfile::tempdir().unwrap();
    let report = out.path().join("report.json");
    let baseline = out.path().join("baseline");
    let (report, baseline) = (report.to_str().unwrap(), baseline.to_str().unwrap());
    let before = project.picture();
    for args in [
        &["scan", "-v"][..],
        &["scan", "-q"],
        &["scan", "--color", "always"],
        &["scan", "--format", "json", "-v"],
        &["scan", "--format", "json", "-o", report, "--write-baseline", baseline],
        &["--diff", "-v"],
        &["--diff=safe", "--store", "none"],
        &["--diff", "--store", "env-file"],
    ] {
        let run = program.run(project.path(), args);
        for canary in &canaries {
            canary.not_printed(&run);
            canary.not_below(program.home(), &[]);
            canary.not_below(out.path(), &[]);
        }
    }
    assert!(project.picture() == before, "looking changed the tree");
}
