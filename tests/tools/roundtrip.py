#!/usr/bin/env python3
"""Takes one Flask checkout through flask-harden and back, and tells in one row whether it survived.

The given checkout is copied, never touched. Before and after: the app's own tests, its boot and
session cookie under gunicorn with two workers, and a fresh clone with no .env, no keyring and no
secret variable. The exit code is 1 if anything that worked before does not work after, or if
apply, the second run or undo break their promises; 2 if the app could not be set up at all.

  roundtrip.py --checkout DIR --python ENV/bin/python --wsgi wsgi:app --tests 'python -m pytest -q'
  roundtrip.py --app tests/fixtures/apps/legacy-shop
"""
import argparse
import json
import os
import re
import sys
import tempfile

import environment
import fresh
import make_history
import observe
import rows
import servers
import trees
from cookies import PageFailed
from hardening import Hardening, compiles, last_line, own_tests, remedied, shell
from project import Project, Spec
from steps import Steps

HERE = os.path.dirname(os.path.abspath(__file__))
RELEASE = os.path.join(os.environ.get("CARGO_TARGET_DIR")
                       or os.path.join(os.path.dirname(os.path.dirname(HERE)), "target"),
                       "release", "flask-harden")
BOOT_FAILURES = (observe.AppFailed, PageFailed, servers.ServerFailed)


class SetupFailed(Exception):
    """The app cannot be judged: it cannot be copied or set up."""


def facts_of(project, old_key):
    """Boot and cookies under gunicorn, logins over plain http; a failure is a fact, too."""
    facts = {}
    views = [("probe", lambda: observe.probe(project, old_key))]
    if project.spec.login or project.spec.session_page:
        views.append(("pages", lambda: observe.pages(project, old_key)))
    if project.spec.login:
        views.append(("flask-run login", lambda: observe.login(project, "flask-run")))
        if project.spec.file:
            views.append(("python-file login", lambda: observe.login(project, "python-file")))
    for name, view in views:
        try:
            facts[name] = view()
            if facts[name].get("key_source") == "code" and not in_git(project, key_or_none(project)):
                facts[name]["key_source"] = "not in git"
        except BOOT_FAILURES as error:
            facts[name] = {"error": last_line(str(error)), "log": str(error)}
    return facts


def key_or_none(project):
    try:
        return observe.secret_key(project)
    except observe.AppFailed:
        return None


def in_git(project, key):
    """Whether the longest word of a key stands in a tracked file; also where that cannot be told."""
    if not key:
        return True
    word = max(re.findall(rb"[A-Za-z0-9]+", observe.plain(key)) or [b""], key=len)
    return len(word) < 4 or trees.tracked_holds(project.root, word.decode())


def regressions(before, after):
    """What a visitor had before and has no more: a list of short texts."""
    lost = []
    for view, old in before.items():
        new = after[view]
        if "error" in old:
            continue
        if "error" in new:
            lost.append("%s: %s" % (view, new["error"]))
            continue
        if old["status"] < 400 <= new["status"]:
            lost.append("%s: status %d, was %d" % (view, new["status"], old["status"]))
        if old.get("logged_in") and not new.get("logged_in"):
            lost.append("%s: login no longer leads to the logged-in page" % view)
        own = "own_cookie"
        if accepted_by_all(old, own) and not accepted_by_all(new, own):
            lost.append("%s: the cookie of one worker is refused by another" % view)
        for flag in ("secure", "http_only", "same_site"):
            if (old.get("cookie") or {}).get(flag) and not (new.get("cookie") or {}).get(flag):
                lost.append("%s: the session cookie lost %s" % (view, flag))
        if new.get("debug") and not old.get("debug"):
            lost.append("%s: debug mode came on" % view)
    return lost


def accepted_by_all(facts, which):
    found = facts.get(which) or {"workers": 0, "accepted_by": 0}
    return found["workers"] > 0 and found["accepted_by"] == found["workers"]


