//! Start files: what a person has set there stays, and nothing is doubled.

use super::{Row, check, row};

#[test]
fn start_files() {
    check("servers", &rows());
}

/// An app with a session and a key from the environment.
const APP: &str = r#"
-- app.py
import os

from flask import Flask, session

app = Flask(__name__)
app.secret_key = os.environ.get("SECRET_KEY")


@app.route("/")
def index():
    session["seen"] = True
    return "seen"
"#;

fn with(name: &'static str, more: &str) -> Row {
    row(name, &format!("{APP}{}", more.trim_start_matches('\n')))
}

fn rows() -> Vec<Row> {
    vec![
        with(
            "settings of gunicorn under another name",
            r#"
-- deploy/gunicorn_config.py
import multiprocessing

workers = multiprocessing.cpu_count() * 2 + 1
-- Procfile
web: gunicorn -c deploy/gunicorn_config.py app:app
"#,
        )
        .says(
            &[],
            "import os; exec(open('deploy/gunicorn_config.py').read()); print(os.environ['SESSION_COOKIE_SECURE'])",
            "true",
        ),
        with(
            "settings of gunicorn that import os in a hook only",
            r#"
-- gunicorn.conf.py
timeout = 30


def post_fork(server, worker):
    import os
    worker.log.info("%s", os.getpid())
-- Procfile
web: gunicorn app:app
"#,
        )
        .says(&[], "exec(open('gunicorn.conf.py').read()); print(timeout)", "30"),
        with(
            "a platform gives the port",
            r#"
-- Procfile
web: gunicorn --bind 0.0.0.0:$PORT app:app --workers 1 --worker-class gevent
"#,
        )
        .keeps("Procfile")
        .says(
            &[],
            "c = {}; exec(open('gunicorn.conf.py').read(), c); print([n for n in ('bind', 'workers', 'worker_class', 'preload_app') if n in c])",
            "[]",
        ),
        with(
            "ProxyFix is there",
            r#"
-- wsgi.py
from werkzeug.middleware.proxy_fix import ProxyFix

from app import app

app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)
-- nginx.conf
server { listen 80; location / { proxy_pass http://app:8000; proxy_set_header X-Forwarded-For $remote_addr; } }
-- Procfile
web: gunicorn wsgi:app
"#,
        )
        .keeps("wsgi.py"),
        with(
            "two services of one app",
            r#"
-- Procfile
web: gunicorn app:app
worker: python worker.py
release: flask db upgrade
-- worker.py
import time

time.sleep(0)
"#,
        )
        .keeps("Procfile")
        .keeps("worker.py"),
        with(
            "the development server with a port of the platform",
            r#"
-- Procfile
web: flask run --host=0.0.0.0 --port=$PORT
-- requirements.txt
flask
"#,
        )
        .changes("Procfile"),
    ]
}
