"""From a policy to a program that ran once, and back; watched, cancelled, killed in the middle; with real programs."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

BINARY = pathlib.Path(sys.argv.pop(1)).resolve()
PATIENCE = 90
TOKEN = "tok-open-sesame-4711"
PROGRAMS = ["/bin/sh", "/usr/bin/git", "/usr/bin/make", "/usr/bin/python3", "/usr/bin/yes"]


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


class Capstan:
    """One instance, with the commands of a person."""

    def __init__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="programs-"))
        self.config, self.data, self.work = self.root / "config", self.root / "data", self.root / "work"
        for directory in (self.config, self.work):
            directory.mkdir()
        os.chmod(self.root, 0o755)
        user = "user: root, users: [root]" if os.geteuid() == 0 else "users: []"
        (self.config / "settings.yaml").write_text(
            "host: { logs: [], journal: false }\n"
            f"exec: {{ programs: {json.dumps([p for p in PROGRAMS if os.path.exists(p)])}, {user}, directory: {self.work} }}\n")
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.root), "INFRA_TOKEN": TOKEN}
        self.process = None

    def verb(self, text, parameters="{}", danger="disruptive"):
        """A verb `test.run` on hosts, and a policy that wants it once for every machine."""
        (self.config / "verbs.yaml").write_text(
            f"verb: test.run\ntitle: Run the test\non: host\ndanger: {danger}\nparameters: {{ plan: {{ type: text }} }}\n{text}")
        (self.config / "rules.yaml").write_text(
            'rule: MachineWantsIt\nseverity: low\nevery: 1s\nfind: SELECT id, name FROM host\nsays: "{{name}} wants it"\n')
        (self.config / "policies.yaml").write_text(
            f"policy: once\nwhen: {{ alert: MachineWantsIt }}\ndo: [ {{ test.run: {parameters} }} ]\napprove: ask\n")

    def start(self):
        self.log = open(self.root / "log", "a")
        self.process = subprocess.Popen([BINARY, "run", "--listen", "127.0.0.1:0", "--data", self.data, "-c", self.config],
                                        stdout=self.log, stderr=self.log, env=self.environment, cwd=self.root)
        self.until(lambda: self.run("status").returncode == 0, "it answers")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)
        if self.process:
            self.log.close()

    def run(self, *words):
        return subprocess.run([BINARY, *words, "--data", self.data], capture_output=True, text=True, env=self.environment)

    def command(self, *words):
        done = self.run(*words)
        if done.returncode != 0:
            raise RuntimeError(f"{words}: {done.stderr}{done.stdout}")
        return done.stdout

    def plans(self, state="all"):
        plans = json.loads(self.command("plans", "--state", "all", "--json"))["plans"]
        return [plan for plan in plans if state in ("all", plan["state"])]

    def plan(self):
        return self.plans()[0]

    def action(self):
        return self.plan()["actions"][0]

    def output(self):
        return json.loads(self.command("output", self.action()["action"]["id"], "--json"))

    def until(self, so, what, patience=PATIENCE):
        end = time.monotonic() + patience
        while True:
            value = so()
            if value:
                return value
            if time.monotonic() > end:
                raise AssertionError(f"waited {patience} s until {what}:\n{(self.root / 'log').read_text()[-2000:]}\n"
                                     + self.run("plans", "--state", "all", "--json").stdout[-3000:] + self.run("status").stdout[-2000:])
            time.sleep(0.1)

    def approve(self):
        self.until(lambda: self.plans("proposed"), "a plan waits")
        plan = self.plan()["plan"]["id"]
        self.command("approve", plan, "--yes")
        return plan

    def ended(self):
        return self.until(lambda: self.plan()["state"] in ("succeeded", "partial", "failed", "reverted", "skipped", "unknown")
                          and self.plan(), "the plan ends")


class Programs(unittest.TestCase):
    def begin(self, *verb, **more):
        self.capstan = Capstan()
        self.addCleanup(shutil.rmtree, self.capstan.root)
        self.addCleanup(self.capstan.stop)
        self.capstan.verb(*verb, **more)
        self.capstan.start()
        return self.capstan

    def read(self, name):
        try:
            return (self.capstan.work / name).read_text()
        except OSError:
            return ""

    def pid(self, name):
        return int(self.capstan.until(lambda: self.read(name).endswith("\n") and self.read(name), f"{name} is written"))

    def test_runs_once_and_is_undone(self):
        capstan = self.begin("""
