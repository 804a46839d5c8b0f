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

/// The gunicorn configuration would switch debug off, but the app then reads a file that says otherwise, over
/// everything that is set: the fix would leave debug on, so it is shown with the reason and not written.
#[test]
fn a_fix_that_leaves_its_finding_is_not_written() {
    let project = Project::with_git();
    project.write(
        "app.py",
        "import os\n\nfrom dotenv import load_dotenv\nfrom flask import Flask\n\nload_dotenv(override=True)\n\n\
         app = Flask(__name__)\napp.config[\"DEBUG\"] = os.environ.get(\"FLASK_DEBUG\") == \"1\"\n",
    );
    project.write(".env", "FLASK_DEBUG=1\n").write("Procfile", "web: gunicorn app:app\n");
    let (program, before) = (Program::new(), project.picture());
    let run = program.run(project.path(), &["--diff", "--select", "FH401"]);
    assert!(run.stdout.contains("Held back (1)"), "{}", run.stdout);
    assert!(run.stdout.contains("now: Change it by hand in"), "{}", run.stdout);
    program.run(project.path(), &["--apply", "--select", "FH401"]).exits(0);
    assert_eq!(project.picture(), before);
}

/// uWSGI starts this app from a Procfile and by its own file, which both read: one line there
/// reaches both, also where the file leaves the app's name to the command.
#[test]
fn a_switch_in_the_file_of_uwsgi_reaches_every_start() {
    for (command, ini) in [
        ("web: uwsgi uwsgi.ini\n", "[uwsgi]\nmodule = app:app\n"),
        ("web: uwsgi uwsgi.ini --module app:app\n", "[uwsgi]\nmaster = true\n"),
    ] {
        let project = image_of_development();
        std::fs::remove_file(project.at("Dockerfile")).unwrap();
        project.write("Procfile", command).write("uwsgi.ini", ini);
        let program = Program::new();
        program.run(project.path(), &["--apply", "--select", "FH401"]).exits(0);
        assert_eq!(project.read("uwsgi.ini"), format!("{ini}env = FLASK_DEBUG=0\n"));
        assert!(project.read("config.py").contains("FLASK_DEBUG"));
        let scan = program.run(project.path(), &["scan", "--select", "FH401"]).exits(0);
        assert!(!scan.stdout.contains("FH401"), "{}", scan.stdout);
    }
}

/// The image starts the development server with a configuration for development. That debug is off
/// there stands in a file which only gunicorn reads.
fn image_of_development() -> Project {
    let project = Project::with_git();
    project.write(
        "config.py",
        "import os\n\n\nclass DevelopmentConfig:\n    SECRET_KEY = os.environ.get(\"SECRET_KEY\")\n    DEBUG = True\n",
    );
    project.write(
        "app.py",
        "from flask import Flask\n\napp = Flask(__name__)\napp.config.from_object(\"config.DevelopmentConfig\")\n",
    );
    project.write("requirements.txt", "flask\n");
    project.write(
        "Dockerfile",
        "FROM python:3.12\nWORKDIR /srv\nCOPY . .\nRUN pip install -r requirements.txt\n\
         CMD [\"flask\", \"--app\", \"app\", \"run\", \"--host\", \"0.0.0.0\"]\n",
    );
    project
}

#[test]
fn debug_that_gunicorn_switches_off_needs_gunicorn() {
    let (program, project) = (Program::new(), image_of_development());
    let run = program.run(project.path(), &["--diff", "--skip", "FH501", "--select", "FH4,FH5"]);
    assert!(
        run.stdout.contains("it needs another fix that is not written: gunicorn starts production"),
        "{}",
        run.stdout
    );
    program.run(project.path(), &["--apply", "--skip", "FH501", "--select", "FH4,FH5"]).exits(0);
    assert!(project.read("config.py").contains("DEBUG = True"));
    program.run(project.path(), &["--apply"]).exits(0);
    assert!(project.read("Dockerfile").contains("gunicorn"));
    assert!(
        project.read("config.py").contains("FLASK_DEBUG") && project.read("gunicorn.conf.py").contains("FLASK_DEBUG")
    );
}

/// An image that gives the key, code that falls back to a literal, and a compose file on top.
fn image_with_key() -> Project {
    let project = Project::with_git();
    project.write(
        "app.py",
        "import os\n\nfrom flask import Flask, session\n\napp = Flask(__name__)\n\
         app.config[\"SECRET_KEY\"] = os.environ.get(\"SECRET_KEY\") or \"green-parrot-of-the-islands\"\n\n\n\
         @app.get(\"/\")\ndef home():\n    session[\"seen\"] = 1\n    return \"ok\"\n",
    );
    project.write("requirements.txt", "flask\ngunicorn\n");
    project.write(
        "Dockerfile",
        "FROM python:3.12\nENV A=1 SECRET_KEY=yellow-parrot-of-the-coast\nCOPY . /srv\nCMD [\"gunicorn\", \"app:app\"]\n",
    );
    project.write(
        "compose.yaml",
        "services:\n  web:\n    build: .\n    environment:\n      - SECRET_KEY=red-parrot-of-the-hills\n  jobs:\n    build: .\n",
    );
    project
}

#[test]
fn a_key_leaves_the_image_with_the_literal_behind_it() {
    let (program, project) = (Program::new(), image_with_key());
    let before = project.picture();
    let alone = program.run(project.path(), &["--diff", "--skip", "FH103"]).exits(1);
    assert!(alone.stdout.contains("it needs another fix that is not written"), "{}", alone.stdout);
    let run = program.run(project.path(), &["--apply", "--store", "env-file"]).exits(0);
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(
        said.contains("Containers of Dockerfile need SECRET_KEY when they start: docker run --env-file .env"),
        "{said}"
    );
    assert_eq!(project.read("Dockerfile").lines().nth(1), Some("ENV A=1"));
    let compose = project.read("compose.yaml");
    assert!(compose.contains("      - SECRET_KEY=${SECRET_KEY:?run flask-harden onboard}\n  jobs:"), "{compose}");
    assert!(
        compose.ends_with("    environment:\n      SECRET_KEY: ${SECRET_KEY:?run flask-harden onboard}\n"),
        "{compose}"
    );
    for path in ["app.py", "Dockerfile", "compose.yaml"] {
        assert!(!project.read(path).contains("parrot"), "{path}");
    }
    let after = project.picture();
    let again = program.run(project.path(), &["--apply", "--store", "env-file"]).exits(0);
    assert!(
        again.stdout.to_lowercase().contains("nothing to do") || again.stderr.to_lowercase().contains("nothing to do")
    );
    assert_eq!(project.picture(), after);
    program.run(project.path(), &["undo"]).exits(0);
    let mut now = project.picture();
    now.retain(|path, _| path != ".env");
    assert_eq!(now, before);
}

#[test]
fn a_key_of_compose_goes_where_the_store_says() {
    for (store, said) in [("none", "Put SECRET_KEY into .env"), ("print", "Put SECRET_KEY into .env")] {
        let (program, project) = (Program::new(), image_with_key());
        let run = program.run(project.path(), &["--apply", "--store", store]).exits(0);
        let text = format!("{}{}", run.stdout, run.stderr);
        assert!(text.contains(said), "{store}: {text}");
        assert!(project.read("compose.yaml").contains("${SECRET_KEY:?"), "{store}");
        assert!(!project.picture().contains_key(".env"), "{store}");
    }
}
