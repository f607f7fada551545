import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { axePath, login, openPage, withPage } from './support.mjs';

const WEB = encodeURIComponent('k8s_deployment/prod/shop/web-0');

describe('insight', () => {
  let browser;
  let running;
  let page;
  let faults;
  withPage({ pods: 400 }, (held) => ({ browser, running, page, faults } = held));
  const go = (path) => page.goto(running.address + path);
  const address = () => new URL(page.url()).searchParams;
  /** Waits until the graph is drawn and nothing of it moves any more. */
  const drawn = async () => {
    await page.locator('[data-testid=graph] canvas').first().waitFor();
    await page.locator('[data-testid=graph] .spinner').waitFor({ state: 'detached' });
    await page.waitForFunction(
      () => {
        const text = window.capstanGraph.positions.join();
        const rests = text === window.before;
        window.before = text;
        return rests && text !== '';
      },
      null,
      { polling: 500 },
    );
  };

  it('says the first thing wrong with a workload, what helps and who counts on it', async () => {
    await go(`/resource?id=${WEB}`);
    await page.getByRole('button', { name: 'Diagnose' }).click();
    await page
      .getByRole('heading', { name: 'The first thing wrong: Its containers start and stay up' })
      .waitFor();
    assert.equal(address().get('tab'), 'diagnose');
    await page.getByText('What helps: Read the log of its last run').first().waitFor();
    await page.getByText('the password of shop is wrong').waitFor();
    await page.getByRole('link', { name: 'k8s_ingress/prod/shop/web-0' }).waitFor();
    const verdicts = page.locator('.step > .row > .badge');
    assert.deepEqual(await verdicts.allInnerTexts(), ['ok', 'ok', 'wrong', 'suspicious']);
    await page.getByText('events of prod/shop: the API server refuses').waitFor();
    await page.reload();
    await page.getByText('web-0 of k8s_pod/prod/shop/web-0', { exact: false }).last().click();
    await page
      .getByLabel(/^web-0 of k8s_pod/)
      .getByText('FATAL:')
      .waitFor();
  });

  it('says that all is well, and that it could not ask the cluster', async () => {
    await go(`/resource?tab=diagnose&id=${encodeURIComponent('k8s_service/staging/shop/web-0')}`);
    await page.getByText('All is well').waitFor();
    await page.getByText('nothing here is live').waitFor();
  });

  it('diagnoses the present only', async () => {
    await go(`/resource?tab=diagnose&id=${WEB}&at=${new Date(Date.now() - 5_400_000).toISOString()}`);
    await page.getByRole('heading', { name: 'Fields' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Diagnose' }).count(), 0);
  });

  it('shows what differs from the manifests, who set it, and what is written there', async () => {
    await go('/drift');
    const shop = page.getByRole('region', { name: 'shop', exact: true });
    await shop.getByText('21 of 24 objects are as the manifests say').waitFor();
    assert.equal(await shop.getByText('Deployment api-0').count(), 0, 'by right');
    await shop.locator('summary', { hasText: 'Deployment web-0' }).click();
    const difference = shop.getByRole('region', { name: 'What differs' });
    await difference.locator('del', { hasText: 'image: nginx:1.29' }).waitFor();
    await difference.locator('ins', { hasText: 'image: nginx:latest' }).waitFor();
    const fields = shop.getByRole('region', { name: 'Fields that differ' });
    await fields.getByRole('row', { name: /spec\.replicas kubectl through scale/ }).waitFor();
    await fields.getByText('its value is a secret').waitFor();
    await fields.getByText('deploy/shop.yaml:28').waitFor();
    await page.setViewportSize({ width: 600, height: 900 });
    await difference.getByText(/^- +tier: front/).waitFor();
    await page.setViewportSize({ width: 1440, height: 900 });
    const billing = page.getByRole('region', { name: 'billing' });
    await billing.getByRole('alert').getByText('connection refused').waitFor();
  });

  it('finds drift by the manager, and shows on demand what is set by right', async () => {
    await go('/drift');
    await page.getByLabel('Also what controllers set by right').check();
    assert.equal(address().get('all'), '1');
    await page.getByLabel('Search objects').fill('kube-controller');
    await page.locator('summary', { hasText: 'Deployment api-0' }).click();
    await page.getByText('By right: the autoscaler bank/api-0 sets it').waitFor();
    assert.equal(await page.getByText('Deployment web-0').count(), 0);
  });

  it('gives the patch either way to take along', async () => {
    await go('/drift');
    await page.getByText('Patches', { exact: true }).click();
    await page.getByRole('region', { name: 'For the cluster' }).getByText('replicas: 2').waitFor();
    const waiting = page.waitForEvent('download');
    await page.getByRole('tab', { name: 'For the files' }).click();
    await page.getByRole('button', { name: 'Download shop.patch' }).click();
    assert.equal((await waiting).suggestedFilename(), 'shop.patch');
    await page.getByText('DB_PASSWORD').getByText('change it by hand').waitFor();
  });

  it('says how manifests are declared where there are none, and what is there after a reload', async () => {
    const { world } = running.mock;
    const manifests = world.manifests;
    world.manifests = [];
    await go('/drift');
    await page.getByText('The settings name no manifests').waitFor();
    await page.getByText('repository: https://git.example.org/shop.git').waitFor();
    world.manifests = manifests;
    await page.reload();
    await page.getByRole('region', { name: 'shop', exact: true }).waitFor();
  });

  it('compares on demand, and tells when that has happened', async () => {
    await go('/drift');
    const shop = page.getByRole('region', { name: 'shop', exact: true });
    await shop.getByText(/looked at/).waitFor();
    const before = running.mock.world.manifests[0].looked;
    await page.getByRole('button', { name: 'Compare now' }).click();
    await page.getByRole('button', { name: 'Comparing…' }).waitFor();
    await page.getByRole('button', { name: 'Compare now' }).waitFor();
    const { looked } = running.mock.world.manifests[0];
    assert.ok(looked > before);
    await shop.locator(`time[datetime="${looked}"]`).waitFor();
  });

  it('explains each autoscaler, those first that need attention', async () => {
    await go('/scaling');
    await page.getByText('at 10 of 10, cpu is at 70% of 50% and wants 14').waitFor();
    const names = page.locator('#main li h2');
    assert.deepEqual(await names.allInnerTexts(), ['shop/web-0', 'search/api-0']);
    await page.getByText('Remedy: Raise maxReplicas to 14').waitFor();
    const metrics = page.getByRole('region', { name: 'What shop/web-0 measures' });
    await metrics.getByRole('row', { name: /cpu 70% 50% 14/ }).waitFor();
    await metrics.getByText('no metrics server').waitFor();
    await page.locator('summary', { hasText: 'Conditions and changes' }).first().click();
    await page.getByText('8 → 10').waitFor();
    await page.getByLabel('Search autoscalers').fill('api-0');
    await page.getByText('It wants 14').waitFor({ state: 'detached' });
    await page.getByLabel('Cluster').selectOption('staging');
    await page.getByText('what autoscalers measure could not be read').waitFor();
    assert.equal(address().get('cluster'), 'staging');
  });

  it('says why pods wait, and which group each expander would choose', async () => {
    await go('/scaling');
    await page.getByRole('tab', { name: 'Pending pods (2)' }).click();
    await page.getByText('2 pods of Job/train (search/train-0 …)').waitFor();
    await page.getByText('or: it would fit on node-1').waitFor();
    await page.getByText('It would push out mail/worker-0').waitFor();
    await page.getByText('25% of processors and 60% of memory').waitFor();
    await page.getByRole('tab', { name: 'Nodes (3)' }).click();
    await page
      .getByRole('row', { name: /node-1/ })
      .getByText('lets none go')
      .waitFor();
  });

  it('answers what would be if', async () => {
    await go('/scaling?tab=whatif');
    const form = page.getByRole('form', { name: 'Assumptions' });
    const first = form.getByRole('group', { name: 'Assumption 1' });
    assert.equal(await form.getByRole('button', { name: 'What would be?' }).isDisabled(), true);
    await first.getByLabel('Workload').fill('deployment/shop/web-0');
    await first.getByLabel('Replicas').fill('50');
    await page.keyboard.press('Enter');
    await page.getByText('12 pods would be placed').waitFor();
    await page.getByText('38 would stay pending').waitFor();
    await page.getByText('autoscaler shop/web-0 would set web-0 back to 10').waitFor();
    await form.getByRole('button', { name: 'Assume more' }).click();
    const second = form.getByRole('group', { name: 'Assumption 2' });
    await second.getByLabel('Group').fill('std');
    await second.getByLabel('More nodes').fill('4');
    await form.getByRole('button', { name: 'What would be?' }).click();
    await page.getByText('none would stay pending').waitFor();
    await page.getByText('17 on node-0').waitFor();
    await form.getByRole('button', { name: 'Remove assumption 1' }).click();
    await first.getByLabel('What is assumed').selectOption('lose_zone');
    await first.getByLabel('Zone').fill('mars');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText("no node is in a zone 'mars'").waitFor();
    await first.getByLabel('Zone').fill('eu-a');
    await page.keyboard.press('Enter');
    await page.getByText('8 would stay pending').waitFor();
  });

  it('draws who calls whom in both clusters, and tells the figures of a service and of a call', async () => {
    await go('/services');
    await page.getByText('65 services, 84 calls').waitFor();
    await drawn();
    assert.equal(await page.evaluate(() => window.capstanGraph.works), true);
    await page.getByLabel('Find services').fill('prod/shop/api');
    await page.getByText('6 services, 6 calls').waitFor();
    await page.keyboard.press('Enter');
    const chosen = page.getByRole('region', { name: 'Chosen' });
    await chosen.getByText(/1,1\d\d\/s/).waitFor();
    await chosen.getByText('High').waitFor();
    assert.equal(address().get('focus'), 'k8s_service/prod/shop/api-0');
    assert.equal(await chosen.getByRole('link', { name: 'Diagnose' }).count(), 1);
    await chosen.getByRole('list', { name: 'Called by' }).getByRole('button', { name: 'web-0' }).click();
    await chosen.getByText('8.3 %').waitFor();
    await chosen.getByText('half within 4 ms, 95 % within 30 ms, 99 % within 120 ms').waitFor();
    assert.equal(address().get('focus'), null);
    await page.reload();
    await chosen.getByText('8.3 %').waitFor();
    await chosen.getByRole('button', { name: 'Close' }).click();
    await chosen.waitFor({ state: 'detached' });
  });

  it('takes a click on a call in the drawing', async () => {
    await go('/services?cluster=prod&namespace=shop');
    await drawn();
    // The middle of the busiest call, as it is drawn once the layout rests.
    const middle = () =>
      page.evaluate(() => {
        const { scene, positions, camera, size } = window.capstanGraph;
        const edge = scene.look.width.indexOf(Math.max(...scene.look.width));
        const [from, to] = scene.ends.slice(edge * 2, edge * 2 + 2);
        const at = (node) => camera.toScreen(positions[node * 2], positions[node * 2 + 1], size);
        const [[x1, y1], [x2, y2]] = [at(from), at(to)];
        const box = document.querySelector('[data-testid=graph]').getBoundingClientRect();
        return [box.x + (x1 + x2) / 2, box.y + (y1 + y2) / 2];
      });
    await page.mouse.click(...(await middle()));
    await page.getByRole('region', { name: 'Chosen' }).getByText('900/s').waitFor();
    assert.match(address().get('call'), /^k8s_service\/prod\/shop\/web-0 .*api-0 http$/);
  });

  it('keeps the drawing where it is when newer figures come', async () => {
    await go('/services?cluster=prod');
    await drawn();
    const state = () =>
      page.evaluate(() => ({
        scene: window.capstanGraph.scene.look.text.join(),
        places: window.capstanGraph.positions.join(),
        camera: JSON.stringify(window.capstanGraph.camera),
      }));
    const before = await state();
    const newer = page.waitForResponse(/service_graph/);
    await page.getByRole('radio', { name: '30m' }).check();
    await newer;
    await page.waitForFunction((text) => window.capstanGraph.scene.look.text.join() !== text, before.scene);
    const after = await state();
    assert.equal(after.places, before.places);
    assert.equal(after.camera, before.camera);
  });

  it('has the same as tables, sorted by what matters', async () => {
    await go('/services');
    await page.getByRole('radio', { name: 'Calls' }).check();
    assert.equal(address().get('view'), 'calls');
    const calls = page.getByRole('table', { name: 'Calls' });
    await calls.getByRole('button', { name: 'Errors' }).click();
    await calls.getByRole('row').nth(1).getByText('8.3 %').waitFor();
    await calls.getByRole('row').nth(1).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'Chosen' }).getByText('istio').waitFor();
    await page.getByRole('radio', { name: 'Services' }).check();
    const services = page.getByRole('table', { name: 'Services' });
    await services.getByRole('button', { name: 'Findings' }).click();
    await services.getByRole('row').nth(1).getByText('prod/shop').waitFor();
    await page.getByLabel('Cluster').selectOption('staging');
    await page.getByText(/^3\d services/).waitFor();
    assert.equal(await services.getByText('prod/shop').count(), 0);
  });

  it('says which metrics would be needed where no call is known', async () => {
    running.mock.world.traffic.silent = true;
    await go('/services');
    await page.getByText('No calls between services are known here').waitFor();
    await page.getByText('istio_requests_total').waitFor();
    running.mock.world.traffic.silent = false;
  });

  it('leaves versions out that differ in their status only, until they are asked for', async () => {
    const id = 'k8s_replica_set/prod/shop/web-0-7d9f';
    await go(`/resource?tab=changes&id=${encodeURIComponent(id)}`);
    await page.getByRole('tab', { name: '3 versions' }).waitFor();
    await page.getByText('1 version that differs in its status only is left out').waitFor();
    const difference = page.getByRole('region', { name: 'What differs' });
    await difference.locator('ins', { hasText: 'replicas: 5' }).waitFor();
    assert.equal(await difference.getByText('readyReplicas').count(), 0);
    await page.getByLabel('Without status').uncheck();
    assert.equal(address().get('status'), '1');
    await difference.locator('ins', { hasText: 'readyReplicas: 4' }).waitFor();
    await page.reload();
    await difference.locator('ins', { hasText: 'readyReplicas: 4' }).waitFor();
    assert.equal(await difference.getByText('replicas: 3', { exact: false }).count(), 0);
  });

  it('keeps the accessibility rules and the narrow screen where something is opened', async () => {
    const other = await openPage(browser, { width: 360, height: 740, bypassCSP: true });
    await login(other.page, running.address);
    const focus = encodeURIComponent('k8s_service/prod/shop/api-0');
    const opened = [
      ['/drift', () => other.page.locator('summary', { hasText: 'Deployment web-0' }).click()],
      ['/drift', () => other.page.getByText('Patches', { exact: true }).click()],
      ['/scaling', () => other.page.locator('summary', { hasText: 'Conditions' }).first().click()],
      [
        '/scaling?tab=whatif&workload=deployment/shop/web-0',
        async () => {
          await other.page.getByLabel('Replicas').fill('50');
          await other.page.keyboard.press('Enter');
          await other.page.getByText('38 would stay pending').waitFor();
        },
      ],
      [`/services?focus=${focus}`, () => other.page.getByRole('region', { name: 'Chosen' }).waitFor()],
      [`/services?view=services&focus=${focus}`, () => other.page.getByRole('table').waitFor()],
    ];
    for (const [path, open] of opened) {
      await other.page.goto(running.address + path);
      await open();
      await other.page.addScriptTag({ path: axePath });
      const found = await other.page.evaluate(async () => {
        const { violations } = await window.axe.run(document, {
          runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'],
        });
        const wide = document.documentElement.scrollWidth - window.innerWidth;
        return [
          ...violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join()}`),
          ...(wide > 0 ? [`${wide} px too wide`] : []),
        ];
      });
      assert.deepEqual(found, [], path);
    }
    await other.close();
  });

  it('did all this without a fault, a forbidden style or a question to another host', () => {
    assert.deepEqual(faults, []);
  });
});
