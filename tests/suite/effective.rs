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

const THREE_CLASSES: &str = "class Base:\n    DEBUG = False\n    SECRET_KEY = \"the same everywhere\"\n\n\nclass Development(Base):\n    DEBUG = True\n\n\nclass Production(Base):\n    DEBUG = False\n\n\nclass TestConfig(Base):\n    SESSION_COOKIE_SECURE = True\n";

/// Which class runs is not known; what all of them say is.
#[test]
fn what_every_configuration_class_says_is_known_where_a_variable_selects_one() {
    let app = "import os\nfrom flask import Flask\n\napp = Flask(__name__)\napp.config.from_object(os.environ[\"APP_SETTINGS\"])\n";
    let procfile = ("Procfile", "web: gunicorn app:app\n");
    let named = project(&[("app.py", app), ("config.py", THREE_CLASSES), procfile]);
    assert_eq!(
        cell(&named, "SECRET_KEY", "production"),
        "a literal in the code | config.py:3 | the server's environment can select another configuration"
    );
    // The tests' class sets it; no server runs that one.
    assert_eq!(
        cell(&named, "SESSION_COOKIE_SECURE", "production"),
        "off (Flask's default) | one that is not here, if APP_SETTINGS selects it, may set this too (app.py:5)"
    );
    assert_eq!(
        cell(&named, "DEBUG", "production"),
        "unknown | APP_SETTINGS selects the configuration, and nothing here sets it to one that is here (app.py:5)"
    );
    let set = project(&[
        ("app.py", app),
        ("config.py", THREE_CLASSES),
        ("Procfile", "web: APP_SETTINGS=config.Development gunicorn app:app\n"),
    ]);
    assert_eq!(cell(&set, "DEBUG", "production"), "on | config.py:7");

    let factory = "from flask import Flask\n\n\ndef create_app(name):\n    app = Flask(__name__)\n    app.config.from_object(name)\n    return app\n";
    let given = project(&[("app.py", factory), ("config.py", THREE_CLASSES)]);
    assert!(cell(&given, "SECRET_KEY", "a server").starts_with("a literal in the code | config.py:3"));
    assert!(cell(&given, "DEBUG", "a server").starts_with("unknown"));

    let by_name = "from flask import Flask\n\n\ndef create_app(name):\n    from config import by_name\n    app = Flask(__name__)\n    app.config.from_object(by_name[name or \"dev\"])\n    return app\n";
    let mapped = format!("{THREE_CLASSES}\n\nby_name = {{one.__name__: one for one in (Development, Production)}}\n");
    let mapped = project(&[("app.py", by_name), ("config.py", &mapped)]);
    assert!(cell(&mapped, "SECRET_KEY", "a server").starts_with("a literal in the code | config.py:3"));
    assert!(cell(&mapped, "DEBUG", "a server").starts_with("unknown"));

    // An object that no name leads to may be anything.
    let made = app.replace("os.environ[\"APP_SETTINGS\"]", "make_settings()");
    let made = project(&[("app.py", &made), ("config.py", THREE_CLASSES), procfile]);
    assert!(cell(&made, "SECRET_KEY", "production").starts_with("unknown"));
}

#[test]
fn test_cases_in_the_package_load_nothing_for_a_server() {
    let app = "import os\nfrom flask import Flask\n\napp = Flask(__name__)\napp.config.from_object(os.environ[\"APP_SETTINGS\"])\n";
    let case = "from flask_testing import TestCase\nfrom shop import app\n\n\nclass BaseTestCase(TestCase):\n    def create_app(self):\n        app.config.from_object(\"shop.config.Production\")\n        return app\n";
    let shop = project(&[("shop/__init__.py", app), ("shop/config.py", THREE_CLASSES), ("shop/util.py", case)]);
    assert!(cell(&shop, "DEBUG", "flask run").starts_with("unknown"));
}

