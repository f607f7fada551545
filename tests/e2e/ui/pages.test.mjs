import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { withPage } from './support.mjs';

describe('the pages', () => {
  let running;
  let page;
  let faults;
  withPage({ processes: 9_900 }, (held) => ({ running, page, faults } = held));
  const go = (path) => page.goto(running.address + path);

  it('show thousands of resources without putting them all into the document', async () => {
    await go('/resources?kind=host_process');
    const table = page.getByRole('table', { name: 'Process' });
    await table.getByRole('cell', { name: 'render-preview' }).first().waitFor();
    assert.equal(await table.getAttribute('aria-rowcount'), '2001');
    assert.ok((await table.getByRole('row').count()) < 100);
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText(/2,?001–4,?000 of/).waitFor();
    assert.equal(new URL(page.url()).searchParams.get('offset'), '2000');
  });

  it('sort and search resources, and open one with the keyboard', async () => {
    await go('/resources?kind=host_process');
    const table = page.getByRole('table', { name: 'Process' });
    await table.getByRole('button', { name: 'pid' }).click();
    await table.getByRole('cell', { name: '109899' }).waitFor();
    await table.getByRole('button', { name: 'pid' }).click();
    await table.getByRole('row').nth(1).getByText('/sbin/init').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('checkpointer');
    await page.getByText('8 of 8').waitFor();
    await table.getByRole('row').nth(1).focus();
    await page.keyboard.press('ArrowDown');
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-rowindex') === '3');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'postgres' }).waitFor();
    await page.getByRole('heading', { name: 'History' }).waitFor();
  });

  it('show a resource as of a time, and say when it was not there yet', async () => {
    await go('/resource?id=' + encodeURIComponent('host_disk/web1:sda'));
    await page.getByText('ST1000DM010').waitFor();
    await page.getByLabel('As of').fill('2001-01-01T00:00:07');
    await page.getByRole('alert').getByText('no resource').waitFor();
    await page.getByRole('button', { name: 'Now' }).click();
    await page.getByText('ST1000DM010').waitFor();
  });

  it('draw the relations and list them, too', async () => {
    await go('/graph?id=' + encodeURIComponent('host_service/web1:orders.service'));
    await page.locator('[data-testid=graph] canvas').first().waitFor();
    const list = page.getByRole('table', { name: 'As a list' });
    await list.getByText('orders.service').click();
    await page
      .getByRole('region', { name: 'Chosen' })
      .getByRole('button', { name: 'java' })
      .first()
      .waitFor();
  });

  it('draw a query and keep it in the address', async () => {
    await go('/explore');
    const editor = page.getByLabel('PromQL query 1');
    await editor.fill('node_load');
    await page.getByRole('option', { name: /node_load15/ }).waitFor();
    await editor.fill('sum by (mode) (rate(node_cpu_seconds_total[1m]))');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+Enter');
    await page
      .getByRole('table', { name: 'Series' })
      .getByRole('cell', { name: '{mode="iowait"}' })
      .waitFor();
    assert.match(new URL(page.url()).searchParams.get('q'), /^sum by/);
    await page.getByLabel('24h').click();
    await page.waitForURL(/24h/);
    await page.reload();
    assert.equal(await editor.inputValue(), 'sum by (mode) (rate(node_cpu_seconds_total[1m]))');
    assert.equal(await page.getByLabel('24h').isChecked(), true);
  });

  it('complete with the keyboard', async () => {
    await go('/explore');
    const editor = page.getByLabel('PromQL query 1');
    await editor.pressSequentially('node_memory_MemT');
    await page.getByRole('option', { name: /MemTotal/ }).waitFor();
    await page.keyboard.press('Enter');
    assert.equal(await editor.inputValue(), 'node_memory_MemTotal_bytes');
  });

  it('mark the place of an error in a query', async () => {
    await go('/explore?q=' + encodeURIComponent('sum(rate(node_load1))'));
    await page.getByRole('alert').getByText('expected type range vector').waitFor();
    assert.equal(await page.getByTestId('error-source').locator('mark').innerText(), ')');
    let asked = 0;
    page.on('request', (request) => (asked += request.url().endsWith('/capstan/v1/sql') ? 1 : 0));
    await go('/sql?q=' + encodeURIComponent('SELECT * FROM nowhere'));
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByRole('alert').getByText('no such table: nowhere').waitFor();
    assert.equal(asked, 1, 'a link alone runs nothing');
    assert.equal(await page.getByTestId('error-source').locator('mark').innerText(), 'n');
  });

  it('search logs, and go from a template to its lines', async () => {
    await go('/logs');
    await page.getByText('ERROR orders.Mailer').first().waitFor();
    await page.getByRole('tab', { name: 'Templates' }).click();
    const row = page.getByRole('row').filter({ hasText: 'checkpoint complete' });
    await row.getByRole('button', { name: 'Show lines' }).click();
    await page
      .getByText(/LOG: checkpoint complete: wrote \d+ buffers/)
      .first()
      .waitFor();
    await page.getByText('orders.Mailer').first().waitFor({ state: 'detached' });
    await page.getByLabel('Selector').fill('{filename');
    await page.keyboard.press('Control+Enter');
    await page.getByRole('alert').getByText('expected label="value"').waitFor();
  });

  it('walk from a fact to its causes', async () => {
    await go('/facts?kind=plan.proposed');
    await page
      .getByRole('link', { name: /because of #/ })
      .first()
      .click();
    await page.getByRole('heading', { name: /Why fact #/ }).waitFor();
    await page.getByText('Resource appeared').waitFor();
  });

  it('run and pause a policy', async () => {
    await go('/policies');
    const policy = page.getByRole('article', { name: 'nice-batch-users' });
    await policy.getByText('5 resources').click();
    await policy.getByText('never: user = "root"').waitFor();
    await policy.getByRole('button', { name: 'Run now' }).click();
    await page.getByText('waits for approval').first().waitFor();
    await policy.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
    await policy.getByText('paused').waitFor();
    assert.equal(await policy.getByRole('button', { name: 'Run now' }).isDisabled(), true);
    await policy.getByRole('button', { name: 'Resume' }).click();
    await policy.getByText('paused').waitFor({ state: 'detached' });
  });

  it('keep the policy that somebody is trying over a reload', async () => {
    await go('/policies?tab=try');
    const editor = page.getByLabel('Policies as YAML');
    await editor.fill('policy: half-written');
    await page.reload();
    assert.equal(await editor.inputValue(), 'policy: half-written');
    await editor.fill('');
  });

  it('pause all acting and resume it', async () => {
    await go('/');
    await page.getByRole('button', { name: 'Pause acting' }).click();
    await page.getByLabel('Reason, for those who wonder').fill('moving the rack');
    await page.getByRole('dialog').getByRole('button', { name: 'Pause acting' }).click();
    await page.getByText(/Paused by alice: moving the rack/).waitFor();
    await page.getByRole('button', { name: 'Resume acting' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Resume acting' }).click();
    await page.getByText(/Paused by alice/).waitFor({ state: 'detached' });
  });

  it('make a token, show it once and remove it', async () => {
    await go('/settings?tab=tokens');
    await page.getByLabel('Name').fill('ci');
    await page.getByRole('button', { name: 'Add' }).click();
    assert.match(await page.getByTestId('token').innerText(), /^cst_/);
    await page.getByRole('button', { name: 'Remove ci' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('button', { name: 'Remove ci' }).waitFor({ state: 'detached' });
  });

  it('go from page to page with keys and show the keys', async () => {
    await go('/');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('p');
    await page.getByRole('heading', { name: 'Policies' }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('skip the navigation with the first press of Tab', async () => {
    await go('/policies');
    await page.getByRole('heading', { name: 'Policies' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');
  });

  it('say when the connection is lost, and recover', async () => {
    await go('/');
    await page.getByText('Live', { exact: true }).waitFor();
    running.mock.cutEvents(true);
    await page.getByText('Connection to Capstan lost').waitFor();
    running.mock.cutEvents(false);
    await page.getByText('Live', { exact: true }).waitFor();
    assert.equal(await page.getByText('Connection to Capstan lost').count(), 0);
  });

  it('speak Korean when asked to, and keep to it', async () => {
    await go('/');
    await page.getByLabel('Language').first().selectOption('ko');
    await page.getByRole('heading', { name: '개요' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: '개요' }).waitFor();
    await page.getByLabel('언어').first().selectOption('en');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
  });

  it('did all this without a fault, a forbidden style or a question to another host', () => {
    assert.deepEqual(faults, []);
  });
});
