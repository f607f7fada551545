"""Modeler, the analysis service: projects. What is in them is in modeler_items.py."""
import dataclasses
import itertools

import shape
import tokens
from modeler_items import KINDS, ItemCalls
from service import Refused, invalid, not_found, route
from world import stamp

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
MAX_PROJECTS = 10_000
RESOURCES = shape.object_of(cpu=shape.integer(1, 512), memoryGiB=shape.integer(1, 4096), gpu=shape.integer(0, 64),
                            nodePool=shape.named("[a-z][a-z0-9-]{1,62}"))
DESCRIPTION = shape.text(r"(?s).{0,1000}", "a text of up to 1000 characters")


@dataclasses.dataclass
class Project:
    id: str
    name: str
    owner: str
    description: str
    labels: dict
    resources: dict
    created: float
    items: dict = dataclasses.field(default_factory=lambda: {kind: {} for kind in KINDS})  # By kind, then by id, in order of creation.

    def shown(self):
        return {"id": self.id, "name": self.name, "owner": self.owner, "description": self.description, "labels": dict(self.labels),
                "resources": dict(self.resources), "createdAt": stamp(self.created)}

    def everything(self):
        return [one for items in self.items.values() for one in items.values()]


class Modeler(ItemCalls, tokens.TokenService):
    name = "modeler"
    token_seconds = 900

    def __init__(self, *arguments, portal):
        super().__init__(*arguments)
        self.portal = portal
        self.projects = {}
        self.item_numbers = itertools.count(1)

    @route("POST", "/oauth/token", caller=False)
    def sign_in(self, call):
        body = call.form(grant_type=shape.one_of(GRANT_TYPE), assertion=shape.text(".{1,4000}"))
        access, _ = self.exchange(call, body["assertion"])
        return 200, {"access_token": access, "token_type": "Bearer", "expires_in": self.token_seconds}, [("Cache-Control", "no-store")]

    @staticmethod
    def may_work(caller, owner):
        if not caller.administrator and (owner != caller.login or "SERVICE_ADMIN" not in caller.roles):
            raise Refused(403, "FORBIDDEN", "This is for the owner with the role SERVICE_ADMIN, and for administrators.")

    def project_for(self, call, identifier):
        project = self.projects.get(identifier)
        if project is None or not (call.caller.administrator or project.owner == call.caller.login):
            raise not_found("such project")
        if call.request.method != "GET":
            self.may_work(call.caller, project.owner)
        return project

    @route("POST", "/api/v2/projects")
    def create_project(self, call):
        return self.once(call, lambda: self.create(call))

    def create(self, call):
        body = call.read(name=shape.named("[a-z][a-z0-9-]{1,62}"), owner=shape.text(), resources=RESOURCES,
                         description=shape.Optional(DESCRIPTION, ""), labels=shape.Optional(shape.labels, {}))
        self.may_work(call.caller, body["owner"])
        subscribed = self.portal.subscribed(body["owner"], self.name)
        if subscribed is None:
            raise invalid(owner="expected the login of an account")
        if not subscribed:
            raise Refused(409, "OWNER_NOT_SUBSCRIBED", "The owner has no active subscription to Modeler.")
        project = self.keep(**body)
        call.changed(f"project {project.id} created")
        return 201, project.shown(), [("Location", f"/api/v2/projects/{project.id}")]

    def keep(self, **fields):
        if len(self.projects) >= MAX_PROJECTS:
            raise Refused(409, "LIMIT_REACHED", f"There are {MAX_PROJECTS} projects.")
        project = Project(self.world.new_id("prj"), created=self.world.now(), **fields)
        self.projects[project.id] = project
        return project

    @route("GET", "/api/v2/projects")
    def list_projects(self, call):
        query = call.query(offset=shape.Optional(shape.digits(0, 1_000_000), 0), limit=shape.Optional(shape.digits(1, 200), 50),
                           name=shape.Optional(shape.text()), owner=shape.Optional(shape.text()))
        found = [one for one in self.projects.values() if query["name"] in (None, one.name) and query["owner"] in (None, one.owner)
                 and (call.caller.administrator or one.owner == call.caller.login)]
        items = found[query["offset"]:query["offset"] + query["limit"]]
        return 200, {"items": [one.shown() for one in items], "offset": query["offset"], "limit": query["limit"], "total": len(found)}

    @route("GET", "/api/v2/projects/{}")
    def show_project(self, call, identifier):
        return 200, self.project_for(call, identifier).shown()

    @route("PATCH", "/api/v2/projects/{}")
    def change_project(self, call, identifier):
        project = self.project_for(call, identifier)
        body = call.read(description=shape.Optional(DESCRIPTION), labels=shape.Optional(shape.labels), resources=shape.Optional(RESOURCES))
        for name, value in body.items():
            if value is not None:
                setattr(project, name, value)
        call.changed(f"project {project.id} changed")
        return 200, project.shown()

    @route("DELETE", "/api/v2/projects/{}")
    def delete_project(self, call, identifier):
        project = self.project_for(call, identifier)
        left = [one.named() for one in project.everything()]
        if left:
            raise Refused(409, "PROJECT_NOT_EMPTY", f"{len(left)} things are in the project.", blocking=left[:100])
        del self.projects[identifier]
        call.changed(f"project {identifier} deleted")
        return (204,)

    def stray(self, name, owner, workspaces):
        """A project that nobody asked for, with things running in it."""
        resources = {"cpu": 4, "memoryGiB": 16, "gpu": 0, "nodePool": "shared-workers"}
        project = self.keep(name=name, owner=owner, description="", labels={}, resources=resources)
        for number in range(workspaces):
            self.put(project, "workspaces", {"name": f"scratch-{number}", "image": None, "cpu": 1, "memoryGiB": 4, "gpu": 0}, owner)
        return project

    def holdings(self, login):
        """What an account has here, which keeps its subscription."""
        return [{"kind": "project", "id": one.id, "name": one.name} for one in self.projects.values() if one.owner == login]
