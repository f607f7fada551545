// The answer to a what-if: what would be placed where, what would wait and why, and what that would cost.
import type { WhatIf } from '../../api/scaling';
import { formatNumber } from '../../format/units';
import { useT } from '../../i18n';
import { Used } from './nodes';
import { Growth, Waiting } from './pending';

const MOST_OWNERS = 100;
const MOST_NODES = 12;

export function Outcome({ answer }: { answer: WhatIf }) {
  const t = useT();
  const allPlaced = answer.pods_pending === 0 && answer.pods_refused === 0;
  const { before, after } = answer.cost_per_hour;
  const forGood = answer.evicted.filter(({ comes_again }) => !comes_again);
  return (
    <div className="stack">
      <div className={`outcome ${allPlaced ? 'good' : 'high'}`} role="status">
        <strong>{t('whatif.placed', { count: answer.pods_placed })}</strong>
        <strong>{t('whatif.pending', { count: answer.pods_pending })}</strong>
        {answer.pods_refused > 0 && <strong>{t('whatif.refused', { count: answer.pods_refused })}</strong>}
        {after !== null && (
          <span>{t('whatif.cost', { before: formatNumber(before ?? 0), after: formatNumber(after) })}</span>
        )}
      </div>
      <Waiting title={t('whatif.would_wait')} pods={answer.pending} />
      {answer.pods_pending > 0 && <Growth growth={answer.scale_up} />}
      <Lines
        title={t('whatif.not_made')}
        lines={answer.refused.map(({ owner, count, says }) =>
          t('whatif.not_made.line', { count, owner, says }),
        )}
      />
      <Lines
        title={t('whatif.blocked')}
        lines={answer.blocked.map(({ pod, node, says }) => t('whatif.blocked.line', { pod, node, says }))}
      />
      <Lines
        title={t('whatif.for_good')}
        lines={forGood.map(({ pod, node }) => t('whatif.for_good.line', { pod, node }))}
      />
      <Lines title={t('whatif.notes')} lines={answer.notes} />
      <section className="card">
        <h2>{t('scaling.used')}</h2>
        <Used utilisation={answer.utilisation.after} before={answer.utilisation.before} />
      </section>
      <Placed placed={answer.placed} />
    </div>
  );
}

function Lines({ title, lines }: { title: string; lines: string[] }) {
  if (lines.length === 0) return null;
  return (
    <section className="card">
      <h2>{title}</h2>
      <ul className="plain small">
        {lines.map((line, at) => (
          <li key={at}>{line}</li>
        ))}
      </ul>
    </section>
  );
}

/** By whom the pods are of, and how many of them would go to each node. */
function Placed({ placed }: { placed: WhatIf['placed'] }) {
  const t = useT();
  if (placed.length === 0) return null;
  const owners = new Map<string, Map<string, number>>();
  for (const { pod, owner, node } of placed) {
    const name = owner ? `${pod.slice(0, pod.indexOf('/') + 1)}${owner}` : pod;
    const nodes = owners.get(name) ?? new Map<string, number>();
    nodes.set(node, (nodes.get(node) ?? 0) + 1);
    owners.set(name, nodes);
  }
  return (
    <section className="card">
      <h2>{t('whatif.would_be_placed')}</h2>
      <dl className="pairs">
        {[...owners].slice(0, MOST_OWNERS).map(([owner, nodes]) => (
          <div key={owner} style={{ display: 'contents' }}>
            <dt>{owner}</dt>
            <dd>
              {[...nodes]
                .sort((a, b) => b[1] - a[1])
                .slice(0, MOST_NODES)
                .map(([node, count]) => t('whatif.on', { count, node }))
                .join(', ')}
              {nodes.size > MOST_NODES && ` ${t('whatif.on_all', { count: nodes.size })}`}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
