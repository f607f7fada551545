"""A Vault on loopback: with TLS and storage on disk that outlives it, or as a developer starts one."""
import json
import os
import pathlib
import subprocess
import sys
import time

import hvac

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "kubernetes"))
from certificates import Authority  # noqa: E402
from processes import Component, free_ports  # noqa: E402

PEERS = pathlib.Path(os.environ.get("CAPSTAN_PEERS", pathlib.Path.home() / ".cache/capstan/peers"))
PATIENCE = 60


def program():
    found = sorted((PEERS / "vault").glob("v*/vault"))
    if not found:
        raise RuntimeError(f"there is no Vault in {PEERS}: run tests/peers/vault/install")
    return found[-1]


class Vault:
    """Raft storage, one key share; `root` is its root token."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.authority = Authority(self.directory / "certificates")
        certificate, key = self.authority.server("vault", "IP:127.0.0.1")
        self.port, cluster = free_ports(2)
        self.address = f"https://127.0.0.1:{self.port}"
        (self.directory / "raft").mkdir()
        config = self.directory / "vault.hcl"
        config.write_text(f"""
            storage "raft" {{ path = "{self.directory}/raft" node_id = "one" }}
            listener "tcp" {{ address = "127.0.0.1:{self.port}" tls_cert_file = "{certificate}" tls_key_file = "{key}" }}
            api_addr = "{self.address}"
            cluster_addr = "https://127.0.0.1:{cluster}"
            disable_mlock = true
        """)
        self.process = Component("vault", [program(), "server", "-config", config], self.directory)
        self.root = ""
        self.start()
        made = json.loads(self.command("operator", "init", "-key-shares=1", "-key-threshold=1", "-format=json"))
        self.root, self.key = made["root_token"], made["unseal_keys_b64"][0]
        self.unseal()

    def start(self):
        self.process.start()
        self.wait("it listens", lambda: self.run("status").returncode in (0, 2))

    def unseal(self):
        self.command("operator", "unseal", self.key)
        self.wait("it is active", lambda: self.run("read", "sys/leader").returncode == 0
                  and '"is_self": true' in self.run("read", "-format=json", "sys/leader").stdout)

    def restart(self):
        self.process.stop()
        self.start()
        self.unseal()

    def stop(self):
        self.process.stop()

    def run(self, *words, token=None, stdin=None):
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.directory), "VAULT_ADDR": self.address,
                       "VAULT_CACERT": str(self.authority.certificate), "VAULT_TOKEN": token or self.root}
        return subprocess.run([program(), *words], env=environment, capture_output=True, text=True, input=stdin)

    def command(self, *words, **more):
        done = self.run(*words, **more)
        if done.returncode != 0:
            raise RuntimeError(f"vault {' '.join(words[:3])}: {done.stderr.strip()}")
        return done.stdout

    def hvac(self, token=None):
        return hvac.Client(url=self.address, token=token or self.root, verify=str(self.authority.certificate))

    def wait(self, what, holds):
        end = time.monotonic() + PATIENCE
        while not holds():
            self.process.need_running()
            if time.monotonic() > end:
                raise RuntimeError(f"waited {PATIENCE} s until {what}; the end of its log:\n{self.process.log_tail()}")
            time.sleep(0.05)
