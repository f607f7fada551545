#!/usr/bin/env python3
"""Capstan stops and starts what others decide over, beside a real control plane: Flux' own controller, autoscalers as
they are, and an Argo CD made from its users' guide. What is stopped stays so while they go on with everything else; what
is started is exactly theirs again; and nobody puts back what another has just set.

gitops_test.py CAPSTAN_BINARY
"""
import copy
import datetime
import json
import pathlib
import sys
import tempfile
import textwrap
import time
import unittest

from argo_controller import ArgoController, application_definition, definition, wait_for_definition, ANYTHING
from flux_controller import FluxController
from kube_api import Api
from running_capstan import Capstan
from running_plane import RunningPlane, deployment, wait_until

BINARY = sys.argv.pop(1)
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
SCALERS = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"
APPLICATIONS = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications"
SCALED_OBJECTS = "/apis/keda.sh/v1alpha1/namespaces/default/scaledobjects"
NOTES = ("capstan/stopped", "kustomize.toolkit.fluxcd.io/reconcile")
DISABLED = "kustomize.toolkit.fluxcd.io/reconcile"
QUIET_SECONDS = 6  # In which Flux comes three times and Argo CD twenty.
FINAL = ("succeeded", "failed", "partial", "unknown", "skipped", "reverted")


def manifest(name, replicas, color="blue"):
    """A deployment and a config map, as they stand in a repository."""
    one = {"apiVersion": "apps/v1", "kind": "Deployment", **deployment(name, replicas)}
    one["metadata"]["namespace"] = "default"
    other = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": {"color": color}}
    return [one, other]


def hours(open_now):
    """A window of today, in UTC, that the present is well in or well out of."""
    now = datetime.datetime.now(datetime.timezone.utc)
    begin = now - datetime.timedelta(hours=2) if open_now else now + datetime.timedelta(hours=4)
    return f"{begin:%H:%M}-{begin + datetime.timedelta(hours=6):%H:%M}"


def policy(name, open_now, how):
    return textwrap.dedent(f"""\
        policy: hours-{name}
        zone: UTC
        select: {{ kind: k8s_deployment, where: "name = '{name}'" }}
        keep:
          - {{ is: running, so: "stopped IS NULL", by: kubernetes.start }}
        during: daily {hours(open_now)}
        otherwise:
          - {{ is: stopped, so: "replicas = 0", by: kubernetes.stop, with: {json.dumps(how)} }}
        approve: none
        cooldown: 1s
        """)


