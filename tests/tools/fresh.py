"""What a colleague gets: a fresh clone with no .env, no keyring and no secret variable."""
import os
import shutil
import subprocess
from dataclasses import replace

import observe
import servers
import trees
from cookies import Browser, PageFailed
from hardening import last_line, own_tests, shell
from project import without_secrets

CHECKS = ("imports", "own tests", "flask run")
ADVICE = "flask-harden onboard"


def check(project, touched, old_key=None):
    """Clone the tree's commit (with `touched`, plus these changes) and try it. -> {check: ok, text}

    ok is None where there is nothing to try.
    """
    clone = clone_of(project, touched)
    if clone.spec.setup:
        code, text = shell(clone, clone.spec.setup)
        # An app may refuse to be set up without a key; its tests must pass all the same.
        if code and not advised(text):
            failed = {"ok": False, "text": "setup: exit %d, %s" % (code, last_line(text))}
            return {name: failed for name in CHECKS}
    tests, tests_text = own_tests(clone)
    return {"imports": imports(clone, old_key), "own tests": {"ok": tests, "text": tests_text},
            "flask run": serves(clone)}


def clone_of(project, touched):
    root = os.path.join(project.scratch, "clone-of-" + os.path.basename(os.path.dirname(project.root)))
    shutil.rmtree(root, ignore_errors=True)
    trees.fresh_clone(project.root, root, touched)
    return project.at(root, replace(project.spec, env=without_secrets(project.spec.env)))


def imports(clone, old_key):
    """Import the app; `old_key` in the answer tells whether the key of before is still built in."""
    try:
        key = observe.secret_key(clone)
    except observe.AppFailed as error:
        # Some extensions refuse to make the app without a key. Then the sentence has to be there.
        stopped = "SECRET_KEY" in str(error) and advised(error.log)
        return dict(stopped or {"ok": False, "text": str(error)}, old_key=False)
    return {"ok": True, "text": "imports, %s" % ("has a key" if key else "no key"),
            "old_key": bool(key) and key == old_key}


def serves(clone):
    """Serving is fine, and so is one sentence that names the command to run."""
    page = clone.spec.login["page"] if clone.spec.login else clone.spec.session_page or "/"
    try:
        with servers.flask_run(clone) as server:
            answer = Browser(server.base).get(page)
            said = server.log()
    except servers.ServerFailed as error:
        return advised(error.log) or {"ok": False, "text": last_line(error.log)}
    except (PageFailed, subprocess.TimeoutExpired) as error:
        return {"ok": False, "text": str(error)}
    if answer.status < 500:
        return {"ok": True, "text": "serves %s, status %d" % (page, answer.status)}
    return advised(said + answer.body) or {"ok": False, "text": "%s has status %d" % (page, answer.status)}


def advised(text):
    lines = [line.strip() for line in text.splitlines() if ADVICE in line]
    return {"ok": True, "text": "says: " + lines[-1][:160]} if lines else None
