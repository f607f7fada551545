// One plan, and why it is as it is.
import { Link, useParams } from 'react-router-dom';

import { usePlan, useWhy } from '../../api/queries';
import { FactList } from '../../components/facts';
import { PageHead } from '../../components/page_head';
import { PlanCard } from '../../components/plan';
import { Answer } from '../../components/states';
import { useT } from '../../i18n';

export function PlanPage() {
  const t = useT();
  const { id = '' } = useParams();
  const plan = usePlan(id);
  const why = useWhy(id);
  return (
    <>
      <nav className="small" aria-label={t('shell.trail')}>
        <Link to="/plans">{t('nav.plans')}</Link> / {id}
      </nav>
      <PageHead title={plan.data?.plan.title ?? id}>
        {plan.data?.incident && <Link to={`/incidents/${plan.data.incident}`}>{plan.data.incident}</Link>}
      </PageHead>
      <Answer of={plan}>{(status) => <PlanCard status={status} titled={false} />}</Answer>
      <section className="card">
        <h2>{t('incident.why')}</h2>
        <Answer of={why}>{({ chain }) => <FactList facts={chain} />}</Answer>
      </section>
    </>
  );
}
