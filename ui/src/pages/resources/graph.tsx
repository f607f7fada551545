// How everything hangs together, drawn: the whole fleet, a namespace of it, or what is around one resource; and the
// same as a list for those who do not see it or have no mouse.
import { useMemo, useState } from 'react';
import { Link, useNavigate } from 'react-router-dom';

import { useGraph, useMap } from '../../api/queries';
import { Choices } from '../../components/choices';
import { Drawing } from '../../components/graph_drawing';
import { PageHead } from '../../components/page_head';
import { Answer, Empty } from '../../components/states';
import { useAddress } from '../../components/use_address';
import { sceneOfGraph, sceneOfMap, shownOf, type Scene } from '../../graph/scene';
import { useT } from '../../i18n';
import { GraphFilter } from './graph_filter';
import { GraphSide } from './graph_side';
import { PlaceFilter } from '../../components/place_filter';
import './resources.css';

const DEPTHS = ['1', '2', '3', '4'] as const;
/** With more edges than this, what everything has is left out at first: it would hide how the rest hangs together. */
const CROWDED = 150;
const EVERYWHERE = ['runs_on'];
const COMMON_KINDS = ['host'];

export function GraphPage() {
  const t = useT();
  const [of, put] = useAddress();
  const id = of('id');
  const depth = of('depth') || '2';
  return (
    <>
      <PageHead title={id ? t('graph.around', { name: id.slice(id.lastIndexOf('/') + 1) }) : t('nav.graph')}>
        {id ? (
          <>
            <span className="small muted">{t('graph.depth')}</span>
            <Choices
              label={t('graph.depth')}
              value={depth}
              onChange={(value) => put({ depth: value })}
              options={DEPTHS.map((value) => ({ value: value as string, text: value }))}
            />
            <Link className="button small" to="/graph">
              {t('graph.whole')}
            </Link>
            <Link className="button small" to={`/resource?id=${encodeURIComponent(id)}`}>
              {t('resource.open')}
            </Link>
          </>
        ) : (
          <PlaceFilter />
        )}
      </PageHead>
      {id ? (
        <Around id={id} depth={Number(depth)} />
      ) : (
        <Whole cluster={of('cluster')} namespace={of('namespace')} />
      )}
    </>
  );
}

function Around({ id, depth }: { id: string; depth: number }) {
  const t = useT();
  const answer = useGraph(id, depth);
  const scene = useMemo(() => answer.data && sceneOfGraph(answer.data), [answer.data]);
  return (
    <Answer of={answer}>
      {(graph) =>
        scene && <View scene={scene} start={id} note={graph.truncated ? t('graph.truncated') : ''} />
      }
    </Answer>
  );
}

function Whole({ cluster, namespace }: { cluster: string; namespace: string }) {
  const t = useT();
  const answer = useMap(cluster, namespace);
  const scene = useMemo(() => answer.data && sceneOfMap(answer.data), [answer.data]);
  return (
    <Answer of={answer}>
      {(map) => {
        const cut = map.total_nodes > map.nodes.length || map.total_edges > map.edges.length;
        const note = cut
          ? t('graph.cut', {
              nodes: map.nodes.length,
              total_nodes: map.total_nodes,
              edges: map.edges.length,
              total_edges: map.total_edges,
            })
          : '';
        return scene && <View key={`${cluster} ${namespace}`} scene={scene} start="" note={note} />;
      }}
    </Answer>
  );
}

function View({ scene, start, note }: { scene: Scene; start: string; note: string }) {
  const t = useT();
  const navigate = useNavigate();
  const [of, put] = useAddress();
  const crowded = scene.relation.length > CROWDED;
  const [hiddenKinds, setHiddenKinds] = useState<string[]>(crowded && start === '' ? COMMON_KINDS : []);
  const [hiddenRelations, setHiddenRelations] = useState<string[]>(crowded ? EVERYWHERE : []);
  const shown = useMemo(
    () => shownOf(scene, hiddenKinds, hiddenRelations),
    [scene, hiddenKinds, hiddenRelations],
  );
  const focus = of('focus');
  const nodeOf = (id: string) => {
    const at = id === '' ? -1 : scene.ids.indexOf(id);
    return at >= 0 ? at : null;
  };
  const chosen = nodeOf(focus);
  const choose = (node: number | null) => put({ focus: node === null ? '' : (scene.ids[node] as string) });
  if (scene.ids.length === 0) return <Empty centre>{t('resources.none')}</Empty>;
  return (
    <>
      <GraphFilter
        scene={scene}
        shown={shown}
        hiddenKinds={hiddenKinds}
        hiddenRelations={hiddenRelations}
        onKinds={setHiddenKinds}
        onRelations={setHiddenRelations}
      />
      {note && <p className="badge medium plain graph-note">{note}</p>}
      <div className="graph-and-side">
        <Drawing
          label={t('nav.graph')}
          text={t('graph.count', { nodes: shown.nodes, edges: shown.edges })}
          scene={scene}
          shown={shown}
          chosen={chosen}
          marked={nodeOf(start)}
          onChoose={choose}
          onOpen={(node) => navigate(`/resource?id=${encodeURIComponent(scene.ids[node] as string)}`)}
        />
        <GraphSide scene={scene} shown={shown} chosen={chosen} onChoose={choose} />
      </div>
    </>
  );
}
