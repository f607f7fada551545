"""Processes that never outlive the one that started them, and ports for them to listen at."""
import ctypes
import os
import random
import signal
import socket
import subprocess

PR_SET_PDEATHSIG = 1
# Below the range from which the kernel gives ports to clients, so that a port stays free while its server restarts.
PORTS = range(20000, 30000)
libc = ctypes.CDLL(None)


class PortTaken(RuntimeError):
    """Somebody took a port between our look and the server's start."""


def free_ports(count):
    """So many ports of loopback at which nobody listens now."""
    found = []
    for port in random.sample(PORTS, 1000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError(f"expected {count} free ports of 127.0.0.1 from {PORTS.start} to {PORTS.stop - 1}, found {len(found)}")


def die_with(parent):
    """For a child just forked by `parent`: the kernel kills it when the parent ends, however it ends."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def environment(directory):
    """Lets a child write below `directory` only."""
    return {"PATH": os.environ["PATH"], "HOME": str(directory), "TMPDIR": str(directory)}


class Component:
    """One server; its output is in NAME.log of its directory, over all restarts."""

    def __init__(self, name, command, directory):
        self.name = name
        self.command = [str(word) for word in command]
        self.directory = directory
        self.log = directory / f"{name}.log"
        self.process = None

    def start(self):
        parent = os.getpid()
        with open(self.log, "ab") as log:
            # A session of its own: Ctrl-C in a terminal reaches us alone, and we end in order.
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory,
                                            env=environment(self.directory), start_new_session=True,
                                            preexec_fn=lambda: die_with(parent))

    def running(self):
        return self.process is not None and self.process.poll() is None

    def died(self):
        """Whether it ended without having been told to."""
        return self.process is not None and self.process.poll() is not None

    def need_running(self):
        if not self.died():
            return
        tail = self.log_tail()
        kind = PortTaken if "address already in use" in tail else RuntimeError
        raise kind(f"{self.name} ended with status {self.process.returncode}; the end of {self.log}:\n{tail}")

    def log_tail(self):
        with open(self.log, "rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - 4000))
            return log.read().decode(errors="replace")

    def stop(self, patience=20):
        """Asks it to end, and kills it when it does not within `patience` seconds."""
        if self.running():
            self.process.terminate()
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                pass
        self.kill()

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.process = None
