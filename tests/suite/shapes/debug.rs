//! Debug mode: the odd ways it is read, and where it stays as it is.

use super::{Row, check, row};

const DEBUG: &str = "import app; print(app.app.debug)";
const ON: &[(&str, &str)] = &[("FLASK_DEBUG", "1")];

#[test]
fn debug_switches() {
    check("debug", &rows());
}

fn rows() -> Vec<Row> {
    vec![
        row(
            "run() without a main guard",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.run(host="127.0.0.1", debug=True, port=5000)
-- Procfile
web: python app.py
"#,
        )
        .reports("FH401"),
        row(
            "run() with a main guard, served by gunicorn",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)

if __name__ == "__main__":
    app.run(debug=True)
-- Procfile
web: gunicorn app:app
"#,
        )
        .keeps("app.py")
        .says(&[], DEBUG, "False"),
        row(
            "run() with a main guard is what production runs",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)

if __name__ == '__main__':
    app.run(host='0.0.0.0', port=80, debug=True)  # TODO
-- Dockerfile
FROM python:3.12
COPY . .
CMD ["python", "app.py"]
"#,
        )
        .changes("app.py"),
        row(
            "debug by its place",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)

if __name__ == '__main__':
    app.run('0.0.0.0', 8080, True)
-- Procfile
web: python app.py
"#,
        )
        .changes("app.py"),
        row(
            "bool(strtobool())",
            r#"
-- app.py
import os
from distutils.util import strtobool

from flask import Flask

app = Flask(__name__)
app.config["DEBUG"] = bool(strtobool(os.getenv("FLASK_DEBUG", "false")))
-- Procfile
web: gunicorn app:app
"#,
        )
        .untouched()
        .silent("FH4"),
        row(
            "compared with a word",
            r#"
-- app.py
import os

from flask import Flask

app = Flask(__name__)
app.debug = os.environ.get("APP_DEBUG", "False") == "True"
-- Procfile
web: gunicorn app:app
"#,
        )
        .untouched()
        .silent("FH4"),
        row(
            "every text switches it on",
            r#"
-- app.py
import os

from flask import Flask

app = Flask(__name__)
app.config["DEBUG"] = bool(os.environ.get("APP_DEBUG", False))
-- Procfile
web: gunicorn app:app
"#,
        )
        .says(&[("APP_DEBUG", "0")], "import app; print(app.app.config['DEBUG'])", "False")
        .says(&[("APP_DEBUG", "1")], "import app; print(app.app.config['DEBUG'])", "True"),
        row(
            "compared with the name of the environment",
            r#"
-- app.py
import os

from flask import Flask

ENV = os.environ.get("APP_ENV", "production")

app = Flask(__name__)
app.debug = ENV == "development"
-- Procfile
web: gunicorn app:app
"#,
        )
        .untouched()
        .silent("FH4"),
        row(
            "a debugger under gunicorn",
            r#"
-- app.py
from flask import Flask
from werkzeug.debug import DebuggedApplication

app = Flask(__name__)
app.wsgi_app = DebuggedApplication(app.wsgi_app, evalex=True)
-- Procfile
web: gunicorn app:app
"#,
        )
        .changes("app.py")
        .says(&[], "import app; print(type(app.app.wsgi_app).__name__)", "method")
        .says(ON, "import app; print(type(app.app.wsgi_app).__name__)", "DebuggedApplication"),
        row(
            "a debugger behind app.debug",
            r#"
-- app.py
from flask import Flask
from werkzeug.debug import DebuggedApplication

app = Flask(__name__)
if app.debug:
    app.wsgi_app = DebuggedApplication(app.wsgi_app, evalex=True)
-- Procfile
web: gunicorn app:app
"#,
        )
        .untouched()
        .silent("FH4"),
        row(
            "FLASK_ENV selects the configuration",
            r#"
-- config.py
import os


class Base:
    SECRET_KEY = os.environ.get("SECRET_KEY")


class Development(Base):
    DEBUG = True


class Production(Base):
    DEBUG = False


config = {"development": Development, "production": Production}
-- app.py
import os

from flask import Flask

from config import config

app = Flask(__name__)
app.config.from_object(config[os.environ.get("FLASK_ENV", "production")])
-- Dockerfile
FROM python:3.12
ENV FLASK_ENV=development
COPY . .
CMD ["gunicorn", "app:app"]
"#,
        )
        .keeps("Dockerfile")
        .keeps("app.py")
        .says(&[("FLASK_ENV", "development")], DEBUG, "True")
        .says(
            &[("FLASK_ENV", "development")],
            "exec(open('gunicorn.conf.py').read()); import app; print(app.app.debug)",
            "False",
        ),
        row(
            "FLASK_ENV that nobody reads",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
-- requirements.txt
flask==3.0.3
gunicorn==22.0.0
-- Dockerfile
FROM python:3.12
ENV FLASK_ENV=staging
COPY . .
CMD ["gunicorn", "app:app"]
"#,
        )
        .keeps("Dockerfile")
        .reports("FH405"),
        row(
            "the default entry is the class for development",
            r#"
-- config.py
class Config:
    DEBUG = False


class DevelopmentConfig(Config):
    DEBUG = True


class ProductionConfig(Config):
    DEBUG = False


config = {"development": DevelopmentConfig, "production": ProductionConfig, "default": DevelopmentConfig}
-- app.py
import os

from flask import Flask

from config import config

app = Flask(__name__)
app.config.from_object(config[os.getenv("SHOP_CONFIG") or "default"])
-- Procfile
web: gunicorn app:app
"#,
        )
        .keeps("config.py")
        .says(&[], DEBUG, "True")
        .says(
            &[],
            "import os; exec(open('gunicorn.conf.py').read()); import app; print(app.app.debug)",
            "False",
        ),
        row(
            "a test asserts that development is in debug",
            r#"
-- config.py
class Config:
    DEBUG = False


class DevelopmentConfig(Config):
    DEBUG = True
-- app.py
from flask import Flask


def create_app(config="config.DevelopmentConfig"):
    app = Flask(__name__)
    app.config.from_object(config)
    return app


app = create_app()
-- tests/test_config.py
from app import create_app


def test_development():
    assert create_app("config.DevelopmentConfig").config["DEBUG"] is True
-- Procfile
web: gunicorn app:app
"#,
        )
        .in_clone("from tests import test_config as t; t.test_development()", "")
        .says(
            &[],
            "import os; exec(open('gunicorn.conf.py').read()); import app; print(app.app.debug)",
            "False",
        ),
        row(
            "a module of settings that development alone loads",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.from_object("settings")
app.config.from_envvar("SHOP_SETTINGS", silent=True)
-- settings.py
DEBUG = False
-- dev_settings.py
DEBUG = True
-- Procfile
web: gunicorn app:app
"#,
        )
        .untouched()
        .silent("FH4"),
    ]
}
