#!/usr/bin/env python3
"""What Capstan does to a real cluster: each verb by a policy, what the API server refuses, and what is taken back.

verbs_test.py CAPSTAN_BINARY
"""
import json
import sys
import tempfile
import textwrap
import unittest

from running_capstan import Capstan
from running_plane import RunningPlane, deployment, wait_until

BINARY = sys.argv.pop(1)
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
PODS = "/api/v1/namespaces/default/pods"

FINAL = ("succeeded", "failed", "partial", "unknown", "skipped", "reverted")

# A label asks for a verb, so that each test is one object.
WISHES = [
    ("k8s_deployment", "scale", {"replicas": 4}, "none"),
    ("k8s_deployment", "restart", {}, "none"),
    ("k8s_deployment", "patch", {"patch": {"spec": {"minReadySeconds": 7}}}, "none"),
    ("k8s_deployment", "delete", {"propagation": "Foreground"}, "ask"),
    ("k8s_pod", "evict", {}, "none"),
    ("k8s_cron_job", "run_job", {}, "none"),
    ("k8s_node", "cordon", {}, "none"),
    ("k8s_node", "drain", {"within": "20s"}, "none"),
]


def wishes():
    rules = policies = ""
    for kind, verb, parameters, approve in WISHES:
        name = f"Wants{verb.title().replace('_', '')}"
        rules += textwrap.dedent(f"""\
            ---
            rule: {name}
            severity: low
            on: {kind}
            where: EXISTS (SELECT 1 FROM label l WHERE l.resource = this.id AND l.name = 'wants' AND l.value = '{verb}')
            reach: 0
            says: "{{{{name}}}} wants {verb}"
            """)
        policies += textwrap.dedent(f"""\
            ---
            policy: {verb}
            when: {{ alert: {name} }}
            do: [{{ verb: kubernetes.{verb}, with: {json.dumps(parameters)} }}]
            approve: {approve}
            """)
    return rules + policies


