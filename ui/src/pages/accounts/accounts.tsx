// Trial accounts: whose they are, until when, what each has, what policies do to it, and what people keep otherwise.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router-dom';

import { useOverrides, type Override } from '../../api/automation';
import { post } from '../../api/client';
import { usePlan, usePolicies, useResources } from '../../api/queries';
import type { PolicyResource, SqlResult } from '../../api/types';
import { KeepButton } from '../../components/keep_dialog';
import { OverrideBadge } from '../../components/overrides';
import { PageHead } from '../../components/page_head';
import { resourcePath } from '../../components/resource_link';
import { Answer, Empty } from '../../components/states';
import { useNow } from '../../components/time';
import { useVerbTitle } from '../../components/verb_title';
import { localTimes } from '../../format/time';
import { useI18n, useT } from '../../i18n';
import { ACCOUNTS_SQL, daysLeft, readAccounts, stateOf, verdictsByResource, type Account } from './account';
import './accounts.css';

const SOON_DAYS = 3;
const COLOUR = {
  planned: 'low',
  waiting: 'medium',
  issuing: 'accent running',
  failing: 'critical',
  issued: 'good',
  removed: 'high',
  taking_back: 'high running',
  ended: '',
};
type Verdict = PolicyResource & { policy: string };

/** Under the topic of resources, whose events make it stale. */
const useAccounts = (enabled: boolean) =>
  useQuery({
    queryKey: ['resources', 'accounts'],
    queryFn: async () => readAccounts(await post<SqlResult>('/sql', { query: ACCOUNTS_SQL })),
    refetchInterval: 30_000,
    enabled,
  });

export function AccountsPage() {
  const t = useT();
  // The kinds are those of a pack that need not be there.
  const kinds = useResources('trial_account', '', 1);
  const has = (kinds.data?.kinds.find(({ name }) => name === 'trial_account')?.count ?? 0) > 0;
  const accounts = useAccounts(has);
  return (
    <>
      <PageHead title={t('nav.accounts')} />
      <Answer of={kinds}>
        {() =>
          has ? (
            <Answer of={accounts}>{(all) => <Accounts all={all} />}</Answer>
          ) : (
            <Empty centre>
              <p>{t('accounts.none')}</p>
              <p className="small">{t('accounts.none.how')}</p>
              <pre className="accounts-example">{EXAMPLE}</pre>
            </Empty>
          )
        }
      </Answer>
    </>
  );
}

const EXAMPLE = `records: trial_account
defaults: { starts_on: 2026-03-02, ends_on: 2026-05-29, zone: Asia/Seoul, hours: "Mon-Fri 09:00-18:00" }
items:
  - { name: "trial_user{01..45}", mail: "{{name}}@example.com" }`;

