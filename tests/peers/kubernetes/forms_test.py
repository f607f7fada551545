#!/usr/bin/env python3
"""What Capstan says of the form of an object before it is applied is what a real API server then says.

forms_test.py CAPSTAN_BINARY
"""
import copy
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

from kube_api import Api, ApiError
from running_plane import RunningPlane, wait_until

BINARY = sys.argv.pop(1)
HEALTHY = pathlib.Path(__file__).resolve().parents[2] / "check" / "healthy"
ABOUT_FORM = re.compile(r"KubeField|KubeApiVersion|KubeTypeUnknown|Kube\w+ValueInvalid|KubePodSecurityLevelInvalid")
ABSENT = object()

CONTAINER = {"name": "main", "image": "registry.example/app:1", "ports": [{"containerPort": 8080}],
             "env": [{"name": "MODE", "value": "fast"}],
             "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}},
             "readinessProbe": {"periodSeconds": 5, "httpGet": {"path": "/", "port": 8080}}}
TEMPLATE = {"metadata": {"labels": {"app": "form"}}, "spec": {"containers": [CONTAINER]}}
JOB_TEMPLATE = {"metadata": {"labels": {"app": "form"}}, "spec": {"containers": [CONTAINER], "restartPolicy": "Never"}}
SELECTOR = {"matchLabels": {"app": "form"}}
META = {"name": "form", "namespace": "default"}
SOUND = {
    "Deployment": ("apps/v1", "deployments", {"spec": {"replicas": 1, "selector": SELECTOR, "template": TEMPLATE,
                                                        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}}}}),
    "StatefulSet": ("apps/v1", "statefulsets", {"spec": {"serviceName": "form", "selector": SELECTOR, "template": TEMPLATE}}),
    "DaemonSet": ("apps/v1", "daemonsets", {"spec": {"selector": SELECTOR, "template": TEMPLATE}}),
    "Job": ("batch/v1", "jobs", {"spec": {"backoffLimit": 2, "template": JOB_TEMPLATE}}),
    "CronJob": ("batch/v1", "cronjobs", {"spec": {"schedule": "0 3 * * *", "concurrencyPolicy": "Forbid",
                                                   "jobTemplate": {"spec": {"template": JOB_TEMPLATE}}}}),
    "Service": ("v1", "services", {"spec": {"type": "ClusterIP", "selector": {"app": "form"}, "ports": [{"port": 80, "targetPort": 8080}]}}),
    "ConfigMap": ("v1", "configmaps", {"data": {"a": "b"}}),
    "Secret": ("v1", "secrets", {"type": "Opaque", "data": {"a": "Yg=="}}),
    "PersistentVolumeClaim": ("v1", "persistentvolumeclaims", {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}),
    "ResourceQuota": ("v1", "resourcequotas", {"spec": {"hard": {"requests.cpu": "100", "pods": "100"}}}),
    "Ingress": ("networking.k8s.io/v1", "ingresses", {"spec": {"rules": [{"host": "form.example.com", "http": {"paths": [
        {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "form", "port": {"number": 80}}}}]}}]}}),
    "NetworkPolicy": ("networking.k8s.io/v1", "networkpolicies", {"spec": {"podSelector": SELECTOR, "policyTypes": ["Ingress"],
                                                                           "ingress": [{"ports": [{"protocol": "TCP", "port": 80}]}]}}),
    "HorizontalPodAutoscaler": ("autoscaling/v2", "horizontalpodautoscalers", {"spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "form"}, "maxReplicas": 3}}),
    "PodDisruptionBudget": ("policy/v1", "poddisruptionbudgets", {"spec": {"minAvailable": "50%", "selector": SELECTOR}}),
    "Role": ("rbac.authorization.k8s.io/v1", "roles", {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}),
    "RoleBinding": ("rbac.authorization.k8s.io/v1", "rolebindings", {
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "form"},
        "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": "default"}]}),
    "Widget": ("forms.example.org/v1", "widgets", {"spec": {"size": 3, "mode": "soft", "parts": [{"name": "a"}], "port": "http"}}),
}
POD = ("spec", "template", "spec")
MAIN = (*POD, "containers", 0)
# The type, where something is changed, and to what.
BROKEN = [
    ("Deployment", ("spec", "replica"), 3),
    ("Deployment", ("spec", "replicas"), "3"),
    ("Deployment", ("spec", "replicas"), -1),
    ("Deployment", ("spec", "replicas"), 1.5),
    ("Deployment", ("spec", "selector"), ABSENT),
    ("Deployment", ("spec", "template"), ABSENT),
    ("Deployment", ("spec", "strategy", "type"), "Rolling"),
    ("Deployment", ("spec", "strategy", "rollingUpdate", "maxSurge"), "a quarter"),
    ("Deployment", ("metadata", "lables"), {}),
    ("Deployment", ("metadata", "labels"), {"version": 1}),
    ("Deployment", (*MAIN, "imagePullPolicy"), "always"),
    ("Deployment", (*MAIN, "name"), ABSENT),
    ("Deployment", (*MAIN, "image"), ABSENT),
    ("Deployment", (*MAIN, "name"), "Main_App"),
    ("Deployment", (*MAIN, "ports", 0, "containerPort"), 65536),
    ("Deployment", (*MAIN, "ports", 0, "protocol"), "tcp"),
    ("Deployment", (*MAIN, "env", 0, "value"), 5),
    ("Deployment", (*MAIN, "env"), {"MODE": "fast"}),
    ("Deployment", (*MAIN, "resources", "requests", "memory"), "64MB"),
    ("Deployment", (*MAIN, "resources", "request"), {"cpu": "1"}),
    ("Deployment", (*MAIN, "readinessProbe", "periodSeconds"), -5),
    ("Deployment", (*MAIN, "readinessProbe", "httpGet", "port"), 0),
    ("Deployment", (*POD, "restartPolicy"), "allways"),
    ("Deployment", (*POD, "containers"), []),
    ("Deployment", (*POD, "containers"), [CONTAINER, CONTAINER]),
    ("Deployment", (*POD, "volumes"), [{"emptyDir": {}}]),
    ("StatefulSet", ("spec", "podManagementPolicy"), "parallel"),
    ("DaemonSet", ("spec", "updateStrategy"), {"type": "Recreate"}),
    ("DaemonSet", ("spec", "replicas"), 2),
    ("Job", ("spec", "backoffLimit"), -1),
    ("Job", ("spec", "completionMode"), "indexed"),
    ("CronJob", ("spec", "concurrencyPolicy"), "Forbidden"),
    ("CronJob", ("spec", "schedule"), ABSENT),
    ("CronJob", ("spec", "jobTemplate", "template"), JOB_TEMPLATE),
    ("Service", ("spec", "type"), "Loadbalancer"),
    ("Service", ("spec", "ports", 0, "port"), ABSENT),
    ("Service", ("spec", "ports", 0, "port"), "80"),
    ("Service", ("spec", "ports", 0, "targetPort"), 99999),
    ("Service", ("spec", "sessionAffinity"), "client"),
    ("ConfigMap", ("data", "a"), 5),
    ("Secret", ("data", "a"), "not base 64"),
    ("PersistentVolumeClaim", ("spec", "accessModes"), ["RWO"]),
    ("PersistentVolumeClaim", ("spec", "resources", "requests", "storage"), "1 GB"),
    ("ResourceQuota", ("spec", "hard", "pods"), "many"),
    ("Ingress", ("spec", "rules", 0, "http", "paths", 0, "pathType"), ABSENT),
    ("Ingress", ("spec", "rules", 0, "http", "paths", 0, "backend"), {"serviceName": "form", "servicePort": 80}),
    ("NetworkPolicy", ("spec", "policyTypes"), ["ingress"]),
    ("NetworkPolicy", ("spec", "ingress", 0, "ports", 0, "port"), 70000),
    ("HorizontalPodAutoscaler", ("spec", "maxReplicas"), ABSENT),
    ("HorizontalPodAutoscaler", ("spec", "maxReplicas"), 0),
    ("PodDisruptionBudget", ("spec", "minAvailable"), "50"),
    ("Role", ("rules", 0, "verbs"), ABSENT),
    ("RoleBinding", ("roleRef", "kind"), "role"),
    ("RoleBinding", ("roleRef", "apiGroup"), 3),
    ("Widget", ("spec", "size"), 11),
    ("Widget", ("spec", "size"), ABSENT),
    ("Widget", ("spec", "sice"), 3),
    ("Widget", ("spec", "mode"), "Soft"),
    ("Widget", ("spec", "parts"), [{"name": "a"}, {"name": "a"}]),
    ("Widget", ("spec", "port"), True),
    ("Widget", ("apiVersion",), "forms.example.org/v9"),
    ("Deployment", ("apiVersion",), "extensions/v1beta1"),
    ("Deployment", ("kind",), "Deploymnet"),
]
DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.forms.example.org"},
    "spec": {"group": "forms.example.org", "scope": "Namespaced", "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
             "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {
                 "type": "object", "properties": {"spec": {"type": "object", "required": ["size"], "properties": {
                     "size": {"type": "integer", "minimum": 1, "maximum": 10},
                     "mode": {"type": "string", "enum": ["soft", "hard"]},
                     "port": {"x-kubernetes-int-or-string": True},
                     "parts": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                               "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}},
                 }}}}}}]}}


