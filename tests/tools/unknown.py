#!/usr/bin/env python3
"""How many cells of `flask-harden explain SETTING` are unknown, over any checkouts.

A cell is one setting on one way an app is started. Reads only.
  unknown.py --binary target/release/flask-harden DIR...
"""
import argparse
import os
import subprocess
import sys
import tempfile

SETTINGS = ["SECRET_KEY", "DEBUG", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE"]


class NotExplained(Exception):
    """The program ended with another code than 0."""


def cells(binary, checkout):
    """-> (cells, unknown ones) of one checkout; its file names may be of any encoding."""
    total = unknown = 0
    with tempfile.TemporaryDirectory() as home:
        environment = {"PATH": os.environ["PATH"], "HOME": home}
        for setting in SETTINGS:
            run = subprocess.run([binary, "explain", setting], cwd=checkout, env=environment, stdin=subprocess.DEVNULL,
                                 capture_output=True, encoding="utf-8", errors="replace", check=False)
            if run.returncode != 0:
                said = run.stderr.strip().splitlines() or ["nothing was said"]
                raise NotExplained("exit %d: %s" % (run.returncode, said[0]))
            lines = run.stdout.splitlines()
            # A target stands two columns in, its value six columns in on the line below.
            for at, line in enumerate(lines[:-1]):
                is_target = line.startswith("  ") and not line.startswith("   ")
                if is_target and lines[at + 1].startswith("      "):
                    total += 1
                    unknown += lines[at + 1].strip().startswith("unknown")
    return total, unknown


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("checkouts", nargs="+", metavar="DIR")
    options = parser.parse_args()
    binary = os.path.abspath(options.binary)
    all_cells = all_unknown = not_counted = 0
    for checkout in options.checkouts:
        name = os.path.basename(os.path.abspath(checkout))
        try:
            total, unknown = cells(binary, checkout)
        except (NotExplained, OSError) as problem:
            print("%-32s not counted: %s" % (name, problem))
            not_counted += 1
            continue
        print("%-32s %3d of %3d" % (name, unknown, total), flush=True)
        all_cells += total
        all_unknown += unknown
    share = 100.0 * all_unknown / all_cells if all_cells else 0.0
    print("%d of %d cells unknown (%.1f %%)" % (all_unknown, all_cells, share))
    # A 3 is a checkout without a Flask project; anything else would be a fault of the program.
    if not_counted:
        print("%d checkouts were not counted" % not_counted)
    return 0 if all_cells else 1


if __name__ == "__main__":
    sys.exit(main())
