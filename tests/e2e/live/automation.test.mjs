// Automation as a person drives it in the page, against the real program: calendar, overrides, approvals, previews, accounts.
// The services that the accounts would have are at an address where nobody answers, so what is approved fails at once.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { launch } from "../ui/support.mjs";
import { Capstan, until } from "./capstan.mjs";

const password = "a long enough passphrase";
const capstan = new Capstan();
let browser;
let page;

// A window of its own for each account, and one that never holds: twelve things on each of 45 accounts.
const conditions = Array.from(
  { length: 12 },
  (_, at) => `  - { is: "ready ${at + 1}", so: "mail = 'nobody ${at + 1}'", by: cloudz.accept_terms }`,
).join("\n");
const POLICIES = `policy: account-hours
select: { kind: trial_account, all: true }
keep:
  - { is: open, so: "mail <> ''", by: cloudz.accept_terms }
during: { of: "SELECT hours || ' ' || zone" }
approve: standing
---
policy: everything-ready
select: { kind: trial_account, all: true }
keep:
${conditions}
approve: standing
grants: [account-hours]
limits: { total: 1000, in_flight: 100%, rate: 5000/min, failures: 45, canary: false }
---
policy: nightly
select: { kind: trial_account, where: "name = 'trial_user45'" }
when: { cron: "0 22 * * *", zone: Asia/Seoul }
do: { cloudz.accept_terms: {} }
`;

const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

before(async () => {
  process.env.CAPSTAN_TEST_SECRET = "never-shown-4711";
  capstan.write(
    "services.yaml",
    `services:
  cloudz: { url: "https://127.0.0.1:1", user: admin, password: env:CAPSTAN_TEST_SECRET }
`,
  );
  capstan.write(
    "accounts.yaml",
    `records: trial_account
defaults: { starts_on: ${day(-10)}, ends_on: ${day(20)}, zone: Asia/Seoul, hours: "Mon-Fri 09:00-18:00", owner: sales }
items:
  - { name: "trial_user{01..44}", mail: "{{name}}@example.com" }
  - { name: trial_user45, mail: trial_user45@example.com, hours: "Mon-Sat 08:00-20:00", ends_on: ${day(1)} }
`,
  );
  capstan.write("policies.yaml", POLICIES);
  await capstan.start();
  browser = await launch();
  page = await (await browser.newContext({ locale: "en-GB", timezoneId: "Europe/Berlin" })).newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(capstan.url);
  await page.getByLabel("One-time token").fill(capstan.setupToken);
  await page.getByLabel("User").fill("alice");
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Make administrator and log in" }).click();
  await page.locator("#main").waitFor();
  await until("the policies have decided", 60, async () => {
    const { policies } = await capstan.json(["policies"]);
    return policies.find(({ name }) => name === "everything-ready")?.plans[0];
  });
});

after(async () => {
  await browser?.close();
  await capstan.remove();
});

afterEach(async (context) => {
  if (!context.passed && context.error) {
    console.log(capstan.logText().split("\n").slice(-20).join("\n"));
    console.log(await page.locator("#main").innerText());
  }
});

const go = (path) => page.goto(capstan.url.replace(/\/$/, "") + path);
const row = (policy, hours) => page.getByRole("listitem", { name: `${policy}, ${hours}` });

test("the calendar has a row for each window, on the clock of the row or of the browser", async () => {
  await go("/calendar?week=2030-01-14");
  const most = row("account-hours", "Mon-Fri 09:00-18:00");
  await most.getByText("44 resources").waitFor();
  const track = most.getByRole("img");
  assert.match(await track.getAttribute("aria-label"), /Mon 09:00–18:00.*Fri 09:00–18:00/);
  const bars = most.locator(".calendar-span");
  assert.equal(await bars.count(), 5);
  await row("nightly", "0 22 * * *").locator(".calendar-tick").nth(6).waitFor();
  await page.getByRole("radio", { name: /This browser/ }).check();
  await until("the browser's clock", 10, async () => /Mon 01:00–10:00/.test(await track.getAttribute("aria-label")));
  await page.getByRole("button", { name: "Week after" }).click();
  await page.waitForURL(/week=2030-01-21/);
  assert.equal(await page.locator(".calendar-now").count(), 0, "the present is not in that week");
  await page.getByRole("button", { name: "This week" }).click();
  await page.locator(".calendar-now").first().waitFor();
});

