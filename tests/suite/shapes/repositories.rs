//! What stands around an app: other apps, git, lock files, files that running leaves.

use super::{Row, check, row};

const APP: &str = "import app; print(repr(app.app.secret_key))";

#[test]
fn repositories_of_several_kinds() {
    check("repositories", &rows());
}

fn rows() -> Vec<Row> {
    vec![
        row(
            "two apps that share nothing",
            r#"
-- shop/app.py
from flask import Flask

app = Flask(__name__)
app.secret_key = "colours-of-the-wind"
-- shop/requirements.txt
flask
-- admin/app.py
import os

from flask import Flask

app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]
-- admin/requirements.txt
flask
"#,
        )
        .git()
        .changes("shop/app.py")
        .keeps("admin/app.py")
        .says(&[], "import sys; sys.path.insert(0, 'shop'); import app; print(len(app.app.secret_key))", "64"),
        row(
            "two apps with the same key",
            r#"
-- shop/app.py
from flask import Flask

app = Flask(__name__)
app.secret_key = "colours-of-the-wind"
-- shop/requirements.txt
flask
-- admin/app.py
from flask import Flask

app = Flask(__name__)
app.secret_key = "colours-of-the-wind"
-- admin/requirements.txt
flask
"#,
        )
        .git()
        .changes("shop/app.py")
        .changes("admin/app.py"),
        row(
            "the app below the root",
            r#"
-- backend/src/shop/__init__.py
from flask import Flask


def create_app():
    app = Flask(__name__)
    app.config["SECRET_KEY"] = "colours-of-the-wind"
    return app
-- backend/pyproject.toml
[project]
name = "shop"
dependencies = ["flask"]
-- frontend/package.json
{}
"#,
        )
        .git()
        .key("import sys; sys.path.insert(0, 'backend/src'); import shop; print(repr(shop.create_app().secret_key))"),
        row(
            "work that is not committed",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.secret_key = "colours-of-the-wind"
-- notes.txt
one
"#,
        )
        .git()
        .later("app.py", "from flask import Flask\n\napp = Flask(__name__)\napp.title = 'new'\napp.secret_key = \"colours-of-the-wind\"\n")
        .later("notes.txt", "two\n")
        .later("draft.py", "TITLE = 1\n")
        .keeps("notes.txt")
        .keeps("draft.py")
        .key("import app; assert app.app.title == 'new'; print(repr(app.app.secret_key))"),
        row(
            "an env file that git tracks",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.secret_key = "colours-of-the-wind"
-- .env
MAIL_PORT=25
"#,
        )
        .git()
        .untouched()
        .exits(5),
        row(
            "an env file that is ignored by another pattern",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.secret_key = "colours-of-the-wind"
-- .gitignore
*.env*
!.env.example
-- .env.example
MAIL_PORT=25
"#,
        )
        .git()
        .keeps(".gitignore")
        .changes(".env.example")
        .key(APP),
        row(
            "what a run of the app leaves",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.secret_key = "colours-of-the-wind"
"#,
        )
        .git()
        .key(APP)
        .leaves("__pycache__/app.cpython-311.pyc", "x")
        .leaves("instance/app.sqlite", "x")
        .leaves("logs/app.log", "SECRET_KEY is not set\n")
        .leaves("flask_session/2029240f6d1128be89ddc32729463129", "x")
        .leaves("uploads/photo.txt", "key = abc\n"),
        row(
            "hashed requirements",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)

if __name__ == "__main__":
    app.run()
-- Procfile
web: python app.py
-- requirements.txt
flask==3.1.0 \
    --hash=sha256:5f1c52f6bf4d3c2dfd4d3c2dfd4d3c2dfd4d3c2dfd4d3c2dfd4d3c2dfd4d3c2d
"#,
        )
        .keeps("requirements.txt"),
        row(
            "a lock file of Poetry",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)

if __name__ == "__main__":
    app.run()
-- Procfile
web: python app.py
-- pyproject.toml
[tool.poetry]
name = "shop"

[tool.poetry.dependencies]
python = "^3.11"
flask = "^3.1"
-- poetry.lock
[[package]]
name = "flask"
version = "3.1.0"
"#,
        )
        .keeps("poetry.lock")
        .keeps("pyproject.toml")
        .told("poetry add gunicorn"),
        row(
            "two settings in one file that imports nothing",
            r#"
-- settings.py
DEBUG = True
SECRET_KEY = "colours-of-the-wind"
-- app.py
from flask import Flask, session

app = Flask(__name__)
app.config.from_object("settings")


@app.route("/")
def index():
    session["seen"] = True
    return "seen"
-- Procfile
web: gunicorn app:app
"#,
        )
        .changes("settings.py")
        .key(APP)
        .says(&[], "import app; print(app.app.config['DEBUG'], app.app.config['SESSION_COOKIE_SECURE'])", "False False"),
    ]
}
