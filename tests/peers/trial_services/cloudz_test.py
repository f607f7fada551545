"""The portal keeps its protocol."""
import email
import email.policy
import unittest
import urllib.parse

from trial_client import PASSWORD, Case

API = "/api/v1"
FORM = {"Accept": "text/html"}


class Sessions(Case):
    def test_login_gives_a_new_cookie_and_a_new_token(self):
        browser = self.emulator.browser()
        page = browser.open("/login")
        self.assertIn(f'name="_csrf" value="{browser.csrf}"', page.text)
        self.assertIn("HttpOnly", page.headers["Set-Cookie"])
        before = (browser.headers["Cookie"], browser.csrf)
        heard = browser.log_in(**self.emulator.places["admin"])
        self.assertEqual((heard.status, heard.headers["Location"]), (303, "/home"))
        self.assertFalse({browser.headers["Cookie"], browser.csrf} & set(before))
        self.assertEqual(browser.open("/login").headers["Location"], "/home")
        old = self.emulator.client("cloudz", Cookie=before[0], Accept="application/json")
        self.refused(old.call("GET", f"{API}/session"), 401, "SESSION_EXPIRED")

    def test_changes_need_the_token_of_the_session(self):
        body = {"login": "trial_user01", "email": "a@b.example", "name": "A"}
        self.refused(self.admin.call("POST", f"{API}/accounts", body, X_CSRF_Token="no"), 403, "CSRF_INVALID")
        other = self.emulator.administrator()
        self.refused(self.admin.call("POST", f"{API}/accounts", body, X_CSRF_Token=other.csrf), 403, "CSRF_INVALID")
        self.good(self.admin.call("POST", f"{API}/accounts", body), 201)
        browser = self.emulator.browser()
        browser.open("/login")
        form = {"_csrf": "no", **self.emulator.places["admin"]}
        self.assertEqual(browser.call("POST", "/login", form=form, **FORM).status, 403)

    def test_an_idle_session_ends_and_the_accept_header_says_how_that_is_told(self):
        self.emulator.later(899)
        self.good(self.admin.call("GET", f"{API}/session"), 200)
        self.emulator.later(901)
        self.refused(self.admin.call("GET", f"{API}/session"), 401, "SESSION_EXPIRED")
        for accept in ("*/*", "text/html,application/xhtml+xml"):
            heard = self.admin.call("GET", f"{API}/session", Accept=accept)
            self.assertEqual((heard.status, heard.headers["Location"]), (302, "/login?expired=1"))
        stranger = self.emulator.client("cloudz", Accept="application/json")
        self.refused(stranger.call("GET", f"{API}/session"), 401, "LOGIN_REQUIRED")
        self.assertEqual(stranger.call("POST", "/sso/token", {"audience": "mcm"}, Accept="*/*").status, 302)

    def test_a_busy_session_ends_after_eight_hours(self):
        for _ in range(8 * 6 - 1):
            self.emulator.later(600)
            self.good(self.admin.call("GET", f"{API}/session"), 200)
        self.emulator.later(600)
        self.refused(self.admin.call("GET", f"{API}/session"), 401, "SESSION_EXPIRED")

    def test_logout_ends_the_session(self):
        self.assertEqual(self.admin.call("POST", "/logout").status, 303)
        self.refused(self.admin.call("GET", f"{API}/session"), 401, "SESSION_EXPIRED")

    def test_five_wrong_passwords_lock_for_a_while(self):
        account, _ = self.emulator.member(self.admin, "trial_user01")
        browser = self.emulator.browser()
        for _ in range(5):
            self.refused(browser.log_in("trial_user01", "wrong"), 401, "BAD_CREDENTIALS")
        locked = browser.log_in("trial_user01", PASSWORD)
        self.refused(locked, 423, "ACCOUNT_LOCKED")
        self.assertEqual(locked.headers["Retry-After"], "900")
        self.assertEqual(browser.call("POST", "/login", form={"_csrf": browser.csrf, "login": "trial_user01", "password": PASSWORD},
                                      **FORM).headers["Location"], "/login?error=locked")
        self.emulator.later(900)
        self.assertEqual(browser.log_in("trial_user01", PASSWORD).status, 303)
        for _ in range(5):
            self.emulator.browser().log_in("trial_user01", "wrong")
        admin = self.emulator.administrator()
        self.good(admin.call("POST", f"{API}/accounts/{account['id']}/unlock", {}), 204)
        self.assertEqual(self.emulator.browser().log_in("trial_user01", PASSWORD).status, 303)


