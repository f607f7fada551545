// The top of an incident: what is wrong, because of what, how sure, what to press. Read at 3 am, in five seconds.
import { Link } from 'react-router-dom';

import type { Cause, Incident, PlanStatus } from '../../api/types';
import { Bar, DangerBadge, SeverityBadge, StateBadge } from '../../components/badges';
import { dangerOf } from '../../components/danger';
import { PlanButtons } from '../../components/plan';
import { PlanBadge } from '../../components/plan_state';
import { Lasting, Time } from '../../components/time';
import { useVerbs } from '../../api/queries';
import { formatPercent } from '../../format/units';
import { useT, type MessageKey } from '../../i18n';

/** How sure, in a word, of a score from 0 to 1. */
export function surenessOf(score: number): MessageKey {
  if (score >= 0.85) return 'sure.very';
  if (score >= 0.6) return 'sure.likely';
  if (score >= 0.35) return 'sure.possible';
  return 'sure.weak';
}

export function Sureness({ cause }: { cause: Cause }) {
  const t = useT();
  return (
    <div className="sureness">
      <span>
        {t(surenessOf(cause.score))}
        <Bar share={cause.score} label={t('cause.score')} />
        {formatPercent(cause.score * 100)}
      </span>
      {cause.share > 0 && (
        <span>
          {t('cause.share')}
          <Bar share={cause.share} label={t('cause.share')} />
          {formatPercent(cause.share * 100)}
        </span>
      )}
    </div>
  );
}

export function Verdict({ incident, plans }: { incident: Incident; plans: PlanStatus[] }) {
  const t = useT();
  const cause = incident.causes[0];
  // What was withdrawn or skipped is no advice any more.
  const plan = plans.find(({ state }) => state !== 'skipped');
  const others = incident.findings.map(({ says }) => says).filter((says) => says !== incident.title);
  return (
    <section className={`card verdict ${incident.severity}`} aria-label={t('incident.verdict')}>
      <div className="row">
        <SeverityBadge severity={incident.severity} />
        <StateBadge state={incident.state} />
        <span className="muted small">
          {incident.id} · {t('incident.opened')} <Time at={incident.opened} /> · {t('incident.lasting')}{' '}
          <Lasting from={incident.opened} to={incident.closed} />
        </span>
      </div>
      <h1>{incident.title}</h1>
      <dl>
        {others.length > 0 && (
          <>
            <dt>{t('incident.what')}</dt>
            <dd>
              {others.slice(0, 3).map((says) => (
                <div key={says}>{says}</div>
              ))}
            </dd>
          </>
        )}
        <dt>{t('incident.because')}</dt>
        <dd>
          {cause ? (
            <>
              <strong>{cause.says}</strong>
              <Sureness cause={cause} />
            </>
          ) : (
            <span className="muted">{t('incident.no_cause')}</span>
          )}
        </dd>
        <dt>{t('incident.do')}</dt>
        <dd>
          <Recommendation status={plan} remedy={incident.findings.find(({ remedy }) => remedy)?.remedy} />
        </dd>
      </dl>
    </section>
  );
}

function Recommendation({ status, remedy }: { status: PlanStatus | undefined; remedy: string | undefined }) {
  const t = useT();
  const verbs = useVerbs();
  if (!status) return <span className="muted">{remedy || t('incident.no_plan')}</span>;
  const running =
    status.actions.find(({ state }) => state === 'running') ?? status.actions[status.actions.length - 1];
  return (
    <div className="stack tight">
      <div className="row">
        <strong>{status.plan.title}</strong>
        <DangerBadge danger={dangerOf(status.plan, verbs.data)} />
        {status.state !== 'proposed' && <PlanBadge status={status} />}
        <Link
          className="small"
          to={`#plan-${status.plan.id}`}
          reloadDocument={false}
          onClick={() => scrollTo(status.plan.id)}
        >
          {t('plan.see_actions', { count: status.plan.actions.length })}
        </Link>
      </div>
      {status.state !== 'proposed' && running?.says && <div className="small">{running.says}</div>}
      <PlanButtons status={status} big />
    </div>
  );
}

function scrollTo(plan: string) {
  document.getElementById(`plan-${plan}`)?.scrollIntoView({ behavior: 'smooth' });
}
