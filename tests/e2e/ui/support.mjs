// What the browser tests share: the built page on a free port with the mock behind it, and a Chromium.
import { createRequire } from 'node:module';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { dirname, join } from 'node:path';

const here = dirname(fileURLToPath(import.meta.url));
const ui = join(here, '..', '..', '..', 'ui');
// The tests live outside ui/, but what they need is installed there.
const require = createRequire(join(ui, 'package.json'));
const { chromium } = require('playwright-core');
export const axePath = require.resolve('axe-core/axe.min.js');

const { dist, loadMock } = await import(join(ui, 'mock', 'bundle.mjs'));
const { serve, PASSWORD, SETUP_TOKEN } = await loadMock();
export { PASSWORD, SETUP_TOKEN };

export const startMock = (options = {}) => serve(dist, 0, { actionMs: 300, ...options });

/** Generous: the tests may share a small machine with builds. */
const TIMEOUT_MS = Number(process.env['E2E_TIMEOUT_MS'] ?? 30_000);
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const launch = () =>
  chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    headless: true,
    args: FLAGS,
  });

export async function login(page, address, user = 'alice') {
  await page.goto(address + '/');
  await page.getByLabel('User').fill(user);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.locator('#main').waitFor();
}

/** Opens a page of the wanted size that remembers what went wrong in it. */
export async function openPage(
  browser,
  { width = 1440, height = 900, theme = 'light', locale = 'en-GB', bypassCSP = false } = {},
) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    locale,
    bypassCSP,
  });
  context.setDefaultTimeout(TIMEOUT_MS);
  const page = await context.newPage();
  const faults = [];
  page.on('pageerror', (error) => faults.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    // The browser itself reports every answer of 4xx; the page shows those to the person.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
      faults.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith('http://127.0.0.1:')) faults.push(`asked another host: ${request.url()}`);
  });
  return { page, faults, close: () => context.close() };
}

/** For all tests of a suite: a browser with a page of somebody logged in, and the mock behind it, handed over at first. */
export function withPage(options, take) {
  let held;
  before(async () => {
    const browser = await launch();
    const running = await startMock(options);
    held = { browser, running, ...(await openPage(browser)) };
    await login(held.page, running.address);
    take(held);
  });
  after(async () => {
    await held.close();
    await held.browser.close();
    await held.running.close();
  });
}
