import { describe, expect, it } from 'vitest';

import { localTime, localTimes } from './time';

describe('localTimes', () => {
  const local = (text: string) => localTime(new Date(text));

  it('puts the points in time of a sentence on the clock of the browser', () => {
    expect(localTimes('override by ann until 2026-11-20T09:00Z, done at 2026-11-19T23:30:05.120Z')).toBe(
      `override by ann until ${local('2026-11-20T09:00:00Z').slice(0, -3)}, done at ${local('2026-11-19T23:30:05Z')}`,
    );
  });

  it('leaves all else as it is', () => {
    for (const text of ['', 'frozen until 2027-01-02 09:00 Asia/Seoul', '2026-99-99T09:00Z', 'T09:00Z'])
      expect(localTimes(text)).toBe(text);
  });
});
