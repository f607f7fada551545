// Plans by state; those that wait for somebody first.
import { useSearchParams } from 'react-router-dom';

import { useComing, usePlans, type PlanFilter } from '../../api/queries';
import type { PlanStatus } from '../../api/types';
import { PageHead } from '../../components/page_head';
import { PlanCard } from '../../components/plan';
import { Answer, Empty } from '../../components/states';
import { Tabs } from '../../components/tabs';
import { useT } from '../../i18n';
import { Coming } from './coming';

type Tab = PlanFilter | 'unknown';

const RANK: Record<string, number> = { unknown: 0, running: 1, approved: 1, proposed: 2 };

export function PlansPage() {
  const t = useT();
  const [address, setAddress] = useSearchParams();
  const tab = (address.get('state') ?? 'all') as Tab;
  // What is unknown may be in a plan of any state, so it is picked out of all.
  const plans = usePlans(tab === 'unknown' ? 'all' : tab);
  const coming = useComing();
  const isShown = ({ actions }: PlanStatus) =>
    tab !== 'unknown' || actions.some(({ state }) => state === 'unknown');
  const rank = ({ state }: PlanStatus) => RANK[state] ?? 3;
  return (
    <>
      <PageHead title={t('nav.plans')} />
      <Tabs
        label={t('plans.state')}
        value={tab}
        onChange={(value) => setAddress({ state: value }, { replace: true })}
        tabs={[
          { value: 'all', text: t('plans.all') },
          { value: 'waiting', text: t('plans.waiting') },
          { value: 'running', text: t('plans.running') },
          { value: 'unknown', text: t('plans.unknown') },
          { value: 'finished', text: t('plans.finished') },
        ]}
      />
      <Answer of={plans}>
        {(all) =>
          !all.some(isShown) ? (
            <Empty centre>{t('plans.none')}</Empty>
          ) : (
            <div className="stack tight">
              {all
                .filter(isShown)
                .sort((a, b) => rank(a) - rank(b) || b.plan.created.localeCompare(a.plan.created))
                .map((status) => (
                  <PlanCard key={status.plan.id} status={status} />
                ))}
            </div>
          )
        }
      </Answer>
      {(tab === 'all' || tab === 'waiting') && <Coming steps={coming.data ?? []} />}
    </>
  );
}
