"""What the four services share: tokens, errors, limits, faults, the audit, and that 45 accounts are issued in seconds."""
import http.client
import os
import pathlib
import re
import socket
import time
import unittest

from trial_client import BEARER, HOURS, POOL, RESOURCES, Case, Client

PROBES = {"mcm": "/v1/clusters", "modeler": "/api/v2/projects", "pipeline": "/api/v1/workflows"}
CUT = (OSError, http.client.HTTPException)
MODEL = {"name": "m", "framework": "torch"}


class Tokens(Case):
    def exchange(self, service, token):
        client = self.emulator.client(service)
        if service == "mcm":
            return client.call("POST", "/v1/auth/exchange", {"sso_token": token})
        if service == "modeler":
            return client.call("POST", "/oauth/token", form={"grant_type": BEARER, "assertion": token})
        return client.call("POST", "/api/v1/sessions", Authorization=f"Bearer {token}")

    def sign_on(self, service):
        return self.admin.call("POST", "/sso/token", {"audience": service}).json["token"]

    def test_a_sign_on_token_is_good_once_in_time_and_at_its_place(self):
        for service in PROBES:
            other = self.sign_on("modeler" if service == "mcm" else "mcm")
            for wrong in ("x", "a.b.c", other, self.sign_on(service)[:-4] + "AAAA"):
                self.refused(self.exchange(service, wrong), 401, "SSO_TOKEN_INVALID")
            token = self.sign_on(service)
            self.good(self.exchange(service, token), 200, 201)
            self.refused(self.exchange(service, token), 401, "SSO_TOKEN_USED")
            late = self.sign_on(service)
            self.emulator.later(60)
            self.refused(self.exchange(service, late), 401, "SSO_TOKEN_EXPIRED")

    def test_each_service_has_a_token_of_its_own_life(self):
        for service, seconds in (("mcm", 1800), ("modeler", 900), ("pipeline", 600)):
            self.admin = self.emulator.administrator()
            client = self.emulator.signed_in(self.admin, service)
            self.emulator.later(seconds - 1)
            self.good(client.call("GET", PROBES[service]), 200)
            self.emulator.later(1)
            self.refused(client.call("GET", PROBES[service]), 401, "TOKEN_EXPIRED")

    def test_others_are_not_let_in(self):
        for service, path in PROBES.items():
            client = self.emulator.client(service)
            self.refused(client.call("GET", path), 401, "TOKEN_REQUIRED")
            self.refused(client.call("GET", path, Authorization="Bearer x"), 401, "TOKEN_INVALID")
        self.refused(self.emulator.client("mcm", X_API_Key="x").call("GET", "/v1/clusters"), 401, "TOKEN_INVALID")


