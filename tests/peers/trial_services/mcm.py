"""MCM, the cluster service: clusters that appear late in lists and, when made of spot nodes, vanish. Schedules and grants of a
cluster are in mcm_use.py, account groups in mcm_groups.py."""
import dataclasses

import cron
import shape
import tokens
from mcm_groups import GroupCalls
from mcm_use import UseCalls
from service import Caller, Refused, invalid, not_found, route
from world import stamp

CREATE_SECONDS = 8
LISTED_SECONDS = 3
DELETE_SECONDS = 5
MAX_CLUSTERS = 10_000
VERSIONS = ("1.30", "1.31", "1.32")
NAME = shape.named("[a-z][a-z0-9-]{1,39}")
COUNT = shape.integer(1, 50)
POOL = {"name": NAME, "instance_type": shape.named(r"[a-z0-9]+\.[a-z0-9]+"), "count": COUNT, "spot": shape.boolean}


@dataclasses.dataclass
class Cluster:
    id: str
    name: str
    group: str  # Its owner's id.
    version: str
    pools: list
    created: float
    listed: float  # From when on lists show it.
    state: str = "CREATING"  # Then READY: running or stopped, as its schedule says; DELETING before it is gone.
    schedule: cron.Schedule | None = None
    edition: int = 0  # Of the schedule, for its ETag.
    grants: dict = dataclasses.field(default_factory=dict)  # By login.

    def status(self, now):
        if self.state != "READY":
            return self.state
        return "RUNNING" if self.schedule is None or self.schedule.on(now) else "STOPPED"

    def spot(self):
        return all(pool["spot"] for pool in self.pools)

    def shown(self, now):
        return {"id": self.id, "name": self.name, "owner_group": self.group, "kubernetes_version": self.version, "status": self.status(now),
                "node_pools": [dict(pool) for pool in self.pools], "spot": self.spot(), "created_at": stamp(self.created)}


