"""Work trees as data: what they hold byte for byte, how two differ, and copies with their git."""
import hashlib
import os
import shutil
import stat
import subprocess
from collections import namedtuple

from project import private_environment

Entry = namedtuple("Entry", "kind content mode mtime")
LEFT_OUT = {"node_modules", "__pycache__", ".tox", ".pytest_cache", "roundtrip.json"}


def snapshot(root, below=""):
    """Every path below `root`: kind, hash or link target, mode, mtime. `.git` is included."""
    entries = {}
    for folder, names, files in os.walk(os.path.join(root, below)):
        for name in names + files:
            path = os.path.join(folder, name)
            entries[os.path.relpath(path, root)] = _entry(path)
    return entries


def _entry(path):
    info = os.lstat(path)
    mode = stat.S_IMODE(info.st_mode)
    if stat.S_ISLNK(info.st_mode):
        return Entry("link", os.readlink(path), mode, info.st_mtime_ns)
    if stat.S_ISREG(info.st_mode):
        with open(path, "rb") as file:
            return Entry("file", hashlib.sha256(file.read()).hexdigest(), mode, info.st_mtime_ns)
    # A folder's size and time change with what is in it, which is listed by itself.
    return Entry("folder" if stat.S_ISDIR(info.st_mode) else "other", "", mode, info.st_mtime_ns)


def inside_git(path):
    return path == ".git" or path.startswith(".git" + os.sep)


def without_git(entries):
    return {path: entry for path, entry in entries.items() if not inside_git(path)}


def differences(before, after, mtimes=False):
    """{path: 'created' | 'removed' | 'content' | 'mode' | 'mtime'}, in the order of the paths."""
    found = {}
    for path in sorted(set(before) | set(after)):
        old, new = before.get(path), after.get(path)
        if old is None or new is None:
            found[path] = "created" if old is None else "removed"
        elif old[:2] != new[:2]:
            found[path] = "content"
        elif old.mode != new.mode:
            found[path] = "mode"
        elif mtimes and old.mtime != new.mtime:
            found[path] = "mtime"
    return found


def files_only(changes, *trees):
    """Leave out folders, which come and go with their files."""
    return {path: change for path, change in changes.items()
            if not any(path in tree and tree[path].kind == "folder" for tree in trees)}


def described(changes, limit=6):
    shown = ["%s (%s)" % change for change in list(changes.items())[:limit]]
    return ", ".join(shown) + (", and %d more" % (len(changes) - limit) if len(changes) > limit else "")


def copy_checkout(source, dest):
    """Copy a checkout with its git folder, but not what belongs to the machine (environments, caches)."""
    def left_out(folder, names):
        return [name for name in names if name in LEFT_OUT
                or os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))
                or (name == ".git" and folder == source and linked)]

    linked = os.path.isfile(os.path.join(source, ".git"))
    if linked:
        git(os.path.dirname(dest), "clone", "--quiet", "--no-hardlinks", source, dest)
    shutil.copytree(source, dest, symlinks=True, ignore=left_out, dirs_exist_ok=True)


def git(root, *arguments):
    """Run git as nobody in particular: no one's configuration, hooks or prompts. Returns its output."""
    env = private_environment(os.path.join(os.path.dirname(os.path.abspath(root)), "git-home"))
    env.update({"GIT_%s_%s" % (role, key): value for role in ("AUTHOR", "COMMITTER")
                for key, value in (("NAME", "Round Trip"), ("EMAIL", "roundtrip@example.org"))})
    env["GIT_TERMINAL_PROMPT"] = "0"
    done = subprocess.run(
        ["git", "-c", "core.autocrlf=false", "-c", "core.hooksPath=" + os.devnull,
         "-c", "protocol.file.allow=always", "-c", "safe.directory=*"] + list(arguments),
        cwd=root, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, universal_newlines=True)
    if done.returncode:
        raise RuntimeError("git %s failed: %s" % (arguments[0], done.stderr.strip()))
    return done.stdout


def ensure_repository(root, untracked=()):
    """Give a tree without git one commit of everything but the files that stay untracked."""
    if os.path.exists(os.path.join(root, ".git")):
        return
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    if untracked:
        # Not excluded from the add: git refuses to be told of a path that it ignores anyway.
        git(root, "rm", "-r", "--quiet", "--cached", "--ignore-unmatch", "--", *untracked)
    git(root, "commit", "--quiet", "-m", "The app as it is")


def ignored(root, paths):
    """Those of the paths that git neither tracks nor would add."""
    untracked = set(paths) - set(git(root, "ls-files", "-z", "--", *paths).split("\0"))
    hidden = git(root, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--",
                 *sorted(untracked)) if untracked else ""
    return untracked & set(hidden.split("\0"))


def tracked_holds(root, text):
    """Whether the work tree's version of a tracked file holds a text."""
    for path in git(root, "ls-files", "-z").split("\0"):
        full = os.path.join(root, path)
        if path and os.path.isfile(full) and not os.path.islink(full):
            with open(full, "rb") as file:
                if text.encode() in file.read():
                    return True
    return False


def fresh_clone(root, dest, touched=None):
    """Clone what a colleague gets: the last commit, or with `touched` one that has these changes too.

    The commit is made in a copy; the tree itself and its git folder stay as they are.
    """
    if touched:
        author = dest + "-author"
        shutil.copytree(root, author, symlinks=True)
        git(author, "add", "--all", "--", *sorted(set(touched) - ignored(author, touched)))
        git(author, "commit", "--quiet", "--allow-empty", "-m", "Harden the configuration")
        root = author
    git(os.path.dirname(dest), "clone", "--quiet", "--no-hardlinks", root, dest)
