"""A PostgreSQL server of its own, and a way to it that can be cut."""
import glob
import os
import pathlib
import pwd
import signal
import socket
import subprocess
import threading
import time

PROGRAMS = pathlib.Path(sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1])
PASSWORD = "not-to-be-seen-anywhere"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Database:
    def __init__(self, root):
        self.data = root / "postgresql"
        self.log = root / "postgresql.log"
        self.port = free_port()
        self.process = None
        self.account = pwd.getpwnam("postgres").pw_uid if os.geteuid() == 0 else None
        self.data.mkdir()
        secret = root / "secret"
        secret.write_text(PASSWORD)
        if self.account is not None:
            os.chown(self.data, self.account, -1)
            os.chown(secret, self.account, -1)
        self.do("initdb", "-D", self.data, "-U", "capstan", "-A", "scram-sha-256", f"--pwfile={secret}", "--no-sync")
        secret.unlink()
        self.passwords = root / "pgpass"
        self.passwords.write_text(f"127.0.0.1:*:*:capstan:{PASSWORD}\n")
        self.passwords.chmod(0o600)
        self.start()

    def do(self, program, *words):
        subprocess.run([PROGRAMS / program, *words], user=self.account, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def start(self):
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(
                [PROGRAMS / "postgres", "-D", self.data, "-p", str(self.port), "-c", "listen_addresses=127.0.0.1",
                 "-c", "unix_socket_directories=", "-c", "shared_buffers=16MB", "-c", "max_connections=40"],
                user=self.account, stdout=log, stderr=log, cwd="/")
        end = time.monotonic() + 60
        while True:
            try:
                return self.ask("SELECT 1", database="postgres")
            except RuntimeError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def crash(self):
        """As kill -9 of the server: nothing is flushed."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.crash()

    def ask(self, sql, database="capstan"):
        done = subprocess.run([PROGRAMS / "psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "capstan", "-d", database, "-XAtc", sql],
                              env={"PGPASSFILE": str(self.passwords), "PGCONNECT_TIMEOUT": "5"}, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()


class Wire:
    """A TCP connection to the database for one node. Cut, nothing passes and nothing is refused: it is silent."""

    def __init__(self, port):
        self.target = port
        self.open = threading.Event()
        self.open.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.connect, args=(near,), daemon=True).start()

    def connect(self, near):
        self.open.wait()
        try:
            far = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            return near.close()
        for one, other in ((near, far), (far, near)):
            threading.Thread(target=self.carry, args=(one, other), daemon=True).start()

    def carry(self, source, sink):
        try:
            while data := source.recv(65536):
                self.open.wait()
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        self.open.clear()

    def mend(self):
        self.open.set()

    def close(self):
        self.open.set()
        self.listener.close()
