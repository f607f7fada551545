// One incident: the verdict, then causes with their evidence, plans, the timeline and the chain of reasons.
import { useParams } from 'react-router-dom';
import { Link } from 'react-router-dom';
import { useState } from 'react';

import { useIncident, useWhy } from '../../api/queries';
import type { CostSince, Cause, Finding, Incident, IncidentDetail, PlanStatus } from '../../api/types';
import { CostText } from '../../components/cost_text';
import { SeverityBadge } from '../../components/badges';
import { EvidenceList } from '../../components/evidence';
import { FactList } from '../../components/facts';
import { asStatus, PlanCard } from '../../components/plan';
import { Answer, Empty } from '../../components/states';
import { Time } from '../../components/time';
import { useT } from '../../i18n';
import { useEffect } from 'react';
import { Sureness, Verdict } from './verdict';
import './incidents.css';

export function IncidentPage() {
  const { id = '' } = useParams();
  const incident = useIncident(id);
  return <Answer of={incident}>{(detail) => <Detail detail={detail} />}</Answer>;
}

/** The recommended plans in their order with how they stand, then those that policies made. */
export function plansOf({ incident, plans }: IncidentDetail): PlanStatus[] {
  const recommended = incident.recommended.map(
    (plan) => plans.find((status) => status.plan.id === plan.id) ?? asStatus(plan, incident.id),
  );
  const others = plans.filter((status) => !incident.recommended.some(({ id }) => id === status.plan.id));
  // What has been decided on comes before what is still only proposed.
  const all = [...recommended, ...others];
  return [
    ...all.filter(({ state }) => state !== 'proposed' && state !== 'skipped'),
    ...all.filter(({ state }) => state === 'proposed'),
    ...all.filter(({ state }) => state === 'skipped'),
  ];
}

function Detail({ detail }: { detail: IncidentDetail }) {
  const t = useT();
  const { incident, timeline } = detail;
  const plans = plansOf(detail);
  useEffect(() => {
    document.title = `${incident.id} ${incident.title} · Capstan`;
  }, [incident.id, incident.title]);
  return (
    <>
      <nav className="small" aria-label={t('shell.trail')}>
        <Link to="/incidents">{t('nav.incidents')}</Link> / {incident.id}
      </nav>
      <Verdict incident={incident} plans={plans} />
      <div className="incident-columns">
        <div className="stack">
          <Causes causes={incident.causes} />
          <Findings incident={incident} cost={detail.cost} />
        </div>
        <div className="stack">
          <Plans plans={plans} />
          <section className="card">
            <h2>{t('incident.timeline')}</h2>
            {timeline.length === 0 ? <Empty>{t('state.none')}</Empty> : <FactList facts={timeline} />}
          </section>
          <WhyChain id={incident.id} />
        </div>
      </div>
    </>
  );
}

function Causes({ causes }: { causes: Cause[] }) {
  const t = useT();
  return (
    <section className="card">
      <h2>{t('incident.causes')}</h2>
      {causes.length === 0 && <Empty>{t('incident.no_cause')}</Empty>}
      <ol className="plain">
        {causes.map((cause, at) => (
          <li key={cause.resource + at} className="cause">
            <span className="cause-rank">{at + 1}</span>
            <div className="stack tight">
              <strong>{cause.says}</strong>
              <Sureness cause={cause} />
              <div className="small">
                {(cause.group.length > 0 ? cause.group : [cause.resource]).filter(Boolean).map((id) => (
                  <Link
                    key={id}
                    to={`/resource?id=${encodeURIComponent(id)}`}
                    style={{ marginRight: '0.75rem' }}
                  >
                    {id}
                  </Link>
                ))}
              </div>
              {cause.evidence.length > 0 && (
                <details open={at === 0}>
                  <summary className="small muted">
                    {t('cause.evidence', { count: cause.evidence.length })}
                  </summary>
                  <div style={{ marginTop: '0.5rem' }}>
                    <EvidenceList evidence={cause.evidence} />
                  </div>
                </details>
              )}
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Findings({ incident, cost }: { incident: Incident; cost?: CostSince | null }) {
  const t = useT();
  return (
    <section className="card stack">
      <div className="row">
        <h2>{t('incident.findings', { count: incident.findings.length })}</h2>
        {cost && <CostText cost={cost} />}
      </div>
      {incident.findings.map((finding) => (
        <FindingItem key={finding.id} finding={finding} />
      ))}
    </section>
  );
}

function FindingItem({ finding }: { finding: Finding }) {
  const t = useT();
  return (
    <article className="stack tight">
      <div className="row">
        <SeverityBadge severity={finding.severity} />
        <strong>{finding.says}</strong>
      </div>
      <p className="small muted">
        {finding.rule} · {t('finding.since')} <Time at={finding.since} />
        {finding.resource && (
          <>
            {' · '}
            <Link to={`/resource?id=${encodeURIComponent(finding.resource)}`}>{finding.resource}</Link>
          </>
        )}
      </p>
      {finding.remedy && (
        <p className="small">
          <span className="muted">{t('finding.remedy')}</span> {finding.remedy}
        </p>
      )}
      {finding.query && <code className="muted">{finding.query}</code>}
      <EvidenceList evidence={finding.evidence} />
    </article>
  );
}

function Plans({ plans }: { plans: PlanStatus[] }) {
  const t = useT();
  const withdrawn = plans.filter(({ state }) => state === 'skipped');
  const standing = plans.filter(({ state }) => state !== 'skipped');
  const card = (status: PlanStatus) => (
    <div key={status.plan.id} id={`plan-${status.plan.id}`}>
      <PlanCard status={status} />
    </div>
  );
  return (
    <section className="stack tight">
      <h2>{t('incident.plans')}</h2>
      {standing.length === 0 && <div className="card muted">{t('incident.no_plan')}</div>}
      {standing.map(card)}
      {withdrawn.length > 0 && (
        <details>
          <summary className="muted small">{t('incident.withdrawn', { count: withdrawn.length })}</summary>
          <div className="stack tight">{withdrawn.map(card)}</div>
        </details>
      )}
    </section>
  );
}

function WhyChain({ id }: { id: string }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const why = useWhy(id, open);
  return (
    <section className="card">
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <h2 style={{ display: 'inline' }}>{t('incident.why')}</h2>
        </summary>
        {open && (
          <Answer of={why}>
            {(answer) => (
              <ol className="why">
                {answer.lines.map((line, at) => (
                  <li key={at}>{line}</li>
                ))}
              </ol>
            )}
          </Answer>
        )}
      </details>
    </section>
  );
}
