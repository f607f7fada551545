// Log lines by selector and range; or their templates, counted, which show at a glance what is written most.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'react-router-dom';

import { fetchLogs, fetchLogTemplates } from '../../api/queries';
import type { LogLine, LogTemplate } from '../../api/types';
import { Choices } from '../../components/choices';
import { Editor } from '../../components/editor';
import { PageHead } from '../../components/page_head';
import { Answer, Empty, ErrorBox } from '../../components/states';
import { Tabs } from '../../components/tabs';
import { Time } from '../../components/time';
import { useT } from '../../i18n';
import { RANGES, type RangeName } from '../overview/machine';
import { levelOf } from './level';
import './logs.css';

type Tab = 'lines' | 'templates';
const LIMIT = 1_000;
const FOLLOW_MS = 3_000;

export function LogsPage() {
  const t = useT();
  const [address, setAddress] = useSearchParams();
  const selector = address.get('selector') ?? '';
  const tab: Tab = address.get('tab') === 'templates' ? 'templates' : 'lines';
  const wish = address.get('range') ?? '';
  const range: RangeName = wish in RANGES ? (wish as RangeName) : '15m';
  const [draft, setDraft] = useState(selector);
  const [follow, setFollow] = useState(false);

  const put = (change: Record<string, string>) => {
    const next = new URLSearchParams(address);
    for (const [name, value] of Object.entries(change)) {
      if (value === '') next.delete(name);
      else next.set(name, value);
    }
    setAddress(next, { replace: true });
  };
  const show = (next: string) => {
    setDraft(next);
    put({ selector: next, tab: 'lines' });
  };

  const ask = <T,>(what: Tab, fetcher: typeof fetchLogs | typeof fetchLogTemplates) => ({
    queryKey: ['logs', what, selector, range],
    queryFn: ({ signal }: { signal: AbortSignal }) => {
      const to = Date.now();
      const filter = {
        selector,
        from: new Date(to - RANGES[range] * 1000).toISOString(),
        to: new Date(to).toISOString(),
        limit: LIMIT,
      };
      return fetcher(filter, signal) as Promise<T>;
    },
    enabled: tab === what,
    refetchInterval: follow ? FOLLOW_MS : (false as const),
    placeholderData: keepPreviousData,
  });
  const lines = useQuery<LogLine[]>(ask<LogLine[]>('lines', fetchLogs) as never);
  const templates = useQuery<LogTemplate[]>(ask<LogTemplate[]>('templates', fetchLogTemplates) as never);
  const shown = tab === 'lines' ? lines : templates;

  return (
    <>
      <PageHead title={t('nav.logs')}>
        <Choices
          label={t('range.label')}
          value={range}
          onChange={(value) => put({ range: value })}
          options={(Object.keys(RANGES) as RangeName[]).map((value) => ({ value, text: value }))}
        />
        <label className="row small">
          <input type="checkbox" checked={follow} onChange={(event) => setFollow(event.target.checked)} />
          {t('logs.follow')}
        </label>
      </PageHead>
      <div className="row" style={{ alignItems: 'flex-start' }}>
        <Editor
          label={t('logs.selector')}
          placeholder={t('logs.placeholder', { example: '{filename="/var/log/syslog"} |= "error"' })}
          rows={1}
          value={draft}
          search
          onChange={setDraft}
          onRun={() => put({ selector: draft })}
        />
        <button type="button" className="button primary" onClick={() => put({ selector: draft })}>
          {t('action.search')}
        </button>
      </div>
      <Tabs
        label={t('nav.logs')}
        value={tab}
        onChange={(value) => put({ tab: value })}
        tabs={[
          { value: 'lines', text: t('logs.lines') },
          { value: 'templates', text: t('logs.templates') },
        ]}
      />
      {shown.isError ? (
        <ErrorBox error={shown.error} source={selector} retry={() => void shown.refetch()} />
      ) : tab === 'lines' ? (
        <Answer of={lines}>{(all) => <Lines lines={all} />}</Answer>
      ) : (
        <Answer of={templates}>{(all) => <Templates templates={all} show={show} />}</Answer>
      )}
    </>
  );
}

function Lines({ lines }: { lines: LogLine[] }) {
  const t = useT();
  if (lines.length === 0) return <Empty centre>{t('logs.none')}</Empty>;
  return (
    <>
      <p className="small muted" role="status">
        {lines.length >= LIMIT
          ? t('logs.limit', { count: lines.length })
          : t('logs.count', { count: lines.length })}
      </p>
      <div className="card log-list" tabIndex={0} role="region" aria-label={t('logs.lines')}>
        {lines.map((line, at) => (
          <div key={`${line.at}:${at}`} className={`log ${levelOf(line)}`}>
            <span className="muted">
              <Time at={line.at} />
            </span>
            <code>{line.text}</code>
            <span className="from muted">{line.labels['filename'] ?? line.labels['unit'] ?? ''}</span>
          </div>
        ))}
      </div>
    </>
  );
}

/** The longest fixed part of a template, as a selector that finds its lines. */
export function selectorOf(template: LogTemplate): string {
  const parts = template.text.split('<*>').map((part) => part.trim());
  const longest = parts.reduce((best, part) => (part.length > best.length ? part : best), '');
  const file = template.labels['filename'];
  const labels = file ? `{filename=${JSON.stringify(file)}}` : '';
  return [labels, longest ? `|= ${JSON.stringify(longest)}` : ''].filter(Boolean).join(' ');
}

function Templates({ templates, show }: { templates: LogTemplate[]; show: (selector: string) => void }) {
  const t = useT();
  if (templates.length === 0) return <Empty centre>{t('logs.none')}</Empty>;
  return (
    <div className="card scroll-x" tabIndex={0} role="region" aria-label={t('logs.templates')}>
      <table>
        <thead>
          <tr>
            <th className="number">{t('logs.times')}</th>
            <th>{t('logs.template')}</th>
            <th>{t('logs.newest')}</th>
            <th />
          </tr>
        </thead>
        <tbody>
          {templates.map((template) => (
            <tr key={`${template.id} ${JSON.stringify(template.labels)}`}>
              <td className="number">
                <strong>{new Intl.NumberFormat().format(template.count)}</strong>
              </td>
              <td>
                <code title={template.example}>{template.text}</code>
                <div className="muted small">{template.labels['filename']}</div>
              </td>
              <td>
                <Time at={template.last} />
              </td>
              <td>
                <button type="button" className="button small" onClick={() => show(selectorOf(template))}>
                  {t('logs.show_lines')}
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
