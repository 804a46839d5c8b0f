"""Servers come up, tell the truth about their workers, and never outlive who started them."""
import http.client
import os
import signal
import subprocess
import sys
import time

import observe
import servers

from .support import AppTest

SMALL = """import os
from flask import Flask, session
app = Flask(__name__)
app.secret_key = %s

@app.route('/')
def index():
    session['seen'] = True
    return 'seen'

if __name__ == '__main__':
    app.run(debug=True, port=int(os.environ['PORT']))
"""

STARTER = """import sys, time
sys.path.insert(0, sys.argv[1])
import servers
from project import Project, Spec
project = Project(sys.argv[2], sys.argv[3], Spec('small:app', file='small.py'), sys.argv[4])
with servers.STARTS[sys.argv[5]](project) as server:
    print(server.port, flush=True)
    time.sleep(60)
"""


def answers(port):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except OSError:
        return False


class ServersTest(AppTest):
    def test_a_server_ends_with_whoever_started_it_even_by_kill_9(self):
        project = self.small_app(SMALL % "'only for this test'")
        for start in sorted(servers.STARTS):
            starter = subprocess.Popen(
                [sys.executable, "-c", STARTER, os.path.dirname(servers.__file__), project.root,
                 project.python, project.scratch, start],
                stdout=subprocess.PIPE, universal_newlines=True)
            with starter:
                port = int(starter.stdout.readline())
                self.assertTrue(answers(port), start)
                starter.send_signal(signal.SIGKILL)
            deadline = time.monotonic() + 15
            while answers(port) and time.monotonic() < deadline:
                time.sleep(0.1)
            self.assertFalse(answers(port), start)

    def test_a_server_that_fails_shows_its_log(self):
        project = self.small_app("raise RuntimeError('no database')")
        with self.assertRaisesRegex(servers.ServerFailed, "no database"):
            with servers.gunicorn(project):
                self.fail("it cannot start")

    def test_a_key_made_at_each_start_is_told_from_a_shared_one(self):
        facts = observe.probe(self.small_app(SMALL % "os.urandom(24)"))
        self.assertEqual({"workers": 2, "accepted_by": 1}, facts["own_cookie"])

    def test_the_probe_tells_key_source_and_forged_cookies(self):
        project = self.small_app(SMALL % "os.environ.get('APP_SECRET', 'only for this test')")
        key = observe.secret_key(project)
        facts = observe.probe(project, key)
        self.assertEqual("code", facts["key_source"])
        self.assertEqual({"workers": 2, "accepted_by": 2}, facts["forged_cookie"])
        other = observe.given_key("some other key")
        project.spec.env["APP_SECRET"] = "given by the host"
        facts = observe.probe(project, other)
        self.assertEqual("environment (APP_SECRET)", facts["key_source"])
        self.assertEqual({"workers": 2, "accepted_by": 0}, facts["forged_cookie"])
