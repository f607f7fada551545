// The made-up machine's time series: calm waves, and while trouble lasts one process that takes every core.
import type { SyntheticSeries } from './promql';

/** Seconds since 1970; `to` is Infinity while it lasts. */
export interface Trouble {
  from: number;
  to: number;
}

const CORES = 4;
const INSTANCE = { instance: 'web1', job: 'host' };
const GIB = 1024 ** 3;

/** A wave around `base`; a deterministic function of time, so that every answer fits every other. */
function wave(base: number, swing: number, period: number, phase: number) {
  return (time: number) =>
    base +
    swing * 0.6 * Math.sin((2 * Math.PI * time) / period + phase) +
    swing * 0.3 * Math.sin((2 * Math.PI * time) / (period / 4.7) + phase * 3) +
    swing * 0.1 * Math.sin((2 * Math.PI * time) / 13 + phase * 7);
}

const ORIGIN = Math.floor(Date.now() / 1000) - 40 * 86_400;

/** The counter whose rate is the wave, plus `extra` per second during the trouble. */
function counter(base: number, swing: number, period: number, phase: number, extra = 0, trouble?: Trouble) {
  const part = (weight: number, length: number, shift: number) => (time: number) =>
    ((-swing * weight * length) / (2 * Math.PI)) * Math.cos((2 * Math.PI * time) / length + shift);
  const parts = [part(0.6, period, phase), part(0.3, period / 4.7, phase * 3), part(0.1, 13, phase * 7)];
  return (time: number) => {
    const within = trouble ? Math.max(0, Math.min(time, trouble.to) - trouble.from) : 0;
    return (
      base * (time - ORIGIN) + parts.reduce((sum, one) => sum + one(time) - one(ORIGIN), 0) + extra * within
    );
  };
}

export function createSeries(cpu: Trouble, disk: Trouble): () => SyntheticSeries[] {
  const series: SyntheticSeries[] = [];
  const add = (name: string, labels: Record<string, string>, at: (time: number) => number) =>
    series.push({ labels: { __name__: name, ...INSTANCE, ...labels }, at });

  const busy: [string, number, number, number][] = [
    ['user', 0.11, 0.07, 0.74],
    ['system', 0.04, 0.025, 0.06],
    ['iowait', 0.012, 0.01, 0],
    ['softirq', 0.006, 0.003, 0.004],
    ['nice', 0.001, 0.0005, 0],
    ['steal', 0.002, 0.001, 0],
  ];
  for (let core = 0; core < CORES; core += 1) {
    const label = { cpu: String(core) };
    for (const [mode, base, swing, extra] of busy) {
      add('node_cpu_seconds_total', { ...label, mode }, counter(base, swing, 1100, core, extra, cpu));
    }
    add(
      'node_cpu_seconds_total',
      { ...label, mode: 'idle' },
      counter(0.829, 0.1, 1100, core + Math.PI, -0.804, cpu),
    );
  }
  const inTrouble = (time: number) =>
    time > cpu.from && time < cpu.to ? Math.min(1, (time - cpu.from) / 60) : 0;
  const memory = wave(6.1 * GIB, 0.5 * GIB, 5000, 1);
  add('node_memory_MemTotal_bytes', {}, () => 15.6 * GIB);
  add('node_memory_MemAvailable_bytes', {}, (time) => 15.6 * GIB - memory(time));
  add('node_memory_MemFree_bytes', {}, (time) => 9.1 * GIB - memory(time) * 0.9);
  add('node_memory_SwapTotal_bytes', {}, () => 4 * GIB);
  add('node_memory_SwapFree_bytes', {}, () => 3.8 * GIB);
  add('node_load1', {}, (time) => Math.max(0, wave(0.7, 0.4, 700, 0)(time)) + inTrouble(time) * 4.2);
  add('node_load5', {}, (time) => Math.max(0, wave(0.65, 0.2, 1500, 0)(time)) + inTrouble(time) * 2.7);
  add('node_load15', {}, (time) => Math.max(0, wave(0.6, 0.1, 3000, 0)(time)) + inTrouble(time) * 1.2);
  for (const [at, device] of ['nvme0n1', 'sda'].entries()) {
    add(
      'node_disk_io_time_seconds_total',
      { device },
      counter(0.08 / (at + 1), 0.05 / (at + 1), 640, at, 0.1, disk),
    );
    add('node_disk_read_bytes_total', { device }, counter(2.2e6, 2e6, 800, at));
    add('node_disk_written_bytes_total', { device }, counter(4.1e6, 3e6, 500, at + 2, 9e6, disk));
  }
  for (const [at, device] of ['eth0', 'lo'].entries()) {
    add('node_network_receive_bytes_total', { device }, counter(9e5, 7e5, 900, at));
    add('node_network_transmit_bytes_total', { device }, counter(3.1e6, 2.4e6, 1200, at + 1));
  }
  const sizes: [string, string, number, number][] = [
    ['/', '/dev/nvme0n1p2', 118 * GIB, 61 * GIB],
    ['/var', '/dev/nvme0n1p3', 59 * GIB, 4 * GIB],
    ['/boot/efi', '/dev/nvme0n1p1', 0.5 * GIB, 0.49 * GIB],
    ['/srv', '/dev/sda1', 916 * GIB, 402 * GIB],
    ['/run', 'tmpfs', 1.6 * GIB, 1.59 * GIB],
  ];
  for (const [mountpoint, device, size, free] of sizes) {
    const labels = { mountpoint, device, fstype: device === 'tmpfs' ? 'tmpfs' : 'ext4' };
    const filling = (time: number) =>
      mountpoint === '/var' ? Math.max(0, Math.min(time, disk.to) - disk.from) * 1.1e6 : 0;
    add('node_filesystem_size_bytes', labels, () => size);
    add('node_filesystem_avail_bytes', labels, (time) => Math.max(0.3 * GIB, free - filling(time)));
  }
  for (const [at, group] of ['postgres', 'nginx', 'java', 'render-preview', 'sshd', 'systemd'].entries()) {
    const extra = group === 'render-preview' ? 3.2 : 0;
    add(
      'namedprocess_namegroup_cpu_seconds_total',
      { groupname: group, mode: 'user' },
      counter(0.02 * at, 0.01, 700, at, extra, cpu),
    );
    add(
      'namedprocess_namegroup_memory_bytes',
      { groupname: group, memtype: 'resident' },
      wave(2e8 * (at + 1), 2e7, 900, at),
    );
  }
  add('up', {}, () => 1);
  return () => series;
}