def old_key_refused(before, after):
    """(ok, text). Only a key that stood in the code must die; one from the environment may stay."""
    texts = []
    for view in ("probe", "pages"):
        if not accepted_by_all(before.get(view, {}), "forged_cookie"):
            continue
        forged = after[view].get("forged_cookie")
        if before["probe"].get("key_source") != "code":
            return True, "the key was not in the code: %s" % before["probe"].get("key_source")
        if not forged or forged["workers"] == 0 or forged["accepted_by"]:
            return False, "%s: a cookie forged with the old key: %s" % (view, forged)
        texts.append("%s: refused by %d of %d workers" % (view, forged["workers"], forged["workers"]))
    return True, ", ".join(texts) or "no forged cookie was accepted before either"


def prepare(options, spec, scratch):
    """Two equal copies of the checkout: one stays as it is, one is hardened."""
    roots = [os.path.join(scratch, name, "app") for name in ("untouched", "hardened")]
    projects = []
    for root in roots:
        os.makedirs(os.path.dirname(root))
        if spec.history == "legacy-shop":
            make_history.make(root)
        else:
            trees.copy_checkout(os.path.abspath(options.checkout), root)
            trees.ensure_repository(root, spec.untracked)
        project = Project(root, options.python, spec, scratch)
        if spec.setup:
            code, text = shell(project, spec.setup)
            if code:
                raise SetupFailed("setup ended with exit code %d: %s" % (code, last_line(text)))
        projects.append(project)
    return projects


def compare_clones(steps, untouched, hardened, touched, old_key):
    """The fresh clone of the patched commit must do what a fresh clone of the old one does."""
    after = fresh.check(hardened, touched, old_key)
    if all(after[name]["ok"] is not False for name in fresh.CHECKS):
        before = {name: {"ok": None, "text": "not needed"} for name in fresh.CHECKS}
    else:
        before = fresh.check(untouched, None)
    for name in fresh.CHECKS:
        ok = after[name]["ok"] is not False or before[name]["ok"] is False
        as_before = after[name]["ok"] is False and before[name]["ok"] is False
        steps.check("fresh clone: " + name, ok,
                    after[name]["text"] + (" (as before)" if as_before else ""))
    if touched and after["imports"].get("old_key"):
        steps.check("fresh clone: old key gone", False, "it is still built into the code")
    return {"before": before, "after": after}


def tests_step(steps, before, project, name):
    passed, text = own_tests(project)
    as_before = " (as before)" if passed is False and not before else ""
    steps.check(name, passed is not False or not before, text + as_before)
    return passed, text


def within(path, folders):
    return any(folder == "." or path == folder or path.startswith(folder + "/") for folder in folders)


