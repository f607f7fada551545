#!/usr/bin/env python3
"""Drift beside a real control plane: what was applied from files has none, what others change is told with who did it,
and the patch either way ends it.

drift_test.py CAPSTAN_BINARY
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from running_plane import RunningPlane, wait_until

BINARY = sys.argv.pop(1)
HEALTHY = pathlib.Path(__file__).resolve().parents[2] / "check" / "healthy"
SHOP = """\
# The shop, as it should be.
apiVersion: v1
kind: Namespace
metadata:
  name: drifting
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: drifting
  labels: { app: web, tier: front }
spec:
  replicas: 2   # enough at night
  selector: { matchLabels: { app: web } }
  template:
    metadata:
      labels: { app: web }
    spec:
      containers:
        - name: web
          image: "registry.example/shop:1"
          ports: [{ containerPort: 8080 }]
          env:
            # Said so in the meeting.
            - name: MODE
              value: fast
            - { name: DB_PASSWORD, value: correct-horse }
          resources:
            limits: { cpu: 1000m, memory: 1Gi }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: scaled, namespace: drifting }
spec:
  replicas: 1
  selector: { matchLabels: { app: scaled } }
  template:
    metadata: { labels: { app: scaled } }
    spec:
      containers: [{ name: main, image: "registry.example/app:1", resources: { requests: { cpu: 100m } } }]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: scaled, namespace: drifting }
