#!/usr/bin/env python3
"""Capstan as a validating webhook of a real API server.

admission_test.py CAPSTAN_BINARY
"""
import json
import re
import subprocess
import sys
import tempfile
import time
import unittest

from kube_api import Api, ApiError
from running_capstan import Capstan
from running_plane import RunningPlane, deployment, wait_until

BINARY = sys.argv.pop(1)
SETTINGS = """
admission:
  listen: 127.0.0.1:0
  names: [127.0.0.1]
  deny_from: high
  warn: [KubeImageTagLatest]
  exempt_namespaces: [free]
"""
APPS = 8


def application(number):
    """Five objects, each after those that it needs."""
    name = f"app{number}"
    workload = deployment(name, 2)
    spec = workload["spec"]["template"]["spec"]
    spec["serviceAccountName"] = name
    spec["containers"][0].update(envFrom=[{"configMapRef": {"name": name}}], ports=[{"name": "http", "containerPort": 8080}])
    backend = {"service": {"name": name, "port": {"name": "http"}}}
    rule = {"host": f"{name}.example", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    return [("/api/v1", "configmaps", {"metadata": {"name": name}, "data": {"mode": "test"}}),
            ("/api/v1", "serviceaccounts", {"metadata": {"name": name}}),
            ("/apis/apps/v1", "deployments", workload),
            ("/api/v1", "services", {"metadata": {"name": name}, "spec": {
                "selector": {"app": name}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]}}),
            ("/apis/networking.k8s.io/v1", "ingresses", {"metadata": {"name": name}, "spec": {"rules": [rule]}})]


class AWebhookOfARealServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.plane = RunningPlane("--nodes", "3")
        cls.directory = tempfile.TemporaryDirectory()
        cls.capstan = Capstan(BINARY, cls.directory.name, cls.plane.ready["kubeconfig"], SETTINGS)
        wait_until(lambda: cls.capstan.sql("SELECT id FROM k8s_node WHERE name = 'node-0002'"))
        cls.address = wait_until(lambda: re.search(r"https://(127\.0\.0\.1:\d+)/admission", cls.capstan.said()))[1]
        cls.webhook = f"{cls.directory.name}/webhook.yaml"
        with open(cls.webhook, "w") as file:
            file.write(cls.capstan.run("manifests", "webhook", "--url", f"https://{cls.address}", "--cluster", "plane"))

    @classmethod
    def tearDownClass(cls):
        cls.capstan.kill()
        cls.plane.end()
        cls.directory.cleanup()

    def setUp(self):
        self.plane.kubectl("apply", "-f", self.webhook)
        # The API server takes a moment to heed it.
        lonely = {"metadata": {"name": "probe"}, "spec": {"selector": {"app": "nobody"}, "ports": [{"port": 80}]}}
        wait_until(lambda: self.refusal("/api/v1", "services", lonely, dry_run=True))

    def create(self, api, group, plural, body, space="default", dry_run=False):
        query = "?dryRun=All" if dry_run else ""
        return api.request("POST", f"{group}/namespaces/{space}/{plural}{query}", body)

    def refusal(self, group, plural, body, space="default", dry_run=False):
        with Api(self.plane.ready["kubeconfig"]) as api:
            try:
                self.create(api, group, plural, body, space, dry_run)
            except ApiError as refused:
                return str(refused)
        return ""

    def apply(self, body):
        """kubectl's exit code and what it says."""
        command = [self.plane.ready["kubectl"], "--kubeconfig", self.plane.ready["kubeconfig"], "apply", "-f", "-"]
        answer = subprocess.run(command, input=json.dumps(body), capture_output=True, text=True,
                                env={"HOME": self.plane.ready["directory"], "PATH": "/usr/bin:/bin"})
        return answer.returncode, answer.stdout + answer.stderr

    def test_refuses_what_would_cut_a_service_off_and_says_why(self):
        with Api(self.plane.ready["kubeconfig"]) as api:
            self.create(api, "/apis/apps/v1", "deployments", deployment("cut", 1))
            self.create(api, "/api/v1", "services",
                        {"metadata": {"name": "cut"}, "spec": {"selector": {"app": "cut"}, "ports": [{"port": 80}]}})
        wait_until(lambda: self.capstan.sql("SELECT target FROM relation WHERE source = 'k8s_service/plane/default/cut' AND kind = 'selects'"))
        with self.assertRaises(subprocess.CalledProcessError) as refused:
            self.plane.kubectl("delete", "deployment", "cut")
        self.assertIn("KubeServiceSelectsNothing: service cut selects no pod", refused.exception.stderr)
        self.assertIn("cut", self.plane.kubectl("get", "deployment", "cut", "-o", "name"))
        wait_until(lambda: self.capstan.sql("SELECT 1 FROM fact WHERE kind = 'admission.denied' AND body LIKE '%Deployment default/cut%'"))

    def test_warns_of_what_is_worth_a_warning(self):
        latest = deployment("latest", 1)
        latest.update(apiVersion="apps/v1", kind="Deployment")
        latest["metadata"]["namespace"] = "default"
        latest["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example/app:latest"
        code, said = self.apply(latest)
        self.assertEqual(code, 0, said)
        self.assertRegex(said, "Warning: KubeImageTagLatest: ")

    def test_judges_a_chart_that_comes_at_once_by_all_that_came_before(self):
        times = []
        with Api(self.plane.ready["kubeconfig"]) as api:
            for number in range(APPS):
                for group, plural, body in application(number):
                    begun = time.monotonic()
                    self.create(api, group, plural, body)
                    times.append(time.monotonic() - begun)
        times.sort()
        print(f"{len(times)} objects: median {times[len(times) // 2] * 1e3:.0f} ms, most {times[-1] * 1e3:.0f} ms", file=sys.stderr)
        self.assertIn("KubeIngressServiceMissing", self.refusal(*application(APPS)[-1]))

    def test_a_dry_run_is_not_taken_for_a_change(self):
        config, account, workload, service, _ = application(100)
        with Api(self.plane.ready["kubeconfig"]) as api:
            for group, plural, body in (config, account, workload):
                self.create(api, group, plural, body, dry_run=plural == "deployments")
        self.assertIn("KubeServiceSelectsNothing", self.refusal(*service))

    def test_has_nothing_to_say_in_namespaces_that_are_exempt(self):
        self.plane.kubectl("create", "namespace", "free")
        lonely = {"metadata": {"name": "lonely"}, "spec": {"selector": {"app": "nobody"}, "ports": [{"port": 80}]}}
        self.assertEqual(self.refusal("/api/v1", "services", lonely, space="free"), "")
        self.assertIn("KubeServiceSelectsNothing", self.refusal("/api/v1", "services", lonely))

    def test_holds_nobody_up_when_it_is_gone(self):
        self.capstan.kill()
        try:
            lonely = {"metadata": {"name": "meanwhile"}, "spec": {"selector": {"app": "nobody"}, "ports": [{"port": 80}]}}
            self.assertEqual(self.refusal("/api/v1", "services", lonely), "")
        finally:
            self.plane.kubectl("delete", "validatingwebhookconfiguration", "capstan")
            self.capstan.start()
            # Its port is another now.
            lines = len(re.findall("/admission", self.capstan.said()))
            wait_until(lambda: len(re.findall("/admission", self.capstan.said())) > lines)
            address = re.findall(r"https://(127\.0\.0\.1:\d+)/admission", self.capstan.said())[-1]
            with open(self.webhook, "w") as file:
                file.write(self.capstan.run("manifests", "webhook", "--url", f"https://{address}", "--cluster", "plane"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
