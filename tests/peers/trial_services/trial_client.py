"""What the tests call the emulator with: its process, one kept-alive connection a service, and a browser for the portal."""
import ctypes
import email
import email.policy
import http.client
import json
import pathlib
import re
import signal
import subprocess
import sys
import unittest
import urllib.parse

HERE = pathlib.Path(__file__).parent
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)
PASSWORD = "Wind0w!seat"
BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
POOL = {"name": "main", "instance_type": "m5.large", "count": 2, "spot": True}
HOURS = {"start": "0 9 * * 1-5", "stop": "0 18 * * 1-5", "zone": "Asia/Seoul"}
RESOURCES = {"cpu": 8, "memoryGiB": 32, "gpu": 0, "nodePool": "trial-workers"}


class Heard:
    """An answer; `json` is its body where that is JSON."""

    def __init__(self, response):
        self.status, self.headers, self.text = response.status, response.headers, response.read().decode()
        self.json = json.loads(self.text) if self.text and "application/json" in (self.headers["Content-Type"] or "") else None

    def code(self):
        return self.json["code"] if self.json else None

    def __repr__(self):
        return f"{self.status} {self.text[:300]}"


class Client:
    """One connection, opened again after it was cut."""

    def __init__(self, base, headers=None, timeout=10):
        self.headers = headers or {}
        self.connection = http.client.HTTPConnection(urllib.parse.urlparse(base).netloc, timeout=timeout)

    def call(self, method, path, body=None, form=None, **headers):
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        raw = None
        if form is not None:
            raw, sent["Content-Type"] = urllib.parse.urlencode(form), "application/x-www-form-urlencoded"
        elif isinstance(body, bytes):
            raw = body
        elif body is not None:
            raw = json.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        try:
            self.connection.request(method, path, raw, sent)
            return Heard(self.connection.getresponse())
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise

    def close(self):
        self.connection.close()


class Browser(Client):
    """A session at the portal, whose token stands in its pages."""

    def __init__(self, base, **more):
        super().__init__(base, {"Accept": "application/json"}, **more)
        self.csrf = ""

    def call(self, *arguments, **more):
        if self.csrf:
            more.setdefault("X_CSRF_Token", self.csrf)
        heard = super().call(*arguments, **more)
        if "Set-Cookie" in heard.headers:
            self.headers["Cookie"] = heard.headers["Set-Cookie"].split(";")[0]
        return heard

    def open(self, path):
        """A page, whose token is kept."""
        heard = self.call("GET", path, Accept="text/html")
        found = re.search(r'<meta name="csrf-token" content="([^"]+)">', heard.text)
        if found:
            self.csrf = found[1]
        return heard

    def log_in(self, login, password):
        self.open("/login")
        heard = self.call("POST", "/login", form={"_csrf": self.csrf, "login": login, "password": password})
        if heard.status == 303:
            self.open("/home")
        return heard

    def confirm(self, link, password):
        place = urllib.parse.urlparse(link)
        token = dict(urllib.parse.parse_qsl(place.query))["token"]
        page = self.open(f"{place.path}?{place.query}")
        if page.status != 200:
            return page
        return self.call("POST", "/confirm", form={"_csrf": self.csrf, "token": token, "password": password, "password_confirm": password})


class Emulator:
    def __init__(self, *options):
        # The kernel ends it with us, however we end.
        self.process = subprocess.Popen([sys.executable, HERE / "emulator.py", *options], stdout=subprocess.PIPE, text=True,
                                        preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM))
        self.places = json.loads(self.process.stdout.readline())
        self.control = Client(self.places["control"])
        self.clients = [self.control]

    def stop(self):
        for client in self.clients:
            client.close()
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()

    def client(self, service, **headers):
        self.clients.append(Client(self.places[service], {name.replace("_", "-"): value for name, value in headers.items()}))
        return self.clients[-1]

    def browser(self):
        self.clients.append(Browser(self.places["cloudz"]))
        return self.clients[-1]

    def tell(self, path, /, **body):
        heard = self.control.call("POST", path, body)
        assert heard.status in (200, 204), heard
        return heard.json

    def audit(self, **query):
        return self.control.call("GET", "/audit?" + urllib.parse.urlencode(query)).json["calls"]

    def state(self):
        return self.control.call("GET", "/state").json

    def later(self, seconds):
        self.tell("/clock", advance=seconds)

    def administrator(self):
        browser = self.browser()
        assert browser.log_in(**self.places["admin"]).status == 303
        return browser

    def mailed_link(self, address):
        """Of the latest mail to the address."""
        raw = [mail["raw"] for mail in self.control.call("GET", "/mails").json if mail["to"] == address][-1]
        message = email.message_from_string(raw, policy=email.policy.default)
        return re.search(r"http://\S+/confirm\S+", message.get_body(("plain",)).get_content())[0]

    def member(self, admin, login, *services, role="SERVICE_ADMIN"):
        """An account that is confirmed, accepted the terms, is subscribed, and has the role; and its session."""
        account = admin.call("POST", "/api/v1/accounts", {"login": login, "email": f"{login}@trial.example", "name": login}).json
        user = self.browser()
        user.confirm(self.mailed_link(account["email"]), PASSWORD)
        user.log_in(login, PASSWORD)
        user.call("POST", "/api/v1/terms/accept", {"document_id": user.call("GET", "/api/v1/terms/current").json["document_id"]})
        for service in services:
            admin.call("POST", f"/api/v1/accounts/{account['id']}/subscriptions", {"service": service, "plan": "trial"})
        self.later(3)
        for service in services:
            admin.call("POST", f"/api/v1/accounts/{account['id']}/roles", {"service": service, "role": role})
        return account, user

    def signed_in(self, browser, service):
        """A client of the service, with a token for whoever the browser is."""
        token = browser.call("POST", "/sso/token", {"audience": service}).json["token"]
        client = self.client(service)
        if service == "mcm":
            access = client.call("POST", "/v1/auth/exchange", {"sso_token": token}).json["access_token"]
        elif service == "modeler":
            access = client.call("POST", "/oauth/token", form={"grant_type": BEARER, "assertion": token}).json["access_token"]
        else:
            access = client.call("POST", "/api/v1/sessions", Authorization=f"Bearer {token}").json["token"]
        client.headers["Authorization"] = f"Bearer {access}"
        return client


class Case(unittest.TestCase):
    """Tests that share an emulator; each begins with nothing in it, on a Monday at 09:00 in Seoul."""
    options = ()

    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator("--start", "2026-03-02T00:00:00Z", *cls.options)
        cls.addClassCleanup(cls.emulator.stop)

    def setUp(self):
        self.emulator.tell("/reset")
        self.admin = self.emulator.administrator()

    def refused(self, heard, status, code):
        """Checks an error's shape, and gives its body."""
        self.assertEqual((heard.status, heard.code()), (status, code), heard)
        self.assertEqual(heard.json["request_id"], heard.headers["X-Request-Id"])
        self.assertTrue(heard.json["message"])
        return heard.json

    def good(self, heard, *statuses):
        self.assertIn(heard.status, statuses or (200, 201, 202, 204), heard)
        return heard.json

    def changes(self):
        return [change for call in self.emulator.audit() for change in call["changed"]]
