// Short lists of what the machine has: filesystems, top processes, services, listening ports.
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router-dom';

import { useResources } from '../../api/queries';
import type { Fields, Resource } from '../../api/types';
import { Bar, StateBadge } from '../../components/badges';
import { Choices } from '../../components/choices';
import { Answer, Empty } from '../../components/states';
import { formatBytes, formatPercent } from '../../format/units';
import { useT, type MessageKey } from '../../i18n';

const REFRESH_MS = 5_000;
const SHOWN = 12;

/** The first of the named fields that is a number. */
export function numberField(fields: Fields, ...names: string[]): number {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === 'number') return value;
  }
  return 0;
}

export function textField(fields: Fields, ...names: string[]): string {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === 'string' || typeof value === 'number') return String(value);
  }
  return '';
}

function KindCard(props: {
  kind: string;
  title: MessageKey;
  extra?: ReactNode;
  children: (all: Resource[]) => ReactNode;
}) {
  const t = useT();
  const answer = useResources(props.kind, '', 2_000, REFRESH_MS);
  return (
    <section className="card">
      <div className="row between" style={{ marginBottom: '0.4rem' }}>
        <h2>
          <Link to={`/resources?kind=${props.kind}`}>{t(props.title)}</Link>{' '}
          <span className="muted small">{answer.data?.total}</span>
        </h2>
        {props.extra}
      </div>
      <Answer of={answer}>
        {(list) =>
          list.resources.length === 0 ? <Empty>{t('state.none')}</Empty> : props.children(list.resources)
        }
      </Answer>
    </section>
  );
}

export function ResourceLink({ id, name }: { id: string; name: string }) {
  return <Link to={`/resource?id=${encodeURIComponent(id)}`}>{name}</Link>;
}

export function Filesystems() {
  const t = useT();
  const usedShare = ({ fields }: Resource) => {
    const size = numberField(fields, 'size_bytes', 'size');
    return size === 0 ? 0 : 1 - numberField(fields, 'avail_bytes', 'available_bytes', 'free_bytes') / size;
  };
  return (
    <KindCard kind="host_filesystem" title="overview.filesystems">
      {(all) => (
        <div className="panel-list" tabIndex={0} role="region" aria-label={t('overview.filesystems')}>
          <table>
            <thead>
              <tr>
                <th>{t('overview.mount')}</th>
                <th style={{ width: '35%' }}>{t('overview.used')}</th>
                <th className="number">{t('overview.free')}</th>
              </tr>
            </thead>
            <tbody>
              {[...all]
                .sort((a, b) => usedShare(b) - usedShare(a))
                .slice(0, SHOWN)
                .map((one) => {
                  const used = usedShare(one);
                  return (
                    <tr key={one.id}>
                      <td>
                        <ResourceLink id={one.id} name={textField(one.fields, 'mountpoint') || one.name} />
                      </td>
                      <td>
                        <div className="row" style={{ flexWrap: 'nowrap' }}>
                          <div className="grow">
                            <Bar
                              share={used}
                              tone={used > 0.95 ? 'critical' : used > 0.85 ? 'high' : ''}
                              label={t('overview.used')}
                            />
                          </div>
                          <span className="nowrap">{formatPercent(used * 100)}</span>
                        </div>
                      </td>
                      <td className="number">
                        {formatBytes(numberField(one.fields, 'avail_bytes', 'available_bytes', 'free_bytes'))}
                      </td>
                    </tr>
                  );
                })}
            </tbody>
          </table>
        </div>
      )}
    </KindCard>
  );
}

const cpuOf = (one: Resource) => numberField(one.fields, 'cpu_percent', 'cpu');
const memoryOf = (one: Resource) => numberField(one.fields, 'rss_bytes', 'resident_bytes', 'memory_bytes');

export function TopProcesses() {
  const t = useT();
  const [by, setBy] = useState<'cpu' | 'memory'>('cpu');
  const order = by === 'cpu' ? cpuOf : memoryOf;
  return (
    <KindCard
      kind="host_process"
      title="overview.processes"
      extra={
        <Choices
          label={t('overview.top_by')}
          value={by}
          onChange={setBy}
          options={[
            { value: 'cpu', text: t('overview.by_cpu') },
            { value: 'memory', text: t('overview.by_memory') },
          ]}
        />
      }
    >
      {(all) => (
        <table>
          <thead>
            <tr>
              <th>{t('overview.process')}</th>
              <th>{t('overview.user')}</th>
              <th className="number">{t('overview.by_cpu')}</th>
              <th className="number">{t('overview.by_memory')}</th>
            </tr>
          </thead>
          <tbody>
            {[...all]
              .sort((a, b) => order(b) - order(a))
              .slice(0, SHOWN)
              .map((one) => (
                <tr key={one.id}>
                  <td>
                    <ResourceLink id={one.id} name={one.name} />{' '}
                    <span className="muted">{textField(one.fields, 'pid')}</span>
                  </td>
                  <td>{textField(one.fields, 'user')}</td>
                  <td className="number">{formatPercent(cpuOf(one))}</td>
                  <td className="number">{formatBytes(memoryOf(one))}</td>
                </tr>
              ))}
          </tbody>
        </table>
      )}
    </KindCard>
  );
}

const SERVICE_ORDER: Record<string, number> = {
  failed: 0,
  activating: 1,
  deactivating: 1,
  inactive: 2,
  active: 3,
};

export function Services() {
  const t = useT();
  const stateOf = ({ fields }: Resource) => textField(fields, 'active_state', 'state', 'active');
  const rank = (one: Resource) => SERVICE_ORDER[stateOf(one)] ?? 2;
  return (
    <KindCard kind="host_service" title="overview.services">
      {(all) => (
        <div className="panel-list" tabIndex={0} role="region" aria-label={t('overview.services')}>
          <table>
            <tbody>
              {[...all]
                .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
                .map((one) => (
                  <tr key={one.id}>
                    <td>
                      <ResourceLink id={one.id} name={one.name} />
                    </td>
                    <td className="number">
                      <StateBadge state={stateOf(one) === 'active' ? 'ok' : stateOf(one)} />
                    </td>
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      )}
    </KindCard>
  );
}

export function Ports() {
  const t = useT();
  return (
    <KindCard kind="host_listener" title="overview.ports">
      {(all) => (
        <div className="panel-list" tabIndex={0} role="region" aria-label={t('overview.ports')}>
          <table>
            <tbody>
              {[...all]
                .sort((a, b) => numberField(a.fields, 'port') - numberField(b.fields, 'port'))
                .map((one) => (
                  <tr key={one.id}>
                    <td>
                      <ResourceLink id={one.id} name={one.name} />
                    </td>
                    <td>{textField(one.fields, 'process', 'command')}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      )}
    </KindCard>
  );
}