class Accounts(Case):
    def sign_up(self, login="trial_user01"):
        return self.admin.call("POST", f"{API}/accounts", {"login": login, "email": f"{login}@trial.example", "name": "Trial, \"A\" <b>"})

    def test_an_account_is_pending_until_its_link_is_followed(self):
        account = self.good(self.sign_up(), 201)
        self.assertEqual(account["status"], "PENDING")
        self.refused(self.emulator.browser().log_in("trial_user01", PASSWORD), 401, "BAD_CREDENTIALS")
        link = self.emulator.mailed_link(account["email"])
        self.assertEqual(self.good(self.emulator.browser().confirm(link, PASSWORD), 200)["status"], "ACTIVE")
        self.assertEqual(self.emulator.browser().log_in("trial_user01", PASSWORD).status, 303)
        self.assertEqual(self.emulator.browser().confirm(link, PASSWORD).status, 410)
        self.refused(self.admin.call("POST", f"{API}/accounts/{account['id']}/resend-confirmation", {}), 409, "NOT_PENDING")
        self.refused(self.sign_up(), 409, "LOGIN_TAKEN")

    def test_the_mail_is_a_real_one(self):
        self.sign_up()
        mail = self.emulator.control.call("GET", "/mails").json[0]
        self.assertIn("token=3D", mail["raw"])
        message = email.message_from_string(mail["raw"], policy=email.policy.default)
        self.assertEqual(message.get_content_type(), "multipart/alternative")
        self.assertIn("계정 확인", message["Subject"])
        self.assertIn("&amp;lang=en", message.get_body(("html",)).get_content())
        self.assertEqual(message["To"].addresses[0].addr_spec, "trial_user01@trial.example")

    def test_links_expire_and_newer_ones_replace_them(self):
        account = self.sign_up().json
        first = self.emulator.mailed_link(account["email"])
        self.good(self.admin.call("POST", f"{API}/accounts/{account['id']}/resend-confirmation"), 202)
        browser = self.emulator.browser()
        place = urllib.parse.urlparse(first)
        self.refused(browser.call("GET", f"{place.path}?{place.query}"), 410, "LINK_USED")
        self.emulator.later(24 * 3600)
        place = urllib.parse.urlparse(self.emulator.mailed_link(account["email"]))
        self.refused(browser.call("GET", f"{place.path}?{place.query}"), 410, "LINK_EXPIRED")
        self.assertIn("text/html", browser.call("GET", f"{place.path}?{place.query}", Accept="*/*").headers["Content-Type"])
        self.refused(browser.call("GET", "/confirm?token=unknown"), 404, "NOT_FOUND")

    def test_passwords_follow_rules(self):
        link = self.emulator.mailed_link(self.sign_up().json["email"])
        for bad in ("Sh0rt!", "onlylowercase", "Trial_USER01xyz!", "Aaaa1234567!", "Has a space 1", "<Angle>1234"):
            broken = self.refused(self.emulator.browser().confirm(link, bad), 422, "PASSWORD_RULES")
            self.assertTrue(broken["violations"])
            self.assertNotIn(bad, str(broken))
        self.good(self.emulator.browser().confirm(link, PASSWORD), 200)

    def test_a_changed_password_ends_other_sessions_and_old_ones_do_not_come_back(self):
        _, user = self.emulator.member(self.admin, "trial_user01")
        other = self.emulator.browser()
        other.log_in("trial_user01", PASSWORD)
        change = f"{API}/me/password"
        self.refused(user.call("POST", change, {"current_password": "no", "new_password": "Door0pen!x"}), 403, "CURRENT_PASSWORD_WRONG")
        now = PASSWORD
        for following in ("Door0pen!x", "Door1pen!x"):
            self.good(user.call("POST", change, {"current_password": now, "new_password": following}), 204)
            now = following
        self.refused(other.call("GET", f"{API}/session"), 401, "SESSION_EXPIRED")
        self.good(user.call("GET", f"{API}/session"), 200)
        self.refused(user.call("POST", change, {"current_password": now, "new_password": PASSWORD}), 422, "PASSWORD_RULES")
        self.refused(self.emulator.browser().log_in("trial_user01", PASSWORD), 401, "BAD_CREDENTIALS")
        self.good(user.call("POST", change, {"current_password": now, "new_password": "Door2pen!x"}), 204)
        self.good(user.call("POST", change, {"current_password": "Door2pen!x", "new_password": PASSWORD}), 204)

    def test_guessing_the_current_password_locks_too(self):
        _, user = self.emulator.member(self.admin, "trial_user01")
        for _ in range(5):
            heard = user.call("POST", f"{API}/me/password", {"current_password": "no", "new_password": "Door0pen!x"})
            self.refused(heard, 403, "CURRENT_PASSWORD_WRONG")
        right = {"current_password": PASSWORD, "new_password": "Door0pen!x"}
        self.refused(user.call("POST", f"{API}/me/password", right), 423, "ACCOUNT_LOCKED")

    def test_control_acts_for_a_user_at_the_portal(self):
        _, user = self.emulator.member(self.admin, "trial_user01")
        change = {"as": "trial_user01", "service": "cloudz", "method": "POST", "path": f"{API}/me/password",
                  "body": {"current_password": PASSWORD, "new_password": "Door0pen!x"}}
        self.assertEqual(self.emulator.tell("/act", **change)["status"], 204)
        self.refused(user.call("GET", f"{API}/session"), 401, "SESSION_EXPIRED")

    def test_nothing_works_before_the_terms(self):
        account, user = self.emulator.member(self.admin, "trial_user01", "mcm")
        self.emulator.tell("/terms", document_id="terms-2026-04")
        self.assertEqual(self.refused(user.call("POST", "/sso/token", {"audience": "mcm"}), 403, "TERMS_REQUIRED")["document_id"], "terms-2026-04")
        self.refused(user.call("POST", f"{API}/me/password", {}), 403, "TERMS_REQUIRED")
        self.refused(self.admin.call("POST", f"{API}/accounts/{account['id']}/subscriptions", {"service": "modeler", "plan": "trial"}), 409,
                     "TERMS_NOT_ACCEPTED")
        self.assertTrue(user.call("GET", f"{API}/session").json["terms_required"])
        outdated = self.refused(user.call("POST", f"{API}/terms/accept", {"document_id": "terms-2026-01"}), 409, "TERMS_OUTDATED")
        self.good(user.call("POST", f"{API}/terms/accept", {"document_id": outdated["document_id"]}), 200)
        self.good(user.call("POST", "/sso/token", {"audience": "mcm"}), 200)

    def test_lists_have_pages_from_one_on(self):
        for number in range(25):
            self.sign_up(f"trial_user{number:02d}")
        page = self.admin.call("GET", f"{API}/accounts?page=3&size=10").json
        self.assertEqual((len(page["items"]), page["total"]), (6, 26))
        self.assertEqual(self.admin.call("GET", f"{API}/accounts?login=trial_user07").json["total"], 1)
        self.assertEqual(self.admin.call("GET", f"{API}/accounts?status=ACTIVE").json["total"], 1)
        self.assertIn("page", self.refused(self.admin.call("GET", f"{API}/accounts?page=0"), 400, "INVALID_REQUEST")["fields"])

    def test_a_user_is_no_administrator(self):
        account, user = self.emulator.member(self.admin, "trial_user01")
        self.good(user.call("GET", f"{API}/accounts/{account['id']}"), 200)
        self.refused(user.call("GET", f"{API}/accounts/acc-1"), 404, "NOT_FOUND")
        self.refused(user.call("GET", f"{API}/accounts"), 403, "FORBIDDEN")
        self.refused(user.call("DELETE", f"{API}/accounts/{account['id']}"), 403, "FORBIDDEN")


