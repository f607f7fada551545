#!/usr/bin/env python3
"""Capstan beside a real control plane: what it knows is what the cluster has, live, and it tells before a change what
that would break.

capstan_test.py CAPSTAN_BINARY
"""
import json
import subprocess
import sys
import tempfile
import unittest

from kube_api import Api
from running_capstan import Capstan
from running_plane import RunningPlane, deployment, wait_until

BINARY = sys.argv.pop(1)
SECRET = "correct-horse-battery-staple"


class CapstanBesideACluster(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.plane = RunningPlane("--nodes", "3", "--istio")
        cls.directory = tempfile.TemporaryDirectory()
        cls.capstan = Capstan(BINARY, cls.directory.name, cls.plane.ready["kubeconfig"])
        wait_until(lambda: cls.capstan.sql("SELECT id FROM k8s_node WHERE name = 'node-0002'"))

    @classmethod
    def tearDownClass(cls):
        cls.capstan.kill()
        cls.plane.end()
        cls.directory.cleanup()

    def request(self, method, path, body=None):
        return self.plane.request(method, path, body)

    def ids(self, question):
        return {row[0] for row in self.capstan.sql(question) or []}

    def make_shop(self, name):
        self.request("POST", "/apis/apps/v1/namespaces/default/deployments", deployment(name, 2))
        service = {"metadata": {"name": name}, "spec": {"selector": {"app": name}, "ports": [{"port": 80}]}}
        self.request("POST", "/api/v1/namespaces/default/services", service)
        selected = f"SELECT target FROM relation WHERE source = 'k8s_service/plane/default/{name}' AND kind = 'selects'"
        return wait_until(lambda: len(pods := self.ids(selected)) == 2 and pods)

    def test_knows_every_object_of_every_type_and_nothing_else(self):
        self.make_shop("every")
        with Api(self.plane.ready["kubeconfig"]) as api:
            types = {"k8s_pod": "/api/v1/pods", "k8s_service": "/api/v1/services", "k8s_config_map": "/api/v1/configmaps",
                     "k8s_deployment": "/apis/apps/v1/deployments", "k8s_cluster_role": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
                     "k8s_custom_resource_definition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"}

            def same():
                for kind, path in types.items():
                    objects = api.request("GET", path)["items"]
                    there = {"/".join(filter(None, [kind, "plane", one["metadata"].get("namespace"), one["metadata"]["name"]]))
                             for one in objects}
                    if there != self.ids(f"SELECT id FROM {kind}"):
                        return False
                return True

            wait_until(same)

    def test_follows_changes_and_deletions_also_over_a_restart_of_the_server_and_its_own(self):
        pods = self.make_shop("follows")
        self.assertTrue(self.ids(f"SELECT source FROM relation WHERE target = '{min(pods)}' AND kind = 'owns'"))
        self.plane.ask("restart apiserver")
        self.capstan.kill()
        patch = {"spec": {"replicas": 3}}
        path = "/apis/apps/v1/namespaces/default/deployments/follows"
        self.plane.kubectl("patch", "deployment", "follows", "--type=merge", "-p", json.dumps(patch))
        self.plane.kubectl("delete", "service", "follows")
        self.capstan.start()
        wait_until(lambda: self.capstan.sql("SELECT replicas FROM k8s_deployment WHERE name = 'follows'") == [[3]])
        wait_until(lambda: not self.ids("SELECT id FROM k8s_service WHERE name = 'follows'"))
        wait_until(lambda: not self.ids("SELECT source FROM relation WHERE source = 'k8s_service/plane/default/follows'"))
        self.request("DELETE", path)
        wait_until(lambda: not self.ids("SELECT id FROM k8s_pod WHERE name LIKE 'follows-%'"))
        self.assertEqual(self.capstan.sql("SELECT count(*) FROM relation WHERE source LIKE 'k8s_pod/%/follows-%'"), [[0]])

    def test_tells_before_a_change_what_it_would_break(self):
        self.make_shop("tells")
        relabelled = deployment("other", 2)
        relabelled.update(apiVersion="apps/v1", kind="Deployment")
        relabelled["metadata"]["name"] = "tells"
        answer = self.capstan.check(relabelled)
        self.assertEqual(answer.returncode, 1, answer)
        self.assertIn("KubeServiceSelectsNothing  k8s_service/plane/default/tells", answer.stdout)
        unchanged = deployment("tells", 2)
        unchanged.update(apiVersion="apps/v1", kind="Deployment")
        self.assertEqual(self.capstan.check(unchanged).returncode, 0)
        self.assertEqual(self.capstan.check({"kind": "Deployment"}).returncode, 2)
        report = json.loads(self.capstan.check(relabelled, "-o", "json").stdout)
        self.assertIn("k8s_service/plane/default/tells", {lost["source"] for lost in report["lost_relations"]})
        self.assertTrue(self.ids("SELECT target FROM relation WHERE source = 'k8s_service/plane/default/tells' AND kind = 'selects'"))

    def diff(self, *objects):
        """What kubectl diff prints of them."""
        command = [self.plane.ready["kubectl"], "--kubeconfig", self.plane.ready["kubeconfig"], "diff", "-f", "-"]
        items = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
        answer = subprocess.run(command, input=items, capture_output=True, text=True)
        self.assertEqual((answer.returncode, answer.stderr), (1, ""))
        return answer.stdout

    def test_checks_what_kubectl_diff_prints(self):
        self.make_shop("differs")
        text = "".join(f"line-{number}=a\n" for number in range(40))
        self.request("POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"name": "lines"}, "data": {"a.properties": text}})
        wait_until(lambda: self.ids("SELECT id FROM k8s_config_map WHERE name = 'lines'"))
        service = self.plane.get("/api/v1/namespaces/default/services/differs")
        service["spec"]["selector"] = {"app": "elsewhere"}
        lines = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "lines"}, "data": {"a.properties": text.replace("line-20=a", "line-20=b")}}
        added = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "added"}, "data": {"a": "b"}}
        answer = self.capstan.check_text(self.diff(service, lines, added), "-o", "json")
        self.assertEqual((answer.returncode, answer.stderr), (1, ""), answer)
        report = json.loads(answer.stdout)
        self.assertEqual((report["problems"], report["objects"]), ([], 3))
        self.assertIn("k8s_service/plane/default/differs", {one["resource"] for one in report["broken"] if one["rule"] == "KubeServiceSelectsNothing"})

    def test_checks_a_json_patch(self):
        self.make_shop("patched")
        patch = json.dumps([{"op": "replace", "path": "/spec/selector/app", "value": "elsewhere"}])
        answer = self.capstan.check_text(patch, "--on", "svc/patched")
        self.assertEqual(answer.returncode, 1, answer)
        self.assertIn("KubeServiceSelectsNothing  k8s_service/plane/default/patched", answer.stdout)
        nowhere = json.dumps([{"op": "remove", "path": "/spec/nothing"}])
        answer = self.capstan.check_text(nowhere, "--on", "svc/patched")
        self.assertEqual(answer.returncode, 2, answer)
        self.assertIn("operation 1 (remove /spec/nothing): there is no such place", answer.stdout)

    def test_finds_what_is_broken_and_sees_it_mended(self):
        service = {"metadata": {"name": "lonely"}, "spec": {"selector": {"app": "lonely"}, "ports": [{"port": 80}]}}
        self.request("POST", "/api/v1/namespaces/default/services", service)
        finding = "SELECT state FROM finding WHERE rule = 'KubeServiceSelectsNothing' AND resource LIKE '%/lonely'"
        wait_until(lambda: self.capstan.sql(finding) == [["open"]])
        self.request("POST", "/apis/apps/v1/namespaces/default/deployments", deployment("lonely", 1))
        wait_until(lambda: self.capstan.sql(finding) == [["resolved"]])

    def test_keeps_no_secret(self):
        self.plane.kubectl("create", "secret", "generic", "login", f"--from-literal=password={SECRET}")
        wait_until(lambda: self.ids("SELECT id FROM k8s_secret WHERE name = 'login'"))
        pod = deployment("careless", 1)
        pod["spec"]["template"]["spec"]["containers"][0].update(
            env=[{"name": "DB_PASSWORD", "value": SECRET}], args=["--token", SECRET, f"--url=https://me:{SECRET}@db/"])
        self.request("POST", "/apis/apps/v1/namespaces/default/deployments", pod)
        self.plane.kubectl("create", "configmap", "settings", f"--from-literal=app.password={SECRET}")
        wait_until(lambda: self.ids("SELECT id FROM k8s_pod WHERE name LIKE 'careless-%'"))
        wait_until(lambda: self.ids("SELECT id FROM k8s_config_map WHERE name = 'settings'"))
        encoded = self.plane.get("/api/v1/namespaces/default/secrets/login")["data"]["password"]
        for file in self.capstan.data.rglob("*"):
            if file.is_file() and not file.is_socket():
                content = file.read_bytes()
                self.assertNotIn(SECRET.encode(), content, file)
                self.assertNotIn(encoded.encode(), content, file)

    def test_knows_custom_resources(self):
        route = {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "custom"},
                 "spec": {"hosts": ["custom"], "http": [{"route": [{"destination": {"host": "custom"}}]}]}}
        self.request("POST", "/apis/networking.istio.io/v1/namespaces/default/virtualservices", route)
        wait_until(lambda: self.ids("SELECT target FROM relation WHERE source = 'istio_virtual_service/plane/default/custom' "
                                    "AND kind = 'routes_to'") == {"k8s_service/plane/default/custom"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
