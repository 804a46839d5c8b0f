#!/usr/bin/env python3
"""The private Python environments of the tests: made once, remade when the pins change.

As a command it makes both and prints two lines for a shell to evaluate:
  FH_PYTHON      for the Rust tests, everything in requirements.txt
  FH_APP_PYTHON  for sample apps, only what app-requirements.txt names
"""
import hashlib
import os
import shlex
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PROJECT = os.path.dirname(os.path.dirname(HERE))
TARGET = os.environ.get("CARGO_TARGET_DIR") or os.path.join(PROJECT, "target")


class EnvironmentFailed(Exception):
    """The environment cannot be made; the text says why and what to do."""


def python_of(folder):
    return os.path.join(folder, "bin", "python")


# Versions of Flask that a rotation is proven with, beside the one of app-requirements.txt.
OTHER_FLASKS = ("3.0.3", "3.1.0")


def for_tests():
    return _ensure("test-venv", "requirements.txt", (), OTHER_FLASKS)


def for_app(packages=()):
    """The environment of a sample app: the servers, and the packages its roundtrip.json asks for."""
    mark = hashlib.sha256("\0".join(packages).encode()).hexdigest()[:8]
    return _ensure("app-venv" + ("-" + mark if packages else ""), "app-requirements.txt", packages)


def _ensure(name, pins, packages, flasks=()):
    """Return the Python of an environment that holds exactly the pins and these packages more.

    Other versions of Flask lie in folders of their own, for PYTHONPATH: flasks/3.1.0.

    The stamp is written last, so that an installation which was interrupted is made again.
    """
    folder = os.path.join(PROJECT, TARGET, name)
    contents = [_read(os.path.join(HERE, file)) for file in ("requirements.txt", "app-requirements.txt")]
    wanted = hashlib.sha256("\0".join([pins, sys.version] + contents + list(packages) + list(flasks)).encode()).hexdigest()
    stamp = os.path.join(folder, "flask-harden-pins")
    if os.path.exists(python_of(folder)) and _read(stamp) == wanted:
        return python_of(folder)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    _run([sys.executable, "-m", "venv", folder],
         "install the package that holds Python's venv module (python3-venv on Debian)")
    _run([python_of(folder), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
          "--no-input", "--only-binary", ":all:", "-r", os.path.join(HERE, pins)] + list(packages),
         "check the network connection to the package index")
    for version in flasks:
        _run([python_of(folder), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input",
              "--no-deps", "--only-binary", ":all:", "--target", os.path.join(folder, "flasks", version),
              "Flask==" + version],
             "check the network connection to the package index")
    with open(stamp, "w", encoding="utf-8") as file:
        file.write(wanted)
    return python_of(folder)


def _read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return None


def _run(argv, hint):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, universal_newlines=True)
    if done.returncode:
        raise EnvironmentFailed("%s failed:\n%s\nnow: %s" % (" ".join(argv), done.stdout, hint))


if __name__ == "__main__":
    try:
        print("FH_PYTHON=%s\nFH_APP_PYTHON=%s" % (shlex.quote(for_tests()), shlex.quote(for_app())))
    except EnvironmentFailed as error:
        sys.exit("error: %s" % error)
