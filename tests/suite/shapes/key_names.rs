//! The variables and helpers apps read a key with, and where an import may stand.

use super::{Row, check, row};

const APP: &str = "import app; print(repr(app.app.secret_key))";

#[test]
fn keys_under_other_names() {
    check("key-names", &names());
}

#[test]
fn imports_and_what_stands_first() {
    check("key-imports", &imports());
}

fn names() -> Vec<Row> {
    vec![
        row(
            "a variable with a name of its own",
            r#"
-- settings.py
import os


class Config(object):
    SECRET_KEY = os.environ.get('CONDUIT_SECRET', 'secret-key')  # TODO: Change me
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.from_object('settings.Config')
"#,
        )
        .key(APP),
        row(
            "a session secret",
            r#"
-- app.py
from os import environ

from flask import Flask, session

app = Flask(__name__)
app.secret_key = environ.get('SESSION_SECRET') or 'colours-of-the-wind'


@app.route('/')
def index():
    session['seen'] = True
    return 'seen'
"#,
        )
        .key(APP),
        row(
            "the environment names a file of settings",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.from_envvar('SHOP_SETTINGS')
-- etc/production.cfg.sample
SECRET_KEY = "change me"
"#,
        )
        .untouched(),
        row(
            "a literal, and a file that may replace it",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config['SECRET_KEY'] = 'colours-of-the-wind'
app.config.from_envvar('SHOP_SETTINGS', silent=True)
"#,
        )
        .key(APP),
        row(
            "a helper of the project",
            r#"
-- app.py
import os

from flask import Flask


def get_env(name, default):
    value = os.environ.get(name)
    return default if value is None else value.strip()


app = Flask(__name__)
app.secret_key = get_env("SHOP_SECRET_KEY", "colours-of-the-wind")
"#,
        )
        .key(APP),
        row(
            "an INI file with a fallback",
            r#"
-- app.py
import configparser

from flask import Flask

parser = configparser.ConfigParser()
parser.read("shop.ini")

app = Flask(__name__)
app.secret_key = parser.get("flask", "secret_key", fallback=None)
-- shop.ini
[flask]
; change this
secret_key = colours-of-the-wind
"#,
        )
        .keeps("app.py")
        .keeps("shop.ini")
        .by_hand("is no Python"),
        row(
            "an INI file that takes it from the environment",
            r#"
-- app.py
import configparser
import os

from flask import Flask

parser = configparser.ConfigParser(os.environ)
parser.read("shop.ini")

app = Flask(__name__)
app.secret_key = parser.get("flask", "secret_key")
-- shop.ini
[flask]
secret_key = %(SHOP_SECRET)s
"#,
        )
        .untouched(),
        row(
            "a key made at the first start",
            r#"
-- app.py
import os
import secrets

from flask import Flask

KEY_FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "secret_key.txt")


def read_key():
    if not os.path.exists(KEY_FILE):
        with open(KEY_FILE, "w") as out:
            out.write(secrets.token_hex(32))
    with open(KEY_FILE) as lines:
        return lines.read()


app = Flask(__name__)
app.secret_key = read_key()
-- .gitignore
secret_key.txt
"#,
        )
        .untouched(),
        row(
            "the repr of a variable or of a random number",
            r#"
-- app.py
import os
import random

from flask import Flask

app = Flask(__name__)
app.secret_key = repr(os.environ.get("SECRET_KEY", random.random()))
"#,
        )
        .untouched(),
        row(
            "python-decouple",
            r#"
-- app.py
from decouple import config
from flask import Flask

app = Flask(__name__)
app.config["SECRET_KEY"] = config("SECRET_KEY", default="colours-of-the-wind")
"#,
        )
        .changes("app.py"),
        row(
            "environs",
            r#"
-- settings.py
from environs import Env

env = Env()
env.read_env()

SECRET_KEY = env.str("SECRET_KEY", default="colours-of-the-wind")
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.from_object("settings")
"#,
        )
        .changes("settings.py"),
        row(
            "load_dotenv by the app itself",
            r#"
-- app.py
import os

from dotenv import load_dotenv
from flask import Flask

load_dotenv()

app = Flask(__name__)
app.config["SECRET_KEY"] = os.getenv("SECRET_KEY", "colours-of-the-wind")
"#,
        )
        .key(APP),
        row(
            "a parser of env files made by hand",
            r#"
-- app.py
import os

from flask import Flask

if os.path.exists('.env'):
    for line in open('.env'):
        var = line.strip().split('=')
        if len(var) == 2:
            os.environ[var[0]] = var[1]

app = Flask(__name__)
app.secret_key = os.environ.get('SECRET_KEY') or 'colours-of-the-wind'
"#,
        )
        .key(APP),
        row(
            "an env file that exists, with values of its own",
            r#"
-- app.py
import os

from flask import Flask

app = Flask(__name__)
app.secret_key = os.environ.get('SECRET_KEY', 'colours-of-the-wind')
-- .env
# Mail
export MAIL_SERVER='mail.example.org' # by hand
MAIL_PORT=25
-- .env.example
MAIL_SERVER=
MAIL_PORT=25
"#,
        )
        .changes(".env")
        .changes(".env.example")
        .changes("app.py"),
    ]
}

