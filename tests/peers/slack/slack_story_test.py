#!/usr/bin/env python3
"""Deciding in Slack: the real program, an emulated Slack that is strict, and a process that is suspended or is not.

slack_story_test.py CAPSTAN
"""
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
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
BINARY = None
SECRET = "a-signing-secret-that-nobody-may-see"
ALICE, VICTOR, NOBODY = "U0ALICE", "U0VICTOR", "U0NOBODY"
PASSWORD = "correct horse battery"


def until(what, so, patience=60):
    end = time.monotonic() + patience
    while True:
        found = so()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {patience} s: {what}")
        time.sleep(0.1)


class Slack:
    def __init__(self):
        self.process = subprocess.Popen([sys.executable, HERE / "emulator.py"], stdout=subprocess.PIPE, text=True)
        self.origin = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def ask(self, what, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.origin}/_emulator/{what}", data)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def message(self, part):
        """The newest message with this in its text, once it is there."""
        return until(f"a message with {part!r}", lambda: next((one for one in reversed(self.ask("messages")) if part in one["text"]), None))

    def answer(self, part, since=0):
        return until(f"an answer with {part!r}", lambda: next((one for one in self.ask("answers")[since:] if part in json.dumps(one, ensure_ascii=False)), None))

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


class LocalSocket(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class Capstan:
    def __init__(self, slack, settings, channel="#ops", language="en"):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="slack-"))
        self.config, self.data = self.root / "config", self.root / "data"
        self.config.mkdir()
        (self.config / "site.yaml").write_text(
            f'slack: {{ {settings}, bot_token: env:BOT, api_url: "{slack.origin}/api", language: {language}, users: {{ {ALICE}: alice, {VICTOR}: victor }} }}\n'
            f'notify:\n  - slack: {{ channel: "{channel}", api_url: "{slack.origin}/api" }}\n    language: {language}\n')
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.root), "BOT": "xoxb-good", "APP": "xapp-good", "SECRET": SECRET}
        self.start()
        for user, role in (("alice", "operator"), ("victor", "viewer")):
            self.post("/capstan/v1/users", {"user": user, "password": PASSWORD, "role": role})

    def start(self):
        self.log = open(self.root / "log", "ab")
        self.process = subprocess.Popen([BINARY, "run", "--config", self.config, "--data", self.data, "--listen", "127.0.0.1:0"],
                                        env=self.environment, stdout=self.log, stderr=self.log, cwd=self.root)
        until("it answers", lambda: (self.data / "capstan.sock").exists() and self.get("/-/ready", raw=True))

    def kill(self):
        """As a power cut does."""
        self.process.kill()
        self.process.wait()
        self.log.close()

    def run(self, *arguments, say=""):
        return subprocess.run([BINARY, *arguments, "--data", self.data], input=say, env=self.environment, capture_output=True, text=True, timeout=60)

    def call(self, method, path, body=None):
        connection = LocalSocket(self.data / "capstan.sock")
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except OSError:
            return 0, b""
        finally:
            connection.close()

    def get(self, path, raw=False):
        status, body = self.call("GET", path)
        return status == 200 if raw else json.loads(body)

    def post(self, path, body):
        status, answer = self.call("POST", path, body)
        assert status == 200, (path, status, answer)
        return json.loads(answer)

    @property
    def origin(self):
        text = until("it prints its address", lambda: "http://" in (self.root / "log").read_text() and (self.root / "log").read_text())
        return "http://" + text.split("http://", 1)[1].split(" ", 1)[0]

    def source(self, name):
        return next((one for one in self.get("/capstan/v1/overview")["sources"] if one["name"] == name), None)

    def propose(self, name, pid):
        """A plan that waits for approval: to suspend a process, which the catalog has known for a while."""
        question = f"SELECT id FROM host_process WHERE pid = {pid} AND age_seconds > 5"
        until("the process is seen", lambda: self.post("/capstan/v1/sql", {"query": question})["rows"])
        (self.config / f"{name}.yaml").write_text(
            f'policy: {name}\nselect: {{ kind: host_process, where: "pid = {pid}" }}\n'
            f'keep: {{ state: suspended, column: state, is: [T], by: host.suspend_process }}\napprove: ask\n')
        plans = until("a plan", lambda: self.get("/capstan/v1/plans?state=waiting")["plans"])
        return plans[0]["plan"]["id"]

    def plan(self, identifier):
        return self.get(f"/capstan/v1/plans/{identifier}")

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()
        said = (self.root / "log").read_text()
        shutil.rmtree(self.root, ignore_errors=True)
        for secret in (SECRET, "xoxb-good", "xapp-good", "/actions/T000"):
            assert secret not in said, f"the log says {secret}"


