//! Session cookies: where the flags go, who keeps plain http, and what is set already.

use super::{Row, check, row};

/// What the app says of the two flags.
const FLAGS: &str = "import app; c = app.app.config; print(c['SESSION_COOKIE_SECURE'], c['SESSION_COOKIE_SAMESITE'])";
const ON: &[(&str, &str)] = &[("SESSION_COOKIE_SECURE", "1")];
const OFF: &[(&str, &str)] = &[("SESSION_COOKIE_SECURE", "0")];

#[test]
fn cookie_flags() {
    check("cookies", &rows());
}

fn rows() -> Vec<Row> {
    vec![
        row(
            "flags in the base class reach no other class switched on",
            r#"
-- config.py
import os


class Config:
    SECRET_KEY = os.environ.get("SECRET_KEY")


class DevelopmentConfig(Config):
    DEBUG = True


class TestingConfig(Config):
    TESTING = True


class ProductionConfig(Config):
    pass


config = {"development": DevelopmentConfig, "testing": TestingConfig, "production": ProductionConfig}
-- app.py
import os

from flask import Flask, session

from config import config


def create_app(name):
    app = Flask(__name__)
    app.config.from_object(config[name])

    @app.route("/")
    def index():
        session["seen"] = True
        return "seen"

    return app


app = create_app(os.environ.get("SHOP_CONFIG", "production"))
-- Procfile
web: gunicorn app:app
"#,
        )
        .changes("config.py")
        .says(
            &[],
            "import app; print([app.create_app(n).config['SESSION_COOKIE_SECURE'] for n in ('development', 'testing')])",
            "[False, False]",
        )
        .says(OFF, "import app; print(app.create_app('development').config['SESSION_COOKIE_SECURE'])", "False"),
        row(
            "the start runs the class for development",
            r#"
-- config.py
import os


class Config:
    SECRET_KEY = os.environ.get("SECRET_KEY")


class DevelopmentConfig(Config):
    DEBUG = False


class ProductionConfig(Config):
    pass


config = {"development": DevelopmentConfig, "production": ProductionConfig, "default": DevelopmentConfig}
-- app.py
import os

from flask import Flask, session

from config import config

app = Flask(__name__)
app.config.from_object(config[os.getenv("FLASK_CONFIG") or "default"])


@app.route("/")
def index():
    session["seen"] = True
    return "seen"
-- Procfile
web: gunicorn app:app
"#,
        )
        .says(ON, FLAGS, "True Lax")
        .says(&[], FLAGS, "False Lax"),
        row(
            "in from_mapping",
            r#"
-- app.py
import os

from flask import Flask, session


def create_app():
    app = Flask(__name__)
    app.config.from_mapping(
        SECRET_KEY=os.environ.get("SECRET_KEY"),
        DATABASE="app.db",
    )

    @app.route("/")
    def index():
        session["seen"] = True
        return "seen"

    return app


app = create_app()
-- Procfile
web: gunicorn app:app
"#,
        )
        .says(ON, FLAGS, "True Lax")
        .says(OFF, FLAGS, "False Lax"),
        row(
            "a settings file sets them already",
            r#"
-- app.py
import os

from flask import Flask, session

app = Flask(__name__)
app.secret_key = os.environ.get("SECRET_KEY")
app.config.from_pyfile("production.cfg")


@app.route("/")
def index():
    session["seen"] = True
    return "seen"
-- production.cfg
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_SAMESITE = "Strict"
-- Procfile
web: gunicorn app:app
"#,
        )
        .keeps("app.py")
        .keeps("production.cfg")
        .silent("FH201"),
        row(
            "the environment switches them already",
            r#"
-- app.py
import os

from flask import Flask, session

app = Flask(__name__)
app.secret_key = os.environ.get("SECRET_KEY")
app.config["SESSION_COOKIE_SECURE"] = os.environ.get("COOKIE_SECURE", "true").lower() == "true"
app.config["SESSION_COOKIE_SAMESITE"] = os.environ.get("COOKIE_SAMESITE", "Lax")


@app.route("/")
def index():
    session["seen"] = True
    return "seen"
-- Procfile
web: gunicorn app:app
"#,
        )
        .keeps("app.py")
        .silent("FH20"),
        row(
            "Talisman sets them",
            r#"
-- app.py
import os

from flask import Flask, session
from flask_talisman import Talisman

app = Flask(__name__)
app.secret_key = os.environ.get("SECRET_KEY")
Talisman(app)


@app.route("/")
def index():
    session["seen"] = True
    return "seen"
-- Procfile
web: gunicorn app:app
"#,
        )
        .keeps("app.py")
        .silent("FH20"),
        row(
            "sign-in through another service needs Lax",
            r#"
-- app.py
import os

from authlib.integrations.flask_client import OAuth
from flask import Flask, session, url_for

app = Flask(__name__)
app.secret_key = os.environ.get("SECRET_KEY")
oauth = OAuth(app)
oauth.register("github")


@app.route("/login")
def login():
    session["next"] = "/"
    return oauth.github.authorize_redirect(url_for("back", _external=True))


@app.route("/back")
def back():
    return oauth.github.authorize_access_token()
-- Procfile
web: gunicorn app:app
"#,
        )
        .changes("app.py"),
        row(
            "SameSite=None, chosen by a person",
            r#"
-- app.py
import os

from flask import Flask, session

app = Flask(__name__)
app.secret_key = os.environ.get("SECRET_KEY")
app.config["SESSION_COOKIE_SAMESITE"] = "None"
app.config["SESSION_COOKIE_SECURE"] = True


@app.route("/")
def index():
    session["seen"] = True
    return "seen"
-- Procfile
web: gunicorn app:app
"#,
        )
        .keeps("app.py")
        .by_hand("was chosen here"),
        row(
            "a Flask that knows no SameSite",
            r#"
-- app.py
import os

from flask import Flask, session

app = Flask(__name__)
app.secret_key = os.environ.get("SECRET_KEY")


@app.route("/")
def index():
    session["seen"] = True
    return "seen"
-- requirements.txt
Flask==0.12.2
-- Procfile
web: gunicorn app:app
"#,
        )
        .by_hand("needs Flask 1.0 or newer"),
        row(
            "a name with __Host- and a domain",
            r#"
-- app.py
import os

from flask import Flask, session

app = Flask(__name__)
app.secret_key = os.environ.get("SECRET_KEY")
app.config.update(
    SESSION_COOKIE_NAME="__Host-session",
    SESSION_COOKIE_DOMAIN="example.org",
    SESSION_COOKIE_SECURE=True,
    SESSION_COOKIE_SAMESITE="Lax",
)


@app.route("/")
def index():
    session["seen"] = True
    return "seen"
-- Procfile
web: gunicorn app:app
"#,
        )
        .keeps("app.py")
        .reports("FH205"),
        row(
            "a Secure cookie off on purpose",
            r#"
-- config.py
import os


class Config:
    SECRET_KEY = os.environ.get("SECRET_KEY")
    SESSION_COOKIE_SECURE = False  # behind nginx
    SESSION_COOKIE_HTTPONLY = False
-- app.py
from flask import Flask, session

app = Flask(__name__)
app.config.from_object("config.Config")


@app.route("/")
def index():
    session["seen"] = True
    return "seen"
-- Procfile
web: gunicorn app:app
"#,
        )
        .changes("config.py")
        .says(ON, FLAGS, "True Lax")
        .says(&[], "import app; print(app.app.config['SESSION_COOKIE_HTTPONLY'])", "True"),
        row(
            "cookies of the app's own",
            r#"
-- app.py
import os

from flask import Flask, make_response, request

app = Flask(__name__)


@app.route("/login")
def login():
    response = make_response("hello")
    response.set_cookie(
        "auth_token",
        request.args["token"],
        max_age=3600)
    response.set_cookie("theme", "dark")
    response.set_cookie("auth_token_old", "", expires=0)
    return response
-- Procfile
web: gunicorn app:app
"#,
        )
        .changes("app.py")
        .says(&[], "import app; c = app.app.test_client().get('/login?token=x').headers.getlist('Set-Cookie')[0]; \
             print('HttpOnly' in c, 'SameSite=Lax' in c, 'Secure' in c)",
            "True True False")
        .says(ON, "import app; print('Secure' in app.app.test_client().get('/login?token=x').headers['Set-Cookie'])", "True"),
    ]
}