fn imports() -> Vec<Row> {
    vec![
        row(
            "os under another name",
            r#"
-- app.py
import os as _os

from flask import Flask

app = Flask(__name__)
app.config["ROOT"] = _os.getcwd()
app.secret_key = "colours-of-the-wind"
"#,
        )
        .key(APP),
        row(
            "environ alone",
            r#"
-- app.py
from os import environ

from flask import Flask

app = Flask(__name__)
app.config["HOME"] = environ.get("HOME")
app.secret_key = "colours-of-the-wind"
"#,
        )
        .key(APP),
        row(
            "getenv under another name",
            r#"
-- app.py
from os import getenv as g

from flask import Flask

app = Flask(__name__)
app.secret_key = g("SECRET_KEY", "colours-of-the-wind")
"#,
        )
        .key(APP),
        row(
            "os inside of a function only",
            r#"
-- app.py
from flask import Flask


def where():
    import os
    return os.getcwd()


app = Flask(__name__)
app.secret_key = "colours-of-the-wind"
"#,
        )
        .key(APP),
        row(
            "another thing called os",
            r#"
-- app.py
from flask import Flask

os = "linux"

app = Flask(__name__)
app.secret_key = "colours-of-the-wind"
print(os)
"#,
        )
        .keeps("app.py")
        .by_hand("something of its own"),
        row(
            "a first line, a coding line, a licence, a docstring and the future",
            r#"
-- app.py
#!/usr/bin/env python3
# -*- coding: utf-8 -*-
# Copyright somebody, 2019
"""The shop.

Its docstring is over two lines."""
from __future__ import annotations

from flask import Flask

app = Flask(__name__)
app.secret_key = "colours-of-the-wind"
"#,
        )
        .key("import app; assert app.__doc__.startswith('The shop'); print(repr(app.app.secret_key))"),
        row(
            "a docstring and nothing to import",
            r#"
-- settings.py
"""Settings of the shop."""

SECRET_KEY = "colours-of-the-wind"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.from_object("settings")
"#,
        )
        .key("import settings; assert settings.__doc__; print(repr(settings.SECRET_KEY))"),
        row(
            "nothing but a comment before the key",
            r#"
-- settings.py
# Settings of the shop.
SECRET_KEY = "colours-of-the-wind"  # secret
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.from_object("settings")
"#,
        )
        .key(APP),
        row(
            "imports below the key",
            r#"
-- settings.py
SECRET_KEY = "colours-of-the-wind"

import os

ROOT = os.getcwd()
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.from_object("settings")
"#,
        )
        .key(APP),
        row(
            "imports in try and under a condition",
            r#"
-- app.py
import sys

try:
    import simplejson as json
except ImportError:
    import json

if sys.platform != "win32":
    import pwd

from flask import Flask

app = Flask(__name__)
app.secret_key = "colours-of-the-wind"
"#,
        )
        .key(APP),
        row(
            "an import over several lines, then a class at once",
            r#"
-- config.py
from datetime import (
    timedelta,
)
class Config:
    PERMANENT_SESSION_LIFETIME = timedelta(days=1)
    SECRET_KEY = "colours-of-the-wind"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.from_object("config.Config")
"#,
        )
        .key(APP),
        row(
            "sorted imports of the standard library",
            r#"
-- app.py
import logging
import sys

from flask import Flask

log = logging.getLogger(__name__)
app = Flask(__name__)
app.secret_key = "colours-of-the-wind"
print(sys.platform, file=sys.stderr)
"#,
        )
        .key(APP),
        row(
            "two keys in one file need one function",
            r#"
-- config.py
class Config:
    SECRET_KEY = "colours-of-the-wind"
    JWT_SECRET_KEY = "songs-of-the-wolf"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config.from_object("config.Config")
"#,
        )
        .key(APP)
        .key("import app; print(repr(app.app.config['JWT_SECRET_KEY']))"),
    ]
}