def is_suspended(process):
    return pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"


def buttons(message):
    return [element["action_id"] for block in message.get("blocks", []) if block["type"] == "actions" for element in block["elements"]]


class Story(unittest.TestCase):
    settings, channel, language = "app_token: env:APP", "#ops", "en"

    def setUp(self):
        self.slack = Slack()
        self.victim = subprocess.Popen(["sleep", "1000"])
        self.capstan = Capstan(self.slack, self.settings, self.channel, self.language)

    def tearDown(self):
        self.victim.kill()
        self.victim.wait()
        try:
            self.capstan.stop()
        finally:
            self.slack.stop()

    def way(self, how="good"):
        return {}

    def press(self, posted, action, user=ALICE, **more):
        return self.slack.ask("press", {"user": user, "ts": posted["ts"], "action": f"capstan-{action}", **self.way(), **more})

    def type(self, text, user=ALICE, **more):
        return self.slack.ask("command", {"user": user, "text": text, **self.way(), **more})

    def connected(self):
        until("the socket stands", lambda: self.slack.ask("socket")["connected"])

    def waiting(self):
        plan = self.capstan.propose("calm", self.victim.pid)
        message = self.slack.message("To be approved" if self.language == "en" else "승인 요청")
        self.assertEqual(buttons(message)[:2], ["capstan-approve", "capstan-reject"])
        return plan, message

    def of_policy(self):
        """The messages of all plans of the policy. A machine that is busy with other things is told about, too."""
        return [one for one in self.slack.ask("messages") if "calm" in json.dumps(one)]

    def now(self, message):
        return next(one for one in self.slack.ask("messages") if one["ts"] == message["ts"])


