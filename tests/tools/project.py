"""One copy of an app under test: where it is, its Python, and the environment it is started with."""
import json
import os
from dataclasses import dataclass, field
from typing import Dict, Optional

HERE = os.path.dirname(os.path.abspath(__file__))
INSIDE = os.path.join(HERE, "inside")

# Everything else stays out, so that no key of the person who runs the tests can hide a fault.
PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "SYSTEMROOT")
SECRET_WORDS = ("SECRET", "KEY", "TOKEN", "PASSWORD", "SALT")


def private_environment(scratch):
    """An environment of its own: home and XDG directories below `scratch`, no bus, no secret."""
    env = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    home = os.path.join(scratch, "home")
    env["HOME"] = home
    for name, folder in (("CONFIG", ".config"), ("DATA", ".local/share"),
                         ("STATE", ".local/state"), ("CACHE", ".cache")):
        env["XDG_%s_HOME" % name] = os.path.join(home, folder)
    env["XDG_RUNTIME_DIR"] = os.path.join(scratch, "run")
    for folder in (home, env["XDG_RUNTIME_DIR"]):
        os.makedirs(folder, mode=0o700, exist_ok=True)
    env["GIT_CONFIG_NOSYSTEM"] = "1"
    return env


def looks_secret(name):
    return any(word in name.upper() for word in SECRET_WORDS)


def without_secrets(env):
    """The variables whose names do not look like a secret's: what a fresh clone would have."""
    return {name: value for name, value in env.items() if not looks_secret(name)}


@dataclass
class Spec:
    """How one app is tested and started; the same words as in its roundtrip.json."""
    wsgi: str
    tests: Optional[str] = None
    setup: Optional[str] = None
    subdir: str = "."
    flask_app: Optional[str] = None
    file: Optional[str] = None
    session_page: Optional[str] = None
    login: Optional[dict] = None
    history: Optional[str] = None
    untracked: tuple = ()
    untouched: tuple = ()
    packages: tuple = ()
    env: Dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path):
        with open(path, encoding="utf-8") as file:
            return cls(**json.load(file))



@dataclass
class Project:
    """A work tree with what is needed to start it."""
    root: str
    python: str
    spec: Spec
    scratch: str

    def __post_init__(self):
        # Everything is started from the app's folder; links stay, since they make the environment.
        self.root, self.python = os.path.abspath(self.root), os.path.abspath(self.python)

    @property
    def folder(self):
        return os.path.normpath(os.path.join(self.root, self.spec.subdir))

    def environment(self, **more):
        env = private_environment(self.scratch)
        bin_folder = os.path.dirname(self.python)
        env["PATH"] = bin_folder + os.pathsep + env.get("PATH", os.defpath)
        env["VIRTUAL_ENV"] = os.path.dirname(bin_folder)
        env.update(self.spec.env)
        env.update(more)
        return env

    def at(self, root, spec=None):
        """The same app in another work tree."""
        return Project(root, self.python, spec or self.spec, self.scratch)
