// What the catalog holds: kinds at the side, a table of one kind or of everything.
import { useMemo, useState } from 'react';
import { Link, useNavigate } from 'react-router-dom';

import { useResourceList } from '../../api/queries';
import type { Column, Kind, Resource } from '../../api/types';
import { DataTable, type Sort, type TableColumn } from '../../components/data_table';
import { PageHead } from '../../components/page_head';
import { Pager } from '../../components/pager';
import { Answer, Empty } from '../../components/states';
import { Time } from '../../components/time';
import { useAddress } from '../../components/use_address';
import { useDebounced } from '../../components/use_debounced';
import { FieldValue, fieldText } from '../../components/value';
import { useT, type Translate } from '../../i18n';
import { PlaceFilter } from '../../components/place_filter';
import './resources.css';

const REFRESH_MS = 5_000;
const REFRESH_UP_TO = 2_000;
/** Rows of one page; more are sorted and cut by the server. */
const LIMIT = 2_000;
/** Rows that decide how wide the columns are. */
const MEASURED = 300;

/** Columns that are looked for first, of whatever kind. */
const TELLING = [
  'pid',
  'user',
  'state',
  'port',
  'cpu_percent',
  'rss_bytes',
  'mountpoint',
  'size_bytes',
  'avail_bytes',
];
const LONG = 30;

/** Wide enough for most of what stands in it; what is left of the width is shared in proportion. */
function widthOf(longest: number, title: number): string {
  const characters = Math.min(48, Math.max(title, longest) + 3);
  return `minmax(${Math.min(characters, 26)}ch, ${characters}fr)`;
}

interface Measured {
  column: Column;
  longest: number;
}

/** The kind's columns that say something, the telling ones first and long texts last. */
function measure(kind: Kind | undefined, rows: Resource[]): Measured[] {
  const measured = (kind?.columns ?? []).map((column) => {
    const texts = rows.map(({ fields }) => fieldText(fields[column.name], column.type, column.name));
    const says = rows.some(
      ({ name, fields }) =>
        fields[column.name] != null && fields[column.name] !== '' && fields[column.name] !== name,
    );
    return { column, says, longest: Math.max(0, ...texts.map(({ length }) => length)) };
  });
  const rank = ({ column, longest }: Measured) => {
    const telling = TELLING.indexOf(column.name);
    if (telling >= 0) return telling;
    return longest > LONG ? TELLING.length + 1 : TELLING.length;
  };
  return measured.filter(({ says }) => says || rows.length === 0).sort((a, b) => rank(a) - rank(b));
}

function fieldColumn({ column, longest }: Measured): TableColumn<Resource> {
  const number = column.type === 'integer' || column.type === 'real';
  const width = number
    ? `${Math.max(8, column.name.length + 5)}ch`
    : column.type === 'time'
      ? '21ch'
      : widthOf(longest, column.name.length);
  return {
    key: `field.${column.name}`,
    title: column.name,
    help: column.help,
    number,
    width,
    value: ({ fields }) => {
      const value = fields[column.name];
      if (typeof value === 'number' || typeof value === 'string') return value;
      return value == null ? null : JSON.stringify(value);
    },
    cell: ({ fields }) => <FieldValue value={fields[column.name]} type={column.type} name={column.name} />,
  };
}

function columnsOf(kind: Kind | undefined, rows: Resource[], t: Translate): TableColumn<Resource>[] {
  const name: TableColumn<Resource> = {
    key: 'name',
    title: t('resources.name'),
    width: widthOf(Math.max(0, ...rows.map((row) => row.name.length)), 8),
    value: (row) => row.name,
    cell: (row) => (
      <Link to={`/resource?id=${encodeURIComponent(row.id)}`} tabIndex={-1}>
        {row.name}
      </Link>
    ),
  };
  const since: TableColumn<Resource> = {
    key: 'since',
    title: t('resources.since'),
    width: '21ch',
    value: (row) => row.since,
    cell: (row) => <Time at={row.since} />,
  };
  if (kind) return [name, ...measure(kind, rows).map(fieldColumn), since];
  return [
    name,
    { key: 'kind', title: t('resources.kind'), value: (row) => row.kind, width: widthOf(22, 8) },
    since,
    { key: 'id', title: t('resources.id'), value: (row) => row.id, width: widthOf(40, 8) },
  ];
}

