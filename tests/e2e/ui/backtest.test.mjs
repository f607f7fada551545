// Trying a policy over the past: the button, how far it is, what came of it, a mistake, and changing one's mind.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { withPage } from './support.mjs';

const POLICY = 'policy: office-hours\nselect: { kind: host_service, all: true }\nkeep: running\n';

describe('a backtest', () => {
  let running;
  let page;
  let faults;
  withPage({}, (held) => ({ running, page, faults } = held));

  const write = async (text) => {
    await page.getByRole('textbox', { name: 'Policies' }).fill(text);
  };
  const button = () => page.getByRole('button', { name: 'What would it have done?' });

  it('waits for a policy to be written', async () => {
    await page.goto(running.address + '/policies?tab=try');
    assert.equal(await button().isDisabled(), true);
  });

  it('asks over the span that was chosen, and shows what would have been done', async () => {
    await write(POLICY);
    await page.getByRole('radio', { name: '7d' }).check();
    const asked = page.waitForRequest((request) => request.url().endsWith('/capstan/v1/backtest'));
    await button().click();
    assert.deepEqual((await asked).postDataJSON(), { policies: POLICY, since: '7d' });
    await page.getByRole('progressbar', { name: 'How much of the past' }).waitFor();
    const answer = page.getByRole('article', { name: 'office-hours' });
    await answer.getByText('10 actions in 10 plans; it was about 3 resources.').waitFor();
    await answer.getByText(/Would have saved USD.111\.84/).waitFor();
    assert.equal(
      await answer.getByRole('list', { name: 'Actions of each day (UTC)' }).locator('li').count(),
      7,
    );
  });

  it('says what a freeze held back, and what the budget did not bear', async () => {
    const answer = page.getByRole('article', { name: 'office-hours' });
    await answer.getByText('3 actions were held back by the freeze year-end.').waitFor();
    await answer.getByText('2 of them were called for no more at its end.').waitFor();
    await answer.getByText('outside Mon-Fri 09:00-18:00; after the freeze year-end').waitFor();
    await answer.getByText('Once a resource was not acted on').click();
    await answer.getByText('over the budget of 1.00 USD an hour').waitFor();
    await answer.getByText('Change freezes are those in force now (1)').waitFor();
  });

  it('shows a mistake where it is', async () => {
    await write('polcy: x\n');
    await button().click();
    await page.getByText('there is no policy in it').waitFor();
    assert.equal(await page.getByRole('article', { name: 'office-hours' }).count(), 0);
  });

  it('can be cancelled', async () => {
    running.mock.world.backtests.looks = 1000;
    await write(POLICY);
    await button().click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Cancelled.').waitFor();
    running.mock.world.backtests.looks = 2;
  });

  it('did all this without a fault', () => {
    assert.deepEqual(faults, []);
  });
});
