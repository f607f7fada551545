// Points in time as elements: the browser's zone to read, UTC on hover; and how long ago, kept current.
import { useSyncExternalStore } from 'react';

import type { Timestamp } from '../api/types';
import { localTime, shortTime, utcTime } from '../format/time';
import { formatDuration } from '../format/units';
import { useT } from '../i18n';

let now = Date.now();
const listeners = new Set<() => void>();
let timer: number | undefined;

function subscribe(listener: () => void) {
  listeners.add(listener);
  timer ??= window.setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    window.clearInterval(timer);
    timer = undefined;
  };
}

/** The present, in milliseconds since 1970, renewed every second. */
export const useNow = () => useSyncExternalStore(subscribe, () => now);

export function Time({ at, full = false }: { at: Timestamp | null | undefined; full?: boolean }) {
  const time = new Date(at ?? '');
  if (!at || Number.isNaN(time.getTime()) || time.getTime() === 0) return <span className="muted">–</span>;
  return (
    <time className="nowrap" dateTime={at} title={utcTime(time)}>
      {full ? localTime(time) : shortTime(time, new Date())}
    </time>
  );
}

export function Ago({ at }: { at: Timestamp }) {
  const t = useT();
  const present = useNow();
  const time = new Date(at);
  const past = Math.max(0, present - time.getTime());
  return (
    <time className="nowrap" dateTime={at} title={`${localTime(time)}\n${utcTime(time)}`}>
      {past < 2_000 ? t('time.now') : t('time.ago', { duration: formatDuration(past) })}
    </time>
  );
}

/** From a time to another, or until now while the other is missing. */
export function Lasting({ from, to }: { from: Timestamp; to?: Timestamp | null }) {
  const present = useNow();
  const end = to ? new Date(to).getTime() : present;
  return <span className="nowrap">{formatDuration(Math.max(0, end - new Date(from).getTime()))}</span>;
}
