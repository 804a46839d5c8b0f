"""What the remedied rate counts, and what it names apart."""
import unittest

import rows
from hardening import NO_PATCH, remediable, remedied


def finding(rule, severity="high", **more):
    return dict({"rule": rule, "severity": severity}, **more)


class RemediedTest(unittest.TestCase):
    def test_every_severity_counts(self):
        found = [finding("FH103"), finding("FH401", "low"), finding("FH204", "low"), finding("FH206", "medium")]
        self.assertEqual(found, remediable(found))

    def test_other_threats_and_history_do_not(self):
        self.assertEqual([], remediable([finding("FH501"), finding("FH302"), finding("FH101", commit="0a1b")]))

    def test_advice_is_named_apart_where_it_is_low_alone(self):
        for rule in NO_PATCH:
            self.assertEqual([], remediable([finding(rule, "low")]))
            self.assertEqual(1, len(remediable([finding(rule, "medium")])))

    def test_both_counts_stand_side_by_side(self):
        before = [finding("FH103"), finding("FH401", "low"), finding("FH119", "low")]
        found = remedied(before, before[1:])
        self.assertEqual("1 of 2 (50 %); with advice without a patch 1 of 3", rows.rate(found))
        self.assertEqual(["FH119"], found["advice"])
        self.assertEqual("nothing to remedy", rows.rate(remedied([], [])))


if __name__ == "__main__":
    unittest.main()