class Mcm(GroupCalls, UseCalls, tokens.TokenService):
    name = "mcm"
    token_seconds = 1800

    def __init__(self, *arguments, portal, api_key):
        super().__init__(*arguments)
        self.portal, self.api_key = portal, api_key
        self.clusters, self.groups = {}, {}
        self.spots = 0  # How many spot clusters there were, for their lives.

    def authenticate(self, call):
        key = call.header("x-api-key")
        if key is None:
            return super().authenticate(call)
        if key != self.api_key:
            raise Refused(401, "TOKEN_INVALID", "The key is unknown.")
        return Caller("api-key", administrator=True)

    @route("POST", "/v1/auth/exchange", caller=False)
    def sign_in(self, call):
        access, _ = self.exchange(call, call.read(sso_token=shape.text(".{1,4000}"))["sso_token"])
        return 200, {"access_token": access, "token_type": "Bearer", "expires_in": self.token_seconds}

    @staticmethod
    def administrators_only(call):
        if not call.caller.administrator:
            raise Refused(403, "FORBIDDEN", "This is for administrators.")

    def visible(self, caller, cluster):
        return caller.administrator or caller.login in cluster.grants

    def cluster_for(self, call, identifier):
        """The cluster that a call is about: users read those granted to them."""
        cluster = self.clusters.get(identifier)
        if cluster is None or not self.visible(call.caller, cluster):
            raise not_found("such cluster")
        if call.request.method != "GET":
            self.administrators_only(call)
        return cluster

    @staticmethod
    def listed(call, items, query, show):
        begin, size = query["page"] * query["size"], query["size"]
        return 200, {"content": [show(one) for one in items[begin:begin + size]], "page": query["page"], "size": size,
                     "total_elements": len(items), "total_pages": -(-len(items) // size)}

    @staticmethod
    def paging(**more):
        return {"page": shape.Optional(shape.digits(0, 1_000_000), 0), "size": shape.Optional(shape.digits(1, 100), 20),
                **{name: shape.Optional(one) for name, one in more.items()}}

    @route("POST", "/v1/clusters")
    def create_cluster(self, call):
        self.administrators_only(call)
        return self.once(call, lambda: self.create(call))

    def create(self, call):
        body = call.read(name=NAME, owner_group=shape.text(), kubernetes_version=shape.one_of(*VERSIONS),
                         node_pools=shape.list_of(shape.object_of(**POOL), 1, 10))
        if body["owner_group"] not in self.groups:
            raise invalid(owner_group="expected the id of an account group")
        names = [pool["name"] for pool in body["node_pools"]]
        if len(set(names)) < len(names):
            raise invalid(node_pools="expected different names")
        existing = next((one for one in self.clusters.values() if (one.name, one.group) == (body["name"], body["owner_group"])), None)
        if existing:
            raise Refused(409, "NAME_TAKEN", "The group has a cluster of this name.", existing=existing.id)
        if len(self.clusters) >= MAX_CLUSTERS:
            raise Refused(409, "LIMIT_REACHED", f"There are {MAX_CLUSTERS} clusters.")
        now = self.world.now()
        cluster = Cluster(self.world.new_id("c"), body["name"], body["owner_group"], body["kubernetes_version"], body["node_pools"], now,
                          now + LISTED_SECONDS * self.world.delays)
        self.clusters[cluster.id] = cluster
        self.world.after(CREATE_SECONDS, lambda: self.ready(cluster))
        if cluster.spot():
            self.doom(cluster)
        call.changed(f"cluster {cluster.id} created")
        return 202, cluster.shown(now), [("Location", f"/v1/clusters/{cluster.id}")]

    def ready(self, cluster):
        if cluster.state == "CREATING":
            cluster.state = "READY"

    def doom(self, cluster):
        """A spot cluster's life is drawn when it is made: the seed's n-th is the same in every run."""
        self.spots += 1
        if self.world.spot_life:
            life = self.world.chance("spot", self.spots).expovariate(1 / self.world.spot_life)
            self.world.at(self.world.now() + life, lambda: self.vanish(cluster))

    def vanish(self, cluster, via="itself"):
        if self.clusters.pop(cluster.id, None):
            self.world.record(service=self.name, changed=[f"cluster {cluster.id} vanished"], via=via)

    @route("GET", "/v1/clusters")
    def list_clusters(self, call):
        query, now = call.query(**self.paging(name=shape.text(), owner_group=shape.text())), self.world.now()
        found = [one for one in self.clusters.values() if one.listed <= now and self.visible(call.caller, one)
                 and query["name"] in (None, one.name) and query["owner_group"] in (None, one.group)]
        return self.listed(call, found, query, lambda one: one.shown(now))

    @route("GET", "/v1/clusters/{}")
    def show_cluster(self, call, identifier):
        return 200, self.cluster_for(call, identifier).shown(self.world.now())

    @route("DELETE", "/v1/clusters/{}")
    def delete_cluster(self, call, identifier):
        cluster = self.cluster_for(call, identifier)
        if cluster.state == "CREATING":
            raise Refused(409, "CLUSTER_BUSY", "The cluster is being created.")
        if cluster.schedule is not None:
            raise Refused(409, "HAS_SCHEDULE", "Remove its schedule first.", blocking=[{"kind": "schedule", "id": cluster.id}])
        if cluster.state != "DELETING":
            cluster.state = "DELETING"
            self.world.after(DELETE_SECONDS, lambda: self.clusters.pop(cluster.id, None))
            call.changed(f"cluster {cluster.id} deleted")
        return 202, cluster.shown(self.world.now())

    # Node pools.

    @route("GET", "/v1/clusters/{}/node-pools")
    def list_pools(self, call, identifier):
        return 200, {"items": self.cluster_for(call, identifier).pools}

    @route("POST", "/v1/clusters/{}/node-pools")
    def add_pool(self, call, identifier):
        cluster, pool = self.cluster_for(call, identifier), call.read(**POOL)
        if any(one["name"] == pool["name"] for one in cluster.pools):
            raise Refused(409, "NAME_TAKEN", "The cluster has a pool of this name.")
        cluster.pools.append(pool)
        call.changed(f"node pool {pool['name']} of cluster {cluster.id} created")
        return 201, pool

    def pool(self, cluster, name):
        found = next((one for one in cluster.pools if one["name"] == name), None)
        if found is None:
            raise not_found("such node pool")
        return found

    @route("PUT", "/v1/clusters/{}/node-pools/{}")
    def resize_pool(self, call, identifier, name):
        cluster = self.cluster_for(call, identifier)
        pool = self.pool(cluster, name)
        pool["count"] = call.read(count=COUNT)["count"]
        call.changed(f"node pool {name} of cluster {cluster.id} resized to {pool['count']}")
        return 200, pool

    @route("DELETE", "/v1/clusters/{}/node-pools/{}")
    def remove_pool(self, call, identifier, name):
        cluster = self.cluster_for(call, identifier)
        pool = self.pool(cluster, name)
        if len(cluster.pools) == 1:
            raise Refused(409, "LAST_NODE_POOL", "A cluster has a node pool at least.")
        cluster.pools.remove(pool)
        call.changed(f"node pool {name} of cluster {cluster.id} deleted")
        return (204,)

    def holdings(self, login):
        """What an account has here, which keeps its subscription."""
        return [{"kind": "grant", "id": one.id, "name": one.name} for one in self.clusters.values() if login in one.grants] + [
            {"kind": "groupMembership", "id": one["id"], "name": one["name"]} for one in self.groups.values() if login in one["members"]]
