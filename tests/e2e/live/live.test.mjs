// Capstan end to end on the machine it runs on: real trouble, real processes, a real browser. Each test is a promise of
// the tour in docs/tour.md. Run with CAPSTAN_SEED=n to draw the same culprits again.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";

import { launch } from "../ui/support.mjs";
import { Capstan, run, sleep, until } from "./capstan.mjs";
import { burn, eatMemory, fillDisk, pick, seed, stopAll, work } from "./trouble.mjs";

console.log(`seed ${seed}`);
const password = "a long enough passphrase";
const capstan = new Capstan();
let browser;
let page;

async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const isAlive = (pid) => fs.existsSync(`/proc/${pid}`);

/** Waits until a machine that was busy is calm again, so that one test's trouble is not the next one's. A burst in a log
 * is over only when the log has been quiet for minutes: nothing else waits for that. */
async function calm() {
  stopAll();
  await until("all incidents closed", 90, async () => {
    const open = (await capstan.incidents()).filter((one) => one.findings.some((finding) => finding.rule !== "LogErrorBurst"));
    if (open.length > 0) throw new Error(`open: ${open.map((one) => one.title).join("; ")}`);
    return true;
  });
}

const servicePort = await freePort();
const appLog = path.join(capstan.directory, "app.log");

before(async () => {
  fs.writeFileSync(appLog, "");
  capstan.write(
    "site.yaml",
    `host:
  services:
    - name: files
      match: { command: "http.server ${servicePort}" }
      start: "exec /usr/bin/python3 -m http.server ${servicePort} --bind 127.0.0.1 --directory ${capstan.config}"
  logs: [ "${appLog}" ]
`,
  );
  await capstan.start();
  browser = await launch();
  page = await (await browser.newContext({ locale: "en-GB" })).newPage();
});

after(async () => {
  stopAll();
  await browser?.close();
  await run("pkill", ["-f", `[h]ttp.server ${servicePort}`], { code: [0, 1] });
  await capstan.remove();
});

afterEach(async (context) => {
  stopAll();
  if (!context.passed && context.error) console.log(capstan.logText().split("\n").slice(-20).join("\n"));
});

test("the first person in makes the first administrator, and sees this machine", async () => {
  await page.goto(capstan.url);
  await page.getByLabel("One-time token").fill(capstan.setupToken);
  await page.getByLabel("User").fill("alice");
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Make administrator and log in" }).click();
  await page.locator("#main").waitFor();
  for (const kind of ["host", "host_process", "host_filesystem", "host_listening_port", "host_network_interface"]) {
    await until(`a ${kind}`, 20, async () => (await capstan.json(["sql", `SELECT count(*) FROM resource WHERE kind = '${kind}'`])).rows[0][0] > 0);
  }
  // Each page has an address of its own that can be opened anew.
  for (const address of ["/", "/incidents", "/resources", "/graph", "/explore", "/logs", "/facts", "/policies", "/plans", "/sql", "/settings"]) {
    await page.goto(capstan.url + address);
    await page.locator("#main h1").waitFor();
  }
});

test("a process, the port it listens on and the service it belongs to hang together", async () => {
  const started = await until("the service's plan", 60, async () => (await capstan.incidents("HostServiceDown"))[0]);
  await capstan.command(["approve", "-y", started.recommended[0].id]);
  const rows = await until("the relations of the service's process", 60, async () => {
    const found = await capstan.json([
      "sql",
      `SELECT l.target, b.target FROM relation l JOIN relation b ON b.source = l.source AND b.kind = 'belongs_to'
       WHERE l.kind = 'listens_on' AND l.target LIKE '%${servicePort}%'`,
    ]);
    return found.rows.length > 0 && found.rows;
  });
  assert.match(rows[0][1], /host_service\/.*files/);
  await calm();
});

test("burners are named, and stopped on the page once a person says so", async () => {
  const culprits = burn().map((child) => child.pid);
  const incident = await capstan.incident("HostCpuSaturated");
  const blamed = await until("the culprits to be blamed", 30, async () => {
    const [now] = await capstan.incidents("HostCpuSaturated");
    const pids = await capstan.blamed(now);
    return pids.length === culprits.length && pids;
  });
  assert.deepEqual([...blamed].sort(), [...culprits].sort());

  await page.goto(`${capstan.url}/incidents/${incident.id}`);
  const plan = (await capstan.incidents("HostCpuSaturated"))[0].recommended.find((one) => one.actions[0].verb === "host.stop_process");
  const card = page.getByRole("article", { name: plan.title });
  await card.getByRole("button", { name: "Approve…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Approve", exact: true }).click();
  await until("the culprits to be gone", 30, () => culprits.every((pid) => !isAlive(pid)));
  await until("the incident to close", 90, async () => (await capstan.incidents("HostCpuSaturated")).length === 0);

  const why = (await capstan.command(["why", incident.id])).stdout;
  for (const word of ["incident", "closed", "no longer holds", "succeeded", "begins", "approved by alice", "proposed", "finding HostCpuSaturated", "sample"]) {
    assert.ok(why.includes(word), `'${word}' is missing in:\n${why}`);
  }
});

