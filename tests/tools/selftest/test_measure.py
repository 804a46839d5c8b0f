"""The command that measures, on a small repository and a stand-in for the binary."""
import argparse
import io
import json
import os
import subprocess
import tempfile
import unittest

import measure

ENTRY = {"rule": "FH102", "name": "hardcoded-secret-key", "threat": "secret-key", "severity": "high", "path": "app.py",
         "line": 2, "message": "SECRET_KEY is a literal\x1b"}


class MeasureTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="fh-measure-")
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        self.shop = os.path.join(self.root, "checkouts", "shop")
        os.makedirs(self.shop)
        os.mkdir(os.path.join(self.root, "labels"))
        self.write(os.path.join(self.shop, "app.py"), "import os\nSECRET_KEY = 'x'\n\n\n\nDEBUG = True\n")
        self.git("init", "-q")
        self.git("add", ".")
        self.git("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "one")
        self.commit = measure.git(self.shop, "rev-parse", "HEAD")

    def git(self, *arguments):
        subprocess.run(["git", "-C", self.shop, *arguments], check=True)

    def write(self, path, text):
        with open(path, "w") as file:
            file.write(text)

    def labels(self, lines, commit=None):
        head = "# repository: some/shop\n# commit: %s\n# covers: .\n" % (commit or self.commit)
        self.write(os.path.join(self.root, "labels", "some-shop.tsv"), head + "".join(line + "\n" for line in lines))

    def run_with(self, entries, as_json=False, code=0):
        report, binary = os.path.join(self.root, "report.json"), os.path.join(self.root, "binary")
        self.write(report, json.dumps({"findings": entries}))
        self.write(binary, '#!/bin/sh\necho "$@" >%s/argv\ncat %s\nexit %d\n' % (self.root, report, code))
        os.chmod(binary, 0o755)
        out, err = io.StringIO(), io.StringIO()
        options = argparse.Namespace(binary=binary, labels=os.path.join(self.root, "labels"),
                                     checkouts=os.path.join(self.root, "checkouts"), json=as_json, only=None)
        return measure.run(options, out, err), out.getvalue(), err.getvalue()

    LINES = ["app.py:2\t1\tmedium\tsecret-key\tliteral", "app.py:6\t4\tlow\tdebug\ton"]

    def test_tables_and_lists(self):
        self.labels(self.LINES)
        false = dict(ENTRY, rule="FH701", path="other.py", line=1, message="a password")
        code, out, _ = self.run_with([ENTRY, false])
        self.assertEqual(0, code)
        rows = {" ".join(line.split()) for line in out.splitlines()}
        self.assertIn("1 secret key 1 1 1 100.0 % 1 0 100.0 % 0", rows)
        self.assertIn("4 debug mode 1 1 0 0.0 % 0 0 - 0", rows)
        self.assertIn("some/shop 2 2 1 50.0 % 1 1 50.0 % 0", rows)
        self.assertIn("missed some/shop app.py:6 debug: on", rows)
        self.assertIn("false some/shop other.py:1 FH701 high a password", rows)

    def test_what_was_not_judged_is_a_group_of_its_own(self):
        self.labels(self.LINES)
        _, out, _ = self.run_with([dict(ENTRY, rule="FH000", path="bin/tool", line=1, message="not judged")])
        rows = {" ".join(line.split()) for line in out.splitlines()}
        self.assertIn("0 not judged 0 0 0 - 0 1 0.0 % 0", rows)
        self.assertIn("false some/shop bin/tool:1 FH000 high not judged", rows)

    def test_the_scan_reads_no_history_and_never_fails(self):
        self.labels(self.LINES)
        self.run_with([])
        with open(os.path.join(self.root, "argv")) as file:
            self.assertEqual("scan --format json --history=none --fail-on none " + self.shop, file.read().strip())

    def test_json(self):
        self.labels(self.LINES)
        code, out, _ = self.run_with([dict(ENTRY, commit="abc"), ENTRY], as_json=True)
        found = json.loads(out)
        self.assertEqual((0, 1), (code, found["threats"]["1"]["true"]))
        self.assertEqual([], found["false"])
        self.assertEqual([("app.py:6", 4)], [(one["place"], one["threat"]) for one in found["missed"]])

    def test_control_characters_of_a_message_do_not_reach_the_terminal(self):
        self.labels([])
        _, out, _ = self.run_with([ENTRY])
        self.assertIn("SECRET_KEY is a literal?", out)
        self.assertNotIn("\x1b", out)

    def refused(self, words, code=1):
        got, _, err = self.run_with([])
        self.assertEqual(code, got)
        self.assertIn(words, err)

    def test_another_commit_is_refused(self):
        self.labels(self.LINES, commit="b" * 40)
        self.refused("labelled was bbbbbbbbbbbb")

    def test_a_changed_checkout_is_refused(self):
        self.labels(self.LINES)
        self.write(os.path.join(self.shop, "app.py"), "\n")
        self.refused("has changes: app.py")

    def test_a_missing_file_is_refused(self):
        self.labels(["gone.py:1\t1\tlow\tsecret-key\tnote"])
        self.refused("lacks labelled files: gone.py")

    def test_a_missing_checkout_is_refused(self):
        self.labels(self.LINES)
        os.rename(self.shop, self.shop + "-away")
        self.refused("no checkout")

    def test_a_failed_scan_is_no_result(self):
        self.labels(self.LINES)
        code, _, err = self.run_with([], code=70)
        self.assertEqual(1, code)
        self.assertIn("exit 70", err)

    def test_wrong_labels_are_exit_2(self):
        self.labels(["nonsense"])
        self.refused("some-shop.tsv:4", code=2)
