"""The emulator's own door for tests: what was called, what there is, and how to make time pass and things go wrong."""
import json
import re

import faults
import shape
from http_server import Request
from service import Call, Service, invalid, not_found, route
from world import parse_stamp, stamp

SERVICES = shape.one_of("cloudz", "mcm", "modeler", "pipeline")
TIMES = shape.integer(1, 1000)


def regular_expression(value):
    try:
        re.compile(value)
    except (re.error, TypeError):
        raise shape.Wrong("expected a regular expression") from None
    return value


class Control(Service):
    name = "control"

    def __init__(self, emulation):
        super().__init__(emulation.world, None, 0)
        self.emulation = emulation

    def respond(self, request):
        self.world.run_due()
        return self.handle(Call(request, self.world.new_request_id(), "client"))

    def note(self, call, what):
        """A line in the audit for what control did by itself."""
        self.world.record(service="control", method=call.request.method, path=call.request.path, principal="control", status=200,
                          changed=[what], via="control")

    @route("GET", "/audit", caller=False)
    def audit(self, call):
        query = call.query(since=shape.Optional(shape.digits(0, 10**8), 0), service=shape.Optional(shape.text()))
        calls = self.world.audit[query["since"]:]
        return 200, {"calls": [one for one in calls if query["service"] in (None, one["service"])]}

    @route("GET", "/state", caller=False)
    def state(self, call):
        services, now = self.emulation.services, self.world.now()
        cloudz, mcm, modeler, pipeline = (services[name] for name in ("cloudz", "mcm", "modeler", "pipeline"))
        accounts = [{**one.shown(), "locked": one.locked_until > now, "subscriptions": [sub.shown() for sub in one.subscriptions.values()],
                     "roles": list(one.roles.values())} for one in cloudz.accounts.values()]
        clusters = [{**one.shown(now), "schedule": one.schedule.text if one.schedule else None, "grants": list(one.grants.values()),
                     "listed": one.listed <= now} for one in mcm.clusters.values()]
        projects = [{**one.shown(), "items": [item.shown() for item in one.everything()]} for one in modeler.projects.values()]
        return 200, {"now": stamp(now), "seed": self.world.seed, "terms": cloudz.terms["document_id"],
                     "sessions": len(cloudz.sessions.open), "accounts": accounts, "subscription_requests": [one.shown() for one in cloudz.requests.values()],
                     "clusters": clusters, "groups": list(mcm.groups.values()), "projects": projects,
                     "pipeline": {kind: [thing for _, thing in things.values()] for kind, things in pipeline.things.items()},
                     "faults": self.emulation.faults.orders}

    @route("GET", "/mails", caller=False)
    def mails(self, call):
        return 200, list(self.world.mails)

    @route("GET", "/clock", caller=False)
    def clock(self, call):
        return 200, {"now": stamp(self.world.now())}

    @route("POST", "/clock", caller=False)
    def move_clock(self, call):
        body = call.read(advance=shape.Optional(shape.integer(0, 10**9)), set=shape.Optional(shape.text()))
        if (body["advance"] is None) == (body["set"] is None):
            raise invalid(advance="expected either advance or set")
        try:
            self.world.advance(body["advance"] if body["set"] is None else parse_stamp(body["set"]) - self.world.now())
        except ValueError as problem:
            raise invalid(set=str(problem)) from None
        return self.clock(call)

    @route("POST", "/faults", caller=False)
    def order_fault(self, call):
        body = call.read(fault=shape.one_of(*faults.KINDS), service=shape.Optional(SERVICES), method=shape.Optional(shape.text()),
                         path=shape.Optional(regular_expression), times=shape.Optional(TIMES, 1),
                         skip=shape.Optional(shape.integer(0, 10**6), 0))
        self.emulation.faults.order(body)
        return 200, body

    @route("DELETE", "/faults", caller=False)
    def forget_faults(self, call):
        self.emulation.faults.forget()
        return (204,)

    @route("POST", "/act", caller=False)
    def act(self, call):
        body = call.read(**{"as": shape.text()}, service=SERVICES, method=shape.one_of("GET", "POST", "PUT", "PATCH", "DELETE"),
                         path=shape.named("/.{1,2000}"), body=shape.Optional(lambda value: value, {}))
        cloudz, service = self.emulation.services["cloudz"], self.emulation.services[body["service"]]
        if body["as"] not in cloudz.by_login:
            raise invalid(**{"as": "expected the login of an account"})
        caller = cloudz.caller_at(body["as"], body["service"])
        request = Request(body["method"], body["path"], {"content-type": "application/json", "accept": "application/json"},
                          json.dumps(body["body"]).encode())
        answer = service.act(request, caller)
        return 200, {"status": answer.status, "body": json.loads(answer.body) if answer.body else None}

    @route("POST", "/vanish", caller=False)
    def vanish(self, call):
        mcm, identifier = self.emulation.services["mcm"], call.read(cluster=shape.text())["cluster"]
        if identifier not in mcm.clusters:
            raise not_found("such cluster")
        mcm.vanish(mcm.clusters[identifier], "control")
        return (204,)

    @route("POST", "/stray", caller=False)
    def stray(self, call):
        body = call.read(name=shape.text(), owner=shape.text(), workspaces=shape.Optional(shape.integer(0, 100), 1))
        project = self.emulation.services["modeler"].stray(**body)
        self.note(call, f"project {project.id} created")
        return 200, project.shown()

    @route("POST", "/terms", caller=False)
    def publish_terms(self, call):
        cloudz, document = self.emulation.services["cloudz"], call.read(document_id=shape.text())["document_id"]
        cloudz.terms = {"document_id": document, "published": self.world.now()}
        self.note(call, f"terms {document} published")
        return 200, {"document_id": document}

    @route("POST", "/fail-subscriptions", caller=False)
    def fail_subscriptions(self, call):
        self.emulation.services["cloudz"].failing = call.read(times=shape.Optional(TIMES, 1))["times"]
        return (204,)

    @route("POST", "/reset", caller=False)
    def reset(self, call):
        self.emulation.begin(call.read(seed=shape.Optional(shape.integer(0, 2**63)))["seed"])
        return (204,)
