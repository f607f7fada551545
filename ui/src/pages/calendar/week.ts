// A week on a clock of a zone. Wall times are milliseconds since 1970 of a clock that shows what the zone's clock shows,
// but in UTC: rows of different zones then line up under the hours that their own clocks show.

export const DAY_MS = 86_400_000;
/** How far zones are ahead of UTC at most. */
const MOST_AHEAD_MS = 14 * 3_600_000;

const formats = new Map<string, Intl.DateTimeFormat | null>();

/** None for a zone that the browser does not know. */
function formatOf(zone: string): Intl.DateTimeFormat | null {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  let made: Intl.DateTimeFormat | null = null;
  try {
    made = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    made = null;
  }
  formats.set(zone, made);
  return made;
}

export const browserZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The wall time that the zone's clock shows at an instant; that of UTC where the zone is unknown. */
export function wallTime(instant: number, zone: string): number {
  const format = formatOf(zone);
  if (!format) return instant;
  const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  const of = (type: string) => parts.get(type as Intl.DateTimeFormatPartTypes) ?? 0;
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
}

/** The wall time at which the week began, on Monday, that holds a wall time. */
export function mondayOf(wall: number): number {
  const day = Math.floor(wall / DAY_MS);
  return (day - ((((day + 3) % 7) + 7) % 7)) * DAY_MS; // 1970-01-01 was a Thursday.
}

/** "2026-11-16" of a wall time. */
export const dateOf = (wall: number) => new Date(wall).toISOString().slice(0, 10);

/** The Monday of an address, or of `now` when it names none. */
export function readMonday(text: string, now: number): number {
  const wall = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  return mondayOf(Number.isNaN(wall) ? now : wall);
}

/** What to ask for so that the week is whole on every clock: an instant, and days from it on. */
export const coveringOf = (monday: number) => ({
  from: new Date(monday - MOST_AHEAD_MS).toISOString(),
  days: 9,
});

/** Shares of the week, 0..1; null for what lies outside of it. */
export function placeOf(from: number, to: number, monday: number): { left: number; width: number } | null {
  const week = 7 * DAY_MS;
  const left = Math.max(0, (from - monday) / week);
  const right = Math.min(1, (to - monday) / week);
  return right > left ? { left, width: right - left } : null;
}

/** "09:00" of a wall time. */
export const clockOf = (wall: number) => new Date(wall).toISOString().slice(11, 16);
