// Numbers for people: bytes, shares, durations, rates. Pure; the locale is the browser's unless given.

export type Unit = 'bytes' | 'bytes/s' | 'percent' | 'share' | 'seconds' | 'number' | 'per-second';

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** At most three significant digits, without an exponent for what people meet. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e15)) return value.toExponential(2);
  const digits = size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return new Intl.NumberFormat(undefined, { maximumFractionDigits: digits }).format(value);
}

export function formatBytes(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  let size = Math.abs(value);
  let unit = 0;
  while (size >= 1024 && unit < BINARY.length - 1) {
    size /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return `${value < 0 ? '-' : ''}${Number(size.toFixed(digits))} ${BINARY[unit]}`;
}

/** Of 100. */
export function formatPercent(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 10 || size === 0 ? 0 : 1;
  return `${Number(value.toFixed(digits))} %`;
}

/** "1 d 4 h", "3 min 20 s", "450 ms": the two largest units that matter. */
export function formatDuration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return String(milliseconds);
  const size = Math.abs(milliseconds);
  if (size < 1000) return `${Math.round(size)} ms`;
  const units: [string, number][] = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ];
  let rest = Math.round(size / 1000);
  const parts: string[] = [];
  for (const [name, seconds] of units) {
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    if (count > 0) parts.push(`${count} ${name}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(' ');
}

export function formatUnit(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  switch (unit) {
    case 'bytes':
      return formatBytes(value);
    case 'bytes/s':
      return `${formatBytes(value)}/s`;
    case 'percent':
      return formatPercent(value);
    case 'share':
      return formatPercent(value * 100);
    case 'seconds':
      return formatDuration(value * 1000);
    case 'per-second':
      return `${formatNumber(value)}/s`;
    case 'number':
      return formatNumber(value);
  }
}

/** The unit that a metric's or column's name announces ("…_bytes", "…_seconds", "…_percent"). */
export function unitOf(name: string): Unit {
  if (/(_bytes|_bytes_total|^rss|^vsize|_memory)$/.test(name) || /bytes/.test(name)) return 'bytes';
  if (/(percent|_pct)/.test(name)) return 'percent';
  if (/(_share|_ratio|_fraction)$/.test(name)) return 'share';
  if (/_seconds$/.test(name)) return 'seconds';
  return 'number';
}

/** The unit of a query's result, as far as its text tells: a rate of bytes is bytes a second, a comparison has none. */
export function unitOfQuery(promql: string): Unit {
  const query = promql.replace(/"[^"]*"|'[^']*'/g, ''); // A path among the labels is no division.
  if (/[<>/]|==|\bcount\b/.test(query)) return 'number';
  const unit = unitOf(query);
  return unit === 'bytes' && /\b(rate|irate|deriv)\s*\(/.test(query) ? 'bytes/s' : unit;
}
