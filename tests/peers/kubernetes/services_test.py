#!/usr/bin/env python3
"""Capstan beside a real control plane says who calls whom: the objects are the cluster's, and a page gives what the
proxies of a mesh would have counted, in Istio's own names and labels.

services_test.py CAPSTAN_BINARY
"""
import http.server
import json
import sys
import tempfile
import threading
import time
import unittest

from running_capstan import Capstan
from running_plane import RunningPlane, deployment, wait_until

BINARY = sys.argv.pop(1)
BUCKETS = {"5": 0.5, "10": 0.9, "100": 1.0, "+Inf": 1.0}  # Shares of the requests that were so fast, in milliseconds.


class Mesh(http.server.BaseHTTPRequestHandler):
    """Counters that grow with time: 10 requests a second from web to cart, of which one in five fails."""
    began = time.monotonic()

    def do_GET(self):
        body = ("# TYPE istio_requests_total counter\n"
                "# TYPE istio_request_duration_milliseconds histogram\n" + "\n".join(self.lines()) + "\n").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def lines(self):
        seconds = time.monotonic() - self.began
        for reporter in ("source", "destination"):
            for code, per_second in (("200", 8), ("503", 2)):
                yield line("istio_requests_total", per_second * seconds, call(reporter, "web", "cart", code))
            for bound, part in BUCKETS.items():
                labels = call(reporter, "web", "cart", "200", le=bound)
                yield line("istio_request_duration_milliseconds_bucket", 8 * seconds * part, labels)
        yield line("istio_tcp_sent_bytes_total", 2048 * seconds, call("source", "cart", "redis.example.com", protocol="tcp"))

    def log_message(self, *_):
        pass


def call(reporter, caller, callee, code="", protocol="http", **more):
    labels = {"reporter": reporter, "source_workload": caller, "source_workload_namespace": "default", "source_cluster": "Kubernetes",
              "destination_workload": callee, "destination_workload_namespace": "default", "destination_cluster": "Kubernetes",
              "destination_service": f"{callee}.default.svc.cluster.local", "destination_service_name": callee,
              "destination_service_namespace": "default", "request_protocol": protocol, "response_code": code, "response_flags": "-",
              "connection_security_policy": "mutual_tls" if reporter == "destination" else "unknown"}
    return {name: value for name, value in (labels | more).items() if value}


def line(name, value, labels):
    return name + "{" + ",".join(f'{key}="{text}"' for key, text in labels.items()) + f"}} {value}"


class ShowsWhoCallsWhom(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.mesh = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mesh)
        threading.Thread(target=cls.mesh.serve_forever, daemon=True).start()
        cls.plane = RunningPlane("--nodes", "2")
        cls.directory = tempfile.TemporaryDirectory()
        settings = f"---\nscrape:\n  targets: ['127.0.0.1:{cls.mesh.server_port}']\n  scrape_interval: 1s\n"
        cls.capstan = Capstan(BINARY, cls.directory.name, cls.plane.ready["kubeconfig"], settings)
        for name in ("web", "cart"):
            cls.deploy(name)
            cls.plane.request("POST", "/api/v1/namespaces/default/services",
                              {"metadata": {"name": name}, "spec": {"selector": {"app": name}, "ports": [{"port": 80}]}})
        cls.deploy("worker", [{"name": "WEB", "value": "http://web:80/api"}])

    @classmethod
    def tearDownClass(cls):
        cls.capstan.kill()
        cls.plane.end()
        cls.mesh.shutdown()
        cls.directory.cleanup()

    @classmethod
    def deploy(cls, name, env=()):
        one = deployment(name, 2)
        one["spec"]["template"]["spec"]["containers"][0]["env"] = list(env)
        cls.plane.request("POST", "/apis/apps/v1/namespaces/default/deployments", one)

    def graph(self, *arguments):
        return json.loads(self.capstan.run("services", "-o", "json", "--window", "15s", *arguments))

    def calls(self):
        """By the names of both ends; while something is missing, nothing."""
        try:
            answer = self.graph()
        except Exception:
            return None
        self.kinds = {one["id"]: (one["kind"], one["known"]) for one in answer["services"]}
        found = {(one["from"].split("/")[-1], one["to"].split("/")[-1]): one for one in answer["calls"]}
        ready = self.capstan.sql("SELECT count(*) FROM relation WHERE kind = 'selects' AND source LIKE 'k8s_service/%/default/%' AND target LIKE 'k8s_pod/%'")
        is_measured = (found.get(("web", "cart"), {}).get("requests_per_second") or 0) > 9.8  # The window is full.
        return found if is_measured and ("worker", "web") in found and ready and ready[0][0] >= 4 else None

    def test_measured_and_declared_calls_join_at_services(self):
        calls = wait_until(self.calls)
        measured = calls["web", "cart"]
        self.assertEqual(self.kinds[measured["from"]], ("k8s_service", True))
        self.assertEqual(self.kinds[measured["to"]], ("k8s_service", True))
        self.assertEqual((measured["protocol"], measured["known_by"]), ("http", ["istio"]))
        self.assertAlmostEqual(measured["requests_per_second"], 10, delta=0.5)
        self.assertAlmostEqual(measured["error_ratio"], 0.2, delta=0.02)
        self.assertAlmostEqual(measured["p50_seconds"], 0.005, delta=0.0005)
        self.assertAlmostEqual(measured["p95_seconds"], 0.055, delta=0.005)
        declared = calls["worker", "web"]
        self.assertEqual(self.kinds[declared["from"]], ("k8s_deployment", True))  # Nothing leads to it.
        self.assertEqual((declared["known_by"], declared["requests_per_second"]), (["relations"], None))
        outside = calls["cart", "redis.example.com"]
        self.assertEqual(self.kinds[outside["to"]], ("", False))
        self.assertAlmostEqual(outside["bytes_per_second"], 2048, delta=100)
        self.assertIn("web", self.capstan.run("services"))
        text = self.capstan.run("services", "-n", "default", "--window", "15s")
        row = next(one for one in text.splitlines() if one.startswith("default/web "))
        self.assertRegex(row, r"default/web +default/cart +http +(9|10)(\.\d+)? +(19|20)(\.\d)?% +[45](\.\d+)?ms")
        self.assertEqual(self.graph("-n", "elsewhere")["calls"], [])
        rows = self.capstan.sql("SELECT s.name FROM service_calls('15s') c JOIN k8s_service s ON s.id = c.callee WHERE c.error_ratio > 0.1")
        self.assertEqual(rows, [["cart"]])


if __name__ == "__main__":
    unittest.main()
