"""Which findings answer which labels.

A finding and a label meet if file and threat are the same and the lines are those of one statement, or
at most two lines apart. One finding answers one label. Findings on the statement of an answered label are
the same alarm again. What meets no label is a false alarm, inside the paths the labels cover.
"""
import ast
from collections import namedtuple

from labels import SEVERITIES

NEAR = 2
WHOLE = NEAR + 1  # a label without lines: a file or a folder

Finding = namedtuple("Finding", "rule name threat severity path line message")
Missed = namedtuple("Missed", "label too_low")
Alarm = namedtuple("Alarm", "finding label")
Result = namedtuple("Result", "found missed false allowed repeated outside")


def finding(data):
    """From one entry of `findings` in the JSON report; the rule's first digit is the threat."""
    return Finding(data["rule"], data["name"], int(data["rule"][2]), data["severity"],
                   data["path"], data["line"], data["message"])


class Statements:
    """The lines of each statement of Python files; other files have none."""

    def __init__(self, read):
        self.read = read  # path -> text, or None
        self.known = {}

    def of(self, path):
        if path not in self.known:
            self.known[path] = spans(self.read(path)) if path.endswith(".py") else []
        return self.known[path]

    def same(self, path, one, other):
        """One of the lines begins the smallest statement that the other is in."""
        inner = [span for span in self.of(path) if span[0] <= one <= span[1] and span[0] <= other <= span[1]]
        if not inner:
            return False
        first = max(inner)[0]
        return first in (one, other)


def spans(text):
    try:
        tree = ast.parse(text or "")
    except (SyntaxError, ValueError):
        return []  # Python 2 and broken files: the distance in lines has to do
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            first = min([node.lineno] + [made.lineno for made in getattr(node, "decorator_list", [])])
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if body else node.end_lineno
            found.append((first, max(first, last)))
    return found


def distance(found, label, kinds, statements):
    """Lines between a finding and a label; None where they do not meet."""
    if found.threat != label.threat:
        return None
    kind = kinds.get(label.kind)
    if kind and not kind.words.search("%s %s" % (found.name, found.message)):
        return None
    best = None
    for place in label.places:
        away = from_place(found, place, statements)
        if away is not None and (best is None or away < best):
            best = away
    return best


def from_place(found, place, statements):
    if not place.holds(found.path):
        return None
    if not place.has_lines:
        return WHOLE
    if place.first <= found.line <= place.last:
        return 0
    if place.first == place.last and statements.same(found.path, place.first, found.line):
        return 0
    away = max(place.first - found.line, found.line - place.last)
    return away if away <= NEAR else None


def match(labelled, findings, kinds, statements):
    inside = [one for one in findings if labelled.covers_path(one.path)]
    pairs = []  # (distance, lowest severity last, number of the finding, number of the label)
    for number, found in enumerate(inside):
        for place, label in enumerate(labelled.labels):
            away = distance(found, label, kinds, statements)
            if away is not None:
                pairs.append((away, -SEVERITIES.index(found.severity), number, place))
    pairs = sorted(named_first(pairs, labelled, kinds))
    nearest_other = {}  # the nearest label that does not want a finding here
    for away, _, number, place in pairs:
        if not labelled.labels[place].wanted:
            nearest_other.setdefault(number, (away, place))
    wanted = [pair for pair in pairs if labelled.labels[pair[3]].wanted
              and pair[0] <= nearest_other.get(pair[2], (WHOLE,))[0]]
    answers = assign(wanted)
    return judge(labelled, inside, wanted, answers, nearest_other, kinds, len(findings) - len(inside))


def named_first(pairs, labelled, kinds):
    """A finding that a label knows by its words is not that of another label on the same line."""
    named = {number for _, _, number, place in pairs if labelled.labels[place].kind in kinds}
    return [pair for pair in pairs if pair[2] not in named or labelled.labels[pair[3]].kind in kinds]


def assign(pairs):
    """-> {label: finding}, nearest first; a label left over takes a finding that has another choice."""
    answers, used = {}, {}

    def place_of(label, seen):
        for _, _, number, place in pairs:
            if place != label or number in seen:
                continue
            seen.add(number)
            if number not in used or place_of(used[number], seen):
                answers[label], used[number] = number, label
                return True
        return False

    for _, _, number, place in pairs:
        if place not in answers and number not in used:
            answers[place], used[number] = number, place
    for label in sorted({place for _, _, _, place in pairs} - set(answers)):
        place_of(label, set())
    return answers


def judge(labelled, inside, wanted, answers, nearest_other, kinds, outside):
    found, missed, false, allowed, repeated = [], [], [], [], []
    for number, label in enumerate(labelled.labels):
        if not label.wanted:
            continue
        if number not in answers:
            missed.append(Missed(label, None))
            continue
        answer = inside[answers[number]]
        found.append((label, answer))
        if SEVERITIES.index(answer.severity) < SEVERITIES.index(label.expectation):
            missed.append(Missed(label, answer))
    same = {number for away, _, number, place in wanted if away in (0, WHOLE) and place in answers}
    for number, one in enumerate(inside):
        if number in answers.values():
            continue
        if number in same:
            repeated.append(one)
            continue
        label = labelled.labels[nearest_other[number][1]] if number in nearest_other else None
        (allowed if tolerated(one, label, kinds) else false).append(Alarm(one, label))
    return Result(found, missed, false, allowed, repeated, outside)


def tolerated(one, label, kinds):
    if label:
        return label.expectation == "may" or (label.expectation == "note" and one.severity == "low")
    words = "%s %s" % (one.name, one.message)
    mine = [kind for kind in kinds.values() if one.threat in kind.threats and kind.words.search(words)]
    return any(kind.default == "may" for kind in mine)