before: { run: [sh, -c, 'cat state 2>/dev/null || echo none'] }
run: [sh, -c, 'echo "$1" >> runs; echo "$1" > state; echo "using $TOKEN"', sh, "{{plan}}"]
env: { TOKEN: 'env:INFRA_TOKEN' }
undo: { run: [sh, -c, 'echo "$1" > state; echo undone >> runs', sh, "{{before}}"] }
says: "applied {{plan}}"
""", '{ plan: "one; touch /tmp/never" }')
        plan = capstan.approve()
        done = capstan.ended()
        self.assertEqual(done["state"], "succeeded", done)
        self.assertEqual(done["actions"][0]["says"], "applied one; touch /tmp/never")
        self.assertEqual(self.read("runs"), "one; touch /tmp/never\n")
        self.assertIn("using ***", capstan.command("output", done["actions"][0]["action"]["id"]))
        capstan.command("undo", plan)
        capstan.until(lambda: capstan.plan()["state"] == "reverted", "it is undone")
        self.assertEqual(self.read("state"), "none\n")
        self.assertEqual(self.read("runs"), "one; touch /tmp/never\nundone\n")
        capstan.stop()
        for file in capstan.root.rglob("*"):
            if file.is_file():
                self.assertNotIn(TOKEN.encode(), file.read_bytes(), file)

    def test_is_watched_and_cancelled_with_all_that_it_started(self):
        capstan = self.begin(r"""
run:
  - sh
  - -c
  - |
    (setsid sh -c 'trap "" TERM HUP; echo $$ > away; while :; do sleep 0.1; done' &)
    for i in 1 2 3 4 5 6 7; do echo "Apply: $i of 7"; [ $i = 3 ] && echo $$ > third && sleep 300; done
progress: 'Apply: (\d+) of (\d+)'
grace: 500ms
timeout: 5m
undo: { run: [sh, -c, 'touch undone'] }
""")
        plan = capstan.approve()
        main, away = self.pid("third"), self.pid("away")
        capstan.until(lambda: (capstan.action().get("progress") or {}).get("done") == 3, "the progress is known")
        output = capstan.output()
        self.assertTrue(output["running"])
        self.assertIn("Apply: 2 of 7\n", output["text"])
        self.assertIsNotNone(output["ends_by"])
        follower = subprocess.Popen([BINARY, "output", output["action"], "-f", "--data", capstan.data], stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True, env=capstan.environment)
        capstan.command("cancel", plan)
        printed, said = follower.communicate(timeout=PATIENCE)
        self.assertIn("Apply: 3 of 7\n", printed)
        capstan.until(lambda: capstan.plan()["state"] == "reverted", "what it has done in part is undone")
        self.assertTrue((capstan.work / "undone").exists())
        self.assertFalse(alive(main))
        self.assertFalse(alive(away))
        self.assertIn("cancelled by", capstan.plan()["says"])

    def test_a_time_limit_is_told(self):
        capstan = self.begin("run: [sh, -c, 'echo waiting; trap \"\" TERM; while :; do sleep 1; done']\ntimeout: 1s\ngrace: 200ms\n")
        capstan.approve()
        done = capstan.ended()
        self.assertEqual(done["actions"][0]["state"], "partial")
        self.assertIn("its time limit of 1s", done["actions"][0]["says"])

    def test_after_a_kill_the_probe_tells(self):
        capstan = self.begin("""
