"""Runs in the app's own Python, 2.7 or newer: imports the app and signs cookies exactly as Flask does.

One command in argv, one JSON object on standard input, one JSON object as the answer. Keys travel
through these pipes only, never through arguments, the environment or files.
"""
import base64
import importlib
import json
import os
import sys


def load_target(target):
    """The WSGI callable of `module:app`, `module:create_app()` or `module`."""
    try:
        from gunicorn.util import import_app
        return import_app(target)
    except ImportError as error:
        if "gunicorn" not in str(error):
            raise
    module, _, name = target.partition(":")
    found = getattr(importlib.import_module(module), name.partition("(")[0] or "application")
    return found() if name.endswith("()") else found


def flask_app_of(target, loaded):
    """The Flask object behind a WSGI callable: itself, what it wraps, or the module's only one."""
    from flask import Flask
    waiting, seen = [loaded], set()
    while waiting:
        candidate = waiting.pop(0)
        if isinstance(candidate, Flask):
            return candidate
        if candidate is None or id(candidate) in seen:
            continue
        seen.add(id(candidate))
        waiting += [getattr(candidate, name, None) for name in
                    ("app", "wsgi_app", "application", "flask_app", "__self__", "__wrapped__")]
    module = sys.modules.get(target.partition(":")[0])
    apps = [value for value in vars(module).values() if isinstance(value, Flask)] if module else []
    return apps[0] if apps else None


def encode_key(key):
    if not key:
        return None
    raw = key if isinstance(key, bytes) else key.encode()
    return {"bytes": isinstance(key, bytes), "base64": base64.b64encode(raw).decode()}


def decode_key(encoded):
    raw = base64.b64decode(encoded["base64"])
    return raw if encoded["bytes"] else raw.decode()


def read_key(order):
    app = flask_app_of(order["target"], load_target(order["target"]))
    if app is None:
        return {"flask": False, "key": None}
    return {"flask": True, "key": encode_key(app.secret_key)}


def forge(order):
    """A session cookie signed with a given key by Flask's own serializer."""
    from flask import Flask
    from flask.sessions import SecureCookieSessionInterface
    app = Flask("forged")
    app.secret_key = decode_key(order["key"])
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    return {"cookie": signer.dumps(order["session"])}


COMMANDS = {"read-key": read_key, "forge": forge}


def main():
    # What an app prints while it is imported must not end up in the answer.
    answer_to = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    order = json.load(sys.stdin)
    sys.path.insert(0, os.getcwd())
    json.dump(COMMANDS[sys.argv[1]](order), answer_to)
    answer_to.close()


if __name__ == "__main__":
    main()
