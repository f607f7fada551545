"""Pipeline: workflows, data sets, models, buckets of S3 registered with it, and buckets of its own."""
import dataclasses
import re
import urllib.parse

import shape
import tokens
from service import Refused, invalid, not_found, route
from world import stamp

MAX_THINGS = 50_000
NAME = shape.text()
OWNER = shape.Optional(shape.text())
# As Amazon's documents say: 3 to 63 of a-z, 0-9, - and ., no two dots, no address, and some reserved beginnings and ends.
BUCKET = re.compile(r"(?!xn--|sthree-|amzn-s3-demo-)(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)"
                    r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?<!-s3alias)(?<!--ol-s3)")
ROLE = shape.text(r"arn:aws(-cn|-us-gov)?:iam::\d{12}:role/[\w+=,.@/-]{1,512}", "the ARN of an IAM role")


def bucket_name(value):
    if not isinstance(value, str) or not BUCKET.fullmatch(value):
        raise shape.Wrong("expected a name of a bucket of S3")
    return value


@dataclasses.dataclass(frozen=True)
class Kind:
    noun: str
    prefix: str | None  # Of ids; None where the field `key` names the thing.
    key: str
    fields: dict
    taken: str = ""  # The code when the key is taken.


KINDS = {
    "workflows": Kind("workflow", "wf", "id", {"name": NAME, "datasets": shape.list_of(NAME, 0, 100)}),
    "datasets": Kind("dataset", "ds", "id", {"name": NAME, "bucket": NAME}),
    "models": Kind("model", "md", "id", {"name": NAME, "framework": NAME}),
    "s3-registrations": Kind("s3Registration", None, "bucket", {"bucket": bucket_name, "role_arn": ROLE}, "ALREADY_REGISTERED"),
    "buckets": Kind("bucket", None, "name", {"name": bucket_name}, "NAME_TAKEN"),
}
# What keeps a thing: (the kind that uses it, the field that names it, the code of the refusal).
USERS = {"datasets": ("workflows", "datasets", "IN_USE"), "s3-registrations": ("datasets", "bucket", "IN_USE"),
         "buckets": ("datasets", "bucket", "BUCKET_NOT_EMPTY")}


class Pipeline(tokens.TokenService):
    name = "pipeline"
    token_seconds = 600

    def __init__(self, *arguments, portal):
        super().__init__(*arguments)
        self.portal = portal
        self.things = {kind: {} for kind in KINDS}  # By kind, then by key: (number, the thing as it is shown).
        self.made = 0

    @route("POST", "/api/v1/sessions", caller=False)
    def sign_in(self, call):
        access, until = self.exchange(call, self.bearer(call))
        return 201, {"token": access, "expires_at": stamp(until)}

    @staticmethod
    def kind_of(name):
        if name not in KINDS:
            raise not_found("such path")
        return KINDS[name]

    def seen(self, call, kind):
        """(number, thing) of what the caller may see."""
        return [one for one in self.things[kind].values() if call.caller.administrator or one[1]["owner"] == call.caller.login]

    @route("GET", "/api/v1/{}")
    def list_things(self, call, name):
        self.kind_of(name)
        query = call.query(per_page=shape.Optional(shape.digits(1, 100), 20), after=shape.Optional(shape.digits(0, 10**8), 0), owner=OWNER)
        found = [one for one in self.seen(call, name) if query["owner"] in (None, one[1]["owner"])]
        rest = [one for one in found if one[0] > query["after"]]
        some = rest[:query["per_page"]]
        headers = [("X-Total-Count", str(len(found)))]
        if len(rest) > len(some):
            onward = {"per_page": query["per_page"], "after": some[-1][0], **({"owner": query["owner"]} if query["owner"] else {})}
            headers.append(("Link", f'<{self.address}/api/v1/{name}?{urllib.parse.urlencode(onward)}>; rel="next"'))
        return 200, [thing for _, thing in some], headers

    @route("POST", "/api/v1/{}")
    def create_thing(self, call, name):
        kind = self.kind_of(name)
        body = call.read(**kind.fields, owner=OWNER)
        owner = self.owner_of(call, body.pop("owner"))
        self.check_uses(name, body)
        if sum(map(len, self.things.values())) >= MAX_THINGS:
            raise Refused(409, "LIMIT_REACHED", f"There are {MAX_THINGS} things.")
        key = self.world.new_id(kind.prefix) if kind.prefix else body[kind.key]
        if key in self.things[name]:
            raise Refused(409, kind.taken, f"There is a {kind.noun} of this name.")
        thing = {**({"id": key} if kind.prefix else {}), **body, "owner": owner, "created_at": stamp(self.world.now())}
        self.made += 1
        self.things[name][key] = (self.made, thing)
        call.changed(f"{kind.noun} {key} created")
        return 201, thing, [("Location", f"/api/v1/{name}/{urllib.parse.quote(key)}")]

    def owner_of(self, call, given):
        if given is None or given == call.caller.login:
            return call.caller.login
        if not call.caller.administrator:
            raise Refused(403, "FORBIDDEN", "Only administrators make things for others.")
        if not self.portal.subscribed(given, self.name):
            raise invalid(owner="expected the login of an account that is subscribed")
        return given

    def check_uses(self, name, body):
        if name == "workflows":
            unknown = [one for one in body["datasets"] if one not in self.things["datasets"]]
            if unknown:
                raise invalid(datasets="expected ids of data sets")
        if name == "datasets" and body["bucket"] not in self.things["s3-registrations"] and body["bucket"] not in self.things["buckets"]:
            raise invalid(bucket="expected a bucket that is registered, or one of Pipeline's own")

    def thing_for(self, call, name, key):
        kind = self.kind_of(name)
        _, thing = self.things[name].get(key, (0, None))
        if thing is None or not (call.caller.administrator or thing["owner"] == call.caller.login):
            raise not_found(f"such {kind.noun}")
        return kind, thing

    @route("GET", "/api/v1/{}/{}")
    def show_thing(self, call, name, key):
        return 200, self.thing_for(call, name, key)[1]

    @route("DELETE", "/api/v1/{}/{}")
    def delete_thing(self, call, name, key):
        kind, _ = self.thing_for(call, name, key)
        if name in USERS:
            users, field, code = USERS[name]
            blocking = [{"kind": KINDS[users].noun, "id": one["id"], "name": one["name"]} for _, one in self.things[users].values()
                        if key == one[field] or (isinstance(one[field], list) and key in one[field])]
            if blocking:
                raise Refused(409, code, f"It is used by {users}.", blocking=blocking[:100])
        del self.things[name][key]
        call.changed(f"{kind.noun} {key} deleted")
        return (204,)

    def holdings(self, login):
        """What an account has here, which keeps its subscription."""
        return [{"kind": KINDS[kind].noun, "id": key} for kind, things in self.things.items() for key, (_, one) in things.items()
                if one["owner"] == login]
