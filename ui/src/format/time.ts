// Points in time for people: the browser's zone to read, UTC to compare.

const pad = (value: number, width = 2) => String(value).padStart(width, '0');

/** "2026-11-20 18:00:04" in the browser's zone. */
export function localTime(time: Date): string {
  const date = `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())}`;
  return `${date} ${clockTime(time)}`;
}

/** "18:00:04" in the browser's zone. */
export function clockTime(time: Date): string {
  return `${pad(time.getHours())}:${pad(time.getMinutes())}:${pad(time.getSeconds())}`;
}

/** "2026-11-20 18:00:04.120 UTC". */
export function utcTime(time: Date): string {
  return time.toISOString().replace('T', ' ').replace('Z', ' UTC');
}

/** The clock alone for today, date and clock else. */
export function shortTime(time: Date, now: Date): string {
  return time.toDateString() === now.toDateString() ? clockTime(time) : localTime(time);
}

/** A sentence of the server with its points in time ("2026-11-20T09:00Z") on the browser's clock, as they stand beside it. */
export function localTimes(text: string): string {
  return text.replace(/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z/g, (found, seconds) => {
    const time = new Date(seconds ? found : found.replace('Z', ':00Z'));
    if (Number.isNaN(time.getTime())) return found;
    return seconds ? localTime(time) : localTime(time).slice(0, -3);
  });
}

/** What an <input type="datetime-local"> holds, as RFC 3339 in UTC; "" for nothing. */
export function fromInput(value: string): string {
  const time = new Date(value);
  return value === '' || Number.isNaN(time.getTime()) ? '' : time.toISOString();
}

export function toInput(time: string): string {
  return time === '' ? '' : localTime(new Date(time)).replace(' ', 'T');
}
