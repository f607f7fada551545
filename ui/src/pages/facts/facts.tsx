// The ledger as a stream, newest first; and for one fact the chain of those that led to it.
import { type InfiniteData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router-dom';

import { fetchFacts } from '../../api/queries';
import type { Fact, FactPage } from '../../api/types';
import { FactList } from '../../components/facts';
import { PageHead } from '../../components/page_head';
import { Answer, Empty } from '../../components/states';
import { useDebounced } from '../../components/use_debounced';
import { useI18n, useT } from '../../i18n';
import { knownPage } from './known';

const PAGE = 100;
const LONGEST_CHAIN = 40;

const KINDS = [
  'incident.opened',
  'incident.changed',
  'incident.closed',
  'finding.opened',
  'finding.changed',
  'finding.resolved',
  'plan.proposed',
  'plan.approved',
  'plan.rejected',
  'plan.cancelled',
  'plan.recalled',
  'plan.finished',
  'action.intended',
  'action.finished',
  'resource.appeared',
  'resource.changed',
  'resource.gone',
  'relation.appeared',
  'relation.gone',
  'config.loaded',
  'config.rejected',
  'message.sent',
  'message.failed',
  'capstan.started',
  'capstan.stopped',
  'capstan.paused',
  'capstan.resumed',
  'user.created',
  'token.created',
  'secret.written',
  'secret.revealed',
  'secret.deleted',
  'secret.rekeyed',
  'limit.reached',
];

export function FactsPage() {
  const t = useT();
  const [address] = useSearchParams();
  const seq = Number(address.get('seq'));
  return (
    <>
      <PageHead title={t('nav.facts')}>
        {seq > 0 && (
          <Link className="button small" to="/facts">
            {t('facts.all')}
          </Link>
        )}
      </PageHead>
      {seq > 0 ? <Chain seq={seq} /> : <Stream />}
    </>
  );
}

/** Walks from a fact along its causes. */
async function walk(seq: number, signal: AbortSignal): Promise<Fact[]> {
  const chain: Fact[] = [];
  let next = seq;
  while (next > 0 && chain.length < LONGEST_CHAIN) {
    const [fact] = (await fetchFacts({ before: next + 1, limit: 1 }, signal)).facts;
    if (!fact || fact.seq !== next) break;
    chain.push(fact);
    next = fact.cause;
  }
  return chain;
}

function Chain({ seq }: { seq: number }) {
  const t = useT();
  const answer = useQuery({
    queryKey: ['fact-chain', seq],
    queryFn: ({ signal }) => walk(seq, signal),
    staleTime: Infinity,
  });
  return (
    <section className="card">
      <h2>{t('facts.chain', { seq: String(seq) })}</h2>
      <Answer of={answer}>
        {(chain) =>
          chain.length === 0 ? <Empty>{t('facts.none')}</Empty> : <FactList facts={chain} current={seq} />
        }
      </Answer>
    </section>
  );
}

function Stream() {
  const { t, tOr } = useI18n();
  const [address, setAddress] = useSearchParams();
  const kind = address.get('kind') ?? '';
  const subject = useDebounced(address.get('subject') ?? '');
  const [text, setText] = useState('');
  const answer = useInfiniteQuery({
    queryKey: ['facts', kind, subject],
    queryFn: ({ client, queryKey, pageParam, signal }) => {
      const pages = client.getQueryData<InfiniteData<FactPage>>(queryKey)?.pages ?? [];
      const page = knownPage(
        pages.flatMap(({ facts }) => facts),
        pageParam,
        PAGE,
      );
      if (page) return { facts: page, last_seq: pages[0]?.last_seq ?? 0 };
      return fetchFacts({ kind, subject, before: pageParam || undefined, limit: PAGE }, signal);
    },
    initialPageParam: 0,
    getNextPageParam: ({ facts }) => (facts.length < PAGE ? undefined : facts[facts.length - 1]?.seq),
    maxPages: 50,
  });
  const put = (name: string, value: string) => {
    const next = new URLSearchParams(address);
    if (value) next.set(name, value);
    else next.delete(name);
    setAddress(next, { replace: true });
  };
  return (
    <>
      <div className="row">
        <input
          type="search"
          className="grow"
          data-search=""
          aria-label={t('facts.text')}
          placeholder={t('facts.text')}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <input
          type="search"
          className="grow"
          aria-label={t('facts.subject')}
          placeholder={t('facts.subject')}
          value={address.get('subject') ?? ''}
          onChange={(event) => put('subject', event.target.value.trim())}
        />
        <select
          aria-label={t('facts.kind')}
          value={kind}
          onChange={(event) => put('kind', event.target.value)}
        >
          <option value="">{t('facts.any_kind')}</option>
          {KINDS.map((one) => (
            <option key={one} value={one}>
              {tOr(`fact.${one}`, one)}
            </option>
          ))}
        </select>
      </div>
      <Answer of={answer}>
        {({ pages }) => {
          const all = pages.flatMap(({ facts }) => facts);
          const wish = text.toLowerCase();
          const shown = wish ? all.filter((fact) => JSON.stringify(fact).toLowerCase().includes(wish)) : all;
          return (
            <section className="card">
              <p className="small muted" role="status">
                {t('facts.count', { shown: shown.length, total: pages[0]?.last_seq ?? 0 })}
              </p>
              {shown.length === 0 ? <Empty>{t('facts.none')}</Empty> : <FactList facts={shown} />}
              {answer.hasNextPage && (
                <button
                  type="button"
                  className="button"
                  disabled={answer.isFetchingNextPage}
                  onClick={() => void answer.fetchNextPage()}
                >
                  {answer.isFetchingNextPage ? t('state.loading') : t('action.older')}
                </button>
              )}
            </section>
          );
        }}
      </Answer>
    </>
  );
}
