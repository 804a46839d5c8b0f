"""Starts the real servers an app is run by, waits until they answer, and always ends them."""
import http.client
import os
import re
import socket
import subprocess
import sys
import tempfile
import time

from project import INSIDE

HERE = os.path.dirname(os.path.abspath(__file__))
ACCESS_FORMAT = "fh-access %(p)s %({x-fh-request}i)s %(s)s"
ACCESS_LINE = re.compile(r"fh-access <(\d+)> (\S+) (\d+)")
CAUSE = re.compile(r"^[\w.]+(?:Error|Exception|Exit)\b.*", re.MULTILINE)
PROBE_TARGET = "fh_probe:application"
# As `python -m gunicorn`, which old ones do not have.
GUNICORN = "import sys; from gunicorn.app.wsgiapp import run; sys.argv[0] = 'gunicorn'; run()"
START_SECONDS = 60


class ServerFailed(Exception):
    """The server did not come up; `log` is all it said, the message its most telling line."""

    def __init__(self, message, log):
        # gunicorn reports a worker's error first and ends with errors of its own.
        errors = [line for line in CAUSE.findall(log) if not line.startswith("gunicorn.")]
        super().__init__("%s: %s" % (message, (errors or log.strip().splitlines() or ["no log"])[-1]))
        self.log = log


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One running server. Used with `with`: it is ended on every way out, by its guard."""

    def __init__(self, command, project, env=None, ready="/"):
        """`command` makes the argument list from a port, so that a lost race for it can be retried."""
        self.command = command
        self.project = project
        self.env = env if env is not None else project.environment()
        self.ready = ready
        self.port = None
        self.process = None
        self.log_file = None

    @property
    def base(self):
        return "http://127.0.0.1:%d" % self.port

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *error):
        self.stop()

    def start(self):
        for attempt in range(3):
            self.port = free_port()
            self._spawn()
            try:
                self._wait()
                return self
            except ServerFailed as failure:
                self.stop()
                if attempt == 2 or "already in use" not in failure.log:
                    raise
        return self

    def _spawn(self):
        self.log_file = tempfile.NamedTemporaryFile(
            dir=self.project.scratch, suffix=".log", delete=False)
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "guard.py")] + self.command(self.port),
            cwd=self.project.folder, env=dict(self.env, PORT=str(self.port)),
            stdin=subprocess.PIPE, stdout=self.log_file, stderr=subprocess.STDOUT)

    def _wait(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise ServerFailed("the server ended with exit code %d" % self.process.returncode,
                                   self.log())
            if self._answers():
                return
            time.sleep(0.05)
        raise ServerFailed("the server did not answer in %d seconds" % START_SECONDS, self.log())

    def _answers(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", self.ready, headers={"Connection": "close"})
            connection.getresponse().read()
            return True
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def stop(self):
        """Close the guard's pipe: it ends the whole family of processes and then itself."""
        if self.process is None or self.process.stdin.closed:
            return
        self.process.stdin.close()
        self.process.wait(timeout=30)

    def log(self):
        with open(self.log_file.name, encoding="utf-8", errors="replace") as file:
            return file.read()

    def served_by(self, marks, seconds=2):
        """Which process answered which marked request, from the access log: mark -> process id.

        The line is written after the answer is sent, so it is waited for a moment.
        """
        deadline = time.monotonic() + seconds
        while True:
            found = {mark: int(process) for process, mark, _ in ACCESS_LINE.findall(self.log())}
            if set(marks) <= set(found) or time.monotonic() > deadline:
                return found
            time.sleep(0.02)


def gunicorn(project, probe=False, workers=2, env=None, ready="/"):
    """gunicorn as a user starts it: from the app's folder, which makes it read gunicorn.conf.py.

    The options given here win over that file, and they are only those a test needs. With `probe`
    the same app is served through a thin wrapper that answers questions on its configuration.
    """
    env = dict(env if env is not None else project.environment())
    target = project.spec.wsgi
    if probe:
        env["FH_PROBE_TARGET"] = target
        env["PYTHONPATH"] = os.pathsep.join(filter(None, [env.get("PYTHONPATH"), INSIDE]))
        target = PROBE_TARGET

    def command(port):
        return [project.python, "-c", GUNICORN, "--workers", str(workers),
                "--bind", "127.0.0.1:%d" % port, "--access-logfile", "-",
                "--access-logformat", ACCESS_FORMAT, target]

    return Server(command, project, env, ready)


def flask_run(project, env=None, ready="/"):
    """The development server, as `flask run` starts it.

    The app is named by FLASK_APP, which every Flask with this command reads; `--app` came with 2.2.
    """
    env = dict(env if env is not None else project.environment())
    env["FLASK_APP"] = project.spec.flask_app or project.spec.wsgi

    def command(port):
        return [project.python, "-m", "flask", "run", "--host", "127.0.0.1", "--port", str(port)]

    return Server(command, project, env, ready)


def python_file(project, env=None, ready="/"):
    """`python FILE`, for apps that call app.run() themselves; the port comes from $PORT."""
    return Server(lambda port: [project.python, project.spec.file], project, env, ready)


STARTS = {"gunicorn": gunicorn, "flask-run": flask_run, "python-file": python_file}
