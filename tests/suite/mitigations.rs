//! `explain` without a name: for every mitigation of the threat model a tree that lacks it, where it is
//! found and something is offered, and one that has it, where nothing is said against it.

use std::path::Path;

use flask_harden::engine::{self, MitigationLine, Request, SettingsFile};
use flask_harden::options::Flags;
use flask_harden::rules::mitigations::{ALL, State};

use crate::support::{Program, Project};

type Files = &'static [(&'static str, &'static str)];

/// A mitigation, a tree without it, and one with it.
struct Row {
    id: &'static str,
    missing: Files,
    present: Files,
    git: bool,
}

const fn row(id: &'static str, missing: Files, present: Files) -> Row {
    Row { id, missing, present, git: false }
}

const PLAIN: &str = "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\napp.config[\"SECRET_KEY\"] = os.environ[\"SECRET_KEY\"]\n";
const LITERAL: &str =
    "from flask import Flask\n\napp = Flask(__name__)\napp.config[\"SECRET_KEY\"] = \"written in the code\"\n";
const SHOWN: &str = "import os\n\nfrom flask import Flask, jsonify\n\napp = Flask(__name__)\n\n\n@app.get(\"/env\")\ndef env():\n    return jsonify(dict(os.environ))\n";
const VAULT: &str = "import hvac\nfrom flask import Flask\n\napp = Flask(__name__)\napp.secret_key = hvac.Client().secrets.kv.read(\"shop\")\n";
const FALLBACKS: &str = "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\napp.config[\"SECRET_KEY\"] = os.environ[\"SECRET_KEY\"]\napp.config[\"SECRET_KEY_FALLBACKS\"] = os.environ.get(\"OLD_KEYS\", \"\").split()\n";
const SESSION: &str = "import os\n\nfrom flask import Flask, session\n\napp = Flask(__name__)\napp.config[\"SECRET_KEY\"] = os.environ[\"SECRET_KEY\"]\n\n\n@app.get(\"/\")\ndef index():\n    session[\"seen\"] = True\n    return \"\"\n";
const FLAGS_ON: &str = "import os\nfrom datetime import timedelta\n\nfrom flask import Flask, session\n\napp = Flask(__name__)\napp.config[\"SECRET_KEY\"] = os.environ[\"SECRET_KEY\"]\napp.config[\"SESSION_COOKIE_SECURE\"] = True\napp.config[\"SESSION_COOKIE_SAMESITE\"] = \"Lax\"\napp.config[\"PERMANENT_SESSION_LIFETIME\"] = timedelta(hours=8)\n\n\n@app.get(\"/\")\ndef index():\n    session.permanent = True\n    return \"\"\n";
const OPEN_TO_SCRIPTS: &str = "import os\n\nfrom flask import Flask, session\n\napp = Flask(__name__)\napp.config[\"SECRET_KEY\"] = os.environ[\"SECRET_KEY\"]\napp.config[\"SESSION_COOKIE_HTTPONLY\"] = False\n\n\n@app.get(\"/\")\ndef index():\n    session.permanent = True\n    return \"\"\n";
const PASSWORD_KEPT: &str = "import os\n\nfrom flask import Flask, request, session\n\napp = Flask(__name__)\napp.config[\"SECRET_KEY\"] = os.environ[\"SECRET_KEY\"]\n\n\n@app.post(\"/\")\ndef login():\n    session[\"password\"] = request.form[\"password\"]\n    return \"\"\n";
const ON_THE_SERVER: &str = "import os\n\nfrom flask import Flask, request, session\nfrom flask_session import Session\n\napp = Flask(__name__)\napp.config[\"SECRET_KEY\"] = os.environ[\"SECRET_KEY\"]\nSession(app)\n\n\n@app.post(\"/\")\ndef login():\n    session[\"password\"] = request.form[\"password\"]\n    return \"\"\n";
const FROM_INPUT: &str = "from flask import Flask, render_template_string, request\n\napp = Flask(__name__)\n\n\n@app.get(\"/\")\ndef index():\n    return render_template_string(\"Hello \" + request.args[\"name\"])\n";
const FROM_FILE: &str = "from flask import Flask, render_template, request\n\napp = Flask(__name__)\n\n\n@app.get(\"/\")\ndef index():\n    return render_template(\"index.html\", name=request.args[\"name\"])\n";
const STORED: &str = "from flask import Flask, render_template\nfrom flask_sqlalchemy import SQLAlchemy\n\napp = Flask(__name__)\ndb = SQLAlchemy(app)\n\n\nclass Post(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n    body = db.Column(db.Text)\n\n\n@app.get(\"/\")\ndef index():\n    return render_template(\"index.html\", posts=Post.query.all())\n";
const RAW_PAGE: &str = "{% for post in posts %}<p>{{ post.body|safe }}</p>{% endfor %}\n";
const PAGE: &str = "{% for post in posts %}<p>{{ post.body }}</p>{% endfor %}\n";
const OFF_PAGE: &str =
    "{% autoescape false %}{% for post in posts %}<p>{{ post.body }}</p>{% endfor %}{% endautoescape %}\n";
