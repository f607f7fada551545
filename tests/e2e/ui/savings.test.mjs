// The page of savings: planned and real, and what lies between them; and what a plan changes an hour.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { withPage } from './support.mjs';

const amount = (text) => Number(text.replace(/[^0-9.-]/g, ''));

describe('savings', () => {
  let running;
  let page;
  let faults;
  withPage({}, (held) => ({ running, page, faults } = held));

  it('show the planned 73.2 % beside what was really saved', async () => {
    await page.goto(running.address + '/savings');
    const policy = page.getByRole('article').filter({ hasText: 'trial-hours' });
    await policy.getByText('73.2 %', { exact: true }).waitFor();
    assert.match(await policy.getByText('Of the hours').innerText(), /73\.2 % planned, 72\.\d % real/);
  });

  it('explain the difference by parts that add up to it', async () => {
    const table = page.getByRole('article').getByRole('region', { name: 'From the plan' }).first();
    const rows = await table.locator('tbody tr td:last-child').allInnerTexts();
    const difference = await table.locator('tfoot td').last().innerText();
    const sum = rows.map(amount).reduce((a, b) => a + b, 0);
    assert.ok(rows.length >= 4);
    assert.ok(Math.abs(sum - amount(difference)) < 0.05, `${sum} and ${difference}`);
  });

  it('list the accounts, and open one', async () => {
    const accounts = page.getByRole('region', { name: 'By account' }).getByRole('table');
    assert.equal(await accounts.locator('tbody tr').count(), 45);
    assert.match(
      await accounts.getByRole('link').first().getAttribute('href'),
      /^\/resource\?id=trial_account%2Ftrial_user01$/,
    );
  });

  it('ask for another span and keep it in the address', async () => {
    const asked = page.waitForRequest((request) => request.url().includes('/savings?since=7d'));
    await page.getByRole('radio', { name: '7d' }).check();
    await asked;
    assert.equal(new URL(page.url()).searchParams.get('since'), '7d');
  });

  it('say what it takes where nothing was measured', async () => {
    running.mock.world.savings.silent = true;
    await page.goto(running.address + '/savings');
    await page.getByText('Nothing was measured').waitFor();
    running.mock.world.savings.silent = false;
  });

  it('did all this without a fault', () => {
    assert.deepEqual(faults, []);
  });
});
