"""Sessions of browsers: a cookie, a CSRF token, and two ways to end by time."""
import dataclasses
import secrets

IDLE_SECONDS = 15 * 60
ABSOLUTE_SECONDS = 8 * 3600
MAX_SESSIONS = 10_000
COOKIE = "CZSESSION"


@dataclasses.dataclass
class Session:
    id: str
    csrf: str
    account: object  # None until somebody logged in.
    created: float
    last: float

    def until(self):
        return min(self.last + IDLE_SECONDS, self.created + ABSOLUTE_SECONDS)

    def cookie(self):
        return ("Set-Cookie", f"{COOKIE}={self.id}; Path=/; HttpOnly; SameSite=Lax")


def presented(call):
    """The session's id in the Cookie header, or None."""
    for pair in (call.header("cookie") or "").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE:
            return value
    return None


class Sessions:
    def __init__(self, world):
        self.world = world
        self.open = {}

    def begin(self, account=None):
        if len(self.open) >= MAX_SESSIONS:
            self.open.pop(next(iter(self.open)))
        now = self.world.now()
        session = Session(secrets.token_urlsafe(24), secrets.token_urlsafe(24), account, now, now)
        self.open[session.id] = session
        return session

    def of(self, call):
        """The session that the call belongs to, kept alive by it; or None."""
        session = self.open.get(presented(call))
        if session is None:
            return None
        if session.until() <= self.world.now():
            self.end(session)
            return None
        session.last = self.world.now()
        return session

    def end(self, session):
        self.open.pop(session.id, None)

    def end_of_account(self, account, but=None):
        """How many ended."""
        ending = [one for one in self.open.values() if one.account is account and one is not but]
        for one in ending:
            self.end(one)
        return len(ending)
