// Policies: what each would do now, and for every resource the clause that decided; what people have approved for good;
// and what a policy would do that is not in force yet.
import { Link } from 'react-router-dom';

import { usePausePolicy, usePolicies, useRunPolicy } from '../../api/queries';
import type { Policy } from '../../api/types';
import { AskingButton } from '../../components/asking_button';
import { StateBadge } from '../../components/badges';
import { PageHead } from '../../components/page_head';
import { useMay } from '../../components/role';
import { Answer, Empty } from '../../components/states';
import { Tabs } from '../../components/tabs';
import { Time } from '../../components/time';
import { useToasts } from '../../components/toasts';
import { useAddress } from '../../components/use_address';
import { localTimes } from '../../format/time';
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

function PauseButton({ policy }: { policy: Policy }) {
  const t = useT();
  const toasts = useToasts();
  const may = useMay('operator');
  const pause = usePausePolicy();
  const { name, paused } = policy;
  if (!paused) {
    return (
      <AskingButton
        text={t('policy.pause')}
        className="button small"
        title={t('policy.pause.title', { name })}
        confirm={t('policy.pause')}
        send={() => pause.mutateAsync({ name, pause: true })}
      >
        <p>{t('policy.pause.text')}</p>
      </AskingButton>
    );
  }
  return (
    <button
      type="button"
      className="button small"
      disabled={!may || pause.isPending}
      title={may ? undefined : t('plan.needs_operator')}
      onClick={() => pause.mutate({ name, pause: false }, { onError: toasts.fail })}
    >
      {t('policy.resume')}
    </button>
  );
}

/** Where a run could do nothing it says why, rather than that all went well. */
function RunButton({ policy }: { policy: Policy }) {
  const t = useT();
  const toasts = useToasts();
  const may = useMay('operator');
  const run = useRunPolicy();
  const whyNot = !may
    ? t('plan.needs_operator')
    : policy.error !== ''
      ? t('policy.run.broken')
      : policy.paused
        ? t('policy.run.paused')
        : policy.rejected
          ? t('policy.run.rejected')
          : '';
  return (
    <button
      type="button"
      className="button small"
      disabled={whyNot !== '' || run.isPending}
      title={whyNot || undefined}
      onClick={() =>
        run.mutate(policy.name, { onSuccess: ({ says }) => toasts.say(says), onError: toasts.fail })
      }
    >
      {t('policy.run')}
    </button>
  );
}

function PolicyCard({ policy }: { policy: Policy }) {
  const { t, tOr } = useI18n();
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
          <RunButton policy={policy} />
          <PauseButton policy={policy} />
        </div>
      </div>
      {policy.help && <p className="muted">{policy.help}</p>}
      {policy.error && (
        <div className="error">
          <span>{policy.error}</span>
        </div>
      )}
      {policy.summary && <p>{localTimes(policy.summary)}</p>}
      {policy.next && (
        <p className="small">
          <span className="muted">{t('policy.next')}</span> <Time at={policy.next} full />
        </p>
      )}
      {policy.plans.map((plan) => (
        <p key={plan.id}>
          <Link to={`/plans/${encodeURIComponent(plan.id)}`}>{plan.title}</Link>{' '}
          <StateBadge state={plan.state} />
        </p>
      ))}
      {policy.rejected && (
        <p className="small">
          {localTimes(policy.rejected)} <span className="muted">{t('policy.run.rejected')}</span>
        </p>
      )}
      {policy.plans.length === 0 && policy.error === '' && !policy.rejected && (
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
