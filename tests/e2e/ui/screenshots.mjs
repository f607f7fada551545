// Takes a picture of every page, wide and narrow, light and dark: `npm run screenshots -- FOLDER [PART-OF-A-NAME]`.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { launch, login, openPage, startMock } from './support.mjs';
import { PAGES, visit } from './visited.mjs';

const folder = process.argv[2] ?? '/tmp/capstan-screenshots';
const only = process.argv[3] ?? '';
await mkdir(folder, { recursive: true });
const running = await startMock();
const browser = await launch();
try {
  for (const [size, width, height] of [
    ['wide', 1440, 900],
    ['narrow', 390, 844],
  ]) {
    for (const theme of ['light', 'dark']) {
      const { page, faults, close } = await openPage(browser, {
        width,
        height,
        theme,
      });
      await page.goto(running.address);
      await page.waitForTimeout(300);
      if ('login'.includes(only))
        await page.screenshot({
          path: join(folder, `login-${size}-${theme}.png`),
        });
      await login(page, running.address);
      for (const [name, path] of PAGES.filter(([name]) => name.includes(only))) {
        await visit(page, running.address, [name, path]);
        await page.waitForTimeout(900);
        await page.screenshot({
          path: join(folder, `${name}-${size}-${theme}.png`),
          fullPage: true,
        });
      }
      if (faults.length > 0) console.log(size, theme, faults);
      await close();
    }
  }
} finally {
  await browser.close();
  await running.close();
}
