#!/usr/bin/env python3
"""Scrapes the official Python client library, as OpenMetrics, and compares what it counted with what Capstan answers.

client_python_test.py CAPSTAN_BINARY; needs the package prometheus_client (./dev test --peers installs it).
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import prometheus_client as client

binary = sys.argv[1]
registry = client.CollectorRegistry()
counter = client.Counter("orders", "Orders taken.", ["city"], registry=registry)
gauge = client.Gauge("depth", "How deep.", registry=registry)
histogram = client.Histogram("latency_seconds", "How long.", buckets=(0.1, 1.0, 10.0), registry=registry)
summary = client.Summary("size_bytes", "How large.", registry=registry)
info = client.Info("build", "What was built.", registry=registry)
state = client.Enum("task", "What it does.", states=["idle", "busy"], registry=registry)

counter.labels('back\\slash "quote" \n line').inc(3)
counter.labels("서울").inc(2.5, exemplar={"trace_id": "abc"})
gauge.set(-0.0000125)
for value in (0.05, 0.5, 5, 50):
    histogram.observe(value)
summary.observe(7)
info.info({"version": "1.2.3"})
state.state("busy")
server, _ = client.start_http_server(0, addr="127.0.0.1", registry=registry)
port = server.server_port

EXPECTED = {
    'orders_total{city="back\\\\slash \\"quote\\" \\n line"}': 3,
    'orders_total{city="서울"}': 2.5,
    "depth": -0.0000125,
    'latency_seconds_bucket{le="0.1"}': 1,
    'latency_seconds_bucket{le="1.0"}': 2,
    'latency_seconds_bucket{le="+Inf"}': 4,
    "latency_seconds_sum": 55.55,
    "size_bytes_count": 1,
    'build_info{version="1.2.3"}': 1,
    'task{task="busy"}': 1,
    'task{task="idle"}': 0,
    f'up{{instance="127.0.0.1:{port}"}}': 1,
}


def ask(data, expression):
    answer = subprocess.run([binary, "query", expression, "--data", data, "--json"], capture_output=True, text=True)
    if answer.returncode != 0:
        return None
    result = json.loads(answer.stdout)["data"]["result"]
    return float(result[0]["value"][1]) if len(result) == 1 else None


def check(data):
    """What is not as it was counted."""
    found = {expression: ask(data, expression) for expression in EXPECTED}
    return {expression: value for expression, value in found.items() if value is None or abs(value - EXPECTED[expression]) > 1e-12}


with tempfile.TemporaryDirectory() as directory:
    config = pathlib.Path(directory, "config")
    config.mkdir()
    (config / "site.yaml").write_text(f'scrape:\n  targets: ["127.0.0.1:{port}"]\n  scrape_interval: 1s\n')
    data = str(pathlib.Path(directory, "data"))
    with subprocess.Popen([binary, "run", "-c", str(config), "--data", data, "--listen", "127.0.0.1:0"], stdout=subprocess.DEVNULL) as running:
        try:
            wrong = dict(EXPECTED)
            end = time.monotonic() + 60
            while wrong and time.monotonic() < end:
                time.sleep(0.5)
                wrong = check(data)
        finally:
            running.terminate()
for expression, value in wrong.items():
    print(f"{expression}: expected {EXPECTED[expression]}, got {value}")
print(f"{len(EXPECTED) - len(wrong)} passed, {len(wrong)} failed")
sys.exit(1 if wrong else 0)