class Subscriptions(Case):
    def test_a_subscription_comes_about_after_a_while(self):
        account, _ = self.emulator.member(self.admin, "trial_user01")
        place, body = f"{API}/accounts/{account['id']}/subscriptions", {"service": "mcm", "plan": "trial"}
        asked = self.admin.call("POST", place, body)
        request = self.good(asked, 202)
        self.assertEqual(asked.headers["Location"], f"{API}/subscription-requests/{request['id']}")
        self.assertEqual(self.refused(self.admin.call("POST", place, body), 409, "ALREADY_SUBSCRIBED")["existing"], request["id"])
        seen = [self.admin.call("GET", asked.headers["Location"]).json["status"]]
        for _ in range(2):
            self.emulator.later(2)
            seen.append(self.admin.call("GET", asked.headers["Location"]).json["status"])
        self.assertEqual(seen, ["REQUESTED", "PROVISIONING", "ACTIVE"])
        subscription = self.admin.call("GET", asked.headers["Location"]).json["subscription_id"]
        self.assertEqual(self.refused(self.admin.call("POST", place, body), 409, "ALREADY_SUBSCRIBED")["existing"], subscription)

    def test_only_who_confirmed_is_subscribed(self):
        body = {"login": "trial_user01", "email": "trial_user01@trial.example", "name": "A"}
        account = self.admin.call("POST", f"{API}/accounts", body).json
        heard = self.admin.call("POST", f"{API}/accounts/{account['id']}/subscriptions", {"service": "mcm", "plan": "trial"})
        self.refused(heard, 409, "ACCOUNT_NOT_ACTIVE")

    def test_a_request_can_fail_and_be_made_again(self):
        account, _ = self.emulator.member(self.admin, "trial_user01")
        self.emulator.tell("/fail-subscriptions")
        for outcome in ("FAILED", "ACTIVE"):
            asked = self.admin.call("POST", f"{API}/accounts/{account['id']}/subscriptions", {"service": "mcm", "plan": "trial"})
            self.emulator.later(3)
            self.assertEqual(self.admin.call("GET", asked.headers["Location"]).json["status"], outcome)

    def test_roles_need_a_subscription_and_hold_it(self):
        account, _ = self.emulator.member(self.admin, "trial_user01", "mcm")
        place = f"{API}/accounts/{account['id']}"
        self.refused(self.admin.call("POST", f"{place}/roles", {"service": "modeler", "role": "SERVICE_ADMIN"}), 409, "SUBSCRIPTION_NOT_ACTIVE")
        role = self.admin.call("GET", f"{place}/roles").json["items"][0]
        again = self.admin.call("POST", f"{place}/roles", {"service": "mcm", "role": "SERVICE_ADMIN"})
        self.assertEqual(self.refused(again, 409, "ROLE_EXISTS")["existing"], role["id"])
        subscription = self.admin.call("GET", f"{place}/subscriptions").json["items"][0]["id"]
        blocked = self.refused(self.admin.call("DELETE", f"{place}/subscriptions/{subscription}"), 409, "SUBSCRIPTION_IN_USE")
        self.assertEqual([one["id"] for one in blocked["blocking"]], [role["id"]])
        self.good(self.admin.call("DELETE", f"{place}/roles/{role['id']}"), 204)
        self.refused(self.admin.call("DELETE", f"{place}/roles/{role['id']}"), 404, "NOT_FOUND")

    def test_an_account_goes_when_no_subscription_is_left(self):
        account, user = self.emulator.member(self.admin, "trial_user01", "mcm")
        place = f"{API}/accounts/{account['id']}"
        role = self.admin.call("GET", f"{place}/roles").json["items"][0]["id"]
        self.admin.call("DELETE", f"{place}/roles/{role}")
        for method, path in (("DELETE", place), ("POST", f"{place}/deactivate")):
            blocked = self.refused(self.admin.call(method, path), 409, "ACCOUNT_IN_USE")
            self.assertEqual([one["name"] for one in blocked["blocking"]], ["mcm"])
        subscription = blocked["blocking"][0]["id"]
        self.good(self.admin.call("DELETE", f"{place}/subscriptions/{subscription}"), 202)
        self.refused(self.admin.call("DELETE", place), 409, "ACCOUNT_IN_USE")
        self.emulator.later(2)
        self.assertEqual(self.good(self.admin.call("POST", f"{place}/deactivate", {}), 200)["status"], "DEACTIVATED")
        self.refused(user.call("GET", f"{API}/session"), 401, "SESSION_EXPIRED")
        self.refused(self.emulator.browser().log_in("trial_user01", PASSWORD), 401, "BAD_CREDENTIALS")
        self.good(self.admin.call("DELETE", place), 204)
        self.refused(self.admin.call("GET", place), 404, "NOT_FOUND")
        self.refused(self.admin.call("DELETE", f"{API}/accounts/acc-1"), 409, "OWN_ACCOUNT")

    def test_sign_on_needs_a_subscription(self):
        _, user = self.emulator.member(self.admin, "trial_user01", "mcm")
        self.refused(user.call("POST", "/sso/token", {"audience": "modeler"}), 403, "NOT_SUBSCRIBED")
        self.assertEqual(self.good(user.call("POST", "/sso/token", {"audience": "mcm"}), 200)["expires_in"], 60)


if __name__ == "__main__":
    unittest.main()
