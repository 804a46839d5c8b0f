#!/usr/bin/env python3
"""Lays out the sample app legacy-shop with a git history, as its owner would have it.

The history is made and not stored: it holds keys of its own, generated here the same way each
time, so that no file of this project looks like a leak. Usage: make_history.py DEST
"""
import hashlib
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
APPS = os.path.join(os.path.dirname(HERE), "fixtures", "apps")
SHOP = os.path.join(APPS, "legacy-shop")
NOT_IN_APP = shutil.ignore_patterns("roundtrip.json", "__pycache__", "instance")
READS_ENVIRONMENT = b"os.environ.get('SECRET_KEY') or 'hard to guess string'"

BASE = ["README.md", "requirements.txt", ".gitignore", "wsgi.py", "shop/__init__.py", "shop/db.py",
        "shop/static", "shop/templates/base.html"]


def made_key(name):
    """A key that once stood in this shop; the same for everyone, and nobody's."""
    return hashlib.sha256(("legacy-shop " + name).encode()).hexdigest()[:40]


class Repository:
    """Commits with fixed people and dates, so that the same ids come out everywhere."""

    def __init__(self, root):
        self.root = root
        self.day = 0
        self.git("init", "--quiet")
        self.git("symbolic-ref", "HEAD", "refs/heads/main")

    def git(self, *arguments):
        date = "2019-03-%02dT10:00:00+0000" % (4 + self.day)
        person = {"NAME": "Sam Shopkeeper", "EMAIL": "sam@shop.example", "DATE": date}
        env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        env.update(GIT_CONFIG_NOSYSTEM="1", HOME=os.path.join(self.root, ".git"),
                   XDG_CONFIG_HOME=os.path.join(self.root, ".git"))
        for role in ("AUTHOR", "COMMITTER"):
            env.update({"GIT_%s_%s" % (role, key): value for key, value in person.items()})
        subprocess.run(["git", "-c", "core.autocrlf=false", "-c", "gc.auto=0"] + list(arguments),
                       cwd=self.root, env=env, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL)

    def commit(self, message, *paths):
        self.git("add", "--", *paths)
        self.git("commit", "--quiet", "-m", message)
        self.day += 1


def write(root, path, content):
    target = os.path.join(root, path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "wb") as file:
        file.write(content)


def with_key(settings, expression):
    if READS_ENVIRONMENT not in settings:
        raise SystemExit("error: config.py of legacy-shop no longer has the line to replace")
    return settings.replace(READS_ENVIRONMENT, expression)


def make(dest):
    """Copy the app to `dest`, which must not exist, and commit it in eight steps."""
    shutil.copytree(SHOP, dest, ignore=NOT_IN_APP, symlinks=True)
    with open(os.path.join(dest, "config.py"), "rb") as file:
        settings = file.read()
    repository = Repository(dest)

    literal = ("'%s'" % made_key("first key")).encode()
    write(dest, "config.py", with_key(settings, literal))
    repository.commit("Start of the shop", "config.py", *BASE)
    repository.commit("Catalogue and search", "shop/catalogue.py", "shop/templates/catalogue")
    repository.commit("Sign in", "shop/auth.py", "shop/templates/auth")
    repository.commit("Start on the host", "Procfile")
    repository.git("tag", "-a", "v1.0", "-m", "First version that is online")

    repository.git("checkout", "--quiet", "-b", "staging")
    staging = "SHOP_CONFIG=production\nSECRET_KEY=%s\n" % made_key("staging key")
    write(dest, "deploy/staging.env", staging.encode())
    repository.commit("Try a staging host", "deploy/staging.env")
    repository.git("checkout", "--quiet", "main")
    repository.git("branch", "--quiet", "-D", "staging")

    write(dest, "config.py", settings)
    repository.commit("Read the key from the environment", "config.py")
    repository.commit("Accounts and orders", "shop/account.py", "shop/templates/account")
    repository.commit("Newsletter", "shop/newsletter.py")
    repository.commit("Tests, and an example of .env", "tests", ".env.example")
    return dest


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    make(os.path.abspath(sys.argv[1]))
