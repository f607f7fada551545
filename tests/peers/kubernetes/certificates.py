"""The certificates of a control plane, made by openssl: one authority, and what it signed."""
import os
import pathlib
import subprocess

DAYS = "30"
# Without a file of its own openssl would read the machine's, which adds extensions.
CONFIG = "[req]\ndistinguished_name = name\n[name]\n"


class Authority:
    """Makes keys and certificates in `directory`; a certificate NAME is in NAME.crt, its key in NAME.key."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(mode=0o700)
        (self.directory / "openssl.cnf").write_text(CONFIG)
        self._make("ca", "/CN=capstan-test-authority", ["basicConstraints=critical,CA:true", "keyUsage=critical,keyCertSign"])
        self.certificate = self.directory / "ca.crt"

    def server(self, name, alternative_names):
        return self._make(name, f"/CN={name}", [f"subjectAltName={alternative_names}", "extendedKeyUsage=serverAuth"], signed=True)

    def client(self, name, user, group=None):
        subject = f"/O={group}/CN={user}" if group else f"/CN={user}"
        return self._make(name, subject, ["extendedKeyUsage=clientAuth"], signed=True)

    def _make(self, name, subject, extensions, signed=False):
        certificate, key = self.directory / f"{name}.crt", self.directory / f"{name}.key"
        command = ["openssl", "req", "-x509", "-config", self.directory / "openssl.cnf", "-days", DAYS, "-subj", subject]
        command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate]
        for extension in extensions:
            command += ["-addext", extension]
        if signed:
            command += ["-CA", self.directory / "ca.crt", "-CAkey", self.directory / "ca.key"]
        made = subprocess.run(command, capture_output=True, text=True, env={"PATH": os.environ["PATH"], "HOME": str(self.directory)})
        if made.returncode != 0:
            raise RuntimeError(f"openssl could not make the certificate '{name}': {made.stderr.strip()[-400:]}")
        return certificate, key
