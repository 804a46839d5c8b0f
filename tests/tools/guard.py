#!/usr/bin/env python3
"""Runs one command and ends everything it started when this process' standard input closes.

The one who starts a server may be killed with no chance to tidy up. The pipe to the guard closes
even then, so no server outlives its test. Usage: guard.py COMMAND...
"""
import ctypes
import os
import select
import signal
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans():
    """Become the parent of every descendant whose own parent ends (Linux), to find it later."""
    try:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except (OSError, AttributeError):
        pass


def descendants():
    """Process ids of all living descendants; empty where there is no /proc."""
    children = {}
    try:
        entries = [entry for entry in os.listdir("/proc") if entry.isdigit()]
    except OSError:
        return set()
    for entry in entries:
        try:
            with open("/proc/%s/stat" % entry, "rb") as file:
                state, parent = file.read().rpartition(b")")[2].split()[:2]
        except (OSError, ValueError):
            continue
        if state != b"Z":
            children.setdefault(int(parent), []).append(int(entry))
    found, waiting = set(), [os.getpid()]
    while waiting:
        for child in children.get(waiting.pop(), []):
            found.add(child)
            waiting.append(child)
    return found


def reap():
    """Collect ended children, so that they do not count as alive."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def signal_all(child, number):
    try:
        os.killpg(child.pid, number)
    except (ProcessLookupError, PermissionError):
        pass
    for process in descendants():
        try:
            os.kill(process, number)
        except (ProcessLookupError, PermissionError):
            pass


def end(child):
    """Ask the whole family to stop, then insist."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        signal_all(child, number)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            child.poll()
            reap()
            if child.returncode is not None and not descendants():
                return
            time.sleep(0.02)


def main(argv):
    adopt_orphans()

    def interrupted(number, frame):
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, interrupted)
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        while child.poll() is None:
            readable, _, _ = select.select([sys.stdin], [], [], 0.1)
            if readable and not os.read(sys.stdin.fileno(), 1):
                break
    except KeyboardInterrupt:
        pass
    code = child.poll()
    end(child)
    return code if code is not None and code >= 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