function Accounts({ all }: { all: Account[] }) {
  const t = useT();
  const [search, setSearch] = useState('');
  const overrides = useOverrides();
  const policies = usePolicies();
  const verdicts = verdictsByResource(policies.data ?? []);
  const wish = search.trim().toLowerCase();
  const shown = all.filter(({ name, owner, mail }) =>
    `${name} ${owner} ${mail}`.toLowerCase().includes(wish),
  );
  return (
    <>
      <div className="row">
        <input
          type="search"
          className="grow"
          data-search=""
          aria-label={t('accounts.search')}
          placeholder={t('accounts.search')}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        <span className="muted small" role="status">
          {t('accounts.count', { shown: shown.length, total: all.length })}
        </span>
      </div>
      <section className="card scroll-x" tabIndex={0} aria-label={t('nav.accounts')}>
        <table className="accounts">
          <thead>
            <tr>
              <th>{t('accounts.account')}</th>
              <th>{t('accounts.period')}</th>
              <th>{t('accounts.hours')}</th>
              <th>{t('accounts.state')}</th>
              <th>{t('accounts.has')}</th>
              <th>{t('accounts.kept')}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((account) => (
              <AccountRow
                key={account.id}
                account={account}
                verdicts={verdicts.get(account.id) ?? []}
                overrides={(overrides.data ?? []).filter(({ resource }) => resource === account.id)}
              />
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

function AccountRow(props: { account: Account; verdicts: Verdict[]; overrides: Override[] }) {
  const { account, verdicts, overrides } = props;
  const t = useT();
  const now = Math.floor(useNow() / 60_000) * 60_000;
  const days = daysLeft(account, now);
  return (
    <tr>
      <td>
        <Link to={resourcePath(account.id)}>{account.name}</Link>
        <div>{account.mail}</div>
        {account.owner && <div className="muted">{account.owner}</div>}
      </td>
      <td>
        <span className="nowrap">{account.starts_on}</span> –{' '}
        <span className="nowrap">{account.ends_on}</span>
        {days !== null && Date.parse(account.begins_at) <= now && (
          <div className={days <= SOON_DAYS ? 'account-soon' : 'muted'}>
            {t('accounts.days_left', { count: days })}
          </div>
        )}
      </td>
      <td>
        {account.hours}
        <div className="muted">{account.zone}</div>
      </td>
      <td>
        <StateOf account={account} verdicts={verdicts} now={now} />
      </td>
      <td>
        <Belongings account={account} />
      </td>
      <td>
        <div className="stack tight account-kept">
          {overrides.map((override) => (
            <OverrideBadge key={override.id} override={override} />
          ))}
          {stateOf(account, now) !== 'ended' && (
            <KeepButton wish={{ resource: account.id, state: 'up' }} text={t('accounts.keep')} />
          )}
        </div>
      </td>
    </tr>
  );
}

function StateOf(props: { account: Account; verdicts: Verdict[]; now: number }) {
  const { t, tOr } = useI18n();
  const state = stateOf(props.account, props.now);
  const acting = props.verdicts.filter(({ acts }) => acts);
  return (
    <>
      <span className={`badge ${COLOUR[state]}`}>{tOr(`account.state.${state}`, state)}</span>
      {props.account.failed_plan && <Failure account={props.account} />}
      {acting.map(({ policy, why }) => (
        <div key={policy} className="account-why" title={localTimes(why)}>
          <strong>{policy}</strong>: {localTimes(why)}
        </div>
      ))}
      {props.verdicts.length > 0 && (
        <details>
          <summary className="muted">{t('accounts.policies', { count: props.verdicts.length })}</summary>
          <ul className="plain">
            {props.verdicts.map(({ policy, why }) => (
              <li key={policy}>
                <strong>{policy}</strong>: {localTimes(why)}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

/** What went wrong with it last, as its plan says it in the reader's language. */
function Failure({ account }: { account: Account }) {
  const t = useT();
  const titleOf = useVerbTitle();
  const plan = usePlan(account.failed_plan);
  const action = plan.data?.actions.find(
    ({ action: { target, verb } }) => target === account.id && verb === account.failed_verb,
  );
  const says = localTimes(action?.says || account.failed_says);
  return (
    <div className="account-failed">
      <Link to={`/plans/${encodeURIComponent(account.failed_plan)}`}>
        {t('accounts.failed', { verb: titleOf(account.failed_verb) })}
      </Link>
      <div className="account-why" title={says}>
        {says}
      </div>
    </div>
  );
}

function Belongings({ account }: { account: Account }) {
  const t = useT();
  const { portal, cluster, project, running, record } = account;
  if (!portal && !cluster && !project && !record)
    return <span className="muted">{t('accounts.has.nothing')}</span>;
  return (
    <>
      {portal && <div>{t('accounts.has.portal', { status: portal })}</div>}
      {cluster && (
        <div>
          <Link to={resourcePath(cluster)}>{t('accounts.has.cluster')}</Link> {account.cluster_status}
        </div>
      )}
      {project && (
        <div>
          <Link to={resourcePath(project)}>{t('accounts.has.project')}</Link>{' '}
          {t('accounts.has.running', { count: running })}
        </div>
      )}
      {record && (
        <div>
          <Link to={resourcePath(record)}>{t('accounts.has.record')}</Link>
        </div>
      )}
    </>
  );
}
