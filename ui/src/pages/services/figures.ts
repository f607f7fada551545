// What is told of a call or a service in figures, in the same words wherever it stands.
import type { Call } from '../../api/services';
import { formatDuration, formatPercent, formatUnit } from '../../format/units';

export const rate = (perSecond: number | null) => formatUnit(perSecond, 'per-second');
export const share = (ratio: number | null) => (ratio === null ? '–' : formatPercent(ratio * 100));
export const latency = (seconds: number | null) =>
  seconds === null
    ? '–'
    : seconds < 0.01
      ? `${Number((seconds * 1000).toPrecision(2))} ms`
      : formatDuration(seconds * 1000);
export const bytes = (perSecond: number | null) => formatUnit(perSecond, 'bytes/s');

/** The busiest first; of those that nobody counts the order stays. */
export const busiest = (calls: Call[]) =>
  [...calls].sort((a, b) => (b.requests_per_second ?? -1) - (a.requests_per_second ?? -1));
