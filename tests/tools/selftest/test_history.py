"""The sample repository comes out the same each time, as a stranger would have it."""
import os
import subprocess

import make_history
import trees

from .support import AppTest


def git(root, *arguments):
    return subprocess.check_output(["git", "-C", root] + list(arguments), universal_newlines=True)


class HistoryTest(AppTest):
    def test_it_is_the_same_each_time(self):
        heads = []
        for name in ("first", "second"):
            root = make_history.make(os.path.join(self.scratch, name))
            heads.append(git(root, "rev-parse", "HEAD"))
        self.assertEqual(heads[0], heads[1])

    def test_what_a_stranger_has(self):
        root = self.shop().root
        self.assertEqual(8, len(git(root, "log", "--format=%h").split()))
        self.assertEqual("?? .env\n", git(root, "status", "--porcelain"))
        self.assertEqual("v1.0\n", git(root, "tag"))
        self.assertEqual("* main\n", git(root, "branch"))
        self.assertIn("dangling commit", git(root, "fsck", "--no-reflogs", "--no-progress"))
        with open(os.path.join(root, "config.py"), "rb") as file:
            settings = file.read()
        self.assertEqual(settings.count(b"\n"), settings.count(b"\r\n"))
        self.assertEqual(settings, subprocess.check_output(
            ["git", "-C", root, "show", "HEAD:config.py"]))

    def test_the_first_key_stands_in_history_only(self):
        root = self.shop().root
        key = make_history.made_key("first key")
        self.assertIn(key, git(root, "show", "v1.0:config.py"))
        self.assertNotIn(key, git(root, "show", "HEAD:config.py"))


class TreesTest(AppTest):
    def test_every_kind_of_difference_is_seen(self):
        root = os.path.join(self.scratch, "tree")
        os.makedirs(root)
        for name in ("content", "mode", "mtime", "removed", "same"):
            with open(os.path.join(root, name), "w") as file:
                file.write("x")
        before = trees.snapshot(root)
        with open(os.path.join(root, "content"), "w") as file:
            file.write("y")
        os.chmod(os.path.join(root, "mode"), 0o600)
        os.utime(os.path.join(root, "mtime"), (1, 1))
        os.unlink(os.path.join(root, "removed"))
        os.symlink("same", os.path.join(root, "created"))
        expected = {kind: kind for kind in ("content", "created", "mode", "mtime", "removed")}
        self.assertEqual(expected, trees.differences(before, trees.snapshot(root), mtimes=True))

    def test_a_fresh_clone_has_the_patch_and_no_env_file(self):
        project = self.shop()
        for path in (".gitignore", "Procfile"):
            with open(os.path.join(project.root, path), "a") as file:
                file.write(".env\n")
        clone = os.path.join(self.scratch, "clone")
        trees.fresh_clone(project.root, clone, [".env", ".gitignore", "Procfile"])
        self.assertFalse(os.path.exists(os.path.join(clone, ".env")))
        with open(os.path.join(clone, "Procfile")) as file:
            self.assertIn(".env", file.read())
        self.assertEqual(8, len(git(project.root, "log", "--format=%h").split()))
