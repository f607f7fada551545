// The same as tables: calls and services, sorted by whichever figure matters.
import { useMemo } from 'react';

import type { Call, Service, ServiceGraph } from '../../api/services';
import { SeverityBadge } from '../../components/badges';
import { DataTable, type TableColumn } from '../../components/data_table';
import { callKey, placeOf } from '../../graph/services';
import { severityNumber } from '../../graph/scene';
import { useT } from '../../i18n';
import { bytes, latency, rate, share } from './figures';

export function CallTable(props: { graph: ServiceGraph; calls: Call[]; onOpen: (call: Call) => void }) {
  const t = useT();
  const { services } = props.graph;
  const columns = useMemo(() => {
    const known = new Map(services.map((one) => [one.id, one]));
    const nameOf = (id: string) => {
      const one = known.get(id);
      return one ? [placeOf(one), one.name].filter(Boolean).join('/') : id;
    };
    const figure = (
      key: keyof Call & `${string}_${string}`,
      title: string,
      text: (value: number | null) => string,
    ): TableColumn<Call> => ({
      key,
      title,
      number: true,
      value: (call) => call[key] as number | null,
      cell: (call) => text(call[key] as number | null),
      width: '6.5rem',
    });
    const list: TableColumn<Call>[] = [
      {
        key: 'from',
        title: t('services.from'),
        value: ({ from }) => nameOf(from),
        width: 'minmax(9rem, 1fr)',
      },
      { key: 'to', title: t('services.to'), value: ({ to }) => nameOf(to), width: 'minmax(9rem, 1fr)' },
      { key: 'protocol', title: t('services.protocol'), value: ({ protocol }) => protocol, width: '6rem' },
      figure('requests_per_second', t('services.rate'), rate),
      figure('error_ratio', t('services.errors'), share),
      figure('p50_seconds', t('services.p', { share: 50 }), latency),
      figure('p95_seconds', t('services.p', { share: 95 }), latency),
      figure('p99_seconds', t('services.p', { share: 99 }), latency),
      figure('bytes_per_second', t('services.bytes'), bytes),
      {
        key: 'known_by',
        title: t('services.known_by'),
        value: ({ known_by }) => known_by.join(', '),
        width: 'minmax(7rem, 0.7fr)',
      },
    ];
    return list;
  }, [services, t]);
  return (
    <DataTable
      label={t('services.view.calls')}
      rows={props.calls}
      columns={columns}
      rowKey={callKey}
      sort={{ key: 'requests_per_second', falling: true }}
      onOpen={props.onOpen}
    />
  );
}

export function ServiceTable(props: { services: Service[]; onOpen: (service: Service) => void }) {
  const t = useT();
  const columns = useMemo(() => {
    const list: TableColumn<Service>[] = [
      { key: 'name', title: t('resources.name'), value: ({ name }) => name },
      { key: 'place', title: t('place.namespace'), value: placeOf },
      {
        key: 'worst',
        title: t('services.worst'),
        value: ({ worst }) => (worst === '' ? null : severityNumber(worst)),
        cell: ({ worst }) => (worst === '' ? '–' : <SeverityBadge severity={worst} />),
        number: true,
        width: '7rem',
      },
      {
        key: 'rate',
        title: t('services.rate'),
        number: true,
        value: ({ requests_per_second }) => requests_per_second,
        cell: ({ requests_per_second }) => rate(requests_per_second),
      },
      {
        key: 'errors',
        title: t('services.errors'),
        number: true,
        value: ({ error_ratio }) => error_ratio,
        cell: ({ error_ratio }) => share(error_ratio),
      },
    ];
    return list;
  }, [t]);
  return (
    <DataTable
      label={t('services.view.services')}
      rows={props.services}
      columns={columns}
      rowKey={({ id }) => id}
      sort={{ key: 'rate', falling: true }}
      onOpen={props.onOpen}
    />
  );
}
