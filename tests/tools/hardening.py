"""Runs flask-harden on one work tree and judges what it did: shared by the demo and the round trip."""
import base64
import json
import os
import re
import subprocess
import urllib.parse
from collections import namedtuple

import trees
from project import looks_secret, private_environment

Run = namedtuple("Run", "code out text")
# Threats 1, 2 and 4: what --apply is expected to remedy.
REMEDIED_RULES = re.compile(r"FH[124]\d\d$")
# Rules that advise, where they are low: what each needs, which no patch may decide.
NO_PATCH = {
    "FH119": "a newer Flask, where the project pins an older one",
    "FH208": "a further package, and a token in every form and every script that posts",
}


class Hardening:
    """One tree and one binary. Every output of the binary is kept, to look for keys in it at the end."""

    def __init__(self, binary, project):
        self.binary = binary
        self.project = project
        self.before = trees.snapshot(project.root)
        self.runs = []
        self.touched = {}

    def run(self, *arguments):
        """Run the binary as a script would: no terminal, no input, homes of its own."""
        done = subprocess.run(
            [self.binary] + list(arguments), cwd=self.project.root,
            env=private_environment(self.project.scratch), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
        out = done.stdout.decode("utf-8", "replace")
        self.runs.append(out + done.stderr.decode("utf-8", "replace"))
        return Run(done.returncode, out, self.runs[-1])

    def scan(self):
        """-> (exit code, findings); no findings where there is no report."""
        run = self.run("scan", "--format", "json", self.project.root)
        try:
            return run.code, json.loads(run.out)["findings"]
        except (ValueError, KeyError):
            return run.code, None

    def apply(self):
        return self.run("--apply", "--store", "env-file", self.project.root)

    def first_apply(self, steps):
        """Apply on the untouched tree. False if nothing after it makes sense."""
        run = self.apply()
        after = trees.snapshot(self.project.root)
        changes = trees.differences(self.before, after)
        self.touched = trees.files_only(trees.without_git(changes), self.before, after)
        ok = steps.check("apply", run.code == 0, "exit %d, %s" % (
            run.code, trees.described(self.touched) or "no file touched"))
        if run.code != 0:
            steps.say("       " + last_line(run.text))
        below_git = [path for path in changes if trees.inside_git(path)]
        if below_git:
            steps.check("git folder untouched", False, ", ".join(below_git[:5]))
        self._check_env_files(steps, after)
        return ok

    def _check_env_files(self, steps, after):
        """A file that received a key must be closed to others and out of git's reach."""
        env_files = [path for path, change in self.touched.items()
                     if change != "removed" and self._holds_key(path)]
        if not env_files:
            return
        hidden = trees.ignored(self.project.root, env_files)
        wrong = [path for path in env_files if path not in hidden]
        wrong += [path for path in env_files if after[path].mode & 0o007
                  or (self.touched[path] == "created" and after[path].mode != 0o600)]
        steps.check("key file closed and ignored", not wrong, ", ".join(
            "%s %04o" % (path, after[path].mode) for path in env_files))

    def _holds_key(self, path):
        name = os.path.basename(path)
        return name.startswith(".env") and not re.search(r"example|sample|dist|template", name)

    def apply_again(self, steps, name="second run changes nothing"):
        """Apply where everything is done: says so, and touches no byte, no mode and no mtime."""
        before = trees.snapshot(self.project.root)
        run = self.apply()
        changes = trees.differences(before, trees.snapshot(self.project.root), mtimes=True)
        says = "nothing to do" in run.text.lower()
        detail = "exit %d, %s, %s" % (
            run.code, "says nothing to do" if says else "does not say 'nothing to do'",
            trees.described(changes) if changes else "%d paths as they were" % len(before))
        return steps.check(name, run.code == 0 and says and not changes, detail)

    def undo(self, steps, changed_by_app=()):
        """Take it back: every file that was there has its bytes and mode again; key files may stay."""
        run = self.run("undo")
        now = trees.snapshot(self.project.root)
        changes = trees.files_only(trees.differences(self.before, now), self.before, now)
        left = {path: change for path, change in changes.items() if path not in changed_by_app
                and not (change == "created" and self._holds_key(path) and now[path].mode == 0o600)}
        kept = [path for path in changes if path not in left and path not in changed_by_app]
        detail = trees.described(left) or "%d paths as before%s" % (
            len(self.before), ", stays: " + ", ".join(kept) if kept else "")
        return steps.check("undo gives every byte back", run.code == 0 and not left,
                           "exit %d, %s" % (run.code, detail))

    def secrets_in_env_files(self):
        """Values in the key files that were written: none of them may be in an output."""
        found = set()
        for path in filter(self._holds_key, self.touched):
            with open(os.path.join(self.project.root, path), "rb") as file:
                for line in file.read().splitlines():
                    name, equals, value = line.decode("utf-8", "replace").partition("=")
                    if equals and looks_secret(name):
                        found.add(value.strip().strip("'\"").encode())
        return found

    def no_key_in_outputs(self, steps, secrets):
        """No output of any run so far holds one of these secrets, as it is or in a usual coding."""
        # The program's own names of threats, and their counts, are no leak, whatever an app chose for a key.
        said = re.sub(r'"threat": *"[a-z-]+"|"[a-z-]+": *\d+', "", "\n".join(self.runs))
        wanted = [secret for secret in secrets if len(secret) >= 6]
        found = sum(bool(as_whole(form).search(said)) for secret in wanted for form in coded_forms(secret))
        return steps.check("no secret in any output", not found,
                           "%d outputs, %d secrets looked for" % (len(self.runs), len(wanted)))


def as_whole(form):
    """A pattern for a secret. One that is words (`secret-key`) counts where it is not part of longer ones,
    such as the names of settings and rules."""
    edge = r"[\w-]" if re.fullmatch(r"[A-Za-z_-]+", form) else None
    text = re.escape(form)
    return re.compile("(?<!%s)%s(?!%s)" % (edge, text, edge) if edge else text)


def coded_forms(raw):
    """The ways a key could slip into a text."""
    text = raw.decode("utf-8", "replace")
    return {text, raw.hex(), base64.b64encode(raw).decode(), urllib.parse.quote(text, safe="")}


def in_question(findings):
    """Findings of threats 1, 2 and 4, of every severity. What lives in git history alone stays, as
    history does."""
    return [finding for finding in findings or []
            if REMEDIED_RULES.match(finding["rule"]) and not finding.get("commit")]


def is_advice(finding):
    """Advice for which no patch exists that a careful person would send."""
    return finding["rule"] in NO_PATCH and finding["severity"] == "low"


def remediable(findings):
    """What --apply is measured by: everything in question but the advice without a patch."""
    return [finding for finding in in_question(findings) if not is_advice(finding)]


def failing(findings):
    """Those in question that make a scan fail by default: all but the low ones."""
    return [finding for finding in in_question(findings) if finding["severity"] != "low"]


def remedied(before, after):
    """Three counts: of what a patch can remedy, with the advice without a patch, and of what fails a scan."""
    return {"before": len(remediable(before)), "after": len(remediable(after)),
            "all_before": len(in_question(before)), "all_after": len(in_question(after)),
            "failing_before": len(failing(before)), "failing_after": len(failing(after)),
            "advice": sorted(finding["rule"] for finding in in_question(after) if is_advice(finding))}


def own_tests(project, env=None):
    """Run the app's own test command. -> (passed, short text); passed is None without a command."""
    if not project.spec.tests:
        return None, "no tests given"
    code, text = shell(project, project.spec.tests, env)
    return code == 0, "exit %d, %s" % (code, tests_line(text))


def tests_line(text):
    """The line in which a runner says how many tests there were."""
    for line in reversed(text.strip().splitlines()):
        if re.search(r"Ran \d+ test|\d+ (passed|failed)", line):
            return line.strip("= ")
    return last_line(text)


def last_line(text):
    return (text.strip().splitlines() or ["no output"])[-1][:160]


def shell(project, command, env=None, seconds=900):
    """Run a command of the app's owner in its folder. -> (exit code, output)"""
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=project.folder,
        env=env if env is not None else project.environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def compiles(project, paths):
    """Compile changed Python files in the app's Python, leaving no cache in the tree."""
    python = [path for path in paths if path.endswith(".py")
              and os.path.exists(os.path.join(project.root, path))]
    if not python:
        return True, "no Python file changed"
    env = project.environment(PYTHONPYCACHEPREFIX=os.path.join(project.scratch, "pycache"))
    done = subprocess.run([project.python, "-m", "compileall", "-q", "-f"] + python,
                          cwd=project.root, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    return done.returncode == 0, last_line(done.stdout) if done.returncode else ", ".join(python)
