import { describe, expect, it } from 'vitest';

import { sortRows, type TableColumn } from './data_table';

const column: TableColumn<string | number | null> = { key: 'x', title: 'x', value: (row) => row };

describe('sortRows', () => {
  it('sorts numbers by size and texts with numbers as people do', () => {
    expect(sortRows([10, 9, 100], column, false)).toEqual([9, 10, 100]);
    expect(sortRows(['cpu10', 'cpu9'], column, false)).toEqual(['cpu9', 'cpu10']);
  });

  it('puts what is missing last, whichever way', () => {
    expect(sortRows([null, 1, 2], column, false)).toEqual([1, 2, null]);
    expect(sortRows([null, 1, 2], column, true)).toEqual([2, 1, null]);
  });
});