test("a person keeps an account up; what is wrong is said beside its field; the row shows it; it can be ended", async () => {
  await go("/calendar?clock=browser"); // On which the present is always within this week.
  await page.locator(".page-head").getByRole("button", { name: "Keep otherwise…" }).click();
  const dialog = page.getByRole("dialog");
  const keep = dialog.getByRole("button", { name: "Keep", exact: true });
  assert.equal(await keep.isDisabled(), true, "without a resource and an end there is nothing to keep");
  await dialog.getByLabel("Resource").fill("trial_user7");
  await dialog.getByLabel("Until").fill("25:99");
  await keep.click();
  await dialog.getByRole("alert").getByText(/no resource 'trial_user7'/).waitFor();
  await dialog.getByLabel("Resource").fill("trial_user07");
  await dialog.locator("datalist option[value='trial_account/trial_user07']").waitFor({ state: "attached" });
  await keep.click();
  await dialog.getByRole("alert").getByText(/'25:99' is no time to end at/).waitFor();
  await dialog.getByLabel("Until").fill("2h");
  await dialog.getByLabel("Reason").fill("a demonstration");
  await keep.click();
  await dialog.waitFor({ state: "detached" });
  const most = row("account-hours", "Mon-Fri 09:00-18:00");
  await most.locator(".calendar-override").waitFor();
  await most.getByText("a demonstration").waitFor();
  await most.getByText("user:alice", { exact: true }).waitFor();
  await most.getByRole("button", { name: "End" }).click();
  await most.locator(".calendar-override").waitFor({ state: "detached" });
  assert.deepEqual((await capstan.json(["overrides"])).overrides, []);
});

test("a resource says what each policy decided, and why another does not look at it", async () => {
  await go("/resource?id=trial_account/trial_user07");
  const card = page.getByRole("region", { name: "Policies" });
  await card.getByText("everything-ready").first().waitFor();
  await card.locator(".verdict", { hasText: "account-hours" }).getByText(/Mon-Fri 09:00-18:00/).waitFor();
  await card.getByLabel("Why does another policy not look at it?").selectOption("trial-hours");
  await card.getByText(/waits for|not looked at/).last().waitFor();
  await card.getByRole("button", { name: "Keep otherwise…" }).click();
  assert.equal(await page.getByRole("dialog").getByLabel("Resource").inputValue(), "trial_account/trial_user07");
  await page.keyboard.press("Escape");
});

test("a policy is tried without being in force; a mistake is shown at its place", async () => {
  await go("/policies?tab=try");
  const editor = page.getByLabel("Policies as YAML");
  await editor.fill("policy: trial\nselect: { kind: trial_acount, all: true }\nkeep: running\n");
  await page.getByRole("button", { name: "What would it do?" }).click();
  await page.getByRole("alert").getByText(/trial_acount/).first().waitFor();
  await editor.fill(
    "policy: tried\nselect: { kind: trial_account, where: \"name < 'trial_user03'\" }\nkeep:\n" +
      "  - { is: termed, so: \"mail = ''\", by: cloudz.accept_terms }\n",
  );
  await page.getByRole("button", { name: "What would it do?" }).click();
  const tried = page.getByRole("article", { name: "tried" });
  await tried.locator(".plan-action").nth(1).waitFor();
  assert.equal(await tried.locator(".plan-action").count(), 2);
  const { policies } = await capstan.json(["policies"]);
  assert.ok(!policies.some(({ name }) => name === "tried"));
});

test("a policy is tried over the past; what of it is not known is said", async () => {
  await go("/policies?tab=try");
  await page
    .getByLabel("Policies as YAML")
    .fill(
      "policy: looked-back\nselect: { kind: trial_account, where: \"name < 'trial_user03'\" }\nkeep:\n" +
        "  - { is: termed, so: \"mail = ''\", by: cloudz.accept_terms }\n",
    );
  await page.getByRole("button", { name: "What would it have done?" }).click();
  const past = page.getByRole("article", { name: "looked-back" });
  await past.getByText(/What it selects is known from/).waitFor();
  await past.getByText(/has no price/).waitFor();
  assert.ok((await past.getByRole("listitem").count()) >= 30, "a bar for each day");
  // It changed nothing, and asked nobody.
  const { policies } = await capstan.json(["policies"]);
  assert.ok(!policies.some(({ name }) => name === "looked-back"));
});

