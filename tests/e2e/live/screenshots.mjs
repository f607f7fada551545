// Takes a picture of every page of the real program while the machine it watches has trouble, wide and narrow, light and
// dark: `node tests/e2e/live/screenshots.mjs FOLDER`. The README's picture is incident-wide-light.png of it.
import fs from "node:fs";
import path from "node:path";

import { launch, openPage } from "../ui/support.mjs";
import { Capstan, sleep, until } from "./capstan.mjs";
import { burn, stopAll } from "./trouble.mjs";

const folder = process.argv[2] ?? "/tmp/capstan-live-screenshots";
fs.mkdirSync(folder, { recursive: true });
const password = "a long enough passphrase";
const capstan = new Capstan();
capstan.write("calm.yaml", `policy: calm-burners\nwhen: { incident: HostCpuSaturated, for: 10m }\ndo:\n  - host.lower_priority: {}\napprove: ask\n`);
await capstan.start();
const browser = await launch();
try {
  await sleep(15_000);
  const culprits = burn();
  const incident = await capstan.incident("HostCpuSaturated", 60);
  await until("all culprits to be blamed", 60, async () => (await capstan.blamed((await capstan.incidents("HostCpuSaturated"))[0])).length === culprits.length);
  await sleep(5_000);
  const { rows } = await capstan.json(["sql", `SELECT id FROM host_process WHERE pid = ${culprits[0].pid}`]);
  const pages = {
    overview: "/",
    incidents: "/incidents",
    incident: `/incidents/${incident.id}`,
    resources: "/resources?kind=host_process",
    resource: `/resource?id=${encodeURIComponent(rows[0][0])}`,
    graph: `/graph?id=${encodeURIComponent(rows[0][0])}`,
    metrics: `/explore?q=${encodeURIComponent('sum by (mode) (rate(node_cpu_seconds_total{mode!="idle"}[1m]))')}`,
    logs: "/logs",
    facts: "/facts",
    policies: "/policies",
    plans: "/plans",
    sql: `/sql?q=${encodeURIComponent("SELECT id, pid, user, rss_bytes FROM host_process LIMIT 50")}`,
    settings: "/settings",
  };
  let first = true;
  for (const [size, width, height] of [["wide", 1440, 900], ["narrow", 390, 844]]) {
    for (const theme of ["light", "dark"]) {
      const { page, faults, close } = await openPage(browser, { width, height, theme });
      await page.goto(capstan.url);
      if (first) await page.getByLabel("One-time token").fill(capstan.setupToken);
      await page.getByLabel("User").fill("alice");
      await page.getByLabel("Password", { exact: true }).fill(password);
      await page.getByRole("button", { name: first ? "Make administrator and log in" : "Log in" }).click();
      await page.locator("#main").waitFor();
      first = false;
      for (const [name, address] of Object.entries(pages)) {
        await page.goto(capstan.url + address);
        await page.waitForTimeout(1_200);
        await page.screenshot({ path: path.join(folder, `${name}-${size}-${theme}.png`), fullPage: true });
      }
      if (faults.length > 0) console.log(size, theme, faults);
      await close();
    }
  }
} finally {
  stopAll();
  await browser.close();
  await capstan.remove();
}