run: [sh, -c, 'trap "sleep 1; touch cleaned; exit 9" TERM; echo $$ > pid; (setsid sleep 1000 & echo $! > away); while :; do sleep 0.1; done']
grace: 20s
probe: { run: [sh, -c, 'echo look >> looks; test -e cleaned'] }
""")
        capstan.approve()
        main, away = self.pid("pid"), self.pid("away")
        capstan.kill()
        capstan.start()
        done = capstan.ended()
        # The program had the time to clean up, and nobody looked before it had ended.
        self.assertEqual(done["state"], "succeeded", done["actions"][0])
        self.assertEqual(self.read("looks"), "look\n")
        self.assertFalse(alive(main))
        self.assertFalse(alive(away))

    def test_after_a_kill_without_a_probe_a_person_decides(self):
        capstan = self.begin("run: [sh, -c, 'echo $$ >> pid; sleep 1000']\ngrace: 200ms\n")
        capstan.approve()
        main = self.pid("pid")
        capstan.kill()
        capstan.start()
        capstan.until(lambda: capstan.action()["state"] == "unknown", "it is unknown")
        self.assertFalse(alive(main))
        capstan.command("resolve", capstan.action()["action"]["id"], "abandon")
        self.assertEqual(capstan.ended()["state"], "unknown")
        self.assertEqual(len(self.read("pid").split()), 1)

    def test_a_program_that_ended_just_before_the_kill_is_known_to_have(self):
        capstan = self.begin("run: [sh, -c, 'kill -STOP $(cat capstan); echo x >> runs']\n")
        (capstan.work / "capstan").write_text(str(capstan.process.pid))
        capstan.approve()
        # Capstan stands still while its program ends, and is killed before it can take note.
        capstan.until(lambda: self.read("runs") == "x\n", "it ran")
        capstan.until(lambda: any("exit 0" in file.read_text() for file in (capstan.data / "program-runs").iterdir()), "its end is recorded")
        capstan.kill()
        capstan.start()
        self.assertEqual(capstan.ended()["state"], "succeeded")
        self.assertEqual(self.read("runs"), "x\n")

    def test_git_and_make_and_python(self):
        capstan = self.begin("""
before: { run: [git, -C, repo, rev-parse, HEAD] }
run: [git, -C, repo, -c, user.name=ops, -c, user.email=ops@example.org, commit, -q, --allow-empty, -m, "{{plan}}"]
probe: { run: [python3, -c, 'import subprocess, sys; sys.exit(subprocess.run(["git", "-C", "repo", "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip() == sys.argv[1])', "{{before}}"] }
undo: { run: [make, -f, ../Makefile, back, "to={{before}}"] }
""", '{ plan: "release of today" }')
        git = ["git", "-C", str(capstan.work / "repo")]
        subprocess.run(["git", "init", "-q", str(capstan.work / "repo")], check=True)
        subprocess.run([*git, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "first"], check=True)
        (capstan.root / "Makefile").write_text("back:\n\tgit -C repo reset -q --hard $(to)\n")
        first = subprocess.check_output([*git, "rev-parse", "HEAD"])
        plan = capstan.approve()
        self.assertEqual(capstan.ended()["state"], "succeeded", capstan.plan())
        self.assertEqual(subprocess.check_output([*git, "log", "-1", "--format=%s"], text=True), "release of today\n")
        capstan.command("undo", plan)
        capstan.until(lambda: capstan.plan()["state"] == "reverted", "it is undone")
        self.assertEqual(subprocess.check_output([*git, "rev-parse", "HEAD"]), first)

    def test_a_flood_of_a_gigabyte_harms_nobody(self):
        capstan = self.begin("run: [sh, -c, 'yes | head -c 1000000000; echo done']\ntimeout: 5m\n")
        capstan.approve()
        capstan.until(lambda: capstan.action()["state"] == "running" and capstan.output()["size"] > 0, "it prints")
        most = 0
        while capstan.plan()["state"] == "running":
            most = max(most, int(next(line.split()[1] for line in open(f"/proc/{capstan.process.pid}/status") if line.startswith("VmRSS"))))
        self.assertEqual(capstan.ended()["state"], "succeeded")
        self.assertLess(most, 1_000_000, "kB of memory")
        self.assertTrue(capstan.action()["result"]["stdout"].endswith("y\ndone\n"))

    def test_what_is_not_allowed_does_not_run(self):
        capstan = self.begin("run: [id]\n")
        capstan.approve()
        capstan.until(lambda: "exec.programs" in json.dumps(capstan.plan()), "the plan says why it waits")
        (capstan.config / "verbs.yaml").write_text("verb: test.run\non: host\nrun: [sh, -c, 'echo {{plan}}']\nshell: ls\n")
        capstan.until(lambda: "shell" in capstan.run("status").stdout, "the mistake is told")


if __name__ == "__main__":
    unittest.main(verbosity=2)