class ActsOnACluster(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.plane = RunningPlane("--nodes", "3")
        cls.directory = tempfile.TemporaryDirectory()
        cls.capstan = Capstan(BINARY, cls.directory.name, cls.plane.ready["kubeconfig"])
        settings = cls.capstan.directory / "config" / "settings.yaml"
        allowed = ", ".join(verb for _, verb, _, _ in WISHES)
        settings.write_text(f"kubernetes: {{kubeconfig: {cls.plane.ready['kubeconfig']}, allow: [{allowed}]}}\n")
        (cls.capstan.directory / "config" / "wishes.yaml").write_text(wishes())
        wait_until(lambda: cls.capstan.sql("SELECT id FROM k8s_node WHERE name = 'node-0002'"))

    @classmethod
    def tearDownClass(cls):
        cls.capstan.kill()
        cls.plane.end()
        cls.directory.cleanup()

    def deploy(self, name, replicas=2, **labels):
        one = deployment(name, replicas)
        one["metadata"]["labels"] = labels
        self.plane.request("POST", DEPLOYMENTS, one)

    def deployment(self, name):
        return self.plane.get(f"{DEPLOYMENTS}/{name}")

    def wish(self, kind, name, verb):
        self.plane.kubectl("label", kind, name, f"wants={verb}")

    def plan(self, verb, target):
        """The newest plan that does it, with its actions."""
        for status in json.loads(self.capstan.run("plans", "--state", "all", "--json"))["plans"]:
            for action in status["actions"]:
                if (action["action"]["verb"], action["action"]["target"].split("/")[-1]) == (f"kubernetes.{verb}", target):
                    return status["plan"]["id"], action
        return None

    def outcome(self, verb, target):
        def ended():
            found = self.plan(verb, target)
            return found if found and found[1]["state"] in FINAL else None

        return wait_until(ended)

    def undo(self, plan):
        def whole():
            plans = json.loads(self.capstan.run("plans", "--state", "all", "--json"))["plans"]
            return next(one for one in plans if one["plan"]["id"] == plan)

        wait_until(lambda: whole()["can_be_undone"])
        self.capstan.run("undo", plan)

    def test_scales_and_takes_it_back(self):
        self.deploy("web")
        self.wish("deployment", "web", "scale")
        plan, action = self.outcome("scale", "web")
        self.assertEqual((action["state"], self.deployment("web")["spec"]["replicas"]), ("succeeded", 4), action)
        self.assertIn("4 replicas in place of 2", json.dumps(action))
        self.undo(plan)
        wait_until(lambda: self.deployment("web")["spec"]["replicas"] == 2)

    def test_restarts_every_pod(self):
        self.deploy("old", 1)
        before = wait_until(lambda: self.pods("old"))
        self.wish("deployment", "old", "restart")
        self.assertEqual(self.outcome("restart", "old")[1]["state"], "succeeded")
        wait_until(lambda: self.pods("old") and not set(self.pods("old")) & set(before))

    def pods(self, app):
        items = self.plane.get(f"{PODS}?labelSelector=app%3D{app}")["items"]
        return [item["metadata"]["name"] for item in items if "deletionTimestamp" not in item["metadata"]]

    def test_patches_and_takes_it_back(self):
        self.deploy("slow")
        self.wish("deployment", "slow", "patch")
        plan, action = self.outcome("patch", "slow")
        self.assertEqual((action["state"], self.deployment("slow")["spec"].get("minReadySeconds")), ("succeeded", 7), action)
        self.undo(plan)
        wait_until(lambda: self.deployment("slow")["spec"].get("minReadySeconds", 0) == 0)

    def test_deletes_only_when_a_person_has_approved(self):
        self.deploy("gone")
        self.wish("deployment", "gone", "delete")
        plan, action = wait_until(lambda: self.plan("delete", "gone"))
        self.assertEqual(action["state"], "proposed")
        self.assertEqual(self.deployment("gone")["metadata"]["name"], "gone")
        self.capstan.run("approve", plan, "--yes")
        self.assertEqual(self.outcome("delete", "gone")[1]["state"], "succeeded")
        wait_until(lambda: not [one for one in self.plane.get(DEPLOYMENTS)["items"] if one["metadata"]["name"] == "gone"])

    def test_evicts_unless_a_budget_forbids_it(self):
        self.deploy("free", 1)
        self.deploy("held", 1)
        budget = {"metadata": {"name": "held"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "held"}}}}
        self.plane.request("POST", "/apis/policy/v1/namespaces/default/poddisruptionbudgets", budget)
        wait_until(lambda: self.plane.get("/apis/policy/v1/namespaces/default/poddisruptionbudgets/held").get("status", {}).get("observedGeneration"))
        free = wait_until(lambda: self.pods("free"))[0]
        held = wait_until(lambda: self.pods("held"))[0]
        self.wish("pod", free, "evict")
        self.wish("pod", held, "evict")
        self.assertEqual(self.outcome("evict", free)[1]["state"], "succeeded")
        action = self.outcome("evict", held)[1]
        self.assertEqual(action["state"], "failed", action)
        self.assertIn("disruption budget", json.dumps(action))
        self.assertIn(held, self.pods("held"))

    def test_runs_a_cron_job_now(self):
        template = {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "registry.example/app:1"}]}}}}
        one = {"metadata": {"name": "nightly"}, "spec": {"schedule": "0 3 1 1 *", "jobTemplate": template}}
        self.plane.request("POST", "/apis/batch/v1/namespaces/default/cronjobs", one)
        self.wish("cronjob", "nightly", "run_job")
        self.assertEqual(self.outcome("run_job", "nightly")[1]["state"], "succeeded")
        jobs = self.plane.get("/apis/batch/v1/namespaces/default/jobs")["items"]
        self.assertEqual([job["metadata"]["ownerReferences"][0]["name"] for job in jobs], ["nightly"])

    def test_cordons_and_takes_it_back(self):
        self.wish("node", "node-0000", "cordon")
        plan, action = self.outcome("cordon", "node-0000")
        self.assertEqual(action["state"], "succeeded", action)
        self.assertTrue(self.plane.get("/api/v1/nodes/node-0000")["spec"]["unschedulable"])
        self.undo(plan)
        wait_until(lambda: not self.plane.get("/api/v1/nodes/node-0000")["spec"].get("unschedulable"))

    def test_drains_a_node(self):
        self.deploy("spread", 6)
        wait_until(lambda: len(self.on_node("node-0001")) > 0)
        self.wish("node", "node-0001", "drain")
        action = self.outcome("drain", "node-0001")[1]
        self.assertEqual(action["state"], "succeeded", action)
        self.assertEqual(self.on_node("node-0001"), [])
        wait_until(lambda: len(self.pods("spread")) == 6)

    def on_node(self, node):
        items = self.plane.get(f"/api/v1/pods?fieldSelector=spec.nodeName%3D{node}")["items"]
        return [item["metadata"]["name"] for item in items]

    def test_what_is_not_allowed_is_not_done(self):
        settings = self.capstan.directory / "config" / "settings.yaml"
        text = settings.read_text()
        self.begin_anew(settings, text.replace("scale, ", ""))
        try:
            self.deploy("kept")
            self.wish("deployment", "kept", "scale")
            action = self.outcome("scale", "kept")[1]
            self.assertIn("not allowed", json.dumps(action))
            self.assertEqual(self.deployment("kept")["spec"]["replicas"], 2)
        finally:
            self.begin_anew(settings, text)

    def begin_anew(self, settings, text):
        self.capstan.kill()
        settings.write_text(text)
        self.start()

    def start(self):
        self.capstan.start()
        wait_until(lambda: self.capstan.sql("SELECT id FROM k8s_node WHERE name = 'node-0002'"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
