"""What every service does with a call: find its route, know its caller, keep its rate, answer in JSON, and write it down."""
import dataclasses
import json
import math
import sys
import traceback
import urllib.parse

import faults
import shape
from http_server import Answer

IDEMPOTENCY_SECONDS = 24 * 3600
MAX_CALLERS = 10_000
MAX_REMEMBERED = 50_000
BAD_GATEWAY = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


class Refused(Exception):
    """An error as the protocol says it; `more` goes into its body."""

    def __init__(self, status, code, message, headers=(), /, **more):
        super().__init__(message)
        self.status, self.code, self.message, self.headers, self.more = status, code, message, list(headers), more


def not_found(what):
    return Refused(404, "NOT_FOUND", f"There is no {what} here.")


def invalid(**fields):
    return Refused(400, "INVALID_REQUEST", "Some fields are not as expected.", fields=fields)


@dataclasses.dataclass(frozen=True)
class Caller:
    login: str
    administrator: bool = False
    roles: frozenset = frozenset()  # On the service that is called.


class Call:
    """One request and what becomes of it."""

    def __init__(self, request, request_id, via):
        self.request, self.id, self.via = request, request_id, via
        self.caller = None
        self.changes = []
        self.code = None

    def header(self, name):
        return self.request.headers.get(name)

    def changed(self, what):
        self.changes.append(what)

    def media_type(self, expected):
        given = self.request.headers.get("content-type", "").split(";")[0].strip().lower()
        if given != expected:
            raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", f"Expected {expected}.")

    def read(self, **fields):
        """The JSON body's fields, checked; where none are expected there may be no body."""
        if not fields and not self.request.body:
            return {}
        self.media_type("application/json")
        try:
            body = json.loads(self.request.body.decode("utf-8"))
        except (ValueError, RecursionError):
            raise Refused(400, "MALFORMED_JSON", "The body is not JSON in UTF-8.") from None
        return self.checked(body, fields, "field")

    def form(self, **fields):
        self.media_type("application/x-www-form-urlencoded")
        try:
            pairs = urllib.parse.parse_qsl(self.request.body.decode("utf-8"), keep_blank_values=True, strict_parsing=True)
        except ValueError:
            pairs = []
        return self.checked(dict(pairs), fields, "field")

    def query(self, **fields):
        return self.checked(self.request.query, fields, "parameter")

    @staticmethod
    def checked(value, fields, noun):
        taken, problems = shape.take(value, fields, noun)
        if problems:
            raise invalid(**problems)
        return taken


def route(method, path, caller=True):
    """Marks a method of a service as the answer to a call; {} in the path become its arguments."""
    def mark(function):
        function.routes = [*getattr(function, "routes", []), (method, path, caller)]
        return function
    return mark


def padded(result):
    """(status[, body[, headers]]) as all three."""
    status, body, headers = (*result, None, None)[:3]
    return status, body, headers or ()


