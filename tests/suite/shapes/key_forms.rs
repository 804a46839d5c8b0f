//! The ways a key is written: what stands around the literal stays as it is.

use super::{Row, check, row};

const APP: &str = "import app; print(repr(app.app.secret_key))";
const MADE: &str = "import app; print(repr(app.create_app().secret_key))";
const CONFIG: &str = "import config; print(repr(config.Config.SECRET_KEY))";

#[test]
fn keys_in_calls_and_dictionaries() {
    check("key-calls", &calls());
}

#[test]
fn keys_in_assignments() {
    check("key-assignments", &assignments());
}

#[test]
fn keys_behind_conditions() {
    check("key-conditions", &conditions());
}

fn calls() -> Vec<Row> {
    vec![
        row(
            "a keyword of from_mapping",
            r#"
-- app.py
from flask import Flask


def create_app(test_config=None):
    app = Flask(__name__, instance_relative_config=True)
    app.config.from_mapping(
        SECRET_KEY='dev',  # replaced by config.py
        DATABASE='app.sqlite',
    )
    if test_config is not None:
        app.config.from_mapping(test_config)
    return app
"#,
        )
        .changes("app.py")
        .key(MADE),
        row(
            "the only keyword of from_mapping, on its line",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.from_mapping(DEBUG=False, SECRET_KEY="colours-of-the-wind", TESTING=False)
"#,
        )
        .key(APP),
        row(
            "a dictionary handed to the factory",
            r#"
-- app.py
from shop import create_app

app = create_app({'SECRET_KEY': 'colours-of-the-wind', 'CACHE': 'simple'})
-- shop/__init__.py
from flask import Flask


def create_app(config):
    app = Flask(__name__)
    app.config.update(config)
    return app
"#,
        )
        .keeps("shop/__init__.py")
        .key(APP),
        row(
            "a dictionary whose value stands on the next line",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.update({
    "SECRET_KEY":
        "colours-of-the-wind",
    "JSON_SORT_KEYS": False
})
"#,
        )
        .key(APP),
        row(
            "dict() inside of update()",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.update(dict(
    DATABASE="flaskr.db",
    SECRET_KEY="development key",
    USERNAME="admin"))
"#,
        )
        .key(APP),
        row(
            "update with an operator",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config |= {"SECRET_KEY": "colours-of-the-wind"}
"#,
        )
        .key(APP),
        row(
            "setdefault",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.setdefault("SECRET_KEY", "colours-of-the-wind")
"#,
        )
        .keeps("app.py")
        .by_hand("setdefault comes too late"),
        row(
            "two attribute levels",
            r#"
-- app.py
import connexion

api_app = connexion.FlaskApp(__name__)
api_app.app.config['SECRET_KEY'] = 'random'
-- models.py
from flask import session
"#,
        )
        .changes("app.py"),
        row(
            "a call over several lines",
            r#"
-- app.py
import os

from flask import Flask

app = Flask(__name__)
app.secret_key = os.getenv(
    "SECRET_KEY",
    "colours-of-the-wind",
)
"#,
        )
        .key(APP),
        row(
            "a default by keyword, and a comment behind",
            r#"
-- app.py
import os

from flask import Flask

app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ.get("SECRET_KEY", default="colours-of-the-wind")  # noqa: S105
"#,
        )
        .key(APP),
    ]
}

