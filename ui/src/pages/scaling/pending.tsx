// Pods that find no place, and the groups of nodes that could take them.
import type { Amounts, ScaleUp, Unplaced } from '../../api/scaling';
import { ResourceLink } from '../../components/resource_link';
import { formatNumber, formatUnit } from '../../format/units';
import { useT } from '../../i18n';

export const amountsText = (amounts: Amounts) =>
  Object.entries(amounts)
    .map(([name, amount]) => `${name} ${amount}`)
    .join(', ');

/** `cluster` where the pods are there, and not only thought of. */
export function Waiting(props: { title: string; pods: Unplaced[]; cluster?: string }) {
  const t = useT();
  if (props.pods.length === 0) return null;
  return (
    <section className="card">
      <h2>{props.title}</h2>
      <ul className="plain">
        {props.pods.map((one, at) => (
          <li key={at} className="stack tight unplaced">
            <div className="row">
              <strong>
                {one.count === 1
                  ? (one.pods[0] ?? one.owner)
                  : t('scaling.pods_of', { count: one.count, owner: one.owner, first: one.pods[0] ?? '' })}
              </strong>
              <span className="muted small">{amountsText(one.requests)}</span>
              {one.priority !== 0 && (
                <span className="muted small">{t('scaling.priority', { priority: one.priority })}</span>
              )}
            </div>
            <p>{one.says}</p>
            {one.remedies.length > 0 && (
              <ul>
                {one.remedies.map((remedy) => (
                  <li key={remedy}>{t('scaling.or', { remedy })}</li>
                ))}
              </ul>
            )}
            {one.preemption && (
              <p>
                {t('scaling.preemption', {
                  node: one.preemption.node,
                  victims: one.preemption.victims.join(', '),
                })}
              </p>
            )}
            <details className="small">
              <summary>{t('scaling.by_node')}</summary>
              <ul>
                {one.nodes.map(({ reasons, count, nodes }) => (
                  <li key={reasons.join()}>
                    {t('scaling.nodes_say', { count, reasons: reasons.join('; ') })}{' '}
                    <span className="muted">{nodes.join(', ')}</span>
                  </li>
                ))}
              </ul>
              {props.cluster && (
                <ul className="plain">
                  {one.pods.map((pod) => (
                    <li key={pod}>
                      <ResourceLink id={`k8s_pod/${props.cluster}/${pod}`} />
                    </li>
                  ))}
                </ul>
              )}
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Growth({ growth }: { growth: ScaleUp }) {
  const t = useT();
  if (growth.groups.length === 0) return null;
  return (
    <section className="card stack">
      <h2>{t('scaling.growth')}</h2>
      <div className="scroll-x" tabIndex={0} role="region" aria-label={t('scaling.growth')}>
        <table>
          <thead>
            <tr>
              <th>{t('scaling.group')}</th>
              <th className="number">{t('scaling.takes')}</th>
              <th className="number">{t('scaling.new_nodes')}</th>
              <th className="number">{t('scaling.idle')}</th>
              <th className="number">{t('scaling.price')}</th>
              <th>{t('scaling.why_not')}</th>
            </tr>
          </thead>
          <tbody>
            {growth.groups.map((one) => (
              <tr key={one.group}>
                <td className="nowrap">{one.group}</td>
                <td className="number">{one.pods}</td>
                <td className="number">{one.nodes}</td>
                <td className="number">
                  {one.pods > 0
                    ? `${formatUnit(one.idle_cpu, 'share')} / ${formatUnit(one.idle_memory, 'share')}`
                    : '–'}
                </td>
                <td className="number">
                  {one.price_per_hour === undefined ? '–' : formatNumber(one.price_per_hour)}
                </td>
                <td>
                  {one.says}
                  {one.pods > 0 && one.at_limit && t('scaling.at_limit')}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {growth.expanders.length > 0 && (
        <div className="stack tight">
          <h3>{t('scaling.expanders')}</h3>
          <dl className="pairs">
            {growth.expanders.map(({ expander, group, says }) => (
              <div key={expander} style={{ display: 'contents' }}>
                <dt>{expander}</dt>
                <dd>
                  {group && <strong>{group}</strong>} <span className="muted">{says}</span>
                </dd>
              </div>
            ))}
          </dl>
        </div>
      )}
    </section>
  );
}
