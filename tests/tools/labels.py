"""Label files: what a careful reviewer would file in a public repository, and what not.

The format and the rules of labelling are in tests/labels/README.md.
"""
import os
import re
from collections import namedtuple

SEVERITIES = ("low", "medium", "high", "live")
# A severity is a problem that must be found, with at least that severity.
EXPECTATIONS = ("low", "medium", "high", "may", "note", "no")
THREATS = {
    1: "secret key", 2: "session cookie", 3: "templates", 4: "debug mode",
    5: "server", 6: "routes", 7: "leaked logins",
}
COMMIT = re.compile(r"^[0-9a-f]{40}$")
PLACE = re.compile(r"^(?P<path>.+?)(?::(?P<first>\d+)(?:-(?P<last>\d+))?)?$")

Kind = namedtuple("Kind", "name threats default words")


class LabelError(Exception):
    """A label file that cannot be used; says where."""


class Place(namedtuple("Place", "path first last")):
    """Lines of a file, a whole file, or a folder (`vote/`, or `.` for everything)."""

    @property
    def has_lines(self):
        return self.first is not None

    @property
    def is_folder(self):
        return self.path == "." or self.path.endswith("/")

    def holds(self, path):
        if self.path == ".":
            return True
        return path.startswith(self.path) if self.is_folder else path == self.path

    def __str__(self):
        if not self.has_lines:
            return self.path
        lines = str(self.first) if self.first == self.last else "%d-%d" % (self.first, self.last)
        return "%s:%s" % (self.path, lines)


class Label(namedtuple("Label", "places threat expectation kind note")):
    @property
    def wanted(self):
        return self.expectation in SEVERITIES

    def __str__(self):
        return "|".join(map(str, self.places))


class Labelled(namedtuple("Labelled", "repository commit covers labels")):
    """One repository at one commit, with everything that was judged in it."""

    @property
    def name(self):
        return self.repository.replace("/", "-")

    def covers_path(self, path):
        return any(part == "." or path == part or path.startswith(part.rstrip("/") + "/") for part in self.covers)

    def files(self):
        """The files that labels name; without folders."""
        return sorted({place.path for label in self.labels for place in label.places if not place.is_folder})


def place(text):
    found = PLACE.match(text)
    first = found.group("first")
    if first is None:
        return Place(text, None, None)
    return Place(found.group("path"), int(first), int(found.group("last") or first))


def label(line, kinds):
    fields = line.split("\t")
    if len(fields) != 5:
        raise LabelError("has %d fields, not 5" % len(fields))
    where, threat, expectation, kind, note = fields
    if not threat.isdigit() or int(threat) not in THREATS:
        raise LabelError("no threat %s" % threat)
    if expectation not in EXPECTATIONS:
        raise LabelError("no expectation '%s'" % expectation)
    if not note.strip():
        raise LabelError("has no note")
    places = tuple(place(part) for part in where.split("|"))
    if kind not in kinds and not all(part.has_lines for part in places):
        raise LabelError("a place without lines needs a kind of kinds.tsv")
    if kind in kinds and int(threat) not in kinds[kind].threats:
        raise LabelError("kind %s is not of threat %s" % (kind, threat))
    return Label(places, int(threat), expectation, kind, note)


def read(path, kinds):
    """-> Labelled; LabelError says which line is wrong."""
    head, labels = {}, []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file.read().splitlines(), 1):
            try:
                if line.startswith("# "):
                    key, _, value = line[2:].partition(": ")
                    head[key] = value.strip()
                elif line.strip():
                    labels.append(label(line, kinds))
            except LabelError as error:
                raise LabelError("%s:%d: %s" % (path, number, error)) from None
    for key in ("repository", "commit", "covers"):
        if not head.get(key):
            raise LabelError("%s: no line '# %s: …'" % (path, key))
    if not COMMIT.match(head["commit"]):
        raise LabelError("%s: the commit is not a full hash" % path)
    found = Labelled(head["repository"], head["commit"], tuple(head["covers"].split()), tuple(labels))
    if os.path.basename(path) != found.name + ".tsv":
        raise LabelError("%s: should be named %s.tsv" % (path, found.name))
    return found


def read_kinds(path):
    """-> {name: Kind}: findings of a kind are known by words of their rule's name and message."""
    kinds = {}
    with open(path, encoding="utf-8") as file:
        for line in file.read().splitlines():
            if line.startswith("#") or not line.strip():
                continue
            name, threats, default, words = line.split("\t")
            if default not in ("no", "may"):
                raise LabelError("%s: default of %s is neither no nor may" % (path, name))
            kinds[name] = Kind(name, frozenset(map(int, threats.split(","))), default, re.compile(words, re.IGNORECASE))
    return kinds


def read_folder(folder):
    """-> ([Labelled], kinds) of tests/labels/dev, whose kinds.tsv stands beside the folder or in it."""
    inside, beside = (os.path.join(folder, *up, "kinds.tsv") for up in ((), ("..",)))
    own = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "labels", "kinds.tsv")
    kinds = read_kinds(next((path for path in (inside, beside) if os.path.exists(path)), own))
    names = sorted(name for name in os.listdir(folder) if name.endswith(".tsv") and name != "kinds.tsv")
    return [read(os.path.join(folder, name), kinds) for name in names], kinds
