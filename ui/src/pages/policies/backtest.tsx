// What policies would have done over the recorded past: day by day, action by action, and in money.
import type { Backtest, BacktestAction, BacktestPolicy } from '../../api/backtest';
import { DataTable, type TableColumn } from '../../components/data_table';
import { Time } from '../../components/time';
import { useVerbTitle } from '../../components/verb_title';
import { hours, money } from '../../format/money';
import { localTimes } from '../../format/time';
import { useI18n, useT } from '../../i18n';
import './backtest.css';

const DAY_MS = 86_400_000;
const HEIGHT = 'min(60vh, 30rem)';

export function BacktestResult({ job }: { job: Backtest }) {
  return job.result?.policies.map((policy) => <OfPolicy key={policy.name} policy={policy} job={job} />);
}

function OfPolicy({ policy, job }: { policy: BacktestPolicy; job: Backtest }) {
  const t = useT();
  return (
    <article className="card stack tight" aria-label={policy.name}>
      <div className="row">
        <h2>{policy.name}</h2>
        <span className="muted small">
          <Time at={job.from} full /> – <Time at={job.to} full />
        </span>
      </div>
      <p>
        {t('backtest.summary', {
          actions: policy.action_count,
          plans: policy.plans,
          resources: policy.selected,
        })}{' '}
        {policy.asks > 0 && <span className="muted">{t('backtest.asks', { count: policy.asks })}</span>}
      </p>
      <Money policy={policy} />
      <Held policy={policy} />
      <Days policy={policy} job={job} />
      <Notes policy={policy} />
      {policy.actions.length > 0 && <Actions policy={policy} />}
    </article>
  );
}

function Money({ policy }: { policy: BacktestPolicy }) {
  const t = useT();
  if (policy.money.length === 0) return <p className="muted small">{t('backtest.no_price')}</p>;
  return policy.money.map(({ currency, real, would_be, saved }) => (
    <p key={currency}>
      <strong>
        {t(saved.money >= 0 ? 'backtest.saved' : 'backtest.cost_more', {
          amount: money(Math.abs(saved.money), currency),
        })}
      </strong>{' '}
      <span className="muted">
        {t('backtest.beside', {
          real: money(real.money, currency),
          would: money(would_be.money, currency),
          real_hours: hours(real.hours),
          would_hours: hours(would_be.hours),
        })}
      </span>
    </p>
  ));
}

/** What did not happen when it was called for: freezes held it back, or the budget did not bear it. */
function Held({ policy }: { policy: BacktestPolicy }) {
  const t = useT();
  const { count, resources } = policy.over_budget;
  return (
    <>
      {policy.held.map(({ freeze, actions, dropped }) => (
        <p key={freeze}>
          {t('backtest.held', { freeze, count: actions })}{' '}
          {dropped > 0 && <span className="muted">{t('backtest.dropped', { count: dropped })}</span>}
        </p>
      ))}
      {count > 0 && (
        <details>
          <summary>{t('backtest.over_budget', { count })}</summary>
          <ul className="small">
            {resources.map(({ id, name, from, to, why }) => (
              <li key={id + from}>
                <strong>{name}</strong> <Time at={from} full /> – <Time at={to} full />{' '}
                <span className="muted">{localTimes(why)}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

/** A bar for each day of the period. */
function Days({ policy, job }: { policy: BacktestPolicy; job: Backtest }) {
  const { t } = useI18n();
  const counts = new Map(
    policy.days.map(({ day, actions }) => [day, Object.values(actions).reduce((sum, one) => sum + one, 0)]),
  );
  const most = Math.max(1, ...counts.values());
  const days: string[] = [];
  const begin = Math.floor(Date.parse(job.from) / DAY_MS) * DAY_MS;
  for (let at = begin; at < Date.parse(job.to); at += DAY_MS) {
    days.push(new Date(at).toISOString().slice(0, 10));
  }
  return (
    <ol className="backtest-days" aria-label={t('backtest.days')}>
      {days.map((day) => {
        const count = counts.get(day) ?? 0;
        const text = t('backtest.day', { day, count });
        return (
          <li key={day} title={text}>
            <span className="sr-only">{text}</span>
            <span aria-hidden style={{ height: `${(count / most) * 100}%` }} />
          </li>
        );
      })}
    </ol>
  );
}

function Notes({ policy }: { policy: BacktestPolicy }) {
  const t = useT();
  if (policy.notes.length === 0) return null;
  return (
    <ul className="small muted">
      {policy.notes.map(({ what, about }) => (
        <li key={what + about}>{t(`backtest.note.${what}`, { about: localTimes(about) })}</li>
      ))}
    </ul>
  );
}

function Actions({ policy }: { policy: BacktestPolicy }) {
  const t = useT();
  const titleOf = useVerbTitle();
  const columns: TableColumn<BacktestAction>[] = [
    {
      key: 'at',
      title: t('backtest.at'),
      value: (action) => action.at,
      cell: (action) => <Time at={action.at} full />,
      width: '12rem',
    },
    {
      key: 'verb',
      title: t('backtest.action'),
      value: ({ undo, verb }) => (undo ? t('backtest.undone', { verb: titleOf(verb) }) : titleOf(verb)),
      width: '12rem',
    },
    { key: 'name', title: t('backtest.on'), value: (action) => action.name, width: '12rem' },
    {
      key: 'reason',
      title: t('backtest.because'),
      value: (action) =>
        localTimes(
          action.held_by === ''
            ? action.reason
            : t('backtest.after_freeze', { freeze: action.held_by, reason: action.reason }),
        ),
    },
  ];
  return (
    <DataTable
      label={t('backtest.actions')}
      rows={policy.actions}
      columns={columns}
      rowKey={(action, index) => `${index} ${action.plan} ${action.target}`}
      height={HEIGHT}
    />
  );
}
