#!/usr/bin/env python3
"""How many findings of threats 1, 2 and 4 are gone after --apply, over any checkouts.

Every severity counts. Beside that stand, where they differ, the count with advice for which no
patch exists (see NO_PATCH in hardening.py) and the count of what fails a scan, which is all but the
low ones. Each checkout is copied first; nothing in it changes.
  remedied.py --binary target/release/flask-harden [--at-least 90] DIR...
"""
import argparse
import os
import shutil
import sys
import tempfile

import rows
from hardening import NO_PATCH, Hardening, remediable, remedied
from project import Project, Spec

COUNTS = [count + "_" + time if count else time for count in ("", "all", "failing") for time in ("before", "after")]


def taken_through(binary, checkout, scratch):
    """-> (the three counts, whether a second run had nothing to do, what is left)"""
    copy = os.path.join(scratch, "copy")
    shutil.copytree(checkout, copy, symlinks=True)
    hardening = Hardening(binary, Project(copy, sys.executable, Spec(""), scratch))
    before = hardening.scan()[1]
    if before is None:
        return None, None, []
    hardening.apply()
    after = hardening.scan()[1]
    again = "nothing to do" in hardening.apply().text.lower()
    return remedied(before, after), again, remediable(after)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--at-least", type=int, default=0, metavar="PERCENT")
    parser.add_argument("checkouts", nargs="+", metavar="DIR")
    options = parser.parse_args()
    binary = os.path.abspath(options.binary)
    total = dict.fromkeys(COUNTS, 0)
    unquiet = []
    for checkout in options.checkouts:
        name = os.path.basename(os.path.abspath(checkout))
        with tempfile.TemporaryDirectory(prefix="fh-remedied-") as scratch:
            found, again, left = taken_through(binary, os.path.abspath(checkout), scratch)
        if found is None:
            print("%-32s no report" % name)
            continue
        for word in total:
            total[word] += found[word]
        if not again:
            unquiet.append(name)
        print("%-32s %s%s" % (name, rows.rate(found), "" if again else "; the second run CHANGES"), flush=True)
        for finding in left:
            print("    left: %s %s %s" % (finding["rule"], finding["severity"], finding["message"]))
    print("all: %s" % rows.rate(total))
    for rule, needs in sorted(NO_PATCH.items()):
        print("advice without a patch: %s needs %s" % (rule, needs))
    share = rows.percent(total)
    return 1 if unquiet or share is not None and share < options.at_least else 0


if __name__ == "__main__":
    sys.exit(main())
