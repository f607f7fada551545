// Beside a graph: search, the list of all that is shown, and what the chosen one is related to.
import { useMemo, useState } from 'react';
import { Link } from 'react-router-dom';

import { SeverityBadge } from '../../components/badges';
import { DataTable, type TableColumn } from '../../components/data_table';
import { severityOf, type Scene, type Shown } from '../../graph/scene';
import { useT } from '../../i18n';

const MOST_TIES = 100;

export function GraphSide(props: {
  scene: Scene;
  shown: Shown;
  chosen: number | null;
  onChoose: (node: number | null) => void;
}) {
  const t = useT();
  const { scene, shown, chosen } = props;
  const [search, setSearch] = useState('');
  const found = useMemo(() => {
    const wanted = search.toLowerCase();
    const rows: number[] = [];
    for (let at = 0; at < scene.ids.length; at += 1)
      if (shown.node[at] && (scene.ids[at] as string).toLowerCase().includes(wanted)) rows.push(at);
    return rows;
  }, [scene, shown, search]);
  const columns: TableColumn<number>[] = useMemo(
    () => [
      {
        key: 'name',
        title: t('resources.name'),
        value: (at) => scene.names[at] as string,
        width: 'minmax(8rem, 1.4fr)',
      },
      {
        key: 'kind',
        title: t('resources.kind'),
        value: (at) => scene.kinds[scene.kind[at] as number] as string,
        width: 'minmax(7rem, 1fr)',
      },
      {
        key: 'ties',
        title: t('graph.ties'),
        number: true,
        value: (at) => scene.degree[at] as number,
        width: '5.5rem',
      },
    ],
    [scene, t],
  );
  return (
    <aside className="stack tight graph-side" aria-label={t('graph.list')}>
      <input
        type="search"
        data-search=""
        aria-label={t('graph.search')}
        placeholder={t('graph.search')}
        value={search}
        onChange={(event) => setSearch(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && found[0] !== undefined) props.onChoose(found[0]);
        }}
      />
      {chosen !== null && <Chosen {...props} chosen={chosen} />}
      <DataTable
        label={t('graph.list')}
        rows={found}
        columns={columns}
        rowKey={(at) => scene.ids[at] as string}
        sort={{ key: 'ties', falling: true }}
        onOpen={props.onChoose}
        height={chosen === null ? '32rem' : '16rem'}
      />
    </aside>
  );
}

function Chosen(props: {
  scene: Scene;
  shown: Shown;
  chosen: number;
  onChoose: (node: number | null) => void;
}) {
  const t = useT();
  const { scene, shown, chosen } = props;
  const id = scene.ids[chosen] as string;
  const severity = severityOf(scene, chosen);
  const ties: { key: number; text: string; other: number }[] = [];
  for (let at = 0; at < shown.edge.length; at += 1) {
    if (!shown.edge[at]) continue;
    const [source, target] = [scene.ends[at * 2] as number, scene.ends[at * 2 + 1] as number];
    if (source !== chosen && target !== chosen) continue;
    const kind = scene.relations[scene.relation[at] as number] as string;
    const outward = source === chosen;
    ties.push({
      key: at,
      text: outward ? t('relation.to', { kind }) : t('relation.from', { kind }),
      other: outward ? target : source,
    });
  }
  return (
    <section className="card stack tight" aria-label={t('graph.chosen')}>
      <div className="row between">
        <strong className="clip" title={id}>
          {scene.names[chosen]}
        </strong>
        <button type="button" className="button quiet small" onClick={() => props.onChoose(null)}>
          {t('action.close')}
        </button>
      </div>
      <div className="row small">
        <span className="muted">{scene.kinds[scene.kind[chosen] as number]}</span>
        {severity && <SeverityBadge severity={severity} />}
        {scene.missing[chosen] === 1 && <span className="badge critical">{t('graph.missing')}</span>}
      </div>
      <div className="row">
        <Link className="button small" to={`/resource?id=${encodeURIComponent(id)}`}>
          {t('resource.open')}
        </Link>
        <Link className="button small" to={`/graph?id=${encodeURIComponent(id)}`}>
          {t('graph.only_around')}
        </Link>
      </div>
      <ul className="plain small graph-ties" tabIndex={0} aria-label={t('resource.relations')}>
        {ties.slice(0, MOST_TIES).map(({ key, text, other }) => (
          <li key={key}>
            <code className="muted">{text}</code>{' '}
            <button type="button" className="link" onClick={() => props.onChoose(other)}>
              {scene.names[other]}
            </button>
          </li>
        ))}
        {ties.length > MOST_TIES && (
          <li className="muted">{t('resources.total', { shown: MOST_TIES, total: ties.length })}</li>
        )}
      </ul>
    </section>
  );
}
