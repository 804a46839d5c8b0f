"""Makes a Flask project of many Python files: what a large one looks like to a reader of its text.

The same number gives the same files. A package has models, views, forms, services, schemas, tasks and
texts; four in ten files know Flask, one in six is a test.
"""
import os
import random

NOUNS = ("account address agenda amount archive article asset audience badge balance basket batch booking branch budget "
         "bundle calendar campaign card catalog category channel chapter claim client comment company contact contract "
         "course coupon credit customer delivery device discount document donor draft edition employee event exhibit "
         "expense facility feature fee festival folder forecast gallery grant group guest habit holding incident invoice "
         "issue item journal label language lease lecture ledger lesson library license listing location machine manual "
         "market meeting member menu message metric milestone module notice offer order outlet packet panel partner "
         "payment period permit person photo place player poll portfolio position price product profile program project "
         "proposal purchase quarter question queue quota quote rating receipt recipe record refund region release rental "
         "reply report request reservation resource review reward room route sample schedule season section segment seminar "
         "session shipment shop signal site skill slot speaker sponsor sprint station stock story student subject survey "
         "table task team template ticket topic tour track training transfer trip unit update vendor venue version visit "
         "volunteer voucher warehouse widget workshop zone").split()
VERBS = ("add build check close collect compare compute copy count describe extend fetch fill filter find finish format "
         "group import join limit list load mark match merge move notify order parse plan prepare publish read refresh "
         "render repeat replace report resolve restore score search select send sort split start store sum sync update "
         "validate").split()
KINDS = ("models", "views", "forms", "services", "schemas", "tasks", "texts", "queries")

CONFIG = '''import os


class Config:
    SECRET_KEY = os.environ.get("SECRET_KEY") or "change-me"
    SQLALCHEMY_DATABASE_URI = os.environ.get("DATABASE_URL", "sqlite:///app.db")
    MAX_CONTENT_LENGTH = 4 * 1024 * 1024
    SESSION_COOKIE_SAMESITE = "Lax"


class ProductionConfig(Config):
    SESSION_COOKIE_SECURE = True


class TestConfig(Config):
    TESTING = True


config = {"default": Config, "production": ProductionConfig, "test": TestConfig}
'''
EXTENSIONS = '''from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()
login_manager = LoginManager()
'''


