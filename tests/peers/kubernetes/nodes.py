"""The nodes on which kwok pretends to run pods."""
import re

MOST_NODES = 5000  # What Kubernetes itself is made for.
ZONES = ("zone-a", "zone-b", "zone-c")
RESOURCES = {"cpu": "64", "memory": "256Gi", "ephemeral-storage": "1Ti", "pods": "250"}
NAME = re.compile(r"node-\d{4}")


def node(number):
    name = f"node-{number:04}"
    return {
        "metadata": {
            "name": name,
            "labels": {
                "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
                "node.kubernetes.io/instance-type": "kwok", "topology.kubernetes.io/region": "region-1",
                "topology.kubernetes.io/zone": ZONES[number % len(ZONES)],
            },
            "annotations": {"kwok.x-k8s.io/node": "fake"},
        },
        "status": {"capacity": RESOURCES, "allocatable": RESOURCES,
                   "addresses": [{"type": "InternalIP", "address": f"192.168.{number // 250}.{number % 250 + 1}"},
                                 {"type": "Hostname", "address": name}]},
    }


def set_nodes(plane, count):
    """Makes node-0000 to node-COUNT-1 be there and ready, and no other of ours."""
    if not 0 <= count <= MOST_NODES:
        raise ValueError(f"expected 0 to {MOST_NODES} nodes, got {count}")
    wanted = {f"node-{number:04}": number for number in range(count)}
    with plane.api() as api:
        present = {item["metadata"]["name"] for item in api.get("/api/v1/nodes")["items"]}
        for name, number in wanted.items():
            if name not in present:
                api.create("/api/v1/nodes", node(number))
        for name in present - wanted.keys():
            if NAME.fullmatch(name):
                api.delete(f"/api/v1/nodes/{name}")
    if "kwok" in plane.components:
        plane.wait_until(lambda: ready_nodes(plane) >= wanted.keys(), f"{count} nodes to be ready")


def ready_nodes(plane):
    """The names of the nodes that would take a pod."""
    return {item["metadata"]["name"] for item in plane.get("/api/v1/nodes")["items"]
            if any(condition["type"] == "Ready" and condition["status"] == "True" for condition in item["status"].get("conditions", []))
            and not item["spec"].get("taints")}
