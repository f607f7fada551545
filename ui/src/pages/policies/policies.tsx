// Policies: what each would do now, and for every resource the clause that decided; what people have approved for good;
// and what a policy would do that is not in force yet.
import { Link } from 'react-router-dom';

import { usePausePolicy, usePolicies, useRunPolicy } from '../../api/queries';
import type { Policy } from '../../api/types';
import { StateBadge } from '../../components/badges';
import { PageHead } from '../../components/page_head';
import { useMay } from '../../components/role';
import { Answer, Empty } from '../../components/states';
import { Tabs } from '../../components/tabs';
import { useToasts } from '../../components/toasts';
import { useAddress } from '../../components/use_address';
import { useI18n, useT } from '../../i18n';
import { Approvals } from './approvals';
import { Preview } from './preview';
import { ResourceTable } from './resource_table';

type Tab = 'policies' | 'approvals' | 'try';

export function PoliciesPage() {
  const t = useT();
  const [of, put] = useAddress();
  const wish = of('tab');
  const tab: Tab = wish === 'approvals' || wish === 'try' ? wish : 'policies';
  return (
    <>
      <PageHead title={t('nav.policies')} />
      <Tabs<Tab>
        label={t('policies.views')}
        value={tab}
        onChange={(value) => put({ tab: value === 'policies' ? '' : value })}
        tabs={[
          { value: 'policies', text: t('policies.in_force') },
          { value: 'approvals', text: t('approvals.title') },
          { value: 'try', text: t('preview.title') },
        ]}
      />
      {tab === 'policies' && <InForce />}
      {tab === 'approvals' && <Approvals />}
      {tab === 'try' && <Preview />}
    </>
  );
}

function InForce() {
  const t = useT();
  const policies = usePolicies();
  return (
    <Answer of={policies}>
      {(all) =>
        all.length === 0 ? (
          <Empty centre>{t('policies.none')}</Empty>
        ) : (
          <div className="stack tight">
            {all.map((policy) => (
              <PolicyCard key={policy.name} policy={policy} />
            ))}
          </div>
        )
      }
    </Answer>
  );
}

function PolicyCard({ policy }: { policy: Policy }) {
  const { t, tOr } = useI18n();
  const toasts = useToasts();
  const may = useMay('operator');
  const run = useRunPolicy();
  const pause = usePausePolicy();
  return (
    <article className="card stack tight" aria-label={policy.name}>
      <div className="row between">
        <div className="row">
          <h2>{policy.name}</h2>
          <span className="badge plain">{tOr(`policy.approve.${policy.approve}`, policy.approve)}</span>
          {policy.paused && <span className="badge medium">{t('policy.paused')}</span>}
          {policy.error && <span className="badge critical">{t('policy.broken')}</span>}
          <code className="muted">
            {policy.file}:{policy.line}
          </code>
        </div>
        <div className="row">
          <button
            type="button"
            className="button small"
            disabled={!may || run.isPending || policy.error !== ''}
            onClick={() =>
              run.mutate(policy.name, { onSuccess: ({ says }) => toasts.say(says), onError: toasts.fail })
            }
          >
            {t('policy.run')}
          </button>
          <button
            type="button"
            className="button small"
            disabled={!may || pause.isPending}
            onClick={() =>
              pause.mutate({ name: policy.name, pause: !policy.paused }, { onError: toasts.fail })
            }
          >
            {policy.paused ? t('policy.resume') : t('policy.pause')}
          </button>
        </div>
      </div>
      {policy.error && (
        <div className="error">
          <span>{policy.error}</span>
        </div>
      )}
      {policy.summary && <p>{policy.summary}</p>}
      {policy.plans.map((plan) => (
        <p key={plan.id}>
          <Link to={`/plans/${encodeURIComponent(plan.id)}`}>{plan.title}</Link>{' '}
          <StateBadge state={plan.state} />
        </p>
      ))}
      {policy.plans.length === 0 && policy.error === '' && (
        <p className="muted small">{t('policy.nothing')}</p>
      )}
      {policy.resources.length > 0 && (
        <details>
          <summary className="muted small">
            {t('policy.resources', { count: policy.resources.length })}
          </summary>
          <ResourceTable resources={policy.resources} />
        </details>
      )}
    </article>
  );
}