def round_trip(options, spec, steps, scratch):
    """All steps on one app. Returns everything that is known, for the row and for JSON."""
    untouched, hardened = prepare(options, spec, scratch)
    result = {"app": options.name}
    hardening = Hardening(os.path.abspath(options.binary), hardened)
    passed, text = own_tests(untouched)
    steps.check("own tests before", True, text)
    result["tests_before"] = {"ok": passed, "text": text}
    old_key = observe.given_key(options.old_key) if options.old_key else key_or_none(untouched)
    result["before"] = facts_of(untouched, old_key)

    code, findings = hardening.scan()
    steps.check("scan", code in (0, 1) and findings is not None,
                "exit %d, %d findings" % (code, len(findings or [])))
    applied = hardening.first_apply(steps)
    result["touched"] = sorted(hardening.touched)
    if spec.untouched:
        strayed = [path for path in result["touched"] if within(path, spec.untouched)]
        steps.check("what is right stays untouched", not strayed,
                    ", ".join(strayed or spec.untouched))
    if not applied:
        return result
    second = hardening.apply_again(steps)
    # Before anything of the app's runs: Pythons before 3.8 leave what they compile in the tree.
    applied_tree = trees.snapshot(hardened.root)
    steps.check("changed files compile", *compiles(hardened, hardening.touched))

    passed, text = tests_step(steps, passed, hardened, "own tests after")
    result["tests_after"] = {"ok": passed, "text": text}
    result["after"] = facts_of(hardened, old_key)
    lost = regressions(result["before"], result["after"])
    steps.check("boot, cookies and logins", not lost, "; ".join(lost) or rows.boot(result["after"]))
    steps.check("old key refused", *old_key_refused(result["before"], result["after"]))
    ran = trees.differences(applied_tree, trees.snapshot(hardened.root), mtimes=True)
    third = hardening.apply_again(steps, "the same after the app has run")
    result["second_run"] = {"ok": second and third}

    # A clone is set up as its owner says; a key that the setup puts into an env file is not in the commit.
    in_code = result["before"]["probe"].get("key_source", "code") == "code"
    result["fresh_clone"] = compare_clones(
        steps, untouched, hardened, sorted(hardening.touched), old_key if in_code else None)
    left = hardening.scan()[1]
    result["remedied"] = remedied(findings, left)
    gone = rows.percent(result["remedied"])
    steps.check("findings remedied", gone is None or gone >= options.at_least,
                rows.rate(result["remedied"]))
    secrets = hardening.secrets_in_env_files()
    if hardening.touched:
        result["undo"] = {"ok": hardening.undo(steps, ran)}
    hardening.no_key_in_outputs(
        steps, secrets | ({observe.plain(old_key)} if old_key else set()))
    return result


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--app", help="a folder with a roundtrip.json; the options below win over it")
    parser.add_argument("--checkout", help="the repository to take through")
    parser.add_argument("--name", help="the app's name in the row")
    parser.add_argument("--python", help="Python with the app's packages and gunicorn; made if an --app"
                                         " says in its file what it needs")
    parser.add_argument("--binary", default=os.environ.get("FLASK_HARDEN") or RELEASE)
    parser.add_argument("--wsgi", help="what gunicorn serves, such as wsgi:app")
    parser.add_argument("--flask-app", help="what flask --app takes, if it is not the same")
    parser.add_argument("--tests", help="the app's own test command")
    parser.add_argument("--setup", help="a command that prepares a copy, such as making a database")
    parser.add_argument("--subdir", help="where the app stands in the repository")
    parser.add_argument("--file", help="a file that `python FILE` serves the app with")
    parser.add_argument("--session-page", help="a page that writes the session")
    parser.add_argument("--env", action="append", default=[], metavar="K=V")
    parser.add_argument("--old-key", help="the key in use today, if importing the app does not tell")
    parser.add_argument("--at-least", type=int, default=0, metavar="PERCENT",
                        help="how many of the key, cookie and debug findings must be gone")
    parser.add_argument("--json", metavar="FILE", help="write everything that is known to this file")
    options = parser.parse_args()
    if not (options.app or (options.checkout and options.wsgi and options.python)):
        parser.error("either --app, or --checkout, --wsgi and --python")
    return options


def spec_of(options):
    spec = Spec.read(os.path.join(options.app, "roundtrip.json")) if options.app else Spec(options.wsgi)
    for name in ("wsgi", "flask_app", "tests", "setup", "subdir", "file", "session_page"):
        if getattr(options, name):
            setattr(spec, name, getattr(options, name))
    spec.env.update(pair.partition("=")[::2] for pair in options.env)
    options.python = options.python or environment.for_app(spec.packages)
    options.checkout = options.checkout or options.app
    options.name = options.name or os.path.basename(os.path.abspath(options.checkout))
    return spec


def main():
    options = arguments()
    try:
        spec = spec_of(options)
    except (environment.EnvironmentFailed, OSError, ValueError, TypeError) as error:
        sys.stderr.write("error: %s\n" % error)
        return 2
    steps = Steps(sys.stderr)
    with tempfile.TemporaryDirectory(prefix="fh-trip-") as scratch:
        try:
            result = round_trip(options, spec, steps, scratch)
        except (SetupFailed, OSError, RuntimeError) as error:
            sys.stderr.write("error: %s\n" % error)
            return 2
    result["steps"] = steps.done
    result["ok"] = not steps.differing
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=2, sort_keys=True)
    print(rows.row(result))
    return steps.close()


if __name__ == "__main__":
    sys.exit(main())
