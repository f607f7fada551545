import { dist, loadMock } from './bundle.mjs';

const argument = (name) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : (process.argv[at + 1] ?? '');
};

const { serve, PASSWORD, SETUP_TOKEN } = await loadMock();
const running = await serve(dist, Number(argument('port') ?? 0), {
  setup: process.argv.includes('--setup'),
  processes: Number(argument('processes') ?? 0),
});
console.log(`${running.address} (alice, oscar or vera with "${PASSWORD}"; setup token ${SETUP_TOKEN})`);
