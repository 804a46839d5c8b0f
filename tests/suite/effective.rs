//! `explain SETTING`: which value each way of starting the app sees, and from which line.

use crate::support::{Program, Project};

/// The value and the place of a setting on the target whose name begins so.
fn cell(project: &Project, setting: &str, target: &str) -> String {
    let printed = Program::new().run(project.path(), &["explain", setting]).exits(0).stdout;
    let mut lines = printed.lines().skip_while(|line| !line.trim_start().starts_with(target));
    assert!(lines.next().is_some(), "{target} is no target:\n{printed}");
    let cell = lines.take_while(|line| line.starts_with("      "));
    cell.map(|line| line.trim().replace("   ", " | ")).collect::<Vec<_>>().join(" | ")
}

fn project(files: &[(&str, &str)]) -> Project {
    let project = Project::new();
    for (path, text) in files {
        project.write(path, text);
    }
    project
}

const READS_ENVIRONMENT: &str = "import os\nfrom flask import Flask\n\napp = Flask(__name__)\napp.config[\"SECRET_KEY\"] = os.environ.get(\"SECRET_KEY\")\n";

#[test]
fn who_reads_an_env_file_depends_on_the_start() {
    let env = (".env", "SECRET_KEY=of-the-env-file\n");
    let procfile = ("Procfile", "web: gunicorn app:app\n");
    let plain = project(&[("app.py", READS_ENVIRONMENT), env, procfile]);
    let set = "SECRET_KEY of the environment, set at .env:1 | app.py:5";
    let unset = "SECRET_KEY of the environment, else None | app.py:5";
    assert_eq!(cell(&plain, "SECRET_KEY", "production, gunicorn"), unset);
    assert_eq!(cell(&plain, "SECRET_KEY", "flask run"), set);

    let text = READS_ENVIRONMENT.replace("import os\n", "import os\nfrom dotenv import load_dotenv\n");
    let loads = text.replace("\napp = ", "\nload_dotenv()\napp = ");
    let loading = project(&[("app.py", &loads), env, procfile]);
    assert_eq!(cell(&loading, "SECRET_KEY", "production, gunicorn"), set.replace(":5", ":7"));

    // Loaded where the file runs by itself, gunicorn sees nothing of it.
    let guarded = format!("{text}\nif __name__ == \"__main__\":\n    load_dotenv()\n    app.run()\n");
    let guarded = project(&[("app.py", &guarded), env, procfile]);
    assert_eq!(cell(&guarded, "SECRET_KEY", "production, gunicorn"), unset.replace(":5", ":6"));

    let named = loads.replace("load_dotenv()", "load_dotenv(os.path.join(\"conf\", \"web.env\"))");
    let named = project(&[("app.py", &named), ("conf/web.env", env.1), env, procfile]);
    assert_eq!(
        cell(&named, "SECRET_KEY", "production, gunicorn"),
        "SECRET_KEY of the environment, set at conf/web.env:1 | app.py:7"
    );
}

#[test]
fn compose_and_systemd_hand_env_files_over() {
    let compose = "services:\n  web:\n    build: .\n    command: gunicorn app:app\n    env_file: web.env\n";
    let compose = project(&[
        ("app.py", READS_ENVIRONMENT),
        ("web.env", "SECRET_KEY=x-of-a-file\n"),
        ("docker-compose.prod.yml", compose),
    ]);
    assert_eq!(
        cell(&compose, "SECRET_KEY", "production, gunicorn"),
        "SECRET_KEY of the environment, set at web.env:1 | app.py:5"
    );
    let unit = "[Service]\nWorkingDirectory=/srv/shop\nEnvironmentFile=/srv/shop/service.env\nExecStart=/srv/shop/venv/bin/gunicorn app:app\n";
    let unit = project(&[
        ("app.py", READS_ENVIRONMENT),
        ("service.env", "SECRET_KEY=x-of-a-file\n"),
        ("deploy/shop.service", unit),
    ]);
    let found = cell(&unit, "SECRET_KEY", "production, gunicorn");
    assert_eq!(found, "SECRET_KEY of the environment, set at service.env:1 | app.py:5");
}

