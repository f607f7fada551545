#!/usr/bin/env python3
"""Capstan's simulation of the scheduler beside the real one: in hundreds of random situations, the nodes that could take
a pod and the reasons why others could not are the same.

scheduling_test.py CAPSTAN_BINARY [SEED]
"""
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time
import unittest

from kube_api import Api
from running_plane import PATIENCE_SECONDS, RunningPlane, wait_until

BINARY = sys.argv.pop(1)
SEED = int(sys.argv.pop(1)) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 20260101
SITUATIONS = 220
PODS_EACH = 2
NODES = "/api/v1/nodes"
PODS = "/api/v1/namespaces/default/pods"
ZONES = ("a", "b", "c")
TAINTS = ({"key": "team", "value": "ml", "effect": "NoSchedule"}, {"key": "tier", "value": "web", "effect": "NoSchedule"},
          {"key": "gone", "effect": "NoExecute"}, {"key": "slow", "effect": "PreferNoSchedule"})
APPS = ("web", "db", "job")


class Situations:
    """Random nodes and pods, the same for the same seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def chance(self, probability):
        return self.random.random() < probability

    def node(self, name):
        draw = self.random
        labels = {"kubernetes.io/hostname": name}
        if self.chance(0.9):
            labels["topology.kubernetes.io/zone"] = draw.choice(ZONES)
        if self.chance(0.5):
            labels["disk"] = draw.choice(("ssd", "hdd"))
        if self.chance(0.5):
            labels["size"] = str(draw.choice((4, 8, 16)))
        resources = {"cpu": draw.choice(("2", "4", "3500m", "8")), "memory": draw.choice(("4Gi", "8Gi", "16Gi")),
                     "ephemeral-storage": draw.choice(("10Gi", "100Gi")), "pods": str(draw.choice((2, 3, 10, 110)))}
        if self.chance(0.2):
            resources["example.com/gpu"] = str(draw.choice((1, 2)))
        spec = {"taints": draw.sample(TAINTS, draw.choice((0, 0, 0, 1, 1, 2)))}
        if self.chance(0.1):
            spec["unschedulable"] = True
        return {"metadata": {"name": name, "labels": labels}, "spec": spec, "status": {"capacity": resources, "allocatable": resources}}

    def container(self, name):
        draw = self.random
        requests = {}
        if self.chance(0.8):
            requests["cpu"] = draw.choice(("100m", "500m", "1", "1500m", "3"))
        if self.chance(0.6):
            requests["memory"] = draw.choice(("64Mi", "1Gi", "3Gi", "6Gi"))
        if self.chance(0.15):
            requests["ephemeral-storage"] = draw.choice(("1Gi", "20Gi"))
        container = {"name": name, "image": "registry.example/app:1", "resources": {"requests": requests}}
        if self.chance(0.15):
            requests["example.com/gpu"] = "1"
            container["resources"]["limits"] = {"example.com/gpu": "1"}
        if self.chance(0.15):
            container["ports"] = [{"containerPort": 80, "hostPort": draw.choice((80, 81)), "protocol": draw.choice(("TCP", "TCP", "UDP"))}]
            if self.chance(0.3):
                container["ports"][0]["hostIP"] = draw.choice(("10.0.0.1", "10.0.0.2"))
        return container

    def requirement(self):
        draw = self.random
        key = draw.choice(("disk", "size", "topology.kubernetes.io/zone"))
        operator = draw.choice(("In", "NotIn", "Exists", "DoesNotExist"))
        if key == "size" and self.chance(0.6):
            return {"key": key, "operator": draw.choice(("Gt", "Lt")), "values": [draw.choice(("4", "8"))]}
        requirement = {"key": key, "operator": operator}
        if operator in ("In", "NotIn"):
            values = {"disk": ("ssd", "hdd"), "size": ("4", "8"), "topology.kubernetes.io/zone": ZONES}[key]
            requirement["values"] = draw.sample(values, draw.choice((1, 2)))
        return requirement

    def node_affinity(self, names):
        term = {"matchExpressions": [self.requirement() for _ in range(self.random.choice((1, 1, 2)))]}
        terms = [term]
        if self.chance(0.3):
            terms.append({"matchExpressions": [self.requirement()]})
        if self.chance(0.2):
            terms = [{"matchFields": [{"key": "metadata.name", "operator": self.random.choice(("In", "NotIn")),
                                       "values": [self.random.choice(names)]}]}]
        return {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}

    def pod_terms(self, spaces=True):
        draw = self.random
        term = {"topologyKey": draw.choice(("kubernetes.io/hostname", "topology.kubernetes.io/zone", "disk")),
                "labelSelector": {"matchLabels": {"app": draw.choice(APPS)}}}
        if self.chance(0.2):
            term["labelSelector"] = {"matchExpressions": [{"key": "app", "operator": draw.choice(("In", "NotIn")), "values": [draw.choice(APPS)]}]}
        if self.chance(0.2):
            term["matchLabelKeys"] = ["version"]
        if spaces and self.chance(0.2):
            term["namespaces"] = ["other"]
        elif spaces and self.chance(0.2):
            term["namespaceSelector"] = draw.choice(({}, {"matchLabels": {"team": "other"}}))
        return {"requiredDuringSchedulingIgnoredDuringExecution": [term]}

    def spread(self):
        draw = self.random
        constraint = {"maxSkew": draw.choice((1, 1, 2)), "topologyKey": draw.choice(("kubernetes.io/hostname", "topology.kubernetes.io/zone")),
                      "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": draw.choice(APPS)}}}
        if self.chance(0.3):
            constraint["minDomains"] = draw.choice((2, 4))
        if self.chance(0.3):
            constraint["nodeTaintsPolicy"] = "Honor"
        if self.chance(0.3):
            constraint["nodeAffinityPolicy"] = "Ignore"
        if self.chance(0.2):
            constraint["matchLabelKeys"] = ["version"]
        return constraint

    def pod(self, name, names, on=None, space="default"):
        draw = self.random
        spec = {"containers": [self.container(f"c{number}") for number in range(draw.choice((1, 1, 2)))],
                "terminationGracePeriodSeconds": 0, "automountServiceAccountToken": False}
        for container in spec["containers"][1:]:
            container.pop("ports", None)  # The same port twice is refused.
        if self.chance(0.2):
            starter = self.container("starter")
            starter.pop("ports", None)
            if self.chance(0.5):
                starter["restartPolicy"] = "Always"
            spec["initContainers"] = [starter]
        if self.chance(0.5):
            taint = draw.choice(TAINTS)
            toleration = {"key": taint["key"], "operator": "Exists"} if self.chance(0.5) else {"key": taint["key"], "value": taint.get("value", ""), "effect": taint["effect"]}
            spec["tolerations"] = [draw.choice((toleration, toleration, {"operator": "Exists"}))]
        if on is None and self.chance(0.15):
            spec["nodeSelector"] = {"disk": draw.choice(("ssd", "hdd"))}
        affinity = {}
        if on is None and self.chance(0.25):
            affinity["nodeAffinity"] = self.node_affinity(names)
        if on is None and self.chance(0.2):
            affinity["podAffinity"] = self.pod_terms()
        if self.chance(0.25):
            affinity["podAntiAffinity"] = self.pod_terms()
        if affinity:
            spec["affinity"] = affinity
        if on is None and self.chance(0.3):
            spec["topologySpreadConstraints"] = [self.spread()]
        if on is not None:
            spec["nodeName"] = on
        labels = {"app": draw.choice(APPS), "version": draw.choice(("1", "2"))}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": space, "labels": labels}, "spec": spec}


def reasons_of(message):
    """What the scheduler's sentence counts, without what it says of preemption."""
    counted = message.split(" preemption: ")[0]
    counted = counted.split(" are available: ", 1)[-1].rstrip(". ")
    counted = counted.replace("no new claims to deallocate", "").rstrip("., ")
    return sorted(part for part in re.split(r", (?=\d)", counted) if part)


