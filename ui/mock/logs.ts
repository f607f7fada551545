// The mock's log lines: a few programs that speak now and then, and one that complains a lot.
import type { LogLine, LogTemplate } from '../src/api/types';
import { Refusal } from './http';

interface Voice {
  file: string;
  level: string;
  everySeconds: number;
  template: string;
  words: (number: number) => string[];
}

const VOICES: Voice[] = [
  {
    file: '/srv/orders/orders.log',
    level: 'error',
    everySeconds: 7,
    template: 'ERROR orders.Mailer - cannot reach <*>, retry in <*> ms',
    words: (n) => ['smtp.example.net:25', String(10 + (n % 5))],
  },
  {
    file: '/srv/orders/orders.log',
    level: 'info',
    everySeconds: 11,
    template: 'INFO orders.Checkout - order <*> paid in <*> ms',
    words: (n) => [String(81_000 + (n % 9000)), String(40 + (n % 300))],
  },
  {
    file: '/var/log/nginx/error.log',
    level: 'warning',
    everySeconds: 41,
    template: 'warn: upstream response is buffered to a temporary file <*>',
    words: (n) => [`/var/lib/nginx/proxy/${n % 10}/0000${n % 1000}`],
  },
  {
    file: '/var/log/nginx/access.log',
    level: '',
    everySeconds: 3,
    template: '<*> "GET <*> HTTP/1.1" <*> <*>',
    words: (n) => [
      `10.20.0.${n % 250}`,
      `/api/orders/${n % 777}`,
      n % 19 ? '200' : '502',
      String(300 + (n % 5000)),
    ],
  },
  {
    file: '/var/log/syslog',
    level: 'info',
    everySeconds: 60,
    template: 'CRON[<*>]: (root) CMD (<*>)',
    words: (n) => [String(30_000 + (n % 9999)), '/usr/lib/sysstat/sa1'],
  },
  {
    file: '/var/log/postgresql/postgresql-15-main.log',
    level: 'info',
    everySeconds: 90,
    template: 'LOG: checkpoint complete: wrote <*> buffers',
    words: (n) => [String(n % 1234)],
  },
];

type Test = (line: { text: string; labels: Record<string, string> }) => boolean;

/** {label="x", label=~"y"} |= "text" != "text" |~ "regex" !~ "regex" */
export function parseSelector(selector: string): Test {
  const tests: Test[] = [];
  let rest = selector.trim();
  const fail = (message: string): never => {
    throw new Refusal('invalid_argument', message, { line: 1, column: selector.length - rest.length + 1 });
  };
  if (rest.startsWith('{')) {
    rest = rest.slice(1).trimStart();
    while (!rest.startsWith('}')) {
      const match = /^(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*,?\s*/.exec(rest);
      if (!match) return fail('expected label="value" or "}"');
      rest = rest.slice(match[0].length);
      const [, label, operator, value] = match as unknown as [string, string, string, string];
      const pattern = operator.includes('~') ? new RegExp(`^(?:${value})$`) : null;
      tests.push(
        ({ labels }) =>
          (pattern ? pattern.test(labels[label] ?? '') : (labels[label] ?? '') === value) !==
          operator.startsWith('!'),
      );
    }
    rest = rest.slice(1).trimStart();
  }
  while (rest !== '') {
    const match = /^(\|=|!=|\|~|!~)\s*"((?:[^"\\]|\\.)*)"\s*/.exec(rest);
    if (!match) return fail('expected |= "text", != "text", |~ "regex" or !~ "regex"');
    rest = rest.slice(match[0].length);
    const [, operator, value] = match as unknown as [string, string, string];
    const text = value.replace(/\\(.)/g, '$1');
    const pattern = operator.includes('~') ? new RegExp(text) : null;
    tests.push(
      (line) => (pattern ? pattern.test(line.text) : line.text.includes(text)) !== operator.startsWith('!'),
    );
  }
  return (line) => tests.every((test) => test(line));
}

function* spoken(voice: Voice, fromMs: number, toMs: number): Generator<LogLine> {
  const step = voice.everySeconds * 1000;
  for (let number = Math.floor(toMs / step); number * step >= fromMs; number -= 1) {
    const words = voice.words(number);
    let at = 0;
    const text = voice.template.replace(/<\*>/g, () => words[at++] ?? '');
    const labels: Record<string, string> = { filename: voice.file, host: 'web1' };
    if (voice.level) labels['level'] = voice.level;
    yield { at: new Date(number * step + voice.everySeconds * 37).toISOString(), labels, text };
  }
}

export function findLines(selector: string, fromMs: number, toMs: number, limit: number): LogLine[] {
  const test = parseSelector(selector);
  const lines = VOICES.flatMap((voice) => [
    ...spoken(voice, Math.max(fromMs, toMs - 6 * 3_600_000), toMs),
  ]).filter(test);
  return lines.sort((a, b) => b.at.localeCompare(a.at)).slice(0, limit);
}

export function findTemplates(selector: string, fromMs: number, toMs: number, limit: number): LogTemplate[] {
  const test = parseSelector(selector);
  return VOICES.flatMap((voice, id) => {
    const lines = [...spoken(voice, fromMs, toMs)].filter(test);
    const newest = lines[0];
    const oldest = lines[lines.length - 1];
    if (!newest || !oldest) return [];
    return [
      {
        id: String(id + 1),
        text: voice.template,
        count: lines.length,
        first: oldest.at,
        last: newest.at,
        labels: newest.labels,
        example: newest.text,
      },
    ];
  })
    .sort((a, b) => b.count - a.count)
    .slice(0, limit);
}
