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

    def test_the_three_counts_stand_side_by_side(self):
        before = [finding("FH103"), finding("FH401", "low"), finding("FH119", "low")]
        found = remedied(before, before[1:])
        self.assertEqual("1 of 2 (50 %); with advice without a patch 1 of 3; of what fails a scan 1 of 1",
                         rows.rate(found))
        self.assertEqual(["FH119"], found["advice"])
        self.assertEqual("nothing to remedy", rows.rate(remedied([], [])))

    def test_a_count_that_is_the_same_is_not_said_again(self):
        before = [finding("FH103"), finding("FH208", "low")]
        self.assertEqual("1 of 1 (100 %); with advice without a patch 1 of 2", rows.rate(remedied(before, before[1:])))
        low = [finding("FH401", "low")]
        self.assertEqual("0 of 1 (0 %); of what fails a scan 0 of 0", rows.rate(remedied(low, low)))
        self.assertEqual("0 of 1 (0 %)", rows.rate(remedied(before[:1], before[:1])))

    def test_history_fails_no_count(self):
        found = remedied([finding("FH101", commit="0a1b")], [])
        self.assertEqual(0, found["failing_before"])


if __name__ == "__main__":
    unittest.main()