test("a process that eats memory is named", async () => {
  const culprit = eatMemory(0.35);
  const incident = await capstan.incident("HostMemoryRunningOut", 60);
  assert.deepEqual(await capstan.blamed(incident), [culprit.pid]);
  await calm();
});

test("what fills a small disk is named, and stopped by the command", async () => {
  const disk = await fillDisk();
  try {
    const incident = await capstan.incident("HostFilesystemAlmostFull", 60);
    assert.deepEqual(await capstan.blamed(incident), [disk.child.pid]);
    const stop = incident.recommended.find((plan) => plan.actions[0].verb === "host.stop_process");
    await capstan.command(["approve", "-y", stop.id]);
    await until("the culprit to be gone", 30, () => !isAlive(disk.child.pid));
  } finally {
    await disk.release();
  }
  await calm();
});

// Its patterns do not match the programs that look for it: Capstan would take those for the service.
test("a service that is killed is started again once a person says so", async () => {
  const { stdout } = await run("pgrep", ["-f", `[h]ttp.server ${servicePort}`]);
  const victim = Number(stdout.trim().split("\n")[0]);
  process.kill(victim, "SIGKILL");
  const incident = await capstan.incident("HostServiceDown");
  // In a container the kernel does not tell how processes end, and Capstan says so.
  const ends = capstan.logText().includes("how processes end is not known") ? /ended/ : /signal 9/;
  assert.match(incident.causes[0].says, ends);
  assert.match(incident.causes[0].says, new RegExp(`pid ${victim}`));
  await capstan.command(["approve", "-y", incident.recommended[0].id]);
  await until("the service to run", 30, async () => (await run("pgrep", ["-f", `[h]ttp.server ${servicePort}`], { code: [0, 1] })).stdout.trim() !== "");
  await calm();
});

test("a log full of errors is told with its lines and its writer", async () => {
  const writer = spawn("/bin/sh", ["-c", `exec 3>>${appLog}; i=0; while [ $i -lt 100 ]; do echo "order $i done" >&3; sleep 0.05; i=$((i+1)); done; while :; do echo "ERROR cannot reach database db1 for order $i" >&3; i=$((i+1)); sleep 0.05; done`], { stdio: "ignore" });
  try {
    const incident = await until("an incident about the log", 60, async () =>
      (await capstan.incidents()).find((one) => one.findings.some((finding) => finding.resource.includes("app.log"))),
    );
    const lines = incident.findings.flatMap((finding) => finding.evidence.flatMap((evidence) => evidence.lines ?? []));
    assert.ok(lines.some((line) => line.includes("cannot reach database")), JSON.stringify(incident.findings));
  } finally {
    writer.kill("SIGKILL");
  }
});

test("work is no trouble", async () => {
  const before = (await capstan.incidents(undefined, "all")).length;
  for (const [kind, doIt] of Object.entries(work)) {
    await doIt();
    const now = await capstan.incidents(undefined, "all");
    assert.equal(now.length, before, `${kind} opened ${JSON.stringify(now[0]?.title)}`);
  }
});

test("two unrelated troubles are two incidents", async () => {
  const disk = await fillDisk();
  const culprits = burn().map((child) => child.pid);
  try {
    const full = await capstan.incident("HostFilesystemAlmostFull", 60);
    const busy = await capstan.incident("HostCpuSaturated", 60);
    assert.notEqual(full.id, busy.id);
    assert.deepEqual(await capstan.blamed(full), [disk.child.pid]);
    await until("the burners to be blamed", 30, async () => {
      const [now] = await capstan.incidents("HostCpuSaturated");
      return now && [...(await capstan.blamed(now))].sort().join() === [...culprits].sort().join();
    });
  } finally {
    stopAll();
    await disk.release();
  }
  await calm();
});

