"""Several Capstans share a ledger: one leads and acts, and whatever happens to it, nothing is done twice."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
import urllib.error

from database import PASSWORD, Database, Wire

BINARY = pathlib.Path(sys.argv.pop(1)).resolve()
PATIENCE = 120
JOBS = [f"job{number:02}" for number in range(1, 11)]

CONFIG = {
    "settings.yaml": """
host: {{ logs: [], journal: false }}
exec: {{ programs: [/bin/sh], {user}, directory: {work} }}
""",
    "jobs.yaml": """
kind: job
title: Jobs
columns: { wanted: { type: text } }
---
record_form: job
---
records: job
items: [ { name: "job{01..10}", wanted: "yes" } ]
---
rule: JobsWait
severity: low
every: 1s
find: SELECT 'job/job01' AS id
says: jobs wait
""",
    "verbs.yaml": """
verb: test.run
title: Do the job
on: job
danger: disruptive
run: [sh, -c, 'echo "begin $1" >> runs; sleep 1.5; echo "done $1" >> runs', sh, "{{target.name}}"]
probe: { run: [sh, -c, 'grep -qx "done $1" runs', sh, "{{target.name}}"] }
grace: 500ms
""",
    "policies.yaml": """
policy: jobs
when: { alert: JobsWait }
select: { kind: job, all: true }
do: [ test.run ]
limits: { in_flight: 2, rate: 600/min, total: 100, failures: 100 }
approve: ask
""",
}


class Node:
    def __init__(self, name, site):
        self.name, self.site = name, site
        self.wire = Wire(site.database.port)
        self.data = site.root / name
        self.log_path = site.root / f"{name}.log"
        self.process = None
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(site.root), "PGPASSFILE": str(site.database.passwords)}
        self.url = f"postgresql://capstan@127.0.0.1:{self.wire.port}/capstan"

    def start(self):
        with open(self.log_path, "a") as log:
            self.process = subprocess.Popen(
                [BINARY, "run", "--ledger-url", self.url, "--node", self.name, "--listen", "127.0.0.1:0", "--data", self.data,
                 "-c", self.site.config], stdout=log, stderr=log, env=self.environment, cwd=self.site.root)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()

    def run(self, *words):
        try:
            return subprocess.run([BINARY, *words, "--data", self.data], capture_output=True, text=True, env=self.environment, timeout=40)
        except subprocess.TimeoutExpired as late:
            return subprocess.CompletedProcess(late.cmd, 124, "", "late")

    def leads(self):
        return f"leads      as {self.name}" in self.run("status").stdout

    def log(self):
        return self.log_path.read_text()

    def plan(self):
        plans = json.loads(self.run("plans", "--state", "all", "--json").stdout or '{"plans": []}')["plans"]
        return plans[0] if plans else None

    def address(self):
        lines = [line for line in self.log().splitlines() if line.startswith("Capstan is at ")]
        return lines[-1].split()[3]


class Site:
    def __init__(self, names):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="several-"))
        os.chmod(self.root, 0o755)
        self.config, self.work = self.root / "config", self.root / "work"
        self.config.mkdir()
        self.work.mkdir()
        user = "user: root, users: [root]" if os.geteuid() == 0 else "users: []"
        for file, text in CONFIG.items():
            text = text.format(user=user, work=self.work) if file == "settings.yaml" else text
            (self.config / file).write_text(text)
        self.database = Database(self.root)
        self.database.ask("CREATE DATABASE capstan", database="postgres")
        self.nodes = [Node(name, self) for name in names]

    def close(self):
        for node in self.nodes:
            node.end()
            node.wire.close()
        self.database.stop()
        if not os.environ.get("CAPSTAN_KEEP"):
            shutil.rmtree(self.root)

    def runs(self):
        try:
            return (self.work / "runs").read_text().splitlines()
        except OSError:
            return []

    def until(self, so, what, patience=PATIENCE):
        end = time.monotonic() + patience
        while True:
            value = so()
            if value:
                return value
            if time.monotonic() > end:
                raise AssertionError(f"waited {patience} s until {what}\n{self.runs()}\n" + "\n".join(
                    f"--- {node.name}: {node.run('status').stderr}\n{node.log()[-2500:]}" for node in self.nodes))
            time.sleep(0.1)

    def leader(self):
        return next((node for node in self.nodes if node.process and node.process.poll() is None and node.leads()), None)


class Several(unittest.TestCase):
    def begin(self, *names):
        self.site = Site(names)
        self.addCleanup(self.site.close)
        first, *others = self.site.nodes
        first.start()
        self.site.until(first.leads, f"{first.name} leads")
        for node in others:
            node.start()
            self.site.until(lambda: f"{node.name} stands by; {first.name} leads since" in node.run("status").stderr, f"{node.name} stands by")
        return self.site.nodes

    def approve(self, leader):
        plan = self.site.until(lambda: leader.plan(), "a plan waits")
        done = leader.run("approve", plan["plan"]["id"], "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)

    def begun(self, count):
        self.site.until(lambda: sum(line.startswith("begin") for line in self.site.runs()) >= count, f"{count} jobs have begun")

    def expect_each_done_once(self, leader):
        self.site.until(lambda: leader.plan() and leader.plan()["state"] in ("succeeded", "partial", "failed", "unknown"), "the plan ends")
        plan = leader.plan()
        self.assertEqual(plan["state"], "succeeded", json.dumps(plan, indent=1)[:3000])
        done = sorted(line.split()[1] for line in self.site.runs() if line.startswith("done"))
        self.assertEqual(done, JOBS)

    def expect_one_ledger(self, *nodes):
        """Every copy is the shared ledger, and its chain holds."""
        for node in nodes:
            node.end()
        last = int(self.site.database.ask("SELECT last FROM capstan_ledger"))
        self.assertEqual(self.site.database.ask("SELECT count(*), max(seq) FROM capstan_fact"), f"{last}|{last}")
        checked = nodes[-1].run("verify", "--json")
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        self.assertEqual(json.loads(checked.stdout)["last"], last)
        for file in self.site.root.rglob("*"):
            if file.is_file() and file.name != "pgpass" and "postgresql" not in str(file.relative_to(self.site.root)):
                self.assertNotIn(PASSWORD.encode(), file.read_bytes(), file)

    def test_a_killed_leader_is_replaced_within_seconds_and_nothing_is_done_twice(self):
        a, b, c = self.begin("capstan-a", "capstan-b", "capstan-c")
        self.approve(a)
        self.begun(3)
        a.kill()
        killed = time.monotonic()
        leader = self.site.until(self.site.leader, "another leads")
        print(f"led by {leader.name} after {time.monotonic() - killed:.1f} s", file=sys.stderr)
        self.assertLess(time.monotonic() - killed, 30)
        self.expect_each_done_once(leader)
        other = b if leader is c else c
        self.assertIn(f"{leader.name} leads since", other.run("status").stderr)
        a.start()
        self.site.until(lambda: f"capstan-a stands by; {leader.name} leads since" in a.run("status").stderr, "the first stands by")
        self.site.until(lambda: self.copied(a), "the first has every fact")
        self.expect_one_ledger(other, a, leader)

    def copied(self, node):
        local = node.run("status").stderr
        return "stands by" in local and node.log().count("leads no more") == 0

    def test_a_frozen_leader_does_nothing_when_it_wakes(self):
        a, b = self.begin("capstan-a", "capstan-b")
        self.approve(a)
        self.begun(3)
        a.process.send_signal(signal.SIGSTOP)
        self.site.until(b.leads, "the other leads")
        epoch = self.site.database.ask("SELECT epoch FROM capstan_ledger")
        a.process.send_signal(signal.SIGCONT)
        self.site.until(lambda: "capstan-a stands by; capstan-b leads since" in a.run("status").stderr, "the first stands by")
        self.expect_each_done_once(b)
        self.assertEqual(self.site.database.ask("SELECT epoch FROM capstan_ledger"), epoch)
        self.assertIn("capstan-a leads no more", a.log())
        self.assertIsNone(a.process.poll(), "it is the same process for whoever supervises it")
        self.expect_one_ledger(a, b)

    def test_a_leader_that_is_cut_off_stops_before_the_other_begins(self):
        a, b = self.begin("capstan-a", "capstan-b")
        self.approve(a)
        self.begun(3)
        a.wire.cut()
        self.site.until(b.leads, "the other leads")
        self.assertIn("capstan-a leads no more", a.log())
        a.wire.mend()
        self.expect_each_done_once(b)
        self.site.until(lambda: "capstan-a stands by; capstan-b leads since" in a.run("status").stderr, "the first stands by")
        self.expect_one_ledger(a, b)

    def test_a_short_cut_and_a_crash_of_the_database_lose_nothing(self):
        a, b = self.begin("capstan-a", "capstan-b")
        self.approve(a)
        self.begun(2)
        a.wire.cut()
        time.sleep(2)
        a.wire.mend()
        self.begun(4)
        self.assertNotIn("leads no more", a.log())
        before = int(a.run("status", "--json").stdout and json.loads(a.run("status", "--json").stdout)["last_seq"])
        self.site.database.crash()
        time.sleep(2)
        self.site.database.start()
        leader = self.site.until(self.site.leader, "one leads")
        self.assertGreaterEqual(int(self.site.database.ask("SELECT last FROM capstan_ledger")), before)
        self.expect_each_done_once(leader)
        self.expect_one_ledger(*[node for node in (a, b) if node is not leader], leader)

    def test_a_connection_whose_set_up_failed_is_not_used(self):
        """What a session promises (a commit survives) must hold before a fact is written by it."""
        a, = self.begin("capstan-a")
        ask = self.site.database.ask
        ask("""CREATE SCHEMA shadow; CREATE SEQUENCE public.set_ups;
            CREATE FUNCTION shadow.current_setting(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
              IF nextval('public.set_ups') <= 2 THEN RAISE EXCEPTION 'not now'; END IF;
              RETURN pg_catalog.current_setting($1); END $$;
            ALTER ROLE capstan SET search_path = shadow, public, pg_catalog""")
        ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'capstan'")
        self.assertEqual(a.run("pause", "--reason", "test").returncode, 0)
        # Two connections, one for the lease and one for facts; of the four tries two failed.
        self.site.until(lambda: int(ask("SELECT last_value FROM public.set_ups")) >= 4, "the set-up is tried again")
        self.assertNotIn("leads no more", a.log())
        ask("ALTER ROLE capstan RESET search_path")
        self.expect_one_ledger(a)

    def test_who_leaves_in_order_is_replaced_at_once_and_commands_are_told(self):
        a, b = self.begin("capstan-a", "capstan-b")
        refused = b.run("pause", "--reason", "test")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("capstan-b stands by; capstan-a leads since", refused.stderr)
        self.assertEqual(a.run("pause", "--reason", "test").returncode, 0)
        left = time.monotonic()
        a.end()
        self.site.until(b.leads, "the other leads")
        print(f"led by capstan-b {time.monotonic() - left:.1f} s after the order to stop", file=sys.stderr)
        self.assertIn("paused", b.run("status").stdout)
        alone = subprocess.run([BINARY, "run", "--listen", "127.0.0.1:0", "--data", a.data, "-c", self.site.config],
                               capture_output=True, text=True, env=a.environment, cwd=self.site.root, timeout=60)
        self.assertIn("--ledger-url", alone.stderr)
        self.expect_one_ledger(a, b)

    def test_mistakes_are_told(self):
        a, = self.begin("capstan-a")
        stranger = Node("stranger", self.site)
        self.addCleanup(stranger.wire.close)

        def refusal(url, environment=None):
            done = subprocess.run([BINARY, "run", "--ledger-url", url, "--listen", "127.0.0.1:0", "--data", stranger.data, "-c", self.site.config],
                                  capture_output=True, text=True, env=environment or stranger.environment, cwd=self.site.root, timeout=60)
            self.assertNotEqual(done.returncode, 0)
            self.assertNotIn(PASSWORD, done.stdout + done.stderr)
            return done.stderr

        self.assertIn('database "nowhere" does not exist', refusal(stranger.url.removesuffix("capstan") + "nowhere"))
        self.assertIn("expected postgresql://", refusal("nonsense"))
        self.assertIn("PGPASSFILE", refusal(stranger.url.replace("capstan@", f"capstan:{PASSWORD}@")))
        self.assertIn("password", refusal(stranger.url, {**stranger.environment, "PGPASSFILE": "/dev/null"}))
        # A ledger of its own, from before.
        alone = subprocess.Popen([BINARY, "run", "--listen", "127.0.0.1:0", "--data", stranger.data, "-c", self.site.config],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=stranger.environment, cwd=self.site.root)
        self.site.until(lambda: stranger.run("status").returncode == 0, "it runs alone")
        alone.terminate()
        alone.wait(30)
        self.assertIn("two different ledgers", refusal(stranger.url))
        page = a.address()
        self.assertEqual(urllib.request.urlopen(page + "/-/ready").status, 200)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")  # The wires that are cut leave sockets behind.