#[test]
fn functions_of_the_project_that_read_switches_are_read_too() {
    let switches = "def parse_boolean(text):\n    text = text.strip().lower()\n    if text in (\"yes\", \"true\", \"1\"):\n        return True\n    elif text in (\"no\", \"false\", \"0\"):\n        return False\n    raise ValueError(text)\n";
    let settings = "import os\nfrom .switches import parse_boolean\n\nHTTPS = parse_boolean(os.environ.get(\"SHOP_HTTPS\", \"false\"))\nSESSION_COOKIE_SECURE = parse_boolean(os.environ.get(\"SHOP_SECURE\") or str(HTTPS))\nSESSION_COOKIE_HTTPONLY = parse_boolean(os.environ.get(\"SHOP_HTTPONLY\", \"true\"))\n";
    let app = "from flask import Flask\n\napp = Flask(__name__)\napp.config.from_object(\"shop.settings\")\n";
    let files = [("shop/__init__.py", app), ("shop/switches.py", switches), ("shop/settings.py", settings)];
    let plain = project(&files);
    assert_eq!(
        cell(&plain, "SESSION_COOKIE_SECURE", "flask run"),
        "off (SHOP_SECURE of the environment, else the value of HTTPS) | shop/settings.py:5"
    );
    assert_eq!(
        cell(&plain, "SESSION_COOKIE_HTTPONLY", "flask run"),
        "on (SHOP_HTTPONLY of the environment, else a literal in the code) | shop/settings.py:6"
    );
    let procfile = ("Procfile", "web: SHOP_HTTPS=yes gunicorn shop:app\n");
    let https = project(&[files[0], files[1], files[2], procfile]);
    assert!(cell(&https, "SESSION_COOKIE_SECURE", "production").starts_with("on ("));
}

#[test]
fn an_entry_that_is_empty_gives_way_to_what_stands_behind_or() {
    let app = "import configparser\nfrom flask import Flask\n\n\ndef some(value, default=None):\n    if value == \"\":\n        return default\n    return value\n\n\nparser = configparser.ConfigParser()\nparser.read(\"app.ini\")\napp = Flask(__name__)\napp.config[\"SECRET_KEY\"] = some(parser[\"server\"][\"key\"]) or make_key()\napp.config[\"SESSION_COOKIE_SAMESITE\"] = some(parser[\"server\"][\"samesite\"]) or \"Lax\"\n";
    let ini = project(&[("app.py", app), ("app.ini", "[server]\nkey =\nsamesite = Strict\n")]);
    assert_eq!(cell(&ini, "SESSION_COOKIE_SAMESITE", "flask run"), "Strict | app.ini:3");
    assert_eq!(cell(&ini, "SECRET_KEY", "flask run"), "unknown: computed by a call at run time | app.py:14");
}

#[test]
fn further_keywords_of_a_factory_are_none_where_its_call_gives_none() {
    let factory = "from flask import Flask\n\n\ndef create_app(**config):\n    app = Flask(__name__)\n    app.config.update(config)\n    return app\n";
    for (call, known) in [("create_app()", true), ("create_app(**settings())", false)] {
        let wsgi = format!("from shop import create_app\n\napp = {call}\n");
        let procfile = ("Procfile", "web: gunicorn wsgi:app\n");
        let shop = project(&[("shop.py", factory), ("wsgi.py", &wsgi), procfile]);
        let found = cell(&shop, "SESSION_COOKIE_SECURE", "production");
        assert_eq!(found.starts_with("off"), known, "{call}: {found}");
    }
}

#[test]
fn a_switch_that_is_compared_is_said_as_the_rules_know_it() {
    let settings = "import os\nfrom environs import Env\n\nenv = Env()\nenv.read_env()\nMODE = env.str(\"SHOP_MODE\", default=\"production\")\nDEBUG = MODE == \"development\"\nTESTING = MODE == unknown()\nSECRET_KEY = MODE == \"development\"\n";
    let app = "from flask import Flask\n\napp = Flask(__name__)\napp.config.from_object(\"settings\")\n";
    let procfile = ("Procfile", "web: gunicorn app:app\n");
    for (env, word) in [("SHOP_MODE=development\n", "on"), ("SHOP_MODE=production\n", "off"), ("", "off")] {
        let shop = project(&[("app.py", app), ("settings.py", settings), (".env", env), procfile]);
        assert_eq!(cell(&shop, "DEBUG", "production"), format!("{word} (a comparison) | settings.py:7"), "{env}");
        assert!(cell(&shop, "TESTING", "production").starts_with("unknown: "), "{env}");
        assert!(cell(&shop, "SECRET_KEY", "production").starts_with("unknown: "), "no switch");
    }
}
