import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Refresher } from './refresher';

describe('what went stale', () => {
  let asked: string[];
  let underWay: boolean;
  let refresher: Refresher;
  beforeEach(() => {
    vi.useFakeTimers();
    asked = [];
    underWay = false;
    refresher = new Refresher(
      (key) => asked.push(key),
      () => underWay,
    );
  });
  afterEach(() => vi.useRealTimers());

  it('is asked for at once, then once a second however often it changes', () => {
    for (let at = 0; at < 3_000; at += 100) {
      refresher.stale('overview');
      vi.advanceTimersByTime(100);
    }
    expect(asked.length).toBe(4);
    vi.advanceTimersByTime(10_000);
    expect(asked.length).toBe(4);
  });

  it('does not hold up another key', () => {
    refresher.stale('overview');
    refresher.stale('facts');
    expect(asked).toEqual(['overview', 'facts']);
  });

  it('waits for the answer that is under way, and is then asked for', () => {
    underWay = true;
    refresher.stale('overview');
    vi.advanceTimersByTime(30_000);
    expect(asked).toEqual([]);
    underWay = false;
    vi.advanceTimersByTime(1_000);
    expect(asked).toEqual(['overview']);
  });

  it('is forgotten at the end', () => {
    refresher.stale('overview');
    refresher.stale('overview');
    refresher.stop();
    vi.advanceTimersByTime(10_000);
    expect(asked).toEqual(['overview']);
  });
});
