#!/usr/bin/env python3
"""How much processor time `flask-harden scan` takes of a working tree, beside what Python takes to
parse the same files.

  speed.py --binary target/release/flask-harden                 a project of 1,400 files, made for it
  speed.py --binary target/release/flask-harden CHECKOUT ...    checkouts of any Flask projects

Each run is a process of its own; its time is user and system time, as the operating system counts it
for a process that has ended. Runs of the scan and of the baseline alternate, so that a machine that
slows down slows both. The baseline is one process that reads the Python files and hands each to
`ast.parse`, its start-up included. History is not read.
"""
import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile

import synthetic

SCAN = ["scan", "--history", "none", "--format", "json", "--fail-on", "none"]
PARSE = """
import ast, sys, warnings
warnings.simplefilter("ignore")
for path in sys.stdin.buffer.read().split(b"\\0"):
    try:
        with open(path, "rb") as file:
            ast.parse(file.read())
    except (OSError, SyntaxError, ValueError, RecursionError):
        pass
"""
APART = {".git", "node_modules", "venv", ".venv", "site-packages"}


def python_files(tree):
    """The Python files of a tree that a scan would look at, and their bytes."""
    found, size = [], 0
    for folder, folders, names in os.walk(tree):
        folders[:] = [name for name in folders if name not in APART]
        for name in names:
            path = os.path.join(folder, name)
            if name.endswith(".py") and not os.path.islink(path):
                found.append(path)
                size += os.path.getsize(path)
    return found, size


def seconds(command, given=b""):
    """Processor seconds of a command, and how it ended. Every child is waited for, so the difference
    of what all ended children used is its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run(command, input=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return used, ended.returncode


def measure(binary, tree, runs):
    """Seconds of each run of the scan, and of the baseline beside it."""
    files, size = python_files(tree)
    paths = b"\0".join(os.fsencode(path) for path in files)
    scans, parses = [], []
    for run in range(runs + 1):
        scan, status = seconds([binary, *SCAN, tree])
        if status not in (0, 1):
            raise SystemExit("speed.py: the scan of %s ended with %d" % (tree, status))
        parse, status = seconds([sys.executable, "-c", PARSE], paths)
        if status != 0:
            raise SystemExit("speed.py: the baseline ended with %d" % status)
        # The first run warms the file system's cache.
        if run > 0:
            scans.append(scan)
            parses.append(parse)
    return len(files), size, scans, parses


def row(name, files, size, scans, parses):
    ratio = statistics.median(scan / parse for scan, parse in zip(scans, parses))
    return "%-24s %6d %7.1f   %6.2f %6.2f   %6.2f %6.2f   %5.2f" % (
        name[:24], files, size / 1e6, min(scans), statistics.median(scans), min(parses), statistics.median(parses), ratio)


HEADER = "%-24s %6s %7s   %13s   %13s   %5s\n%-24s %6s %7s   %6s %6s   %6s %6s   %5s" % (
    "", "Python", "", "scan", "ast.parse", "", "tree", "files", "MB", "min", "median", "min", "median", "ratio")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/flask-harden", help="the program, a release build")
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each")
    parser.add_argument("--files", type=int, default=1400, help="Python files of the project that is made")
    parser.add_argument("trees", nargs="*", metavar="CHECKOUT")
    options = parser.parse_args(arguments)
    if not os.access(options.binary, os.X_OK):
        raise SystemExit("speed.py: no program at %s; cargo build --release makes it" % options.binary)
    binary = os.path.abspath(options.binary)
    print("Processor seconds (user and system), %d runs\n\n%s" % (options.runs, HEADER))
    for tree in options.trees:
        print(row(os.path.basename(os.path.abspath(tree)), *measure(binary, tree, options.runs)), flush=True)
    if not options.trees:
        with tempfile.TemporaryDirectory() as made:
            synthetic.make(made, options.files)
            print(row("made for this", *measure(binary, made, options.runs)), flush=True)


if __name__ == "__main__":
    main()