fn assignments() -> Vec<Row> {
    vec![
        row(
            "in parentheses",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.secret_key = (
    "colours-of-the-wind"  # changed every year
)
"#,
        )
        .key(APP),
        row(
            "bytes with escapes",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.secret_key = b'_5#y2L"F4Q8z\n\xec]/'
"#,
        )
        .key(APP),
        row(
            "a raw string",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.secret_key = r'A0Zr98j/3yX R~XHH\jmN]LWX/,?RT'
"#,
        )
        .key(APP),
        row(
            "annotated",
            r#"
-- config.py
class Config:
    DEBUG: bool = False
    SECRET_KEY: str = "colours-of-the-wind"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.from_object("config.Config")
"#,
        )
        .keeps("app.py")
        .key(APP),
        row(
            "an f-string without fields",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.secret_key = f"colours-of-the-wind"
"#,
        )
        .key(APP),
        row(
            "an f-string of another name",
            r#"
-- app.py
import socket

from flask import Flask

app = Flask(__name__)
app.secret_key = f"{socket.gethostname()}-colours-of-the-wind"
"#,
        )
        .untouched(),
        row(
            "pieces put together by the compiler",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.secret_key = ("colours-"
                  "of-the-wind")
app.config["SERVER_TITLE"] = "Wind"
"#,
        )
        .key(APP),
        row(
            "three quotes",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.secret_key = """colours
of the
wind"""
"#,
        )
        .key(APP),
        row(
            "two names for one value",
            r#"
-- config.py
class Config:
    SECRET_KEY = WTF_CSRF_SECRET_KEY = "colours-of-the-wind"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.from_object("config.Config")
"#,
        )
        .key(APP)
        .key("import app; print(repr(app.app.config['WTF_CSRF_SECRET_KEY']))"),
        row(
            "the app and its configuration in one statement",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.secret_key = app.config["WTF_CSRF_SECRET_KEY"] = "colours-of-the-wind"
"#,
        )
        .key(APP),
        row(
            "several settings in one statement",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config['SECRET_KEY'], app.config['JSON_SORT_KEYS'] = 'colours-of-the-wind', False
"#,
        )
        .key(APP),
        row(
            "several statements on one line",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__); app.secret_key = 'colours-of-the-wind'; app.testing = False
"#,
        )
        .key(APP),
        row(
            "a class on one line",
            r#"
-- config.py
class Config: SECRET_KEY = 'colours-of-the-wind'
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.from_object("config.Config")
"#,
        )
        .key(APP),
        row(
            "nested classes",
            r#"
-- config.py
class Settings:
    """All of them."""

    class Base:
        SECRET_KEY = "colours-of-the-wind"

    class Production(Base):
        DEBUG = False
-- app.py
from flask import Flask

from config import Settings

app = Flask(__name__)
app.config.from_object(Settings.Production)
"#,
        )
        .key(APP),
        row(
            "aligned signs and a comment",
            r#"
-- config.py
class Config(object):
    DEBUG        = False
    SECRET_KEY   = "colours-of-the-wind"     # FIXME
    UPLOADS      = "/srv/uploads"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.from_object("config.Config")
"#,
        )
        .key(CONFIG),
        row(
            "module settings",
            r#"
-- settings.py
SECRET_KEY = 'colours-of-the-wind'
DATABASE = 'app.db'
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.from_object('settings')
"#,
        )
        .keeps("app.py")
        .key(APP),
        row(
            "the literal in one file, its use in another",
            r#"
-- config.py
SECRET_KEY = 'colours-of-the-wind'
-- app.py
from flask import Flask

from config import SECRET_KEY

app = Flask(__name__)
app.secret_key = SECRET_KEY
"#,
        )
        .keeps("app.py")
        .key(APP),
        row(
            "through a name of its own",
            r#"
-- app.py
from flask import Flask

_KEY = 'colours-of-the-wind'

app = Flask(__name__)
app.config['SECRET_KEY'] = _KEY
"#,
        )
        .key(APP),
        row(
            "a random key, replaced by a literal",
            r#"
-- app.py
import os

from flask import Flask

app = Flask(__name__)
app.secret_key = os.urandom(24)
app.config['JSON_SORT_KEYS'] = False

app.secret_key = 'colours-of-the-wind'
"#,
        )
        .key(APP),
        row(
            "encoded as it is written",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.secret_key = 'colours-of-the-wind'.encode('utf-8')
"#,
        )
        .key(APP),
    ]
}

fn conditions() -> Vec<Row> {
    vec![
        row(
            "or",
            r#"
-- config.py
import os

basedir = os.path.abspath(os.path.dirname(__file__))


class Config:
    SECRET_KEY = os.environ.get('SECRET_KEY') or 'hard to guess string'
    DATABASE = os.path.join(basedir, 'data.sqlite')


class ProductionConfig(Config):
    pass


config = {'production': ProductionConfig, 'default': ProductionConfig}
-- app.py
from flask import Flask

from config import config

app = Flask(__name__)
app.config.from_object(config['default'])
"#,
        )
        .keeps("app.py")
        .key(APP),
        row(
            "or on the next line",
            r#"
-- config.py
import os


class Config:
    SECRET_KEY = (os.environ.get("SECRET_KEY")
                  or "colours-of-the-wind")
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.from_object("config.Config")
"#,
        )
        .key(APP),
        row(
            "or behind a backslash",
            r#"
-- config.py
import os


class Config:
    SECRET_KEY = os.environ.get("SECRET_KEY") or \
        "colours-of-the-wind"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.from_object("config.Config")
"#,
        )
        .key(APP),
        row(
            "two variables, then a literal",
            r#"
-- config.py
import os


class Config:
    SECRET_KEY = os.environ.get("SHOP_SECRET") or os.environ.get("SECRET_KEY") or "colours-of-the-wind"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.from_object("config.Config")
"#,
        )
        .key(APP),
        row(
            "if and else in a class",
            r#"
-- config.py
import os


class Config:
    if os.environ.get('SECRET_KEY'):
        SECRET_KEY = os.environ.get('SECRET_KEY')
    else:
        SECRET_KEY = 'SECRET_KEY_ENV_VAR_NOT_SET'
        print('SECRET KEY ENV VAR NOT SET! SHOULD NOT SEE IN PRODUCTION')
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.from_object("config.Config")
"#,
        )
        .changes("config.py"),
        row(
            "a conditional expression",
            r#"
-- app.py
import os

from flask import Flask

app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"] if "SECRET_KEY" in os.environ else "colours-of-the-wind"
"#,
        )
        .key(APP),
        row(
            "a variable that may be missing",
            r#"
-- app.py
import os

from flask import Flask

app = Flask(__name__)
try:
    app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
except KeyError:
    app.config["SECRET_KEY"] = "colours-of-the-wind"
"#,
        )
        .key(APP),
        row(
            "only where none is set yet",
            r#"
-- app.py
import os

from flask import Flask

app = Flask(__name__)
app.secret_key = os.environ.get("SECRET_KEY")
if not app.secret_key:
    app.secret_key = "colours-of-the-wind"
"#,
        )
        .key(APP),
        row(
            "setdefault of the environment",
            r#"
-- app.py
import os

from flask import Flask

os.environ.setdefault("SECRET_KEY", "colours-of-the-wind")

app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]
"#,
        )
        .key(APP),
        row(
            "another literal for each mode",
            r#"
-- app.py
from flask import Flask


def create_app(debug=False):
    app = Flask(__name__)
    if debug:
        app.config["SECRET_KEY"] = "insecure-for-debugging"
    else:
        app.config["SECRET_KEY"] = "colours-of-the-wind"
    return app
"#,
        )
        .key(MADE),
    ]
}