test("a plan of 540 actions is quick to read, says what its approval allows for good, and how far it is", async () => {
  await go("/plans");
  const plan = page.getByRole("article").filter({ hasText: "540 actions on 45 resources" });
  await plan.waitFor();
  assert.equal(await plan.locator(".plan-action").count(), 0, "nothing is drawn that nobody opened");
  await plan.getByText("540 actions on 45 resources").click();
  await plan.getByText("trial_account/trial_user07").click();
  await plan.locator(".plan-action").nth(11).waitFor();
  assert.equal(await plan.locator(".plan-action").count(), 12);
  const grants = /also lets everything-ready, account-hours act on these 45 resources/;
  await plan.getByText(grants).waitFor();
  await plan.getByRole("button", { name: "Approve…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(grants).waitFor();
  await dialog.getByRole("listitem").filter({ hasText: "540 ×" }).waitFor();
  await dialog.getByRole("button", { name: "Approve", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  // Nobody answers: the first thing for each account fails, and what comes after it is left out.
  await plan.getByText("45 failed or unknown").waitFor();
  await plan.locator("summary", { hasText: "trial_user07" }).getByText("failed", { exact: true }).waitFor();
  assert.equal(await plan.getByText("11 ×").count(), 45);
});

test("a standing approval is listed, and withdrawn by those who are asked once more", async () => {
  await go("/policies?tab=approvals");
  const list = page.getByRole("list", { name: "Standing approvals" });
  await list.getByText("everything-ready").first().waitFor();
  await list.getByText("On 45 resources").waitFor();
  // Any change of its policy is another policy: the approval no longer holds.
  capstan.write("policies.yaml", POLICIES.replace("ready 12", "ready at last"));
  await list.getByText("changed since: asks again").first().waitFor({ timeout: 60_000 });
  await list.getByRole("button", { name: "Withdraw…" }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Withdraw", exact: true }).click();
  await page.getByText(/Nothing is approved for good/).waitFor();
});

test("accounts are listed with their period, their state and what people keep; never with a password", async () => {
  await go("/accounts");
  await page.getByText("45 of 45").waitFor();
  await page.getByLabel("Find accounts by name, owner or mail").fill("user45");
  await page.getByText("1 of 45").waitFor();
  const line = page.getByRole("row").filter({ hasText: "trial_user45" });
  await line.getByText(/ends (today|tomorrow)/).waitFor();
  await line.getByText("Mon-Sat 08:00-20:00").first().waitFor();
  // What was approved before has failed, and so it is not "being issued".
  await line.getByText("issuing fails").waitFor();
  await line.getByRole("link", { name: "Accept the portal's terms failed" }).waitFor();
  assert.match(await line.getByRole("link", { name: /failed/ }).getAttribute("href"), /^\/plans\/plan-/);
  await line.getByRole("button", { name: "Keep up until…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Until").fill("2h");
  await dialog.getByRole("button", { name: "Keep", exact: true }).click();
  await line.getByText(/up until/).first().waitFor();
  assert.ok(!(await page.content()).includes("never-shown-4711"));
});

test("the pages fit a narrow screen, and speak Korean", async () => {
  const context = await browser.newContext({
    locale: "ko-KR",
    viewport: { width: 390, height: 844 },
    storageState: await page.context().storageState(),
  });
  const narrow = await context.newPage();
  for (const [path, heading] of [
    ["/calendar", "캘린더"],
    ["/accounts", "체험 계정"],
    ["/policies?tab=approvals", "정책"],
    ["/policies?tab=try", "정책"],
    ["/plans", "계획"],
  ]) {
    await narrow.goto(capstan.url.replace(/\/$/, "") + path);
    await narrow.getByRole("heading", { name: heading, level: 1 }).waitFor();
    await narrow.locator("#main .spinner").first().waitFor({ state: "detached" });
    const over = await narrow.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(over <= 0, `${path} is ${over} px wider than the screen`);
  }
  await context.close();
});
