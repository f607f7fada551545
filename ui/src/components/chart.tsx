// A time series plot: uPlot with the page's colours, and a legend of HTML that shows the values under the cursor.
import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

import { clockTime } from '../format/time';
import { formatUnit, type Unit } from '../format/units';
import { useT } from '../i18n';
import { useTheme } from '../theme';

export interface ChartLine {
  name: string;
  values: (number | null)[];
}

export interface ChartProps {
  /** Said to those who cannot see the plot. */
  label: string;
  /** Seconds since 1970, rising. */
  times: number[];
  lines: ChartLine[];
  unit: Unit;
  height?: number;
  /** Lines are areas on top of each other. */
  stacked?: boolean;
  /** The top of the value axis, where it is known (1 for a share). */
  max?: number;
  legend?: boolean;
  /** The times are days: the axis names these, not hours. */
  days?: boolean;
  /** Called with seconds when a stretch is marked with the mouse. */
  onZoom?: (from: number, to: number) => void;
}

const COLOURS = 8;
/** Steps of a value axis of bytes: 1, 2, 4, … so that it reads 4 GiB and not 3.73 GiB. */
const BINARY_STEPS = Array.from({ length: 60 }, (_, power) => 2 ** power);

const DAY: Intl.DateTimeFormatOptions = { month: 'short', day: 'numeric' };
const DAY_STEPS = [1, 2, 7, 14, 28].map((days) => days * 86_400);

function colourOf(index: number): string {
  return getComputedStyle(document.documentElement)
    .getPropertyValue(`--plot-${(index % COLOURS) + 1}`)
    .trim();
}

/** Each line on top of those before it. */
export function stack(lines: ChartLine[]): (number | null)[][] {
  const total: number[] = [];
  return lines.map((line) =>
    line.values.map((value, at) => {
      if (value === null) return null;
      total[at] = (total[at] ?? 0) + value;
      return total[at] as number;
    }),
  );
}

function axisOf(unit: Unit, text: string, grid: string, days: boolean): uPlot.Axis[] {
  const shared = {
    stroke: text,
    grid: { stroke: grid, width: 1 },
    ticks: { stroke: grid, width: 1, size: 4 },
  };
  const font = '11px system-ui, sans-serif';
  return [
    {
      ...shared,
      font,
      size: 26,
      space: 64,
      incrs: days ? DAY_STEPS : undefined,
      values: (_plot, splits) =>
        splits.map((seconds) => {
          if (days) return new Date(seconds * 1000).toLocaleDateString(undefined, DAY);
          const text = clockTime(new Date(seconds * 1000));
          return (splits[1] ?? 0) - (splits[0] ?? 0) < 60 ? text : text.slice(0, 5);
        }),
    },
    {
      ...shared,
      font,
      size: 72,
      space: 26,
      incrs: unit.startsWith('bytes') ? BINARY_STEPS : undefined,
      values: (_plot, splits) => splits.map((value) => formatUnit(value, unit)),
    },
  ];
}

function optionsOf(
  props: ChartProps,
  width: number,
  onCursor: (index: number | null) => void,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const text = style.getPropertyValue('--muted').trim();
  const grid = style.getPropertyValue('--plot-grid').trim();
  const { stacked = false, max } = props;
  return {
    width,
    height: props.height ?? 150,
    legend: { show: false },
    padding: [8, 8, 0, 0],
    cursor: {
      y: false,
      points: { size: 6 },
      drag: { x: Boolean(props.onZoom), y: false },
      sync: { key: 'capstan' },
    },
    scales: {
      x: { time: true },
      y: { range: (_plot, low, high) => [Math.min(0, low ?? 0), max ?? (high > 0 ? high * 1.08 : 1)] },
    },
    axes: axisOf(props.unit, text, grid, props.days ?? false),
    series: [
      {},
      ...props.lines.map((_line, index) => ({
        stroke: colourOf(index),
        width: stacked ? 1 : 1.5,
        fill: stacked
          ? colourOf(index) + 'b0'
          : props.lines.length === 1
            ? colourOf(index) + '1c'
            : undefined,
        points: { show: props.times.length === 1 },
        spanGaps: false,
      })),
    ],
    // Of stacked areas only the stretch between two lines is filled, so colours do not mix.
    bands: stacked
      ? props.lines.slice(1).map((_line, index) => ({ series: [index + 2, index + 1] as [number, number] }))
      : [],
    hooks: {
      setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)],
      setSelect: [
        (plot) => {
          if (!props.onZoom || plot.select.width < 5) return;
          props.onZoom(
            plot.posToVal(plot.select.left, 'x'),
            plot.posToVal(plot.select.left + plot.select.width, 'x'),
          );
        },
      ],
    },
  };
}

export function Chart(props: ChartProps) {
  const t = useT();
  const theme = useTheme();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [index, setIndex] = useState<number | null>(null);
  const latest = useRef(props);
  latest.current = props;

  // The plot is made anew only when its shape changes; new samples are put into the one that stands.
  const shape = JSON.stringify([
    theme,
    props.unit,
    props.height,
    props.stacked,
    props.max,
    props.lines.map((line) => line.name),
  ]);
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const made = new uPlot(
      optionsOf(latest.current, element.clientWidth || 300, setIndex),
      dataOf(latest.current),
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0)
        made.setSize({ width: element.clientWidth, height: latest.current.height ?? 150 });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => {
    plot.current?.setData(dataOf({ ...latest.current, times: props.times, lines: props.lines }));
  }, [props.times, props.lines, shape]);

  const at = index ?? props.times.length - 1;
  return (
    <figure className="chart" style={{ margin: 0 }}>
      <div className="chart-plot" ref={host} role="img" aria-label={props.label} />
      {props.legend !== false && (
        <ul className="plain legend" aria-label={t('chart.legend')}>
          {props.lines.map((line, number) => (
            <li key={line.name}>
              <i style={{ background: `var(--plot-${(number % COLOURS) + 1})` }} />
              <span className="clip" title={line.name}>
                {line.name}
              </span>
              <b>{formatUnit(line.values[at], props.unit)}</b>
            </li>
          ))}
        </ul>
      )}
    </figure>
  );
}

function dataOf({ times, lines, stacked }: ChartProps): uPlot.AlignedData {
  return [times, ...(stacked ? stack(lines) : lines.map((line) => line.values))] as uPlot.AlignedData;
}