#[test]
fn readers_with_a_file_of_their_own_see_it_alone() {
    let decouple = "import os\nfrom decouple import config\nfrom flask import Flask\n\napp = Flask(__name__)\napp.config[\"DEBUG\"] = config(\"DEBUG\", default=False, cast=bool)\napp.config[\"TESTING\"] = os.environ.get(\"DEBUG\") == \"True\"\n";
    let procfile = ("Procfile", "web: gunicorn app:app\n");
    let env = project(&[("app.py", decouple), (".env", "DEBUG=True\n"), procfile]);
    assert_eq!(cell(&env, "DEBUG", "production"), "on (DEBUG of the environment, set at .env:1) | app.py:6");
    assert!(cell(&env, "TESTING", "production").starts_with("off"), "os.environ does not see it");
    let ini = project(&[
        ("app.py", decouple),
        (".env", "DEBUG=False\n"),
        ("settings.ini", "[settings]\nDEBUG=True\n"),
        procfile,
    ]);
    assert_eq!(cell(&ini, "DEBUG", "production"), "on (DEBUG of the environment, set at settings.ini:2) | app.py:6");

    let pydantic = "from flask import Flask\nfrom pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings):\n    DEBUG: bool = False\n    SECRET_KEY: str\n\n    class Config:\n        env_prefix = \"SHOP_\"\n        env_file = \".env\"\n\n\napp = Flask(__name__)\napp.config.from_object(Settings())\n";
    let pydantic = project(&[("app.py", pydantic), (".env", "SHOP_DEBUG=true\n"), procfile]);
    assert_eq!(cell(&pydantic, "DEBUG", "production"), "on (SHOP_DEBUG of the environment, set at .env:1) | app.py:6");
    assert_eq!(
        cell(&pydantic, "SECRET_KEY", "production"),
        "SHOP_SECRET_KEY of the environment, which must be set | app.py:7"
    );
}

#[test]
fn prefixed_variables_go_over_what_was_loaded_before() {
    let app = "from flask import Flask\n\napp = Flask(__name__)\napp.config.from_mapping(SESSION_COOKIE_SECURE=False)\napp.config.from_prefixed_env(\"SHOP\")\n";
    let procfile = ("Procfile", "web: SHOP_SESSION_COOKIE_SECURE=true gunicorn app:app\n");
    let set = project(&[("app.py", app), procfile]);
    let found = cell(&set, "SESSION_COOKIE_SECURE", "production");
    assert_eq!(found, "on (SHOP_SESSION_COOKIE_SECURE of the environment, set at Procfile:1) | app.py:5");
    assert_eq!(cell(&set, "SESSION_COOKIE_SECURE", "flask run"), "off | app.py:4");
    let doubt = cell(&set, "SECRET_KEY", "production");
    assert!(doubt.contains("a variable SHOP_… of the server may set this too"), "{doubt}");
}

#[test]
fn data_files_show_their_lines() {
    let toml = "[default]\nDEBUG = false\nsecret_key = \"made up for this\"\n[development]\nDEBUG = true\n[production]\nSESSION_COOKIE_SECURE = true\n";
    let app =
        "from dynaconf import FlaskDynaconf\nfrom flask import Flask\n\napp = Flask(__name__)\nFlaskDynaconf(app)\n";
    let dynaconf = project(&[
        ("app.py", app),
        ("settings.toml", toml),
        ("Procfile", "web: FLASK_ENV=production gunicorn app:app\n"),
    ]);
    assert_eq!(cell(&dynaconf, "DEBUG", "production"), "off | settings.toml:2");
    assert!(cell(&dynaconf, "DEBUG", "flask run").starts_with("on | settings.toml:5"));
    assert_eq!(cell(&dynaconf, "SESSION_COOKIE_SECURE", "production"), "on | settings.toml:7");
    assert_eq!(cell(&dynaconf, "SECRET_KEY", "production"), "a literal in the file | settings.toml:3");

    let app = "import configparser\nfrom flask import Flask\n\nparser = configparser.ConfigParser()\nparser.read(\"app.ini\")\napp = Flask(__name__)\napp.config[\"DEBUG\"] = parser.getboolean(\"flask\", \"debug\")\napp.config[\"SESSION_COOKIE_SECURE\"] = parser.getboolean(\"flask\", \"secure\", fallback=True)\n";
    let ini = project(&[("app.py", app), ("app.ini", "[flask]\ndebug = no\n")]);
    assert_eq!(cell(&ini, "DEBUG", "flask run"), "off (a literal in the file, app.ini:2) | app.py:7");
    assert_eq!(
        cell(&ini, "SESSION_COOKIE_SECURE", "flask run"),
        "on: app.ini does not set parser[flask][secure] | app.py:8"
    );
    let absent = project(&[("app.py", app)]);
    assert_eq!(
        cell(&absent, "DEBUG", "flask run"),
        "parser[flask][debug] of app.ini, which is not in the repository | app.py:7"
    );
}