test("mistakes are told with file and line, and the last good version stays", async () => {
  const file = capstan.write("rules.yaml", "rule: many-processes\nseverity: low\nevery: 1s\nfind: SELECT id, name FROM host\nsays: \"{{name}} is a machine\"\n");
  await capstan.incident("many-processes", 30);
  capstan.write("rules.yaml", "rule: many-processes\nsevrity: low\nfind: SELECT id FROM host\nsays: x\n");
  const problem = await until("the mistake", 20, async () => (await capstan.problems()).find((one) => one.file === file));
  assert.equal(problem.line, 2);
  assert.match(problem.message, /did you mean 'severity'/);
  assert.equal((await capstan.incidents("many-processes")).length, 1, "the last good version is in force");
  fs.rmSync(file);
  await calm();
});

test("a Prometheus target is two lines, an alert rule is as Prometheus has it, and a policy acts without asking; what it did can be undone", async () => {
  const port = await freePort();
  const exporter = spawn("prometheus-node-exporter", [`--web.listen-address=127.0.0.1:${port}`], { stdio: "ignore" });
  const victim = spawn("sleep", ["1000"], { stdio: "ignore" });
  try {
    capstan.write("targets.yaml", `scrape:\n  targets: ["127.0.0.1:${port}"]\n  scrape_interval: 1s\n`);
    await until("samples of the exporter", 30, async () => {
      const { data } = await capstan.json(["query", `node_load1{instance="127.0.0.1:${port}"}`]);
      return data.result.length === 1;
    });
    capstan.write("alerts/mine.yaml", `groups:\n- name: mine\n  interval: 1s\n  rules:\n  - alert: ExporterIsUp\n    expr: up{instance="127.0.0.1:${port}"} == 1\n    labels: {severity: info}\n    annotations: {summary: "{{ $labels.instance }} is up"}\n`);
    await capstan.incident("ExporterIsUp", 30);
    capstan.write(
      "policies/calm-sleepers.yaml",
      `policy: calm-sleepers\nwhen: { alert: ExporterIsUp }\nselect: { kind: host_process, where: "pid = ${victim.pid}" }\ndo:\n  - host.lower_priority: {}\napprove: none\n`,
    );
    await until("the policy to lower its target's priority", 40, () => os.getPriority(victim.pid) > 0);
    const { plan } = await until("the plan to end", 20, async () => {
      const { plans } = await capstan.json(["plans", "--state", "finished"]);
      return plans.find((one) => one.plan.origin === "policy:calm-sleepers" && one.can_be_undone);
    });
    await page.goto(`${capstan.url}/plans/${plan.id}`);
    await page.getByRole("button", { name: "Undo…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Undo…" }).click();
    await until("the priority to be as before", 20, () => os.getPriority(victim.pid) === 0);
    await page.getByText("undone", { exact: true }).first().waitFor();
  } finally {
    exporter.kill("SIGKILL");
    victim.kill("SIGKILL");
    for (const file of ["targets.yaml", "alerts/mine.yaml", "policies/calm-sleepers.yaml"]) fs.rmSync(path.join(capstan.config, file), { force: true });
  }
  await calm();
});

test("exporters that send garbage, half an answer, nothing or too much are told as such, and harm nobody else", async () => {
  const answers = {
    garbage: (response) => response.end("\x00\x01{{{ no metrics = at all\n"),
    half: (response) => (response.writeHead(200, { "Content-Length": 1000 }), response.write("up_to_here 1\n"), setTimeout(() => response.destroy(), 50)),
    silent: () => {},
    unwell: (response) => (response.writeHead(500), response.end("oops")),
    large: (response) => response.end(Array.from({ length: 50_000 }, (_, i) => `many{i="${i}"} 1\n`).join("")),
    good: (response) => response.end("good_metric 7\n"),
  };
  const server = http.createServer((request, response) => answers[request.url.slice(1)](response));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const jobs = Object.keys(answers).map((name) => `  - job_name: ${name}\n    metrics_path: /${name}\n    sample_limit: 10000\n    static_configs: [{ targets: ["127.0.0.1:${server.address().port}"] }]\n`);
    capstan.write("targets.yaml", `global: { scrape_interval: 1s, scrape_timeout: 1s }\nscrape_configs:\n${jobs.join("")}`);
    const errors = await until("an answer for each", 30, async () => {
      const { rows } = await capstan.json(["sql", "SELECT job, health, error FROM prometheus_target"]);
      return rows.length === jobs.length && rows.every(([, health]) => health !== "unknown") && new Map(rows.map(([job, health, error]) => [job, health === "up" ? "up" : error]));
    });
    assert.equal(errors.get("good"), "up");
    assert.match(errors.get("garbage"), /line 1/);
    assert.match(errors.get("half"), /transfer|closed|short|end/i);
    assert.match(errors.get("silent"), /1s|time/i);
    assert.match(errors.get("unwell"), /500/);
    assert.match(errors.get("large"), /sample_limit/);
    const { data } = await capstan.json(["query", "good_metric"]);
    assert.equal(data.result[0].value[1], "7");
    const { data: none } = await capstan.json(["query", "up_to_here or many"]);
    assert.deepEqual(none.result, [], "half an answer and too much leave nothing behind");
  } finally {
    server.closeAllConnections();
    server.close();
    fs.rmSync(path.join(capstan.config, "targets.yaml"), { force: true });
  }
  await calm();
});

