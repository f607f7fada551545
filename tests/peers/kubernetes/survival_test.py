#!/usr/bin/env python3
"""What a watch has to survive, while objects change all the time: afterwards the catalog equals a fresh list.

survival_test.py CAPSTAN_BINARY
"""
import json
import pathlib
import signal
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

from cuttable_proxy import CuttableProxy
from kube_api import Api, ApiError
from running_capstan import Capstan
from running_plane import RunningPlane, deployment, wait_until

BINARY = sys.argv.pop(1)
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
TYPES = {"k8s_pod": "/api/v1/pods", "k8s_service": "/api/v1/services", "k8s_config_map": "/api/v1/configmaps",
         "k8s_secret": "/api/v1/secrets", "k8s_service_account": "/api/v1/serviceaccounts", "k8s_node": "/api/v1/nodes",
         "k8s_deployment": "/apis/apps/v1/deployments", "k8s_replica_set": "/apis/apps/v1/replicasets",
         "k8s_endpoint_slice": "/apis/discovery.k8s.io/v1/endpointslices"}


class Changes:
    """Objects that come, change and go as fast as the server takes them, until the end of the block."""

    def __init__(self, kubeconfig, width=60):
        self.kubeconfig, self.width = kubeconfig, width
        self.count = 0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()

    def _run(self):
        with Api(self.kubeconfig) as api:
            while not self.stopping.is_set():
                name = f"changing-{self.count % self.width}"
                body = {"metadata": {"name": name, "labels": {"turn": str(self.count)}}, "data": {"text": "x" * 2000}}
                try:
                    if api.create_if_absent(CONFIG_MAPS, body) is None:
                        api.request(*(("DELETE", f"{CONFIG_MAPS}/{name}") if self.count % 3 == 0
                                      else ("PUT", f"{CONFIG_MAPS}/{name}", body)))
                    self.count += 1
                except (ApiError, OSError):
                    time.sleep(0.1)  # The server is away for a moment.
                except Exception:  # A connection that broke in the middle of an answer.
                    api.close()

    def until(self, more):
        wanted = self.count + more
        wait_until(lambda: self.count >= wanted)


class AWatchSurvives(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.plane = RunningPlane("--nodes", "3")
        cls.directory = tempfile.TemporaryDirectory()
        server = urllib.parse.urlsplit(cls.plane.ready["server"])
        cls.proxy = CuttableProxy(server.hostname, server.port)
        config = json.loads(pathlib.Path(cls.plane.ready["kubeconfig"]).read_text())
        config["clusters"][0]["cluster"].update(server=f"https://127.0.0.1:{cls.proxy.port}")
        kubeconfig = pathlib.Path(cls.directory.name) / "kubeconfig"
        kubeconfig.write_text(json.dumps(config))
        cls.capstan = Capstan(BINARY, cls.directory.name, kubeconfig)
        cls.plane.request("POST", "/apis/apps/v1/namespaces/default/deployments", deployment("web", 3))
        wait_until(lambda: cls.capstan.sql("SELECT id FROM k8s_node WHERE name = 'node-0002'"))

    @classmethod
    def tearDownClass(cls):
        cls.capstan.kill()
        cls.proxy.end()
        cls.plane.end()
        cls.directory.cleanup()

    def there(self, api):
        found = set()
        for kind, path in TYPES.items():
            for item in api.request("GET", path)["items"]:
                metadata = item["metadata"]
                name = "/".join(filter(None, [kind, "plane", metadata.get("namespace"), metadata["name"]]))
                found.add((name, metadata.get("labels", {}).get("turn")))
        return found

    def known(self):
        kinds = ", ".join(f"'{kind}'" for kind in TYPES)
        rows = self.capstan.sql("SELECT r.id, l.value FROM resource r LEFT JOIN label l ON l.resource = r.id AND l.name = 'turn' "
                                f"WHERE r.kind IN ({kinds})")
        return {tuple(row) for row in rows or []}

    def expect_a_fresh_list(self):
        with Api(self.plane.ready["kubeconfig"]) as api:
            wait_until(lambda: self.known() == self.there(api))

    def test_a_restart_of_the_server(self):
        with Changes(self.plane.ready["kubeconfig"]) as changes:
            changes.until(200)
            self.plane.ask("restart apiserver")
            changes.until(200)
        self.expect_a_fresh_list()

    def test_a_compaction_while_it_is_away(self):
        with Changes(self.plane.ready["kubeconfig"]) as changes:
            self.proxy.hold()
            changes.until(300)
            self.assertIn("revision", self.plane.ask("compact etcd"))
            self.plane.ask("restart apiserver")  # Its watch cache would know what came before.
            self.proxy.cut()
            self.proxy.release()
            changes.until(50)
        self.expect_a_fresh_list()

    def test_cut_connections(self):
        with Changes(self.plane.ready["kubeconfig"]) as changes:
            for _ in range(10):
                changes.until(40)
                wait_until(self.proxy.cut)
        self.expect_a_fresh_list()

    def test_being_too_slow(self):
        with Changes(self.plane.ready["kubeconfig"]) as changes:
            self.capstan.process.send_signal(signal.SIGSTOP)
            changes.until(3_000)  # More than the server keeps for a watcher that does not read.
            self.capstan.process.send_signal(signal.SIGCONT)
            changes.until(50)
        self.expect_a_fresh_list()

    def test_its_own_death(self):
        with Changes(self.plane.ready["kubeconfig"]) as changes:
            changes.until(100)
            self.capstan.kill()
            changes.until(100)
            self.capstan.start()
            changes.until(100)
        self.expect_a_fresh_list()


if __name__ == "__main__":
    unittest.main(verbosity=2)
