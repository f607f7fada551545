import { describe, expect, it } from 'vitest';

import { complete, placeOf, type Names } from './completion';

const KINDS = { metric: 'metric', function: 'function', label: 'label', value: 'value' };
const NAMES: Names = {
  metrics: ['node_cpu_seconds_total', 'node_load1', 'up'],
  labels: ['cpu', 'instance', 'mode'],
  values: (label) => (label === 'mode' ? ['idle', 'iowait', 'user'] : []),
};
const offered = (text: string) =>
  complete(text, text.length, NAMES, KINDS)?.suggestions.map((one) => one.text);

describe('completion', () => {
  it('offers metrics and functions where an expression may begin', () => {
    expect(offered('sum(node_l')).toEqual(['node_load1']);
    expect(offered('ra')).toContain('rate');
  });

  it('offers labels within braces and groupings', () => {
    expect(offered('up{in')).toEqual(['instance']);
    expect(offered('sum by (cpu, mo')).toEqual(['mode']);
  });

  it('offers the values of the label within quotes', () => {
    expect(offered('up{cpu="0", mode=~"i')).toEqual(['idle', 'iowait']);
  });

  it('offers nothing in a text that belongs to no label', () => {
    expect(offered('label_replace(up, "fo')).toBeUndefined();
  });

  it('does not take a brace in a text for one of its own', () => {
    expect(placeOf('up{mode="}"} + no', 17)).toEqual({ in: 'name', from: 15, prefix: 'no' });
  });
});
