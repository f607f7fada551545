// Steps of policies that wait for their time: what will be done to what, and when.
import { Link } from 'react-router-dom';

import type { ComingStep } from '../../api/types';
import { resourcePath } from '../../components/resource_link';
import { Time } from '../../components/time';
import { useVerbTitle } from '../../components/verb_title';
import { localTimes } from '../../format/time';
import { useT } from '../../i18n';

export function Coming({ steps }: { steps: ComingStep[] }) {
  const t = useT();
  const titleOf = useVerbTitle();
  if (steps.length === 0) return null;
  return (
    <section className="card" aria-label={t('plans.coming')}>
      <h2>{t('plans.coming')}</h2>
      <ul className="plain stack tight">
        {steps.map(({ policy, resource, name, verb, at, says }) => (
          <li key={`${policy} ${resource}`}>
            <div className="row">
              <Time at={at} full />
              <strong title={verb}>{titleOf(verb)}</strong>
              <Link to={resourcePath(resource)}>{name || resource}</Link>
              <span className="muted">{policy}</span>
            </div>
            <p className="small muted">{localTimes(says)}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}
