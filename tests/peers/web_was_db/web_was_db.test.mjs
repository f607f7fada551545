// The real Capstan beside a real web server, application server and databases: silent while all is well; and for each
// thing that is broken the finding that names the setting, its file and line, and the value that would be right.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { after, before, test } from "node:test";
import { Capstan, sleep, until } from "../../e2e/live/capstan.mjs";
import { Exporter } from "./exporter.mjs";
import { Stack } from "./stack.mjs";

const stack = new Stack();
const capstan = new Capstan();
const exporter = new Exporter(stack);
let healthyAt = 0;
/** The places that breaks and their repairs are about, and when they were last of any account. */
const places = new Map();
const kRemembered = 30_000; // What is said of a break that is over may take a moment to end.

before(async () => {
  await stack.start();
  await exporter.start();
  capstan.write("site.yaml", `host:
  journal: false
  logs: ["${stack.path("log")}/*.log"]
scrape_configs:
  - { job_name: postgresql, scrape_interval: 2s, static_configs: [{ targets: ["127.0.0.1:${exporter.port}"] }] }
`);
  await capstan.start();
}, { timeout: 120_000 });

after(async () => {
  if (process.env.KEEP_CAPSTAN_LOG) fs.cpSync(`${capstan.directory}/capstan.log`, process.env.KEEP_CAPSTAN_LOG);
  await capstan.remove();
  exporter.stop();
  await stack.remove();
});

/** The open findings about the servers of this stack. */
async function findings() {
  const sql = "SELECT rule, resource, says, body FROM finding WHERE state = 'open'";
  const answer = await capstan.json(["sql", sql]);
  const rows = answer.rows.map((row) => (Array.isArray(row) ? Object.fromEntries(answer.columns.map((name, i) => [name.name ?? name, row[i]])) : row));
  return rows.filter((row) => row.resource.includes(stack.directory)).map((row) => ({ ...row, ...JSON.parse(row.body) }));
}

const describe = (found) => found.map((one) => `${one.rule}: ${one.says} -> ${one.remedy}`).join("\n");

/** Waits for a finding of a rule that names a place, and checks what it proposes. */
async function expectFinding(rule, { at, proposes }) {
  let found = [];
  const wanted = [].concat(proposes);
  for (const place of [at, ...wanted.filter((text) => text.startsWith("/"))]) places.set(place, Date.now());
  const finding = await until(`${rule} naming ${at}`, 30, async () => {
    found = await findings();
    return found.find((one) => one.rule === rule && (one.says.includes(at) || one.remedy.includes(at)) && wanted.every((text) => one.remedy.includes(text)));
  }).catch((error) => assert.fail(`${error.message}, proposing ${wanted}\nfound:\n${describe(found)}`));
  return finding;
}

/** Waits until an incident's first cause is the finding. */
async function expectFirstCause(finding, at, load) {
  let seen = [];
  await until(`an incident whose first cause is ${finding.rule}`, 30, async () => {
    await load();
    const { incidents } = await capstan.json(["incidents", "--state", "open"]);
    seen = incidents.map((one) => `${one.causes[0]?.says ?? "nothing"} (of ${one.findings.map((finding) => finding.rule)})`);
    const follows = (one) => one.findings.some((other) => other.id !== one.causes[0].finding);
    return incidents.some((one) => one.causes[0]?.finding && one.causes[0].says.includes(at) && follows(one));
  }).catch((error) => assert.fail(`${error.message}\nfirst causes:\n${seen.join("\n")}`));
}

/** What is found to be severe speaks of what was broken, or is what people see of it. */
async function expectNothingElse() {
  for (const [place, at] of places) if (Date.now() - at > kRemembered) places.delete(place);
  const symptoms = ["LogErrorBurst", "HostFilesystemAlmostFull"];
  const severe = (await findings()).filter((one) => ["high", "critical"].includes(one.severity) && !symptoms.includes(one.rule));
  const unrelated = severe.filter((one) => ![...places.keys()].some((place) => `${one.says} ${one.remedy}`.includes(place)));
  assert.equal(describe(unrelated), "", "what nobody broke is said to be wrong");
}