const OFF_BY_HAND: &str =
    "{% autoescape false %}{% for post in posts %}<p>{{ post.body|e }}</p>{% endfor %}{% endautoescape %}\n";
const OFF_IN_CODE: &str = "from flask import Flask, render_template\n\napp = Flask(__name__)\napp.jinja_env.autoescape = False\n\n\n@app.get(\"/\")\ndef index():\n    return render_template(\"index.html\")\n";
const DEBUG: &str = "from flask import Flask\n\napp = Flask(__name__)\napp.run(debug=True)\n";
const DEBUG_READ: &str = "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\napp.config[\"DEBUG\"] = os.environ.get(\"APP_DEBUG\") == \"1\"\n";
const ALWAYS: &str = "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\napp.config[\"DEBUG\"] = bool(os.environ.get(\"APP_DEBUG\", \"False\"))\n";
const GUNICORN: &str = "web: gunicorn app:app\n";
const FLASK_RUN: &str = "web: flask run --host 0.0.0.0\n";
const CONF: &str = "workers = 3\nthreads = 2\ntimeout = 30\nmax_requests = 1000\nmax_requests_jitter = 50\n";
const CARTS: &str = "from flask import Flask, jsonify\nfrom flask_login import login_required\nfrom flask_sqlalchemy import SQLAlchemy\n\napp = Flask(__name__)\ndb = SQLAlchemy(app)\n\n\nclass Cart(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n    owner_id = db.Column(db.Integer)\n\n\n@app.get(\"/carts/<cart_id>\")\n@login_required\ndef cart(cart_id):\n    found = Cart.query.get_or_404(cart_id)\n    return jsonify(found.owner_id)\n";
const OWN_CARTS: &str = "from flask import Flask, abort, jsonify\nfrom flask_login import current_user, login_required\nfrom flask_sqlalchemy import SQLAlchemy\n\napp = Flask(__name__)\ndb = SQLAlchemy(app)\n\n\nclass Cart(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n    owner_id = db.Column(db.Integer)\n\n\n@app.get(\"/carts/<int:cart_id>\")\n@login_required\ndef cart(cart_id):\n    found = Cart.query.get_or_404(cart_id)\n    if found.owner_id != current_user.id:\n        abort(403)\n    return jsonify(found.owner_id)\n";

