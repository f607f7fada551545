#!/usr/bin/env python3
"""Messages by mail: the real program, a real submission server, and a plan that somebody is asked about in Korean.

mail_story_test.py CAPSTAN
"""
import email
import email.policy
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
BINARY = None
PASSWORD = '한글 "pass"'


def until(what, so, patience=30):
    end = time.monotonic() + patience
    while True:
        found = so()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {patience} s: {what}")
        time.sleep(0.1)


class LocalSocket(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class MailStory(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="mail-"))
        self.mails, self.config, self.data = self.root / "mails", self.root / "config", self.root / "data"
        self.mails.mkdir()
        self.config.mkdir()
        self.server = subprocess.Popen(["/usr/bin/python3", HERE / "smtp_server.py", self.mails], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        port = int(self.server.stdout.readline())
        (self.config / "site.yaml").write_text(
            f"notify:\n  - mail: {{ server: 'smtp://localhost:{port}', ca_file: {self.mails / 'ca.pem'}, user: alice, "
            "password: env:MAIL_PASSWORD, from: 'Capstan <capstan@example.com>', to: [kim@example.com] }\n    language: ko\n"
            "server: { url: 'https://capstan.example.com' }\n")
        self.log = open(self.root / "log", "wb")
        self.capstan = subprocess.Popen([BINARY, "run", "--config", self.config, "--data", self.data, "--listen", "127.0.0.1:0"],
                                        env={"PATH": os.environ["PATH"], "HOME": str(self.root), "MAIL_PASSWORD": PASSWORD},
                                        stdout=self.log, stderr=self.log, cwd=self.root)
        self.sleeper = subprocess.Popen(["sleep", "987654"])
        try:
            until("it answers", lambda: (self.data / "capstan.sock").exists() and self.call("GET", "/-/ready")[0] == 200)
        except AssertionError:
            print(self.call("GET", "/-/ready"), (self.root / "log").read_text())
            self.tearDown()
            raise

    def tearDown(self):
        for process in (self.capstan, self.server, self.sleeper):
            process.terminate()
            process.wait()
        self.server.stdin.close()
        self.server.stdout.close()
        self.log.close()
        shutil.rmtree(self.root)

    def call(self, method, path, body=None):
        connection = LocalSocket(self.data / "capstan.sock")
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except OSError as error:
            return 0, repr(error).encode()
        finally:
            connection.close()

    def mail_about(self, text):
        """The first mail with this in its plain text."""
        for path in sorted(self.mails.glob("*.eml"), key=lambda path: int(path.stem)):
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if text in mail.get_body(("plain",)).get_content():
                return mail
        return None

    def propose(self):
        question = f"SELECT id FROM host_process WHERE pid = {self.sleeper.pid} AND age_seconds > 5"
        until("the process is seen", lambda: json.loads(self.call("POST", "/capstan/v1/sql", {"query": question})[1])["rows"])
        (self.config / "calm.yaml").write_text(
            f'policy: calm\nselect: {{ kind: host_process, where: "pid = {self.sleeper.pid}" }}\n'
            "keep: { state: suspended, column: state, is: [T], by: host.suspend_process }\napprove: ask\n")

    def test_a_plan_is_asked_about_by_mail_with_a_link_and_what_became_of_it_follows_in_the_thread(self):
        self.propose()
        asked = until("a mail about the plan", lambda: self.mail_about("sleep"))
        plan = json.loads(self.call("GET", "/capstan/v1/plans?state=waiting")[1])["plans"][0]["plan"]
        self.assertRegex(asked["Subject"], "[가-힣]")
        self.assertEqual(asked["To"], "kim@example.com")
        self.assertIn("https://capstan.example.com", asked.get_body(("plain",)).get_content())
        self.assertIn("https://capstan.example.com", asked.get_body(("html",)).get_content())
        self.assertIsNone(asked["In-Reply-To"])
        status, _ = self.call("POST", f"/capstan/v1/plans/{plan['id']}/reject", {"reason": "not now"})
        self.assertEqual(status, 200)
        # Nothing of the login is anywhere that people read.
        everything = (self.root / "log").read_bytes() + b"".join(path.read_bytes() for path in self.mails.glob("*.eml"))
        self.assertNotIn(PASSWORD.encode(), everything)
        replies = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in self.mails.glob("*.eml")]
        for reply in replies:
            if reply["In-Reply-To"]:
                self.assertIn(reply["In-Reply-To"], [other["Message-ID"] for other in replies])


if __name__ == "__main__":
    BINARY = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
