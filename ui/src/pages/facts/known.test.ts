import { describe, expect, it } from 'vitest';

import type { Fact } from '../../api/types';
import { knownPage } from './known';

describe('a page of facts', () => {
  const known = [9, 7, 6, 4, 1].map((seq) => ({ seq }) as Fact);
  const numbers = (before: number, size: number) => knownPage(known, before, size)?.map(({ seq }) => seq);

  it('is taken from those that are known', () => {
    expect(numbers(9, 2)).toEqual([7, 6]);
    expect(numbers(6, 2)).toEqual([4, 1]);
  });

  it('is asked for where some may be missing', () => {
    expect(numbers(8, 2)).toBeUndefined();
    expect(numbers(12, 2)).toBeUndefined();
    expect(numbers(4, 2)).toBeUndefined();
  });
});