/** A restart is a break, too, as long as it lasts: what it is of may be found to be missing. */
const restarts = (file) => places.set(stack.path(file), Date.now());

/** Breaks something, looks, and puts it right again, also after a failure. */
function broken(name, breakIt, options = {}) {
  test(name, { timeout: 90_000, ...options }, async (t) => {
    const repairs = [];
    try {
      await breakIt((repair) => repairs.push(repair), t);
      await expectNothingElse();
    } finally {
      for (const repair of repairs.reverse()) await repair();
    }
  });
}

const site = "nginx/sites/shop.conf";
const context = "tomcat/conf/Catalina/localhost/ROOT.xml";
const server = "tomcat/conf/server.xml";
const postgresql = "conf/postgresql.conf";
const mariadb = "conf/mariadb.d/server.cnf";
const ofMariadb = () => stack.load("/?db=mariadb", 12);
const slow = `/?db=postgresql&sql=${encodeURIComponent("SELECT pg_sleep(1)")}`;

test("the four servers are known, with what connects them, and nothing is wrong", { timeout: 60_000 }, async () => {
  const ask = async (sql) => (await capstan.json(["sql", sql])).rows.map((row) => (Array.isArray(row) ? row : Object.values(row)));
  const kinds = ["nginx_server", "tomcat_server", "postgresql_server", "mariadb_server"];
  await until("all four", 30, async () => {
    const rows = await ask(`SELECT kind FROM resource WHERE id LIKE '%${stack.directory}%' AND kind LIKE '%_server'`);
    return kinds.every((kind) => rows.some((row) => row[0] === kind));
  });
  await until("what connects them", 30, async () => {
    const rows = await ask(`SELECT source, target FROM relation WHERE kind = 'connects_to' AND source LIKE '%${stack.directory}%' AND target LIKE '%_server/%'`);
    return rows.length >= 3;
  });
  await until("who writes to which log", 40, async () => {
    const rows = await ask(`SELECT DISTINCT target FROM relation WHERE kind = 'writes_to' AND target LIKE 'host_log_file/%${stack.directory}%'`);
    return rows.length >= 4;
  });
  const [[size, at]] = await ask(`SELECT max_connections, max_connections_at FROM postgresql_server WHERE id LIKE '%${stack.directory}%'`);
  assert.equal(Number(size), 60);
  assert.equal(at, stack.at(postgresql, "max_connections"));
  await sleep(4_000);
  assert.equal(describe(await findings()), "");
  assert.deepEqual(await capstan.problems(), []);
  const facts = (await capstan.json(["sql", "SELECT count(*) AS n FROM fact WHERE body LIKE '%not-to-be-seen%'"])).rows[0];
  assert.equal(Number(Object.values(facts)[0]), 0, "a password is in the ledger");
  healthyAt = Date.now();
});

broken("the upstream's port is wrong", async (later) => {
  later(async () => stack.reloadNginx());
  later(stack.change(site, `server 127.0.0.1:${stack.ports.tomcat}`, "server 127.0.0.1:9"));
  await stack.reloadNginx();
  const load = () => stack.load("/", 12);
  const at = stack.at(site, "127.0.0.1:9 ");
  const finding = await expectFinding("ConnectionPortWrong", { at, proposes: [at, `port ${stack.ports.tomcat}`] });
  await expectFirstCause(finding, at, load);
});

broken("the upstream's address is wrong", async (later) => {
  later(async () => stack.reloadNginx());
  later(stack.change(site, `server 127.0.0.1:${stack.ports.tomcat}`, `server 127.0.0.7:${stack.ports.tomcat}`));
  await stack.reloadNginx();
  const at = stack.at(site, "127.0.0.7");
  const finding = await expectFinding("ConnectionAddressWrong", { at, proposes: `In ${at} write` });
  await expectFirstCause(finding, at, () => stack.load("/", 20));
});

