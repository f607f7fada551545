"""Argo CD's application controller as its users' guide describes it, for tests beside a real API server.

It keeps what the guide promises: an application is compared with its manifests but for what `ignoreDifferences` names;
with `automated` it is synced once a revision, and with `selfHeal` whenever it is out of sync; a sync applies every
object, and leaves ignored fields as they are only under `RespectIgnoreDifferences=true`; what was compared under which
rules stands in `status.sync.comparedTo`; objects are tracked by annotation; `skip-reconcile` stops everything.
Source: argo-cd.readthedocs.io: Automated Sync Policy, Diffing Customization, Sync Options, Resource Tracking, Skip
Application Reconcile.
"""
import copy
import json
import threading
import time

from kube_api import Api, ApiError

GROUP = "argoproj.io"
APPLICATIONS = f"/apis/{GROUP}/v1alpha1/applications"
TRACKING = "argocd.argoproj.io/tracking-id"
SKIP = "argocd.argoproj.io/skip-reconcile"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
BETWEEN_ROUNDS_SECONDS = 0.3

# What of a schema says something here; the rest of an application is kept as it is written.
RULES = {"type": "array", "items": {"type": "object", "required": ["kind"], "properties": {
    "group": {"type": "string"}, "kind": {"type": "string"}, "name": {"type": "string"}, "namespace": {"type": "string"},
    "jsonPointers": {"type": "array", "items": {"type": "string"}},
    "jqPathExpressions": {"type": "array", "items": {"type": "string"}},
    "managedFieldsManagers": {"type": "array", "items": {"type": "string"}}}}}
