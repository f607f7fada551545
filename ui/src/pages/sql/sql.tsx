// SQL over the catalog, read only.
import { useMemo, useState } from 'react';
import { useSearchParams } from 'react-router-dom';

import { useResources, useSql } from '../../api/queries';
import type { Json, SqlResult } from '../../api/types';
import { DataTable, type TableColumn } from '../../components/data_table';
import { download } from '../../components/download';
import { Editor, type Completion } from '../../components/editor';
import { PageHead } from '../../components/page_head';
import { ErrorBox, Loading } from '../../components/states';
import { useT } from '../../i18n';
import { toCsv } from './csv';

const EXAMPLES = [
  'SELECT name, pid, user, cpu_percent, rss_bytes FROM host_process ORDER BY cpu_percent DESC LIMIT 20',
  'SELECT mountpoint, size_bytes, avail_bytes FROM host_filesystem',
  'SELECT name, state, wanted, says FROM host_service',
];

export function SqlPage() {
  const t = useT();
  const [address, setAddress] = useSearchParams();
  // A query that came with the address is shown, not run: whoever sent the link may not choose what this machine does.
  const [text, setText] = useState(address.get('q') ?? '');
  const [asked, setAsked] = useState('');
  const sql = useSql();
  const kinds = useResources('', '', 1).data?.kinds;

  const run = (query: string) => {
    setText(query);
    setAsked(query);
    setAddress({ q: query }, { replace: true });
    sql.mutate(query);
  };

  const words = useMemo(
    () => [
      ...(kinds ?? []).map(({ name }) => ({ text: name, kind: t('sql.tables') })),
      ...[...new Set((kinds ?? []).flatMap(({ columns }) => columns.map(({ name }) => name)))].map(
        (name) => ({
          text: name,
          kind: t('resource.fields'),
        }),
      ),
    ],
    [kinds, t],
  );
  const complete = (query: string, caret: number): Completion | null => {
    const word = /[a-z_]\w*$/i.exec(query.slice(0, caret))?.[0] ?? '';
    if (word.length < 2) return null;
    const suggestions = words.filter(({ text: name }) => name.startsWith(word) && name !== word).slice(0, 12);
    return { from: caret - word.length, suggestions };
  };

  return (
    <>
      <PageHead title={t('nav.sql')} />
      <div className="card stack tight">
        <p className="small muted">{t('sql.help')}</p>
        <Editor
          label={t('sql.query')}
          rows={5}
          value={text}
          search
          onChange={setText}
          onRun={() => run(text)}
          complete={complete}
        />
        <div className="row">
          <button
            type="button"
            className="button primary"
            disabled={text.trim() === '' || sql.isPending}
            onClick={() => run(text)}
          >
            {t('action.run')}
          </button>
          <span className="small muted">{t('sql.examples')}</span>
          {EXAMPLES.map((example) => (
            <button
              key={example}
              type="button"
              className="button small"
              title={example}
              onClick={() => run(example)}
            >
              {/FROM (\w+)/.exec(example)?.[1]}
            </button>
          ))}
        </div>
      </div>
      {sql.isPending && <Loading />}
      {sql.isError && <ErrorBox error={sql.error} source={asked} />}
      {sql.data && !sql.isPending && <Result result={sql.data} />}
    </>
  );
}

const textOf = (value: Json | undefined): string =>
  value === null || value === undefined
    ? ''
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value);

function Result({ result }: { result: SqlResult }) {
  const t = useT();
  const columns = useMemo(
    () =>
      result.columns.map((title, at): TableColumn<Json[]> => {
        const first = result.rows.find((row) => row[at] !== null)?.[at];
        return {
          key: `${at}`,
          title,
          number: typeof first === 'number',
          value: (row) => {
            const value = row[at];
            return typeof value === 'number'
              ? value
              : value === null || value === undefined
                ? null
                : textOf(value);
          },
          width: typeof first === 'number' ? '9rem' : 'minmax(9rem, 1fr)',
        };
      }),
    [result],
  );
  const save = () =>
    download(
      'capstan.csv',
      'text/csv',
      toCsv(
        result.columns,
        result.rows.map((row) => row.map(textOf)),
      ),
    );
  return (
    <>
      <div className="row">
        <span className="small muted" role="status">
          {t('sql.rows', { count: result.rows.length, elapsed: result.elapsed_ms })}
        </span>
        {result.truncated && <span className="badge medium">{t('sql.truncated')}</span>}
        <button type="button" className="button small" onClick={save}>
          {t('action.download')}
        </button>
      </div>
      <DataTable
        label={t('nav.sql')}
        rows={result.rows}
        columns={columns}
        rowKey={(_row, at) => String(at)}
        height="60dvh"
      />
    </>
  );
}
