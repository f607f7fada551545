"""Requests to a Kubernetes API server, with the credentials of a kubeconfig that control_plane.py wrote."""
import base64
import http.client
import json
import os
import ssl
import urllib.parse

TIMEOUT_SECONDS = 30


class ApiError(RuntimeError):
    """The server refused; `status` is HTTP's."""

    def __init__(self, status, message):
        super().__init__(f"{status}: {message}")
        self.status = status


def write_kubeconfig(path, server, authority, user):
    """`user` is what kubeconfig calls so: a token, or a certificate and its key. JSON is YAML, and Python reads JSON."""
    path.write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "plane",
        "clusters": [{"name": "plane", "cluster": {"server": server, "certificate-authority-data": encoded(authority)}}],
        "users": [{"name": "user", "user": user}],
        "contexts": [{"name": "plane", "context": {"cluster": "plane", "user": "user", "namespace": "default"}}],
    }, indent=2))
    path.chmod(0o600)


def certificate_user(certificate, key):
    return {"client-certificate-data": encoded(certificate), "client-key-data": encoded(key)}


def encoded(path):
    return base64.b64encode(path.read_bytes()).decode()


def tls_of(cluster, user):
    context = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    if "client-key-data" in user:
        # Python takes a key from a file only; this one is in memory and ours alone.
        descriptor = os.memfd_create("key")
        with open(descriptor, "wb") as file:
            file.write(base64.b64decode(user["client-certificate-data"]) + base64.b64decode(user["client-key-data"]))
            file.flush()
            context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    return context


class Api:
    """One connection, for one thread. After a failure the next request opens another; none is sent twice."""

    def __init__(self, kubeconfig):
        with open(kubeconfig) as file:
            config = json.load(file)
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.server = urllib.parse.urlsplit(cluster["server"])
        self.context = tls_of(cluster, user)
        self.headers = {"Content-Type": "application/json"}
        if "token" in user:
            self.headers["Authorization"] = "Bearer " + user["token"]
        self.connection = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def request(self, method, path, body=None, accept="application/json"):
        """The answer's JSON, or its text where it has none."""
        try:
            status, answer = self._exchange(method, path, None if body is None else json.dumps(body), accept)
        except (http.client.HTTPException, OSError):
            self.close()
            raise
        if status >= 400:
            raise ApiError(status, message_of(answer))
        try:
            return json.loads(answer)
        except ValueError:
            return answer.decode()

    def _exchange(self, method, path, text, accept):
        if self.connection is None:
            host, port = self.server.hostname, self.server.port
            self.connection = http.client.HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=self.context)
        self.connection.request(method, path, text, {"Accept": accept, **self.headers})
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def get(self, path, accept="application/json"):
        return self.request("GET", path, accept=accept)

    def create(self, path, body):
        return self.request("POST", path, body)

    def create_if_absent(self, path, body):
        try:
            return self.create(path, body)
        except ApiError as refusal:
            if refusal.status != 409:
                raise
            return None

    def delete(self, path):
        return self.request("DELETE", path)


def message_of(answer):
    try:
        return json.loads(answer)["message"]
    except (ValueError, KeyError, TypeError):
        return answer.decode(errors="replace")[:400]
