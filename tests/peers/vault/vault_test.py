"""What Capstan's client of a Vault writes others read, and the other way round; logins, expiry, a sealed Vault."""
import base64
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

from server import Vault

PROBE = sys.argv.pop(1)
POLICY = """
path "secret/*" { capabilities = ["create", "read", "update", "patch", "delete", "list"] }
path "sys/policies/password/*" { capabilities = ["read"] }
"""
PASSWORDS = """
length = 20
rule "charset" { charset = "abcdefghij" min-chars = 3 }
rule "charset" { charset = "0123456789" min-chars = 4 }
rule "charset" { charset = "!@#" min-chars = 2 }
"""


class Failed(Exception):
    def __init__(self, said):
        super().__init__(f"{said['error']}: {said['message']}")
        self.code, self.message = said["error"], said["message"]


class Probe:
    """Our client, as a process."""

    def __init__(self, vault, auth, references, **more):
        settings = {"address": vault.address, "ca": str(vault.authority.certificate), "auth": auth, **more}
        self.process = subprocess.Popen([PROBE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        opened = self._send({"settings": json.dumps(settings), "references": references})
        if opened is not True:
            raise Failed(opened)

    def _send(self, line):
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def ask(self, what, **more):
        said = self._send({"do": what, **more})
        if "error" in said:
            raise Failed(said)
        return said["ok"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class VaultTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.directory.cleanup)
        cls.vault = Vault(cls.directory.name)
        cls.addClassCleanup(cls.vault.stop)
        command = cls.vault.command
        command("secrets", "enable", "-path=secret", "kv-v2")
        cls.until_ready()
        command("policy", "write", "capstan", "-", stdin=POLICY)
        command("auth", "enable", "approle")
        command("write", "auth/approle/role/capstan", "token_policies=capstan", "token_ttl=300", "token_max_ttl=500")
        cls.role_id = json.loads(command("read", "-format=json", "auth/approle/role/capstan/role-id"))["data"]["role_id"]

    @classmethod
    def until_ready(cls):
        """The engine upgrades itself for a moment after it was made."""
        cls.vault.wait("the engine is there", lambda: cls.vault.run("kv", "list", "-mount=secret", "/").returncode == 2
                       and "upgrad" not in cls.vault.run("kv", "list", "-mount=secret", "/").stderr.lower())

    def probe(self, auth=None, references=None, **more):
        probe = Probe(self.vault, auth or {"token": "env:T"}, references or {"env:T": self.vault.root}, **more)
        self.addCleanup(probe.close)
        return probe

    def secret_id(self, *flags):
        made = json.loads(self.vault.command("write", "-format=json", *flags, "-f", "auth/approle/role/capstan/secret-id"))
        return made["wrap_info"]["token"] if flags else made["data"]["secret_id"]

    def app_role(self, secret_id, **more):
        return self.probe({"approle": {"role_id": "env:R", "secret_id": "env:S", **more}},
                          {"env:R": self.role_id, "env:S": secret_id})

    def refused(self, code, call):
        with self.assertRaises(Failed) as raised:
            call()
        self.assertEqual(raised.exception.code, code, raised.exception.message)
        return raised.exception.message

    def cli(self, path, *flags):
        return json.loads(self.vault.command("kv", "get", "-format=json", *flags, "-mount=secret", path))["data"]

    def test_others_read_what_capstan_writes_and_it_reads_what_they_write(self):
        values = {"user": "alice", "password": "p\"a\\s\n\tß 비밀번호 🔑", "none": ""}
        for path in ("plain", "trial/deep/er", "a@b.example/x+y=z", "semi;colon&and,more"):
            with self.subTest(path):
                self.assertEqual(self.probe().ask("write", path=path, fields=values), 1)
                self.assertEqual(self.cli(path)["data"], values)
                read = self.vault.hvac().secrets.kv.v2.read_secret_version(path=path, raise_on_deleted_version=True)
                self.assertEqual(read["data"]["data"], values)
                self.vault.hvac().secrets.kv.v2.create_or_update_secret(path=path, secret={"a": "β", "n": 7, "m": {"x": [1]}})
                self.vault.command("kv", "patch", "-mount=secret", path, "b=cli")
                got = self.probe().ask("read", path=path)
                self.assertEqual(got["fields"], {"a": "β", "b": "cli", "n": "7", "m": '{"x":[1]}'})
                self.assertEqual(got["version"]["version"], 3)
                self.assertEqual(self.probe().ask("read", path=path, version=1)["fields"], values)

    def test_check_and_set_holds_between_writers_and_names_both_versions(self):
        probe, kv = self.probe(), self.vault.hvac().secrets.kv.v2
        self.assertEqual(probe.ask("write", path="cas", fields={"p": "1"}, expected=0), 1)
        message = self.refused("failed_precondition", lambda: probe.ask("write", path="cas", fields={"p": "2"}, expected=0))
        self.assertIn("should not exist yet (version 0), but has version 1", message)
        kv.create_or_update_secret(path="cas", secret={"p": "hvac"}, cas=1)
        message = self.refused("failed_precondition", lambda: probe.ask("write", path="cas", fields={"p": "2"}, expected=1))
        self.assertIn("expected version 1, but the newest is 2", message)
        self.assertEqual(probe.ask("write", path="cas", fields={"p": "3"}, expected=2), 3)
        with self.assertRaisesRegex(Exception, "check-and-set"):
            kv.create_or_update_secret(path="cas", secret={"p": "late"}, cas=2)

    def test_versions_end_alike_for_everybody(self):
        probe, kv = self.probe(), self.vault.hvac().secrets.kv.v2
        for value in "123":
            probe.ask("write", path="ends", fields={"p": value})
        probe.ask("remove", path="ends", version=3)
        self.assertIn("version 3 was deleted", self.refused("not_found", lambda: probe.ask("read", path="ends")))
        self.refused("failed_precondition", lambda: probe.ask("write", path="ends", fields={"p": "4"}, expected=2))
        probe.ask("destroy", path="ends", version=1)
        self.assertIn("version 1 was destroyed", self.refused("not_found", lambda: probe.ask("read", path="ends", version=1)))
        theirs = kv.read_secret_metadata(path="ends")["data"]["versions"]
        ours = {str(one["version"]): one for one in probe.ask("versions", path="ends")}
        self.assertEqual({number: (bool(one["deletion_time"]), one["destroyed"]) for number, one in theirs.items()},
                         {number: (one["deleted"], one["destroyed"]) for number, one in ours.items()})
        kv.undelete_secret_versions(path="ends", versions=[3])
        self.assertEqual(probe.ask("read", path="ends")["fields"], {"p": "3"})
        probe.ask("remove_all", path="ends")
        self.refused("not_found", lambda: probe.ask("versions", path="ends"))
        self.assertEqual(probe.ask("write", path="ends", fields={"p": "anew"}, expected=0), 1)

    def test_lists_what_the_others_list(self):
        for path in ("list/b", "list/a", "list/c/d", "list/a/x"):
            self.vault.command("kv", "put", "-mount=secret", path, "p=1")
        self.assertEqual(self.probe().ask("list", path="list/"), ["a", "a/", "b", "c/"])
        self.assertEqual(self.probe().ask("list", path="list/"), sorted(
            self.vault.hvac().secrets.kv.v2.list_secrets(path="list")["data"]["keys"]))
        self.refused("not_found", lambda: self.probe().ask("list", path="nothing/here"))

    def test_a_role_s_token_is_renewed_and_replaced_when_it_is_old_or_gone(self):
        probe = self.app_role(self.secret_id())
        probe.ask("write", path="role", fields={"p": "1"})
        first = self.tokens(probe)
        probe.ask("advance", seconds=210)
        probe.ask("maintain")
        self.assertEqual(self.tokens(probe), first, "renewed, not replaced")
        self.vault.command("token", "revoke", first[-1])
        self.assertEqual(probe.ask("read", path="role")["fields"], {"p": "1"})
        second = self.tokens(probe)
        self.assertEqual(len(second), 2)
        probe.ask("advance", seconds=301)
        probe.ask("maintain")
        self.assertEqual(len(self.tokens(probe)), 3, "our clock says that the token is over")

    def test_a_token_near_its_largest_age_is_replaced(self):
        self.vault.command("write", "auth/approle/role/short", "token_policies=capstan", "token_ttl=4", "token_max_ttl=6")
        role = json.loads(self.vault.command("read", "-format=json", "auth/approle/role/short/role-id"))["data"]["role_id"]
        made = json.loads(self.vault.command("write", "-format=json", "-f", "auth/approle/role/short/secret-id"))
        probe = self.probe({"approle": {"role_id": "env:R", "secret_id": "env:S"}},
                           {"env:R": role, "env:S": made["data"]["secret_id"]})
        probe.ask("write", path="short", fields={"p": "1"})
        first = self.tokens(probe)[0]
        # This one has to pass in the Vault: the grant for what is left of the six seconds is too short.
        self.vault.wait("the token is old", lambda: self.ttl(first) < 2)
        probe.ask("advance", seconds=3)
        probe.ask("maintain")
        self.vault.wait("it is over", lambda: self.ttl(first) == 0)
        self.assertEqual(probe.ask("read", path="short")["fields"], {"p": "1"})

    def ttl(self, token):
        looked = self.vault.run("token", "lookup", "-format=json", token=token)
        return json.loads(looked.stdout)["data"]["ttl"] if looked.returncode == 0 else 0

    def tokens(self, probe):
        seen = []
        for one in probe.ask("heard"):
            if one.startswith("hvs.") and one not in seen:
                seen.append(one)
        return seen

    def test_a_wrong_secret_id_is_refused_and_not_repeated(self):
        message = self.refused("unauthenticated", lambda: self.app_role("not-the-secret-id").ask("maintain"))
        self.assertIn("invalid role or secret ID", message)
        self.assertNotIn("not-the-secret-id", message)

    def test_a_wrapped_secret_id_opens_once(self):
        wrapping = self.secret_id("-wrap-ttl=60s")
        probe = self.app_role(wrapping, wrapped=True)
        probe.ask("write", path="wrapped", fields={"p": "1"})
        probe.ask("advance", seconds=400)
        self.assertEqual(probe.ask("read", path="wrapped")["fields"], {"p": "1"}, "logged in again, not unwrapped again")
        message = self.refused("unauthenticated", lambda: self.app_role(wrapping, wrapped=True).ask("maintain"))
        self.assertIn("somebody has used it", message)
        self.assertNotIn(wrapping, message)

    def test_a_wrapping_token_of_something_else_is_refused(self):
        made = json.loads(self.vault.command("write", "-format=json", "-wrap-ttl=60s", "sys/wrapping/wrap", "secret_id=mine"))
        message = self.refused("unauthenticated",
                               lambda: self.app_role(made["wrap_info"]["token"], wrapped=True).ask("maintain"))
        self.assertIn("not made by the AppRole", message)

    def test_logs_in_with_a_signed_token(self):
        key = pathlib.Path(self.directory.name) / "jwt.key"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        public = subprocess.run(["openssl", "rsa", "-in", key, "-pubout"], check=True, capture_output=True, text=True).stdout
        self.vault.command("auth", "enable", "jwt")
        self.vault.command("write", "auth/jwt/config", f"jwt_validation_pubkeys={public}")
        self.vault.command("write", "auth/jwt/role/capstan", "role_type=jwt", "bound_audiences=vault", "user_claim=sub",
                           "token_policies=capstan", "token_ttl=60")

        def token(claims):
            encode = lambda part: base64.urlsafe_b64encode(part).rstrip(b"=")  # noqa: E731
            head = b".".join(encode(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT"}, claims))
            signed = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=head, check=True, capture_output=True)
            return (head + b"." + encode(signed.stdout)).decode()

        now = int(time.time())
        good = token({"sub": "capstan", "aud": "vault", "iat": now, "exp": now + 60})
        auth = {"jwt": {"role": "capstan", "token": "env:J"}}
        self.assertEqual(self.probe(auth, {"env:J": good}).ask("write", path="jwt", fields={"p": "1"}), 1)
        late = token({"sub": "capstan", "aud": "vault", "iat": now - 900, "exp": now - 600})
        message = self.refused("unauthenticated", lambda: self.probe(auth, {"env:J": late}).ask("maintain"))
        self.assertNotIn(late, message)

    def test_what_the_policy_does_not_allow_is_said_and_logs_in_no_second_time(self):
        probe = self.app_role(self.secret_id())
        self.vault.command("secrets", "enable", "-path=private", "kv-v2")
        private = self.probe({"approle": {"role_id": "env:R", "secret_id": "env:S"}},
                             {"env:R": self.role_id, "env:S": self.secret_id()}, mount="private")
        probe.ask("maintain")
        for _ in range(3):
            self.refused("permission_denied", lambda: private.ask("read", path="x"))
        self.assertEqual(len(self.tokens(private)), 1)

    def test_a_token_that_is_none_is_refused(self):
        message = self.refused("unauthenticated", lambda: self.probe(references={"env:T": "hvs.nonsense"}).ask("maintain"))
        self.assertNotIn("nonsense", message)

    def test_generates_by_the_vault_s_password_policy(self):
        self.vault.command("write", "sys/policies/password/portal", "policy=-", stdin=PASSWORDS)
        made = {self.app_role(self.secret_id()).ask("generate", path="portal") for _ in range(3)}
        self.assertEqual(len(made), 3)
        for password in made:
            self.assertRegex(password, r"^[a-j0-9!@#]{20}$")
            self.assertGreaterEqual(len(re.findall("[0-9]", password)), 4)
        self.refused("not_found", lambda: self.probe().ask("generate", path="missing"))

    def test_both_take_the_same_password_policies(self):
        rule = 'rule "charset" { charset = "abc" }'
        good = [f"length = 4 {rule}", f"length=20\n{rule}{rule}", f"# c\n// d\n/* e */ length = 8 {rule}",
                'length = 8 rule "charset" { charset = "a\\"b\\\\" min-chars = 2 }', f"{rule} length = 8",
                'length = 9\nrule "charset" {\n charset = "x"\n min-chars = 0\n}', 'length = 8 rule charset { charset = "ab" }']
        bad = ["", "length = 8", rule, f"length = 3 {rule}", f"length = -8 {rule}",
               'length = 8 rule "other" { charset = "ab" }', 'length = 8 rule "charset" { }', f'length = "x" {rule}',
               'length = 8 rule "charset" { charset = "" }', 'length = 8 rule "charset" { charset = "ab"',
               'length = 8 rule "charset" { charset = "ab }']
        probe = self.probe()
        for policy, takes in [(text, True) for text in good] + [(text, False) for text in bad]:
            with self.subTest(policy):
                theirs = self.vault.run("write", "sys/policies/password/same", "policy=-", stdin=policy).returncode == 0
                self.assertEqual(theirs, takes)
                if takes:
                    ours = probe.ask("policy", path=policy)
                    made = json.loads(self.vault.command("read", "-format=json", "sys/policies/password/same/generate"))
                    self.assertEqual(len(made["data"]["password"]), len(ours))
                    self.assertLessEqual(set(made["data"]["password"]) | set(ours), set('abcx"\\'))
                else:
                    self.refused("invalid_argument", lambda: probe.ask("policy", path=policy))

    def test_a_sealed_vault_is_unavailable_and_a_restart_loses_nothing(self):
        probe = self.probe()
        probe.ask("write", path="kept", fields={"p": "1"})
        self.vault.command("operator", "seal")
        self.assertIn("sealed", self.refused("unavailable", lambda: probe.ask("read", path="kept")))
        self.vault.unseal()
        self.assertEqual(probe.ask("read", path="kept")["fields"], {"p": "1"})
        self.vault.process.stop()
        self.refused("unavailable", lambda: probe.ask("read", path="kept"))
        self.vault.start()
        self.vault.unseal()
        self.assertEqual(probe.ask("read", path="kept")["fields"], {"p": "1"})

    def test_another_authority_is_not_believed(self):
        other = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                                "-subj", "/CN=other", "-keyout", "/dev/null"], check=True, capture_output=True, text=True)
        file = pathlib.Path(self.directory.name) / "other.pem"
        file.write_text(other.stdout)
        self.refused("unavailable", lambda: self.probe(ca=str(file)).ask("maintain"))


if __name__ == "__main__":
    unittest.main()
