"""Whatever is sent to whichever path, the emulator answers as its protocol says and never with a mistake of its own."""
import argparse
import json
import random
import unittest
import urllib.parse

from emulator import Emulation
from http_server import Request
from modeler_items import KINDS
from service import Caller
from trial_client import HOURS, POOL, RESOURCES

ROUNDS = 200
ADMINISTRATOR = Caller("admin", administrator=True)
GOOD = {"email": "a@b.example", "service": "mcm", "plan": "trial", "role": "SERVICE_ADMIN", "audience": "mcm", "kubernetes_version": "1.31",
        "node_pools": [POOL], "account": "admin", **HOURS, "resources": RESOURCES, "owner": "admin", "image": None, "cpu": 1, "memoryGiB": 1,
        "gpu": 0, "datasets": [], "bucket": "trial-01", "document_id": "terms-2026-01", "role_arn": "arn:aws:iam::123456789012:role/x",
        "current_password": "x", "new_password": "y", "count": 3, "instance_type": "m5.large", "spot": True, "model": "m", "storage": None,
        "replicas": 1, "dataset": "d", "target": "y", "intervalMinutes": 5, "sizeGiB": 1, "base": "b", "framework": "f"}
ODD = (None, True, 0, -1, 1.5, 10**30, "", "a" * 5000, "\x00", "서울", "../..", "%", [],
       [None], {}, {"a": {}}, [[]], {"name": []}, [POOL, POOL])
QUERIES = ("", "?page=1", "?page=x&size=-1", "?size=0", "?cursor=%FF%00", "?after=9", "?name=%EC", "?token=",
           "?" + "&".join(f"a{i}=" for i in range(50)))


class Anything(unittest.TestCase):
    def setUp(self):
        options = argparse.Namespace(seed=1, delays=0.0, faults="none", maildir=None, rate=0, spot_life=0.0, slow=0.0, start=None)
        self.emulation = Emulation(options)
        self.random = random.Random(1)
        self.statuses, self.names = set(), 0
        services = self.emulation.services
        cloudz, mcm, modeler, pipeline = (services[name] for name in ("cloudz", "mcm", "modeler", "pipeline"))
        cloudz.terms_missing = lambda account: False
        cloudz.subscribed = lambda login, service: True
        self.known = {"accounts": cloudz.accounts, "subscription-requests": cloudz.requests, "clusters": mcm.clusters, "groups": mcm.groups,
                      "projects": modeler.projects, **pipeline.things}

    def id_after(self, before):
        """What may stand in a path after these parts: mostly something that is there."""
        if self.random.random() < 0.1:
            return self.random.choice(("none", "서울", "a b", "%", "acc-1"))
        places = self.known.get(before[-1], {})
        if len(before) == 4 and before[2] == "projects":
            places = list(KINDS)
        if len(before) == 5 and before[2] == "projects" and before[3] in self.known["projects"]:
            places = self.known["projects"][before[3]].items.get(before[4], {})
        if before == ["api", "v1"]:
            places = list(self.emulation.services["pipeline"].things)
        if len(before) == 4 and before[3] in ("subscriptions", "roles") and before[2] in self.known["accounts"]:
            places = getattr(self.known["accounts"][before[2]], before[3])
        return self.random.choice([*places] or ["admin", "trial_user07", "main"])

    def path(self, parts):
        made = []
        for part in parts:
            made.append(self.id_after(made) if part == "{}" else part)
        return "/" + "/".join(map(urllib.parse.quote, made))

    def no_object(self):
        return self.random.choice((b"", b"{", b"\xff\xfe", b"[" * 20_000, b"null", b"NaN", b'"x"', b"a=b&c=%ff&&=", b"[]", b'{"x": 1}'))

    def send(self, service, method, path, body):
        media = "application/json" if self.random.random() < 0.95 else "application/x-www-form-urlencoded"
        headers = {"content-type": media, "if-match": "*", "idempotency-key": str(self.random.random()), "cookie": "CZSESSION"}
        answer = service.act(Request(method, path, headers, body), ADMINISTRATOR)
        self.assertNotIn(b"EMULATOR_BUG", answer.body, (method, path, body[:500]))
        self.assertTrue(answer.head())
        self.statuses.add(answer.status)
        return answer

    def approach(self, service, method, path):
        """Sends what the answers ask for, now and then oddly."""
        if self.random.random() < 0.2:
            self.send(service, method, path, self.no_object())
        body = {}
        for _ in range(3):
            answer = self.send(service, method, path, json.dumps(body).encode())
            if answer.status != 400 or b'"fields"' not in answer.body:
                break
            body.update((field.split("[")[0].split(".")[0], self.value(field)) for field in json.loads(answer.body)["fields"])

    def value(self, field):
        self.names += 1
        good = {**GOOD, "name": f"trial-{self.names}", "login": f"trial_user{self.names}", "owner_group": next(iter(self.known["groups"]), ""),
                "deployment": next((one for project in self.known["projects"].values() for one in project.items["deployments"]), "")}
        return self.random.choice(ODD) if self.random.random() < 0.1 or field not in good else good[field]

    def test_every_route_answers_whatever_it_is_sent(self):
        for name in ("cloudz", "mcm", "modeler", "pipeline") * ROUNDS:
            service = self.emulation.services[name]
            routes = [(parts, method) for known in service.routes.values() for parts, method, _, _ in known]
            for parts, method in self.random.sample(routes, len(routes)):
                self.approach(service, method, self.path(parts) + (self.random.choice(QUERIES) if method == "GET" else ""))
        self.assertTrue({200, 201, 202, 204, 400, 404, 409, 415} <= self.statuses, self.statuses)


if __name__ == "__main__":
    unittest.main()
