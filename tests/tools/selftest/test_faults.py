"""Each way to break an app or a promise, planted in a stand-in, makes the checks object."""
import argparse
import io
import os

import observe
import roundtrip
from hardening import Hardening
from steps import Steps

from .support import AppTest


class PromisesTest(AppTest):
    """Faults that show without a server."""

    def objections(self, fault):
        project = self.shop()
        key = observe.secret_key(project)
        hardening = Hardening(self.standin(fault), project)
        steps = Steps(io.StringIO())
        hardening.first_apply(steps)
        hardening.apply_again(steps)
        secrets = hardening.secrets_in_env_files() | {observe.plain(key)}
        hardening.undo(steps)
        hardening.no_key_in_outputs(steps, secrets)
        return [step["step"] for step in steps.differing]

    def test_nothing_to_object(self):
        self.assertEqual([], self.objections("none"))

    def test_second_run_that_touches_a_file(self):
        self.assertEqual(["second run changes nothing"], self.objections("touches-mtime"))

    def test_undo_that_loses_line_ends(self):
        self.assertEqual(["undo gives every byte back"], self.objections("undo-loses-crlf"))

    def test_key_in_an_output(self):
        self.assertEqual(["no secret in any output"], self.objections("prints-key"))

    def test_key_file_that_git_would_take(self):
        self.assertEqual(["key file closed and ignored"], self.objections("does-not-ignore"))


class RoundTripTest(AppTest):
    """Faults that show when the app runs. That a good patch passes is shown on the real binary."""

    def objections(self, fault):
        spec = self.shop().spec
        spec.file = None
        options = argparse.Namespace(name="legacy-shop", checkout=None, python=self.python,
                                     binary=self.standin(fault), old_key=None, at_least=90)
        steps = Steps(io.StringIO())
        scratch = os.path.join(self.scratch, "trip")
        os.makedirs(scratch)
        roundtrip.round_trip(options, spec, steps, scratch)
        return [step["step"] for step in steps.differing]

    def test_key_required_at_import(self):
        found = self.objections("raises-at-import")
        self.assertIn("fresh clone: imports", found)
        self.assertIn("fresh clone: own tests", found)

    def test_key_taken_from_the_tests(self):
        self.assertEqual(["fresh clone: own tests"], self.objections("breaks-tests"))

    def test_secure_cookies_in_development(self):
        self.assertEqual(["boot, cookies and logins"], self.objections("secure-everywhere"))

    def test_old_key_that_still_signs(self):
        self.assertEqual(["fresh clone: old key gone"], self.objections("keeps-old-key"))
