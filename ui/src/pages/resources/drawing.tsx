// The frame in which a graph is drawn, with its buttons.
import { useEffect, useRef, useState } from 'react';

import { describe } from '../../graph/labels';
import type { Scene, Shown } from '../../graph/scene';
import { GraphView } from '../../graph/view';
import { Empty, Loading } from '../../components/states';
import { useT } from '../../i18n';
import { useTheme } from '../../theme';

declare global {
  interface Window {
    /** For tests that measure how long frames take. */
    capstanGraph?: GraphView;
  }
}

export function Drawing(props: {
  scene: Scene;
  shown: Shown;
  chosen: number | null;
  /** Where the graph begins. */
  marked: number | null;
  onChoose: (node: number | null) => void;
  onOpen: (node: number) => void;
}) {
  const t = useT();
  const theme = useTheme();
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const over = useRef<HTMLCanvasElement>(null);
  const view = useRef<GraphView | null>(null);
  const [ready, setReady] = useState(false);
  const [works, setWorks] = useState(true);
  const [pointed, setPointed] = useState<number | null>(null);
  // What the view calls is what the newest properties say.
  const calls = useRef(props);
  calls.current = props;

  useEffect(() => {
    if (!frame.current || !canvas.current || !over.current) return;
    const made = new GraphView(frame.current, canvas.current, over.current, {
      onChoose: (node) => calls.current.onChoose(node),
      onOpen: (node) => calls.current.onOpen(node),
      onPoint: setPointed,
      onReady: () => setReady(true),
    });
    view.current = made;
    window.capstanGraph = made;
    setWorks(made.works);
    return () => {
      made.destroy();
      view.current = null;
      delete window.capstanGraph;
    };
  }, []);
  const { scene, shown, chosen, marked } = props;
  useEffect(() => view.current?.setScene(scene), [scene]);
  useEffect(() => view.current?.setShown(shown), [scene, shown]);
  useEffect(() => view.current?.mark(marked), [scene, marked]);
  useEffect(() => view.current?.choose(chosen, ready), [scene, chosen, ready]);
  useEffect(() => view.current?.recolour(), [theme]);

  const text = pointed !== null && pointed < scene.ids.length ? describe(scene, pointed) : '';
  return (
    <section className="card graph-card" aria-label={t('nav.graph')}>
      <div className="graph" ref={frame} data-testid="graph">
        <canvas
          ref={canvas}
          role="img"
          aria-label={t('graph.count', { nodes: shown.nodes, edges: shown.edges })}
        />
        <canvas ref={over} aria-hidden="true" />
        {!ready && works && <Loading />}
        {!works && <Empty centre>{t('graph.no_webgl')}</Empty>}
        {text && <div className="graph-hint">{text}</div>}
      </div>
      <div className="graph-buttons">
        <button
          type="button"
          className="button small"
          aria-label={t('graph.zoom_in')}
          onClick={() => view.current?.zoom(1.5)}
        >
          +
        </button>
        <button
          type="button"
          className="button small"
          aria-label={t('graph.zoom_out')}
          onClick={() => view.current?.zoom(1 / 1.5)}
        >
          −
        </button>
        <button type="button" className="button small" onClick={() => view.current?.fit()}>
          {t('graph.fit')}
        </button>
      </div>
    </section>
  );
}
