// Which kinds and which relations of a graph are shown.
import { kindColour } from '../../graph/palette';
import type { Scene, Shown } from '../../graph/scene';
import { useT } from '../../i18n';

export function GraphFilter(props: {
  scene: Scene;
  shown: Shown;
  hiddenKinds: string[];
  hiddenRelations: string[];
  onKinds: (hidden: string[]) => void;
  onRelations: (hidden: string[]) => void;
}) {
  const t = useT();
  const { scene } = props;
  const toggle = (list: string[], name: string) =>
    list.includes(name) ? list.filter((one) => one !== name) : [...list, name];
  return (
    <details className="card graph-filter">
      <summary className="small">
        {t('graph.count', { nodes: props.shown.nodes, edges: props.shown.edges })}
        <span className="muted">
          {' · '}
          {t('graph.filter', {
            kinds: scene.kinds.length - props.hiddenKinds.filter((name) => scene.kinds.includes(name)).length,
            all_kinds: scene.kinds.length,
            relations:
              scene.relations.length -
              props.hiddenRelations.filter((name) => scene.relations.includes(name)).length,
            all_relations: scene.relations.length,
          })}
        </span>
      </summary>
      <fieldset className="row small">
        <legend>{t('graph.kinds')}</legend>
        {scene.kinds.map((name, at) => (
          <label key={name} className="row">
            <input
              type="checkbox"
              checked={!props.hiddenKinds.includes(name)}
              onChange={() => props.onKinds(toggle(props.hiddenKinds, name))}
            />
            <span>
              <span className="swatch" style={{ background: `var(${kindColour(at)})` }} />
              {name}
            </span>
          </label>
        ))}
        <button
          type="button"
          className="button quiet small"
          onClick={() => props.onKinds(props.hiddenKinds.length > 0 ? [] : scene.kinds)}
        >
          {props.hiddenKinds.length > 0 ? t('graph.show_all') : t('graph.hide_all')}
        </button>
      </fieldset>
      <fieldset className="row small">
        <legend>{t('graph.relations')}</legend>
        {scene.relations.map((name) => (
          <label key={name} className="row">
            <input
              type="checkbox"
              checked={!props.hiddenRelations.includes(name)}
              onChange={() => props.onRelations(toggle(props.hiddenRelations, name))}
            />
            <span>{name}</span>
          </label>
        ))}
      </fieldset>
    </details>
  );
}