class Writer:
    """Writes one file after the other."""

    def __init__(self, root, seed=1):
        self.root = root
        self.random = random.Random(seed)
        self.written = 0

    def write(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        self.written += path.endswith(".py")

    def words(self, count):
        return " ".join(self.random.choice(NOUNS) for _ in range(count))

    def name(self):
        return "%s_%s" % (self.random.choice(VERBS), self.random.choice(NOUNS))


def body(writer, depth=1):
    """Statements of a function, as people write them."""
    pad, rng = "    " * depth, writer.random
    made = []
    for _ in range(rng.randint(3, 7)):
        a, b, c = rng.choice(NOUNS), rng.choice(NOUNS), rng.choice(NOUNS)
        made.append(rng.choice([
            f"{pad}{a} = {{item.{b}: item for item in rows if item.{c} is not None}}\n",
            f"{pad}for {a} in sorted(rows, key=lambda row: row.{b}):\n{pad}    total += {a}.{c} or 0\n",
            f"{pad}if options.get(\"{a}\") and len(rows) > {rng.randint(1, 99)}:\n{pad}    raise ValueError(\"{writer.words(4)}\")\n",
            f"{pad}{a} = [({b}, {c}) for {b}, {c} in zip(rows, rows[1:])]\n",
            f"{pad}{a} = \"{writer.words(3)}: {{}} / {{}}\".format(total, len(rows))\n",
            f"{pad}logger.info(\"{writer.words(3)} %s\", {{\"{b}\": total, \"{c}\": len(rows)}})\n",
            f"{pad}try:\n{pad}    {a} = rows[{rng.randint(0, 9)}].{b}\n{pad}except IndexError:\n{pad}    {a} = None\n",
            f"{pad}# {writer.words(9)}.\n{pad}total = max(total, sum(row.{a} * {rng.randint(2, 9)} for row in rows))\n",
        ]))
    return "".join(made)


def functions(writer, count):
    made = []
    for _ in range(count):
        doc = "%s %s.\n\n    %s.\n    " % (writer.random.choice(VERBS).title(), writer.words(5), writer.words(12).capitalize())
        made.append('def %s(rows, *, total=0, **options):\n    """%s"""\n%s    return total\n\n\n' % (writer.name(), doc, body(writer)))
    return "".join(made)


def models(writer, package):
    made = ["from shop.extensions import db\n\n\n"]
    for noun in writer.random.sample(NOUNS, 3):
        columns = "".join("    %s = db.Column(db.String(%d), nullable=False)\n" % (name, writer.random.randint(20, 200))
                          for name in writer.random.sample(NOUNS, 6))
        made.append('class %s(db.Model):\n    """%s."""\n\n    id = db.Column(db.Integer, primary_key=True)\n%s\n'
                    '    def __repr__(self):\n        return f"<%s {self.id}>"\n\n\n' % (noun.title(), writer.words(6).capitalize(), columns, noun.title()))
    return "".join(made) + "".join(functions(writer, 2))


def views(writer, package):
    made = ["import logging\n\nfrom flask import Blueprint, abort, jsonify, render_template, request\n"
            "from flask_login import current_user, login_required\n\nfrom shop.%s.services import collect\n\n"
            "logger = logging.getLogger(__name__)\nbp = Blueprint(\"%s\", __name__, url_prefix=\"/%s\")\n\n\n" % (package, package, package)]
    for noun in writer.random.sample(NOUNS, 4):
        made.append('@bp.route("/%s/<int:%s_id>")\n@login_required\ndef show_%s(%s_id):\n    rows = collect(current_user.id, %s_id)\n'
                    '    if not rows:\n        abort(404)\n    page = request.args.get("page", 1, type=int)\n'
                    '    return render_template("%s/%s.html", rows=rows, page=page)\n\n\n' % (noun, noun, noun, noun, noun, package, noun))
        made.append('@bp.route("/%s", methods=["POST"])\n@login_required\ndef new_%s():\n    data = request.get_json()\n'
                    '    rows, total, options = collect(current_user.id, 0), 0, data\n%s    return jsonify(total=total)\n\n\n' % (noun, noun, body(writer)))
    return "".join(made)


def forms(writer, package):
    fields = "".join("    %s = StringField(\"%s\", validators=[DataRequired(), Length(max=%d)])\n"
                     % (name, writer.words(2).title(), writer.random.randint(10, 250)) for name in writer.random.sample(NOUNS, 8))
    return ("from flask_wtf import FlaskForm\nfrom wtforms import StringField\nfrom wtforms.validators import DataRequired, Length\n\n\n"
            "class %sForm(FlaskForm):\n%s\n\n" % (package.title().replace("_", ""), fields)) + functions(writer, 2)


def plain(writer, package):
    return ("import logging\nfrom collections import defaultdict\nfrom datetime import datetime, timedelta\n\n"
            "from shop.extensions import db\n\nlogger = logging.getLogger(__name__)\n\n\n"
            "def collect(owner, key, total=0):\n    return db.session.query(owner, key).all()\n\n\n") + functions(writer, 6)


def test(writer, package):
    made = ["import pytest\n\nfrom shop import create_app\n\n\n@pytest.fixture\ndef client():\n    return create_app(\"test\").test_client()\n\n\n"]
    for noun in writer.random.sample(NOUNS, 6):
        made.append('def test_%s(client):\n    rows, total, options = [], 0, {}\n%s    assert client.get("/%s/%s/1").status_code in (302, 404)\n\n\n'
                    % (noun, body(writer), package, noun))
    return "".join(made)


MAKERS = {"models": models, "views": views, "forms": forms}


def make(root, files=1400):
    """Writes the project; returns how many Python files it has."""
    writer = Writer(root)
    packages = ["%s_%d" % (NOUNS[at % len(NOUNS)], at) for at in range((files - 5) // 11)]
    writer.write("requirements.txt", "Flask==3.1.0\nFlask-Login==0.6.3\nFlask-SQLAlchemy==3.1.1\ngunicorn==23.0.0\n")
    writer.write("Procfile", "web: gunicorn wsgi:app\n")
    writer.write("wsgi.py", "from shop import create_app\n\napp = create_app(\"production\")\n")
    writer.write("config.py", CONFIG)
    writer.write("shop/extensions.py", EXTENSIONS)
    imports = "".join("    from shop.%s.views import bp as %s_bp\n    app.register_blueprint(%s_bp)\n" % (name, name, name) for name in packages)
    writer.write("shop/__init__.py", "from flask import Flask\n\nfrom config import config\nfrom shop.extensions import db, login_manager\n\n\n"
                 "def create_app(name=\"default\"):\n    app = Flask(__name__)\n    app.config.from_object(config[name])\n"
                 "    db.init_app(app)\n    login_manager.init_app(app)\n%s    return app\n" % imports)
    for package in packages:
        writer.write("shop/%s/__init__.py" % package, "")
        for kind in KINDS:
            writer.write("shop/%s/%s.py" % (package, kind), MAKERS.get(kind, plain)(writer, package))
        for part in ("views", "services"):
            writer.write("tests/%s/test_%s.py" % (package, part), test(writer, package))
        writer.write("shop/templates/%s/page.html" % package,
                     "{%% extends \"base.html\" %%}\n{%% block content %%}<h1>%s</h1>{%% for row in rows %%}<p>{{ row.name }}</p>{%% endfor %%}{%% endblock %%}\n" % package)
    at = 0
    while writer.written < files:
        writer.write("shop/more/part_%d.py" % at, plain(writer, "more"))
        at += 1
    return writer.written
