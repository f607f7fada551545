import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { axePath, launch, login, openPage, startMock } from './support.mjs';
import { PAGES, visit } from './visited.mjs';

const RULES = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'],
};

/** Between the themes only the colours differ. */
const COLOURS = { runOnly: { type: 'rule', values: ['color-contrast'] } };

async function violations(page, rules = RULES) {
  await page.addScriptTag({ path: axePath });
  const { violations: found } = await page.evaluate((options) => window.axe.run(document, options), rules);
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}

describe('every page', () => {
  let browser;
  let running;
  before(async () => {
    browser = await launch();
    running = await startMock();
  });
  after(async () => {
    await browser.close();
    await running.close();
  });

  // The test adds axe as a script, which the page's own policy rightly forbids.
  const open = async (size) => {
    const opened = await openPage(browser, { ...size, bypassCSP: true });
    await login(opened.page, running.address);
    return opened;
  };

  for (const theme of ['light', 'dark']) {
    it(`keeps the accessibility rules (${theme})`, async () => {
      const { page, close } = await open({ theme });
      for (const [name, path] of PAGES) {
        await visit(page, running.address, [name, path]);
        await page.locator('#main h1').waitFor();
        await page.locator('#main .spinner').first().waitFor({ state: 'detached' });
        assert.deepEqual(await violations(page, theme === 'dark' ? COLOURS : RULES), [], name);
      }
      await close();
    });
  }

  it('keeps them on the login and in a dialog', async () => {
    const { page, close } = await openPage(browser, { bypassCSP: true });
    await page.goto(running.address);
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    assert.deepEqual(await violations(page), []);
    await login(page, running.address);
    await page.goto(`${running.address}/incidents/inc-4`);
    await page.getByRole('button', { name: 'Approve…' }).first().click();
    await page.getByRole('dialog').waitFor();
    assert.deepEqual(await violations(page), []);
    await close();
  });

  it('fits a screen of 360 pixels without scrolling sideways', async () => {
    const { page, close } = await open({ width: 360, height: 740 });
    for (const [name, path] of PAGES) {
      await visit(page, running.address, [name, path]);
      await page.locator('#main h1').waitFor();
      const [inner, outer] = await page.evaluate(() => [
        document.documentElement.scrollWidth,
        window.innerWidth,
      ]);
      assert.ok(inner <= outer, `${name} is ${inner} px wide`);
    }
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Logs' }).click();
    await page.getByRole('heading', { name: 'Logs' }).waitFor();
    await close();
  });
});
