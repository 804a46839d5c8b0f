//! Which of several values counts, and whose it is: subclasses, later files, tests.

use super::{Row, check, row};

const APP: &str = "import app; print(repr(app.app.secret_key))";

#[test]
fn keys_that_are_replaced_later() {
    check("key-owners", &owners());
}

#[test]
fn keys_that_tests_live_on() {
    check("key-tests", &tests());
}

fn owners() -> Vec<Row> {
    vec![
        row(
            "the subclass hardcodes it again",
            r#"
-- config.py
import os


class Config:
    SECRET_KEY = os.environ.get("SECRET_KEY", "colours-of-the-wind")


class DevelopmentConfig(Config):
    DEBUG = True


class ProductionConfig(Config):
    SECRET_KEY = "songs-of-the-wolf"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.from_object("config.ProductionConfig")
-- Procfile
web: gunicorn app:app
"#,
        )
        .changes("config.py")
        .key(APP),
        row(
            "the development class has a key of its own",
            r#"
-- config.py
import os


class Config:
    SECRET_KEY = os.environ.get("SECRET_KEY")


class DevelopmentConfig(Config):
    SECRET_KEY = "dev"


class ProductionConfig(Config):
    pass
-- app.py
import os

from flask import Flask

app = Flask(__name__)
app.config.from_object("config." + os.environ.get("SHOP_CONFIG", "ProductionConfig"))
-- Procfile
web: gunicorn app:app
"#,
        )
        .untouched(),
        row(
            "the instance file may replace it",
            r#"
-- shop/__init__.py
import os

from flask import Flask


def create_app(test_config=None):
    app = Flask(__name__, instance_relative_config=True)
    app.config.from_mapping(
        # a default secret that should be overridden by instance config
        SECRET_KEY="dev",
        DATABASE=os.path.join(app.instance_path, "shop.sqlite"),
    )

    if test_config is None:
        app.config.from_pyfile("config.py", silent=True)
    else:
        app.config.update(test_config)
    return app
"#,
        )
        .key("import shop; print(repr(shop.create_app().secret_key))")
        .says(&[], "import shop; print(shop.create_app({'SECRET_KEY': 'theirs'}).secret_key)", "theirs"),
        row(
            "the instance file that is there does replace it",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__, instance_relative_config=True)
app.config["SECRET_KEY"] = "dev"
app.config.from_pyfile("config.py")
-- .gitignore
instance/
"#,
        )
        .git()
        .later("instance/config.py", "SECRET_KEY = \"colours-of-the-wind\"\n")
        .keeps("instance/config.py")
        .says(&[], "import app; print(app.app.secret_key)", "colours-of-the-wind"),
        row(
            "the class of production requires it",
            r#"
-- config.py
import os


class Config:
    SECRET_KEY = os.environ.get("SECRET_KEY", "colours-of-the-wind")

    @staticmethod
    def init_app(app):
        pass


class ProductionConfig(Config):
    @classmethod
    def init_app(cls, app):
        Config.init_app(app)
        assert os.environ.get("SECRET_KEY"), "SECRET_KEY IS NOT SET!"


config = {"production": ProductionConfig, "default": Config}
-- app.py
import os

from flask import Flask

from config import config


def create_app(name=os.environ.get("SHOP_CONFIG", "production")):
    app = Flask(__name__)
    app.config.from_object(config[name])
    config[name].init_app(app)
    return app
-- Procfile
web: gunicorn "app:create_app()"
"#,
        )
        .keeps("config.py"),
        row(
            "the app refuses its own default",
            r#"
-- app.py
import os
import sys

from flask import Flask

app = Flask(__name__)
app.secret_key = os.environ.get("SECRET_KEY", "CHANGE ME")
if app.secret_key == "CHANGE ME":
    sys.exit("Set SECRET_KEY")
"#,
        )
        .untouched(),
        row(
            "an app of a class of the project's own",
            r#"
-- shop/wrappers.py
from flask import Flask


class Plugins:
    pass


class ShopFlask(Plugins, Flask):
    pass
-- shop/app.py
from .wrappers import ShopFlask


def make_app():
    app = ShopFlask("shop")
    app.config["SECRET_KEY"] = "colours-of-the-wind"
    return app
-- shop/__init__.py
"#,
        )
        .told("shop/app.py make_app()")
        .key("from shop.app import make_app; print(repr(make_app().secret_key))"),
        row(
            "a module of settings for development beside the real one",
            r#"
-- settings.py
import os

SECRET_KEY = os.environ["SECRET_KEY"]
-- local_settings_example.py
SECRET_KEY = "colours-of-the-wind"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.from_object("settings")
"#,
        )
        .untouched(),
    ]
}

