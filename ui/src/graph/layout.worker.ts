// Runs the layout beside the page, so that the page never waits for it, and tells positions as they become better.
import { Layout, type LayoutInput } from './layout';

const TELL_EVERY_MS = 120;

interface Task extends LayoutInput {
  number: number;
}

let current = 0;

function run(layout: Layout, number: number) {
  if (number !== current) return;
  const until = performance.now() + TELL_EVERY_MS;
  while (!layout.done && performance.now() < until) layout.step();
  postMessage({ number, positions: layout.positions.slice(), done: layout.done });
  // A newer task is heard between two rounds.
  if (!layout.done) setTimeout(() => run(layout, number));
}

self.onmessage = ({ data }: MessageEvent<Task>) => {
  current = data.number;
  run(new Layout(data), data.number);
};
