"""`capstan secret`: with one that runs and without, in the sealed store and in a Vault; killed while it changes the key."""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import unittest

from server import Vault

CAPSTAN = sys.argv.pop(1)
PATIENCE = 60
VALUE = "open-sesame ß 비밀"


class Site:
    """A directory with settings and data, whether or not a Capstan runs on it."""

    def __init__(self, settings="", environment=None):
        self.kept = tempfile.TemporaryDirectory()
        self.directory = pathlib.Path(self.kept.name)
        self.data = self.directory / "data"
        self.config = self.directory / "config"
        self.config.mkdir()
        self.set(settings)
        self.environment = {**os.environ, **(environment or {})}
        self.process = None

    def set(self, settings):
        (self.config / "settings.yaml").write_text(settings or "host: { logs: [] , journal: false }\n")

    def start(self):
        self.log = open(self.directory / "log", "a")
        self.process = subprocess.Popen([CAPSTAN, "run", "--listen", "127.0.0.1:0", "--data", self.data, "-c", self.config],
                                        stdout=self.log, stderr=self.log, cwd=self.directory, env=self.environment)
        # Not by a command that would open the directory itself while nobody holds it yet.
        self.wait("it answers", lambda: self.run("status").returncode == 0)

    def wait(self, what, holds):
        end = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > end:
                raise RuntimeError(f"waited {PATIENCE} s until {what}:\n{(self.directory / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(PATIENCE)
            self.log.close()
            self.process = None

    def clean(self):
        self.stop()
        self.kept.cleanup()

    def run(self, *words, stdin=""):
        command = [CAPSTAN, *words, "--data", self.data]
        if words[0] == "secret":
            command += ["-c", self.config]
        return subprocess.run(command, capture_output=True, text=True, input=stdin, env=self.environment)

    def secret(self, *words, stdin=""):
        done = self.run("secret", *words, stdin=stdin)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return done.stdout

    def json(self, *words, stdin=""):
        return json.loads(self.secret(*words, "--json", stdin=stdin))

    def value(self, path, field="password", *more):
        return self.secret("get", path, "--field", field, "--reveal", *more)[:-1]


class SealedTest(unittest.TestCase):
    def site(self, settings=""):
        site = Site(settings)
        self.addCleanup(site.clean)
        return site

    def test_does_the_same_while_capstan_runs_and_while_not(self):
        for runs in (False, True):
            with self.subTest(runs=runs):
                site = self.site()
                if runs:
                    site.start()
                self.assertEqual(site.secret("list"), "")
                self.assertIn("version 1", site.secret("put", "trial/portal", "user", "password", stdin=f"alice\n{VALUE}\n"))
                self.assertEqual(site.value("trial/portal"), VALUE)
                self.assertNotIn("sesame", site.secret("get", "trial/portal"))
                self.assertEqual(site.json("put", "trial/portal", "password", "--version", "1", stdin="second")["version"], 2)
                late = site.run("secret", "put", "trial/portal", "password", "--version", "1", stdin="third")
                self.assertEqual(late.returncode, 1)
                self.assertIn("expected version 1, but the newest is 2", late.stderr)
                self.assertEqual(site.value("trial/portal", "user"), "alice")
                self.assertEqual(site.value("trial/portal", "password", "--version", "1"), VALUE)
                self.assertEqual(site.secret("list", "trial/"), "portal\n")
                self.assertEqual(len(site.json("versions", "trial/portal")["versions"]), 2)
                site.secret("delete", "trial/portal", "--version", "1", "--destroy")
                self.assertIn("was destroyed", site.run("secret", "get", "trial/portal", "--version", "1").stderr)
                site.secret("rekey")
                self.assertEqual(site.value("trial/portal"), "second")
                self.assertRegex(site.secret("generate"), r"^\S{24}\n$")
                site.secret("generate", "trial/made")
                self.assertEqual(len(site.value("trial/made")), 24)
                site.secret("delete", "trial/portal", "--all")
                self.assertEqual(site.run("secret", "get", "trial/portal").returncode, 1)
                site.stop()
                self.check_facts(site)

    def check_facts(self, site):
        site.start()
        question = "SELECT kind, subject, body, actor FROM fact WHERE kind LIKE 'secret.%' ORDER BY seq"
        site.wait("questions are answered", lambda: site.run("sql", question).returncode == 0)
        asked = site.run("sql", question, "--json")
        rows = json.loads(asked.stdout)["rows"]
        kinds = [row[0] if isinstance(row, list) else row["kind"] for row in rows]
        self.assertEqual([kinds.count(kind) for kind in ("secret.written", "secret.deleted", "secret.rekeyed")], [3, 2, 1])
        self.assertIn("secret.revealed", kinds)
        self.assertNotIn("sesame", json.dumps(rows))
        site.stop()
        for file in site.directory.rglob("*"):
            if file.is_file():
                self.assertNotIn(b"open-sesame", file.read_bytes(), file)

    def test_goes_on_with_what_was_written_before_it_started(self):
        site = self.site()
        site.secret("put", "a", "password", stdin=VALUE)
        site.start()
        self.assertEqual(site.value("a"), VALUE)
        self.assertEqual(oct((site.data / "secrets.key").stat().st_mode & 0o777), "0o600")

    def test_needs_to_be_told_to_reveal_or_to_delete_all(self):
        site = self.site()
        site.secret("put", "a", "password", stdin=VALUE)
        for words in (("get", "a", "--field", "password"), ("delete", "a"), ("delete", "a", "--all", "--version", "1")):
            self.assertEqual(site.run("secret", *words).returncode, 1, words)
        self.assertEqual(site.value("a"), VALUE)

    def test_a_setting_with_a_mistake_writes_nothing_anywhere(self):
        site = self.site("secrets: { kee: x }\n")
        self.assertIn("kee", site.run("secret", "put", "a", "password", stdin=VALUE).stderr)
        site.set("vault: {\n")
        self.assertEqual(site.run("secret", "put", "a", "password", stdin=VALUE).returncode, 1)
        self.assertFalse((site.data / "secrets.sealed").exists())

    def test_policies_of_the_settings_and_of_packs_make_passwords(self):
        site = self.site('secrets: { policies: { portal: { parts: [ { charset: letters, length: 6 }, { charset: digits, length: 4 } ],'
                         ' forbid: "0O1lI" } } }\n')
        self.assertRegex(site.secret("generate", "--policy", "portal"), r"^[a-km-zA-HJ-NP-Z]{6}[2-9]{4}\n$")
        self.assertRegex(site.secret("generate", "--policy", "trial"), r"^([A-Z][a-z]{2}){3}[0-9]{2}\S[0-9]{2}\S\n$")
        self.assertIn("no password policy", site.run("secret", "generate", "--policy", "missing").stderr)

    def test_another_key_is_told_and_the_right_one_opens(self):
        site = self.site()
        site.secret("put", "a", "password", stdin=VALUE)
        key = site.directory / "key"
        key.write_text("a passphrase that is long enough\n")
        key.chmod(0o600)
        site.secret("rekey", "--key", f"file:{key}")
        self.assertIn("sealed with another key", site.run("secret", "get", "a").stderr)
        site.set(f"secrets: {{ key: 'file:{key}' }}\n")
        self.assertEqual(site.value("a"), VALUE)

    def test_a_change_of_the_key_that_is_killed_leaves_a_store_that_opens(self):
        site = self.site()
        for number in range(20):
            site.secret("put", f"s/{number}", "password", stdin=f"{VALUE} {number}")
        chance = random.Random(4)
        start = time.monotonic()
        site.secret("rekey")
        whole = time.monotonic() - start
        ended = 0
        for number in range(40):
            process = subprocess.Popen([CAPSTAN, "secret", "rekey", "--data", site.data, "-c", site.config],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=site.environment)
            try:
                ended += process.wait(whole * (0.5 + 0.7 * chance.random())) == 0
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self.assertEqual(site.value(f"s/{number % 20}"), f"{VALUE} {number % 20}", f"after {number} kills")
        self.assertLess(ended, 40)
        self.assertFalse((site.data / "secrets.key.next").exists())


class InAVaultTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.directory.cleanup)
        cls.vault = Vault(cls.directory.name)
        cls.addClassCleanup(cls.vault.stop)
        cls.vault.command("secrets", "enable", "-path=secret", "kv-v2")
        cls.vault.wait("the engine is there", lambda: cls.vault.run("kv", "put", "-mount=secret", "first", "p=1").returncode == 0)

    def site(self):
        site = Site(f"vault: {{ address: '{self.vault.address}', ca: '{self.vault.authority.certificate}', auth: {{ token: env:T }} }}\n",
                    {"T": self.vault.root})
        self.addCleanup(site.clean)
        return site

    def test_secrets_are_in_the_vault_whether_capstan_runs_or_not(self):
        for runs in (False, True):
            with self.subTest(runs=runs):
                site = self.site()
                if runs:
                    site.start()
                path = f"by/capstan-{runs}"
                site.secret("put", path, "password", stdin=VALUE)
                theirs = self.vault.hvac().secrets.kv.v2.read_secret_version(path=path, raise_on_deleted_version=True)
                self.assertEqual(theirs["data"]["data"], {"password": VALUE})
                self.vault.command("kv", "patch", "-mount=secret", path, "password=theirs")
                self.assertEqual(site.value(path), "theirs")
                self.assertFalse((site.data / "secrets.sealed").exists())
                self.assertIn("keys of its own", site.run("secret", "rekey").stderr)

    @staticmethod
    def source(site):
        sources = json.loads(site.run("status", "--json").stdout)["sources"]
        return next((one for one in sources if one["name"] == "vault"), {"error": "", "state": ""})

    def test_a_sealed_vault_is_a_failing_source_until_it_is_open(self):
        site = self.site()
        site.start()
        self.vault.command("operator", "seal")
        try:
            self.assertIn("sealed", site.run("secret", "get", "first").stderr)
            site.wait("the source fails", lambda: "sealed" in self.source(site)["error"])
        finally:
            self.vault.unseal()
        site.wait("it is well again", lambda: site.run("secret", "get", "first").returncode == 0)
        site.wait("the source is well", lambda: self.source(site)["state"] == "ok")
        log = (site.directory / "log").read_text()
        self.assertNotIn(self.vault.root, log)


if __name__ == "__main__":
    unittest.main()
