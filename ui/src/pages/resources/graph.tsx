// How resources hang together, drawn; the same as a list for those who do not see it or have no mouse.
import { useEffect, useMemo, useRef, useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router-dom';

import { useGraph } from '../../api/queries';
import type { Graph } from '../../api/types';
import { SeverityBadge } from '../../components/badges';
import { Choices } from '../../components/choices';
import { PageHead } from '../../components/page_head';
import { Answer, Empty, Loading } from '../../components/states';
import { useT } from '../../i18n';
import { useTheme } from '../../theme';
import './resources.css';

const CROWDED = 40;
const DEPTHS = ['1', '2', '3', '4'] as const;

export function GraphPage() {
  const t = useT();
  const [address, setAddress] = useSearchParams();
  const id = address.get('id') ?? '';
  const depth = address.get('depth') ?? '2';
  const answer = useGraph(id, Number(depth));
  const name = answer.data?.nodes.find((node) => node.id === id)?.name ?? id;
  return (
    <>
      <PageHead title={id ? t('graph.around', { name }) : t('nav.graph')}>
        {id && (
          <>
            <span className="small muted">{t('graph.depth')}</span>
            <Choices
              label={t('graph.depth')}
              value={depth}
              onChange={(value) => setAddress({ id, depth: value }, { replace: true })}
              options={DEPTHS.map((value) => ({ value: value as string, text: value }))}
            />
            <Link className="button small" to="/graph">
              {t('graph.whole')}
            </Link>
            <Link className="button small" to={`/resource?id=${encodeURIComponent(id)}`}>
              {t('resource.fields')}
            </Link>
          </>
        )}
      </PageHead>
      <Answer of={answer}>
        {(graph) =>
          graph.nodes.length === 0 ? (
            <Empty centre>{t('resources.none')}</Empty>
          ) : (
            <View graph={graph} start={id} />
          )
        }
      </Answer>
    </>
  );
}

function View({ graph, start }: { graph: Graph; start: string }) {
  const t = useT();
  const kinds = useMemo(() => [...new Set(graph.nodes.map(({ kind }) => kind))].sort(), [graph.nodes]);
  // What everything runs on would hide how the rest hangs together.
  const [hidden, setHidden] = useState<string[]>(
    start === '' && graph.nodes.length > CROWDED ? ['host'] : [],
  );
  const shown = useMemo(() => {
    const nodes = graph.nodes.filter(({ kind }) => !hidden.includes(kind));
    const ids = new Set(nodes.map(({ id }) => id));
    return {
      ...graph,
      nodes,
      edges: graph.edges.filter(({ source, target }) => ids.has(source) && ids.has(target)),
    };
  }, [graph, hidden]);
  const toggle = (kind: string) =>
    setHidden(hidden.includes(kind) ? hidden.filter((one) => one !== kind) : [...hidden, kind]);
  return (
    <>
      <fieldset className="row small" style={{ border: 0, padding: 0, margin: 0 }}>
        <legend className="sr-only">{t('graph.kinds')}</legend>
        {kinds.map((kind, at) => (
          <label key={kind} className="row" style={{ gap: '0.3rem' }}>
            <input type="checkbox" checked={!hidden.includes(kind)} onChange={() => toggle(kind)} />
            <span>
              <span className="swatch" style={{ background: `var(--plot-${(at % 8) + 1})` }} />
              {kind}
            </span>
          </label>
        ))}
        <span className="muted">
          {t('graph.count', { nodes: shown.nodes.length, edges: shown.edges.length })}
        </span>
        {graph.truncated && <span className="badge medium">{t('graph.truncated')}</span>}
      </fieldset>
      <div className="card">
        <Drawing graph={shown} kinds={kinds} start={start} />
      </div>
      <EdgeList graph={shown} />
    </>
  );
}

function Drawing({ graph, kinds, start }: { graph: Graph; kinds: string[]; start: string }) {
  const t = useT();
  const navigate = useNavigate();
  const theme = useTheme();
  const host = useRef<HTMLDivElement>(null);
  const [ready, setReady] = useState(false);
  // Only another set of nodes and edges is laid out anew; an answer with the same ones leaves the drawing in place.
  const shape = JSON.stringify(graph);
  useEffect(() => {
    let core: { destroy(): void } | null = null;
    let current = true;
    void import('./graph_view').then(({ drawGraph }) => {
      if (!current || !host.current) return;
      core = drawGraph(host.current, JSON.parse(shape) as Graph, kinds, start, (id) =>
        navigate(`/resource?id=${encodeURIComponent(id)}`),
      );
      setReady(true);
    });
    return () => {
      current = false;
      core?.destroy();
    };
  }, [shape, kinds, start, navigate, theme]);
  return (
    <>
      {!ready && <Loading />}
      <div className="graph" ref={host} role="img" aria-label={t('nav.graph')} data-testid="graph" />
    </>
  );
}

function EdgeList({ graph }: { graph: Graph }) {
  const t = useT();
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const link = (id: string) => {
    const node = nodes.get(id);
    return (
      <span className="row">
        <Link to={`/resource?id=${encodeURIComponent(id)}`}>{node?.name ?? id}</Link>
        {node?.severity && <SeverityBadge severity={node.severity} />}
      </span>
    );
  };
  return (
    <details className="card">
      <summary>{t('graph.list')}</summary>
      <div className="scroll-x" tabIndex={0} role="region" aria-label={t('graph.list')}>
        <table>
          <thead>
            <tr>
              <th>{t('graph.source')}</th>
              <th>{t('graph.relation')}</th>
              <th>{t('graph.target')}</th>
            </tr>
          </thead>
          <tbody>
            {graph.edges.slice(0, 500).map((edge) => (
              <tr key={`${edge.source} ${edge.kind} ${edge.target}`}>
                <td>{link(edge.source)}</td>
                <td>
                  <code>{edge.kind}</code>
                </td>
                <td>{link(edge.target)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