broken("the data source's port is wrong", async (later) => {
  later(stack.change(context, `127.0.0.1:${stack.ports.postgresql}/shop`, "127.0.0.1:9/shop"));
  const at = stack.at(context, "127.0.0.1:9/shop");
  await until("requests fail", 20, async () => (await stack.get("/?db=postgresql")) === 500);
  const finding = await expectFinding("ConnectionPortWrong", { at, proposes: [at, `port ${stack.ports.postgresql}`] });
  await expectFirstCause(finding, at, () => stack.load("/?db=postgresql", 12));
});

broken("the data source's database does not exist", async (later) => {
  later(stack.change(context, "${SHOP_SCHEMA}", "stok"));
  const at = stack.at(context, "/stok");
  const finding = await expectFinding("DatabaseMissing", { at, proposes: [at, "stock"] });
  await expectFirstCause(finding, at, ofMariadb);
});

broken("the pool is too small for the threads", async (later) => {
  later(stack.change(context, 'maxTotal="20"\n            maxWaitMillis="3000"', 'maxTotal="2"\n            maxWaitMillis="500"'));
  const at = stack.at(context, 'maxTotal="2"');
  await until("requests wait in vain", 30, async () => {
    const answers = await stack.load(slow, 20);
    return answers.includes(500);
  });
  const finding = await expectFinding("PoolBelowThreads", { at, proposes: [at, "maxTotal 12"] });
  await expectFirstCause(finding, at, () => stack.load(slow, 20));
});

broken("the pool is larger than the database's connections", async (later) => {
  later(stack.change(context, 'maxTotal="20"', 'maxTotal="200"'));
  const at = stack.at(context, 'maxTotal="200"');
  await expectFinding("PoolAboveMaxConnections", { at, proposes: [`In ${at} write maxTotal 57`, stack.at(postgresql, "max_connections")] });
});

broken("the database takes too few connections under load", async (later) => {
  later(async () => {
    await stack.stop("postgresql");
    await stack.startPostgresql();
  });
  later(stack.change(postgresql, "max_connections = 60", "max_connections = 8"));
  restarts(postgresql);
  await stack.stop("postgresql");
  await stack.startPostgresql();
  const at = stack.at(postgresql, "max_connections = 8");
  await until("connections are refused", 30, async () => {
    const answers = await stack.load(slow, 20);
    return answers.includes(500);
  });
  const finding = await expectFinding("PoolAboveMaxConnections", { at, proposes: `in ${at} max_connections 23` });
  await expectFirstCause(finding, at, () => stack.load(slow, 20));
});

broken("the database's connections are nearly all in use", async (later) => {
  const sessions = await stack.openSessions(54);
  later(() => sessions.forEach((session) => session.destroy()));
  const at = stack.at(postgresql, "max_connections");
  await expectFinding("SettingNearLimit", { at, proposes: `in ${at} write max_connections 90` });
});

broken("the application server takes fewer requests than the web server sends", async (later) => {
  later(stack.change(server, 'maxThreads="50"\n        acceptCount="50"', 'maxThreads="20"\n        acceptCount="5"'));
  const at = stack.at(server, "maxThreads");
  await expectFinding("ThreadsBelowCallers", { at, proposes: `In ${at} write maxThreads 60` });
});

broken("the web server may open fewer files than it is to hold connections", async (later) => {
  later(stack.change("nginx/nginx.conf", "worker_connections 256", "worker_connections 4096"));
  const at = stack.at("nginx/nginx.conf", "worker_connections");
  await expectFinding("WorkerConnectionsAboveOpenFiles", { at, proposes: [`In ${at} write worker_connections 512`, "8192"] });
});

broken("the web server gives up before the application server does", async (later) => {
  later(stack.change(site, "proxy_read_timeout 20s", "proxy_read_timeout 2s"));
  const at = stack.at(site, "proxy_read_timeout");
  await expectFinding("TimeoutsInverted", { at, proposes: `In ${at} write proxy_read_timeout 8s` });
});

broken("the web server refuses what the application would take", async (later) => {
  later(async () => stack.reloadNginx());
  later(stack.change("nginx/nginx.conf", "client_max_body_size 4m", "client_max_body_size 10k"));
  await stack.reloadNginx();
  const load = () => stack.load("/", 30, { body: Buffer.alloc(50_000) });
  assert.ok((await load()).includes(413));
  const at = stack.at("nginx/nginx.conf", "client_max_body_size");
  const finding = await expectFinding("BodyLimitBelow", { at, proposes: `In ${at} write client_max_body_size 4m` });
  await expectFirstCause(finding, at, load);
});

