import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { launch, login, openPage, PASSWORD, SETUP_TOKEN, startMock } from './support.mjs';

describe('logging in', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  it('makes the first administrator with the one-time token, once the password keeps the rules', async () => {
    const running = await startMock({ setup: true });
    const { page, faults, close } = await openPage(browser);
    await page.goto(running.address);
    const submit = page.getByRole('button', {
      name: 'Make administrator and log in',
    });
    await page.getByLabel('One-time token').fill('wrong');
    await page.getByLabel('User').fill('grace');
    await page.getByLabel('Password', { exact: true }).fill('short');
    assert.equal(await submit.isDisabled(), true);
    await page.getByLabel('Password', { exact: true }).fill('a long enough one');
    await submit.click();
    await page.getByRole('alert').getByText('The one-time token is wrong').waitFor();
    await page.getByLabel('One-time token').fill(SETUP_TOKEN);
    await submit.click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.getByText('grace').first().waitFor();
    assert.deepEqual(faults, []);
    await close();
    await running.close();
  });

  it('says what is wrong, then lets in, and returns to the page that was asked for', async () => {
    const running = await startMock();
    const { page, faults, close } = await openPage(browser);
    await page.goto(`${running.address}/incidents/inc-4`);
    await page.getByLabel('User').fill('alice');
    await page.getByLabel('Password', { exact: true }).fill('not it');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('alert').getByText('User or password is wrong').waitFor();
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('heading', { name: /saturated by render-preview/ }).waitFor();
    assert.equal(new URL(page.url()).pathname, '/incidents/inc-4');
    assert.deepEqual(faults, []);
    await close();
    await running.close();
  });

  it('shows the login when the session ends, and comes back to where it was', async () => {
    const running = await startMock();
    const { page, close } = await openPage(browser);
    await login(page, running.address);
    await page.goto(`${running.address}/policies`);
    await page.getByRole('heading', { name: 'keep-services' }).waitFor();
    running.mock.forgetSessions();
    running.mock.cutEvents(false);
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    await page.getByLabel('User').fill('alice');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('heading', { name: 'keep-services' }).waitFor();
    await close();
    await running.close();
  });

  it('ends with Log out', async () => {
    const running = await startMock();
    const { page, close } = await openPage(browser);
    await login(page, running.address);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    await close();
    await running.close();
  });
});
