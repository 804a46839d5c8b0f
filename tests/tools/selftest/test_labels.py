"""Reading label files, and the development set itself."""
import collections
import os
import tempfile
import unittest

import labels

HERE = os.path.dirname(os.path.abspath(__file__))
LABELS = os.path.join(HERE, "..", "..", "labels")
KINDS = labels.read_kinds(os.path.join(LABELS, "kinds.tsv"))
HEAD = "# repository: some/shop\n# commit: %s\n# covers: .\n" % ("a" * 40)


class ReadingTest(unittest.TestCase):
    def read(self, text, name="some-shop.tsv"):
        with tempfile.TemporaryDirectory(prefix="fh-labels-") as folder:
            path = os.path.join(folder, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            return labels.read(path, KINDS)

    def refused(self, text, words, **more):
        with self.assertRaises(labels.LabelError) as caught:
            self.read(text, **more)
        self.assertIn(words, str(caught.exception))

    def test_places_with_lines_ranges_files_and_folders(self):
        found = self.read(HEAD + "a.py:3|b/c.py:4-9\t4\tmedium\tdebug\tnote\nvote/\t5\tno\trequest-size\tnote\n")
        first, second = found.labels
        self.assertEqual([("a.py", 3, 3), ("b/c.py", 4, 9)], [tuple(place) for place in first.places])
        self.assertTrue(first.wanted)
        self.assertEqual("a.py:3|b/c.py:4-9", str(first))
        self.assertFalse(second.wanted)
        self.assertTrue(second.places[0].holds("vote/app.py"))
        self.assertFalse(second.places[0].holds("votes.py"))

    def test_wrong_lines_are_named(self):
        self.refused(HEAD + "a.py:3\t4\tmedium\tdebug\n", "some-shop.tsv:4: has 4 fields")
        self.refused(HEAD + "a.py:3\t8\tmedium\tdebug\tnote\n", "no threat 8")
        self.refused(HEAD + "a.py:3\t4\tyes\tdebug\tnote\n", "no expectation 'yes'")
        self.refused(HEAD + "a.py\t4\tlow\tdebug\tnote\n", "needs a kind")
        self.refused(HEAD + ".\t4\tlow\trequest-size\tnote\n", "not of threat 4")
        self.refused(HEAD + "a.py:3\t4\tlow\tdebug\t\n", "has no note")

    def test_the_head_is_needed_and_agrees_with_the_name(self):
        self.refused("# repository: some/shop\n# covers: .\n", "no line '# commit")
        self.refused(HEAD.replace("a" * 40, "main"), "not a full hash")
        self.refused(HEAD, "should be named some-shop.tsv", name="other.tsv")

    def test_covered_paths(self):
        found = self.read(HEAD.replace("covers: .", "covers: apps/shop tools"))
        self.assertTrue(found.covers_path("apps/shop/app.py"))
        self.assertTrue(found.covers_path("tools"))
        self.assertFalse(found.covers_path("apps/shopping/app.py"))


class DevelopmentSetTest(unittest.TestCase):
    def setUp(self):
        self.found, _ = labels.read_folder(os.path.join(LABELS, "dev"))

    def test_it_is_as_large_and_balanced_as_promised(self):
        self.assertGreaterEqual(len(self.found), 12)
        threats = collections.Counter(label.threat for one in self.found for label in one.labels)
        self.assertGreaterEqual(sum(threats.values()), 300)
        self.assertEqual(set(labels.THREATS), {threat for threat, number in threats.items() if number >= 35})

    def test_no_place_is_labelled_twice(self):
        for one in self.found:
            seen = collections.Counter((str(label), label.threat, label.kind) for label in one.labels)
            self.assertEqual([], [key for key, number in seen.items() if number > 1], one.repository)

    def test_every_place_is_covered(self):
        for one in self.found:
            for label in one.labels:
                for place in label.places:
                    self.assertTrue(place.path == "." or one.covers_path(place.path.rstrip("/")), str(label))
