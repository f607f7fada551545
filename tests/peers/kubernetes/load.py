#!/usr/bin/env python3
"""Fills a control plane with services and pods through its API, and says how long that took, as one line of JSON.

Service I selects the pods I, I+S, I+2S … of S services, by the label app=app-I; they are spread over namespaces load-0 and on.
Running it again adds what is not there yet.
"""
import argparse
import concurrent.futures
import json
import sys
import threading
import time

sys.dont_write_bytecode = True  # Nothing is written into the tree.
from kube_api import Api, ApiError

RETRY_SECONDS = 60
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
thread = threading.local()


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kubeconfig", required=True)
    parser.add_argument("--services", type=int, default=0)
    parser.add_argument("--pods", type=int, default=0)
    parser.add_argument("--deployments", type=int, default=0, help="let so many deployments make the pods (default: bare pods)")
    parser.add_argument("--namespaces", type=int, default=10)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--no-wait", action="store_true", help="do not wait until the pods run")
    return parser.parse_args()


def connect(kubeconfig):
    thread.api = Api(kubeconfig)  # Closed by the end of the program.


def create(work):
    """Creates one object; waits where the server is busy, or has not made its namespace's service account yet."""
    path, body = work
    end = time.monotonic() + RETRY_SECONDS
    while True:
        try:
            return thread.api.create_if_absent(path, body)
        except ApiError as refusal:
            passing = refusal.status == 429 or (refusal.status == 403 and "serviceaccount" in str(refusal))
            if not passing or time.monotonic() > end:
                raise
        time.sleep(0.2)


def namespace_of(given, app):
    return f"load-{app % given.namespaces}"


def pod_body(app):
    # What the scheduler and quotas look at, and nothing that a kubelet alone would see.
    container = {"name": "main", "image": "registry.example/app:1", "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}}}
    return {"metadata": {"labels": {"app": f"app-{app}", "load": "yes"}}, "spec": {"containers": [container]}}


def namespaces(given):
    for number in range(given.namespaces):
        yield "/api/v1/namespaces", {"metadata": {"name": f"load-{number}"}}


def services(given):
    for app in range(given.services):
        yield f"/api/v1/namespaces/{namespace_of(given, app)}/services", {
            "metadata": {"name": f"service-{app}", "labels": {"load": "yes"}},
            "spec": {"selector": {"app": f"app-{app}"}, "ports": [{"port": 80, "targetPort": 8080}]}}


def pods(given):
    for number in range(given.pods):
        app = number % max(given.services, 1)
        body = pod_body(app)
        body["metadata"]["name"] = f"pod-{number}"
        yield f"/api/v1/namespaces/{namespace_of(given, app)}/pods", body


def deployments(given):
    for number in range(given.deployments):
        app = number % max(given.services, 1)
        # The first ones get one pod more where it does not come out even.
        replicas = given.pods // given.deployments + (number < given.pods % given.deployments)
        yield f"/apis/apps/v1/namespaces/{namespace_of(given, app)}/deployments", {
            "metadata": {"name": f"deployment-{number}", "labels": {"load": "yes"}},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": f"app-{app}", "deployment": str(number)}},
                     "template": with_label(pod_body(app), "deployment", str(number))}}


def with_label(body, name, value):
    body["metadata"]["labels"][name] = value
    return body


def count(api, selection):
    """How many of our pods a field selector selects; of each only the metadata is sent."""
    found = api.get(f"/api/v1/pods?labelSelector=load%3Dyes&resourceVersion=0&fieldSelector={selection}", METADATA_ONLY)
    return len(found["items"] or [])  # An empty list is null here.


def missing(api, given):
    """How many pods do not run yet."""
    if given.deployments:
        made = api.get("/apis/apps/v1/deployments?labelSelector=load%3Dyes")["items"]
        return given.pods - sum(item["status"].get("availableReplicas", 0) for item in made)
    return count(api, "status.phase!%3DRunning") or given.pods - count(api, "status.phase%3DRunning")


def wait_until_running(api, given):
    left, least, since = given.pods, given.pods, time.monotonic()
    while left > 0:
        time.sleep(2)  # A look costs the server a good part of a second where there are many.
        left = missing(api, given)
        if left < least:
            least, since = left, time.monotonic()
        if time.monotonic() - since > RETRY_SECONDS:
            raise SystemExit(f"load.py: {left} of {given.pods} pods do not run, and no other began to for {RETRY_SECONDS} s")


def main():
    given = options()
    took, began = {}, time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(given.connections, initializer=connect, initargs=(given.kubeconfig,)) as pool:
        for kind in (namespaces, services, deployments if given.deployments else pods):
            start = time.monotonic()
            for _ in pool.map(create, kind(given)):
                pass
            took[kind.__name__] = round(time.monotonic() - start, 1)
    if not given.no_wait and given.pods:
        start = time.monotonic()
        with Api(given.kubeconfig) as api:
            wait_until_running(api, given)
        took["running"] = round(time.monotonic() - start, 1)
    print(json.dumps({"services": given.services, "pods": given.pods, "deployments": given.deployments, "took": took,
                      "seconds": round(time.monotonic() - began, 1)}))


main()
