#!/usr/bin/env python3
"""Precision and recall of `flask-harden scan` on labelled public repositories.

It fetches nothing: every repository is a checkout under --checkouts, named owner-name or name, at the
commit that its label file gives.
  measure.py --binary BIN --labels tests/labels/dev --checkouts DIR [--json] [--only NAME]
"""
import argparse
import json
import os
import subprocess
import sys
from collections import Counter

import labels
import matching

SCAN = ["scan", "--format", "json", "--history=none", "--fail-on", "none"]
SECONDS = 300
# Files that the scan says it could not judge have a finding of no threat.
GROUPS = {**labels.THREATS, 0: "not judged"}


class Unmeasured(Exception):
    """A repository that cannot be measured, and why."""


def git(folder, *arguments):
    made = subprocess.run(["git", "-C", folder, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return made.stdout.decode("utf-8", "replace").strip() if made.returncode == 0 else None


def checkout(labelled, folder):
    """The checkout, which must be what was labelled."""
    tried = [os.path.join(folder, name) for name in (labelled.name, labelled.repository.split("/")[1])]
    commits = {path: git(path, "rev-parse", "HEAD") for path in tried if os.path.isdir(os.path.join(path, ".git"))}
    if not commits:
        raise Unmeasured("no checkout: %s" % " or ".join(tried))
    for path, commit in commits.items():
        if commit == labelled.commit:
            check_files(labelled, path)
            return path
    path, commit = next(iter(commits.items()))
    raise Unmeasured("%s is at %s, labelled was %s" % (path, (commit or "no commit")[:12], labelled.commit[:12]))


def check_files(labelled, path):
    absent = [name for name in labelled.files() if not os.path.exists(os.path.join(path, name))]
    if absent:
        raise Unmeasured("%s lacks labelled files: %s" % (path, ", ".join(absent[:3])))
    changed = git(path, "diff", "--name-only", "HEAD", "--", *labelled.covers)
    if changed:
        raise Unmeasured("%s has changes: %s" % (path, ", ".join(changed.split("\n")[:3])))


def scan(binary, path):
    try:
        made = subprocess.run([binary, *SCAN, path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise Unmeasured("the scan took more than %d s" % SECONDS) from None
    if made.returncode != 0:
        raise Unmeasured("the scan ended with exit %d" % made.returncode)
    entries = json.loads(made.stdout.decode("utf-8"))["findings"]
    return [matching.finding(entry) for entry in entries if "commit" not in entry]


def text_of(root):
    def read(path):
        try:
            with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            return None
    return read


def measure(labelled, kinds, binary, folder):
    path = checkout(labelled, folder)
    return matching.match(labelled, scan(binary, path), kinds, matching.Statements(text_of(path)))


def numbers(results):
    """-> {(repository, threat): Counter} of wanted, found, missed, false, allowed, repeated."""
    table = {}
    for labelled, result in results:
        def count(threat, name):
            table.setdefault((labelled.repository, threat), Counter())[name] += 1
        for label in labelled.labels:
            count(label.threat, "labels")
            if label.wanted:
                count(label.threat, "wanted")
        for label, _ in result.found:
            count(label.threat, "true")
        for missed in result.missed:
            count(missed.label.threat, "missed")
        for alarm in result.false:
            count(alarm.finding.threat, "false")
        for alarm in result.allowed:
            count(alarm.finding.threat, "allowed")
        for one in result.repeated:
            count(one.threat, "repeated")
    return table


def percent(part, whole):
    return "%5.1f %%" % (100 * part / whole) if whole else "     - "


def row(name, count):
    found = count["wanted"] - count["missed"]
    return "%-42s %6d %6d %6d %s %6d %6d %s %7d" % (
        name[:42], count["labels"], count["wanted"], found, percent(found, count["wanted"]),
        count["true"], count["false"], percent(count["true"], count["true"] + count["false"]), count["allowed"])


HEADER = "%-42s %6s %6s %6s %7s %6s %6s %7s %7s" % (
    "", "labels", "wanted", "found", "recall", "right", "false", "precis.", "allowed")


def total(table, key):
    sums = {}
    for place, count in table.items():
        sums.setdefault(key(place), Counter()).update(count)
    return sums


def tables(results):
    table = numbers(results)
    lines = ["By threat", HEADER]
    by_threat = total(table, lambda place: place[1])
    for threat, name in GROUPS.items():
        lines.append(row("%d %s" % (threat, name), by_threat.get(threat, Counter())))
    lines.append(row("all", total(table, lambda _: "all").get("all", Counter())))
    lines += ["", "By repository", HEADER]
    for name, count in sorted(total(table, lambda place: place[0]).items()):
        lines.append(row(name, count))
    return lines


def one_line(text):
    return "".join(c if c.isprintable() else "?" for c in text)


def lists(results):
    """Misses and false alarms by threat. Messages are the scan's own, which hides values."""
    lines = []
    for threat, name in GROUPS.items():
        missed = [(labelled, one) for labelled, result in results for one in result.missed if one.label.threat == threat]
        false = [(labelled, one) for labelled, result in results for one in result.false if one.finding.threat == threat]
        lines += ["", "%d %s: %d missed, %d false alarms" % (threat, name, len(missed), len(false))]
        for labelled, one in missed:
            low = "  (found, but only %s)" % one.too_low.severity if one.too_low else ""
            lines.append("  missed %s %s  %s: %s%s" % (
                labelled.repository, one.label, one.label.kind, one.label.note, low))
        for labelled, one in false:
            label = "  (label: %s, %s)" % (one.label.expectation, one.label.note) if one.label else ""
            lines.append("  false  %s %s:%d  %s %s %s%s" % (
                labelled.repository, one.finding.path, one.finding.line, one.finding.rule, one.finding.severity,
                one.finding.message, label))
    return [one_line(line) for line in lines]


def document(results, unmeasured):
    table = numbers(results)
    return {
        "threats": {str(key): count for key, count in sorted(total(table, lambda place: place[1]).items())},
        "repositories": total(table, lambda place: place[0]),
        "missed": [{"repository": labelled.repository, "place": str(one.label), "threat": one.label.threat,
                    "kind": one.label.kind, "note": one.label.note,
                    "too_low": one.too_low.severity if one.too_low else None}
                   for labelled, result in results for one in result.missed],
        "false": [dict(one.finding._asdict(), repository=labelled.repository)
                  for labelled, result in results for one in result.false],
        "unmeasured": [{"repository": name, "why": why} for name, why in unmeasured],
    }


def run(options, out=sys.stdout, err=sys.stderr):
    """-> exit code: 0 measured, 1 a repository was left out, 2 wrong options or labels."""
    try:
        found, kinds = labels.read_folder(options.labels)
    except (OSError, labels.LabelError) as error:
        print("error: %s" % error, file=err)
        return 2
    results, unmeasured = [], []
    for labelled in found:
        if options.only and labelled.name not in options.only:
            continue
        try:
            results.append((labelled, measure(labelled, kinds, options.binary, options.checkouts)))
        except Unmeasured as why:
            unmeasured.append((labelled.repository, str(why)))
            print("error: %s was not measured: %s" % (labelled.repository, why), file=err)
    if options.json:
        json.dump(document(results, unmeasured), out, indent=1, sort_keys=True)
        print(file=out)
    else:
        print("\n".join(tables(results) + lists(results)), file=out)
    return 1 if unmeasured or not results else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", required=True, help="the flask-harden to measure")
    parser.add_argument("--labels", required=True, help="a folder of label files")
    parser.add_argument("--checkouts", required=True, help="a folder of checkouts")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--only", action="append", metavar="OWNER-NAME", help="only this repository; can be repeated")
    options = parser.parse_args()
    options.binary = os.path.abspath(options.binary)
    sys.exit(run(options))


if __name__ == "__main__":
    main()
