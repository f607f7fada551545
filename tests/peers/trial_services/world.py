"""What the four services share: time, chance, ids, things that happen by themselves, and the record of every call."""
import collections
import datetime
import heapq
import itertools
import random
import secrets
import time

MAX_AUDIT = 1_000_000


def stamp(moment):
    """RFC 3339 in UTC, to the second; None stays None."""
    if moment is None:
        return None
    return datetime.datetime.fromtimestamp(int(moment), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_stamp(text):
    """Seconds since 1970; raises ValueError."""
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError("expected a time with a zone")
    return moment.timestamp()


class World:
    """The time is the machine's plus an offset. What is to happen later waits in a heap until a call comes after its time,
    and then happens at its time, so that states are right however far the clock was moved between two calls."""

    def __init__(self, seed=0, delays=1.0, start=None, maildir=None, spot_life=0.0):
        self.seed = seed
        self.delays = delays
        self.maildir = maildir
        self.spot_life = spot_life
        self.key = secrets.token_bytes(32)
        self.audit = []
        self.mails = collections.deque(maxlen=10_000)
        self._offset = 0.0 if start is None else start - time.time()
        self._moment = None
        self._due = []
        self._order = itertools.count()
        self._ids = collections.Counter()
        self._requests = itertools.count(1)

    def now(self):
        return time.time() + self._offset if self._moment is None else self._moment

    def advance(self, seconds):
        if seconds < 0:
            raise ValueError("time does not go back")
        self._offset += seconds
        self.run_due()

    def after(self, seconds, happen):
        """A delay of the services' own, which --delays scales."""
        self.at(self.now() + seconds * self.delays, happen)

    def at(self, moment, happen):
        heapq.heappush(self._due, (moment, next(self._order), happen))

    def run_due(self):
        """To be called before anything looks at a state."""
        until = self.now()
        while self._due and self._due[0][0] <= until:
            self._moment, _, happen = heapq.heappop(self._due)
            try:
                happen()
            finally:
                self._moment = None

    def chance(self, *what):
        """Random numbers that depend on the seed and on what they are for, never on the order of asking."""
        return random.Random("/".join(map(str, (self.seed, *what))))

    def new_id(self, prefix):
        """Opaque to clients; the same for the same history of calls."""
        self._ids[prefix] += 1
        return f"{prefix}-{self._ids[prefix]:x}{self.chance(prefix, self._ids[prefix]).randrange(16**3):03x}"

    def new_request_id(self):
        return f"r-{next(self._requests):x}"

    def record(self, **entry):
        """One line of the audit; what happens by itself has no method."""
        if len(self.audit) >= MAX_AUDIT:
            raise RuntimeError(f"more than {MAX_AUDIT} calls: reset the emulator")
        self.audit.append({"number": len(self.audit) + 1, "time": stamp(self.now()), "service": None, "method": None, "path": None,
                           "principal": None, "status": None, "code": None, "changed": [], "fault": None, "via": "client", **entry})
