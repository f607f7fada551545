import { afterEach, expect, test, vi } from 'vitest';

import { loadPage } from './page_boundary';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test('a page is loaded again until Capstan is there', async () => {
  vi.useFakeTimers();
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no connection')));
  let tries = 0;
  const page = loadPage(() =>
    ++tries < 3 ? Promise.reject(new TypeError('no script')) : Promise.resolve('page'),
  );
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await page).toBe('page');
  expect(tries).toBe(3);
});

test('a page that Capstan does not have is not waited for', async () => {
  vi.stubGlobal('fetch', () => Promise.resolve({ ok: true }));
  await expect(loadPage(() => Promise.reject(new TypeError('no script')))).rejects.toThrow('no script');
});
