import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Detail } from './detail';

describe('the detail of a graph that moves', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is all while frames come in time, and less once they are late', () => {
    const detail = new Detail(() => undefined);
    detail.moving();
    expect(detail.share(1_000)).toBe(1);
    expect(detail.share(1_017)).toBe(1);
    expect(detail.share(1_067)).toBeCloseTo(0.6);
    expect(detail.share(1_117)).toBeCloseTo(0.36);
    expect(detail.share(1_133)).toBeGreaterThan(0.36);
    for (let at = 0; at < 50; at += 1) detail.share(2_000 + at * 100);
    expect(detail.share(8_000)).toBeGreaterThan(0);
  });

  it('is all again once nothing moves', () => {
    const rest = vi.fn();
    const detail = new Detail(rest);
    detail.moving();
    detail.share(1_000);
    detail.share(1_100);
    vi.advanceTimersByTime(200);
    expect(rest).toHaveBeenCalledOnce();
    expect(detail.share(1_400)).toBe(1);
  });
});
