"""Modeler: what is in a project, each of which is listed, made, started, stopped and deleted in the same way."""
import base64
import binascii
import dataclasses

import shape
from service import Refused, invalid, not_found, route
from world import stamp

START_SECONDS = 3
STOP_SECONDS = 4
JOB_SECONDS = 2 * 3600  # Then a job is complete; not scaled by --delays.
MAX_ITEMS = 1000  # In a project, of a kind.
NAME = shape.text()
ID = shape.nullable(shape.text())
JOB = {"name": NAME, "dataset": NAME, "target": NAME}


@dataclasses.dataclass(frozen=True)
class Kind:
    noun: str
    prefix: str
    fields: dict
    uses: tuple = ()  # (the field that names another thing, the kind of that)


KINDS = {
    "workspaces": Kind("workspace", "ws", {"name": NAME, "image": ID, "cpu": shape.integer(1, 128), "memoryGiB": shape.integer(1, 1024),
                                           "gpu": shape.integer(0, 16)}, ("image", "images")),
    "deployments": Kind("deployment", "dep", {"name": NAME, "model": NAME, "storage": ID, "replicas": shape.integer(1, 50)},
                        ("storage", "storages")),
    "automl-jobs": Kind("automlJob", "aml", JOB),
    "autodl-jobs": Kind("autodlJob", "adl", JOB),
    "drift-monitors": Kind("driftMonitor", "dm", {"name": NAME, "deployment": NAME, "intervalMinutes": shape.integer(1, 1440)},
                           ("deployment", "deployments")),
    "storages": Kind("storage", "st", {"name": NAME, "sizeGiB": shape.integer(1, 16384)}),
    "images": Kind("image", "img", {"name": NAME, "base": NAME}),
}
# A storage stays while a deployment uses it, an image while a workspace does.
USERS = {"storages": ("deployments", "storage"), "images": ("workspaces", "image")}


@dataclasses.dataclass
class Item:
    id: str
    number: int  # Grows; what a cursor stands at.
    kind: str
    fields: dict
    status: str
    created: float
    started_by: str | None
    run: int = 0  # Counts starts, so that the end of an earlier one means nothing.

    def shown(self):
        return {"id": self.id, "kind": KINDS[self.kind].noun, **self.fields, "status": self.status, "createdAt": stamp(self.created),
                "startedBy": self.started_by}

    def named(self):
        return {"kind": KINDS[self.kind].noun, "id": self.id, "name": self.fields["name"], "status": self.status}


def cursor_of(project, kind, number):
    return base64.urlsafe_b64encode(f"{project.id}/{kind}/{number}".encode()).decode()


def read_cursor(cursor, project, kind):
    try:
        place, _, number = base64.urlsafe_b64decode(cursor.encode()).decode().rpartition("/")
        if place == f"{project.id}/{kind}":
            return int(number)
    except (ValueError, binascii.Error):
        pass
    raise Refused(400, "INVALID_CURSOR", "The cursor is not of this list.")


