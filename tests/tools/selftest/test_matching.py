"""Which finding answers which label."""
import unittest

import labels
import matching
from .test_labels import KINDS

CODE = """import os

app.config.update(
    SECRET_KEY="a",
    SECOND="b",
)
if x:
    app.run(debug=True)


@app.route("/order/<id>")
@login_required
def order(id):
    return Order.query.get(id)
"""


def label(where, expectation, threat=1, kind="secret-key"):
    places = tuple(labels.place(part) for part in where.split("|"))
    return labels.Label(places, threat, expectation, kind, "note")


def finding(path, line, threat=1, severity="high", name="hardcoded-secret-key", message=""):
    return matching.Finding("FH%d01" % threat, name, threat, severity, path, line, message)


class MatchingTest(unittest.TestCase):
    def match(self, wanted, findings, covers=(".",), text=None):
        labelled = labels.Labelled("some/shop", "a" * 40, tuple(covers), tuple(wanted))
        return matching.match(labelled, findings, KINDS, matching.Statements(lambda path: text))

    def outcome(self, *arguments, **more):
        result = self.match(*arguments, **more)
        return tuple(len(part) for part in (result.found, result.missed, result.false, result.allowed, result.repeated))

    def test_lines_may_be_two_apart_and_not_three(self):
        wanted = [label("config.cfg:10", "medium")]
        for line in (8, 10, 12):
            self.assertEqual((1, 0, 0, 0, 0), self.outcome(wanted, [finding("config.cfg", line)]))
        self.assertEqual((0, 1, 1, 0, 0), self.outcome(wanted, [finding("config.cfg", 13)]))

    def test_file_and_threat_are_the_same(self):
        wanted = [label("config.cfg:10", "medium")]
        self.assertEqual((0, 1, 1, 0, 0), self.outcome(wanted, [finding("other.cfg", 10)]))
        self.assertEqual((0, 1, 1, 0, 0), self.outcome(wanted, [finding("config.cfg", 10, threat=7)]))

    def test_one_finding_answers_one_label(self):
        wanted = [label("config.cfg:10", "medium"), label("config.cfg:11", "medium")]
        self.assertEqual((1, 1, 0, 0, 0), self.outcome(wanted, [finding("config.cfg", 10)]))

    def test_a_label_takes_the_finding_that_has_another_choice(self):
        wanted = [label("config.cfg:10", "medium"), label("config.cfg:13", "medium")]
        findings = [finding("config.cfg", 12), finding("config.cfg", 14)]
        self.assertEqual((2, 0, 0, 0, 0), self.outcome(wanted, findings))

    def test_two_rules_on_one_line_count_once(self):
        wanted = [label("config.cfg:10", "medium")]
        findings = [finding("config.cfg", 10), finding("config.cfg", 10, name="weak-key")]
        self.assertEqual((1, 0, 0, 0, 1), self.outcome(wanted, findings))

    def test_a_neighbour_line_is_not_the_same_alarm(self):
        wanted = [label("config.cfg:10", "medium")]
        findings = [finding("config.cfg", 10), finding("config.cfg", 11)]
        self.assertEqual((1, 0, 1, 0, 0), self.outcome(wanted, findings))

    def test_statements_begin_at_their_first_line(self):
        wanted = [label("app.py:4", "medium")]
        self.assertEqual((1, 0, 0, 0, 0), self.outcome(wanted, [finding("app.py", 3)], text=CODE))
        self.assertEqual((0, 1, 1, 0, 0), self.outcome([label("app.py:8", "low", threat=4, kind="debug")],
                                                       [finding("app.py", 3, threat=4)], text=CODE))

    def test_decorators_belong_to_the_handler(self):
        wanted = [label("app.py:13", "low", threat=6, kind="ownership")]
        found = finding("app.py", 11, threat=6, name="object-without-authorization")
        self.assertEqual((1, 0, 0, 0, 0), self.outcome(wanted, [found], text=CODE))

    def test_a_severity_below_the_floor_is_a_miss_and_no_false_alarm(self):
        result = self.match([label("config.cfg:10", "medium")], [finding("config.cfg", 10, severity="low")])
        self.assertEqual(["low"], [missed.too_low.severity for missed in result.missed])
        self.assertEqual([], result.false)

    def test_no_may_and_note(self):
        low, high = finding("config.cfg", 10, severity="low"), finding("config.cfg", 10)
        for expectation, found, false in (("no", low, 1), ("may", high, 0), ("note", low, 0), ("note", high, 1)):
            result = self.match([label("config.cfg:10", expectation)], [found])
            self.assertEqual((false, 1 - false), (len(result.false), len(result.allowed)), expectation)

    def test_a_label_that_says_no_on_the_very_line_wins_over_a_wanted_neighbour(self):
        wanted = [label("config.cfg:10", "medium"), label("config.cfg:11", "no")]
        self.assertEqual((0, 1, 1, 0, 0), self.outcome(wanted, [finding("config.cfg", 11)]))

    def test_what_is_missing_is_known_by_words_anywhere_in_its_folder(self):
        wanted = [label("vote/", "low", threat=5, kind="request-size")]
        size = finding("vote/app.py", 3, threat=5, name="no-request-size-limit", message="MAX_CONTENT_LENGTH is not set")
        other = finding("vote/app.py", 3, threat=5, name="development-server-in-production")
        self.assertEqual((1, 0, 0, 0, 0), self.outcome(wanted, [size]))
        self.assertEqual((1, 0, 0, 0, 1), self.outcome(wanted, [size, size._replace(line=9)]))
        self.assertEqual((0, 1, 1, 0, 0), self.outcome(wanted, [other]))
        self.assertEqual((0, 1, 1, 0, 0), self.outcome(wanted, [size._replace(path="app.py")]))

    def test_a_line_label_does_not_hide_what_is_missing(self):
        wanted = [label("Procfile:1", "no", threat=5, kind="dev-server"), label(".", "low", threat=5, kind="request-size")]
        size = finding("Procfile", 1, threat=5, name="no-request-size-limit")
        self.assertEqual((1, 0, 0, 0, 0), self.outcome(wanted, [size]))

    def test_kinds_of_one_threat_on_the_same_lines_are_told_apart(self):
        wanted = [label("a.cfg:5-9", "no", threat=6, kind="ownership"), label("a.cfg:5-6", "low", threat=6, kind="converter")]
        converter = finding("a.cfg", 5, threat=6, severity="low", name="missing-converter")
        owner = finding("a.cfg", 7, threat=6, severity="low", name="object-without-authorization")
        self.assertEqual((1, 0, 0, 0, 0), self.outcome(wanted, [converter]))
        self.assertEqual((1, 0, 1, 0, 0), self.outcome(wanted, [converter, owner]))

    def test_the_default_of_a_kind_speaks_where_no_label_does(self):
        headers = finding("app.py", 1, threat=5, severity="low", name="no-security-headers", message="no HSTS")
        size = finding("app.py", 1, threat=5, severity="low", name="no-request-size-limit", message="MAX_CONTENT_LENGTH")
        self.assertEqual((0, 0, 0, 1, 0), self.outcome([], [headers]))
        self.assertEqual((0, 0, 1, 0, 0), self.outcome([], [size]))

    def test_findings_outside_the_covered_paths_do_not_count(self):
        result = self.match([], [finding("docs/conf.py", 1), finding("app/a.py", 1)], covers=["app"])
        self.assertEqual((1, 1), (len(result.false), result.outside))

    def test_alternatives(self):
        wanted = [label("Dockerfile:5|app.py:9", "medium", threat=5, kind="dev-server")]
        for path, line in (("Dockerfile", 5), ("app.py", 9)):
            self.assertEqual((1, 0, 0, 0, 0), self.outcome(wanted, [finding(path, line, threat=5)]))
