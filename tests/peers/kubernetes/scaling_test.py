#!/usr/bin/env python3
"""Capstan explains the scaling of a real cluster: autoscalers that nobody serves metrics, pods that wait, what-if.

scaling_test.py CAPSTAN_BINARY
"""
import json
import subprocess
import sys
import tempfile
import unittest

from running_capstan import Capstan
from running_plane import RunningPlane, deployment, wait_until

BINARY = sys.argv.pop(1)
GROUPS = "node_groups:\n  - { name: large, max: 4, price: 2.5, allocatable: { cpu: 128, memory: 512Gi } }\n"


class ScalingOfACluster(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.plane = RunningPlane("--nodes", "3")
        cls.directory = tempfile.TemporaryDirectory()
        cls.capstan = Capstan(BINARY, cls.directory.name, cls.plane.ready["kubeconfig"], GROUPS)
        wait_until(lambda: cls.capstan.sql("SELECT id FROM k8s_node WHERE name = 'node-0002'"))

    @classmethod
    def tearDownClass(cls):
        cls.capstan.kill()
        cls.plane.end()
        cls.directory.cleanup()

    def make(self, name, replicas, requests):
        made = deployment(name, replicas)
        made["spec"]["template"]["spec"]["containers"][0]["resources"] = {"requests": requests}
        self.plane.request("POST", "/apis/apps/v1/namespaces/default/deployments", made)

    def known_pods(self, name, phase, count):
        question = f"SELECT id FROM k8s_pod WHERE name LIKE '{name}-%' AND phase = '{phase}'"
        wait_until(lambda: len(self.capstan.sql(question) or []) == count)

    def whatif(self, *arguments):
        """The exit code and the answer."""
        command = [BINARY, "whatif", "--data", self.capstan.data, "-o", "json", *arguments]
        done = subprocess.run(command, capture_output=True, text=True)
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr

    def explained(self, name):
        return json.loads(self.capstan.run("scaling", f"hpa/default/{name}", "-o", "json"))["autoscalers"][0]

    def make_scaler(self, name, most, requests):
        self.make(name, 2, requests)
        metric = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
        scaler = {"metadata": {"name": name}, "spec": {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": most, "metrics": [metric]}}
        self.plane.request("POST", "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers", scaler)

    def test_says_that_nobody_serves_an_autoscaler_its_metrics(self):
        self.make_scaler("blind", 5, {"cpu": "1"})
        wait_until(lambda: self.capstan.sql("SELECT id FROM k8s_horizontal_pod_autoscaler WHERE name = 'blind'"))
        explained = wait_until(lambda: (found := self.explained("blind"))["is_wrong"] and found)
        self.assertIn("the cluster has no metrics server", explained["says"])
        self.assertEqual(explained["remedy"], "Install a metrics server.")

    def test_explains_what_an_autoscaler_measured(self):
        self.make_scaler("seeing", 3, {"cpu": "1"})
        path = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/seeing"
        self.known_pods("seeing", "Running", 2)
        wait_until(lambda: self.capstan.sql("SELECT id FROM k8s_horizontal_pod_autoscaler WHERE name = 'seeing'"))

        def measured():
            # The controller writes its status anew every few seconds; between its rounds this one holds.
            scaler = self.plane.get(path)
            scaler["status"] = {"currentReplicas": 2, "desiredReplicas": 2, "conditions": [], "currentMetrics": [
                {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 110, "averageValue": "1100m"}}}]}
            self.plane.request("PUT", path + "/status", scaler)
            explained = self.explained("seeing")
            return explained.get("wants") == 5 and explained

        self.assertIn("cpu is at 110% of 50% and wants 5: it goes from 2 to 3", wait_until(measured)["says"])

    def test_says_where_pods_that_wait_could_go(self):
        self.make("huge", 1, {"cpu": "100"})
        self.known_pods("huge", "Pending", 1)
        report = json.loads(self.capstan.run("scaling", "-o", "json"))
        waiting = [one for one in report["pending"] if one["pods"][0].startswith("default/huge-")]
        self.assertEqual(waiting[0]["says"], "0/3 nodes are available: 3 Insufficient cpu.")
        options = {one["group"]: one for one in report["scale_up"]["groups"]}
        self.assertEqual((options["large"]["pods"], options["large"]["nodes"]), (1, 1))
        self.assertEqual(options["kwok"]["says"], "Insufficient cpu")
        text = self.capstan.run("scaling")
        self.assertIn("0/3 nodes are available: 3 Insufficient cpu.", text)
        self.plane.request("DELETE", "/apis/apps/v1/namespaces/default/deployments/huge")
        wait_until(lambda: not self.capstan.sql("SELECT id FROM k8s_pod WHERE name LIKE 'huge-%'"))

    def test_foresees_what_the_scheduler_then_does(self):
        self.make("grows", 3, {"cpu": "10"})
        self.known_pods("grows", "Running", 3)
        code, answer = self.whatif("--replicas", "deployment/default/grows=30")
        self.assertEqual(code, 1)
        self.assertEqual(code == 0, answer["pods_pending"] == 0)
        self.plane.kubectl("scale", "deployment", "grows", "--replicas=30")
        foreseen = answer["pods_placed"] + 3
        self.known_pods("grows", "Pending", 30 - foreseen)
        self.known_pods("grows", "Running", foreseen)
        code, answer = self.whatif("--lose-zone", "zone-a", "--add-nodes", "large=1")
        self.assertEqual(answer["utilisation"]["after"]["nodes"], 3)
        self.plane.request("DELETE", "/apis/apps/v1/namespaces/default/deployments/grows")
        wait_until(lambda: not self.capstan.sql("SELECT id FROM k8s_pod WHERE name LIKE 'grows-%'"))

    def test_tells_what_cannot_be_answered(self):
        code, problem = self.whatif("--drain", "node-9999")
        self.assertEqual(code, 2)
        self.assertIn("no node 'node-9999'", problem)


if __name__ == "__main__":
    unittest.main(verbosity=2)
