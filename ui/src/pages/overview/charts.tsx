// The machine's plots: CPU, memory, load, disks, network.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Link } from 'react-router-dom';

import { align, queryRange, type RangeSeries } from '../../api/prometheus';
import { Chart } from '../../components/chart';
import { Empty, ErrorBox, Loading } from '../../components/states';
import { useI18n } from '../../i18n';
import { pace, PANELS, RANGES, type Panel, type RangeName } from './machine';

export function MachineCharts({ instance, range }: { instance: string; range: RangeName }) {
  return (
    <div className="charts">
      {PANELS.map((panel) => (
        <PanelChart key={panel.title} panel={panel} instance={JSON.stringify(instance)} range={range} />
      ))}
    </div>
  );
}

function usePanel(panel: Panel, instance: string, range: RangeName) {
  const { step, window, refreshMs } = pace(range);
  return useQuery({
    queryKey: ['panel', panel.title, instance, range],
    queryFn: async ({ signal }) => {
      // On whole steps, so that points do not shift from one refresh to the next.
      const to = Math.floor(Date.now() / 1000 / step) * step;
      const span = { from: to - RANGES[range], to, step };
      const answers = await Promise.all(
        panel.queries.map((query) => queryRange(query.promql(instance, window), span, signal)),
      );
      return answers.flatMap((series, at) =>
        series.map((one): RangeSeries & { name: string } => {
          const { name, label } = panel.queries[at] as Panel['queries'][number];
          return { ...one, name: name ?? one.labels[label ?? ''] ?? '' };
        }),
      );
    },
    refetchInterval: refreshMs,
    placeholderData: keepPreviousData,
  });
}

function PanelChart({ panel, instance, range }: { panel: Panel; instance: string; range: RangeName }) {
  const { t, tOr } = useI18n();
  const answer = usePanel(panel, instance, range);
  const drawn = useMemo(() => {
    const rank = ({ name }: { name: string }) => (panel.order ?? []).indexOf(name) >>> 0; // Unknown ones last.
    const series = [...(answer.data ?? [])].sort((a, b) => rank(a) - rank(b));
    const { times, rows } = align(series);
    return {
      times,
      lines: series.map((one, at) => ({ name: tOr(`series.${one.name}`, one.name), values: rows[at] ?? [] })),
    };
  }, [answer.data, panel, tOr]);
  const { window } = pace(range);
  const link = panel.queries
    .map((query) => `q=${encodeURIComponent(query.promql(instance, window))}`)
    .join('&');
  return (
    <section className="card">
      <div className="row between">
        <h2>{t(panel.title)}</h2>
        <Link className="small" to={`/explore?${link}&range=${range}`}>
          {t('metrics.open')}
          <span className="sr-only"> {t(panel.title)}</span>
        </Link>
      </div>
      {answer.isError && <ErrorBox error={answer.error} retry={() => void answer.refetch()} />}
      {answer.isPending && <Loading />}
      {answer.data?.length === 0 && <Empty>{t('overview.no_samples')}</Empty>}
      {drawn.times.length > 0 && (
        <Chart label={t(panel.title)} {...drawn} unit={panel.unit} stacked={panel.stacked} max={panel.max} />
      )}
    </section>
  );
}