test("a full disk is told, loses nothing, and all goes on once there is room", async () => {
  const data = fs.mkdtempSync(path.join(os.tmpdir(), "small-"));
  await run("mount", ["-t", "tmpfs", "-o", "size=96m,mode=700", "tmpfs", data]);
  const small = new Capstan({ data });
  try {
    await small.start();
    await until("this machine", 20, async () => (await small.json(["sql", "SELECT count(*) FROM host_process"])).rows[0][0] > 0);
    await run("sh", ["-c", `cat /dev/zero > ${data}/ballast`], { code: [1] });
    await until("the full disk to be told", 60, async () => (await small.json(["status"])).sources.some((source) => /space|full/i.test(source.error)));
    const { last_seq: before } = await small.json(["status"]);
    fs.rmSync(path.join(data, "ballast"));
    await until("all to be well", 60, async () => (await small.json(["status"])).sources.every((source) => !source.error));
    const sleeper = spawn("sleep", ["1000"], { stdio: "ignore" });
    await until("facts again", 30, async () => (await small.json(["sql", `SELECT count(*) FROM host_process WHERE pid = ${sleeper.pid}`])).rows[0][0] === 1);
    sleeper.kill("SIGKILL");
    assert.ok((await small.json(["status"])).last_seq > before);
    await small.stop();
    assert.match((await small.command(["verify"])).stdout, /the chain holds/);
  } finally {
    await small.stop();
    await run("umount", ["-l", data]);
    fs.rmSync(small.directory, { recursive: true, force: true });
    fs.rmdirSync(data);
  }
  await calm();
});

test("nothing acts while the kill switch is on", async () => {
  await capstan.command(["pause", "--reason", "testing"]);
  const culprits = burn().map((child) => child.pid);
  const incident = await capstan.incident("HostCpuSaturated");
  const plan = incident.recommended.find((one) => one.actions[0].verb === "host.stop_process");
  await capstan.command(["approve", "-y", plan.id], { code: [0, 1] });
  await sleep(3_000);
  assert.ok(culprits.every(isAlive));
  await capstan.command(["resume"]);
  await calm();
});

test("kill -9 loses no acknowledged fact and repeats nothing", async () => {
  for (let round = 0; round < 3; ++round) {
    const { last_seq: acknowledged } = await capstan.json(["status"]);
    await sleep(pick([0, 100, 300, 700]));
    await capstan.kill();
    await capstan.start();
    assert.equal(capstan.setupToken, undefined, "there is an administrator");
    const { last_seq: now } = await capstan.json(["status"]);
    assert.ok(now >= acknowledged, `fact ${acknowledged} was acknowledged, ${now} is the last`);
  }
  const { rows } = await capstan.json(["sql", "SELECT subject, count(*) FROM fact WHERE kind = 'action.intended' AND json_extract(body, '$.undo') = 0 GROUP BY subject HAVING count(*) > 1"]);
  assert.deepEqual(rows, []);
  await capstan.stop();
  const verified = await capstan.command(["verify"]);
  assert.match(verified.stdout, /the chain holds/);
  await capstan.start();
});

test("a second Capstan on the same data directory refuses, naming the first", async () => {
  const second = await run(process.env.CAPSTAN_BINARY ?? "build/release/capstan", ["run", "--data", capstan.data, "--listen", "127.0.0.1:0"], { code: [1] });
  assert.match(second.stderr, new RegExp(`${capstan.process.pid}`));
});

test("an API token lets Grafana ask", async () => {
  const token = (await capstan.command(["token", "create", "--role", "viewer"])).stdout.trim();
  const ask = (headers) => fetch(`${capstan.url}/api/v1/query?query=node_load1`, { headers });
  assert.equal((await ask({})).status, 401);
  const answer = await ask({ Authorization: `Bearer ${token}` });
  assert.equal(answer.status, 200);
  assert.equal((await answer.json()).data.result.length, 1);
});