class StopsBesideOthers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.plane = RunningPlane("--nodes", "1")
        cls.directory = tempfile.TemporaryDirectory()
        directory = pathlib.Path(cls.directory.name)
        kubeconfig = cls.plane.ready["kubeconfig"]
        cls.api = Api(kubeconfig)
        definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        cls.api.create(definitions, application_definition())
        cls.api.create(definitions, definition("keda.sh", "v1alpha1", "scaledobjects", "ScaledObject", {"spec": ANYTHING}))
        for name in ("applications.argoproj.io", "scaledobjects.keda.sh"):
            wait_for_definition(cls.api, name)
        cls.api.create("/api/v1/namespaces", {"metadata": {"name": "argocd"}})
        cls.flux = FluxController(cls.plane, directory)
        cls.argo = ArgoController(kubeconfig)
        cls.argo.start()
        cls.capstan = Capstan(BINARY, directory, kubeconfig)
        cls.config = directory / "config"
        (cls.config / "settings.yaml").write_text(f"kubernetes: {{kubeconfig: {kubeconfig}, allow: [scale, stop, start]}}\n")
        cls.restart()

    def setUp(self):
        for api in (self.api, self.flux.api, self.flux.patcher):
            api.close()  # The server ends what has been idle for a while.

    @classmethod
    def tearDownClass(cls):
        cls.capstan.kill()
        cls.argo.end()
        cls.flux.end()
        cls.plane.end()
        cls.directory.cleanup()

    @classmethod
    def restart(cls):
        cls.capstan.kill()
        cls.capstan.start()

    def want(self, name, open_now, how):
        """The policy as it would be within, or outside of, its hours."""
        (self.config / f"{name}.yaml").write_text(policy(name, open_now, how))

    def forget(self, name):
        (self.config / f"{name}.yaml").unlink()

    def deployment(self, name):
        return self.api.get(f"{DEPLOYMENTS}/{name}")

    def replicas(self, name):
        return self.deployment(name)["spec"]["replicas"]

    def notes(self, name):
        annotations = self.deployment(name)["metadata"].get("annotations", {})
        return {key: value for key, value in annotations.items() if key in NOTES}

    def color(self, name):
        return self.api.get(f"/api/v1/namespaces/default/configmaps/{name}")["data"]["color"]

    def stay(self, replicas):
        """Looks often enough that whoever puts one back for a moment is seen."""
        end = time.monotonic() + QUIET_SECONDS
        while time.monotonic() < end:
            self.assertEqual({name: self.replicas(name) for name in replicas}, replicas)
            time.sleep(0.05)

    def plans(self, name, verb):
        plans = json.loads(self.capstan.run("plans", "--state", "all", "--json"))["plans"]
        return [(one, action) for one in plans for action in one["actions"]
                if action["action"]["target"].endswith(f"/{name}") and action["action"]["verb"] == f"kubernetes.{verb}"]

    def ended(self, name, verb):
        def newest():
            found = self.plans(name, verb)
            return found[0] if found and found[0][1]["state"] in FINAL else None

        return wait_until(newest)

    def of_flux(self, name, replicas, color="blue"):
        files = {"objects.yaml": "\n---\n".join(json.dumps(one) for one in manifest(name, replicas, color))}
        self.flux.commit(name, files)

    def of_argo(self, name, replicas, **policy):
        self.argo.commit(name, manifest(name, replicas))
        spec = {"project": "default", "destination": {"server": "https://kubernetes.default.svc", "namespace": "default"},
                "source": {"repoURL": "https://git.example.org/shop", "path": "deploy", "targetRevision": "main"}, **policy}
        self.api.create(APPLICATIONS, {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
                                       "metadata": {"name": name, "namespace": "argocd"}, "spec": spec})
        wait_until(lambda: any(one["metadata"]["name"] == name for one in self.api.get(DEPLOYMENTS)["items"]))
        wait_until(lambda: self.application(name).get("status", {}).get("sync", {}).get("status") == "Synced")

    def application(self, name):
        return self.api.get(f"{APPLICATIONS}/{name}")

    def as_it_is(self, name):
        """What of an application is a person's."""
        application = self.application(name)
        return application["spec"], application["metadata"].get("annotations", {})

    def ready(self, name, replicas):
        wait_until(lambda: self.capstan.sql(f"SELECT id FROM k8s_deployment WHERE name = '{name}' AND replicas = {replicas}"))

    def flux_has(self, name):
        return any(one["metadata"]["name"] == name for one in self.api.get(DEPLOYMENTS)["items"])

    def scaled(self, name, least):
        """A deployment under an autoscaler."""
        self.api.create(DEPLOYMENTS, deployment(name, 1))
        metric = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
        self.api.create(SCALERS, {"metadata": {"name": name}, "spec": {"scaleTargetRef": target, "minReplicas": least, "maxReplicas": 5, "metrics": [metric]}})

    def queued(self, name):
        """A deployment under KEDA."""
        self.api.create(DEPLOYMENTS, deployment(name, 2))
        self.api.create(SCALED_OBJECTS, {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": name},
                                         "spec": {"scaleTargetRef": {"name": name}, "minReplicaCount": 1}})

    def held_by_keda(self, name):
        return self.api.get(f"{SCALED_OBJECTS}/{name}")["metadata"].get("annotations", {}).get("autoscaling.keda.sh/paused-replicas")

    def put_back(self, name):
        """What Argo CD had to set again of the replicas."""
        return [one for one in self.argo.healed if one[:2] == (name, "/spec/replicas")]

    def stops(self, name, how, beside=""):
        """Its hours end."""
        self.want(name, False, how)
        action = self.ended(name, "stop")[1]
        self.assertEqual(action["state"], "succeeded", action)
        self.assertIn(beside, action["action"]["reason"])
        self.assertEqual(self.replicas(name), 0)

    def starts(self, name, how, replicas):
        self.want(name, True, how)
        action = self.ended(name, "start")[1]
        self.assertEqual(action["state"], "succeeded", action)
        self.assertIn(f"{replicas} replicas again", json.dumps(action))
        self.assertEqual(self.notes(name), {})

    def test_an_evening_and_the_next_morning(self):
        pause = {"gitops": "pause"}
        self.of_flux("flux", 3)
        self.of_argo("argo", 3, syncPolicy={"automated": {"selfHeal": True, "prune": True}})
        self.scaled("scaled", 3)
        self.queued("queued")
        wait_until(lambda: self.flux_has("flux") and self.replicas("scaled") == 3)
        for name, replicas in (("flux", 3), ("argo", 3), ("scaled", 3), ("queued", 2)):
            self.ready(name, replicas)
        before = copy.deepcopy(self.as_it_is("argo"))

        self.stops("flux", pause, "pauses Flux's kustomization flux-system/flux for this object")
        self.stops("argo", pause, "pauses Argo CD's application argo for this object")
        self.stops("scaled", {})
        self.stops("queued", {"autoscaler": "pause"})
        self.assertEqual(self.held_by_keda("queued"), "0")
        self.assertEqual(self.notes("flux")[DISABLED], "disabled")
        self.assertNotIn("suspend", self.flux.kustomization("flux")["spec"])

        # At night the tools go on with everything else: with what a hand changes, and with commits.
        self.plane.kubectl("patch", "configmap", "argo", "--type=merge", "-p", '{"data":{"color":"green"}}')
        wait_until(lambda: self.color("argo") == "blue")
        changed = manifest("argo", 3, "red")
        changed[0]["spec"]["minReadySeconds"] = 7
        self.argo.commit("argo", changed)
        self.of_flux("flux", 4, "red")
        self.flux.reconcile("flux")
        wait_until(lambda: self.color("argo") == "red" and self.color("flux") == "red")
        wait_until(lambda: self.deployment("argo")["spec"].get("minReadySeconds") == 7)
        self.stay({"flux": 0, "argo": 0, "scaled": 0, "queued": 0})

        for name, how, replicas in (("flux", pause, 3), ("argo", pause, 3), ("scaled", {}, 3), ("queued", {"autoscaler": "pause"}, 2)):
            self.starts(name, how, replicas)
        self.assertEqual(self.as_it_is("argo"), before)
        self.assertIsNone(self.held_by_keda("queued"))
        # Who has them again goes on: Flux takes the number that was committed at night.
        wait_until(lambda: self.replicas("flux") == 4)
        self.stay({"flux": 4, "argo": 3, "scaled": 3, "queued": 2})
        self.assertEqual(self.put_back("argo"), [])
        for name in ("flux", "argo", "scaled", "queued"):
            self.assertEqual((len(self.plans(name, "stop")), len(self.plans(name, "start"))), (1, 1), name)
        self.plane.kubectl("scale", "deployment", "argo", "--replicas=9")
        wait_until(lambda: self.replicas("argo") == 3)
        self.assertIsNone(self.argo.trouble)
        for name in ("flux", "argo", "scaled", "queued"):
            self.forget(name)

    def test_without_a_word_nobody_is_fought(self):
        self.of_flux("asked", 3)
        self.of_argo("kept", 2, syncPolicy={"automated": {"selfHeal": True}})
        wait_until(lambda: self.flux_has("asked"))
        self.ready("asked", 3)
        self.ready("kept", 2)
        before = self.as_it_is("kept")
        self.want("asked", False, {})
        self.want("kept", False, {})
        plan, action = self.ended("asked", "stop")
        said = json.dumps(action)
        self.assertEqual(action["state"], "failed", action)
        self.assertIn("Flux's kustomization flux-system/asked decides how many replicas it has", said)
        self.assertIn("gitops: pause", said)
        self.assertIn("refused where Flux's kustomization flux-system/asked would put the replicas back", said)
        self.assertIn("flux-system/asked decides", self.capstan.run("why", plan["plan"]["id"]))
        said = json.dumps(self.ended("kept", "stop")[1])
        self.assertIn("Argo CD's application argocd/kept decides", said)
        self.assertIn("https://git.example.org/shop, path deploy", said)
        self.stay({"asked": 3, "kept": 2})
        self.assertEqual((self.notes("asked"), self.notes("kept"), self.as_it_is("kept")), ({}, {}, before))
        self.assertEqual(self.put_back("kept"), [])
        self.forget("asked")
        self.forget("kept")

    def test_what_flux_has_no_word_in_is_stopped_without_a_pause(self):
        objects = manifest("free", 1)
        del objects[0]["spec"]["replicas"]
        self.flux.commit("free", {"objects.yaml": "\n---\n".join(map(json.dumps, objects))})
        wait_until(lambda: self.flux_has("free"))
        self.ready("free", 1)
        self.stops("free", {})
        self.flux.reconcile("free")
        self.stay({"free": 0})
        self.assertEqual(set(self.notes("free")), {"capstan/stopped"})
        self.forget("free")

    def test_undoing_gives_it_back(self):
        self.of_argo("undone", 2, syncPolicy={"automated": {"selfHeal": True}})
        self.ready("undone", 2)
        before = self.as_it_is("undone")
        self.stops("undone", {"gitops": "pause"})
        self.forget("undone")
        plan = self.plans("undone", "stop")[0][0]["plan"]["id"]
        wait_until(lambda: self.plans("undone", "stop")[0][0]["can_be_undone"])
        self.capstan.run("undo", plan)
        wait_until(lambda: self.notes("undone") == {} and self.replicas("undone") == 2)
        self.assertEqual(self.as_it_is("undone"), before)

    def test_whatever_cuts_it_off_it_ends_where_it_should(self):
        names = [f"torn-{index}" for index in range(4)]
        for name in names:
            self.of_argo(name, 2, syncPolicy={"automated": {"selfHeal": True}})
        for name in names:
            self.ready(name, 2)
        before = {name: self.as_it_is(name) for name in names}
        for open_now, verb, replicas in ((False, "stop", 0), (True, "start", 2)):
            for name in names:
                self.want(name, open_now, {"gitops": "pause"})
            # Killed in the middle of them, and again when it goes on.
            for _ in range(2):
                wait_until(lambda: any(self.plans(name, verb) for name in names))
                time.sleep(0.3)
                self.restart()
                wait_until(lambda: self.capstan.sql("SELECT 1 FROM k8s_node"))
            for name in names:
                wait_until(lambda: self.replicas(name) == replicas and bool(self.notes(name)) != open_now)
                self.ready(name, replicas)
        self.assertEqual({name: self.as_it_is(name) for name in names}, before)
        self.assertEqual([self.put_back(name) for name in names], [[]] * len(names))
        for name in names:
            self.forget(name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
