"""CloudZ, the portal: pages with forms, as a browser uses them, and who may call what. The JSON API is in cloudz_accounts.py and
cloudz_subscriptions.py."""
import hmac
import html
import math

import sessions
import shape
import tokens
from accounts import Account, violations
from cloudz_accounts import AccountCalls
from cloudz_subscriptions import SubscriptionCalls
from http_server import Answer
from service import Caller, Refused, Service, not_found, route

BEFORE_TERMS = {"/api/v1/session", "/api/v1/terms/current", "/api/v1/terms/accept"}
ANYTHING = shape.text(r"(?s).{0,500}", "a text of up to 500 characters")
QUERY = shape.Optional(ANYTHING)
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="csrf-token" content="{csrf}"><title>{title} - CloudZ</title></head>
<body><h1>{title}</h1>{body}</body></html>
"""
LOGIN = """<p>{note}</p><form method="post" action="/login"><input type="hidden" name="_csrf" value="{csrf}">
<input name="login" autocomplete="username"><input type="password" name="password"><button>Log in</button></form>"""
CONFIRM = """<p>Set the password of {login}.</p><form method="post" action="/confirm"><input type="hidden" name="_csrf" value="{csrf}">
<input type="hidden" name="token" value="{token}"><input type="password" name="password"><input type="password" name="password_confirm">
<button>Confirm</button></form>"""
NOTES = {"credentials": "The login or the password is wrong.", "locked": "The account is locked for a while."}


def page(status, title, body, csrf="", headers=()):
    raw = PAGE.format(title=title, body=body, csrf=csrf).encode()
    return Answer(status, raw, [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store"), *headers])


def elsewhere(status, location, headers=()):
    return Answer(status, b"", [("Location", location), *headers])


def wants_json(call):
    return "application/json" in (call.header("accept") or "")


class CloudZ(AccountCalls, SubscriptionCalls, Service):
    name = "cloudz"

    def __init__(self, *arguments, administrator):
        super().__init__(*arguments)
        self.sessions = sessions.Sessions(self.world)
        self.accounts = {}  # By id.
        self.by_login = {}
        self.requests = {}  # Of subscriptions, by id.
        self.void_links = set()  # Used, or replaced by newer ones.
        self.failing = 0  # So many of the next requests are to fail.
        self.terms = {"document_id": "terms-2026-01", "published": self.world.now()}
        self.others = {}  # The other services, by name.
        first = Account("acc-1", administrator[0], "admin@cloudz.example", "Administrator", self.world.now(), True, "ACTIVE")
        first.passwords.put(administrator[1])
        self.add(first)

    def add(self, account):
        self.accounts[account.id] = self.by_login[account.login] = account

    def authenticate(self, call):
        """The caller of the API: its session, the CSRF token, and the terms."""
        session = self.sessions.of(call)
        if session is None or session.account is None:
            if sessions.presented(call) is None:
                raise Refused(401, "LOGIN_REQUIRED", "Log in first.")
            raise Refused(401, "SESSION_EXPIRED", "The session ended.")
        account = session.account
        call.caller = Caller(account.login, account.administrator)
        if call.request.method != "GET":
            self.check_csrf(session, call.header("x-csrf-token"))
        if call.request.path not in BEFORE_TERMS and self.terms_missing(account):
            raise Refused(403, "TERMS_REQUIRED", "The current terms are not accepted yet.", document_id=self.terms["document_id"])
        return call.caller

    def terms_missing(self, account):
        return not account.administrator and account.terms != self.terms["document_id"]

    @staticmethod
    def check_csrf(session, given):
        if session is None or not hmac.compare_digest((given or "").encode(), session.csrf.encode()):
            raise Refused(403, "CSRF_INVALID", "The CSRF token is missing, or of another session.")

    def refuse(self, call, problem):
        """A browser is sent to the login page, or gets a page; who asks for JSON gets JSON, and the API always gives it."""
        api = call.request.path.startswith(("/api/", "/sso/"))
        place = {"LOGIN_REQUIRED": "expired=1", "SESSION_EXPIRED": "expired=1", "BAD_CREDENTIALS": "error=credentials",
                 "ACCOUNT_LOCKED": "error=locked"}.get(problem.code)
        if wants_json(call) or (api and place is None):
            return super().refuse(call, problem)
        call.code = problem.code
        if place is not None:
            return self.finished(call, elsewhere(302, f"/login?{place}"))
        detail = "".join(f"<li>{html.escape(one)}</li>" for one in problem.more.get("violations", []))
        return self.finished(call, page(problem.status, problem.code, f"<p>{html.escape(problem.message)}</p><ul>{detail}</ul>",
                                        headers=problem.headers))

    # Pages.

    @route("GET", "/", caller=False)
    def root(self, call):
        return elsewhere(302, "/home")

    @route("GET", "/login", caller=False)
    def login_page(self, call):
        query = call.query(expired=QUERY, error=QUERY, confirmed=QUERY)
        session = self.sessions.of(call)
        if session and session.account:
            return elsewhere(302, "/home")
        session = session or self.sessions.begin()
        return page(200, "Log in", LOGIN.format(csrf=session.csrf, note=NOTES.get(query["error"], "")), session.csrf, [session.cookie()])

    @route("POST", "/login", caller=False)
    def log_in(self, call):
        form = call.form(_csrf=ANYTHING, login=ANYTHING, password=ANYTHING)
        before = self.sessions.of(call)
        self.check_csrf(before, form["_csrf"])
        account = self.by_login.get(form["login"])
        if account is None or account.status != "ACTIVE":
            raise Refused(401, "BAD_CREDENTIALS", NOTES["credentials"])
        self.check_password(account, form["password"], Refused(401, "BAD_CREDENTIALS", NOTES["credentials"]))
        self.sessions.end(before)
        session = self.sessions.begin(account)
        call.caller = Caller(account.login, account.administrator)
        call.changed(f"session of {account.login} began")
        return elsewhere(303, "/home", [session.cookie()])

    def check_password(self, account, password, wrong):
        now = self.world.now()
        result = account.try_password(password, now)
        if result == "locked":
            wait = math.ceil(account.locked_until - now)
            raise Refused(423, "ACCOUNT_LOCKED", NOTES["locked"], [("Retry-After", str(wait))])
        if not result:
            raise wrong

    @route("GET", "/home", caller=False)
    def home(self, call):
        session = self.sessions.of(call)
        if session is None or session.account is None:
            raise Refused(401, "SESSION_EXPIRED", "The session ended.")
        call.caller = Caller(session.account.login, session.account.administrator)
        return page(200, "Home", f"<p>Welcome, {html.escape(session.account.name)}.</p>", session.csrf)

    @route("POST", "/logout", caller=False)
    def log_out(self, call):
        session = self.sessions.of(call)
        given = call.header("x-csrf-token")
        if session and given is None:
            given = call.form(_csrf=ANYTHING)["_csrf"]
        if session:
            self.check_csrf(session, given)
            self.sessions.end(session)
        return elsewhere(303, "/login")

    # Confirmation by the mailed link.

    def linked(self, token):
        """The account of a link that is still good."""
        account = next((one for one in self.accounts.values() if one.link == token), None)
        if account is None:
            if token in self.void_links:
                raise Refused(410, "LINK_USED", "This link was used, or a newer one was sent.")
            raise not_found("such link")
        if account.link_until <= self.world.now():
            raise Refused(410, "LINK_EXPIRED", "This link expired; ask for another.")
        return account

    @route("GET", "/confirm", caller=False)
    def confirm_page(self, call):
        token = call.query(token=ANYTHING, lang=QUERY)["token"]
        account = self.linked(token)
        session = self.sessions.of(call) or self.sessions.begin()
        body = CONFIRM.format(login=account.login, csrf=session.csrf, token=html.escape(token))
        return page(200, "Confirm", body, session.csrf, [session.cookie()])

    @route("POST", "/confirm", caller=False)
    def confirm(self, call):
        form = call.form(_csrf=ANYTHING, token=ANYTHING, password=ANYTHING, password_confirm=ANYTHING)
        self.check_csrf(self.sessions.of(call), form["_csrf"])
        account = self.linked(form["token"])
        if form["password"] != form["password_confirm"]:
            raise Refused(400, "INVALID_REQUEST", "The passwords differ.", fields={"password_confirm": "expected the same as password"})
        self.set_password(account, form["password"])
        self.void_links.add(account.link)
        account.link, account.status = None, "ACTIVE"
        call.changed(f"account {account.login} confirmed")
        if wants_json(call):
            return 200, {"login": account.login, "status": account.status}
        return elsewhere(303, "/login?confirmed=1")

    def set_password(self, account, password):
        broken = violations(password, account.login)
        if account.passwords.used_lately(password):
            broken.append("expected none of the last 3 passwords")
        if broken:
            raise Refused(422, "PASSWORD_RULES", "The password breaks rules.", violations=broken)
        account.passwords.put(password)

    # Single sign-on.

    @route("POST", "/sso/token")
    def sign_on(self, call):
        audience = call.read(audience=shape.one_of(*tokens.AUDIENCES))["audience"]
        caller = self.caller_at(call.caller.login, audience)
        return 200, {"token": tokens.issue(self.world, caller, audience), "audience": audience, "expires_in": tokens.SSO_SECONDS}

    def caller_at(self, login, service):
        """What the account is to another service; refused unless it is subscribed."""
        account = self.by_login[login]
        if service != self.name and not account.administrator and not account.subscribed(service):
            raise Refused(403, "NOT_SUBSCRIBED", f"{login} has no active subscription to {service}.")
        return Caller(login, account.administrator, account.roles_on(service))

    def subscribed(self, login, service):
        """Whether an account of that name may be given something at that service; None when there is none."""
        account = self.by_login.get(login)
        return None if account is None else account.subscribed(service)
