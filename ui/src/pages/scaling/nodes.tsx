// How full the nodes are, the groups that they belong to, and which of them could go.
import type { Removal, Scaling, Utilisation } from '../../api/scaling';
import { Bar } from '../../components/badges';
import { ResourceLink } from '../../components/resource_link';
import { formatNumber, formatUnit } from '../../format/units';
import { useT } from '../../i18n';
import { amountsText } from './pending';

const MOST_SHOWN = 200;

export function Nodes({ scaling }: { scaling: Scaling }) {
  const t = useT();
  return (
    <>
      <section className="card stack">
        <h2>{t('scaling.used')}</h2>
        <Used utilisation={scaling.utilisation} />
      </section>
      <section className="card">
        <h2>{t('scaling.groups')}</h2>
        {scaling.groups.length === 0 && <p className="muted">{t('scaling.no_groups')}</p>}
        <div className="scroll-x" tabIndex={0} role="region" aria-label={t('scaling.groups')}>
          <table>
            <thead>
              <tr>
                <th>{t('scaling.group')}</th>
                <th className="number">{t('scaling.nodes')}</th>
                <th className="number">{t('scaling.bounds')}</th>
                <th className="number">{t('scaling.price')}</th>
                <th>{t('scaling.allocatable')}</th>
              </tr>
            </thead>
            <tbody>
              {scaling.groups.map((group) => (
                <tr key={group.name}>
                  <td>
                    {group.name} {group.spot && <span className="badge plain low">{t('scaling.spot')}</span>}
                  </td>
                  <td className="number">{group.nodes}</td>
                  <td className="number">
                    {group.min} – {group.max ?? '…'}
                  </td>
                  <td className="number">
                    {group.price_per_hour === undefined ? '–' : formatNumber(group.price_per_hour)}
                  </td>
                  <td>{group.allocatable ? amountsText(group.allocatable) : '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
      <Removals cluster={scaling.cluster} removals={scaling.scale_down} />
    </>
  );
}

/** Each resource's share, or how it would change. */
export function Used({ utilisation, before }: { utilisation: Utilisation; before?: Utilisation }) {
  const t = useT();
  return (
    <dl className="pairs used">
      <dt>{t('scaling.nodes')}</dt>
      <dd>
        {before && before.nodes !== utilisation.nodes && `${before.nodes} → `}
        {utilisation.nodes}
      </dd>
      {Object.entries(utilisation).map(([name, now]) => {
        if (typeof now === 'number') return null;
        const was = before?.[name];
        return (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{name}</dt>
            <dd className="used-share">
              <Bar
                share={now.share}
                tone={now.share > 0.9 ? 'critical' : now.share > 0.75 ? 'high' : ''}
                label={name}
              />
              <span>
                {was !== undefined && typeof was === 'object' && `${formatUnit(was.share, 'share')} → `}
                {formatUnit(now.share, 'share')}{' '}
                <span className="muted">{t('scaling.of', { used: now.used, of: now.of })}</span>
              </span>
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function Removals({ cluster, removals }: { cluster: string; removals: Removal[] }) {
  const t = useT();
  if (removals.length === 0) return null;
  return (
    <section className="card">
      <h2>{t('scaling.removals')}</h2>
      <div className="scroll-x" tabIndex={0} role="region" aria-label={t('scaling.removals')}>
        <table>
          <thead>
            <tr>
              <th>{t('scaling.node')}</th>
              <th>{t('scaling.group')}</th>
              <th className="number">{t('scaling.used')}</th>
              <th>{t('scaling.could_go')}</th>
            </tr>
          </thead>
          <tbody>
            {removals.slice(0, MOST_SHOWN).map((one) => (
              <tr key={one.node}>
                <td>
                  <ResourceLink id={`k8s_node/${cluster}/${one.node}`} />
                </td>
                <td>{one.group}</td>
                <td className="number">{formatUnit(one.utilisation, 'share')}</td>
                <td>
                  {one.removable ? (
                    <span className="badge good">{t('scaling.goes')}</span>
                  ) : (
                    one.blockers.join('; ')
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {removals.length > MOST_SHOWN && (
        <p className="muted small">{t('resources.total', { shown: MOST_SHOWN, total: removals.length })}</p>
      )}
    </section>
  );
}
