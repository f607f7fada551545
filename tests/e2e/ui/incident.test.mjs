import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { launch, login, openPage, startMock } from './support.mjs';

describe('an incident', () => {
  let browser;
  let running;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  const open = async (path, user = 'alice', size = {}) => {
    running = await startMock();
    const opened = await openPage(browser, size);
    await login(opened.page, running.address, user);
    await opened.page.goto(running.address + path);
    return {
      ...opened,
      end: async () => (await opened.close(), await running.close()),
    };
  };

  for (const [name, size] of [
    ['wide', { width: 1440, height: 900 }],
    ['narrow', { width: 390, height: 844 }],
  ]) {
    it(`answers what, why, how sure and what to press without scrolling (${name})`, async () => {
      const { page, end } = await open('/incidents/inc-4', 'alice', size);
      const verdict = page.getByRole('region', { name: 'Summary' });
      for (const text of [/98 % busy/, /4 processes render-preview/, 'Very likely', 'Stop 4 processes']) {
        const box = await verdict.getByText(text).first().boundingBox();
        assert.ok(box && box.y + box.height <= size.height, `${text} is below the fold`);
      }
      const button = await verdict.getByRole('button', { name: 'Approve…' }).boundingBox();
      assert.ok(button && button.y + button.height <= size.height, 'Approve is below the fold');
      await end();
    });
  }

  it('asks before what cannot be taken back, then runs it, shows the progress and closes', async () => {
    const { page, faults, end } = await open('/incidents/inc-4');
    const verdict = page.getByRole('region', { name: 'Summary' });
    await verdict.getByRole('button', { name: 'Approve…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('This cannot be taken back').waitFor();
    assert.equal(await dialog.getByRole('listitem').count(), 4);
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Cancel');

    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    assert.equal(running.mock.world.plans.get('plan-7').state, 'proposed', 'Escape must not approve');

    await verdict.getByRole('button', { name: 'Approve…' }).click();
    await dialog.getByRole('button', { name: 'Approve', exact: true }).click();
    await page.getByText(/[1-3] of 4 done/).waitFor();
    await verdict.getByText('succeeded').waitFor();
    await verdict.getByText('closed').waitFor();
    assert.deepEqual(faults, []);
    await end();
  });

  it('approves what is safe at once', async () => {
    const { page, end } = await open('/incidents/inc-4');
    const plan = page.getByRole('article', { name: /Lower the priority/ });
    await plan.getByRole('button', { name: 'Approve' }).click();
    await plan.getByText('succeeded').first().waitFor();
    await end();
  });

  it('rejects with a reason that is written down', async () => {
    const { page, end } = await open('/incidents/inc-3');
    await page.getByRole('region', { name: 'Summary' }).getByRole('button', { name: 'Reject' }).click();
    await page.getByLabel('Reason').fill('maintenance');
    await page.getByRole('dialog').getByRole('button', { name: 'Reject' }).click();
    await page.getByText('1 plan withdrawn or rejected').waitFor();
    assert.equal(
      running.mock.world.facts.findLast(({ kind }) => kind === 'plan.rejected').body.reason,
      'maintenance',
    );
    // How it ended and who decided stands where the plan does, and in no other word.
    await page.getByText('1 plan withdrawn or rejected').click();
    await page.getByText('rejected', { exact: true }).waitFor();
    await page.getByText('rejected by alice: maintenance').waitFor();
    await end();
  });

  it('says what holds back an approved plan, and what it would have cost once it is cancelled', async () => {
    const { page, end } = await open('/plans');
    const status = running.mock.world.plans.get('plan-5');
    Object.assign(status, { money: [{ currency: 'USD', per_hour: 2 }] });
    const frozen = 'frozen by year-end until 2027-01-02 09:00 Asia/Seoul';
    await page.route('**/capstan/v1/plans/*/approve', (route) =>
      route.fulfill({ json: { ...status, state: 'approved', approved_by: 'user:alice', frozen } }),
    );
    await page.reload();
    const plan = page.getByRole('article', { name: status.plan.title });
    await plan.getByText(/USD.2\.00 per hour from then on/).waitFor();
    await plan.getByRole('button', { name: 'Approve', exact: true }).click();
    await page.getByText(`Approved; it waits: ${frozen}.`).waitFor();
    Object.assign(status, { state: 'skipped', ending: 'cancelled', says: 'cancelled by bob' });
    await page.reload();
    await plan.getByText('cancelled', { exact: true }).waitFor();
    await plan.getByText('cancelled by bob').waitFor();
    await plan.getByText(/It would have been USD.2\.00 per hour/).waitFor();
    assert.equal(await plan.getByRole('button').count(), 0);
    await end();
  });

  it('tells when the plan changed meanwhile', async () => {
    const { page, end } = await open('/incidents/inc-3');
    const button = page.getByRole('region', { name: 'Summary' }).getByRole('button', { name: 'Approve' });
    await button.waitFor();
    running.mock.world.plans.get('plan-5').plan = {
      ...running.mock.world.plans.get('plan-5').plan,
      hash: 'another',
    };
    // The page sends the hash it showed, which is no longer the plan's.
    await page.route('**/capstan/v1/incidents/*', (route) => route.abort());
    await button.click();
    await page.getByText('The plan changed since it was read').waitFor();
    await end();
  });

  it('lets a viewer read, but not decide', async () => {
    const { page, end } = await open('/incidents/inc-4', 'vera');
    const button = page.getByRole('region', { name: 'Summary' }).getByRole('button', { name: 'Approve…' });
    await button.waitFor();
    assert.equal(await button.isDisabled(), true);
    await end();
  });

  it('asks a person about an action whose outcome nobody knows', async () => {
    const { page, end } = await open('/plans');
    const plan = page.getByRole('article', { name: 'Start backup.service' });
    await plan.getByRole('button', { name: 'Do it again' }).click();
    await page.getByRole('dialog').getByText('not safe to do twice').waitFor();
    await page.keyboard.press('Escape');
    await plan.getByRole('button', { name: 'It happened' }).click();
    await plan.getByText('alice decided: happened').waitFor();
    await end();
  });

  it('shows the chain of reasons', async () => {
    const { page, end } = await open('/incidents/inc-4');
    await page.getByText('Why? The chain back').click();
    await page
      .getByText(/resource.appeared/)
      .first()
      .waitFor();
    await end();
  });
});
