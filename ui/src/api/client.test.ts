import { describe, expect, it } from 'vitest';

import { errorOf, query } from './client';
import { align, numberOf, seriesName, stepFor } from './prometheus';

describe('errors of the API', () => {
  it('carry the words, the code and the place', () => {
    const error = errorOf(400, 'Bad Request', {
      error: { code: 'invalid_argument', message: 'unknown key', file: 'a.yaml', line: 3, column: 9 },
    });
    expect([error.message, error.code, error.where]).toEqual([
      'unknown key',
      'invalid_argument',
      'a.yaml:3:9',
    ]);
  });

  it("take the position out of Prometheus' text", () => {
    const error = errorOf(400, '', {
      status: 'error',
      errorType: 'bad_data',
      error: '1:7: parse error: unexpected ")"',
    });
    expect([error.line, error.column, error.message]).toEqual([1, 7, 'parse error: unexpected ")"']);
  });

  it('are made of a page that is no JSON, too', () => {
    expect(errorOf(502, 'Bad Gateway', null).message).toBe('Bad Gateway');
    expect(errorOf(502, '', null).message).toBe('HTTP 502');
  });
});

describe('query', () => {
  it('leaves out what is empty and escapes the rest', () => {
    expect(query({ id: 'host/a b', at: '', limit: 5, kind: undefined })).toBe('?id=host%2Fa+b&limit=5');
    expect(query({})).toBe('');
  });
});

describe('series', () => {
  it('are put on one time axis with gaps where samples are missing', () => {
    const series = [
      { labels: {}, times: [1, 2], values: [10, 20] },
      { labels: {}, times: [2, 3], values: [5, Infinity] },
    ];
    expect(align(series)).toEqual({
      times: [1, 2, 3],
      rows: [
        [10, 20, null],
        [null, 5, null],
      ],
    });
  });

  it('have the name that Prometheus writes', () => {
    expect(seriesName({ __name__: 'up', job: 'a"b' })).toBe('up{job="a\\"b"}');
    expect(seriesName({})).toBe('{}');
  });

  it('may have values that are no finite number', () => {
    expect([numberOf('+Inf'), numberOf('-Inf'), numberOf('NaN'), numberOf('1e3')]).toEqual([
      Infinity,
      -Infinity,
      NaN,
      1000,
    ]);
  });

  it('are asked for with a step of whole seconds, at least one', () => {
    expect([stepFor(60, 240), stepFor(86_400, 240)]).toEqual([1, 360]);
  });
});
