#!/usr/bin/env python3
"""The real parts our tests run against: what each needs, and how many tests ran on it.

To add a part, add its line to PARTS; its Rust tests stand in a module `real::<part>`.
  parts.py missing       the Debian packages of programs that are not there, one a line
  parts.py count LOG...  tests run for each part, then the totals; fails if a part had none
"""
import re
import shutil
import sys
from collections import namedtuple

Part = namedtuple("Part", "name what programs")

# name, what it is, the programs it needs with the Debian packages that hold them
PARTS = [
    Part("gunicorn", "gunicorn with two workers", {}),
    Part("uwsgi", "uWSGI with two processes, with the key from every store", {}),
    Part("waitress", "Waitress, with the key from every store", {}),
    Part("start-matrix", "the other ways to start, with the key from every store", {}),
    Part("rotate", "Flask 3.0.3, 3.1.0 and 3.1.3 while a key is rotated", {}),
    Part("rotate-sweep", "a rotation killed at every call, under strace", {"strace": "strace"}),
    Part("flask-run", "Flask's development server", {}),
    Part("dotenv", "python-dotenv, which reads .env for Flask", {}),
    Part("env-reader", "the .env reader we write into apps, in real Python", {}),
    Part("keyring", "gnome-keyring on a bus of its own, beside Python's keyring",
         {"gnome-keyring-daemon": "gnome-keyring", "secret-tool": "libsecret-tools", "dbus-daemon": "dbus",
          "dbus-send": "dbus"}),
    Part("vault", "OpenBao, a server of Vault's API", {}),
    Part("aws", "moto, a server of AWS' API", {}),
    Part("refused", "every command where Vault, AWS or the keyring refuses, cause by cause", {}),
    Part("shop-in-stores", "a legacy app hardened with Vault, AWS and the keyring, and back", {}),
    Part("store-rotation", "rotation in Vault, AWS and the keyring, sessions and all", {}),
    Part("store-sweep", "a rotation in each store killed at every call, under strace", {"strace": "strace"}),
    Part("secret-file", "keys mounted as files, as Docker, Kubernetes and systemd do", {}),
    Part("celery", "a Celery worker, with the key from every store", {}),
    Part("onboard", "a clone set up, under Flask's development server", {}),
    Part("pty", "the full screen on a pseudo-terminal", {}),
    Part("pty-onboard", "setting a clone up on a pseudo-terminal", {}),
    Part("kill-sweep", "apply and undo killed at every call, under strace", {"strace": "strace"}),
]
EVERYWHERE = {"git": "git", "cc": "gcc libc6-dev"}

RESULT = re.compile(r"^test (\S+)(?: - should panic)? \.\.\. (ok|FAILED|ignored)", re.MULTILINE)
TOTAL = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed", re.MULTILINE)


def missing():
    programs = dict(EVERYWHERE)
    for part in PARTS:
        programs.update(part.programs)
    found = [package for program, package in sorted(programs.items()) if not shutil.which(program)]
    try:
        import ensurepip  # noqa: F401  Debian keeps it apart from Python
        import venv  # noqa: F401
    except ImportError:
        found.append("python3-venv")
    return found


def count(text):
    """-> ({part: tests run}, passed, failed) from what `cargo test` printed."""
    ran = [name for name, outcome in RESULT.findall(text) if outcome != "ignored"]
    counts = {}
    for part in PARTS:
        path = "real::%s::" % part.name.replace("-", "_")
        counts[part.name] = sum(name.startswith(path) or "::" + path in name for name in ran)
    totals = [(int(passed), int(failed)) for passed, failed in TOTAL.findall(text)]
    return counts, sum(pair[0] for pair in totals), sum(pair[1] for pair in totals)


def report(text):
    counts, passed, failed = count(text)
    print("Tests run per real part:")
    for part in PARTS:
        print("  %-12s %4d  %s" % (part.name, counts[part.name], part.what))
    empty = [name for name, number in counts.items() if not number]
    if empty:
        print("error: no test ran on: %s" % ", ".join(empty))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if empty or failed or not passed else 0


def main(arguments):
    if arguments[:1] == ["missing"]:
        print("\n".join(missing()))
        return 0
    if arguments[:1] == ["count"]:
        text = ""
        for path in arguments[1:]:
            with open(path, encoding="utf-8", errors="replace") as file:
                text += file.read()
        return report(text)
    sys.stderr.write(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
