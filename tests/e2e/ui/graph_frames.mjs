// Measures how smoothly a large graph is panned and zoomed, in a real Chromium: `npm run frames -- [PODS] [SECONDS]`.
// 5,260 pods make 10,000 nodes and 18,000 edges. A frame late is one that came later than a sixtieth of a second and a half.
import { launch, login, openPage, startMock } from './support.mjs';

const pods = Number(process.argv[2] ?? 5_260);
const seconds = Number(process.argv[3] ?? 5);
const LATE_MS = (1_000 / 60) * 1.5;

const running = await startMock({ pods });
const browser = await launch();

/**
 * The intervals between frames while the pointer moves or the wheel turns with each of them, as the page sees them.
 * The events are made in the page: sending them from here would be what takes the time.
 */
const frames = (page, gesture) =>
  page.evaluate(
    ({ kind, milliseconds }) =>
      new Promise((resolve) => {
        const frame = document.querySelector('[data-testid=graph]');
        const box = frame.getBoundingClientRect();
        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
        const send = (type, dx, dy) =>
          frame.dispatchEvent(
            new PointerEvent(type, {
              pointerId: 1,
              clientX: x + dx,
              clientY: y + dy,
              bubbles: true,
            }),
          );
        frame.setPointerCapture = () => {};
        const { drawTimes } = window.capstanGraph;
        drawTimes.length = 0;
        const times = [];
        if (kind === 'pan') send('pointerdown', 150, 0);
        const tick = (at) => {
          times.push(at);
          const step = times.length;
          if (kind === 'pan') send('pointermove', 150 * Math.cos(step / 12), 100 * Math.sin(step / 12));
          if (kind === 'zoom')
            frame.dispatchEvent(
              new WheelEvent('wheel', {
                clientX: x,
                clientY: y,
                deltaY: Math.sin(step / 40) > 0 ? -15 : 15,
                cancelable: true,
              }),
            );
          if (at - times[0] < milliseconds) return requestAnimationFrame(tick);
          if (kind === 'pan') send('pointercancel', 0, 0);
          resolve({
            intervals: times.slice(1).map((time, index) => time - times[index]),
            draws: [...drawTimes],
          });
        };
        requestAnimationFrame(tick);
      }),
    { kind: gesture, milliseconds: seconds * 1_000 },
  );

const quantile = (values, share) =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? NaN;

function report(name, { intervals, draws }) {
  const total = intervals.reduce((sum, one) => sum + one, 0);
  const late = intervals.filter((one) => one > LATE_MS).length;
  console.log(
    `${name.padEnd(28)} ${((intervals.length * 1_000) / total).toFixed(1)} frames/s, interval median ` +
      `${quantile(intervals, 0.5).toFixed(1)} ms, 99 % within ${quantile(intervals, 0.99).toFixed(1)} ms, late ` +
      `${((late * 100) / intervals.length).toFixed(1)} %; ${draws.length} drawn, drawing median ` +
      `${quantile(draws, 0.5).toFixed(2)} ms, 99 % within ${quantile(draws, 0.99).toFixed(2)} ms`,
  );
}

try {
  const { page, faults, close } = await openPage(browser);
  await login(page, running.address);
  const began = Date.now();
  await page.goto(`${running.address}/graph`);
  await page.locator('[data-testid=graph] canvas').first().waitFor();
  await page.locator('[data-testid=graph] .spinner').waitFor({ state: 'detached' });
  console.log(`first drawing after ${Date.now() - began} ms`);
  await page.locator('.graph-filter summary').click();
  for (const box of await page.locator('.graph-filter input:not(:checked)').all()) await box.check();
  console.log(await page.locator('.graph-filter summary').innerText());
  await page.locator('.graph-filter summary').click();
  report('nothing moves', await frames(page, 'none'));
  report('panning, all in sight', await frames(page, 'pan'));
  report('zooming in and out', await frames(page, 'zoom'));
  for (let step = 0; step < 4; step += 1) await page.getByRole('button', { name: 'Zoom in' }).click();
  report('panning nearer', await frames(page, 'pan'));
  for (let step = 0; step < 5; step += 1) await page.getByRole('button', { name: 'Zoom in' }).click();
  report('panning near, with names', await frames(page, 'pan'));
  if (faults.length > 0) console.log(faults);
  await close();
} finally {
  await browser.close();
  await running.close();
}