class SimulationBesideTheScheduler(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Nobody else changes nodes or pods: what is bound stays as the scheduler left it.
        cls.plane = RunningPlane("--without", "controller-manager,kwok")
        cls.api = Api(cls.plane.ready["kubeconfig"])
        cls.api.request("POST", "/api/v1/namespaces", {"metadata": {"name": "other", "labels": {"team": "other"}}})
        cls.api.request("POST", "/api/v1/namespaces/other/serviceaccounts", {"metadata": {"name": "default"}})
        cls.directory = tempfile.TemporaryDirectory()

    @classmethod
    def tearDownClass(cls):
        cls.api.close()
        cls.plane.end()
        cls.directory.cleanup()

    def request(self, method, path, body=None):
        return self.api.request(method, path, body)

    def make_node(self, node):
        made = self.request("POST", NODES, node)
        # The server taints new nodes until somebody says that they are ready.
        made["spec"]["taints"] = node["spec"]["taints"]
        made["spec"]["unschedulable"] = node["spec"].get("unschedulable", False)
        self.request("PUT", f"{NODES}/{made['metadata']['name']}", made)

    def clear(self):
        for space in ("default", "other"):
            for pod in self.request("GET", f"/api/v1/namespaces/{space}/pods")["items"]:
                self.remove(pod)
        self.request("DELETE", NODES)

    def remove(self, pod):
        path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
        self.request("DELETE", path, {"gracePeriodSeconds": 0})

    def verdict(self, name):
        """The pod once the scheduler has decided: its node, or its sentence."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            pod = self.request("GET", f"{PODS}/{name}")
            if pod["spec"].get("nodeName"):
                return pod["spec"]["nodeName"], ""
            for condition in pod.get("status", {}).get("conditions", []):
                if condition["type"] == "PodScheduled" and condition["status"] == "False":
                    return None, condition["message"]
            time.sleep(0.01)
        self.fail(f"pod {name}: the scheduler has not decided within {PATIENCE_SECONDS} s")

    def capstan(self, objects):
        """What Capstan says of the one pod that waits: the nodes that could take it, and its sentence."""
        file = pathlib.Path(self.directory.name) / "cluster.json"
        file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
        command = [BINARY, "whatif", "--against", file, "-o", "json", "-c", self.directory.name]
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        answer = json.loads(done.stdout)
        if answer["placed"]:
            return answer["placed"][0]["feasible"], ""
        return [], answer["pending"][0]["says"]

    def snapshot(self):
        objects = []
        for kind, path in (("Node", NODES), ("Pod", "/api/v1/pods"), ("Namespace", "/api/v1/namespaces")):
            objects += [{"apiVersion": "v1", "kind": kind, **one} for one in self.request("GET", path)["items"]]
        return objects

    def wait_for_scheduler(self, name, count):
        """Until the scheduler knows all nodes and pods that are there: watches deliver in order, so it is enough that it
        decides on the newest pod with the newest node in view."""
        resources = {"cpu": "1", "memory": "1Gi", "ephemeral-storage": "1Gi", "pods": "3"}
        self.make_node({"metadata": {"name": name, "labels": {"newest": name}}, "spec": {"taints": [TAINTS[0]]},
                        "status": {"capacity": resources, "allocatable": resources}})
        pod = {"metadata": {"name": name},
               "spec": {"containers": [{"name": "c", "image": "x"}], "automountServiceAccountToken": False,
                        "tolerations": [{"operator": "Exists"}], "nodeSelector": {"newest": name}}}
        self.request("POST", PODS, pod)
        known = f"0/{count + 1} nodes"  # It may be that a pod that is there keeps it off.
        wait_until(lambda: (verdict := self.verdict(name))[0] or verdict[1].startswith(known))

    def test_agrees_with_the_scheduler_in_random_situations(self):
        situations, differences = Situations(SEED), []
        bound = pending = 0
        began = time.monotonic()
        for number in range(SITUATIONS):
            self.clear()
            names = [f"n{number}-{index}" for index in range(situations.random.choice((3, 5, 8)))]
            for name in names:
                self.make_node(situations.node(name))
            for index in range(situations.random.choice((0, 4, 8))):
                space = situations.random.choice(("default", "default", "other"))
                pod = situations.pod(f"old-{number}-{index}", names, on=situations.random.choice(names), space=space)
                self.request("POST", f"/api/v1/namespaces/{space}/pods", pod)
            self.wait_for_scheduler(f"newest-{number}", len(names))
            for index in range(PODS_EACH):
                name = f"new-{number}-{index}"
                self.request("POST", PODS, situations.pod(name, names))
                objects = self.snapshot()
                node, message = self.verdict(name)
                for one in objects:  # As it was before the scheduler decided.
                    if one["kind"] == "Pod" and one["metadata"]["name"] == name:
                        one["spec"].pop("nodeName", None)
                feasible, says = self.capstan(objects)
                bound, pending = bound + (node is not None), pending + (node is None)
                agreed = node in feasible if node else not feasible and reasons_of(says) == reasons_of(message)
                if not agreed:
                    differences.append({"pod": name, "scheduler": node or message, "capstan": feasible or says})
                if node is None:
                    self.request("DELETE", f"{PODS}/{name}", {"gracePeriodSeconds": 0})
        print(f"{SITUATIONS} situations, seed {SEED}: {bound} pods bound, {pending} pending, {len(differences)} differ; "
              f"{time.monotonic() - began:.0f} s", file=sys.stderr)
        self.assertEqual(differences, [])
        self.assertGreater(min(bound, pending), SITUATIONS // 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
