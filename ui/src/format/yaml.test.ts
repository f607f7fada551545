import { describe, expect, it } from 'vitest';

import { diffLines, fold } from './diff';
import { toManifest, toYaml } from './yaml';

describe('an object as YAML', () => {
  it('reads as a manifest does', () => {
    const object = {
      status: { ready: 1 },
      spec: { ports: [{ port: 80, name: 'http' }], args: ['a b', '-v', '80'], empty: [], none: {} },
      metadata: { labels: { 'app.kubernetes.io/name': 'web' }, name: 'web' },
      kind: 'Service',
      apiVersion: 'v1',
    };
    expect(toYaml(object)).toBe(
      [
        'apiVersion: v1',
        'kind: Service',
        'metadata:',
        '  name: web',
        '  labels:',
        '    app.kubernetes.io/name: web',
        'spec:',
        '  args:',
        '  - a b',
        '  - "-v"',
        '  - "80"',
        '  empty: []',
        '  none: {}',
        '  ports:',
        '  - name: http',
        '    port: 80',
        'status:',
        '  ready: 1',
        '',
      ].join('\n'),
    );
  });

  it('quotes what YAML would read as something else', () => {
    for (const text of [
      'true',
      'No',
      '1.5',
      '',
      'a: b',
      'x #y',
      '- a',
      '*',
      'end:',
      ' lead',
      '2026-01-01',
      '~',
      'a, {b}',
    ])
      expect(toYaml([text])).toBe(`- ${JSON.stringify(text)}\n`);
  });

  it('keeps texts of several lines as they are', () => {
    expect(toYaml({ a: 'x\n  y\n\nz\n' })).toBe('a: |\n  x\n    y\n\n  z\n');
    expect(toYaml({ a: 'x\ny' })).toBe('a: |-\n  x\n  y\n');
    expect(toYaml({ a: ' x\ny' })).toBe('a: " x\\ny"\n');
  });

  it('leaves out of a manifest what only the cluster says', () => {
    expect(
      toManifest({
        kind: 'Pod',
        status: {},
        metadata: { name: 'a', uid: 'x', annotations: {}, generation: 3 },
      }),
    ).toEqual({ kind: 'Pod', metadata: { name: 'a' } });
  });
});

describe('the difference of two texts', () => {
  it('puts a changed line beside what took its place', () => {
    const rows = diffLines('a\nb\nc\n', 'a\nB\nc\nd\n');
    expect(rows.map(({ kind, left, right }) => [kind, left, right])).toEqual([
      ['same', 'a', 'a'],
      ['changed', 'b', 'B'],
      ['same', 'c', 'c'],
      ['added', '', 'd'],
    ]);
    expect(rows[3]).toMatchObject({ before: null, after: 4 });
  });

  it('shows a new text as added, and folds what is the same', () => {
    expect(diffLines('', 'a\n')).toHaveLength(1);
    const many = Array.from({ length: 100 }, (_, at) => String(at)).join('\n');
    const folded = fold(diffLines(many, many.replace('\n50\n', '\nfifty\n')));
    expect(folded).toHaveLength(9);
    expect(folded[0]).toEqual({ folded: 47 });
  });

  it('is quick for large texts that have nothing in common', () => {
    const lines = (sign: string) => Array.from({ length: 5_000 }, (_, at) => `${sign}${at}`).join('\n');
    expect(diffLines(lines('a'), lines('b'))).toHaveLength(5_000);
  });
});
