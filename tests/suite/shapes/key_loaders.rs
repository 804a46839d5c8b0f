//! Keys that reach the app through something that loads settings, and keys made at each start.

use super::{Row, check, row};

const APP: &str = "import app; print(repr(app.app.secret_key))";

#[test]
fn keys_that_are_loaded() {
    check("key-loaders", &rows());
}

fn rows() -> Vec<Row> {
    vec![
        row(
            "a field of pydantic settings",
            r#"
-- settings.py
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    title: str = "Shop"
    secret_key: str = "colours-of-the-wind"


settings = Settings()
-- app.py
from flask import Flask

from settings import settings

app = Flask(__name__)
app.secret_key = settings.secret_key
"#,
        )
        .keeps("app.py")
        .key(APP),
        row(
            "variables with a prefix, over a literal",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config["SECRET_KEY"] = "colours-of-the-wind"
app.config.from_prefixed_env()
"#,
        )
        .key(APP)
        .says(&[("FLASK_SECRET_KEY", "theirs")], "import app; print(app.app.secret_key)", "theirs"),
        row(
            "a JSON file",
            r#"
-- app.py
import json

from flask import Flask

app = Flask(__name__)
app.config.from_file("config.json", load=json.load)
-- config.json
{"SECRET_KEY": "colours-of-the-wind", "TITLE": "Shop"}
"#,
        )
        .keeps("app.py")
        .keeps("config.json")
        .by_hand("is no Python"),
        row(
            "a TOML file that git ignores",
            r#"
-- app.py
import tomllib

from flask import Flask

app = Flask(__name__)
app.config.from_file("secrets.toml", load=tomllib.load, text=False, silent=True)
-- .gitignore
secrets.toml
"#,
        )
        .git()
        .later("secrets.toml", "SECRET_KEY = \"colours-of-the-wind\"\n")
        .untouched()
        .silent("FH102"),
        row(
            "tables of Dynaconf",
            r#"
-- app.py
from dynaconf import FlaskDynaconf
from flask import Flask

app = Flask(__name__)
FlaskDynaconf(app, settings_files=["settings.toml", ".secrets.toml"])
-- settings.toml
[default]
TITLE = "Shop"

[production]
SECRET_KEY = "colours-of-the-wind"
"#,
        )
        .keeps("settings.toml")
        .by_hand("is no Python"),
        row(
            "an object made of a class",
            r#"
-- config.py
import os


class Config:
    def __init__(self):
        self.SECRET_KEY = os.environ.get("SECRET_KEY", "colours-of-the-wind")
        self.TITLE = "Shop"
-- app.py
from flask import Flask

from config import Config

app = Flask(__name__)
app.config.from_object(Config())
"#,
        )
        .keeps("app.py")
        .key(APP),
        row(
            "a property",
            r#"
-- config.py
class Config:
    @property
    def SECRET_KEY(self):
        return "colours-of-the-wind"
-- app.py
from flask import Flask

from config import Config

app = Flask(__name__)
app.config.from_object(Config())
"#,
        )
        .key(APP),
        row(
            "a file of settings for production",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.from_pyfile("production.cfg")
-- production.cfg
# Production
TITLE = "Shop"
SECRET_KEY = "colours-of-the-wind"
"#,
        )
        .keeps("app.py")
        .key(APP),
        row(
            "another key at each start",
            r#"
-- app.py
import os

from flask import Flask, session

app = Flask(__name__)
app.config["SECRET_KEY"] = os.urandom(24)
app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
app.config["SESSION_COOKIE_SECURE"] = True


@app.route("/")
def index():
    session["seen"] = True
    return "seen"
-- Procfile
web: gunicorn app:app
"#,
        )
        .reports("FH108"),
        row(
            "another key at each start where none is set",
            r#"
-- app.py
import os
import secrets

from flask import Flask, session

app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ.get("SECRET_KEY") or secrets.token_hex(32)
app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
app.config["SESSION_COOKIE_SECURE"] = True


@app.route("/")
def index():
    session["seen"] = True
    return "seen"
-- Procfile
web: gunicorn app:app
"#,
        )
        .keeps("app.py"),
    ]
}