class ItemCalls:
    def items_for(self, call, project_id, kind):
        project = self.project_for(call, project_id)
        if kind not in KINDS:
            raise not_found("such path")
        return project, project.items[kind]

    def item_for(self, call, project_id, kind, identifier):
        project, items = self.items_for(call, project_id, kind)
        if identifier not in items:
            raise not_found(f"such {KINDS[kind].noun}")
        return project, items[identifier]

    @route("GET", "/api/v2/projects/{}/{}")
    def list_items(self, call, project_id, kind):
        project, items = self.items_for(call, project_id, kind)
        query = call.query(cursor=shape.Optional(shape.text()), limit=shape.Optional(shape.digits(1, 100), 20))
        after = read_cursor(query["cursor"], project, kind) if query["cursor"] else 0
        found = [one for one in items.values() if one.number > after]
        some = found[:query["limit"]]
        following = cursor_of(project, kind, some[-1].number) if len(found) > len(some) else None
        return 200, {"items": [one.shown() for one in some], "nextCursor": following}

    @route("POST", "/api/v2/projects/{}/{}")
    def create_item(self, call, project_id, kind):
        project, items = self.items_for(call, project_id, kind)
        fields = call.read(**KINDS[kind].fields)
        if KINDS[kind].uses:
            field, other = KINDS[kind].uses
            if fields[field] is not None and fields[field] not in project.items[other]:
                raise invalid(**{field: f"expected the id of one of the project's {other}"})
        if len(items) >= MAX_ITEMS:
            raise Refused(409, "LIMIT_REACHED", f"The project has {MAX_ITEMS} {kind}.")
        item = self.put(project, kind, fields, call.caller.login)
        call.changed(f"{KINDS[kind].noun} {item.id} created")
        return 201, item.shown(), [("Location", f"/api/v2/projects/{project.id}/{kind}/{item.id}")]

    def put(self, project, kind, fields, login):
        item = Item(self.world.new_id(KINDS[kind].prefix), next(self.item_numbers), kind, fields, "AVAILABLE", self.world.now(), None)
        project.items[kind][item.id] = item
        if kind != "images":
            self.start(item, login)
        return item

    def start(self, item, login):
        item.status, item.started_by = "STARTING", login
        item.run += 1
        run = item.run
        self.world.after(START_SECONDS, lambda: self.move(item, run, "STARTING", "RUNNING"))
        if item.kind in ("automl-jobs", "autodl-jobs"):
            self.world.at(self.world.now() + JOB_SECONDS, lambda: self.move(item, run, "RUNNING", "COMPLETED"))

    @staticmethod
    def move(item, run, before, after):
        if (item.run, item.status) == (run, before):
            item.status = after

    @route("GET", "/api/v2/projects/{}/{}/{}")
    def show_item(self, call, project_id, kind, identifier):
        return 200, self.item_for(call, project_id, kind, identifier)[1].shown()

    def startable_for(self, call, project_id, kind, identifier):
        if kind == "images":
            raise not_found("such path")
        item = self.item_for(call, project_id, kind, identifier)[1]
        call.read()
        return item

    @route("POST", "/api/v2/projects/{}/{}/{}/stop")
    def stop_item(self, call, project_id, kind, identifier):
        item = self.startable_for(call, project_id, kind, identifier)
        if item.status not in ("RUNNING", "STOPPING"):
            raise Refused(409, "INVALID_STATE", "Only what is RUNNING can be stopped.", status=item.status)
        if item.status == "RUNNING":
            item.status = "STOPPING"
            self.world.after(STOP_SECONDS, lambda: self.move(item, item.run, "STOPPING", "STOPPED"))
            call.changed(f"{KINDS[kind].noun} {item.id} stopped")
        return 202, item.shown()

    @route("POST", "/api/v2/projects/{}/{}/{}/start")
    def start_item(self, call, project_id, kind, identifier):
        item = self.startable_for(call, project_id, kind, identifier)
        if item.status not in ("STOPPED", "COMPLETED"):
            raise Refused(409, "INVALID_STATE", "Only what is STOPPED or COMPLETED can be started.", status=item.status)
        self.start(item, call.caller.login)
        call.changed(f"{KINDS[kind].noun} {item.id} started")
        return 202, item.shown()

    @route("DELETE", "/api/v2/projects/{}/{}/{}")
    def delete_item(self, call, project_id, kind, identifier):
        project, item = self.item_for(call, project_id, kind, identifier)
        if item.status not in ("STOPPED", "COMPLETED", "AVAILABLE"):
            raise Refused(409, "NOT_STOPPED", "Stop it first.", status=item.status)
        if kind in USERS:
            others, field = USERS[kind]
            blocking = [one.named() for one in project.items[others].values() if one.fields[field] == identifier]
            if blocking:
                raise Refused(409, "IN_USE", f"It is used by {others}.", blocking=blocking[:100])
        del project.items[kind][identifier]
        call.changed(f"{KINDS[kind].noun} {identifier} deleted")
        return (204,)
