// Each autoscaler: where it stands between its bounds, what it measures, and why it did or did not scale.
import { useState } from 'react';
import { Link } from 'react-router-dom';

import type { Autoscaler } from '../../api/scaling';
import { resourcePath } from '../../components/resource_link';
import { Empty } from '../../components/states';
import { Time } from '../../components/time';
import { useT } from '../../i18n';

export function Autoscalers({ cluster, autoscalers }: { cluster: string; autoscalers: Autoscaler[] }) {
  const t = useT();
  const [search, setSearch] = useState('');
  const wanted = search.toLowerCase();
  const found = autoscalers
    .filter(({ name, target, says }) => `${name} ${target} ${says}`.toLowerCase().includes(wanted))
    .sort((a, b) => Number(b.is_wrong) - Number(a.is_wrong) || a.name.localeCompare(b.name));
  if (autoscalers.length === 0) return <Empty centre>{t('scaling.none')}</Empty>;
  return (
    <>
      <input
        type="search"
        data-search=""
        className="scaling-search"
        aria-label={t('scaling.search')}
        placeholder={t('scaling.search')}
        value={search}
        onChange={(event) => setSearch(event.target.value)}
      />
      {found.length === 0 && <Empty>{t('scaling.no_match')}</Empty>}
      <ul className="plain stack">
        {found.map((one) => (
          <One key={one.name} cluster={cluster} one={one} />
        ))}
      </ul>
    </>
  );
}

function One({ cluster, one }: { cluster: string; one: Autoscaler }) {
  const t = useT();
  const id = `k8s_horizontal_pod_autoscaler/${cluster}/${one.name}`;
  return (
    <li className="card stack tight">
      <div className="row">
        <span className={`badge ${one.is_wrong ? 'high' : 'good'}`}>
          {t(one.is_wrong ? 'scaling.wrong' : 'scaling.fine')}
        </span>
        <h2>
          <Link to={resourcePath(id)}>{one.name}</Link>
        </h2>
        <span className="muted">{one.target}</span>
      </div>
      <Bounds one={one} />
      <p>{one.says}</p>
      {one.remedy && <p>{t('change.remedy', { remedy: one.remedy })}</p>}
      <div
        className="scroll-x"
        tabIndex={0}
        role="region"
        aria-label={t('scaling.metrics', { name: one.name })}
      >
        <table>
          <thead>
            <tr>
              <th>{t('scaling.metric')}</th>
              <th className="number">{t('scaling.now')}</th>
              <th className="number">{t('scaling.target')}</th>
              <th className="number">{t('scaling.wants')}</th>
              <th>{t('scaling.problem')}</th>
            </tr>
          </thead>
          <tbody>
            {one.metrics.map((metric) => (
              <tr key={metric.name}>
                <td>{metric.name}</td>
                <td className="number">{metric.now || t('scaling.not_known')}</td>
                <td className="number">{metric.target}</td>
                <td className="number">{metric.wants ?? '–'}</td>
                <td>{metric.problem}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <details className="small">
        <summary>{t('scaling.more')}</summary>
        <div className="stack tight">
          <p>
            {t('scaling.may_go', { least: one.may_go_to.least, most: one.may_go_to.most })}{' '}
            {t('scaling.ready', { ready: one.ready, unready: one.unready })}
          </p>
          <ul className="plain">
            {(one.conditions ?? []).map(({ type, status, reason, message }) => (
              <li key={type}>
                <strong>
                  {type}: {status}
                </strong>{' '}
                <span className="muted">{reason}</span> {message}
              </li>
            ))}
          </ul>
          {one.changes.length > 0 && (
            <ul className="plain">
              {one.changes.map(({ at, from, to }) => (
                <li key={at}>
                  <Time at={at} full /> {from} → {to}
                </li>
              ))}
            </ul>
          )}
        </div>
      </details>
    </li>
  );
}

/** Where it stands between its bounds; what it wants beyond them is said. */
function Bounds({ one }: { one: Autoscaler }) {
  const t = useT();
  const says = t('scaling.replicas', { current: one.current, min: one.min, max: one.max });
  const end = Math.max(one.max, one.wants ?? 0, one.current, 1);
  const at = (value: number) => `${(100 * value) / end}%`;
  return (
    <div className="bounds">
      <div className="bounds-line" aria-hidden="true">
        <span
          className="bounds-allowed"
          style={{ left: at(one.min), right: `calc(100% - ${at(one.max)})` }}
        />
        <span className="bounds-current" style={{ width: at(one.current) }} />
        {one.wants !== undefined && <span className="bounds-wants" style={{ left: at(one.wants) }} />}
      </div>
      <span className="small">
        {says}.
        {one.wants !== undefined && one.wants !== one.current && (
          <strong> {t('scaling.wants_so', { count: one.wants })}</strong>
        )}
        {/* Before its first look an autoscaler wishes for none. */}
        {one.desired > 0 && one.desired !== one.current && (
          <span> {t('scaling.desired', { count: one.desired })}</span>
        )}
      </span>
    </div>
  );
}
