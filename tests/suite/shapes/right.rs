//! Apps that are right as they are, and trees that are nobody's app: nothing is written.

use super::{Row, check, row};

#[test]
fn what_is_right_stays() {
    check("right", &right());
}

#[test]
fn what_is_no_app_stays() {
    check("no-app", &others());
}

fn right() -> Vec<Row> {
    vec![
        row(
            "required from the environment, flags set, gunicorn with limits",
            r#"
-- app.py
import os

from flask import Flask, session

app = Flask(__name__)
app.config.update(
    SECRET_KEY=os.environ["SECRET_KEY"],
    SESSION_COOKIE_SECURE=True,
    SESSION_COOKIE_SAMESITE="Lax",
)


@app.route("/")
def index():
    session["seen"] = True
    return "seen"
-- gunicorn.conf.py
workers = 4
threads = 4
timeout = 30
max_requests = 1000
max_requests_jitter = 100
-- Procfile
web: gunicorn app:app
"#,
        )
        .untouched()
        .silent("FH1"),
        row(
            "raises where it is missing",
            r#"
-- app.py
import os

from flask import Flask

app = Flask(__name__)
app.secret_key = os.environ.get("SECRET_KEY")
if not app.secret_key:
    raise RuntimeError("SECRET_KEY must be set")
"#,
        )
        .untouched()
        .silent("FH10"),
        row(
            "kept in a database",
            r#"
-- app.py
import sqlite3

from flask import Flask


def stored_key(path):
    with sqlite3.connect(path) as database:
        return database.execute("select value from settings where name = 'secret_key'").fetchone()[0]


def create_app():
    app = Flask(__name__)
    app.secret_key = stored_key("app.db")
    return app
"#,
        )
        .untouched()
        .silent("FH1"),
        row(
            "generated into an ignored file of the instance folder",
            r#"
-- app.py
import os
import secrets

from flask import Flask


def create_app():
    app = Flask(__name__, instance_relative_config=True)
    os.makedirs(app.instance_path, exist_ok=True)
    path = os.path.join(app.instance_path, "secret_key")
    try:
        with open(path) as file:
            app.config["SECRET_KEY"] = file.read()
    except FileNotFoundError:
        app.config["SECRET_KEY"] = secrets.token_hex(32)
        with open(path, "w") as file:
            file.write(app.config["SECRET_KEY"])
    return app
-- .gitignore
/instance/
"#,
        )
        .untouched()
        .silent("FH102"),
        row(
            "a secret of Docker",
            r#"
-- app.py
from pathlib import Path

from flask import Flask

app = Flask(__name__)
app.config["SECRET_KEY"] = Path("/run/secrets/secret_key").read_text().strip() if Path("/run/secrets/secret_key").exists() else None
"#,
        )
        .untouched()
        .silent("FH10"),
        row(
            "no session, no key, no need of one",
            r#"
-- app.py
from flask import Flask, jsonify

app = Flask(__name__)


@app.route("/status")
def status():
    return jsonify(ok=True)
"#,
        )
        .untouched()
        .silent("FH1")
        .silent("FH2"),
        row(
            "a placeholder that is no key",
            r#"
-- app.py
import os

from flask import Flask

app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ.get("SECRET_KEY", "")
"#,
        )
        .untouched()
        .silent("FH10"),
        row(
            "a name that is handed on",
            r#"
-- app.py
import os

from flask import Flask

KEY = os.environ["SECRET_KEY"]


def make(secret_key=None):
    app = Flask(__name__)
    app.config.from_mapping(SECRET_KEY=secret_key)
    return app


app = make(secret_key=KEY)
REQUIRED = ["SECRET_KEY", "DATABASE_URL"]
SECRET_KEY_FILE = "/run/secrets/key"
"#,
        )
        .untouched()
        .silent("FH10"),
    ]
}

fn others() -> Vec<Row> {
    vec![
        row(
            "the template of a project",
            r#"
-- cookiecutter.json
{"app_name": "shop"}
-- {{cookiecutter.app_name}}/{{cookiecutter.app_name}}/settings.py
import os

SECRET_KEY = "{{ cookiecutter.secret_key }}"
DEBUG = True
-- {{cookiecutter.app_name}}/{{cookiecutter.app_name}}/app.py
from flask import Flask

app = Flask(__name__)
app.config.from_object("{{cookiecutter.app_name}}.settings")
app.run(debug=True)
"#,
        )
        .untouched()
        .exits(3),
        row(
            "templates of a configuration",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.from_pyfile("config.py")
-- config.py.j2
SECRET_KEY = "{{ flask_secret_key }}"
-- config.py.example
SECRET_KEY = "change-me-to-something-long-and-random-0123"
-- deploy/config.py.tmpl
SECRET_KEY = "{flask_secret_key}"
-- .gitignore
config.py
"#,
        )
        .git()
        .untouched()
        .silent("FH10"),
        row(
            "code that writes a configuration",
            r#"
-- app.py
import os
import secrets

from flask import Flask

TEMPLATE = '''
SECRET_KEY = "{key}"
'''


def write_config(path):
    with open(path, "w") as out:
        out.write(TEMPLATE.format(key=secrets.token_hex()))


app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]
"#,
        )
        .untouched()
        .silent("FH10"),
        row(
            "vendored code, examples, documentation and migrations",
            r#"
-- app.py
import os

from flask import Flask

app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]
-- vendor/flask_demo/app.py
from flask import Flask

app = Flask(__name__)
app.secret_key = "colours-of-the-wind"
app.run(debug=True)
-- venv/lib/python3.11/site-packages/thing/app.py
from flask import Flask

app = Flask(__name__)
app.secret_key = "colours-of-the-wind"
-- node_modules/x/app.py
from flask import Flask

app = Flask(__name__)
app.secret_key = "colours-of-the-wind"
-- examples/hello/app.py
from flask import Flask

app = Flask(__name__)
app.secret_key = "colours-of-the-wind"
app.run(debug=True)
-- docs/snippets/quickstart.py
from flask import Flask

app = Flask(__name__)
app.secret_key = "colours-of-the-wind"
-- migrations/env.py
from flask import current_app

SECRET_KEY = "colours-of-the-wind"
-- migrations/versions/1_first.py
from flask import current_app

SECRET_KEY = "colours-of-the-wind"
"#,
        )
        .untouched(),
        row(
            "Python 2",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.secret_key = 'colours-of-the-wind'

if __name__ == '__main__':
    print 'serving'
    app.run(debug=True)
"#,
        )
        .keeps("app.py")
        .by_hand("Python 2"),
        row(
            "broken syntax",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.secret_key = 'colours-of-the-wind'


def broken(:
    return
"#,
        )
        .keeps("app.py")
        .by_hand("could not be read with certainty"),
        row(
            "a conflict that is not resolved yet",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
<<<<<<< HEAD
app.secret_key = 'colours-of-the-wind'
=======
app.secret_key = 'songs-of-the-wolf'
>>>>>>> feature
"#,
        )
        .keeps("app.py"),
    ]
}
