"""The portal's accounts: passwords and their rules, lockout, links of confirmation, subscriptions and roles, as data."""
import dataclasses
import hashlib
import hmac
import re
import secrets

from world import stamp

LINK_SECONDS = 24 * 3600
WRONG_PASSWORDS = 5
LOCK_SECONDS = 15 * 60
HISTORY = 3
SPECIAL = "!@#$%^*()-_=+?"
CLASSES = ("[a-z]", "[A-Z]", "[0-9]", "[" + re.escape(SPECIAL) + "]")


def violations(password, login):
    """The rules that it breaks, in words that never quote it."""
    broken = []
    if not 10 <= len(password) <= 64:
        broken.append("expected 10 to 64 characters")
    if sum(1 for one in CLASSES if re.search(one, password)) < 3:
        broken.append(f"expected three of the classes a-z, A-Z, 0-9 and {SPECIAL}")
    if re.search(f"[^a-zA-Z0-9{re.escape(SPECIAL)}]", password):
        broken.append(f"expected no characters but a-z, A-Z, 0-9 and {SPECIAL}")
    if login.lower() in password.lower():
        broken.append("expected the login not to be in it")
    if re.search(r"(.)\1\1", password):
        broken.append("expected no character three times in a row")
    return broken


class Passwords:
    """The current one and those before, as salted hashes."""

    def __init__(self):
        self.hashes = []

    def matches(self, password, index=-1):
        if not self.hashes:
            return False
        salt, digest = self.hashes[index]
        return hmac.compare_digest(digest, hashlib.sha256(salt + password.encode()).digest())

    def used_lately(self, password):
        return any(self.matches(password, i) for i in range(len(self.hashes)))

    def put(self, password):
        salt = secrets.token_bytes(8)
        self.hashes = [*self.hashes, (salt, hashlib.sha256(salt + password.encode()).digest())][-HISTORY:]


@dataclasses.dataclass
class Account:
    id: str
    login: str
    email: str
    name: str
    created: float
    administrator: bool = False
    status: str = "PENDING"  # Then ACTIVE, by the mailed link; DEACTIVATED by an administrator, for good.
    terms: str | None = None
    link: str | None = None  # The token of the latest mail.
    link_until: float | None = None
    wrong: int = 0  # Wrong passwords in a row.
    locked_until: float = 0.0
    passwords: Passwords = dataclasses.field(default_factory=Passwords, repr=False)
    subscriptions: dict = dataclasses.field(default_factory=dict)  # id: Subscription
    roles: dict = dataclasses.field(default_factory=dict)  # id: the role as it is shown

    def shown(self):
        return {"id": self.id, "login": self.login, "email": self.email, "name": self.name, "status": self.status,
                "administrator": self.administrator, "terms_accepted": self.terms, "created_at": stamp(self.created),
                "confirmation_expires_at": stamp(self.link_until) if self.status == "PENDING" else None}

    def try_password(self, password, now):
        """True, False, or "locked"; counts the wrong ones."""
        if now < self.locked_until:
            return "locked"
        if self.passwords.matches(password):
            self.wrong = 0
            return True
        self.wrong += 1
        if self.wrong >= WRONG_PASSWORDS:
            self.wrong, self.locked_until = 0, now + LOCK_SECONDS
        return False

    def subscription(self, service):
        return next((one for one in self.subscriptions.values() if one.service == service), None)

    def subscribed(self, service):
        one = self.subscription(service)
        return one is not None and one.status == "ACTIVE"

    def roles_on(self, service):
        return frozenset(role["role"] for role in self.roles.values() if role["service"] == service)


@dataclasses.dataclass
class Subscription:
    id: str
    service: str
    plan: str
    status: str
    since: float

    def shown(self):
        return {"id": self.id, "service": self.service, "plan": self.plan, "status": self.status, "since": stamp(self.since)}


@dataclasses.dataclass
class SubscriptionRequest:
    id: str
    account: str  # Its id.
    service: str
    plan: str
    status: str = "REQUESTED"
    subscription: str | None = None
    reason: str | None = None

    def shown(self):
        failed = {"reason": self.reason} if self.status == "FAILED" else {}
        return {"id": self.id, "account_id": self.account, "service": self.service, "plan": self.plan, "status": self.status,
                "subscription_id": self.subscription, **failed}
