"""Flux' kustomize-controller beside a plane, and the part of the source-controller that it needs: archives over HTTP, with
their digests in the status of a GitRepository."""
import gzip
import hashlib
import http.server
import io
import os
import pathlib
import tarfile
import tempfile
import threading
import time

from argo_controller import wait_for_definition
from kube_api import Api
from processes import Component, free_ports

FLUX = pathlib.Path(__file__).resolve().parents[1] / "flux"
CONTROLLER = "github.com/fluxcd/kustomize-controller"
KUSTOMIZE, SOURCE = "kustomize.toolkit.fluxcd.io", "source.toolkit.fluxcd.io"
SPACE = "flux-system"
EPOCH = "2026-01-01T00:00:00Z"


def installed():
    """Where ../flux/install has put the controller and its definitions."""
    required = (line.split() for line in (FLUX / "binaries" / "go.mod").read_text().splitlines())
    version = next(words[1] for words in required if words[:1] == [CONTROLLER])
    peers = pathlib.Path(os.environ.get("CAPSTAN_PEERS") or pathlib.Path.home() / ".cache/capstan/peers")
    made = peers / "flux" / version
    if not made.exists():
        raise RuntimeError(f"{made} is not there: run {FLUX / 'install'}")
    return made


def archive(files):
    """What lies in a repository, packed: the same bytes for the same files."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as tar:
        for name, text in sorted(files.items()):
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


class Archives(http.server.ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Answer)
        self.kept = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            content = self.server.kept.get(self.path)
            self.send_response(200 if content else 404)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_):
            pass


class FluxController:
    """Applies what `commit` says, every few seconds."""

    def __init__(self, plane, directory):
        kubeconfig = plane.ready["kubeconfig"]
        self.api, self.patcher = Api(kubeconfig), Api(kubeconfig)
        self.patcher.headers = {**self.patcher.headers, "Content-Type": "application/merge-patch+json"}
        self.archives = Archives()
        made = installed()
        for file in sorted(made.glob("*.yaml")):
            plane.kubectl("apply", "--server-side", "-f", str(file))
        for plural, group in (("kustomizations", KUSTOMIZE), ("gitrepositories", SOURCE)):
            wait_for_definition(self.api, f"{plural}.{group}")
        self.api.create_if_absent("/api/v1/namespaces", {"metadata": {"name": SPACE}})
        health, = free_ports(1)
        command = ["/usr/bin/env", f"KUBECONFIG={kubeconfig}", f"RUNTIME_NAMESPACE={SPACE}", made / "kustomize-controller",
                   "--metrics-addr=0", f"--health-addr=127.0.0.1:{health}", "--log-level=debug", "--enable-leader-election=false",
                   "--watch-all-namespaces=true", "--interval-jitter-percentage=0"]
        self.component = Component("kustomize-controller", command, pathlib.Path(directory))
        self.component.start()

    def commit(self, name, files):
        """Files of a repository; its kustomization applies them."""
        content = archive(files)
        digest = hashlib.sha256(content).hexdigest()
        path = f"/{name}/{digest}.tar.gz"
        self.archives.kept[path] = content
        repositories = f"/apis/{SOURCE}/v1/namespaces/{SPACE}/gitrepositories"
        self.api.create_if_absent(repositories, {"apiVersion": f"{SOURCE}/v1", "kind": "GitRepository", "metadata": {"name": name},
                                                 "spec": {"interval": "1h", "url": f"https://git.example.org/{name}"}})
        generation = self.api.get(f"{repositories}/{name}")["metadata"]["generation"]
        revision = f"main@sha1:{digest[:40]}"
        artifact = {"path": path[1:], "url": f"http://127.0.0.1:{self.archives.server_port}{path}", "revision": revision,
                    "digest": f"sha256:{digest}", "lastUpdateTime": EPOCH, "size": len(content)}
        ready = {"type": "Ready", "status": "True", "reason": "Succeeded", "message": "stored", "observedGeneration": generation,
                 "lastTransitionTime": EPOCH}
        self.patcher.request("PATCH", f"{repositories}/{name}/status",
                             {"status": {"observedGeneration": generation, "artifact": artifact, "conditions": [ready]}})
        kustomizations = f"/apis/{KUSTOMIZE}/v1/namespaces/{SPACE}/kustomizations"
        self.api.create_if_absent(kustomizations, {
            "apiVersion": f"{KUSTOMIZE}/v1", "kind": "Kustomization", "metadata": {"name": name},
            "spec": {"interval": "2s", "retryInterval": "2s", "prune": True, "path": "./", "sourceRef": {"kind": "GitRepository", "name": name}}})
        return revision

    def kustomization(self, name):
        return self.api.get(f"/apis/{KUSTOMIZE}/v1/namespaces/{SPACE}/kustomizations/{name}")

    def reconcile(self, name):
        """Asks for a reconciliation now, and waits until it is done."""
        token = str(time.monotonic_ns())
        path = f"/apis/{KUSTOMIZE}/v1/namespaces/{SPACE}/kustomizations/{name}"
        self.patcher.request("PATCH", path, {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": token}}})
        end = time.monotonic() + 60
        while self.kustomization(name).get("status", {}).get("lastHandledReconcileAt") != token:
            self.component.need_running()
            if time.monotonic() > end:
                raise AssertionError(f"{name} was not reconciled: {self.component.log_tail()}")
            time.sleep(0.2)

    def end(self):
        self.component.stop()
        self.archives.shutdown()
