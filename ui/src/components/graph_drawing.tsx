// The frame in which a graph is drawn, with its buttons.
import { useEffect, useRef, useState } from 'react';

import { describe } from '../graph/labels';
import type { Scene, Shown } from '../graph/scene';
import { GraphView } from '../graph/view';
import { Empty, Loading } from './states';
import { useT } from '../i18n';
import { useTheme } from '../theme';
import './graph.css';

declare global {
  interface Window {
    /** For tests that measure how long frames take. */
    capstanGraph?: GraphView;
  }
}

export function Drawing(props: {
  label: string;
  /** What is drawn, for those who do not see it. */
  text: string;
  scene: Scene;
  shown: Shown;
  chosen: number | null;
  /** Where the graph begins. */
  marked: number | null;
  /** Of the edges; none where edges cannot be chosen. */
  chosenEdge?: number | null;
  onChoose: (node: number | null) => void;
  onChooseEdge?: (edge: number) => void;
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
      onChooseEdge: calls.current.onChooseEdge && ((edge) => calls.current.onChooseEdge?.(edge)),
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
  const { scene, shown, chosen, marked, chosenEdge = null } = props;
  const centred = useRef('');
  useEffect(() => view.current?.setScene(scene), [scene]);
  useEffect(() => view.current?.setShown(shown), [scene, shown]);
  useEffect(() => view.current?.mark(marked), [scene, marked]);
  useEffect(() => {
    // What is chosen is brought to the middle once, not with each newer answer.
    const id = chosen === null ? '' : (scene.ids[chosen] as string);
    view.current?.choose(chosen, ready && id !== centred.current);
    if (ready) centred.current = id;
  }, [scene, chosen, ready]);
  useEffect(() => view.current?.chooseEdge(chosenEdge), [scene, chosenEdge]);
  useEffect(() => view.current?.recolour(), [theme]);

  const text = pointed !== null && pointed < scene.ids.length ? describe(scene, pointed) : '';
  return (
    <section className="card graph-card" aria-label={props.label}>
      <div className="graph" ref={frame} data-testid="graph">
        <canvas ref={canvas} role="img" aria-label={props.text} />
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
