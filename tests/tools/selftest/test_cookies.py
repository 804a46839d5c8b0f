"""The browser of the tests keeps and withholds cookies as a person's browser does."""
import threading
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

from cookies import Browser, PageFailed, SetCookie, submit

FORM = """<form><input name="q"></form>
<form method="post" action="/in"><input type="hidden" name="csrf_token" value="t&amp;1">
<input name="name"><input type="checkbox" name="stay" value="1"><input type="submit" name="go"></form>"""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/away":
            return self.reply("", [("Location", "https://127.0.0.1:1/")], 302)
        cookies = [("Set-Cookie", "session=abc; Secure; HttpOnly; SameSite=Lax; Path=/"),
                   ("Set-Cookie", "plain=1")] if self.path == "/set" else []
        self.reply(FORM if self.path == "/form" else self.headers.get("Cookie", ""), cookies)

    def do_POST(self):
        self.reply(self.rfile.read(int(self.headers["Content-Length"])).decode(), [])

    def reply(self, body, headers, status=200):
        self.send_response(status)
        for header in headers:
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *message):
        pass


class CookiesTest(unittest.TestCase):
    def setUp(self):
        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def base(self, host="127.0.0.1"):
        return "http://%s:%d" % (host, self.server.server_port)

    def test_secure_cookies_are_withheld_over_http_on_every_host_name(self):
        for host in ("127.0.0.1", "localhost"):
            browser = Browser(self.base(host))
            browser.get("/set")
            self.assertTrue(browser.holds("session"), host)
            self.assertEqual("plain=1", browser.get("/echo").body, host)

    def test_behind_tls_secure_cookies_are_sent(self):
        browser = Browser(self.base(), behind_tls=True)
        browser.get("/set")
        self.assertIn("session=abc", browser.get("/echo").body)

    def test_attributes_are_read(self):
        answer = Browser(self.base()).get("/set")
        self.assertEqual({"secure": True, "http_only": True, "same_site": "Lax"},
                         answer.cookie().attributes())
        self.assertFalse(SetCookie.parse("a=secure; path=/httponly").secure)

    def test_a_value_is_not_part_of_the_text_of_a_cookie(self):
        self.assertNotIn("abc", repr(Browser(self.base()).get("/set").cookies))

    def test_hidden_fields_go_back_with_the_form(self):
        sent = parse_qs(submit(Browser(self.base()), "/form", {"name": "alice"}).body)
        self.assertEqual({"csrf_token": ["t&1"], "name": ["alice"]}, sent)

    def test_a_missing_form_is_named(self):
        with self.assertRaisesRegex(PageFailed, "no form with the fields other"):
            submit(Browser(self.base()), "/form", {"other": "1"})

    def test_a_redirect_to_https_is_the_answer(self):
        self.assertEqual(302, Browser(self.base()).get("/away").status)