broken("the database listens on another address than it is asked on", async (later) => {
  later(async () => {
    await stack.stop("mariadb");
    await stack.startMariadb();
  });
  later(stack.change(mariadb, "bind-address = 0.0.0.0", "bind-address = 127.0.0.1"));
  restarts(mariadb);
  await stack.stop("mariadb");
  await stack.startMariadb();
  const at = stack.at(mariadb, "bind-address");
  const caller = stack.at(context, "127.0.0.2");
  const finding = await expectFinding("ConnectionAddressWrong", { at, proposes: [`in ${at} let mariadb listen on 127.0.0.2`, caller] });
  await expectFirstCause(finding, caller, ofMariadb);
});

broken("a variable of the environment is missing", async (later) => {
  later(async () => stack.restartTomcat());
  restarts(server);
  await stack.restartTomcat({ env: {} });
  const at = stack.at(context, "SHOP_SCHEMA");
  const finding = await expectFinding("ConfigurationVariableMissing", { at, proposes: "Set SHOP_SCHEMA" });
  await expectFirstCause(finding, at, ofMariadb);
});

broken("the heap is larger than the memory that the process may use", async (later, t) => {
  const group = "/sys/fs/cgroup/memory/capstan-stack";
  const unified = "/sys/fs/cgroup/capstan-stack";
  const chosen = fs.existsSync("/sys/fs/cgroup/memory") ? [group, "memory.limit_in_bytes"] : [unified, "memory.max"];
  try {
    fs.mkdirSync(chosen[0], { recursive: true });
    fs.writeFileSync(`${chosen[0]}/${chosen[1]}`, String(512 << 20));
  } catch (error) {
    return t.skip(`no control group can be made here: ${error.message}`);
  }
  later(async () => {
    await stack.restartTomcat();
    fs.rmdirSync(chosen[0]);
  });
  restarts(server);
  await stack.restartTomcat({ java: ["-Xmx600m"], wrap: ["sh", "-c", `echo $$ > ${chosen[0]}/cgroup.procs; exec "$@"`, "sh"] });
  await expectFinding("HeapAboveMemory", { at: "-Xmx", proposes: "-Xmx384m" });
});

broken("a changed file was not reloaded", async (later) => {
  later(stack.change("nginx/nginx.conf", "worker_connections 256", "worker_connections 300"));
  const at = stack.at("nginx/nginx.conf", "worker_connections");
  await expectFinding("ConfigurationNotReloaded", { at, proposes: ["for 300 to hold", "256 again"] });
});

broken("the disk of the database is full", async (later, t) => {
  if (!stack.hasOwnFilesystem) return t.skip("no filesystem can be mounted here");
  const filler = stack.path("postgresql/filler");
  later(() => fs.rmSync(filler, { force: true }));
  try {
    execFileSync("dd", ["if=/dev/zero", `of=${filler}`, "bs=64k"], { stdio: "ignore" });
  } catch {
    // It ends because the disk is full, which is what it is for.
  }
  const sql = encodeURIComponent("CREATE TABLE IF NOT EXISTS big AS SELECT repeat('x', 1000) AS t FROM generate_series(1, 20000)");
  const load = async () => (await stack.load(`/?db=postgresql&sql=${sql}`, 5)).includes(500);
  await until("requests fail", 20, load);
  const at = stack.at(postgresql, "data_directory");
  const finding = await expectFinding("SettingSeenInLog", { at, proposes: [at, "room"] });
  await expectFirstCause(finding, at, load);
});

test("all is well again when everything is put right", { timeout: 90_000 }, async () => {
  assert.ok(healthyAt > 0);
  let left = [];
  await until("no findings about configuration", 75, async () => {
    left = (await findings()).filter((one) => !one.rule.startsWith("LogError") && one.rule !== "ErrorBurst");
    return left.length === 0;
  }).catch(() => assert.fail(describe(left)));
});