spec:
  minReplicas: 3
  maxReplicas: 5
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: scaled }
  metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 50 } } }]
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: drifting }
spec:
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8080 }]
"""
SETTINGS = """\
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: drifting }
data: { color: blue }
---
apiVersion: v1
kind: Secret
metadata: { name: key, namespace: drifting }
stringData: { key: wrong-battery-staple }
"""


class Capstan:
    def __init__(self, directory, kubeconfig):
        self.data = directory / "data"
        (directory / "config").mkdir(parents=True)
        (directory / "config" / "settings.yaml").write_text(f"kubernetes: {{kubeconfig: {kubeconfig}}}\n")
        self.log = open(directory / "log", "w")
        command = [BINARY, "run", "--listen", "127.0.0.1:0", "--data", self.data, "-c", directory / "config"]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, cwd=directory)

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def sql(self, question):
        """The rows, or nothing while it cannot answer."""
        answer = subprocess.run([BINARY, "sql", question, "--data", self.data, "--json"], capture_output=True, text=True)
        return json.loads(answer.stdout)["rows"] if answer.returncode == 0 else None

    def drift(self, *arguments, directory=None):
        command = [BINARY, "drift", "--data", self.data, *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=directory)


class DriftBesideACluster(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.plane = RunningPlane("--nodes", "3", "--istio")
        cls.temporary = tempfile.TemporaryDirectory()
        cls.directory = pathlib.Path(cls.temporary.name)
        cls.kubeconfig = cls.plane.ready["kubeconfig"]
        cls.capstan = Capstan(cls.directory / "capstan", cls.kubeconfig)
        cls.sql = cls.capstan.sql
        wait_until(lambda: cls.sql("SELECT id FROM k8s_node WHERE name = 'node-0002'"))

    @classmethod
    def tearDownClass(cls):
        cls.capstan.end()
        cls.plane.end()
        cls.temporary.cleanup()

    def drift(self, *arguments, directory=None):
        return self.capstan.drift(*arguments, directory=directory)

    def fields(self, *arguments, directory=None):
        """What differs, as {id path: (is, manager)}, or {id: state} where an object is missing."""
        answer = self.drift("-o", "json", *arguments, directory=directory)
        self.assertTrue(answer.stdout, answer)
        found = {}
        for one in json.loads(answer.stdout)["drifts"]:
            name = one["id"].rsplit("/", 1)[1]
            if one["state"] != "differs" or one["says"]:
                found[name] = one["says"] or one["state"]
            for field in one["fields"]:
                if not field["by_right"]:
                    found[f"{name} {field['path']}"] = (field["is"], (field["owner"] or {}).get("manager"))
        return found

    def git(self, repository, *arguments, **options):
        environment = {"HOME": str(self.directory), "PATH": "/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1"}
        return subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments], cwd=repository,
                              env=environment, check=True, capture_output=True, text=True, **options)

    def make_repository(self, name):
        repository = self.directory / name
        (repository / "deploy").mkdir(parents=True)
        (repository / "deploy" / "shop.yaml").write_text(SHOP.replace("drifting", name))
        (repository / "deploy" / "settings.yaml").write_text(SETTINGS.replace("drifting", name))
        self.git(repository, "init", "-q")
        self.git(repository, "add", ".")
        self.git(repository, "commit", "-qm", "shop")
        self.plane.kubectl("apply", "-f", str(repository / "deploy" / "shop.yaml"))
        self.plane.kubectl("apply", "-f", str(repository / "deploy"))
        wait_until(lambda: self.sql(f"SELECT id FROM k8s_secret WHERE namespace = '{name}' AND name = 'key'"))
        return repository

    def change_by_hand(self, space):
        kubectl = self.plane.kubectl
        kubectl("-n", space, "scale", "deployment", "web", "--replicas=4")
        kubectl("-n", space, "label", "deployment", "web", "tier=back", "--overwrite")
        kubectl("-n", space, "set", "env", "deployment/web", "MODE=slow")
        kubectl("-n", space, "set", "env", "deployment/web", "DB_PASSWORD=another-secret")
        kubectl("-n", space, "set", "image", "deployment/web", "web=registry.example/shop:2")
        kubectl("-n", space, "patch", "configmap", "settings", "--type=merge", "-p", '{"data":{"color":"red"}}')
        kubectl("-n", space, "patch", "secret", "key", "--type=merge", "-p", '{"stringData":{"key":"some-other-secret"}}')
        kubectl("-n", space, "delete", "service", "web")
        wait_until(lambda: not self.sql(f"SELECT id FROM k8s_service WHERE namespace = '{space}'"))

    def container(self, path):
        return f"web spec.template.spec.containers[name=web].{path}"

    def test_finds_exactly_what_others_changed_and_names_them(self):
        repository = self.make_repository("found")
        self.assertEqual(self.fields("deploy", directory=repository), {})
        self.assertEqual(self.drift("deploy", directory=repository).returncode, 0)
        self.change_by_hand("found")
        # The autoscaler's minimum is above what the manifest says.
        wait_until(lambda: self.sql("SELECT 1 FROM k8s_deployment WHERE namespace = 'found' AND name = 'scaled' AND replicas = 3"))
        self.assertEqual(self.fields("deploy", directory=repository), {
            "web": "missing",
            "web spec.replicas": (4, "kubectl"),
            "web metadata.labels.tier": ("back", "kubectl-label"),
            self.container("env[name=MODE].value"): ("slow", "kubectl-set"),
            self.container("env[name=DB_PASSWORD].value"): ("***", "kubectl-set"),
            self.container("image"): ("registry.example/shop:2", "kubectl-set"),
            "settings data.color": ("red", "kubectl-patch"),
            "key data.key": ("***", "kubectl-patch"),
        })
        text = self.drift("deploy", "--all", directory=repository)
        self.assertEqual(text.returncode, 1)
        self.assertIn("set by the autoscaler scaled", text.stdout)
        self.assertIn("deploy/shop.yaml:14\n           is 4, should be 2 (last set by kubectl through scale", text.stdout)
        for secret in ("correct-horse", "another-secret", "wrong-battery-staple", "some-other-secret"):
            for output in ("text", "json", "patch-files"):
                shown = self.drift("deploy", "-o", output, directory=repository).stdout
                if output == "patch-files" and secret == "correct-horse":
                    continue  # The file's own line, beside one that changes.
                self.assertNotIn(secret, shown, output)

    def test_the_patch_of_the_cluster_ends_the_drift(self):
        repository = self.make_repository("applied")
        self.change_by_hand("applied")
        patch = self.drift("deploy", "-o", "patch-cluster", directory=repository)
        self.assertEqual(patch.returncode, 1)
        self.assertIn("# k8s_secret/plane/applied/key: apply deploy/settings.yaml itself", patch.stdout)
        (self.directory / "patch.yaml").write_text(patch.stdout)
        self.plane.kubectl("apply", "-f", str(self.directory / "patch.yaml"))
        self.plane.kubectl("apply", "-f", str(repository / "deploy" / "settings.yaml"))
        self.assertEqual(self.fields("deploy", directory=repository), {})

    def test_the_patch_of_the_files_ends_the_drift_and_keeps_their_comments(self):
        repository = self.make_repository("edited")
        self.change_by_hand("edited")
        patch = self.drift("deploy", "-o", "patch-files", directory=repository)
        self.assertIn("left out: deploy/shop.yaml", patch.stderr)
        self.git(repository, "apply", "--check", "-", input=patch.stdout)
        self.git(repository, "apply", "-", input=patch.stdout)
        # Secrets alone are for people to change.
        self.assertEqual(set(self.fields("deploy", directory=repository)),
                         {self.container("env[name=DB_PASSWORD].value"), "key data.key"})
        text = (repository / "deploy" / "shop.yaml").read_text()
        for line in ("# The shop, as it should be.", "  replicas: 4   # enough at night", "# Said so in the meeting."):
            self.assertIn(line, text)
        self.assertEqual(len(self.git(repository, "diff", "--stat").stdout.splitlines()), 3)

    def healthy_drift(self, capstan):
        """Of tests/check/healthy; without pods and such whose owners are of another cluster: they are collected as garbage."""
        answer = json.loads(capstan.drift(str(HEALTHY), "-o", "json").stdout)
        drifted = {one["id"]: (one["state"], one["says"], [(field["path"], field["should"], field["is"]) for field in one["fields"]])
                   for one in answer["drifts"] if one["drift"] and not one["id"].startswith(("k8s_pod/", "k8s_replica_set/"))}
        return answer["compared_by"], drifted

    def test_what_is_healthy_and_applied_has_no_drift(self):
        for _ in range(3):  # Namespaces and definitions first.
            subprocess.run([self.plane.ready["kubectl"], "--kubeconfig", self.kubeconfig, "apply", "-f", HEALTHY],
                           capture_output=True, env={"HOME": self.plane.ready["directory"]})
        by, drifted = self.healthy_drift(self.capstan)
        self.assertEqual(drifted, {})
        self.assertGreater(by["server"], 70)
        # Who may only look compares by what is known of Kubernetes.
        viewer = Capstan(self.directory / "viewer", self.plane.ready["limited_kubeconfig"])
        try:
            wait_until(lambda: viewer.sql("SELECT id FROM k8s_service WHERE namespace = 'shop'"))
            by, drifted = self.healthy_drift(viewer)
            self.assertEqual(drifted, {})
            self.assertGreater(by["object"], 40)
        finally:
            viewer.end()

    def test_finds_what_is_in_no_manifest_where_asked(self):
        repository = self.make_repository("pruned")
        self.plane.kubectl("-n", "pruned", "create", "configmap", "stray")
        wait_until(lambda: self.sql("SELECT id FROM k8s_config_map WHERE name = 'stray'"))
        self.assertEqual(self.fields("deploy", directory=repository), {})
        self.assertEqual(self.fields("deploy", "--prune", "namespace=pruned", directory=repository), {"stray": "extra"})

    def findings(self):
        """The open ones: {object: says}."""
        rows = self.sql("SELECT resource, says FROM finding WHERE rule = 'ManifestDrift' AND state = 'open'") or []
        return {resource.rsplit("/", 1)[1]: says for resource, says in rows}

    def test_a_repository_is_compared_again_and_again(self):
        repository = self.make_repository("watched")
        settings = self.directory / "capstan" / "config" / "manifests.yaml"
        settings.write_text(json.dumps({"manifests": [{"name": "shop", "repository": str(repository), "path": "deploy", "every": "5s"}]}))
        wait_until(lambda: "all of 7 objects as the manifests say" in self.drift().stdout)
        self.assertEqual(self.drift().returncode, 0)
        self.plane.kubectl("-n", "watched", "scale", "deployment", "web", "--replicas=4")
        self.plane.kubectl("-n", "watched", "delete", "service", "web")
        wait_until(lambda: self.sql("SELECT 1 FROM finding WHERE resource LIKE 'k8s_service/%/watched/web' AND state = 'open'"))
        wait_until(lambda: self.sql("SELECT 1 FROM finding WHERE resource LIKE 'k8s_deployment/%/watched/web' AND says LIKE '%spec.replicas is 4, should be 2%'"))
        self.assertEqual(self.drift().returncode, 1)
        # The patches are for all who may read, so of a file that holds a secret there is none.
        answer = self.drift("-o", "json").stdout
        patches = json.loads(answer)["manifests"][0]["patches"]
        self.assertIn("kind: Service", patches["cluster"])
        self.assertIn("holds a secret", patches["cluster"])
        self.assertEqual((patches["files"], patches["left_out"][0]["where"]["file"]), ("", "deploy/shop.yaml"))
        self.assertNotIn("correct-horse", answer)
        # A broken file is told with its line, what it said before stands, and the rest goes on.
        text = (repository / "deploy" / "settings.yaml").read_text()
        (repository / "deploy" / "settings.yaml").write_text(text.replace("color: blue }", "color: [ }"))
        (repository / "deploy" / "shop.yaml").write_text(SHOP.replace("drifting", "watched").replace("replicas: 2 ", "replicas: 4 "))
        self.git(repository, "commit", "-qam", "break and mend")
        wait_until(lambda: "settings.yaml:4:" in self.drift().stdout)
        wait_until(lambda: not self.sql("SELECT 1 FROM finding WHERE resource LIKE 'k8s_deployment/%/watched/web' AND rule = 'ManifestDrift' AND state = 'open'"))
        self.assertEqual(self.drift().returncode, 2)
        self.plane.kubectl("apply", "-f", str(repository / "deploy" / "shop.yaml"))
        (repository / "deploy" / "settings.yaml").write_text(text)
        self.git(repository, "commit", "-qam", "mend")
        wait_until(lambda: not self.findings() and self.drift().returncode == 0)
        settings.unlink()

    def test_what_cannot_be_compared_is_told(self):
        (self.directory / "broken.yaml").write_text("apiVersion: v1\nkind: [\n")
        answer = self.drift("broken.yaml", directory=self.directory)
        self.assertEqual(answer.returncode, 2)
        self.assertIn("broken.yaml:", answer.stdout)


unittest.main(verbosity=2)
