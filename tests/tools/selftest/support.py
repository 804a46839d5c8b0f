"""What the tests of the tooling share: the sample app in a temporary folder, and small apps."""
import os
import stat
import sys
import tempfile
import unittest

import environment
import make_history
from project import Project, Spec

HERE = os.path.dirname(os.path.abspath(__file__))


class AppTest(unittest.TestCase):
    """A test with a scratch folder of its own and the pinned environment."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="fh-selftest-")
        self.addCleanup(folder.cleanup)
        self.scratch = folder.name
        self.python = environment.for_app()

    def shop(self):
        spec = Spec.read(os.path.join(make_history.SHOP, "roundtrip.json"))
        root = make_history.make(os.path.join(self.scratch, "shop"))
        return Project(root, self.python, spec, self.scratch)

    def small_app(self, text):
        root = os.path.join(self.scratch, "small")
        os.makedirs(root)
        with open(os.path.join(root, "small.py"), "w") as file:
            file.write(text)
        return Project(root, self.python, Spec("small:app", file="small.py"), self.scratch)

    def standin(self, fault="none"):
        """A stand-in for the binary with one fault planted."""
        path = os.path.join(self.scratch, "standin-" + fault)
        with open(path, "w") as file:
            file.write('#!/bin/sh\nexec "%s" "%s" %s "$@"\n' % (
                sys.executable, os.path.join(HERE, "standin.py"), fault))
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
        return path
