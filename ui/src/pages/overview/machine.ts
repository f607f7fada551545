// What the overview plots of the watched machine: PromQL over node_exporter's metric names.
import type { Unit } from '../../format/units';
import type { MessageKey } from '../../i18n';

export interface Panel {
  title: MessageKey;
  unit: Unit;
  stacked?: boolean;
  max?: number;
  /** Names in the order of drawing, so that each keeps its colour; others follow. */
  order?: string[];
  /** Each query's series are named by its label, or by `name` where it is one series. */
  queries: {
    promql: (instance: string, window: string) => string;
    label?: string;
    name?: string;
    sign?: -1;
  }[];
}

const NO_LOOP = 'device!~"lo|veth.*"';
const REAL_DISK = 'device!~"loop.*|ram.*|sr.*|zram.*"';

export const PANELS: Panel[] = [
  {
    title: 'overview.cpu',
    unit: 'share',
    stacked: true,
    max: 1,
    order: ['user', 'system', 'iowait', 'softirq', 'irq', 'nice', 'steal'],
    queries: [
      {
        promql: (instance, window) =>
          `sum by (mode) (rate(node_cpu_seconds_total{instance=${instance}, mode!="idle"}[${window}])) / scalar(count(node_cpu_seconds_total{instance=${instance}, mode="idle"}))`,
        label: 'mode',
      },
    ],
  },
  {
    title: 'overview.memory',
    unit: 'bytes',
    queries: [
      {
        promql: (instance) =>
          `node_memory_MemTotal_bytes{instance=${instance}} - node_memory_MemAvailable_bytes{instance=${instance}}`,
        name: 'used',
      },
      { promql: (instance) => `node_memory_MemTotal_bytes{instance=${instance}}`, name: 'total' },
      {
        promql: (instance) =>
          `node_memory_SwapTotal_bytes{instance=${instance}} - node_memory_SwapFree_bytes{instance=${instance}}`,
        name: 'swap',
      },
    ],
  },
  {
    title: 'overview.load',
    unit: 'number',
    queries: [
      { promql: (instance) => `node_load1{instance=${instance}}`, name: '1 min' },
      { promql: (instance) => `node_load5{instance=${instance}}`, name: '5 min' },
      { promql: (instance) => `node_load15{instance=${instance}}`, name: '15 min' },
    ],
  },
  {
    title: 'overview.disk_busy',
    unit: 'share',
    queries: [
      {
        promql: (instance, window) =>
          `rate(node_disk_io_time_seconds_total{instance=${instance}, ${REAL_DISK}}[${window}])`,
        label: 'device',
      },
    ],
  },
  {
    title: 'overview.disk',
    unit: 'bytes/s',
    queries: [
      {
        promql: (instance, window) =>
          `sum(rate(node_disk_read_bytes_total{instance=${instance}, ${REAL_DISK}}[${window}]))`,
        name: 'read',
      },
      {
        promql: (instance, window) =>
          `sum(rate(node_disk_written_bytes_total{instance=${instance}, ${REAL_DISK}}[${window}]))`,
        name: 'written',
      },
    ],
  },
  {
    title: 'overview.network',
    unit: 'bytes/s',
    queries: [
      {
        promql: (instance, window) =>
          `sum(rate(node_network_receive_bytes_total{instance=${instance}, ${NO_LOOP}}[${window}]))`,
        name: 'received',
      },
      {
        promql: (instance, window) =>
          `sum(rate(node_network_transmit_bytes_total{instance=${instance}, ${NO_LOOP}}[${window}]))`,
        name: 'sent',
      },
    ],
  },
];

export const RANGES = { '5m': 300, '15m': 900, '1h': 3_600, '6h': 21_600, '24h': 86_400 } as const;
export type RangeName = keyof typeof RANGES;

/** The step in seconds, the rate window and how often to ask anew, for a range. */
export function pace(range: RangeName): { step: number; window: string; refreshMs: number } {
  const seconds = RANGES[range];
  const step = Math.max(5, Math.ceil(seconds / 180));
  // A rate needs at least two samples, also of a source that is scraped every 15 s.
  return {
    step,
    window: `${Math.max(60, step * 2)}s`,
    refreshMs: Math.min(60_000, Math.max(5_000, step * 500)),
  };
}
