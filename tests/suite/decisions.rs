//! Fixes one by one: skipping, what leans on a skipped one, and fixes that are tried out before
//! they are offered.

use crate::support::{Program, Project};

/// An app with a literal key, no cookie settings and a Procfile.
fn app() -> Project {
    let project = Project::with_git();
    project.write(
        "app.py",
        "from flask import Flask, session\n\napp = Flask(__name__)\napp.config[\"SECRET_KEY\"] = \"colour-me-surprised-19\"\n\n\n\
         @app.get(\"/\")\ndef home():\n    session[\"seen\"] = 1\n    return \"ok\"\n",
    );
    project.write("requirements.txt", "flask==3.1.2\ngunicorn==23.0.0\n");
    project.write("Procfile", "web: gunicorn app:app\n");
    project
}

#[test]
fn a_skipped_fix_is_left_out_alone_and_the_others_are_written() {
    let (program, project) = (Program::new(), app());
    let all = program.run(project.path(), &["--diff"]).exits(1);
    let some = program.run(project.path(), &["--diff", "--skip", "FH203:app.py"]).exits(1);
    assert!(all.stdout.contains("SESSION_COOKIE_SAMESITE") && all.stdout.contains("SECRET_KEY"));
    assert!(!some.stdout.contains("\n+app.config[\"SESSION_COOKIE_SAMESITE\"]"), "{}", some.stdout);
    assert!(some.stdout.contains("you skipped it"), "{}", some.stdout);
    assert!(some.stdout.contains("SECRET_KEY"), "{}", some.stdout);

    program.run(project.path(), &["--apply", "--skip", "FH203"]).exits(0);
    assert!(!project.read("app.py").contains("SAMESITE"));
    assert!(project.read("app.py").contains("_from_env_file"));
    // What was skipped once is not skipped for ever.
    program.run(project.path(), &["--apply"]).exits(0);
    assert!(project.read("app.py").contains("SAMESITE"));
}

#[test]
fn a_word_that_names_no_fix_is_an_error_and_nothing_is_written() {
    let (program, project) = (Program::new(), app());
    let before = project.picture();
    for option in ["--apply", "--diff"] {
        let run = program.run(project.path(), &[option, "--skip", "FH203,FH999"]).exits(2);
        assert!(run.stderr.contains("no fix here is called 'FH999'"), "{}", run.stderr);
        assert!(run.stderr.contains("--skip FH203:"), "{}", run.stderr);
    }
    program.run(project.path(), &["scan", "--skip", "FH203"]).exits(2);
    assert_eq!(project.picture(), before);
}

#[test]
fn the_diff_says_what_changes_for_each_start() {
    let (program, project) = (Program::new(), app());
    let run = program.run(project.path(), &["--diff"]).exits(1);
    let part = run.stdout.split("What changes when it runs\n").nth(1).expect("a part on consequences");
    let part = part.split("\n\n").next().unwrap();
    assert_eq!(
        part,
        "  gunicorn (Procfile:1)\n    SECRET_KEY\n      before  a literal in the code\n      after   SECRET_KEY of the \
         environment, else what .env gives\n    SESSION_COOKIE_SAMESITE\n      before  not set (Flask's default)\n      \
         after   Lax\n    SESSION_COOKIE_SECURE\n      before  off (Flask's default)\n      after   on \
         (SESSION_COOKIE_SECURE of the environment, set at gunicorn.conf.py:11)\n  flask run\n    SECRET_KEY\n      \
         before  a literal in the code\n      after   SECRET_KEY of the environment, set at .env:2\n    \
         SESSION_COOKIE_SAMESITE\n      before  not set (Flask's default)\n      after   Lax\n    \
         SESSION_COOKIE_SECURE\n      before  off (Flask's default)\n      after   off (SESSION_COOKIE_SECURE of the \
         environment, else empty)"
    );
}

/// The switch for debug lies in a gunicorn configuration, but uWSGI starts this app: the fix would
/// leave debug on, so it is shown with the reason and not written.
#[test]
fn a_fix_that_leaves_its_finding_is_not_written() {
    let project = Project::with_git();
    project.write(
        "config.py",
        "import os\n\n\nclass Config:\n    SECRET_KEY = os.environ.get(\"SECRET_KEY\")\n\n\n\
         class DevelopmentConfig(Config):\n    DEBUG = True\n",
    );
    project.write(
        "app.py",
        "from flask import Flask\n\napp = Flask(__name__)\napp.config.from_object(\"config.DevelopmentConfig\")\n",
    );
    project.write("Procfile", "web: uwsgi uwsgi.ini\n").write("uwsgi.ini", "[uwsgi]\nmodule = app:app\n");
    let (program, before) = (Program::new(), project.picture());
    let run = program.run(project.path(), &["--diff", "--select", "FH401"]);
    assert!(run.stdout.contains("Held back (1)"), "{}", run.stdout);
    assert!(run.stdout.contains("now: Change it by hand in"), "{}", run.stdout);
    program.run(project.path(), &["--apply", "--select", "FH401"]).exits(0);
    assert_eq!(project.picture(), before);
}
