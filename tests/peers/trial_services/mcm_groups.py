"""MCM: account groups, which own clusters."""
import shape
from service import Refused, not_found, route
from world import stamp


class GroupCalls:
    def group(self, identifier):
        group = self.groups.get(identifier)
        if group is None:
            raise not_found("such group")
        return group

    @route("POST", "/v1/groups")
    def create_group(self, call):
        self.administrators_only(call)
        body = call.read(name=shape.text(), description=shape.Optional(shape.text(".{0,1000}", "a text of up to 1000 characters"), ""))
        existing = next((one for one in self.groups.values() if one["name"] == body["name"]), None)
        if existing:
            raise Refused(409, "NAME_TAKEN", "There is a group of this name.", existing=existing["id"])
        group = {"id": self.world.new_id("g"), **body, "members": [], "created_at": stamp(self.world.now())}
        self.groups[group["id"]] = group
        call.changed(f"group {group['id']} created")
        return 201, {**group}, [("Location", f"/v1/groups/{group['id']}")]

    @route("GET", "/v1/groups")
    def list_groups(self, call):
        self.administrators_only(call)
        query = call.query(**self.paging(name=shape.text()))
        found = [one for one in self.groups.values() if query["name"] in (None, one["name"])]
        return self.listed(call, found, query, lambda one: one)

    @route("GET", "/v1/groups/{}")
    def show_group(self, call, identifier):
        self.administrators_only(call)
        return 200, self.group(identifier)

    @route("DELETE", "/v1/groups/{}")
    def delete_group(self, call, identifier):
        self.administrators_only(call)
        group = self.group(identifier)
        blocking = [{"kind": "cluster", "id": one.id, "name": one.name, "status": one.status(self.world.now())}
                    for one in self.clusters.values() if one.group == identifier]
        if blocking:
            raise Refused(409, "GROUP_IN_USE", "The group owns clusters.", blocking=blocking[:100])
        del self.groups[identifier]
        call.changed(f"group {group['id']} deleted")
        return (204,)

    @route("PUT", "/v1/groups/{}/members/{}")
    def add_member(self, call, identifier, login):
        self.administrators_only(call)
        group = self.group(identifier)
        self.check_account(login)
        if login not in group["members"]:
            group["members"].append(login)
            call.changed(f"{login} joined group {identifier}")
        return (204,)

    @route("DELETE", "/v1/groups/{}/members/{}")
    def remove_member(self, call, identifier, login):
        self.administrators_only(call)
        group = self.group(identifier)
        if login not in group["members"]:
            raise not_found("such member")
        group["members"].remove(login)
        call.changed(f"{login} left group {identifier}")
        return (204,)
