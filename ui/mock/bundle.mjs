// Turns the mock's TypeScript into one module that Node runs, and loads it.
import { rm } from 'node:fs/promises';

import { build } from 'esbuild';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { dirname, join } from 'node:path';

const here = dirname(fileURLToPath(import.meta.url));
export const dist = join(here, '..', 'dist');

/** The exports of main.ts. */
export async function loadMock() {
  const outfile = join(here, '..', 'node_modules', '.cache', `capstan-mock-${process.pid}.mjs`);
  await build({
    entryPoints: [join(here, 'main.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node18',
    outfile,
  });
  try {
    return await import(pathToFileURL(outfile).href);
  } finally {
    await rm(outfile);
  }
}