class Http(Case):
    def setUp(self):
        super().setUp()
        self.mcm = self.emulator.client("mcm", X_API_Key=self.emulator.places["mcm_api_key"])

    def test_what_is_not_as_expected_is_refused(self):
        groups = "/v1/groups"
        self.refused(self.mcm.call("POST", groups, b"{", Content_Type="application/json"), 400, "MALFORMED_JSON")
        self.refused(self.mcm.call("POST", groups, b"\xff", Content_Type="application/json"), 400, "MALFORMED_JSON")
        self.refused(self.mcm.call("POST", groups, [], Content_Type="application/json"), 400, "INVALID_REQUEST")
        self.refused(self.mcm.call("POST", groups, {"name": "x"}, Content_Type="text/plain"), 415, "UNSUPPORTED_MEDIA_TYPE")
        self.assertEqual([self.mcm.call("HEAD", groups).status for _ in range(2)], [405, 405])
        other = self.mcm.call("PATCH", groups, {})
        self.refused(other, 405, "METHOD_NOT_ALLOWED")
        self.assertEqual(other.headers["Allow"], "GET, POST")
        for path in ("/v2/groups", "/v1/groups/", "//v1/groups"):
            self.refused(self.mcm.call("GET", path), 404, "NOT_FOUND")
        self.assertEqual(self.emulator.state()["groups"], [])

    def raw(self, *parts, wait_after=None):
        """What a connection says to these bytes, until it is closed; after the part of that index something must be heard."""
        host, port = self.emulator.places["mcm"].removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), 10) as connection:
            heard = b""
            for i, part in enumerate(parts):
                connection.sendall(part)
                if i == wait_after:
                    heard += connection.recv(65536)
            while more := connection.recv(65536):
                heard += more
        return heard.decode()

    def test_what_is_no_http_is_told_and_the_connection_closed(self):
        for sent, status in ((b"hello\r\n\r\n", 400), (b"GET / HTTP/1.0\r\n\r\n", 505), (b"GET / HTTP/1.1\r\n\r\n", 400),
                             (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n", 413),
                             (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 411), (b"GET /" + b"a" * 40000, 431)):
            self.assertTrue(self.raw(sent).startswith(f"HTTP/1.1 {status} "), sent[:50])

    def test_requests_of_one_connection_are_answered_in_order(self):
        one = b"GET /v1/none HTTP/1.1\r\nHost: x\r\n\r\n"
        last = b"POST /v1/auth/exchange HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{"
        heard = self.raw(one + one[:10], one[10:], last, b"}")
        self.assertEqual(re.findall(r"HTTP/1.1 (\d+)", heard), ["404", "404", "400"])

    def test_a_waiting_client_is_told_to_go_on(self):
        head = b"POST /v1/groups HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        self.assertEqual(re.findall(r"HTTP/1.1 (\d+)", self.raw(head, b"{}", wait_after=0)), ["100", "401"])


class Limits(Case):
    options = ("--rate", "5")

    def test_too_many_calls_of_a_caller_are_told_to_wait(self):
        mcm = self.emulator.client("mcm", X_API_Key=self.emulator.places["mcm_api_key"])
        heard = [mcm.call("GET", "/v1/groups") for _ in range(30)]
        self.assertEqual([one.status for one in heard[:5]], [200] * 5)
        refused = [one for one in heard if one.status == 429]
        self.assertGreater(len(refused), 10)
        self.refused(refused[0], 429, "RATE_LIMITED")
        self.emulator.later(int(refused[0].headers["Retry-After"]))
        self.good(mcm.call("GET", "/v1/groups"), 200)


class Faults(Case):
    options = ("--slow", "0.3")

    def setUp(self):
        super().setUp()
        self.pipeline = self.emulator.signed_in(self.admin, "pipeline")

    def made(self):
        return len(self.emulator.state()["pipeline"]["models"])

    def create(self):
        return self.pipeline.call("POST", "/api/v1/models", MODEL)

    def test_each_fault_does_what_its_name_says(self):
        for fault, status, acted in (("rate", 429, 0), ("error", 500, 0), ("error_after", 500, 1), ("html", 502, 0), ("html_after", 502, 1)):
            before = self.made()
            self.emulator.tell("/faults", fault=fault, service="pipeline")
            heard = self.create()
            self.assertEqual((heard.status, self.made() - before), (status, acted), fault)
            self.assertEqual(heard.json is None, fault.startswith("html"))
            self.assertEqual(heard.headers["Retry-After"], "1" if fault == "rate" else None)
        for fault, acted in (("cut", 0), ("cut_after", 1), ("half", 1)):
            before = self.made()
            self.emulator.tell("/faults", fault=fault, service="pipeline")
            with self.assertRaises(CUT, msg=fault):
                self.create()
            self.assertEqual(self.made() - before, acted, fault)
        self.good(self.create(), 201)

    def test_a_slow_answer_comes_after_its_effect(self):
        hasty = Client(self.emulator.places["pipeline"], self.pipeline.headers, timeout=0.1)
        self.addCleanup(hasty.close)
        self.emulator.tell("/faults", fault="slow", times=2)
        with self.assertRaises(TimeoutError):
            hasty.call("POST", "/api/v1/models", MODEL)
        self.assertEqual(self.made(), 1)
        self.good(self.create(), 201)

    def test_orders_are_for_some_calls_only(self):
        self.emulator.tell("/faults", fault="error", service="pipeline", method="POST", path="models$", skip=1, times=2)
        self.good(self.pipeline.call("GET", "/api/v1/models"), 200)
        self.assertEqual([self.create().status for _ in range(4)], [201, 500, 500, 201])
        self.emulator.tell("/faults", fault="error", times=9)
        self.emulator.control.call("DELETE", "/faults")
        self.good(self.create(), 201)
        self.assertEqual([one["fault"] for one in self.emulator.audit() if one["fault"]], ["error", "error"])


class Weather(Case):
    options = ("--faults", "many", "--slow", "0")

    def setUp(self):
        """There is no administrator's session, since even a login may fail."""

    def heard(self, seed):
        self.emulator.tell("/reset", seed=seed)
        client = self.emulator.client("mcm", X_API_Key=self.emulator.places["mcm_api_key"])
        statuses = []
        for _ in range(300):
            try:
                statuses.append(client.call("GET", "/v1/groups").status)
            except CUT as problem:
                statuses.append(type(problem).__name__)
        audit = self.emulator.audit(service="mcm")
        self.assertEqual(len(audit), 300)
        return statuses, [one["fault"] for one in audit]

    def test_faults_are_the_seeds_and_the_calls_numbers(self):
        first, again, other = self.heard(1), self.heard(1), self.heard(2)
        self.assertEqual(first, again)
        self.assertNotEqual(first[1], other[1])
        self.assertEqual(len({one for one in first[1] if one}), 9)
        self.assertTrue(30 < sum(one is not None for one in first[1]) < 90)


class Audit(Case):
    def test_every_call_is_in_it_in_order(self):
        mcm = self.emulator.client("mcm", X_API_Key=self.emulator.places["mcm_api_key"])
        begin = len(self.emulator.audit())
        mcm.call("GET", "/v1/clusters?size=1")
        mcm.call("POST", "/v1/groups", {"name": "g"})
        mcm.call("POST", "/v1/groups", {"name": "g"})
        self.admin.call("GET", "/confirm?token=secret")
        self.emulator.tell("/faults", fault="cut_after")
        with self.assertRaises(CUT):
            mcm.call("POST", "/v1/groups", {"name": "h"})
        groups = [one["id"] for one in self.emulator.state()["groups"]]
        calls = self.emulator.audit(since=begin)
        self.assertEqual([one["number"] for one in calls], list(range(begin + 1, begin + 6)))
        self.assertEqual([(one["service"], one["method"], one["path"], one["principal"], one["status"], one["code"], one["changed"], one["fault"])
                          for one in calls],
                         [("mcm", "GET", "/v1/clusters?size=1", "api-key", 200, None, [], None),
                          ("mcm", "POST", "/v1/groups", "api-key", 201, None, [f"group {groups[0]} created"], None),
                          ("mcm", "POST", "/v1/groups", "api-key", 409, "NAME_TAKEN", [], None),
                          ("cloudz", "GET", "/confirm", None, 404, "NOT_FOUND", [], None),
                          ("mcm", "POST", "/v1/groups", "api-key", None, None, [f"group {groups[1]} created"], "cut_after")])

    def test_nothing_that_control_shows_is_a_secret(self):
        self.emulator.member(self.admin, "trial_user01", "mcm")
        shown = self.emulator.control.call("GET", "/state").text + self.emulator.control.call("GET", "/audit").text
        for secret in ("Wind0w", "Adm1n", "eyJ", self.admin.csrf, self.emulator.places["mcm_api_key"]):
            self.assertNotIn(secret, shown)

    def test_time_goes_forward_only(self):
        self.emulator.tell("/clock", set="2026-05-01T00:00:00Z")
        self.assertEqual(self.emulator.control.call("GET", "/clock").json["now"][:16], "2026-05-01T00:00")
        self.refused(self.emulator.control.call("POST", "/clock", {"set": "2026-04-01T00:00:00Z"}), 400, "INVALID_REQUEST")
        self.refused(self.emulator.control.call("POST", "/clock", {}), 400, "INVALID_REQUEST")


class Many(Case):
    options = ("--delays", "0")

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.emulator.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def issue(self, number, mcm, modeler, pipeline):
        login = f"trial_user{number:02d}"
        account, browser = self.emulator.member(self.admin, login, "mcm", "modeler", "pipeline")
        group = mcm.call("POST", "/v1/groups", {"name": login}).json["id"]
        cluster = mcm.call("POST", "/v1/clusters", {"name": f"trial-{number:02d}", "owner_group": group, "kubernetes_version": "1.31",
                                                    "node_pools": [POOL]}).json["id"]
        self.good(mcm.call("PUT", f"/v1/clusters/{cluster}/schedule", HOURS), 201)
        self.good(mcm.call("POST", f"/v1/clusters/{cluster}/grants", {"account": login, "role": "user"}), 201)
        self.good(mcm.call("PUT", f"/v1/groups/{group}/members/{login}"), 204)
        self.good(modeler.call("POST", "/api/v2/projects", {"name": f"trial-{number:02d}", "owner": login, "resources": RESOURCES}), 201)
        self.good(pipeline.call("POST", "/api/v1/s3-registrations", {"bucket": login.replace("_", "-"), "owner": login,
                                                                     "role_arn": f"arn:aws:iam::123456789012:role/{login}"}), 201)

    def test_45_accounts_are_issued_in_seconds(self):
        services = [self.emulator.signed_in(self.admin, name) for name in PROBES]
        cpu, wall, calls = self.cpu_seconds(), time.monotonic(), len(self.emulator.audit())
        for number in range(1, 46):
            self.issue(number, *services)
        cpu, wall, calls = self.cpu_seconds() - cpu, time.monotonic() - wall, len(self.emulator.audit()) - calls
        print(f"45 accounts: {calls} calls in {wall:.2f} s, {cpu:.2f} s of the emulator's CPU: {calls / max(cpu, 0.01):.0f} calls a CPU second")
        state = self.emulator.state()
        self.assertEqual([len(state[name]) for name in ("accounts", "clusters", "projects")], [46, 45, 45])
        self.assertEqual({len(one["grants"]) for one in state["clusters"]}, {1})

    def test_a_reset_forgets_all_of_it(self):
        self.emulator.member(self.admin, "trial_user01")
        self.emulator.tell("/reset")
        self.assertEqual(self.emulator.audit(), [])
        self.assertEqual(len(self.emulator.state()["accounts"]), 1)
        self.refused(self.admin.call("GET", "/api/v1/session"), 401, "SESSION_EXPIRED")


class Protocol(unittest.TestCase):
    def test_every_code_is_in_the_published_protocol(self):
        here = pathlib.Path(__file__).parent
        sources = "".join(path.read_text() for path in here.glob("*.py") if not path.name.endswith("_test.py"))
        published = (here / "README.md").read_text()
        codes = set(re.findall(r'Refused\(\d+, "([A-Z_]+)"', sources)) - {"EMULATOR_BUG"}
        self.assertGreater(len(codes), 40)
        self.assertEqual({code for code in codes if f"`{code}`" not in published}, set())


if __name__ == "__main__":
    unittest.main()
