#!/usr/bin/env python3
"""What an app does under its real servers: session cookies, forged cookies, workers, logins.

The functions return plain facts; whoever calls them judges. As a command it prints the facts as
JSON, for tests in other languages:
  observe.py pages|probe|login --root DIR --python PY --spec FILE [--start KIND] [--old-key-from DIR]
"""
import argparse
import base64
import json
import os
import subprocess
import sys
import tempfile
import time

import servers
from cookies import MARK_HEADER, Browser, HeldRequest, PageFailed, log_in
from project import INSIDE, Project, Spec

PROBE = "/__fh_probe__/"
PROBE_SESSION = {"fh_probe": "forged"}
ROUNDS, HOLD_SECONDS = 8, 0.1


class AppFailed(Exception):
    """The app could not be imported or asked in its own Python; `log` is all it said."""

    def __init__(self, message, log=""):
        super().__init__(message)
        self.log = log


def _ask_inside(project, command, order):
    done = subprocess.run(
        [project.python, os.path.join(INSIDE, "fh_inside.py"), command], cwd=project.folder,
        env=project.environment(), input=json.dumps(order), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, universal_newlines=True, timeout=120)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise AppFailed("%s failed in the app's Python: %s" % (command, last), done.stderr)
    return json.loads(done.stdout)


def secret_key(project):
    """The key the app has after an import, in an opaque form that forge() takes; None if it has none."""
    return _ask_inside(project, "read-key", {"target": project.spec.wsgi})["key"]


def plain(key):
    """The bytes of a key from secret_key(), to look for them where they must not be."""
    return base64.b64decode(key["base64"])


def given_key(text):
    return {"bytes": False, "base64": base64.b64encode(text.encode()).decode()}


def forge(project, key, session):
    return _ask_inside(project, "forge", {"key": key, "session": session})["cookie"]


def ask_workers(server, cookie_header, path, accepted):
    """Send the same cookie to both workers. -> {process id: whether it accepted the cookie each time}

    Left to itself the kernel may hand every connection to the same idle worker. So one request is
    held back half-sent, which keeps a worker busy, while another is served; then it is finished.
    """
    verdicts = {}
    for turn in range(ROUNDS):
        marks = ["fh%d-%s" % (turn, which) for which in ("held", "free")]
        headers = [{"Cookie": cookie_header, MARK_HEADER: mark} for mark in marks]
        held = HeldRequest(server.base, path, headers[0])
        time.sleep(HOLD_SECONDS)
        try:
            free = Browser(server.base).get(path, headers[1])
        finally:
            answers = [held.finish()]
        workers = server.served_by(marks)
        for mark, answer in zip(marks, answers + [free]):
            if mark in workers:
                worker = workers[mark]
                verdicts[worker] = verdicts.get(worker, True) and accepted(answer)
        if len(verdicts) > 1:
            break
    return verdicts


def _summary(verdicts):
    return {"workers": len(verdicts), "accepted_by": sum(verdicts.values())}


def pages(project, old_key=None):
    """The app's own pages under gunicorn with two workers, as reached through a proxy that ends TLS.

    A login gives the strongest answer: whether a cookie is accepted is read off the page. With
    a session page alone only its status and the cookie it sets are known; probe() tells the rest.
    """
    spec, facts = project.spec, {}
    with servers.gunicorn(project) as server:
        browser = Browser(server.base, behind_tls=True)
        if not spec.login:
            answer = browser.get(spec.session_page)
            cookie = answer.cookies[-1] if answer.cookies else None
            return {"status": answer.status, "cookie": cookie and cookie.attributes()}
        login = spec.login
        answer, facts["logged_in"] = log_in(browser, login)
        cookie = answer.cookie(login.get("cookie", "session"))
        facts["status"], facts["cookie"] = answer.status, cookie and cookie.attributes()

        def shows(page):
            return page.fine and login["shows"] in page.body

        state = login.get("state_page", "/")
        if cookie:
            facts["own_cookie"] = _summary(ask_workers(
                server, "%s=%s" % (cookie.name, cookie.value), state, shows))
        if old_key and login.get("forge"):
            forged = forge(project, old_key, login["forge"])
            facts["forged_cookie"] = _summary(ask_workers(
                server, "%s=%s" % (login.get("cookie", "session"), forged), state, shows))
    return facts


def probe(project, old_key=None, env=None):
    """Ask the configured app itself, in gunicorn's workers: works for apps whose pages are unknown.

    A cookie is accepted when the app's own session interface opens it and finds the mark in it.
    An app with server-side sessions accepts no forged cookie either way; it is told apart by
    what it says before the change.
    """
    with servers.gunicorn(project, probe=True, env=env, ready=PROBE + "state") as server:
        answer = Browser(server.base).get(PROBE + "write")
        if not answer.fine:
            return {"status": answer.status}
        facts = json.loads(answer.body)
        if "session_cookie" not in facts:
            return {"status": answer.status, "flask": False}
        name = facts.pop("session_cookie")
        for key in ("pid", "session_mark"):
            facts.pop(key)
        cookie = answer.cookie(name)
        facts["status"], facts["cookie"] = answer.status, cookie and cookie.attributes()

        def marked(text):
            return lambda page: page.fine and json.loads(page.body)["session_mark"] == text

        if cookie:
            facts["own_cookie"] = _summary(ask_workers(
                server, "%s=%s" % (name, cookie.value), PROBE + "state", marked("written")))
        if old_key:
            forged = forge(project, old_key, PROBE_SESSION)
            facts["forged_cookie"] = _summary(ask_workers(
                server, "%s=%s" % (name, forged), PROBE + "state", marked("forged")))
    return facts


def login(project, start="flask-run"):
    """A person's login over plain http, with a jar that withholds Secure cookies."""
    with servers.STARTS[start](project) as server:
        browser = Browser(server.base)
        answer, logged_in = log_in(browser, project.spec.login)
        cookie = answer.cookie(project.spec.login.get("cookie", "session"))
        return {"status": answer.status, "logged_in": logged_in,
                "cookie": cookie and cookie.attributes()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["pages", "probe", "login"])
    parser.add_argument("--root", required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("--spec", required=True, help="a roundtrip.json")
    parser.add_argument("--start", choices=sorted(servers.STARTS), default="flask-run")
    parser.add_argument("--old-key-from", help="a tree whose key is used to forge a cookie")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fh-observe-") as scratch:
        project = Project(options.root, options.python, Spec.read(options.spec), scratch)
        try:
            key = options.old_key_from and secret_key(project.at(options.old_key_from))
            facts = (login(project, options.start) if options.what == "login"
                     else {"pages": pages, "probe": probe}[options.what](project, key))
        except (AppFailed, PageFailed, servers.ServerFailed) as error:
            facts = {"error": str(error)}
    json.dump(facts, sys.stdout, indent=2, sort_keys=True)
    print()
    return 1 if "error" in facts else 0


if __name__ == "__main__":
    sys.exit(main())
