import { describe, expect, it } from 'vitest';

import { clockOf, coveringOf, dateOf, DAY_MS, mondayOf, placeOf, readMonday, wallTime } from './week';

const at = (text: string) => Date.parse(text);

describe('a week', () => {
  it('shows what the clock of the zone shows', () => {
    expect(clockOf(wallTime(at('2026-11-23T00:00:00Z'), 'Asia/Seoul'))).toBe('09:00');
    expect(clockOf(wallTime(at('2026-07-01T12:00:00Z'), 'Europe/Berlin'))).toBe('14:00');
    expect(clockOf(wallTime(at('2026-12-01T12:00:00Z'), 'Europe/Berlin'))).toBe('13:00');
    expect(dateOf(wallTime(at('2026-11-22T23:30:00Z'), 'Asia/Seoul'))).toBe('2026-11-23');
  });

  it('takes a zone that nobody knows for UTC', () => {
    expect(clockOf(wallTime(at('2026-11-23T00:00:00Z'), 'Asia/Soul'))).toBe('00:00');
  });

  it('begins on Monday', () => {
    for (const day of ['2026-11-16T00:00:00Z', '2026-11-18T12:00:00Z', '2026-11-22T23:59:59Z'])
      expect(dateOf(mondayOf(at(day)))).toBe('2026-11-16');
    expect(dateOf(mondayOf(at('1969-12-31T10:00:00Z')))).toBe('1969-12-29');
  });

  it('is read from an address, and is the present one where that names none', () => {
    const now = at('2026-11-22T10:00:00Z');
    expect(dateOf(readMonday('2026-12-03', now))).toBe('2026-11-30');
    for (const text of ['', 'soon', '2026-13-40']) expect(dateOf(readMonday(text, now))).toBe('2026-11-16');
  });

  it('is asked for so that no clock misses a part of it', () => {
    const monday = at('2026-11-16T00:00:00Z');
    const { from, days } = coveringOf(monday);
    expect(wallTime(at(from), 'Pacific/Kiritimati')).toBeLessThanOrEqual(monday);
    const end = at(from) + days * DAY_MS;
    expect(wallTime(end, 'Etc/GMT+12')).toBeGreaterThanOrEqual(monday + 7 * DAY_MS);
  });

  it('cuts what reaches beyond it', () => {
    const monday = at('2026-11-16T00:00:00Z');
    expect(placeOf(monday - DAY_MS, monday + 3.5 * DAY_MS, monday)).toEqual({ left: 0, width: 0.5 });
    expect(placeOf(monday - DAY_MS, monday, monday)).toBeNull();
    expect(placeOf(monday + 7 * DAY_MS, monday + 8 * DAY_MS, monday)).toBeNull();
  });
});
