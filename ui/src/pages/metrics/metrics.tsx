// PromQL: several queries, each drawn and listed. Queries and range are in the address, so a view can be shared.
import { useState } from 'react';
import { useSearchParams } from 'react-router-dom';

import { Choices } from '../../components/choices';
import { Editor } from '../../components/editor';
import { PageHead } from '../../components/page_head';
import { Empty } from '../../components/states';
import { useT } from '../../i18n';
import { RANGES, type RangeName } from '../overview/machine';
import { QueryResult, type Span } from './result';
import { useCompletion } from './use_names';

const MOST_QUERIES = 8;

function spanOf(address: URLSearchParams): Span {
  const from = Number(address.get('from'));
  const to = Number(address.get('to'));
  if (to > from && from > 0) return { from, to };
  const wish = address.get('range') ?? '';
  return { last: RANGES[wish in RANGES ? (wish as RangeName) : '1h'] };
}

export function MetricsPage() {
  const t = useT();
  const complete = useCompletion();
  const [address, setAddress] = useSearchParams();
  const asked = address.getAll('q');
  const [drafts, setDrafts] = useState<string[]>(() => (asked.length > 0 ? asked : ['']));
  const [refresh, setRefresh] = useState(false);
  const span = spanOf(address);

  const put = (queries: string[], change: (next: URLSearchParams) => void = () => undefined) => {
    const next = new URLSearchParams(address);
    next.delete('q');
    for (const query of queries) if (query.trim() !== '') next.append('q', query);
    change(next);
    setAddress(next, { replace: true });
  };
  const run = () => put(drafts);
  const setRange = (range: string) =>
    put(drafts, (next) => {
      next.delete('from');
      next.delete('to');
      next.set('range', range);
    });
  const zoom = (from: number, to: number) =>
    put(asked, (next) => {
      next.set('from', String(Math.floor(from)));
      next.set('to', String(Math.ceil(to)));
    });
  const remove = (at: number) => {
    const left = drafts.filter((_draft, index) => index !== at);
    setDrafts(left.length > 0 ? left : ['']);
    put(left);
  };

  return (
    <>
      <PageHead title={t('nav.metrics')}>
        {'from' in span && (
          <button
            type="button"
            className="button small"
            onClick={() => setRange(address.get('range') ?? '1h')}
          >
            {t('metrics.zoom_out')}
          </button>
        )}
        <Choices
          label={t('range.label')}
          value={
            'last' in span
              ? (Object.keys(RANGES).find((name) => RANGES[name as RangeName] === span.last) ?? '')
              : ''
          }
          onChange={setRange}
          options={Object.keys(RANGES).map((value) => ({ value, text: value }))}
        />
        <label className="row small">
          <input type="checkbox" checked={refresh} onChange={(event) => setRefresh(event.target.checked)} />
          {t('metrics.refresh')}
        </label>
      </PageHead>
      <div className="card stack tight">
        {drafts.map((draft, at) => (
          <div key={at} className="row" style={{ alignItems: 'flex-start', flexWrap: 'nowrap' }}>
            <Editor
              label={t('metrics.query', { number: at + 1 })}
              placeholder={t('metrics.placeholder')}
              value={draft}
              search={at === 0}
              complete={complete}
              onRun={run}
              onChange={(value) => setDrafts(drafts.map((one, index) => (index === at ? value : one)))}
            />
            {drafts.length > 1 && (
              <button
                type="button"
                className="button quiet small"
                aria-label={t('metrics.remove', { number: at + 1 })}
                onClick={() => remove(at)}
              >
                ✕
              </button>
            )}
          </div>
        ))}
        <div className="row">
          <button type="button" className="button primary" onClick={run}>
            {t('action.run')}
          </button>
          {drafts.length < MOST_QUERIES && (
            <button type="button" className="button" onClick={() => setDrafts([...drafts, ''])}>
              {t('metrics.add')}
            </button>
          )}
        </div>
      </div>
      {asked.length === 0 && <Empty centre>{t('metrics.empty')}</Empty>}
      {asked.map((query, at) => (
        <QueryResult key={`${at}:${query}`} query={query} span={span} refresh={refresh} onZoom={zoom} />
      ))}
    </>
  );
}
