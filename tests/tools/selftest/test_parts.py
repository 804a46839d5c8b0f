"""Counting the tests of the real parts from cargo's own words."""
import contextlib
import io
import unittest

import parts

LOG = """
running 5 tests
test real::gunicorn::both_workers ... ok
test real::flask_run::login ... FAILED
test real::kill_sweep::apply ... ignored
test text::real_numbers ... ok
test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s
   Doc-tests flask_harden
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s
"""


class PartsTest(unittest.TestCase):
    def test_counts_and_totals(self):
        counts, passed, failed = parts.count(LOG)
        self.assertEqual((1, 1, 0), tuple(counts[part] for part in ("gunicorn", "flask-run", "kill-sweep")))
        self.assertEqual((5, 1), (passed, failed))

    def test_an_empty_part_fails_and_the_last_line_is_plain(self):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            self.assertEqual(1, parts.report(LOG))
        self.assertIn("kill-sweep", out.getvalue())
        self.assertEqual("5 passed, 1 failed", out.getvalue().splitlines()[-1])
