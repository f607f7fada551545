// Asks Prometheus' query API (/api/v1) and turns its text values into numbers.
import { ApiError, query as search, request } from './client';
import type { Labels, PromData, PromSeries } from './types';

export interface RangeSeries {
  labels: Labels;
  /** Seconds since 1970. */
  times: number[];
  values: number[];
}

export interface InstantSample {
  labels: Labels;
  value: number;
}

interface PromAnswer<T> {
  status: 'success' | 'error';
  data: T;
}

async function ask<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = await request<PromAnswer<T>>('GET', `/api/v1/${path}`, undefined, signal);
  if (answer?.status !== 'success') throw new ApiError(200, 'internal', 'The query API gave no result.');
  return answer.data;
}

/** "+Inf", "-Inf" and "NaN" are numbers too. */
export function numberOf(text: string): number {
  if (text === '+Inf' || text === 'Inf') return Infinity;
  if (text === '-Inf') return -Infinity;
  return Number(text);
}

export interface Range {
  /** Seconds since 1970. */
  from: number;
  to: number;
  /** Seconds. */
  step: number;
}

export async function queryRange(promql: string, range: Range, signal?: AbortSignal): Promise<RangeSeries[]> {
  const data = await ask<PromData>(
    'query_range' + search({ query: promql, start: range.from, end: range.to, step: range.step }),
    signal,
  );
  return (data.result as PromSeries[]).map((series) => ({
    labels: series.metric,
    times: (series.values ?? []).map(([time]) => time),
    values: (series.values ?? []).map(([, value]) => numberOf(value)),
  }));
}

export async function queryInstant(promql: string, signal?: AbortSignal): Promise<InstantSample[]> {
  const data = await ask<PromData>('query' + search({ query: promql }), signal);
  if (data.resultType === 'scalar' || data.resultType === 'string') {
    return [{ labels: {}, value: numberOf((data.result as [number, string])[1]) }];
  }
  return (data.result as PromSeries[]).map((series) => ({
    labels: series.metric,
    value: numberOf(series.value?.[1] ?? 'NaN'),
  }));
}

export const labelNames = (signal?: AbortSignal) => ask<string[]>('labels', signal);
export const labelValues = (name: string, signal?: AbortSignal) =>
  ask<string[]>(`label/${encodeURIComponent(name)}/values`, signal);

/** A step, in whole seconds, that gives about `points` points. */
export function stepFor(seconds: number, points: number): number {
  return Math.max(1, Math.ceil(seconds / points));
}

/** Puts series of one query on one time axis; where a series has no sample, null. */
export function align(series: RangeSeries[]): { times: number[]; rows: (number | null)[][] } {
  const all = new Set<number>();
  for (const one of series) for (const time of one.times) all.add(time);
  const times = [...all].sort((a, b) => a - b);
  const index = new Map(times.map((time, at) => [time, at]));
  const rows = series.map((one) => {
    const row = new Array<number | null>(times.length).fill(null);
    one.times.forEach((time, at) => {
      const value = one.values[at];
      if (value !== undefined && Number.isFinite(value)) row[index.get(time) as number] = value;
    });
    return row;
  });
  return { times, rows };
}

/** `name{a="b"}`, as Prometheus writes a series. */
export function seriesName(labels: Labels): string {
  const { __name__: name = '', ...rest } = labels;
  const pairs = Object.entries(rest).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  if (pairs.length === 0) return name || '{}';
  return `${name}{${pairs.join(', ')}}`;
}
