"""A WSGI callable that serves the app and, beside it, answers questions on its configuration.

It runs in the real server's workers, so it sees what the server's own file and environment did.
The app itself is untouched: every other path goes to it unchanged. No answer holds a key.
"""
import glob
import io
import json
import os

from fh_inside import flask_app_of, load_target

PREFIX = "/__fh_probe__/"
MARK = "fh_probe"
TARGET = os.environ["FH_PROBE_TARGET"]

served = load_target(TARGET)
app = flask_app_of(TARGET, served)


def text_of(key):
    return key.decode("latin-1") if isinstance(key, bytes) else key


def env_file_values():
    """Values in the env files of the folder, read crudely: only to be compared with the key."""
    for path in sorted(glob.glob(".env*") + glob.glob(".flaskenv")):
        try:
            with io.open(path, encoding="utf-8", errors="replace") as file:
                lines = file.readlines()
        except OSError:
            continue
        for line in lines:
            name, equals, value = line.strip().partition("=")
            if equals and not name.startswith("#"):
                yield "%s (%s)" % (path, name.replace("export ", "").strip()), value.strip("'\" ")


def key_source():
    """Where the key in use comes from, as far as it can be seen from inside the process."""
    key = text_of(app.secret_key)
    if not key:
        return "absent"
    for place, value in env_file_values():
        if value == key:
            return place
    for name, value in sorted(os.environ.items()):
        if value == key:
            return "environment (%s)" % name
    return "code"


def session_of(environ, write):
    """Open the session as the app would; with `write` also save it. -> (mark, Set-Cookie headers)"""
    with app.request_context(environ) as context:
        session = app.session_interface.open_session(app, context.request)
        if session is None:
            return None, []
        mark = session.get(MARK)
        response = app.response_class()
        if write:
            session[MARK] = "written"
            app.session_interface.save_session(app, session, response)
        return mark, response.headers.getlist("Set-Cookie")


def answer(environ):
    write = environ["PATH_INFO"] == PREFIX + "write"
    mark, cookies = session_of(environ, write)
    facts = {
        "pid": os.getpid(),
        "debug": bool(app.debug),
        "testing": bool(app.testing),
        "key_source": key_source(),
        "session_mark": mark,
        "session_cookie": app.config.get("SESSION_COOKIE_NAME", "session"),
    }
    return facts, cookies


def application(environ, start_response):
    if not environ.get("PATH_INFO", "").startswith(PREFIX):
        return served(environ, start_response)
    facts, cookies = answer(environ) if app is not None else ({"pid": os.getpid()}, [])
    body = json.dumps(facts).encode()
    start_response("200 OK", [("Content-Type", "application/json"),
                              ("Content-Length", str(len(body)))]
                   + [("Set-Cookie", str(cookie)) for cookie in cookies])
    return [body]
