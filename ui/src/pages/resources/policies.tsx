// What each policy wants of a resource, and the clause that decided; and why another one does not look at it.
import { useState } from 'react';

import { useOverrides, useVerdicts, type Override, type Verdict } from '../../api/automation';
import { usePolicies } from '../../api/queries';
import { KeepButton } from '../../components/keep_dialog';
import { OverrideBadge, OverrideLine } from '../../components/overrides';
import { Answer, Empty } from '../../components/states';
import { localTimes } from '../../format/time';
import { useT } from '../../i18n';

// A list of conditions is named by the clause, too.
const MOST_OBSERVED = 40;

export function ResourcePolicies({ id }: { id: string }) {
  const t = useT();
  const verdicts = useVerdicts(id);
  const overrides = useOverrides();
  const policies = usePolicies();
  const [asked, setAsked] = useState('');
  const named = new Set(verdicts.data?.map(({ policy }) => policy));
  const others = policies.data?.filter(({ name }) => !named.has(name)) ?? [];
  const own = overrides.data?.filter(({ resource }) => resource === id) ?? [];
  // Hardly a resource of a fleet is any policy's business; nothing is said where there are none at all.
  if (policies.data?.length === 0) return null;
  return (
    <section className="card stack tight" aria-label={t('verdicts.title')}>
      <div className="row between">
        <h2>{t('verdicts.title')}</h2>
        <KeepButton wish={{ resource: id }} />
      </div>
      {own.length > 0 && (
        <ul className="plain stack tight">
          {own.map((override) => (
            <OverrideLine key={override.id} override={override} />
          ))}
        </ul>
      )}
      <Answer of={verdicts}>
        {(all) =>
          all.length === 0 ? (
            <Empty>{t('verdicts.none')}</Empty>
          ) : (
            <VerdictList verdicts={all} overrides={overrides.data ?? []} />
          )
        }
      </Answer>
      {others.length > 0 && (
        <label className="field">
          <span>{t('verdicts.ask')}</span>
          <select value={asked} onChange={(event) => setAsked(event.target.value)}>
            <option value="">{t('verdicts.ask.none')}</option>
            {others.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      {asked !== '' && <Asked id={id} policy={asked} overrides={overrides.data ?? []} />}
    </section>
  );
}

function Asked({ id, policy, overrides }: { id: string; policy: string; overrides: Override[] }) {
  const answer = useVerdicts(id, policy);
  return <Answer of={answer}>{(all) => <VerdictList verdicts={all} overrides={overrides} />}</Answer>;
}

function VerdictList({ verdicts, overrides }: { verdicts: Verdict[]; overrides: Override[] }) {
  return (
    <ul className="plain stack tight">
      {verdicts.map((verdict) => (
        <VerdictItem
          key={verdict.policy}
          verdict={verdict}
          override={overrides.find(({ id }) => id === verdict.override)}
        />
      ))}
    </ul>
  );
}

function VerdictItem({ verdict, override }: { verdict: Verdict; override: Override | undefined }) {
  const t = useT();
  const { observed, wanted } = verdict;
  return (
    <li className="verdict">
      <div className="row">
        <strong>{verdict.policy}</strong>
        {verdict.acts ? (
          <span className="badge high">{t('verdicts.acts')}</span>
        ) : (
          <span className="badge plain">{t('verdicts.rests')}</span>
        )}
        {verdict.paused && <span className="badge medium">{t('policy.paused')}</span>}
        {wanted && observed.length <= MOST_OBSERVED && (
          <span className="small">{t('verdicts.wants', { observed: observed || '–', wanted })}</span>
        )}
        {override && <OverrideBadge override={override} />}
      </div>
      <p className="small">{localTimes(verdict.why)}</p>
      {verdict.frozen && (
        <p className="small">
          <span className="badge accent">{t('plan.frozen')}</span> {verdict.frozen}
        </p>
      )}
    </li>
  );
}