ANYTHING = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def definition(group, version, plural, kind, properties):
    schema = {"type": "object", "properties": properties}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": f"{plural}.{group}"},
            "spec": {"group": group, "scope": "Namespaced", "names": {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": kind + "List"},
                     "versions": [{"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}]}}


def application_definition():
    policy = {"type": "object", "properties": {
        "automated": {"type": "object", "properties": {name: {"type": "boolean"} for name in ("enabled", "prune", "selfHeal", "allowEmpty")}},
        "syncOptions": {"type": "array", "items": {"type": "string"}}}}
    spec = {"type": "object", "required": ["destination", "project"], "properties": {
        "project": {"type": "string"}, "destination": ANYTHING, "source": ANYTHING, "ignoreDifferences": RULES, "syncPolicy": policy}}
    return definition(GROUP, "v1alpha1", "applications", "Application", {"spec": spec, "status": ANYTHING})


def collection(manifest):
    """The path of the type of a manifest; built-in types only."""
    version = manifest["apiVersion"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    return f"{root}/namespaces/{manifest['metadata']['namespace']}/{manifest['kind'].lower()}s"


def group_of(manifest):
    return manifest["apiVersion"].rpartition("/")[0]


def pointed(value, pointer):
    """The map that holds the last name of a JSON pointer, and that name; nothing where there is none."""
    *way, last = [name.replace("~1", "/").replace("~0", "~") for name in pointer.strip("/").split("/")]
    for name in way:
        value = value.get(name) if isinstance(value, dict) else None
    return (value, last) if isinstance(value, dict) and last in value else None


def differs(wanted, live):
    """Whether what a manifest states is not so; what it does not state is nobody's business."""
    if isinstance(wanted, dict):
        return not isinstance(live, dict) or any(name not in live or differs(value, live[name]) for name, value in wanted.items())
    if isinstance(wanted, list):
        return not isinstance(live, list) or len(wanted) != len(live) or any(map(differs, wanted, live))
    return wanted != live


class ArgoController(threading.Thread):
    """`manifests` is the repository: the objects of each application by its name, and `revision` the commit."""

    def __init__(self, kubeconfig):
        super().__init__(daemon=True)
        self.api, self.patcher = Api(kubeconfig), Api(kubeconfig)
        self.patcher.headers = {**self.patcher.headers, "Content-Type": "application/merge-patch+json"}
        self.manifests, self.revision = {}, "1"
        self.healed = []  # What it has put back: (name, path, was, is).
        self.trouble = None
        self.lock = threading.Lock()
        self.stopping = threading.Event()

    def commit(self, application, manifests):
        with self.lock:
            self.manifests[application] = copy.deepcopy(manifests)
            self.revision = str(int(self.revision) + 1)

    def end(self):
        self.stopping.set()
        self.join()

    def run(self):
        while not self.stopping.wait(BETWEEN_ROUNDS_SECONDS):
            try:
                with self.lock:
                    for application in self.api.get(APPLICATIONS)["items"]:
                        self.reconcile(application)
            except ApiError as error:  # Somebody was faster, or it is gone: the next round sees it.
                if error.status not in (404, 409):
                    self.trouble = error
            except Exception as error:  # The test reads it.
                self.trouble = error

    def reconcile(self, application):
        metadata, spec = application["metadata"], application["spec"]
        if metadata.get("annotations", {}).get(SKIP) == "true":
            return
        objects = [self.wanted(application, one) for one in self.manifests.get(metadata["name"], [])]
        lives = [self.live(one) for one in objects]
        out = [live is None or self.is_out_of_sync(spec, one, live) for one, live in zip(objects, lives)]
        status = application.get("status", {})
        synced = status.get("synced_revision")
        automated = spec.get("syncPolicy", {}).get("automated")
        is_due = automated is not None and automated.get("enabled", True) and any(out)
        if is_due and (synced != self.revision or automated.get("selfHeal", False)):
            for one, live in zip(objects, lives):
                self.apply(spec, one, live)
            synced = self.revision
        compared = {"source": spec.get("source", {}), "destination": spec["destination"]}
        if "ignoreDifferences" in spec:
            compared["ignoreDifferences"] = spec["ignoreDifferences"]
        resources = [{"group": group_of(one), "kind": one["kind"], "namespace": one["metadata"]["namespace"], "name": one["metadata"]["name"]} for one in objects]
        wanted = {"sync": {"status": "OutOfSync" if any(out) else "Synced", "revision": self.revision, "comparedTo": compared},
                  "resources": resources, "synced_revision": synced}
        if status != wanted:
            path = f"/apis/{GROUP}/v1alpha1/namespaces/{metadata['namespace']}/applications/{metadata['name']}?fieldManager=argocd-controller"
            kept = {"ignoreDifferences": None, **compared}
            self.patcher.request("PATCH", path, {"status": {**wanted, "sync": {**wanted["sync"], "comparedTo": kept}}})

    def wanted(self, application, manifest):
        one = copy.deepcopy(manifest)
        metadata = one["metadata"]
        metadata.setdefault("annotations", {})[TRACKING] = (
            f"{application['metadata']['name']}:{group_of(one)}/{one['kind']}:{metadata['namespace']}/{metadata['name']}")
        return one

    def live(self, one):
        try:
            return self.api.get(f"{collection(one)}/{one['metadata']['name']}")
        except ApiError as error:
            if error.status != 404:
                raise
            return None

    def ignored(self, spec, one):
        """The pointers that the application's rules name for an object."""
        metadata = one["metadata"]
        for rule in spec.get("ignoreDifferences", []):
            about = (rule.get("group", "") in ("*", group_of(one)) and rule["kind"] in ("*", one["kind"])
                     and rule.get("name", metadata["name"]) == metadata["name"]
                     and rule.get("namespace", metadata["namespace"]) == metadata["namespace"])
            if about:
                yield from rule.get("jsonPointers", [])

    def is_out_of_sync(self, spec, one, live):
        wanted = copy.deepcopy(one)
        for pointer in self.ignored(spec, one):
            if found := pointed(wanted, pointer):
                del found[0][found[1]]
        return differs(wanted, live)

    def apply(self, spec, one, live):
        wanted = copy.deepcopy(one)
        if live is not None and "RespectIgnoreDifferences=true" in spec.get("syncPolicy", {}).get("syncOptions", []):
            for pointer in self.ignored(spec, one):
                here, there = pointed(wanted, pointer), pointed(live, pointer)
                if here and there:
                    here[0][here[1]] = there[0][there[1]]
        text = json.dumps(wanted)
        wanted["metadata"]["annotations"][LAST_APPLIED] = text
        if live is None:
            self.api.create(f"{collection(one)}?fieldManager=argocd-controller", wanted)
            return
        for pointer in ("/spec/replicas", "/data/color"):
            here, there = pointed(wanted, pointer), pointed(live, pointer)
            if here and there and here[0][here[1]] != there[0][there[1]]:
                self.healed.append((one["metadata"]["name"], pointer, there[0][there[1]], here[0][here[1]]))
        self.patcher.request("PATCH", f"{collection(one)}/{one['metadata']['name']}?fieldManager=argocd-controller", wanted)


def wait_for_definition(api, name, seconds=30):
    path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        conditions = api.get(path).get("status", {}).get("conditions") or []
        if any(one["type"] == "Established" and one["status"] == "True" for one in conditions):
            return
        time.sleep(0.2)
    raise AssertionError(f"{name} is not served")
