import { describe, expect, it } from 'vitest';

import { placed } from './field_path';

describe('values placed by their paths', () => {
  it('make the part of the object that they are', () => {
    expect(
      placed([
        { steps: ['metadata', 'labels', 'tier'], value: 'front' },
        { steps: ['spec', 'replicas'], value: 2 },
      ]),
    ).toEqual({ metadata: { labels: { tier: 'front' } }, spec: { replicas: 2 } });
  });

  it('share the items of lists that have the same keys', () => {
    const container = (name: string) => ({ key: { name } });
    expect(
      placed([
        { steps: ['containers', container('web'), 'image'], value: 'nginx:1.29' },
        { steps: ['containers', container('web'), 'args', 1], value: '--port' },
        { steps: ['containers', container('log')], value: { name: 'log', image: 'vector' } },
      ]),
    ).toEqual({
      containers: [
        { name: 'web', image: 'nginx:1.29', args: ['--port'] },
        { name: 'log', image: 'vector' },
      ],
    });
  });

  it('put items of sets by their value', () => {
    expect(placed([{ steps: ['finalizers', { value: 'a' }], value: 'a' }])).toEqual({ finalizers: ['a'] });
  });

  it('leave out what is not there', () => {
    expect(placed([{ steps: ['spec', 'paused'], value: null }])).toEqual({});
  });

  it('keep items apart that are told by their numbers', () => {
    expect(
      placed([
        { steps: ['rules', 0, 'host'], value: 'a' },
        { steps: ['rules', 1, 'host'], value: 'b' },
        { steps: ['rules', 0, 'path'], value: '/' },
      ]),
    ).toEqual({ rules: [{ host: 'a', path: '/' }, { host: 'b' }] });
  });
});
