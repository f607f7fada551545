"""An account is issued and its password changed, each step once, while a fifth of all calls goes wrong: the protocol lets a client
find out what happened."""
import http.client
import unittest

from trial_client import BEARER, HOURS, PASSWORD, POOL, RESOURCES, Case

API = "/api/v1"
LOGIN = "trial_user01"
LATER = "Door0pen!x"
TRIES = 50


class Weather(Case):
    options = ("--faults", "many", "--slow", "0", "--delays", "0")

    def setUp(self):
        """There is no session yet, since even a login may fail."""

    def until(self, act, done):
        """Repeats a call until its answer is JSON or a redirection that `done` takes."""
        for _ in range(TRIES):
            try:
                heard = act()
            except (OSError, http.client.HTTPException):
                continue
            if heard.status not in (429, 500, 502):
                self.assertTrue(done(heard), heard)
                return heard
        self.fail(f"nothing else than faults in {TRIES} calls")

    def good_or(self, *codes):
        return lambda heard: heard.status < 300 or heard.code() in codes

    def page(self, browser, path):
        return self.until(lambda: browser.open(path), lambda heard: heard.status in (200, 302, 410))

    def log_in(self, login, password):
        """A session; a login whose answer was lost is begun again from the page, with a cookie of its own."""
        browser = self.emulator.browser()
        for _ in range(TRIES):
            browser.headers.pop("Cookie", None)
            self.page(browser, "/login")
            try:
                form = {"_csrf": browser.csrf, "login": login, "password": password}
                if browser.call("POST", "/login", form=form).status == 303:
                    self.page(browser, "/home")
                    return browser
            except (OSError, http.client.HTTPException):
                pass
        return self.fail("no login")

    def confirm(self):
        path = self.emulator.mailed_link(f"{LOGIN}@trial.example").split(self.emulator.places["cloudz"])[1]
        browser, token = self.emulator.browser(), path.split("token=")[1].split("&")[0]
        self.page(browser, path)
        form = {"_csrf": browser.csrf, "token": token, "password": PASSWORD, "password_confirm": PASSWORD}
        self.until(lambda: browser.call("POST", "/confirm", form=form), self.good_or("LINK_USED"))

    def signed_in(self, admin, service):
        """A client with a token; one that was spent by an exchange whose answer was lost is replaced by a fresh one."""
        client = self.emulator.client(service)

        def exchange():
            token = admin.call("POST", "/sso/token", {"audience": service})
            if token.status != 200:
                return token
            if service == "mcm":
                return client.call("POST", "/v1/auth/exchange", {"sso_token": token.json["token"]})
            return client.call("POST", "/oauth/token", form={"grant_type": BEARER, "assertion": token.json["token"]})
        client.headers["Authorization"] = f"Bearer {self.until(exchange, self.good_or()).json['access_token']}"
        return client

    def issue(self):
        admin = self.log_in(**self.emulator.places["admin"])
        body = {"login": LOGIN, "email": f"{LOGIN}@trial.example", "name": "A"}
        self.until(lambda: admin.call("POST", f"{API}/accounts", body), self.good_or("LOGIN_TAKEN"))
        account = self.until(lambda: admin.call("GET", f"{API}/accounts?login={LOGIN}"), self.good_or()).json["items"][0]["id"]
        self.confirm()
        user = self.log_in(LOGIN, PASSWORD)
        self.until(lambda: user.call("POST", f"{API}/terms/accept", {"document_id": "terms-2026-01"}), self.good_or())
        for service in ("mcm", "modeler"):
            self.until(lambda: admin.call("POST", f"{API}/accounts/{account}/subscriptions", {"service": service, "plan": "trial"}),
                       self.good_or("ALREADY_SUBSCRIBED"))
        role = {"service": "modeler", "role": "SERVICE_ADMIN"}
        self.until(lambda: admin.call("POST", f"{API}/accounts/{account}/roles", role), self.good_or("ROLE_EXISTS"))
        self.give(self.signed_in(admin, "mcm"), self.signed_in(admin, "modeler"))
        change = {"current_password": PASSWORD, "new_password": LATER}
        self.until(lambda: user.call("POST", f"{API}/me/password", change), self.good_or("CURRENT_PASSWORD_WRONG"))
        self.log_in(LOGIN, LATER)

    def give(self, mcm, modeler):
        group = self.until(lambda: mcm.call("POST", "/v1/groups", {"name": LOGIN}), self.good_or("NAME_TAKEN")).json
        body = {"name": "trial-01", "owner_group": group.get("existing") or group["id"], "kubernetes_version": "1.31", "node_pools": [POOL]}
        place = "/v1/clusters/" + self.until(lambda: mcm.call("POST", "/v1/clusters", body, Idempotency_Key="c"), self.good_or()).json["id"]
        self.until(lambda: mcm.call("PUT", f"{place}/schedule", HOURS), self.good_or())
        self.until(lambda: mcm.call("POST", f"{place}/grants", {"account": LOGIN, "role": "user"}), self.good_or("ALREADY_GRANTED"))
        project = {"name": "trial-01", "owner": LOGIN, "resources": RESOURCES}
        self.until(lambda: modeler.call("POST", "/api/v2/projects", project, Idempotency_Key="p"), self.good_or())

    def test_each_step_happens_once(self):
        for seed in range(1, 21):
            self.emulator.tell("/reset", seed=seed)
            self.issue()
            done = [change for change in self.changes() if not change.startswith(("session", "terms", "schedule"))]
            self.assertEqual(len(done), len(set(done)), done)
            state = self.emulator.state()
            self.assertEqual([len(state[name]) for name in ("accounts", "groups", "clusters", "projects")], [2, 1, 1, 1])
            self.assertGreater(sum(one["fault"] is not None for one in self.emulator.audit()), 3)


if __name__ == "__main__":
    unittest.main()
