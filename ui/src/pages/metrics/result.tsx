// One query's answer: a plot, and a table of its series with what they were at the end and in between.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';

import { align, queryRange, seriesName, stepFor, type RangeSeries } from '../../api/prometheus';
import { Chart } from '../../components/chart';
import { DataTable, type TableColumn } from '../../components/data_table';
import { Answer, Empty, ErrorBox } from '../../components/states';
import { formatUnit, unitOfQuery } from '../../format/units';
import { useT } from '../../i18n';

/** A marked stretch, or the last seconds. */
export type Span = { from: number; to: number } | { last: number };

const DRAWN = 40;
const POINTS = 240;
const REFRESH_MS = 5_000;

interface Row {
  name: string;
  last: number | null;
  min: number | null;
  max: number | null;
  mean: number | null;
}

export function rowOf({ labels, values }: RangeSeries): Row {
  const known = values.filter(Number.isFinite);
  const sum = known.reduce((total, value) => total + value, 0);
  const some = known.length > 0;
  return {
    name: seriesName(labels),
    last: some ? (known[known.length - 1] as number) : null,
    min: some ? Math.min(...known) : null,
    max: some ? Math.max(...known) : null,
    mean: some ? sum / known.length : null,
  };
}

export function QueryResult(props: {
  query: string;
  span: Span;
  refresh: boolean;
  onZoom: (from: number, to: number) => void;
}) {
  const { query, span } = props;
  const t = useT();
  const answer = useQuery({
    queryKey: ['range', query, JSON.stringify(span)],
    queryFn: ({ signal }) => {
      const seconds = 'last' in span ? span.last : span.to - span.from;
      const step = stepFor(seconds, POINTS);
      const to = 'last' in span ? Math.floor(Date.now() / 1000 / step) * step : span.to;
      return queryRange(query, { from: to - seconds, to, step }, signal);
    },
    refetchInterval: props.refresh && 'last' in span ? REFRESH_MS : false,
    placeholderData: keepPreviousData,
  });
  return (
    <section className="card stack tight" aria-label={query}>
      <code className="muted">{query}</code>
      {answer.isError && !answer.data ? (
        <ErrorBox error={answer.error} source={query} retry={() => void answer.refetch()} />
      ) : (
        <Answer of={answer}>
          {(series) =>
            series.length === 0 ? (
              <Empty>{t('metrics.no_series')}</Empty>
            ) : (
              <Drawn series={series} query={query} onZoom={props.onZoom} />
            )
          }
        </Answer>
      )}
    </section>
  );
}

function Drawn({
  series,
  query,
  onZoom,
}: {
  series: RangeSeries[];
  query: string;
  onZoom: (from: number, to: number) => void;
}) {
  const t = useT();
  const unit = unitOfQuery(query);
  const drawn = useMemo(() => {
    const some = series.slice(0, DRAWN);
    const { times, rows } = align(some);
    return {
      times,
      lines: some.map(({ labels }, at) => ({ name: seriesName(labels), values: rows[at] ?? [] })),
    };
  }, [series]);
  const rows = useMemo(() => series.map(rowOf), [series]);
  const columns = useMemo((): TableColumn<Row>[] => {
    const number = (key: 'last' | 'min' | 'max' | 'mean', title: string): TableColumn<Row> => ({
      key,
      title,
      number: true,
      value: (row) => row[key],
      cell: (row) => formatUnit(row[key], unit),
    });
    return [
      { key: 'name', title: t('metrics.series'), value: ({ name }) => name, width: 'minmax(14rem, 1fr)' },
      number('last', t('metrics.last')),
      number('min', t('metrics.min')),
      number('mean', t('metrics.mean')),
      number('max', t('metrics.max')),
    ];
  }, [t, unit]);
  return (
    <>
      {series.length > DRAWN && (
        <p className="small muted">{t('metrics.many', { total: series.length, shown: DRAWN })}</p>
      )}
      <Chart label={query} {...drawn} unit={unit} height={280} legend={series.length <= 12} onZoom={onZoom} />
      <DataTable
        label={t('metrics.series')}
        rows={rows}
        columns={columns}
        rowKey={({ name }) => name}
        height="22rem"
      />
    </>
  );
}
