"""A Kubernetes control plane of real components in one directory: in which order they start, and what is done to them."""
import http.client
import json
import os
import pathlib
import shutil
import subprocess
import time
import urllib.request

import commands
import kube_api
from certificates import Authority
from processes import Component, PortTaken, die_with, environment, free_ports

CLIENTS = ("controller-manager", "scheduler", "kwok")
READY_SECONDS = 180
ATTEMPTS = 5
UNREACHABLE = (OSError, http.client.HTTPException, kube_api.ApiError)


class Plane:
    """etcd, the API server, the controller manager, the scheduler and kwok, less those `without`; all write below `directory` only."""

    def __init__(self, directory, binaries, without=()):
        self.directory, self.binaries, self.without = pathlib.Path(directory), pathlib.Path(binaries), set(without)
        self.kubeconfig = self.directory / "kubeconfig"
        self.limited_kubeconfig = self.directory / "kubeconfig-limited"
        self.components = {}
        self.waiting = []  # Those that start again with the API server.
        self.authority = None
        self.keys = {}
        self.server = self.etcd = None

    def start(self):
        self._make_certificates()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._start_store_and_server()
                break
            except PortTaken:
                self.end()
                shutil.rmtree(self.directory / "etcd", ignore_errors=True)
                if attempt == ATTEMPTS:
                    raise
        for name in CLIENTS:
            if name in self.components:
                self._start_client(name)
        self._give_default_account()
        self._make_limited_user()

    def end(self):
        """Kills everything, what depends on another first: the directory is thrown away or started from never again."""
        for component in reversed(self.components.values()):
            component.kill()

    def pids(self):
        return {name: component.process.pid for name, component in self.components.items() if component.running()}

    def check(self):
        for component in self.components.values():
            component.need_running()

    def start_component(self, name):
        component = self._component(name)
        if component.running():
            return
        if name in CLIENTS:
            self._start_client(name)
            return
        component.start()
        if name == "apiserver":
            self.wait_until(self._server_is_ready, "the API server to be ready")
            while self.waiting:
                self._start_client(self.waiting.pop())

    def stop_component(self, name):
        """With the API server stop those that live by it: they would end, or wait longer before each time they ask, up to minutes."""
        component = self._component(name)
        if name == "apiserver":
            for client in CLIENTS:
                if client in self.components and self.components[client].running():
                    self.components[client].kill()
                    self.waiting.append(client)
        component.stop()

    def compact_store(self):
        """Forgets all revisions of etcd but the newest; its revision."""
        newest = self._ask_etcd("range", {"key": "AA==", "limit": "1"})["header"]["revision"]
        self._ask_etcd("compaction", {"revision": newest, "physical": True})
        return int(newest)

    def api(self):
        return kube_api.Api(self.kubeconfig)

    def get(self, path):
        with self.api() as api:
            return api.get(path)

    def kubectl(self, *arguments):
        command = [self.binaries / "kubectl", "--kubeconfig", self.kubeconfig, *arguments]
        parent = os.getpid()
        done = subprocess.run(command, capture_output=True, text=True, env=environment(self.directory),
                              preexec_fn=lambda: die_with(parent))
        if done.returncode != 0:
            raise RuntimeError(f"kubectl {arguments[0]} failed: {done.stderr.strip()[-2000:]}")
        return done.stdout

    def wait_until(self, holds, what):
        """Asks until `holds()`, or a component ends, or it takes too long. An API server that cannot answer yet is waited for."""
        end, reason = time.monotonic() + READY_SECONDS, ""
        while time.monotonic() < end:
            self.check()
            try:
                if holds():
                    return
                reason = ""
            except UNREACHABLE as problem:
                reason = f": {problem}"
            time.sleep(0.1)
        raise RuntimeError(f"waited {READY_SECONDS} s for {what}{reason}")

    def _component(self, name):
        if name not in self.components:
            raise ValueError(f"expected one of {', '.join(self.components)}, got '{name}'")
        return self.components[name]

    def _start_client(self, name):
        if name == "kwok":
            # It plays a node only when it holds the node's lease; the kwok before it may hold it for another while.
            with self.api() as api:
                api.delete("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases")
        self.components[name].start()

    def _make_certificates(self):
        self.authority = Authority(self.directory / "certificates")
        names = "DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:10.96.0.1"
        self.keys["server"] = self.authority.server("apiserver", names)
        self.keys["accounts"] = self.authority.client("service-accounts", "service-accounts")
        self.keys["admin"] = self.authority.client("admin", "admin", "system:masters")
        self.keys["controller-manager"] = self.authority.client("controller-manager", "system:kube-controller-manager")
        self.keys["scheduler"] = self.authority.client("scheduler", "system:kube-scheduler")
        self.keys["kwok"] = self.authority.client("kwok", "kwok", "system:masters")

    def _start_store_and_server(self):
        client_port, peer_port, server_port = free_ports(3)
        self.etcd, self.server = f"http://127.0.0.1:{client_port}", f"https://127.0.0.1:{server_port}"
        for name in ("admin", "controller-manager", "scheduler", "kwok"):
            user = kube_api.certificate_user(*self.keys[name])
            kube_api.write_kubeconfig(self.kubeconfig_of(name), self.server, self.authority.certificate, user)
        command_lines = {
            "etcd": commands.etcd(self, f"http://127.0.0.1:{peer_port}"),
            "apiserver": commands.apiserver(self, server_port),
            "controller-manager": commands.controller_manager(self),
            "scheduler": commands.scheduler(self),
            "kwok": commands.kwok(self),
        }
        self.components = {name: Component(name, command, self.directory)
                           for name, command in command_lines.items() if name not in self.without}
        for component in self.components.values():
            component.log.unlink(missing_ok=True)
        self.components["etcd"].start()
        self.components["apiserver"].start()
        self.wait_until(self._server_is_ready, "the API server to be ready")

    def kubeconfig_of(self, name):
        return self.kubeconfig if name == "admin" else self.directory / f"kubeconfig-{name}"

    def _server_is_ready(self):
        return self.get("/readyz") == "ok"

    def _give_default_account(self):
        """A pod needs the account 'default' of its namespace, which the controller manager makes."""
        accounts = "/api/v1/namespaces/default/serviceaccounts"
        if "controller-manager" in self.without:
            with self.api() as api:
                api.create_if_absent(accounts, {"metadata": {"name": "default"}})
        self.wait_until(lambda: self.get(f"{accounts}/default"), "the service account 'default'")

    def _make_limited_user(self):
        """An account that may see what the role `view` shows (neither secrets nor nodes) and change nothing."""
        place = "/api/v1/namespaces/capstan"
        with self.api() as api:
            api.create_if_absent("/api/v1/namespaces", {"metadata": {"name": "capstan"}})
            api.create_if_absent(f"{place}/serviceaccounts", {"metadata": {"name": "limited"}})
            api.create_if_absent("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
                "metadata": {"name": "capstan-limited"},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
                "subjects": [{"kind": "ServiceAccount", "namespace": "capstan", "name": "limited"}]})
            answer = api.create(f"{place}/serviceaccounts/limited/token", {"spec": {"expirationSeconds": 86400}})
        token = answer["status"]["token"]
        kube_api.write_kubeconfig(self.limited_kubeconfig, self.server, self.authority.certificate, {"token": token})

    def _ask_etcd(self, method, body):
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.etcd}/v3/kv/{method}", json.dumps(body).encode(), headers)
        # Loopback is never reached through a proxy that the environment names.
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            return json.load(answer)
