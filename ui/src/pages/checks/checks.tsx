// What violates rules about configuration: counted, filtered, explained; and what people do not want to hear of.
import { useState } from 'react';

import { useChecks } from '../../api/queries';
import type { Checks, FacetName, Severity } from '../../api/types';
import { Choices } from '../../components/choices';
import { PageHead } from '../../components/page_head';
import { Pager } from '../../components/pager';
import { Answer, Empty } from '../../components/states';
import { useAddress } from '../../components/use_address';
import { useDebounced } from '../../components/use_debounced';
import { useI18n, useT } from '../../i18n';
import './checks.css';
import { MuteTable } from './mutes';
import { ViolationItem } from './violation';

const LIMIT = 100;
const FACETS: FacetName[] = ['owner', 'namespace', 'cluster', 'rule'];
const SEVERITIES: Severity[] = ['critical', 'high', 'medium', 'low', 'info'];
const SHOWN = 6;

export function ChecksPage() {
  const t = useT();
  const [of, put] = useAddress();
  const [search, setSearch] = useState(of('search'));
  const muted = of('muted') || 'no';
  const offset = Number(of('offset')) || 0;
  const answer = useChecks({
    severity: of('severity'),
    rule: of('rule'),
    owner: of('owner'),
    cluster: of('cluster'),
    namespace: of('namespace'),
    search: useDebounced(search),
    muted,
    limit: LIMIT,
    offset,
  });
  const choose = (facet: FacetName, value: string) =>
    put({ [facet]: of(facet) === value ? '' : value, offset: '' });
  const chosen = [...FACETS, 'severity' as const].filter((facet) => of(facet) !== '');
  return (
    <>
      <PageHead title={t('nav.checks')}>
        <Choices
          label={t('checks.muted.choice')}
          value={muted}
          onChange={(value) => put({ muted: value === 'no' ? '' : value, offset: '' })}
          options={[
            { value: 'no', text: t('checks.muted.no') },
            { value: 'only', text: t('checks.muted.only') },
            { value: 'all', text: t('checks.muted.all') },
          ]}
        />
      </PageHead>
      <Answer of={answer}>
        {(checks) => (
          <>
            <Severities
              checks={checks}
              chosen={of('severity')}
              choose={(value) => choose('severity', value)}
            />
            <div className="facets">
              {FACETS.filter(
                (facet) => facet !== 'cluster' || checks.counts.cluster.length > 1 || of('cluster'),
              ).map((facet) => (
                <Facet
                  key={facet}
                  facet={facet}
                  checks={checks}
                  chosen={of(facet)}
                  choose={(value) => choose(facet, value)}
                />
              ))}
            </div>
            {muted !== 'no' && <MuteTable />}
            <div className="row">
              <input
                type="search"
                className="grow"
                data-search=""
                aria-label={t('checks.search')}
                placeholder={t('checks.search')}
                value={search}
                onChange={(event) => {
                  setSearch(event.target.value);
                  put({ search: event.target.value, offset: '' });
                }}
              />
              <span className="muted small" role="status">
                {t('checks.total', { total: checks.total, rules: checks.rules })}
              </span>
              {chosen.length > 0 && (
                <button
                  type="button"
                  className="button small"
                  onClick={() =>
                    put({ ...Object.fromEntries(chosen.map((facet) => [facet, ''])), offset: '' })
                  }
                >
                  {t('checks.clear')}
                </button>
              )}
            </div>
            {checks.findings.length === 0 ? (
              <Empty centre>{checks.all === 0 ? t('checks.none') : t('checks.no_match')}</Empty>
            ) : (
              <ul className="plain violations">
                {checks.findings.map((violation) => (
                  <ViolationItem key={violation.id} violation={violation} />
                ))}
              </ul>
            )}
            <Pager
              total={checks.total}
              offset={offset}
              limit={LIMIT}
              onChange={(next) => put({ offset: next === 0 ? '' : String(next) })}
            />
            {muted === 'no' && checks.muted > 0 && (
              <p className="small">
                <button
                  type="button"
                  className="button small"
                  onClick={() => put({ muted: 'only', offset: '' })}
                >
                  {t('checks.muted.more', { count: checks.muted })}
                </button>
              </p>
            )}
          </>
        )}
      </Answer>
    </>
  );
}

function Severities(props: { checks: Checks; chosen: string; choose: (value: string) => void }) {
  const { t, tOr } = useI18n();
  const counts = new Map(props.checks.counts.severity.map(({ value, count }) => [value, count]));
  return (
    <div className="severities" role="group" aria-label={t('checks.severity')}>
      {SEVERITIES.map((severity) => (
        <button
          key={severity}
          type="button"
          className="severity-count"
          aria-pressed={props.chosen === severity}
          onClick={() => props.choose(severity)}
        >
          <strong>{counts.get(severity) ?? 0}</strong>
          <span className={`badge ${severity}`}>{tOr(`severity.${severity}`, severity)}</span>
        </button>
      ))}
    </div>
  );
}

function Facet(props: { facet: FacetName; checks: Checks; chosen: string; choose: (value: string) => void }) {
  const { t, tOr } = useI18n();
  const [whole, setWhole] = useState(false);
  const counts = props.checks.counts[props.facet];
  const most = Math.max(1, ...counts.map(({ count }) => count));
  const shown = whole ? counts : counts.filter(({ value }, at) => at < SHOWN || value === props.chosen);
  const title = tOr(`checks.facet.${props.facet}`, props.facet);
  return (
    <section className="card facet" aria-label={title}>
      <h2>{title}</h2>
      <ul className="plain">
        {shown.map(({ value, count }) => (
          <li key={value}>
            <button type="button" aria-pressed={props.chosen === value} onClick={() => props.choose(value)}>
              <span className="clip" title={value}>
                {value === '-' ? tOr(`checks.nobody.${props.facet}`, t('checks.nobody.owner')) : value}
              </span>
              <span className="facet-count">{count}</span>
              <span className="facet-bar" style={{ width: `${(100 * count) / most}%` }} aria-hidden="true" />
            </button>
          </li>
        ))}
      </ul>
      {counts.length > SHOWN && (
        <button type="button" className="button quiet small" onClick={() => setWhole(!whole)}>
          {whole ? t('checks.fewer') : t('checks.more', { count: counts.length - SHOWN })}
        </button>
      )}
    </section>
  );
}
