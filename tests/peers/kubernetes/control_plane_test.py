#!/usr/bin/env python3
"""Starts the control plane and sees that it does what a cluster does, survives what is done to it, and leaves nothing behind."""
import http.client
import json
import os
import pathlib
import tempfile
import unittest

from kube_api import ApiError
from running_plane import RunningPlane, deployment, wait_until

DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class ControlPlane(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.plane = RunningPlane("--nodes", "3", "--istio")

    @classmethod
    def tearDownClass(cls):
        cls.plane.end()

    def available(self, name, replicas):
        return self.plane.get(f"{DEPLOYMENTS}/{name}")["status"].get("availableReplicas", 0) == replicas

    def watch_status(self, resource_version):
        """The status, be it of HTTP or of the first event, that a watch since then gives."""
        try:
            answer = self.plane.get(f"/api/v1/namespaces/default/pods?watch=1&timeoutSeconds=1&resourceVersion={resource_version}")
        except ApiError as refusal:
            return refusal.status
        return answer["object"].get("code", 200) if answer else 200

    def test_answers_the_kubectl_of_its_own_version(self):
        versions = json.loads(self.plane.kubectl("version", "--output=json"))
        self.assertEqual(versions["clientVersion"]["gitVersion"], versions["serverVersion"]["gitVersion"])

    def test_pods_of_a_deployment_run_on_kwok_nodes(self):
        self.plane.request("POST", DEPLOYMENTS, deployment("runs", 3))
        wait_until(lambda: self.available("runs", 3))
        pods = self.plane.get("/api/v1/namespaces/default/pods?labelSelector=app%3Druns")["items"]
        self.assertEqual({pod["status"]["phase"] for pod in pods}, {"Running"})
        self.assertLessEqual({pod["spec"]["nodeName"] for pod in pods}, {f"node-{number:04}" for number in range(5)})
        self.assertEqual(len({pod["status"]["podIP"] for pod in pods}), 3)

    def test_works_on_after_its_api_server_was_restarted(self):
        self.plane.request("POST", DEPLOYMENTS, deployment("survives", 1))
        wait_until(lambda: self.available("survives", 1))
        before = self.plane.ready["pids"]["apiserver"]
        self.assertNotEqual(self.plane.ask("restart apiserver")["pids"]["apiserver"], before)
        self.plane.kubectl("scale", "deployment", "survives", "--replicas=2")
        wait_until(lambda: self.available("survives", 2))

    def test_answers_nothing_while_its_api_server_is_stopped(self):
        self.assertNotIn("apiserver", self.plane.ask("stop apiserver")["pids"])
        with self.assertRaises((OSError, http.client.HTTPException)):
            self.plane.get("/readyz")
        self.assertIn("apiserver", self.plane.ask("start apiserver")["pids"])
        self.assertEqual(self.plane.get("/readyz"), "ok")

    def test_a_watch_from_before_a_compaction_and_a_restart_is_gone(self):
        old = self.plane.get("/api/v1/namespaces/default/pods")["metadata"]["resourceVersion"]
        self.assertEqual(self.watch_status(old), 200)
        self.plane.request("POST", DEPLOYMENTS, deployment("moves-on", 1))
        wait_until(lambda: self.available("moves-on", 1))
        self.assertGreater(self.plane.ask("compact etcd")["revision"], int(old))
        self.plane.ask("restart apiserver")
        self.assertEqual(self.watch_status(old), 410)

    def test_nodes_come_and_go(self):
        self.plane.ask("nodes 5")
        self.assertEqual(len(self.plane.get("/api/v1/nodes")["items"]), 5)
        self.plane.ask("nodes 3")
        self.assertEqual(len(self.plane.get("/api/v1/nodes")["items"]), 3)

    def test_the_limited_user_sees_pods_but_neither_secrets_nor_nodes(self):
        self.plane.request("GET", "/api/v1/pods", kubeconfig="limited_kubeconfig")
        for path in ("/api/v1/secrets", "/api/v1/nodes"):
            with self.assertRaises(ApiError) as refusal:
                self.plane.request("GET", path, kubeconfig="limited_kubeconfig")
            self.assertEqual(refusal.exception.status, 403)

    def test_knows_the_kinds_of_istio(self):
        kinds = {item["kind"] for item in self.plane.get("/apis/networking.istio.io/v1")["resources"]}
        self.assertLessEqual({"VirtualService", "DestinationRule", "Gateway", "ServiceEntry"}, kinds)

    def test_a_command_that_it_does_not_know_is_an_error_and_not_the_end(self):
        for command in ("dance", "stop elephant", "nodes many", "nodes 5001"):
            self.assertIn("error", self.plane.ask(command), command)
        self.assertEqual(self.plane.get("/readyz"), "ok")


class EndOfThePlane(unittest.TestCase):
    def start(self, *arguments):
        return RunningPlane("--without", "controller-manager,scheduler,kwok", *arguments)

    def test_leaves_neither_process_nor_file_when_standard_input_ends(self):
        plane = self.start()
        self.assertEqual(set(plane.ready["pids"]), {"etcd", "apiserver"})
        self.assertEqual(plane.end(), 0)
        self.assertFalse(any(alive(pid) for pid in plane.ready["pids"].values()))
        self.assertFalse(os.path.exists(plane.ready["directory"]))

    def test_leaves_no_process_when_it_is_terminated_or_killed(self):
        for end in ("terminate", "kill"):
            with tempfile.TemporaryDirectory() as directory:
                plane = self.start("--directory", directory)
                getattr(plane.process, end)()
                plane.end()
                wait_until(lambda: not any(alive(pid) for pid in plane.ready["pids"].values()))


unittest.main(verbosity=2)
