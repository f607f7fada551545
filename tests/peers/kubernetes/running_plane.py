"""control_plane.py as tests use it."""
import json
import os
import pathlib
import subprocess
import sys
import time

from kube_api import Api

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE_SECONDS = 120


def wait_until(holds):
    """The first true answer of `holds`."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := holds()):
        if time.monotonic() > end:
            raise AssertionError(f"waited {PATIENCE_SECONDS} s in vain")
        time.sleep(0.2)
    return found


class RunningPlane:
    """A plane that ends with `end`."""

    def __init__(self, *arguments):
        command = [sys.executable, HERE / "control_plane.py", *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"the plane did not start: status {self.process.wait()}")
        self.ready = json.loads(line)

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def kubectl(self, *arguments):
        # Its cache belongs into the plane's directory, too.
        environment = {"HOME": self.ready["directory"], "PATH": os.environ["PATH"]}
        command = [self.ready["kubectl"], "--kubeconfig", self.ready["kubeconfig"], *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout

    def request(self, method, path, body=None, kubeconfig="kubeconfig"):
        with Api(self.ready[kubeconfig]) as api:
            return api.request(method, path, body)

    def get(self, path):
        return self.request("GET", path)

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(60)


def deployment(name, replicas):
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "registry.example/app:1"}]}}
    return {"metadata": {"name": name}, "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}}
