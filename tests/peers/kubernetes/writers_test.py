#!/usr/bin/env python3
"""Capstan follows what others write: kubectl and Kubernetes' own JavaScript client, both at once and by chance.

writers_test.py CAPSTAN_BINARY
"""
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

from kube_api import Api
from running_capstan import Capstan
from running_plane import RunningPlane, deployment, wait_until

BINARY = sys.argv.pop(1)
HERE = pathlib.Path(__file__).resolve().parent
CLIENT = pathlib.Path(os.environ["CAPSTAN_PEERS"]) / "kubernetes-js"
NAMESPACE = "written"
STEPS = 150
PATHS = {"k8s_deployment": f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments", "k8s_service": f"/api/v1/namespaces/{NAMESPACE}/services"}


class CapstanAmongWriters(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.plane = RunningPlane("--nodes", "2")
        cls.plane.request("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
        cls.directory = tempfile.TemporaryDirectory()
        cls.capstan = Capstan(BINARY, cls.directory.name, cls.plane.ready["kubeconfig"])
        wait_until(lambda: cls.capstan.sql(f"SELECT id FROM k8s_namespace WHERE name = '{NAMESPACE}'"))

    @classmethod
    def tearDownClass(cls):
        cls.capstan.kill()
        cls.plane.end()
        cls.directory.cleanup()

    def start_client(self, seed):
        """The JavaScript client; node finds it beside the program."""
        place = pathlib.Path(self.directory.name) / f"client-{seed}"
        place.mkdir()
        shutil.copy(HERE / "js_client" / "writer.mjs", place)
        (place / "node_modules").symlink_to(CLIENT / "node_modules")
        command = ["node", place / "writer.mjs", self.plane.ready["kubeconfig"], NAMESPACE, str(seed), str(STEPS)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def kubectl(self, *arguments, change=None):
        command = [self.plane.ready["kubectl"], "--kubeconfig", self.plane.ready["kubeconfig"], "-n", NAMESPACE, *arguments]
        return subprocess.run(command, input=json.dumps(change) if change else None, capture_output=True, text=True,
                              env={"HOME": self.plane.ready["directory"], "PATH": os.environ["PATH"]})

    def write_by_kubectl(self, seed, writes):
        """By chance, among the same objects as the client and some of its own."""
        chance = random.Random(seed)
        written = 0
        while writes():
            name = chance.choice(["alpha", "beta", "gamma", "delta", "mine"])
            wanted = {**deployment(name, chance.randrange(3)), "apiVersion": "apps/v1", "kind": "Deployment"}
            answer = chance.choice([
                lambda: self.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", change=wanted),
                lambda: self.kubectl("label", "--overwrite", f"deployment/{name}", f"turn=t{chance.randrange(100)}"),
                lambda: self.kubectl("annotate", "--overwrite", f"service/{name}", f"turn=t{chance.randrange(100)}"),
                lambda: self.kubectl("scale", f"deployment/{name}", f"--replicas={chance.randrange(4)}"),
                lambda: self.kubectl("expose", f"deployment/{name}", "--port=80"),
                lambda: self.kubectl("delete", "--wait=false", f"deployment/{name}"),
            ])()
            written += answer.returncode == 0
        return written

    def there(self):
        """What a fresh list says, as the catalog would."""
        found = {}
        with Api(self.plane.ready["kubeconfig"]) as api:
            for kind, path in PATHS.items():
                for one in api.request("GET", path)["items"]:
                    found[f"{kind}/plane/{NAMESPACE}/{one['metadata']['name']}"] = (
                        one["metadata"].get("labels", {}), one["spec"].get("replicas"), one["spec"]["selector"])
        return found

    def known(self):
        rows = self.capstan.sql("SELECT id, labels, fields FROM resource WHERE kind IN ('k8s_deployment', 'k8s_service') "
                                f"AND id LIKE '%/plane/{NAMESPACE}/%'")
        found = {}
        for identity, labels, fields in rows or []:
            spec = json.loads(fields)["spec"]
            found[identity] = (json.loads(labels), spec.get("replicas"), spec["selector"])
        return found

    def test_ends_with_what_a_fresh_list_says(self):
        for seed in (1, 2):
            client = self.start_client(seed)
            by_kubectl = self.write_by_kubectl(seed, lambda: client.poll() is None)
            output, problems = client.communicate()
            self.assertEqual(client.returncode, 0, problems)
            report = json.loads(output)
            self.assertGreater(by_kubectl, 5)
            self.assertGreater(len(report["done"]), 6, report)
            self.assertGreater(sum(report["done"].values()), STEPS // 4, report)
            wait_until(lambda: self.known() == self.there())


if __name__ == "__main__":
    unittest.main()
