#!/usr/bin/env python3
"""Capstan beside a real control plane says what is wrong first: what admission, scheduler and controllers write is theirs;
only what a kubelet would say of containers is played.

diagnose_test.py CAPSTAN_BINARY
"""
import json
import subprocess
import sys
import tempfile
import unittest

from running_capstan import Capstan
from running_plane import RunningPlane, deployment, wait_until

BINARY = sys.argv.pop(1)


def service(name, **selector):
    return {"metadata": {"name": name}, "spec": {"selector": selector, "ports": [{"port": 80}]}}


class DiagnosesBesideACluster(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.plane = RunningPlane("--nodes", "3")
        cls.directory = tempfile.TemporaryDirectory()
        cls.capstan = Capstan(BINARY, cls.directory.name, cls.plane.ready["kubeconfig"])
        wait_until(lambda: cls.capstan.sql("SELECT id FROM k8s_node WHERE name = 'node-0002'"))

    @classmethod
    def tearDownClass(cls):
        cls.capstan.kill()
        cls.plane.end()
        cls.directory.cleanup()

    def deploy(self, one, space="default"):
        self.plane.request("POST", f"/apis/apps/v1/namespaces/{space}/deployments", one)

    def serve(self, one, space="default"):
        self.plane.request("POST", f"/api/v1/namespaces/{space}/services", one)

    def running_pod(self, app):
        rows = wait_until(lambda: self.capstan.sql(f"SELECT name FROM k8s_pod WHERE name LIKE '{app}-%' AND phase = 'Running'"))
        return rows[0][0]

    def play(self, pod, state, last=None):
        """What a kubelet would say of the only container of a pod."""
        status = {"name": "main", "image": "x", "imageID": "", "ready": False, "restartCount": 5, "state": state, "lastState": last or {}}
        conditions = [{"type": "Ready", "status": "False"}, {"type": "PodScheduled", "status": "True"}]
        patch = json.dumps({"status": {"containerStatuses": [status], "conditions": conditions}})
        self.plane.kubectl("patch", "pod", pod, "--subresource=status", "--type=merge", "-p", patch)

    def diagnose(self, subject, space="default"):
        command = [BINARY, "diagnose", subject, "-n", space, "--data", self.capstan.data, "--json"]
        answer = subprocess.run(command, capture_output=True, text=True)
        return answer.returncode, json.loads(answer.stdout) if answer.stdout else {}

    def first_wrong(self, subject, step, space="default"):
        """The answer, as soon as it is of that step."""
        def found():
            code, report = self.diagnose(subject, space)
            return code == 1 and report["answer"]["step"] == step and report
        try:
            return wait_until(found)["answer"]
        except Exception:
            print(json.dumps(self.diagnose(subject, space)[1], indent=1)[:4000])
            raise

    def test_says_that_all_is_well(self):
        self.deploy(deployment("well", 2))
        self.serve(service("well", app="well"))
        wait_until(lambda: self.diagnose("service/well")[0] == 0 and self.diagnose("deploy/well")[0] == 0)
        report = self.diagnose("deploy/well")[1]
        self.assertIsNone(report["answer"])
        self.assertTrue(report["is_live"])
        self.assertGreater(len(report["steps"]), 8)

    def test_an_image_cannot_be_pulled(self):
        self.deploy(deployment("image", 1))
        self.serve(service("image", app="image"))
        self.play(self.running_pod("image"), {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}})
        answer = self.first_wrong("deploy/image", "images")
        self.assertIn("cannot be pulled", answer["says"])
        self.assertIn("kubectl -n default set image deployment/image", answer["fix"])
        self.assertIn("k8s_service/plane/default/image", answer["affects"])

    def test_a_container_is_killed_again_and_again(self):
        self.deploy(deployment("killed", 1))
        ended = {"terminated": {"exitCode": 137, "reason": "Error", "startedAt": None, "finishedAt": None}}
        self.play(self.running_pod("killed"), {"waiting": {"reason": "CrashLoopBackOff"}}, ended)
        answer = self.first_wrong("deployment/killed", "start")
        self.assertEqual([entry["code"] for entry in answer["manual"]], ["137"])

    def test_there_is_no_node(self):
        one = deployment("nowhere", 1)
        one["spec"]["template"]["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "32"}}
        one["spec"]["replicas"] = 7  # Two fit on each of three nodes.
        self.deploy(one)
        answer = self.first_wrong("deploy/nowhere", "scheduling")
        self.assertIn("Insufficient cpu", answer["says"])
        self.assertIn("cpu", answer["manual"][0]["means"])

    def test_a_config_map_is_missing(self):
        one = deployment("settings", 1)
        one["spec"]["template"]["spec"]["containers"][0]["envFrom"] = [{"configMapRef": {"name": "nobody-made-it"}}]
        self.deploy(one)
        self.assertIn("nobody-made-it", self.first_wrong("deploy/settings", "configuration")["says"])

    def test_a_service_selects_others(self):
        self.deploy(deployment("selected", 1))
        self.serve(service("selected", app="another"))
        self.running_pod("selected")
        self.assertIn("selects no pod", self.first_wrong("svc/selected", "service")["says"])
        self.assertIn("selects no pod", self.first_wrong("deploy/selected", "service")["says"])

    def test_a_quota_is_used_up(self):
        self.plane.request("POST", "/api/v1/namespaces", {"metadata": {"name": "small"}})
        wait_until(lambda: self.plane.kubectl("-n", "small", "get", "serviceaccounts").find("default") >= 0)
        self.plane.request("POST", "/api/v1/namespaces/small/resourcequotas", {"metadata": {"name": "one"}, "spec": {"hard": {"pods": "1"}}})
        wait_until(lambda: self.plane.get("/api/v1/namespaces/small/resourcequotas/one").get("status", {}).get("used"))
        one = deployment("many", 1)
        self.deploy(one, "small")
        wait_until(lambda: self.capstan.sql("SELECT 1 FROM k8s_pod WHERE namespace = 'small'"))
        self.deploy(deployment("late", 1), "small")
        answer = self.first_wrong("deploy/late", "admission", "small")
        self.assertIn("exceeded quota: one", answer["says"])
        self.assertIn("the quota one does not allow more", answer["manual"][0]["means"])

    def test_a_network_policy_lets_nobody_in(self):
        self.deploy(deployment("shut", 1))
        self.serve(service("shut", app="shut"))
        self.running_pod("shut")
        policy = {"metadata": {"name": "shut"}, "spec": {"podSelector": {"matchLabels": {"app": "shut"}}, "policyTypes": ["Ingress"]}}
        self.plane.request("POST", "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies", policy)
        self.assertIn("let nobody reach", self.first_wrong("svc/shut", "network-policies")["says"])

    def test_names_what_it_does_not_know(self):
        self.assertEqual(self.diagnose("deploy/nobody")[0], 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
