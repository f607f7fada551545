#!/usr/bin/env python3
"""Runs a Kubernetes control plane on free ports of loopback until standard input ends, or SIGTERM or SIGINT arrives.

When it is ready it prints one line of JSON, then answers each line of standard input by another; README.md has the commands.
"""
import argparse
import json
import os
import pathlib
import select
import shutil
import signal
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # Nothing is written into the tree.
from nodes import set_nodes
from plane import CLIENTS, Plane

HERE = pathlib.Path(__file__).resolve().parent
OPTIONAL = set(CLIENTS)
LONGEST_COMMAND = 1000


def peers():
    return pathlib.Path(os.environ.get("CAPSTAN_PEERS") or pathlib.Path.home() / ".cache/capstan/peers")


def version_of(module, source):
    """The version of a module that go.mod in the folder `source` asks for."""
    for line in (HERE / source / "go.mod").read_text().splitlines():
        words = line.removeprefix("require").split()
        if len(words) >= 2 and words[0] == module:
            return words[1]
    raise RuntimeError(f"{HERE / source / 'go.mod'}: expected a line that requires {module}")


def installed(path):
    if not path.exists():
        raise RuntimeError(f"{path} is not there: run {HERE / 'install'}")
    return path


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--directory", type=pathlib.Path,
                        help="an empty directory for everything, kept at the end (default: a temporary one)")
    parser.add_argument("--nodes", type=int, default=0, metavar="N", help="how many kwok nodes to begin with")
    parser.add_argument("--without", default="", metavar="PARTS", help=f"parts to leave out, by commas: {', '.join(sorted(OPTIONAL))}")
    parser.add_argument("--istio", action="store_true", help="install Istio's custom resource definitions")
    parser.add_argument("--binaries", type=pathlib.Path,
                        help="where kube-apiserver and the others are (default: where ./install puts them)")
    given = parser.parse_args()
    given.without = {part for part in given.without.split(",") if part}
    if given.without - OPTIONAL:
        parser.error(f"--without: expected some of {', '.join(sorted(OPTIONAL))}, got {', '.join(sorted(given.without - OPTIONAL))}")
    return given


def empty_directory(given):
    if given is None:
        return pathlib.Path(tempfile.mkdtemp(prefix="capstan-kubernetes-"))
    given.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(given.iterdir()):
        raise RuntimeError(f"expected an empty directory, {given} has something in it")
    return given.resolve()


def install_istio(plane):
    definitions = installed(peers() / "istio" / version_of("istio.io/api", "istio") / "customresourcedefinitions.gen.yaml")
    plane.kubectl("create", "--filename", definitions)
    plane.kubectl("wait", "--for=condition=Established", "--timeout=120s", "customresourcedefinitions", "--all")


def obey(plane, line):
    """Does what one line asks for; its answer."""
    began = time.monotonic()
    answer = {}
    match line.split():
        case ["start", name]:
            plane.start_component(name)
        case ["stop", name]:
            plane.stop_component(name)
        case ["restart", name]:
            plane.stop_component(name)
            plane.start_component(name)
        case ["compact", "etcd"]:
            answer["revision"] = plane.compact_store()
        case ["nodes", count]:
            set_nodes(plane, int(count))
        case _:
            raise ValueError(f"expected 'start|stop|restart PART', 'compact etcd' or 'nodes N', got '{line}'")
    return {"done": line, **answer, "pids": plane.pids(), "seconds": round(time.monotonic() - began, 2)}


def lines_of(descriptor, idle):
    """The lines that arrive, until the end; calls `idle` once a second."""
    rest = b""
    while True:
        readable, _, _ = select.select([descriptor], [], [], 1)
        idle()
        if not readable:
            continue
        arrived = os.read(descriptor, 4096)
        if not arrived:
            return
        *complete, rest = (rest + arrived).split(b"\n")
        if len(rest) > LONGEST_COMMAND:
            raise RuntimeError(f"expected a command of at most {LONGEST_COMMAND} bytes")
        yield from (line.decode(errors="replace").strip() for line in complete if line.strip())


def tell(answer):
    print(json.dumps(answer), flush=True)


def serve(plane, given):
    began = time.monotonic()
    plane.start()
    if given.istio:
        install_istio(plane)
    set_nodes(plane, given.nodes)
    tell({"kubeconfig": str(plane.kubeconfig), "limited_kubeconfig": str(plane.limited_kubeconfig), "server": plane.server,
          "kubectl": str(plane.binaries / "kubectl"), "pids": plane.pids(), "directory": str(plane.directory),
          "seconds": round(time.monotonic() - began, 2)})
    for line in lines_of(sys.stdin.fileno(), plane.check):
        try:
            tell(obey(plane, line))
        except Exception as problem:  # A command that fails leaves the plane as it is; the next one may mend it.
            tell({"error": str(problem), "pids": plane.pids()})


def leave(number, _):
    raise SystemExit(128 + number)


def main():
    given = options()
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    binaries = installed(given.binaries or peers() / "kubernetes" / version_of("k8s.io/kubernetes", "binaries") / "bin")
    directory = empty_directory(given.directory)
    plane = Plane(directory, binaries, given.without)
    try:
        serve(plane, given)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        plane.end()
        if given.directory is None:
            shutil.rmtree(directory, ignore_errors=True)


try:
    main()
except RuntimeError as problem:
    sys.exit(f"control_plane.py: {problem}")
