#!/usr/bin/env python3
"""A stand-in for flask-harden that knows one app, legacy-shop, by heart.

The tests of the tooling run on it: done right, the demo and the round trip must be content; with
one fault planted, they must object. Usage: standin.py FAULT ARGUMENTS... (FAULT `none` for none)
"""
import json
import os
import re
import secrets
import sys

STATE = os.path.join(os.environ.get("XDG_STATE_HOME", "/nonexistent"), "standin")

READER = """
# Settings of this host, from .env (flask-harden)
_env_file = os.path.join(basedir, '.env')
if os.path.exists(_env_file):
    with open(_env_file) as _lines:
        for _line in _lines:
            _name, _equals, _value = _line.strip().partition('=')
            if _equals and not _name.startswith('#'):
                os.environ.setdefault(_name, _value.strip('"'))

"""
COOKIES = """
    SESSION_COOKIE_SECURE   = os.environ.get('SESSION_COOKIE_SECURE') == 'true'
    SESSION_COOKIE_SAMESITE = 'Lax'
"""
GUNICORN = """import os
os.environ.setdefault('SESSION_COOKIE_SECURE', 'true')
os.environ.setdefault('SHOP_CONFIG', 'production')
"""


def planned(root, fault):
    """New content by path; the faults are the mistakes of breakage.md and safety.md."""
    files = {path: read(root, path) for path in
             ("config.py", "Procfile", "requirements.txt", ".gitignore", ".env", ".env.example")}
    config = files["config.py"].decode()
    if "flask-harden" in config:
        return {}
    key = "os.environ.get('SECRET_KEY')"
    if fault == "raises-at-import":
        key = "os.environ['SECRET_KEY']"
    if fault != "keeps-old-key":
        config = config.replace(key_line(config), key + COOKIES.replace("\n", "\r\n").rstrip(" "))
    reader = READER.replace("\n", "\r\n")
    config = config.replace("class Config:", reader.lstrip() + "class Config:", 1)
    if fault != "breaks-tests":
        config = config.replace("class TestingConfig(Config):",
                                "class TestingConfig(Config):\r\n    SECRET_KEY          = 'testing'")
    if fault == "secure-everywhere":
        config = config.replace("os.environ.get('SESSION_COOKIE_SECURE') == 'true'", "True")
    files["config.py"] = config.encode()
    files["Procfile"] = b"web: gunicorn wsgi:app\n"
    files["requirements.txt"] += b"gunicorn\n"
    files[".gitignore"] += b"\n.env\n" if fault != "does-not-ignore" else b"\n"
    files[".env"] += ("SECRET_KEY=%s\n" % secrets.token_hex(32)).encode()
    files[".env.example"] += b"SECRET_KEY=\n"
    files["gunicorn.conf.py"] = GUNICORN.encode()
    return files


def key_line(config):
    return re.search(r"os\.environ\.get\('SECRET_KEY'\) or '[^']*'", config).group(0)


def read(root, path):
    with open(os.path.join(root, path), "rb") as file:
        return file.read()


def write(root, path, content):
    with open(os.path.join(root, path), "wb") as file:
        file.write(content)


def apply(root, fault):
    files = planned(root, fault)
    if not files:
        if fault == "touches-mtime":
            os.utime(os.path.join(root, "config.py"))
        print("Nothing to do.")
        return 0
    os.makedirs(STATE, exist_ok=True)
    backup = {}
    for path, content in sorted(files.items()):
        there = os.path.exists(os.path.join(root, path))
        backup[path] = [read(root, path).decode("latin-1"), os.stat(
            os.path.join(root, path)).st_mode & 0o777] if there else None
        write(root, path, content)
    os.chmod(os.path.join(root, ".env"), 0o600)
    with open(os.path.join(STATE, "backup.json"), "w") as file:
        json.dump({"root": root, "files": backup}, file)
    if fault == "prints-key":
        print(read(root, ".env").decode())
    print("%d files written." % len(files))
    return 0


def undo(fault):
    with open(os.path.join(STATE, "backup.json")) as file:
        state = json.load(file)
    for path, old in state["files"].items():
        if old is None:
            os.unlink(os.path.join(state["root"], path))
        else:
            content = old[0].encode("latin-1")
            if fault == "undo-loses-crlf":
                content = content.replace(b"\r\n", b"\n")
            write(state["root"], path, content)
            os.chmod(os.path.join(state["root"], path), old[1])
    return 0


def scan(root):
    hardened = b"flask-harden" in read(root, "config.py")
    findings = [{"rule": "FH601", "threat": "route-params", "severity": "medium",
                 "path": "shop/account.py", "line": 9}]
    if not hardened:
        findings += [{"rule": rule, "threat": "x", "severity": "high", "path": "config.py", "line": 1}
                     for rule in ("FH102", "FH201", "FH202", "FH401")]
    print(json.dumps({"version": 1, "findings": findings, "summary": {}}))
    return 1


def main(fault, arguments):
    root = arguments[-1]
    if arguments[0] == "scan":
        return scan(root)
    if arguments[0] == "undo":
        return undo(fault)
    if arguments[0] == "--diff":
        print("--- a/config.py\n+++ b/config.py")
        return 1
    return apply(root, fault)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