/** "-pid" of the address as the table says it, and back. */
function sortOf(text: string): Sort | undefined {
  if (text === '') return undefined;
  const name = text.replace(/^-/, '');
  const own = name === 'name' || name === 'since' || name === 'kind';
  return { key: own ? name : `field.${name}`, falling: text.startsWith('-') };
}
const sortText = ({ key, falling }: Sort) =>
  (falling ? '-' : '') + (key === 'id' ? '' : key.replace(/^field\./, ''));

export function ResourcesPage() {
  const t = useT();
  const navigate = useNavigate();
  const [of, put] = useAddress();
  const kind = of('kind');
  const [search, setSearch] = useState(of('search'));
  const [labels, setLabels] = useState(of('labels'));
  const [many, setMany] = useState(false);
  const offset = Number(of('offset')) || 0;
  const sort = of('sort');
  const order: Sort =
    sortOf(sort) ??
    (kind === 'host_process' ? { key: 'field.cpu_percent', falling: true } : { key: 'name', falling: false });
  const filter = {
    kind,
    search: useDebounced(search),
    labels: useDebounced(labels, 500),
    cluster: of('cluster'),
    namespace: of('namespace'),
    sort: many ? sortText(order) : '',
    limit: LIMIT,
    offset,
  };
  const answer = useResourceList(filter, many ? false : REFRESH_MS);
  const total = answer.data?.total ?? 0;
  // A long list is not asked for anew all the time; events still renew it.
  if (many !== total > REFRESH_UP_TO) setMany(total > REFRESH_UP_TO);

  const spec = answer.data?.kinds.find(({ name }) => name === kind);
  const rows = answer.data?.resources;
  const columns = useMemo(() => columnsOf(spec, rows?.slice(0, MEASURED) ?? [], t), [spec, rows, t]);
  return (
    <>
      <PageHead title={spec?.title ?? t('nav.resources')}>
        {spec && <span className="muted small">{spec.help}</span>}
      </PageHead>
      <div className="row">
        <input
          type="search"
          className="grow"
          data-search=""
          aria-label={t('resources.search')}
          placeholder={t('resources.search')}
          value={search}
          onChange={(event) => {
            setSearch(event.target.value);
            put({ search: event.target.value, offset: '' });
          }}
        />
        <input
          className="label-filter"
          aria-label={t('resources.labels')}
          placeholder={t('resources.labels.example')}
          value={labels}
          spellCheck={false}
          onChange={(event) => {
            setLabels(event.target.value);
            put({ labels: event.target.value, offset: '' });
          }}
        />
        <PlaceFilter />
      </div>
      <Answer of={answer}>
        {(list) => (
          <div className="with-side">
            <Kinds
              kinds={list.kinds.filter(({ count, name }) => count > 0 || name === kind)}
              kind={kind}
              choose={(next) => put({ kind: next, sort: '', offset: '' })}
            />
            <div className="stack tight">
              <div className="row between">
                <span className="muted small nowrap" role="status">
                  {t('resources.total', { shown: list.resources.length, total: list.total })}
                </span>
                <Pager
                  total={list.total}
                  offset={offset}
                  limit={LIMIT}
                  onChange={(next) => put({ offset: next === 0 ? '' : String(next) })}
                />
                <Link className="button small" to="/graph">
                  {t('nav.graph')}
                </Link>
              </div>
              {list.resources.length === 0 ? (
                <Empty centre>{t('resources.none')}</Empty>
              ) : (
                <DataTable
                  key={`${kind} ${many}`}
                  label={spec?.title ?? t('nav.resources')}
                  rows={list.resources}
                  columns={columns}
                  rowKey={({ id }) => id}
                  sort={order}
                  {...(many && { onSort: (next: Sort) => put({ sort: sortText(next), offset: '' }) })}
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