class Service:
    name = ""

    def __init__(self, world, faults_, rate):
        self.world, self.faults, self.rate = world, faults_, rate
        self.address = ""
        self.buckets = {}
        self.remembered = {}
        self.routes = {}
        for attribute in dir(type(self)):
            function = getattr(self, attribute)
            for method, path, known in getattr(function, "routes", []):
                parts = tuple(path[1:].split("/"))
                self.routes.setdefault(len(parts), []).append((parts, method, known, function))
        for known in self.routes.values():
            known.sort(key=lambda one: one[0].count("{}"))  # A literal path goes before one with a gap.

    def respond(self, request):
        """A call of a client."""
        self.world.run_due()
        call = Call(request, self.world.new_request_id(), "client")
        fault = self.faults.draw(self.name, request.method, request.path)
        if fault in faults.BEFORE:
            answer = self.broken(call, fault)
        else:
            answer = self.spoiled(call, self.handle(call), fault)
        self.write_down(call, answer, fault)
        return answer

    def act(self, request, caller):
        """A call that control makes as somebody."""
        self.world.run_due()
        call = Call(request, self.world.new_request_id(), "control")
        call.caller = caller
        answer = self.handle(call)
        self.write_down(call, answer, None)
        return answer

    def write_down(self, call, answer, fault):
        target = call.request.path if "token" in call.request.query else call.request.target
        self.world.record(service=self.name, method=call.request.method, path=target, principal=call.caller.login if call.caller else None,
                          status=None if answer.delivery == "cut" else answer.status, code=call.code, changed=call.changes, fault=fault,
                          via=call.via)

    def handle(self, call):
        try:
            known, function, arguments = self.find(call)
            if call.via == "client":
                if known:
                    call.caller = self.authenticate(call)
                self.keep_rate(call)
            return self.finished(call, function(call, *arguments))
        except Refused as problem:
            return self.refuse(call, problem)
        except Exception:  # A mistake of the emulator: said aloud, since a test is to fail on it.
            traceback.print_exc(file=sys.stderr)
            return self.refuse(call, Refused(500, "EMULATOR_BUG", "The emulator has a mistake; see its output."))

    def find(self, call):
        given = call.request.path[1:].split("/")
        allowed = []
        for parts, method, known, function in self.routes.get(len(given), []):
            if all(want == "{}" and have or want == have for want, have in zip(parts, given)):
                if method == call.request.method:
                    return known, function, [have for want, have in zip(parts, given) if want == "{}"]
                allowed.append(method)
        if allowed:
            raise Refused(405, "METHOD_NOT_ALLOWED", "Expected another method.", [("Allow", ", ".join(sorted(allowed)))])
        raise not_found("such path")

    def authenticate(self, call):
        raise NotImplementedError

    def keep_rate(self, call):
        """A token bucket that holds one second's worth."""
        if not self.rate:
            return
        if len(self.buckets) > MAX_CALLERS:
            self.buckets.clear()
        now, who = self.world.now(), call.caller.login if call.caller else None
        left, before = self.buckets.get(who, (float(self.rate), now))
        left = min(float(self.rate), left + (now - before) * self.rate)
        if left < 1:
            self.buckets[who] = (left, now)
            wait = math.ceil((1 - left) / self.rate)
            raise Refused(429, "RATE_LIMITED", f"More than {self.rate} calls a second.", [("Retry-After", str(wait))])
        self.buckets[who] = (left - 1, now)

    def finished(self, call, result):
        """What a route returned, (status[, body[, headers]]), as an answer."""
        if isinstance(result, Answer):
            result.headers.append(("X-Request-Id", call.id))
            return result
        status, body, headers = padded(result)
        raw = b"" if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        kind = [] if body is None else [("Content-Type", "application/json; charset=utf-8")]
        return Answer(status, raw, [*kind, *headers, ("X-Request-Id", call.id)])

    def refuse(self, call, problem):
        call.code = problem.code
        body = {"code": problem.code, "message": problem.message, "request_id": call.id, **problem.more}
        return self.finished(call, (problem.status, body, problem.headers))

    def broken(self, call, fault):
        """The answer to a call that was not looked at."""
        if fault == "rate":
            return self.refuse(call, Refused(429, "RATE_LIMITED", "Too many calls.", [("Retry-After", "1")]))
        return Answer(500, delivery="cut") if fault == "cut" else self.failed(call, fault)

    def failed(self, call, fault):
        """An error that does not say whether the call was performed."""
        if fault in ("html", "html_after"):
            call.code = "HTML"
            return Answer(502, BAD_GATEWAY, [("Content-Type", "text/html"), ("X-Request-Id", call.id)])
        return self.refuse(call, Refused(500, "INTERNAL", "Something went wrong."))

    def spoiled(self, call, answer, fault):
        """What is heard of a call that was performed."""
        if fault in ("error_after", "html_after"):
            return self.failed(call, fault)
        if fault == "cut_after":
            answer.delivery = "cut"
        elif fault == "slow":
            answer.delivery = "slow"
        elif fault == "half" and ("Content-Type", "application/json; charset=utf-8") in answer.headers:
            answer.delivery = "half"
        return answer

    def once(self, call, act):
        """Honours Idempotency-Key: what succeeded is answered again, not done again."""
        key = call.header("idempotency-key")
        if key is None:
            return act()
        if not 1 <= len(key) <= 255 or not key.isprintable():
            raise invalid(**{"Idempotency-Key": "expected 1 to 255 printable characters"})
        place = (call.caller.login, call.request.path, key)
        body, result, until = self.remembered.get(place, (None, None, 0))
        if until > self.world.now():
            if body != call.request.body:
                raise Refused(422, "IDEMPOTENCY_KEY_REUSED", "This key came with another body before.")
            status, body, headers = padded(result)
            return status, body, [*headers, ("Idempotency-Replayed", "true")]
        result = act()
        if len(self.remembered) >= MAX_REMEMBERED:
            self.remembered.pop(next(iter(self.remembered)))
        self.remembered[place] = (call.request.body, result, self.world.now() + IDEMPOTENCY_SECONDS)
        return result
