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

function numberField(fields: Fields, name: string): number {
  const value = fields[name];
  return typeof value === 'number' ? value : 0;
}

function textField(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
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
    const size = numberField(fields, 'size_bytes');
    return size === 0 ? 0 : 1 - numberField(fields, 'avail_bytes') / size;
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
                      <td className="number">{formatBytes(numberField(one.fields, 'avail_bytes'))}</td>
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

const cpuOf = (one: Resource) => numberField(one.fields, 'cpu_percent');
const memoryOf = (one: Resource) => numberField(one.fields, 'rss_bytes');

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

/** What is not as it should be comes first. */
function serviceRank({ fields }: Resource): number {
  const state = textField(fields, 'state');
  if (state === 'failed') return 0;
  return state === textField(fields, 'wanted') ? 2 : 1;
}

function ServiceBadge({ fields }: Resource) {
  const state = textField(fields, 'state');
  const wanted = textField(fields, 'wanted');
  // A service that runs is fine; its word is that of no hurry, not of something under way.
  if (state === 'running') return <StateBadge state="ok" />;
  return <StateBadge state={state} alarm={state === 'failed' || wanted === 'running'} />;
}

export function Services() {
  const t = useT();
  return (
    <KindCard kind="host_service" title="overview.services">
      {(all) => (
        <div className="panel-list" tabIndex={0} role="region" aria-label={t('overview.services')}>
          <table>
            <thead>
              <tr>
                <th>{t('overview.service')}</th>
                <th className="number">{t('overview.state')}</th>
              </tr>
            </thead>
            <tbody>
              {[...all]
                .sort((a, b) => serviceRank(a) - serviceRank(b) || a.name.localeCompare(b.name))
                .map((one) => (
                  <tr key={one.id}>
                    <td>
                      <ResourceLink id={one.id} name={one.name} />
                      <div className="muted">{textField(one.fields, 'says')}</div>
                    </td>
                    <td className="number">
                      <ServiceBadge {...one} />
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
    <KindCard kind="host_listening_port" title="overview.ports">
      {(all) => (
        <div className="panel-list" tabIndex={0} role="region" aria-label={t('overview.ports')}>
          <table>
            <thead>
              <tr>
                <th>{t('overview.port')}</th>
                <th>{t('overview.address')}</th>
                <th>{t('overview.user')}</th>
              </tr>
            </thead>
            <tbody>
              {[...all]
                .sort((a, b) => numberField(a.fields, 'port') - numberField(b.fields, 'port'))
                .map((one) => (
                  <tr key={one.id}>
                    <td>
                      <ResourceLink id={one.id} name={one.name} />
                    </td>
                    <td>{textField(one.fields, 'address')}</td>
                    <td>{textField(one.fields, 'user')}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      )}
    </KindCard>
  );
}