class BySocket(Story):
    def setUp(self):
        super().setUp()
        self.connected()

    def test_a_linked_operator_decides_and_nobody_else(self):
        plan, message = self.waiting()
        self.assertTrue(self.press(message, "approve", NOBODY)["acknowledged"])
        self.slack.answer(f"{NOBODY} is not linked")
        self.press(message, "approve", VICTOR)
        self.slack.answer("victor is viewer")
        self.press(message, "approve", value="0" * 64 + " " + plan)
        self.slack.answer("has changed since")
        self.assertEqual(self.capstan.plan(plan)["state"], "proposed")
        self.assertFalse(is_suspended(self.victim))

        # The message of the changed plan is settled; the answer shows the plan as it is, with buttons.
        answers = self.slack.ask("answers")
        index = next(i for i, one in enumerate(answers) if "capstan-approve" in buttons(one))
        self.slack.ask("press_answer", {"user": ALICE, "index": index, "action": "capstan-approve"})
        until("the process is suspended", lambda: is_suspended(self.victim))
        until("the plan has ended", lambda: self.capstan.plan(plan)["state"] == "succeeded")
        self.assertEqual(self.capstan.plan(plan)["approved_by"], "user:alice")

        done = self.slack.message(": succeeded")
        self.assertIn("capstan-undo", buttons(done))
        self.press(done, "undo", VICTOR)
        self.assertTrue(is_suspended(self.victim))
        self.press(done, "undo")
        until("the process runs again", lambda: not is_suspended(self.victim))
        until("the button is gone", lambda: "capstan-undo" not in buttons(self.now(done)))
        self.assertEqual(self.slack.ask("socket")["mistakes"], [])
        self.assertEqual(self.slack.ask("socket")["unacknowledged"], [])

    def test_the_message_says_who_decided_and_loses_its_buttons(self):
        plan, message = self.waiting()
        self.press(message, "approve")
        until("it is settled", lambda: "Approved by alice" in json.dumps(self.now(message)["blocks"]))
        self.assertFalse([one for one in buttons(self.now(message)) if one.startswith("capstan-")])
        until("the process is suspended", lambda: is_suspended(self.victim))
        # Slack sends the same envelope again, and a second person presses what they still see.
        facts = lambda: len(self.capstan.get(f"/capstan/v1/facts?kind=plan.approved&subject={plan}")["facts"])
        self.slack.ask("redeliver", {})
        self.assertEqual(facts(), 1)

    def test_rejecting_asks_for_the_reason(self):
        plan, message = self.waiting()
        self.press(message, "reject", VICTOR)
        self.slack.answer("victor is viewer")
        self.assertEqual(self.slack.ask("views"), [])
        self.press(message, "reject")
        view = until("the form opens", lambda: self.slack.ask("views"))[-1]
        self.slack.ask("submit", {"user": ALICE, "view": view["id"], "reason": "not <today> & not ```tomorrow```"})
        until("it is settled", lambda: "ejected by alice" in json.dumps(self.now(message)["blocks"]))
        self.assertIn("not <today> & not ```tomorrow```", json.dumps(self.now(message)["blocks"]))
        self.assertIn("not <today>", self.capstan.plan(plan)["says"])
        self.assertFalse(is_suspended(self.victim))

    def test_a_plan_that_was_decided_elsewhere_is_told(self):
        plan, message = self.waiting()
        self.capstan.post(f"/capstan/v1/plans/{plan}/reject", {"reason": "on the page"})
        until("the message says so", lambda: "on the page" in json.dumps(self.now(message)["blocks"]))
        self.assertFalse([one for one in buttons(self.now(message)) if one.startswith("capstan-")])
        # Somebody still has the old message on the screen.
        self.press(message, "approve", message=message)
        until("it is settled", lambda: "no longer waiting" in json.dumps(self.now(message)["blocks"]))
        self.assertFalse(is_suspended(self.victim))

    def test_the_message_from_before_a_power_cut_is_revised_after_it(self):
        plan, message = self.waiting()
        until("it is known to be sent", lambda: self.capstan.get("/capstan/v1/facts?kind=message.sent")["facts"])
        self.capstan.kill()
        self.capstan.start()
        self.connected()
        self.capstan.post(f"/capstan/v1/plans/{plan}/reject", {"reason": "after the cut"})
        until("the message says so", lambda: "after the cut" in json.dumps(self.now(message)["blocks"]))
        self.assertFalse([one for one in buttons(self.now(message)) if one.startswith("capstan-")])
        self.assertEqual(len(self.of_policy()), 1, f"posted once: {self.slack.ask('messages')}")
        self.assertEqual(self.now(message)["updates"], 1)
        # And nothing is told again after a quiet restart.
        self.capstan.kill()
        self.capstan.start()
        self.connected()
        self.type("status")
        self.slack.answer("plans waiting for approval: 0")
        self.assertEqual([one.get("updates") for one in self.of_policy()], [1])

    def test_a_plan_that_a_freeze_holds_back_says_so_until_it_does_not(self):
        today = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86400))
        later = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 3 * 86400))
        (self.capstan.config / "freeze.yaml").write_text(
            f"freeze: quarter-end\nduring: {today} 09:00 to {later} 09:00\nzone: UTC\nexcept: {{ roles: [admin] }}\n")
        plan, message = self.waiting()
        said = json.dumps(message["blocks"])
        self.assertIn(f"frozen by quarter-end until {later} 09:00 UTC", said)
        self.assertIn(f"capstan lift quarter-end {plan} --reason", said)
        self.assertEqual(self.capstan.plan(plan)["freeze"], "quarter-end")
        lifted = self.capstan.run("lift", "quarter-end", plan, "--reason", "customers wait")
        self.assertEqual(lifted.returncode, 0, lifted.stderr)
        until("the message says so", lambda: "quarter-end" not in json.dumps(self.now(message)["blocks"]))
        self.assertEqual(buttons(self.now(message))[:2], ["capstan-approve", "capstan-reject"])
        self.press(self.now(message), "approve")
        until("the process is suspended", lambda: is_suspended(self.victim))

    def test_a_code_links_an_account_to_who_has_the_password(self):
        self.type("status", NOBODY)
        self.slack.answer("Type /capstan link")
        before = len(self.slack.ask("answers"))
        self.type("link", NOBODY)
        code = self.slack.answer("Your code", before)["text"].split(": ", 1)[1]
        wrong = self.capstan.run("slack", "link", code, "--user", "victor", say="not the password\n")
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("wrong user name or password", wrong.stderr)
        linked = self.capstan.run("slack", "link", code.lower(), "--user", "victor", say=PASSWORD + "\n")
        self.assertEqual(linked.returncode, 0, linked.stderr)
        before = len(self.slack.ask("answers"))
        self.type("status", NOBODY)
        self.slack.answer("open incidents: ", before)
        self.type("pause now", NOBODY)
        self.slack.answer("victor is viewer")
        self.assertIn(NOBODY, self.capstan.run("slack", "links").stdout)
        again = self.capstan.run("slack", "link", code, "--user", "victor", say=PASSWORD + "\n")
        self.assertEqual(again.returncode, 1, "a code is good for one time")
        self.assertEqual(self.capstan.run("slack", "unlink", NOBODY).returncode, 0)
        before = len(self.slack.ask("answers"))
        self.type("status", NOBODY)
        self.slack.answer("Type /capstan link", before)
        facts = [self.capstan.get(f"/capstan/v1/facts?subject=slack:{NOBODY}")["facts"]]
        self.assertNotIn(code, json.dumps(facts))
        self.assertEqual(sorted(one["kind"] for one in facts[0]), ["slack.linked", "slack.unlinked"])

    def test_commands(self):
        plan, _ = self.waiting()
        self.type("status", NOBODY)
        self.slack.answer(f"{NOBODY} is not linked")
        for text, part in (("status", "plans waiting for approval: 1"), ("plans", plan), ("incidents", "Open incidents"), (f"plan {plan}", "host.suspend_process"),
                           (f"why {plan}", f"Why {plan}"), ("plan plan-none", "That was not done"), ("dance", "no command 'dance'"), ("", "pause REASON")):
            before = len(self.slack.ask("answers"))
            self.assertTrue(self.type(text)["acknowledged"])
            self.slack.answer(part, before)
        self.type("pause", VICTOR)
        self.slack.answer("victor is viewer")
        self.assertIsNone(self.capstan.get("/capstan/v1/overview")["paused"])
        self.type("pause the database moves")
        self.slack.answer("Paused by alice")
        self.assertEqual(self.capstan.get("/capstan/v1/overview")["paused"]["reason"], "the database moves")
        self.type("resume")
        self.slack.answer("Resumed by alice")
        self.assertIsNone(self.capstan.get("/capstan/v1/overview")["paused"])

    def test_the_connection_comes_back(self):
        opened = self.slack.ask("socket")["opened"]
        self.slack.ask("disconnect", {"reason": "refresh_requested"})
        until("another connection", lambda: self.slack.ask("socket")["opened"] > opened and self.slack.ask("socket")["connected"])
        self.slack.ask("fault", {"status": 500, "times": 2})
        self.slack.ask("disconnect", {"reason": "warning"})
        until("a third one", lambda: self.slack.ask("socket")["opened"] > opened + 1 and self.slack.ask("socket")["connected"])
        self.type("status")
        self.slack.answer("open incidents: ")
        self.assertEqual(self.slack.ask("socket")["mistakes"], [])


