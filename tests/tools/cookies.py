"""A small browser: pages, forms and cookies over plain http, with the standard library.

It withholds Secure cookies over http, as browsers do: http.cookiejar does so for every host,
`localhost` too (selftest/test_cookies.py shows it).
"""
import http.client
import http.cookiejar
import socket
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import List, Optional

TIMEOUT = 20
MARK_HEADER = "X-FH-Request"


class PageFailed(Exception):
    """A page could not be had, or did not hold what was needed."""


@dataclass
class SetCookie:
    """One Set-Cookie header. The value is a credential: it takes part in no output."""
    name: str
    value: str = field(repr=False)
    secure: bool = False
    http_only: bool = False
    same_site: Optional[str] = None
    path: Optional[str] = None
    domain: Optional[str] = None

    @classmethod
    def parse(cls, header):
        pair, *attributes = [part.strip() for part in header.split(";")]
        name, _, value = pair.partition("=")
        cookie = cls(name, value)
        for attribute in attributes:
            key, _, text = attribute.partition("=")
            key = key.lower()
            if key in ("secure", "httponly"):
                setattr(cookie, "secure" if key == "secure" else "http_only", True)
            elif key in ("samesite", "path", "domain"):
                setattr(cookie, "same_site" if key == "samesite" else key, text)
        return cookie

    def attributes(self):
        return {"secure": self.secure, "http_only": self.http_only, "same_site": self.same_site}


@dataclass
class Answer:
    """What a server answered after its redirects, with every cookie set on the way."""
    status: int
    body: str
    url: str
    cookies: List[SetCookie]

    @property
    def fine(self):
        return 200 <= self.status < 400

    def cookie(self, name="session"):
        """The last cookie of that name, since a login often clears the session before it fills it."""
        found = [cookie for cookie in self.cookies if cookie.name == name and cookie.value]
        return found[-1] if found else None


class _BehindTls(http.cookiejar.DefaultCookiePolicy):
    """What reaches an app behind a proxy that ends TLS: the browser did send its Secure cookies."""

    def return_ok_secure(self, cookie, request):
        return True


class _StayHere(urllib.request.HTTPRedirectHandler):
    """Follows redirects on the same server only; one that leaves it is the answer itself."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        if urllib.parse.urlsplit(newurl)[:2] != urllib.parse.urlsplit(req.full_url)[:2]:
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _Collect(urllib.request.BaseHandler):
    """Keeps every Set-Cookie header, those of redirects too. Runs before redirects are followed."""
    handler_order = 100

    def __init__(self):
        self.cookies = []

    def http_response(self, request, response):
        for header in response.headers.get_all("Set-Cookie") or []:
            self.cookies.append(SetCookie.parse(header))
        return response


class Browser:
    """One visitor with one cookie jar. Every request is a connection of its own."""

    def __init__(self, base, behind_tls=False):
        self.base = base
        policy = _BehindTls() if behind_tls else http.cookiejar.DefaultCookiePolicy()
        self.jar = http.cookiejar.CookieJar(policy)
        self.collect = _Collect()
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), self.collect,
            urllib.request.HTTPCookieProcessor(self.jar), _StayHere())

    def get(self, path, headers=None):
        return self._open(path, None, headers)

    def post(self, path, fields):
        return self._open(path, urllib.parse.urlencode(fields).encode(), None)

    def _open(self, path, data, headers):
        url = urllib.parse.urljoin(self.base + "/", path)
        if not url.startswith(self.base):
            raise PageFailed("%s leads away from the server under test" % url)
        self.collect.cookies = []
        request = urllib.request.Request(url, data, dict(headers or {}))
        try:
            response = self.opener.open(request, timeout=TIMEOUT)
        except urllib.error.HTTPError as error:
            response = error
        except (OSError, http.client.HTTPException) as error:
            raise PageFailed("no answer from %s: %s" % (path, error))
        with response:
            body = response.read().decode("utf-8", "replace")
        return Answer(response.status if hasattr(response, "status") else response.code,
                      body, response.geturl(), list(self.collect.cookies))

    def holds(self, name="session"):
        """Whether the jar has a cookie of that name, sent or withheld."""
        return any(cookie.name == name for cookie in self.jar)


class HeldRequest:
    """A request of which all but the last line is sent, so that it keeps one worker busy."""

    def __init__(self, base, path, headers):
        target = urllib.parse.urlsplit(base)
        self.url = base + path
        lines = ["GET %s HTTP/1.1" % path, "Host: " + target.netloc, "Connection: close"]
        lines += ["%s: %s" % header for header in headers.items()]
        self.connection = socket.create_connection((target.hostname, target.port), TIMEOUT)
        self.connection.sendall("\r\n".join(lines + [""]).encode("latin-1"))

    def finish(self):
        try:
            self.connection.sendall(b"\r\n")
            response = http.client.HTTPResponse(self.connection, method="GET")
            response.begin()
            body = response.read().decode("utf-8", "replace")
            return Answer(response.status, body, self.url, [])
        except (OSError, http.client.HTTPException) as error:
            raise PageFailed("no answer from %s: %s" % (self.url, error))
        finally:
            self.connection.close()


class _Forms(HTMLParser):
    """The forms of a page with the values a browser would send."""

    def __init__(self):
        super().__init__()
        self.forms = []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "form":
            self.forms.append({"action": found.get("action") or "", "fields": {}})
        elif tag in ("input", "textarea", "select") and self.forms and found.get("name"):
            kind = (found.get("type") or "text").lower()
            if kind in ("checkbox", "radio") and "checked" not in found:
                return
            if kind not in ("submit", "image", "reset", "button", "file"):
                self.forms[-1]["fields"][found["name"]] = found.get("value") or ""


def submit(browser, page, fields):
    """Open a page, fill its form as a person would (hidden fields such as CSRF go back) and send it."""
    answer = browser.get(page)
    parser = _Forms()
    parser.feed(answer.body)
    for form in parser.forms:
        if set(fields) <= set(form["fields"]):
            action = urllib.parse.urljoin(answer.url, form["action"] or answer.url)
            return browser.post(action, dict(form["fields"], **fields))
    raise PageFailed("%s (status %d) has no form with the fields %s"
                     % (page, answer.status, ", ".join(sorted(fields))))


def log_in(browser, login):
    """From the form to the logged-in page. True only if a later page still knows the visitor.

    The page the login itself answers is not enough: the loss of a cookie shows on the next one.
    """
    answer = submit(browser, login["page"], login["fields"])
    later = browser.get(login.get("state_page", "/"))
    return answer, answer.fine and login["shows"] in later.body
