// What the catalog holds: kinds at the side, a table of one kind or of everything.
import { useMemo, useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router-dom';

import { useResources } from '../../api/queries';
import type { Kind, Resource } from '../../api/types';
import { DataTable, type TableColumn } from '../../components/data_table';
import { PageHead } from '../../components/page_head';
import { Answer, Empty } from '../../components/states';
import { Time } from '../../components/time';
import { useDebounced } from '../../components/use_debounced';
import { FieldValue, fieldText } from '../../components/value';
import { useT, type Translate } from '../../i18n';
import './resources.css';

const REFRESH_MS = 5_000;
const REFRESH_UP_TO = 2_000;
/** Rows that decide how wide the columns are. */
const MEASURED = 300;

/** Wide enough for most of what stands in it; the rest of the table's width is shared in proportion. */
function widthOf(lengths: number[], title = 8): string {
  const characters = Math.min(48, Math.max(title + 3, ...lengths));
  return `minmax(${Math.min(characters, 20) + 2}ch, ${characters}fr)`;
}

function columnsOf(kind: Kind | undefined, rows: Resource[], t: Translate): TableColumn<Resource>[] {
  const columns: TableColumn<Resource>[] = [
    {
      key: 'name',
      title: t('resources.name'),
      value: ({ name }) => name,
      cell: ({ id, name }) => (
        <Link to={`/resource?id=${encodeURIComponent(id)}`} tabIndex={-1}>
          {name}
        </Link>
      ),
      width: widthOf(rows.map(({ name }) => name.length)),
    },
  ];
  for (const column of kind?.columns ?? []) {
    const number = column.type === 'integer' || column.type === 'real';
    columns.push({
      key: `field.${column.name}`,
      title: column.name,
      help: column.help,
      number,
      value: ({ fields }) => {
        const value = fields[column.name];
        return typeof value === 'number' || typeof value === 'string'
          ? value
          : value == null
            ? null
            : JSON.stringify(value);
      },
      cell: ({ fields }) => <FieldValue value={fields[column.name]} type={column.type} name={column.name} />,
      width: number
        ? `minmax(${Math.max(8, column.name.length + 4)}ch, 8fr)`
        : column.type === 'time'
          ? '10rem'
          : widthOf(
              rows.map(({ fields }) => fieldText(fields[column.name], column.type, column.name).length),
              column.name.length,
            ),
    });
  }
  if (!kind)
    columns.push({
      key: 'kind',
      title: t('resources.kind'),
      value: (row) => row.kind,
      width: 'minmax(12rem, 16fr)',
    });
  columns.push({
    key: 'since',
    title: t('resources.since'),
    value: (row) => row.since,
    cell: (row) => <Time at={row.since} />,
    width: '10rem',
  });
  if (!kind)
    columns.push({
      key: 'id',
      title: t('resources.id'),
      value: (row) => row.id,
      width: 'minmax(16rem, 40fr)',
    });
  return columns;
}

export function ResourcesPage() {
  const t = useT();
  const navigate = useNavigate();
  const [address, setAddress] = useSearchParams();
  const kind = address.get('kind') ?? '';
  const [search, setSearch] = useState(address.get('search') ?? '');
  const settled = useDebounced(search);
  const [many, setMany] = useState(false);
  const answer = useResources(kind, settled, 10_000, many ? false : REFRESH_MS);
  const total = answer.data?.total ?? 0;
  // A long list is not asked for anew all the time; events still renew it.
  if (many !== total > REFRESH_UP_TO) setMany(total > REFRESH_UP_TO);

  const spec = answer.data?.kinds.find(({ name }) => name === kind);
  const rows = answer.data?.resources;
  const columns = useMemo(() => columnsOf(spec, rows?.slice(0, MEASURED) ?? [], t), [spec, rows, t]);
  const choose = (next: string) => setAddress(next ? { kind: next } : {});
  return (
    <>
      <PageHead title={spec?.title ?? t('nav.resources')}>
        {spec && <span className="muted small">{spec.help}</span>}
      </PageHead>
      <Answer of={answer}>
        {(list) => (
          <div className="with-side">
            <Kinds kinds={list.kinds} kind={kind} choose={choose} />
            <div className="stack tight">
              <div className="row">
                <input
                  type="search"
                  className="grow"
                  data-search=""
                  aria-label={t('resources.search')}
                  placeholder={t('resources.search')}
                  value={search}
                  onChange={(event) => setSearch(event.target.value)}
                />
                <span className="muted small nowrap" role="status">
                  {t('resources.total', { shown: list.resources.length, total: list.total })}
                </span>
                <Link className="button small" to="/graph">
                  {t('nav.graph')}
                </Link>
              </div>
              {list.resources.length === 0 ? (
                <Empty centre>{t('resources.none')}</Empty>
              ) : (
                <DataTable
                  key={kind}
                  label={spec?.title ?? t('nav.resources')}
                  rows={list.resources}
                  columns={columns}
                  rowKey={({ id }) => id}
                  sort={
                    kind === 'host_process'
                      ? { key: 'field.cpu_percent', falling: true }
                      : { key: 'name', falling: false }
                  }
                  onOpen={({ id }) => navigate(`/resource?id=${encodeURIComponent(id)}`)}
                />
              )}
            </div>
          </div>
        )}
      </Answer>
    </>
  );
}

function Kinds(props: { kinds: Kind[]; kind: string; choose: (kind: string) => void }) {
  const t = useT();
  const all = props.kinds.reduce((sum, { count }) => sum + count, 0);
  const entries = [{ name: '', title: t('resources.all'), count: all, help: '' }, ...props.kinds];
  return (
    <>
      <nav className="side card" aria-label={t('resources.kinds')}>
        <ul className="plain">
          {entries.map((entry) => (
            <li key={entry.name}>
              <Link
                to={entry.name ? `/resources?kind=${entry.name}` : '/resources'}
                aria-current={entry.name === props.kind}
                title={entry.help}
              >
                {entry.title}
                <span className="muted small">{new Intl.NumberFormat().format(entry.count)}</span>
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <select
        className="side-select"
        aria-label={t('resources.kinds')}
        value={props.kind}
        onChange={(event) => props.choose(event.target.value)}
      >
        {entries.map((entry) => (
          <option key={entry.name} value={entry.name}>
            {`${entry.title} (${entry.count})`}
          </option>
        ))}
      </select>
    </>
  );
}
