// Who calls whom, how often, how well and how fast: drawn, and as tables for those who do not see it.
import { useMemo, useState } from 'react';
import { useNavigate } from 'react-router-dom';

import { useServiceGraph, type ServiceGraph } from '../../api/services';
import { Choices } from '../../components/choices';
import { Drawing } from '../../components/graph_drawing';
import { PageHead } from '../../components/page_head';
import { PlaceFilter } from '../../components/place_filter';
import { resourcePath } from '../../components/resource_link';
import { Answer, Empty } from '../../components/states';
import { Ago } from '../../components/time';
import { useAddress } from '../../components/use_address';
import { callKey, sceneOfServices, shownOfText } from '../../graph/services';
import { useT } from '../../i18n';
import { Chosen } from './chosen';
import { Legend } from './legend';
import './services.css';
import { CallTable, ServiceTable } from './tables';

const WINDOWS = ['1m', '5m', '30m', '1h'];
type View = 'graph' | 'calls' | 'services';
const VIEWS: View[] = ['graph', 'calls', 'services'];

/** What the sources that Capstan knows count; the packs' traffic.yaml declare them. */
const METRICS = [
  'istio_requests_total',
  'response_total (Linkerd)',
  'traces_service_graph_request_total (OpenTelemetry)',
];

export function ServicesPage() {
  const t = useT();
  const [of, put] = useAddress();
  const window = WINDOWS.find((one) => one === of('window')) ?? '5m';
  const answer = useServiceGraph(of('cluster'), of('namespace'), window);
  return (
    <>
      <PageHead title={t('nav.services')}>
        <PlaceFilter />
        <Choices
          label={t('services.window')}
          value={window}
          onChange={(value) => put({ window: value === '5m' ? '' : value })}
          options={WINDOWS.map((value) => ({ value, text: value }))}
        />
      </PageHead>
      <Answer of={answer}>
        {(graph) => (graph.calls.length === 0 ? <None graph={graph} /> : <Calls graph={graph} />)}
      </Answer>
    </>
  );
}

function None({ graph }: { graph: ServiceGraph }) {
  const t = useT();
  return (
    <Empty centre>
      <strong>{t('services.none')}</strong>
      <p>{t('services.none.how')}</p>
      <ul className="plain">
        {METRICS.map((name) => (
          <li key={name}>
            <code>{name}</code>
          </li>
        ))}
      </ul>
      <Sources graph={graph} />
    </Empty>
  );
}

function Calls({ graph }: { graph: ServiceGraph }) {
  const t = useT();
  const navigate = useNavigate();
  const [of, put] = useAddress();
  const [search, setSearch] = useState('');
  const view = VIEWS.find((one) => one === of('view')) ?? 'graph';
  const scene = useMemo(() => sceneOfServices(graph), [graph]);
  const shown = useMemo(() => shownOfText(scene, search), [scene, search]);
  const found = (at: number) => (at >= 0 ? at : null);
  const service = found(of('focus') === '' ? -1 : scene.ids.indexOf(of('focus')));
  const call = found(of('call') === '' ? -1 : graph.calls.findIndex((one) => callKey(one) === of('call')));
  const choose = (id: string) => put({ focus: id, call: '' });
  const chooseCall = (edge: number | null) => {
    const one = edge === null ? undefined : graph.calls[edge];
    put({ call: one ? callKey(one) : '', focus: '' });
  };
  const rows = <Row,>(all: Row[], wanted: Uint8Array) => all.filter((_, at) => wanted[at]);
  const chosen = (service !== null || call !== null) && (
    <Chosen
      graph={graph}
      service={service === null ? undefined : graph.services[service]}
      call={call === null ? undefined : graph.calls[call]}
      onChoose={choose}
      onChooseCall={(one) => chooseCall(graph.calls.indexOf(one))}
    />
  );
  return (
    <>
      <div className="row">
        <Choices<View>
          label={t('services.view')}
          value={view}
          onChange={(value) => put({ view: value === 'graph' ? '' : value })}
          options={VIEWS.map((value) => ({ value, text: t(`services.view.${value}`) }))}
        />
        <input
          type="search"
          data-search=""
          aria-label={t('services.search')}
          placeholder={t('services.search')}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          onKeyDown={(event) => {
            const first = graph.services.find(({ id }) => id.toLowerCase().includes(search.toLowerCase()));
            if (event.key === 'Enter' && first) choose(first.id);
          }}
        />
        <span className="muted small" role="status">
          {t('services.count', { services: shown.nodes, calls: shown.edges })}
        </span>
        <span className="muted small">
          {t('services.as_of')} <Ago at={graph.at} />
        </span>
      </div>
      {graph.left_out > 0 && (
        <p className="badge medium plain graph-note">{t('services.left_out', { count: graph.left_out })}</p>
      )}
      {view === 'graph' ? (
        <div className="graph-and-side">
          <Drawing
            label={t('nav.services')}
            text={t('services.count', { services: shown.nodes, calls: shown.edges })}
            scene={scene}
            shown={shown}
            chosen={service}
            marked={null}
            chosenEdge={call}
            onChoose={(node) => choose(node === null ? '' : (scene.ids[node] as string))}
            onChooseEdge={chooseCall}
            onOpen={(node) => {
              const one = graph.services[node];
              if (one?.known) navigate(resourcePath(one.id));
            }}
          />
          <aside className="stack" aria-label={t('services.about')}>
            {chosen || <p className="muted">{t('services.hint')}</p>}
            <Legend scene={scene} />
            <Sources graph={graph} />
          </aside>
        </div>
      ) : (
        <>
          {chosen}
          {view === 'calls' ? (
            <CallTable
              graph={graph}
              calls={rows(graph.calls, shown.edge)}
              onOpen={(one) => chooseCall(graph.calls.indexOf(one))}
            />
          ) : (
            <ServiceTable services={rows(graph.services, shown.node)} onOpen={({ id }) => choose(id)} />
          )}
          <Sources graph={graph} />
        </>
      )}
    </>
  );
}

function Sources({ graph }: { graph: ServiceGraph }) {
  const t = useT();
  if (graph.sources.length === 0) return null;
  return (
    <details className="small">
      <summary>{t('services.sources')}</summary>
      <ul className="plain">
        {graph.sources.map(({ name, calls, newest, error }) => (
          <li key={name}>
            <strong>{name}</strong> {t('services.source', { count: calls })}{' '}
            {newest && (
              <>
                {t('services.newest')} <Ago at={newest} />
              </>
            )}
            {error && <span className="badge high">{error}</span>}
          </li>
        ))}
      </ul>
    </details>
  );
}