fn tests() -> Vec<Row> {
    vec![
        row(
            "a test that names the old value",
            r#"
-- app.py
import os

from flask import Flask

app = Flask(__name__)
app.secret_key = os.environ.get("SECRET_KEY", "colours-of-the-wind")
-- tests/test_app.py
from app import app


def test_default_key():
    assert app.secret_key == "colours-of-the-wind"
"#,
        )
        .key(APP)
        .in_clone("from tests import test_app; test_app.test_default_key()", ""),
        row(
            "a test that names the value of a configuration",
            r#"
-- config.py
class Config:
    SECRET_KEY = "colours-of-the-wind"


class TestingConfig(Config):
    TESTING = True
-- app.py
from flask import Flask


def create_app(config="config.Config"):
    app = Flask(__name__)
    app.config.from_object(config)
    return app
-- tests/test_config.py
from app import create_app


def test_development():
    assert create_app("config.Config").config["SECRET_KEY"] == "colours-of-the-wind"


def test_testing():
    assert create_app("config.TestingConfig").secret_key
"#,
        )
        .in_clone("from tests import test_config as t; t.test_development(); t.test_testing()", ""),
        row(
            "a key in the tests",
            r#"
-- app.py
import os

from flask import Flask


def create_app(config=None):
    app = Flask(__name__)
    app.config["SECRET_KEY"] = os.environ.get("SECRET_KEY")
    app.config.update(config or {})
    return app
-- tests/conftest.py
import pytest

from app import create_app


@pytest.fixture
def app():
    return create_app({"SECRET_KEY": "only for tests", "TESTING": True})
"#,
        )
        .untouched(),
        row(
            "a key in the testing class",
            r#"
-- config.py
import os


class Config:
    SECRET_KEY = os.environ.get("SECRET_KEY")


class TestingConfig(Config):
    TESTING = True
    SECRET_KEY = "colours-of-the-wind"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.from_object("config.Config")
"#,
        )
        .untouched(),
        row(
            "tests that make the app for development",
            r#"
-- config.py
import os


class Config:
    SECRET_KEY = os.environ.get("SECRET_KEY", "colours-of-the-wind")


class DevelopmentConfig(Config):
    DEBUG = True


class TestingConfig(Config):
    TESTING = True


class ProductionConfig(Config):
    DEBUG = False


config = {"development": DevelopmentConfig, "testing": TestingConfig, "production": ProductionConfig}
-- app.py
import os

from flask import Flask

from config import config


def create_app(name):
    app = Flask(__name__)
    app.config.from_object(config[name])
    return app
-- wsgi.py
import os

from app import create_app

app = create_app(os.environ.get("SHOP_CONFIG", "production"))
-- tests/test_app.py
from app import create_app


def test_development():
    app = create_app("development")
    assert app.debug and app.secret_key


def test_testing():
    assert create_app("testing").secret_key
"#,
        )
        .in_clone("from tests import test_app as t; t.test_development(); t.test_testing()", ""),
        row(
            "tests that choose the configuration by keyword, and import it through a package",
            r#"
-- shop/__init__.py
from flask import Flask

from shop.config import config


def create_app(config_name="production"):
    app = Flask(__name__)
    app.config.from_object(config[config_name])
    return app
-- shop/config.py
class BaseConfig:
    SECRET_KEY = "colours-of-the-wind"


class DevelopmentConfig(BaseConfig):
    DEBUG = True


class TestConfig(BaseConfig):
    TESTING = True


config = dict(development=DevelopmentConfig, testing=TestConfig, production=BaseConfig)
-- tests/__init__.py
-- tests/test_base.py
import unittest

from shop import create_app


class Base(unittest.TestCase):
    def setUp(self):
        self.app = create_app(config_name="development")

    def test_key(self):
        self.assertTrue(self.app.secret_key)
"#,
        )
        .in_clone(
            "import unittest, sys; r = unittest.TextTestRunner(stream=sys.stderr).run(\
             unittest.defaultTestLoader.loadTestsFromName('tests.test_base')); print(r.wasSuccessful(), r.testsRun)",
            "True 1",
        ),
    ]
}
