// How long it takes from trouble showing at an exporter until somebody is told, at a 1 s interval: Capstan (scrape, rule,
// finding, incident with its causes, fact on disk, webhook) against Prometheus (scrape, rule, post to an Alertmanager's
// address, without the Alertmanager's own waiting). Both watch the same exporter with the same rule at the same time.
import { spawn } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";

import { Capstan, sleep, until } from "../tests/e2e/live/capstan.mjs";

const rounds = Number(process.argv[2] ?? 20);
let trouble = 0; // The round in which there is trouble; 0 is none.
const told = { capstan: new Map(), prometheus: new Map() };

function tell(who, body) {
  const now = performance.now();
  for (const [, round] of body.matchAll(/round (\d+) is in trouble/g)) {
    if (!told[who].has(round)) told[who].set(round, now);
  }
}

const server = http.createServer((request, response) => {
  if (request.url === "/metrics") {
    response.setHeader("Content-Type", "text/plain; version=0.0.4");
    return response.end(`# TYPE bench_trouble gauge\n${trouble ? `bench_trouble{round="${trouble}"} 1\n` : ""}`);
  }
  let body = "";
  request.on("data", (chunk) => (body += chunk));
  request.on("end", () => {
    tell(request.url.startsWith("/hook") ? "capstan" : "prometheus", body);
    response.setHeader("Content-Type", "application/json");
    response.end("{}");
  });
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address();

const rules = `groups:
- name: bench
  interval: 1s
  rules:
  - alert: BenchTrouble
    expr: bench_trouble == 1
    labels: { severity: high }
    annotations: { summary: "round {{ $labels.round }} is in trouble" }
`;

const capstan = new Capstan();
capstan.write("rules.yaml", rules);
capstan.write(
  "site.yaml",
  `scrape: { targets: ["127.0.0.1:${port}"], scrape_interval: 1s }\nnotify:\n  - webhook: { url: "http://127.0.0.1:${port}/hook" }\n`,
);
await capstan.start();

const directory = path.join(capstan.directory, "prometheus");
fs.mkdirSync(directory);
fs.writeFileSync(path.join(directory, "rules.yaml"), rules);
fs.writeFileSync(
  path.join(directory, "prometheus.yaml"),
  `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [rules.yaml]
alerting: { alertmanagers: [{ static_configs: [{ targets: ["127.0.0.1:${port}"] }] }] }
scrape_configs: [{ job_name: bench, static_configs: [{ targets: ["127.0.0.1:${port}"] }] }]
`,
);
const prometheus = spawn(
  "prometheus",
  [`--config.file=${directory}/prometheus.yaml`, `--storage.tsdb.path=${directory}/data`, "--web.listen-address=127.0.0.1:0"],
  { stdio: "ignore" },
);

const delays = { capstan: [], prometheus: [] };
try {
  await sleep(5_000);
  for (let round = 1; round <= rounds; ++round) {
    await sleep(1_000 * ((round * 0.618) % 1)); // At any phase of the interval.
    const began = performance.now();
    trouble = round;
    for (const who of ["capstan", "prometheus"]) {
      await until(`${who} to tell of round ${round}`, 30, () => told[who].has(String(round)));
      delays[who].push((told[who].get(String(round)) - began) / 1000);
    }
    trouble = 0;
    await until("the incident to close", 60, async () => (await capstan.incidents("BenchTrouble")).length === 0);
  }
} finally {
  prometheus.kill("SIGKILL");
  await capstan.remove();
  server.close();
}

const quantile = (values, q) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))];
for (const [who, values] of Object.entries(delays)) {
  console.log(
    `${who.padEnd(11)} sample to message: p50 ${quantile(values, 0.5).toFixed(2)} s, p95 ${quantile(values, 0.95).toFixed(2)} s, ` +
      `most ${Math.max(...values).toFixed(2)} s (${values.length} rounds)`,
  );
}
console.log(`ratio (Prometheus / Capstan, p50): ${(quantile(delays.prometheus, 0.5) / quantile(delays.capstan, 0.5)).toFixed(2)}`);
