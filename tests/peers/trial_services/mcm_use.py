"""MCM: what makes a cluster usable. Its schedule, of which it has one at most, and the accounts it is granted to."""
import zoneinfo

import cron
import shape
from service import Refused, invalid, not_found, route
from world import stamp


def etag(cluster):
    return f'"{cluster.id}-{cluster.edition}"'


class UseCalls:
    @route("PUT", "/v1/clusters/{}/schedule")
    def put_schedule(self, call, identifier):
        cluster = self.cluster_for(call, identifier)
        body = call.read(start=shape.text(), stop=shape.text(), zone=shape.text())
        schedule = self.parsed(body)
        self.check_preconditions(call, cluster)
        if cluster.state != "READY":
            raise Refused(409, "CLUSTER_BUSY", f"The cluster is {cluster.state}.")
        status = 200 if cluster.schedule else 201
        cluster.schedule = schedule
        cluster.edition += 1
        call.changed(f"schedule of cluster {cluster.id} set")
        return status, schedule.text, [("ETag", etag(cluster))]

    @staticmethod
    def parsed(body):
        problems = {}
        for name in ("start", "stop"):
            try:
                cron.Cron(body[name])
            except ValueError as problem:
                problems[name] = str(problem)
        try:
            zoneinfo.ZoneInfo(body["zone"])
        except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
            problems["zone"] = "expected a zone of the IANA database"
        if problems:
            raise invalid(**problems)
        return cron.Schedule(**body)

    @staticmethod
    def check_preconditions(call, cluster):
        match, none_match = call.header("if-match"), call.header("if-none-match")
        if none_match not in (None, "*"):
            raise invalid(**{"If-None-Match": "expected *"})
        wanted = [one.strip() for one in match.split(",")] if match is not None else None
        if wanted is not None and (cluster.schedule is None or (etag(cluster) not in wanted and wanted != ["*"])):
            raise Refused(412, "PRECONDITION_FAILED", "The schedule is another than If-Match names.")
        if none_match == "*" and cluster.schedule is not None:
            raise Refused(412, "PRECONDITION_FAILED", "There is a schedule.")

    @route("GET", "/v1/clusters/{}/schedule")
    def show_schedule(self, call, identifier):
        cluster = self.cluster_for(call, identifier)
        if cluster.schedule is None:
            raise not_found("schedule")
        return 200, cluster.schedule.text, [("ETag", etag(cluster))]

    @route("DELETE", "/v1/clusters/{}/schedule")
    def remove_schedule(self, call, identifier):
        cluster = self.cluster_for(call, identifier)
        if cluster.schedule is None:
            raise not_found("schedule")
        self.check_preconditions(call, cluster)
        cluster.schedule = None
        call.changed(f"schedule of cluster {cluster.id} removed")
        return (204,)

    @route("POST", "/v1/clusters/{}/grants")
    def grant(self, call, identifier):
        cluster = self.cluster_for(call, identifier)
        body = call.read(account=shape.text(), role=shape.one_of("user", "admin"))
        self.check_account(body["account"])
        if cluster.state != "READY":
            raise Refused(409, "CLUSTER_BUSY", f"The cluster is {cluster.state}.")
        if cluster.schedule is None:
            raise Refused(409, "SCHEDULE_REQUIRED", "Set its schedule first.")
        if body["account"] in cluster.grants:
            raise Refused(409, "ALREADY_GRANTED", "The cluster is granted to this account.")
        cluster.grants[body["account"]] = {**body, "granted_at": stamp(self.world.now())}
        call.changed(f"cluster {cluster.id} granted to {body['account']}")
        return 201, cluster.grants[body["account"]]

    def check_account(self, login):
        subscribed = self.portal.subscribed(login, self.name)
        if subscribed is None:
            raise invalid(account="expected the login of an account")
        if not subscribed:
            raise Refused(409, "NOT_SUBSCRIBED", "The account has no active subscription to MCM.")

    @route("GET", "/v1/clusters/{}/grants")
    def list_grants(self, call, identifier):
        return 200, {"items": list(self.cluster_for(call, identifier).grants.values())}

    @route("DELETE", "/v1/clusters/{}/grants/{}")
    def revoke(self, call, identifier, login):
        cluster = self.cluster_for(call, identifier)
        if cluster.grants.pop(login, None) is None:
            raise not_found("such grant")
        call.changed(f"cluster {cluster.id} revoked from {login}")
        return (204,)

    @route("GET", "/v1/clusters/{}/kubeconfig")
    def kubeconfig(self, call, identifier):
        cluster = self.cluster_for(call, identifier)
        if cluster.schedule is None:
            raise Refused(409, "SCHEDULE_REQUIRED", "The cluster has no schedule.")
        if cluster.status(self.world.now()) != "RUNNING":
            raise Refused(409, "CLUSTER_NOT_RUNNING", f"The cluster is {cluster.status(self.world.now())}.")
        return 200, {"server": f"https://{cluster.id}.mcm.example", "token": f"k8s-{cluster.id}-{call.caller.login}"}