def sound(kind):
    api_version, _, body = SOUND[kind]
    return {"apiVersion": api_version, "kind": kind, "metadata": copy.deepcopy(META), **copy.deepcopy(body)}


def broken(kind, place, value):
    made = sound(kind)
    at = made
    for step in place[:-1]:
        at = at[step]
    if value is ABSENT:
        del at[place[-1]]
    else:
        at[place[-1]] = copy.deepcopy(value)
    return made


class FormsBesideACluster(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.plane = RunningPlane("--istio", "--without", "scheduler,kwok")
        cls.directory = tempfile.TemporaryDirectory()
        directory = pathlib.Path(cls.directory.name)
        cls.plane.request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", DEFINITION)
        (directory / "config").mkdir()
        (directory / "config" / "settings.yaml").write_text(f"kubernetes: {{kubeconfig: {cls.plane.ready['kubeconfig']}}}\n")
        cls.data = directory / "data"
        cls.log = open(directory / "log", "w")
        command = [BINARY, "run", "--listen", "127.0.0.1:0", "--data", cls.data, "-c", directory / "config"]
        cls.process = subprocess.Popen(command, stdout=cls.log, stderr=cls.log, cwd=directory)
        wait_until(lambda: cls.check(sound("ConfigMap")) == [])
        wait_until(lambda: not cls.refusal(sound("Widget")))

    @classmethod
    def tearDownClass(cls):
        cls.process.terminate()
        cls.process.wait()
        cls.log.close()
        cls.plane.end()
        cls.directory.cleanup()

    @classmethod
    def check(cls, change, *arguments):
        """Capstan's findings about the form of objects; nothing while it cannot answer."""
        command = [BINARY, "check", "-f", "-", "--data", cls.data, "-o", "json", *arguments]
        answer = subprocess.run(command, input=json.dumps(change), capture_output=True, text=True)
        if not answer.stdout or json.loads(answer.stdout)["problems"]:
            return None
        return [one for one in json.loads(answer.stdout)["broken"] if ABOUT_FORM.match(one["rule"])]

    @classmethod
    def refusal(cls, change):
        """What the API server has against it, "" for nothing."""
        plural = next((entry[1] for kind, entry in SOUND.items() if kind == change["kind"]), "none")
        version = change["apiVersion"]
        path = f"/{'apis' if '/' in version else 'api'}/{version}/namespaces/default/{plural}?dryRun=All&fieldValidation=Strict"
        try:
            cls.plane.request("POST", path, change)
        except ApiError as refused:
            return str(refused)
        return ""

    def test_what_the_api_server_takes_has_no_finding(self):
        for kind in SOUND:
            with self.subTest(kind):
                self.assertEqual(self.refusal(sound(kind)), "")
                self.assertEqual(self.check(sound(kind)), [])

    def test_what_the_api_server_refuses_is_found(self):
        self.assertGreaterEqual(len(BROKEN), 40)
        for case in BROKEN:
            with self.subTest(case):
                self.assertNotEqual(self.refusal(broken(*case)), "")
                findings = self.check(broken(*case))
                self.assertTrue(findings)
                self.assertTrue(any(case[1][-1] in one["place"] for one in findings), findings)

    def test_a_definition_that_changes_is_read_again(self):
        self.assertTrue(self.check(broken("Widget", ("spec", "size"), 11)))
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.forms.example.org"
        changed = self.plane.get(path)
        size = changed["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["size"]
        size["maximum"] = 12
        self.plane.request("PUT", path, changed)
        try:
            wait_until(lambda: self.check(broken("Widget", ("spec", "size"), 11)) == [])
        finally:
            changed = self.plane.get(path)
            changed["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["size"]["maximum"] = 10
            self.plane.request("PUT", path, changed)
            wait_until(lambda: self.check(broken("Widget", ("spec", "size"), 11)))

    def test_the_healthy_shop_and_all_that_runs_have_no_finding(self):
        command = [BINARY, "check", "-f", HEALTHY, "--data", self.data, "-o", "json"]
        report = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
        self.assertEqual([one for one in report["broken"] if ABOUT_FORM.match(one["rule"])], [])
        items = []
        with Api(self.plane.ready["kubeconfig"]) as api:
            groups = ["/api/v1"] + [f"/apis/{group['preferredVersion']['groupVersion']}" for group in api.request("GET", "/apis")["groups"]]
            for group in groups:
                for one in api.request("GET", group)["resources"]:
                    if "list" in one["verbs"] and "create" in one["verbs"] and one["kind"] != "Event":
                        version = group.removeprefix("/apis/").removeprefix("/api/")
                        for item in api.request("GET", f"{group}/{one['name']}")["items"]:
                            items.append({**item, "apiVersion": version, "kind": one["kind"]})
        self.assertGreater(len(items), 100)
        began = time.monotonic()
        self.assertEqual(self.check({"apiVersion": "v1", "kind": "List", "items": items}), [])
        print(f"{len(items)} objects of the running cluster checked in {time.monotonic() - began:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