const ROWS: &[Row] = &[
    row("no-hardcoded-key", &[("app.py", LITERAL)], &[("app.py", PLAIN)]),
    row("environment-not-exposed", &[("app.py", SHOWN)], &[("app.py", PLAIN)]),
    row("secrets-manager", &[("app.py", PLAIN)], &[("app.py", VAULT)]),
    row("key-rotation", &[("app.py", PLAIN)], &[("app.py", FALLBACKS)]),
    row(
        "access-control",
        &[("app.py", PLAIN), (".env", "SECRET_KEY=a-long-passphrase-of-words\n")],
        &[("app.py", PLAIN), (".env", "SECRET_KEY=a-long-passphrase-of-words\n")],
    ),
    Row {
        id: "ignored-files",
        missing: &[("app.py", PLAIN), (".gitignore", "*.pyc\n"), ("requirements.txt", "flask\npython-dotenv\n")],
        present: &[("app.py", PLAIN), (".gitignore", "*.pyc\n.env\n"), ("requirements.txt", "flask\npython-dotenv\n")],
        git: true,
    },
    row("cookie-secure", &[("app.py", SESSION)], &[("app.py", FLAGS_ON)]),
    row("cookie-httponly", &[("app.py", OPEN_TO_SCRIPTS)], &[("app.py", SESSION)]),
    row("cookie-samesite", &[("app.py", SESSION)], &[("app.py", FLAGS_ON)]),
    row("session-expiry", &[("app.py", OPEN_TO_SCRIPTS)], &[("app.py", FLAGS_ON)]),
    row("server-side-sessions", &[("app.py", PASSWORD_KEPT)], &[("app.py", ON_THE_SERVER)]),
    row("no-input-in-templates", &[("app.py", FROM_INPUT)], &[("app.py", FROM_FILE)]),
    row(
        "safe-on-trusted-data",
        &[("app.py", STORED), ("templates/index.html", RAW_PAGE)],
        &[("app.py", STORED), ("templates/index.html", PAGE)],
    ),
    row(
        "inheritance",
        &[("app.py", STORED), ("templates/index.html", PAGE), ("templates/about.html", "<p>About</p>\n")],
        &[
            ("app.py", STORED),
            ("templates/base.html", "{% block body %}{% endblock %}\n"),
            ("templates/index.html", "{% extends \"base.html\" %}\n"),
        ],
    ),
    row("autoescape", &[("app.py", OFF_IN_CODE)], &[("app.py", STORED), ("templates/index.html", PAGE)]),
    row(
        "escaped-by-hand",
        &[("app.py", STORED), ("templates/index.html", OFF_PAGE)],
        &[("app.py", STORED), ("templates/index.html", OFF_BY_HAND)],
    ),
    row(
        "no-debug-in-production",
        &[("app.py", DEBUG), ("Procfile", "web: python app.py\n")],
        &[("app.py", PLAIN), ("Procfile", GUNICORN)],
    ),
    row("debug-by-environment", &[("app.py", ALWAYS), ("Procfile", GUNICORN)], &[("app.py", DEBUG_READ)]),
    row("wsgi-server", &[("app.py", PLAIN), ("Procfile", FLASK_RUN)], &[("app.py", PLAIN), ("Procfile", GUNICORN)]),
    row(
        "no-development-server",
        &[("app.py", DEBUG), ("Procfile", "web: python app.py\n")],
        &[("app.py", PLAIN), ("Procfile", GUNICORN)],
    ),
    row(
        "server-limits",
        &[("app.py", PLAIN), ("Procfile", GUNICORN)],
        &[("app.py", PLAIN), ("Procfile", GUNICORN), ("gunicorn.conf.py", CONF)],
    ),
    row("converters", &[("app.py", CARTS)], &[("app.py", OWN_CARTS)]),
    row("authorization-in-handlers", &[("app.py", CARTS)], &[("app.py", OWN_CARTS)]),
    row("not-by-route-alone", &[("app.py", CARTS)], &[("app.py", OWN_CARTS)]),
];

fn tree(row: &Row, files: Files, open: bool) -> Project {
    let mut project = if row.git { Project::with_git() } else { Project::new() };
    for (path, text) in files {
        project.write(path, *text);
    }
    if row.git {
        project.commit("All of it");
    }
    let env = project.at(".env");
    if env.is_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = if open { 0o644 } else { 0o600 };
        std::fs::set_permissions(env, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    project
}

fn line(root: &Path, id: &str) -> MitigationLine {
    let request = Request {
        root: root.to_owned(),
        commits: Some(0),
        settings: SettingsFile::None,
        flags: Flags::default(),
        formats: Vec::new(),
        baseline: None,
        reveal: false,
    };
    let lines = engine::mitigations(&request).unwrap().expect("a Flask project");
    lines.into_iter().find(|line| line.id == id).expect(id)
}

#[test]
fn every_mitigation_has_its_row() {
    let rows: Vec<&str> = ROWS.iter().map(|row| row.id).collect();
    let all: Vec<&str> = ALL.iter().map(|mitigation| mitigation.id).collect();
    assert_eq!(rows, all);
}

#[test]
fn what_is_missing_is_found_and_something_is_offered() {
    let mut wrong = Vec::new();
    for row in ROWS {
        let project = tree(row, row.missing, true);
        let line = line(project.path(), row.id);
        if line.state != State::Missing || line.now.is_none() {
            wrong.push(format!("{}: {} {:?}", row.id, line.state.word(), line.why));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_there_is_said_to_be_there() {
    let mut wrong = Vec::new();
    for row in ROWS {
        let project = tree(row, row.present, false);
        let line = line(project.path(), row.id);
        if line.state != State::Present {
            wrong.push(format!("{}: {} {:?} {:?}", row.id, line.state.word(), line.place, line.why));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn explain_shows_them_where_there_is_a_project() {
    let (program, project) = (Program::new(), Project::new());
    let nowhere = program.run(project.path(), &["explain"]).exits(0).stdout;
    assert!(!nowhere.contains("What protects this repository"));
    project.write("app.py", LITERAL);
    let here = program.run(project.path(), &["explain"]).exits(0).stdout;
    assert!(here.contains("What protects this repository"), "{here}");
    assert!(here.contains("  missing  The key is not written in the code\n"), "{here}");
    assert!(here.contains("app.py:4"), "{here}");
    assert!(here.lines().all(|line| line.chars().count() <= 80), "{here}");
}
