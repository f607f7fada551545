"""The world of a story: the four services, the mailbox, and a Capstan that looks after the trial accounts there."""
import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "trial_services"))
import imap_server  # noqa: E402


class Services:
    """The emulator of the four services, in a process of its own."""

    def __init__(self, maildir, *arguments):
        self.process = subprocess.Popen([sys.executable, HERE.parent / "trial_services" / "emulator.py", "--maildir", maildir, *arguments],
                                        stdout=subprocess.PIPE, text=True)
        self.urls = json.loads(self.process.stdout.readline())

    def control(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.urls["control"] + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def audit(self, since=0):
        return self.control(f"/audit?since={since}")["calls"]

    def state(self):
        return self.control("/state")

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


class Capstan:
    """One instance: its configuration, its data, and the commands of a person."""

    def __init__(self, binary, services, mailbox, accounts, aws=None):
        self.binary = binary
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="trial-"))
        self.config = self.root / "config"
        self.config.mkdir(exist_ok=True)
        urls = services.urls
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.root), "CLOUDZ_PASSWORD": urls["admin"]["password"],
                            "MCM_KEY": urls["mcm_api_key"], "MAIL_PASSWORD": mailbox.password,
                            "AWS_ACCESS_KEY_ID": "AKIATRIAL", "AWS_SECRET_ACCESS_KEY": "a-key-that-nobody-may-see"}
        (self.config / "services.yaml").write_text(
            "services:\n"
            f'  cloudz: {{url: "{urls["cloudz"]}", user: admin, password: "env:CLOUDZ_PASSWORD"}}\n'
            f'  mcm: {{url: "{urls["mcm"]}", api_key: "env:MCM_KEY"}}\n'
            f'  modeler: {{url: "{urls["modeler"]}"}}\n'
            f'  pipeline: {{url: "{urls["pipeline"]}"}}\n'
            f'  trial_mailbox: {{url: "imap://127.0.0.1:{mailbox.port}", tls: none, user: {mailbox.login}, password: "env:MAIL_PASSWORD"}}\n'
            + (f'  aws: {{region: ap-northeast-2, endpoint: "{aws}"}}\n' if aws else ""))
        (self.config / "accounts.yaml").write_text(accounts)
        self.process = None
        self.log = open(self.root / "log", "ab")

    def configure(self, name, text):
        """A file of the configuration, as an editor writes it: there at once, whole."""
        draft = self.root / name
        draft.write_text(text)
        draft.rename(self.config / name)

    def start(self):
        self.process = subprocess.Popen([self.binary, "run", "--config", self.config, "--data", self.root / "data",
                                         "--listen", "127.0.0.1:0"],
                                        env=self.environment, stdout=self.log, stderr=self.log, cwd=self.root)
        self.until(lambda: self.run("status", "--data", self.root / "data").returncode == 0, "it answers")

    def run(self, *arguments):
        return subprocess.run([self.binary, *map(str, arguments)], env=self.environment, cwd=self.root, capture_output=True, text=True)

    def command(self, *arguments):
        done = self.run(*arguments, "--data", self.root / "data")
        if done.returncode != 0:
            raise AssertionError(f"{arguments}: {done.stdout}{done.stderr}")
        return done.stdout

    def sql(self, question):
        return json.loads(self.command("sql", question, "--json"))["rows"]

    def plans(self, state="all"):
        return json.loads(self.command("plans", "--state", state, "--json"))["plans"]

    @staticmethod
    def until(so, what, patience=60):
        end = time.monotonic() + patience
        while not (found := so()):
            if time.monotonic() > end:
                raise AssertionError(f"not within {patience} s: {what}")
            time.sleep(0.1)
        return found

    def troubles(self):
        """What did not go well, for whoever reads a failure."""
        return [(plan["plan"]["title"][:60], plan["state"], plan["waiting_for"], action["action"]["verb"], action["action"]["target"], action["state"],
                 action["says"]) for plan in self.plans() for action in plan["actions"] if action["state"] not in ("succeeded", "skipped", "proposed")]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        self.log.close()

    def clean(self):
        shutil.rmtree(self.root, ignore_errors=True)


def accounts(count, starts, ends, hours="Mon-Sun 00:00-24:00", more=""):
    """The file of a trial: `count` accounts, with days as dates or offsets from today."""
    day = lambda of: of if isinstance(of, str) else str(datetime.date.today() + datetime.timedelta(days=of))
    return (f"records: trial_account\ndefaults: {{starts_on: {day(starts)}, ends_on: {day(ends)}, hours: '{hours}'{more}}}\n"
            f"items:\n  - {{name: 'trial_user{{01..{count:02d}}}', mail: '{{{{name}}}}@trial.example'}}\n")


__all__ = ["Capstan", "Services", "accounts", "imap_server"]
