"""CloudZ's JSON API, the first half: sessions, terms, accounts and passwords."""
import secrets

import confirmation_mail
import shape
from accounts import LINK_SECONDS, Account
from service import Refused, invalid, not_found, route
from sessions import ABSOLUTE_SECONDS, IDLE_SECONDS
from world import stamp

MAX_ACCOUNTS = 10_000
PASSWORD = shape.text(r"(?s).{0,500}", "a text of up to 500 characters")


class AccountCalls:
    def administrators_only(self, call):
        if not call.caller.administrator:
            raise Refused(403, "FORBIDDEN", "This is for administrators.")

    def account_for(self, call, identifier):
        """The account that a call is about: any for an administrator, its own for a user's GET."""
        account = self.accounts.get(identifier)
        if not call.caller.administrator and (account is None or account.login != call.caller.login):
            raise not_found("such account")
        if call.request.method != "GET":
            self.administrators_only(call)
        if account is None:
            raise not_found("such account")
        return account

    @route("GET", "/api/v1/session")
    def show_session(self, call):
        account, session = self.by_login[call.caller.login], self.sessions.of(call)
        idle, end = (session.last + IDLE_SECONDS, session.created + ABSOLUTE_SECONDS) if session else (None, None)
        return 200, {"login": account.login, "account_id": account.id, "administrator": account.administrator,
                     "idle_expires_at": stamp(idle), "expires_at": stamp(end), "terms_required": self.terms_missing(account)}

    @route("GET", "/api/v1/terms/current")
    def current_terms(self, call):
        return 200, {"document_id": self.terms["document_id"], "title": "Terms of the trial programme",
                     "published_at": stamp(self.terms["published"]), "accepted": not self.terms_missing(self.by_login[call.caller.login])}

    @route("POST", "/api/v1/terms/accept")
    def accept_terms(self, call):
        given, current = call.read(document_id=shape.text())["document_id"], self.terms["document_id"]
        if given != current:
            raise Refused(409, "TERMS_OUTDATED", "Other terms are current.", document_id=current)
        self.by_login[call.caller.login].terms = current
        call.changed(f"terms {current} accepted by {call.caller.login}")
        return 200, {"document_id": current, "accepted_at": stamp(self.world.now())}

    @route("POST", "/api/v1/accounts")
    def sign_up(self, call):
        self.administrators_only(call)
        body = call.read(login=shape.named("[a-z][a-z0-9_]{2,31}"), email=shape.text(), name=shape.text())
        if not confirmation_mail.address_is_good(body["email"]):
            raise invalid(email="expected an address of mail")
        if body["login"] in self.by_login:
            raise Refused(409, "LOGIN_TAKEN", "There is an account of this login.")
        if len(self.accounts) >= MAX_ACCOUNTS:
            raise Refused(409, "LIMIT_REACHED", f"There are {MAX_ACCOUNTS} accounts.")
        account = Account(self.world.new_id("acc"), body["login"], body["email"], body["name"], self.world.now())
        self.add(account)
        self.mail_link(account)
        call.changed(f"account {account.login} created")
        return 201, account.shown(), [("Location", f"/api/v1/accounts/{account.id}")]

    def mail_link(self, account):
        if account.link:
            self.void_links.add(account.link)
        account.link, account.link_until = secrets.token_urlsafe(32), self.world.now() + LINK_SECONDS
        confirmation_mail.send(self.world, account, f"{self.address}/confirm?token={account.link}&lang=en")

    @route("GET", "/api/v1/accounts")
    def list_accounts(self, call):
        self.administrators_only(call)
        query = call.query(page=shape.Optional(shape.digits(1, 1_000_000), 1), size=shape.Optional(shape.digits(1, 100), 20),
                           login=shape.Optional(shape.text()), status=shape.Optional(shape.one_of("PENDING", "ACTIVE", "DEACTIVATED")))
        found = [one for one in self.accounts.values()
                 if query["login"] in (None, one.login) and query["status"] in (None, one.status)]
        begin = (query["page"] - 1) * query["size"]
        items = [one.shown() for one in found[begin:begin + query["size"]]]
        return 200, {"items": items, "page": query["page"], "size": query["size"], "total": len(found)}

    @route("GET", "/api/v1/accounts/{}")
    def show_account(self, call, identifier):
        return 200, self.account_for(call, identifier).shown()

    @route("POST", "/api/v1/accounts/{}/resend-confirmation")
    def resend(self, call, identifier):
        account = self.account_for(call, identifier)
        call.read()
        if account.status != "PENDING":
            raise Refused(409, "NOT_PENDING", "The account is not waiting for its confirmation.")
        self.mail_link(account)
        call.changed(f"link of {account.login} mailed again")
        return 202, account.shown()

    @route("POST", "/api/v1/accounts/{}/unlock")
    def unlock(self, call, identifier):
        account = self.account_for(call, identifier)
        call.read()
        account.wrong, account.locked_until = 0, 0.0
        call.changed(f"account {account.login} unlocked")
        return (204,)

    @route("POST", "/api/v1/accounts/{}/deactivate")
    def deactivate(self, call, identifier):
        account = self.account_for(call, identifier)
        call.read()
        self.refuse_if_used(call, account)
        account.status, account.link = "DEACTIVATED", None
        self.sessions.end_of_account(account)
        call.changed(f"account {account.login} deactivated")
        return 200, account.shown()

    @route("DELETE", "/api/v1/accounts/{}")
    def delete_account(self, call, identifier):
        account = self.account_for(call, identifier)
        self.refuse_if_used(call, account)
        self.sessions.end_of_account(account)
        del self.accounts[account.id], self.by_login[account.login]
        call.changed(f"account {account.login} deleted")
        return (204,)

    @staticmethod
    def refuse_if_used(call, account):
        if account.login == call.caller.login:
            raise Refused(409, "OWN_ACCOUNT", "Nobody removes the own account.")
        if account.subscriptions:
            blocking = [{"kind": "subscription", "id": one.id, "name": one.service, "status": one.status}
                        for one in account.subscriptions.values()]
            raise Refused(409, "ACCOUNT_IN_USE", "Subscriptions are left.", blocking=blocking)

    @route("POST", "/api/v1/me/password")
    def change_password(self, call):
        body = call.read(current_password=PASSWORD, new_password=PASSWORD)
        account = self.by_login[call.caller.login]
        self.check_password(account, body["current_password"], Refused(403, "CURRENT_PASSWORD_WRONG", "The current password is another."))
        self.set_password(account, body["new_password"])
        ended = self.sessions.end_of_account(account, but=self.sessions.of(call))
        call.changed(f"password of {account.login} changed, {ended} sessions ended")
        return (204,)
