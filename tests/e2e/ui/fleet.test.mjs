import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { login, openPage, withPage } from './support.mjs';

const WEB = encodeURIComponent('k8s_deployment/prod/shop/web-0');

describe('a fleet', () => {
  let browser;
  let running;
  let page;
  let faults;
  withPage({ pods: 400 }, (held) => ({ browser, running, page, faults } = held));
  const go = (path) => page.goto(running.address + path);
  const address = () => new URL(page.url()).searchParams;

  it('is filtered by owner, namespace and severity, and the address keeps it', async () => {
    await go('/checks');
    const owners = page.getByRole('region', { name: 'Owner' });
    await owners.getByRole('button', { name: /team-shop/ }).click();
    await page.getByRole('group', { name: 'By severity' }).getByRole('button', { name: /High/ }).click();
    await page.getByRole('region', { name: 'Rule' }).getByText('KubeConfigMapMissing').waitFor();
    assert.equal(address().get('owner'), 'team-shop');
    assert.equal(address().get('severity'), 'high');
    await page.reload();
    await page
      .getByText(/shop\/|prod\/shop/)
      .first()
      .waitFor();
    assert.equal(await page.getByText('team-bank · ').count(), 0);
    await page.getByRole('button', { name: 'Clear the filters' }).click();
    await page.getByText('team-bank · ').first().waitFor();
  });

  it('says of a violation why it matters and what to do', async () => {
    await go('/checks?rule=KubeConfigMapMissing');
    await page.locator('.violation summary').first().click();
    await page.getByText('A pod whose config map is missing').waitFor();
    await page.getByText('Make the config map, or mark its use as optional.').waitFor();
    await page.getByRole('link', { name: /^k8s_deployment\// }).waitFor();
  });

  it('mutes with a reason and an end, shows what is muted apart, and ends it', async () => {
    await go('/checks?rule=KubeConfigMapMissing&namespace=shop');
    await page.locator('.violation summary').first().click();
    await page.getByRole('button', { name: 'Mute…' }).click();
    const dialog = page.getByRole('dialog');
    assert.equal(await dialog.getByRole('button', { name: 'Mute', exact: true }).isDisabled(), true);
    await dialog.getByLabel('KubeConfigMapMissing in the namespace shop').check();
    await dialog.getByLabel('Reason').fill('moves on Friday');
    await dialog.getByLabel('For how long').selectOption('4h');
    await dialog.getByRole('button', { name: 'Mute', exact: true }).click();
    await page.getByText('Muted.', { exact: true }).waitFor();
    const { mutes } = running.mock.world.fleet;
    assert.equal(mutes.length, 1);
    assert.equal(mutes[0].namespace, 'shop');
    assert.equal(mutes[0].by, 'user:alice');
    await page
      .getByText('Nothing matches these filters')
      .or(page.getByText(/staging\/shop/))
      .first()
      .waitFor();
    await page.getByRole('radio', { name: 'Muted', exact: true }).check();
    const list = page.getByRole('region', { name: 'Mutes' }).first();
    await list.getByText('moves on Friday').waitFor();
    await list.getByRole('button', { name: 'End now' }).click();
    await list.getByText('ended by user:alice').waitFor();
  });

  it('lets a viewer read what is wrong, but mute nothing', async () => {
    const other = await openPage(browser);
    await login(other.page, running.address, 'vera');
    await other.page.goto(`${running.address}/checks`);
    await other.page.locator('.violation summary').first().click();
    assert.equal(await other.page.getByRole('button', { name: 'Mute…' }).isDisabled(), true);
    await other.close();
  });

  it('shows an object as YAML, as of a time, and what differs between two versions', async () => {
    await go(`/resource?id=${WEB}`);
    await page.getByRole('tab', { name: 'YAML' }).click();
    const yaml = page.getByRole('region', { name: 'YAML' });
    await yaml.getByText('replicas: 5', { exact: true }).waitFor();
    await page.getByLabel('As of').fill(
      await page.evaluate(() => {
        const time = new Date(Date.now() - 5_400_000);
        return new Date(time - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
      }),
    );
    await yaml.getByText('replicas: 3', { exact: true }).waitFor();
    assert.notEqual(address().get('at'), null);
    await page.getByRole('button', { name: 'Now' }).click();
    await page.getByRole('tab', { name: '2 versions' }).click();
    const difference = page.getByRole('region', { name: 'What differs' });
    await difference
      .locator('del')
      .filter({ hasText: /^ *replicas: 3/ })
      .waitFor();
    await difference
      .locator('ins')
      .filter({ hasText: /^ *replicas: 5/ })
      .waitFor();
    const cells = difference
      .locator('tr')
      .filter({ has: page.locator('del') })
      .first()
      .locator('td');
    assert.equal(await cells.count(), 4, 'side by side');
    await page.setViewportSize({ width: 700, height: 900 });
    await difference.getByText(/^- +replicas: 3/).waitFor();
    assert.equal(await cells.count(), 3, 'one below the other');
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByRole('radio', { name: 'Places' }).check();
    await page.getByText('spec.replicas').waitFor();
  });

  it('checks a change that begins with what is there', async () => {
    await go(`/resource?id=${WEB}`);
    await page.getByRole('link', { name: 'Edit and check' }).click();
    const manifests = page.getByRole('textbox', { name: 'Manifests' });
    const text = await manifests.inputValue();
    assert.match(text, /^apiVersion: apps\/v1\nkind: Deployment\n/);
    assert.doesNotMatch(text, /status:|uid:/);
    await manifests.fill(text.replace('replicas: 5', 'replicas: 0'));
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await page.getByText('1 thing would break').waitFor();
    await page.getByText('KubeServiceSelectsNothing').waitFor();
    await page.getByText('no longer selects').waitFor();
    await page.getByRole('button', { name: 'Back to what is there' }).click();
    await manifests.press('Control+Enter');
    await page.getByText('Nothing would break').waitFor();
  });

  it('takes dropped files', async () => {
    await go('/check');
    await page.locator('input[type=file]').setInputFiles([
      {
        name: 'a.yaml',
        mimeType: 'text/yaml',
        buffer: Buffer.from('kind: A\n'),
      },
      {
        name: 'b.yaml',
        mimeType: 'text/yaml',
        buffer: Buffer.from('kind: B\n'),
      },
    ]);
    await page.waitForFunction(() => document.querySelector('textarea')?.value.includes('---\nkind: B'));
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await page.getByText('2 objects').waitFor();
  });

  it('is listed by cluster, namespace and labels', async () => {
    await go('/resources?kind=k8s_pod');
    await page.getByLabel('Cluster').selectOption('prod');
    await page.getByLabel('Namespace', { exact: true }).selectOption('bank');
    await page.getByText('25 of 25').waitFor();
    await page.getByLabel('Label selector').fill('app=web-0');
    await page.getByText('5 of 5').waitFor();
    assert.equal(address().get('labels'), 'app=web-0');
    await page.getByLabel('Label selector').fill('app=(');
    await page.getByRole('alert').getByText('no label selector').waitFor();
  });

  it('is drawn as a whole; one is found, chosen by a click and opened', async () => {
    await go('/graph');
    await page.locator('[data-testid=graph] canvas').first().waitFor();
    await page.locator('[data-testid=graph] .spinner').waitFor({ state: 'detached' });
    assert.equal(await page.evaluate(() => window.capstanGraph.works), true);
    await page.getByLabel('Find in the graph').fill('prod/shop/web-0');
    await page.getByLabel('Find in the graph').press('Enter');
    const chosen = page.getByRole('region', { name: 'Chosen' });
    await chosen.waitFor();
    assert.match(address().get('focus'), /prod\/shop\/web-0/);
    await chosen.getByRole('button', { name: 'Close' }).click();
    await chosen.waitFor({ state: 'detached' });
    await page.waitForTimeout(300);
    // The one that was found is in the middle.
    const box = await page.locator('[data-testid=graph]').boundingBox();
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await chosen.waitFor();
    await chosen.getByRole('link', { name: 'Open' }).click();
    await page.getByRole('heading', { name: /web-0/ }).waitFor();
  });

  it('keeps places while something of it is hidden, and shows a namespace alone', async () => {
    await go('/graph');
    await page.locator('[data-testid=graph] canvas').first().waitFor();
    await page.locator('[data-testid=graph] .spinner').waitFor({ state: 'detached' });
    await page.locator('.graph-filter summary').click();
    await page.getByRole('checkbox', { name: 'k8s_pod' }).uncheck();
    const count = await page.locator('.graph-filter summary').innerText();
    assert.match(count, /7 of 8 kinds/);
    await page.getByLabel('Namespace', { exact: true }).selectOption('auth');
    await page.waitForFunction(
      () => !/7 of 8 kinds/.test(document.querySelector('.graph-filter summary').innerText),
    );
  });

  it('did all this without a fault, a forbidden style or a question to another host', () => {
    assert.deepEqual(faults, []);
  });
});
