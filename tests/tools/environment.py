#!/usr/bin/env python3
"""The private Python environment of the tests: made once, remade when the pins change.

As a command it prints the path of the environment's Python: environment.py [DIR]
"""
import hashlib
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PROJECT = os.path.dirname(os.path.dirname(HERE))
PINS = os.path.join(HERE, "requirements.txt")
DEFAULT = os.path.join(PROJECT, "target", "test-venv")


class EnvironmentFailed(Exception):
    """The environment cannot be made; the text says why and what to do."""


def python_of(folder):
    return os.path.join(folder, "bin", "python")


def ensure(folder=None, packages=()):
    """Return the Python of an environment that holds exactly the pins and these packages more.

    The stamp is written last, so that an installation which was interrupted is made again.
    """
    with open(PINS, "rb") as file:
        wanted = hashlib.sha256(b"\0".join(
            [file.read(), sys.version.encode()] + [name.encode() for name in packages])).hexdigest()
    if folder is None:
        folder = DEFAULT + ("-" + wanted[:8] if packages else "")
    stamp = os.path.join(folder, "flask-harden-pins")
    if os.path.exists(python_of(folder)) and _read(stamp) == wanted:
        return python_of(folder)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.dirname(os.path.abspath(folder)), exist_ok=True)
    _run([sys.executable, "-m", "venv", folder],
         "install the package that holds Python's venv module (python3-venv on Debian)")
    _run([python_of(folder), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
          "--no-input", "--only-binary", ":all:", "-r", PINS] + list(packages),
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
        print(ensure(*sys.argv[1:2]))
    except EnvironmentFailed as error:
        sys.exit("error: %s" % error)
