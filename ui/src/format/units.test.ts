import { describe, expect, it } from 'vitest';

import { formatBytes, formatDuration, formatPercent, formatUnit, unitOf, unitOfQuery } from './units';

describe('units', () => {
  it('shows bytes in powers of 1024 with at most three digits', () => {
    expect(formatBytes(0)).toBe('0 B');
    expect(formatBytes(1023)).toBe('1023 B');
    expect(formatBytes(1536)).toBe('1.5 KiB');
    expect(formatBytes(16_750_372_454)).toBe('15.6 GiB');
    expect(formatBytes(-2048)).toBe('-2 KiB');
  });

  it('shows the two largest units of a duration', () => {
    expect(formatDuration(450)).toBe('450 ms');
    expect(formatDuration(60_000)).toBe('1 min');
    expect(formatDuration(200_000)).toBe('3 min 20 s');
    expect(formatDuration(100_800_000)).toBe('1 d 4 h');
    expect(formatDuration(86_400_000 + 5_000)).toBe('1 d');
  });

  it('keeps a digit of small percentages only', () => {
    expect(formatPercent(98.4)).toBe('98 %');
    expect(formatPercent(0.25)).toBe('0.3 %');
    expect(formatUnit(0.5, 'share')).toBe('50 %');
  });

  it('never shows a missing value as a number', () => {
    expect(formatUnit(null, 'bytes')).toBe('–');
    expect(formatUnit(NaN, 'number')).toBe('–');
  });

  it('takes the unit from a name', () => {
    expect(unitOf('node_memory_MemFree_bytes')).toBe('bytes');
    expect(unitOf('rss_bytes')).toBe('bytes');
    expect(unitOf('cpu_percent')).toBe('percent');
    expect(unitOf('pid')).toBe('number');
  });

  it('gives no unit to a share or a comparison, whatever its metrics are', () => {
    expect(unitOfQuery('node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.1')).toBe('number');
    expect(unitOfQuery('node_filesystem_avail_bytes{mountpoint="/var"}')).toBe('bytes');
    expect(unitOfQuery('sum(rate(node_disk_read_bytes_total[1m]))')).toBe('bytes/s');
    expect(unitOfQuery('rate(node_cpu_seconds_total[1m])')).toBe('number');
  });
});