class InKorean(Story):
    language = "ko"

    def test_messages_and_answers(self):
        self.connected()
        _, message = self.waiting()
        self.press(message, "approve")
        until("it is settled", lambda: "alice 승인" in json.dumps(self.now(message)["blocks"], ensure_ascii=False))
        self.assertIn("완료 1건", json.dumps(self.slack.message("완료"), ensure_ascii=False))


class ByHttp(Story):
    settings = "signing_secret: env:SECRET"

    def way(self, how="good"):
        return {"http": {"origin": self.capstan.origin, "secret": SECRET, "how": how}}

    def test_only_what_slack_signed_now_and_once_is_done(self):
        plan, message = self.waiting()
        for how in ("forged", "unsigned", "old"):
            refused = self.press(message, "approve", **self.way(how))
            self.assertEqual(refused["status"], 401, (how, refused))
        self.assertEqual(self.capstan.plan(plan)["state"], "proposed")
        self.assertFalse(is_suspended(self.victim))
        self.assertEqual(self.type("pause for a replay"), {"status": 200, "body": ""})
        until("it is paused", lambda: self.capstan.get("/capstan/v1/overview")["paused"])
        self.capstan.post("/capstan/v1/resume", {})
        self.assertEqual(self.type("anything", **self.way("again"))["status"], 200)
        self.type("status")
        self.slack.answer("plans waiting for approval: ")
        self.assertIsNone(self.capstan.get("/capstan/v1/overview")["paused"], "what came twice was done twice")
        self.assertEqual(self.press(message, "approve")["status"], 200)
        until("the process is suspended", lambda: is_suspended(self.victim))


class WithoutTheBotInTheChannel(Story):
    channel = "#lobby"

    def test_it_is_said_and_tried_again(self):
        self.capstan.propose("calm", self.victim.pid)
        failing = until("the status says so", lambda: (self.capstan.source("channel:slack") or {}).get("error"))
        self.assertIn("not_in_channel", failing)
        self.assertIn("/invite", failing)
        self.slack.ask("invite", {"channel": "#lobby"})
        self.slack.message("To be approved")
        until("the status is well again", lambda: not self.capstan.source("channel:slack")["error"])


class WithAnotherSortOfToken(Story):
    settings = "app_token: env:BOT"

    def test_it_is_said(self):
        said = until("the status says so", lambda: (self.capstan.source("slack-socket") or {}).get("error"))
        self.assertIn("xapp-", said)
        self.assertNotIn("xoxb-good", said)


if __name__ == "__main__":
    BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
