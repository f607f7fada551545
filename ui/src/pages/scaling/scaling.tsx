// What scales and what does not: autoscalers, pods that wait, nodes, and what would be if.
import { useScaling, type Scaling } from '../../api/scaling';
import { PageHead } from '../../components/page_head';
import { Answer, Empty, Loading } from '../../components/states';
import { Tabs } from '../../components/tabs';
import { useAddress } from '../../components/use_address';
import { usePlaceList } from '../../components/use_places';
import { useT } from '../../i18n';
import { Autoscalers } from './autoscalers';
import { Nodes } from './nodes';
import { Growth, Waiting } from './pending';
import './scaling.css';
import { WhatIfView } from './whatif';

type Tab = 'autoscalers' | 'pending' | 'nodes' | 'whatif';
const TABS: Tab[] = ['autoscalers', 'pending', 'nodes', 'whatif'];

export function ScalingPage() {
  const t = useT();
  const [of, put] = useAddress();
  const { places, isKnown } = usePlaceList();
  const clusters = [...places.keys()];
  const cluster = of('cluster') || (clusters[0] ?? '');
  const answer = useScaling(cluster, isKnown);
  return (
    <>
      <PageHead title={t('nav.scaling')}>
        {clusters.length > 1 && (
          <select
            aria-label={t('place.cluster')}
            value={cluster}
            onChange={(event) => put({ cluster: event.target.value })}
          >
            {clusters.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
        <button
          type="button"
          className="button small"
          disabled={answer.isFetching}
          onClick={() => void answer.refetch()}
        >
          {t('scaling.refresh')}
        </button>
      </PageHead>
      {isKnown ? (
        <Answer of={answer}>{(scaling) => <Views key={cluster} scaling={scaling} />}</Answer>
      ) : (
        <Loading />
      )}
    </>
  );
}

function Views({ scaling }: { scaling: Scaling }) {
  const t = useT();
  const [of, put] = useAddress();
  const tab = TABS.find((one) => one === of('tab')) ?? 'autoscalers';
  const waiting = scaling.pending.reduce((sum, { count }) => sum + count, 0);
  const counts: Record<Tab, number> = {
    autoscalers: scaling.autoscalers.length,
    pending: waiting,
    nodes: scaling.utilisation.nodes,
    whatif: 0,
  };
  return (
    <>
      <Tabs<Tab>
        label={t('scaling.views')}
        value={tab}
        onChange={(value) => put({ tab: value === 'autoscalers' ? '' : value })}
        tabs={TABS.map((value) => ({ value, text: t(`scaling.tab.${value}`, { count: counts[value] }) }))}
      />
      {scaling.notes.map((note) => (
        <p key={note} className="badge medium plain scaling-note">
          {note}
        </p>
      ))}
      {tab === 'autoscalers' && <Autoscalers cluster={scaling.cluster} autoscalers={scaling.autoscalers} />}
      {tab === 'pending' &&
        (waiting === 0 ? (
          <Empty centre>{t('scaling.none_pending')}</Empty>
        ) : (
          <>
            <Waiting title={t('scaling.pending')} pods={scaling.pending} cluster={scaling.cluster} />
            <Growth growth={scaling.scale_up} />
          </>
        ))}
      {tab === 'nodes' && <Nodes scaling={scaling} />}
      {tab === 'whatif' && <WhatIfView cluster={scaling.cluster} groups={scaling.groups} />}
    </>
  );
}
