// What policies saved of running all the time: planned and real, with what explains the difference.
import { useMemo } from 'react';

import { useSavings, type DayOfSavings, type Figures, type SavingsAnswer } from '../../api/savings';
import { Chart } from '../../components/chart';
import { Choices } from '../../components/choices';
import { PageHead } from '../../components/page_head';
import { Answer, Empty } from '../../components/states';
import { Time } from '../../components/time';
import { useAddress } from '../../components/use_address';
import { useT } from '../../i18n';
import { Explanation } from './explanation';
import { hours, money, share } from '../../format/money';
import './savings.css';
import { AccountTable } from './tables';

const SPANS = ['7d', '30d', '90d'];

export function SavingsPage() {
  const t = useT();
  const [of, put] = useAddress();
  const since = SPANS.find((one) => one === of('since')) ?? '30d';
  const answer = useSavings(since, of('policy'));
  return (
    <>
      <PageHead title={t('nav.savings')}>
        <Choices
          label={t('savings.since')}
          value={since}
          onChange={(value) => put({ since: value === '30d' ? '' : value })}
          options={SPANS.map((value) => ({ value, text: value }))}
        />
      </PageHead>
      <Answer of={answer}>{(savings) => <Savings savings={savings} />}</Answer>
    </>
  );
}

function Savings({ savings }: { savings: SavingsAnswer }) {
  const t = useT();
  return (
    <>
      <Problems problems={savings.problems} />
      {savings.totals.length === 0 ? (
        <Empty centre>
          <strong>{t('savings.none')}</strong>
          <p>{t('savings.none.how')}</p>
        </Empty>
      ) : (
        <>
          {savings.totals.map((total) => (
            <Total key={total.currency} total={total} savings={savings} />
          ))}
          <section className="stack" aria-label={t('nav.policies')}>
            {savings.policies.map((policy) => (
              <article key={policy.policy + policy.currency} className="card stack tight">
                <div className="row between">
                  <h2>{policy.policy}</h2>
                  <span className="muted small">{policy.hours || t('savings.own_hours')}</span>
                </div>
                {policy.help && <p className="muted small">{policy.help}</p>}
                <Compared figures={policy} />
                <Explanation figures={policy} />
                {policy.unpriced > 0 && (
                  <p className="badge medium plain savings-note">
                    {t('savings.unpriced', { count: policy.unpriced })}
                  </p>
                )}
              </article>
            ))}
          </section>
          <AccountTable accounts={savings.accounts} />
        </>
      )}
    </>
  );
}

function Problems({ problems }: { problems: string[] }) {
  return problems.map((problem) => (
    <div className="error" role="alert" key={problem}>
      {problem}
    </div>
  ));
}

function Total({ total, savings }: { total: Figures; savings: SavingsAnswer }) {
  const t = useT();
  const days = useMemo(
    () => savings.days.filter(({ currency }) => currency === total.currency),
    [savings, total],
  );
  return (
    <section className="card stack" aria-label={t('savings.total')}>
      <dl className="savings-total">
        <div>
          <dt>{t('savings.saved')}</dt>
          <dd>{money(total.real.money, total.currency)}</dd>
          <dd className="muted small">
            {t('savings.of_baseline', {
              share: share(total.real_money_share),
              baseline: money(total.baseline.money, total.currency),
            })}
          </dd>
        </div>
        <div>
          <dt>{t('savings.planned')}</dt>
          <dd>{money(total.planned.money, total.currency)}</dd>
          <dd className="muted small">
            {t('savings.of_hours', { share: share(total.planned_hours_share) })}
          </dd>
        </div>
        <div>
          <dt>{t('savings.cost')}</dt>
          <dd>{money(total.cost, total.currency)}</dd>
          <dd className="muted small">{t('savings.ran', { hours: hours(total.running.hours) })}</dd>
        </div>
      </dl>
      <p className="muted small">
        <Time at={savings.from} full /> – <Time at={savings.to} full /> · {savings.zone}
      </p>
      {days.length > 1 && <Days days={days} currency={total.currency} />}
    </section>
  );
}

function Days({ days, currency }: { days: DayOfSavings[]; currency: string }) {
  const t = useT();
  const times = useMemo(() => days.map(({ from }) => Date.parse(from) / 1000), [days]);
  const lines = useMemo(
    () => [
      { name: t('savings.day.baseline', { currency }), values: days.map(({ baseline }) => baseline) },
      { name: t('savings.day.planned', { currency }), values: days.map(({ planned }) => planned) },
      { name: t('savings.day.cost', { currency }), values: days.map(({ cost }) => cost) },
    ],
    [days, currency, t],
  );
  return <Chart label={t('savings.day')} times={times} lines={lines} unit="number" days height={180} />;
}

/** Planned above real, each as a part of all there was to save. */
function Compared({ figures }: { figures: Figures }) {
  const t = useT();
  const bars = [
    { name: t('savings.planned'), money: figures.planned.money, part: figures.planned_money_share },
    { name: t('savings.real'), money: figures.real.money, part: figures.real_money_share },
  ];
  return (
    <ul className="plain savings-bars">
      {bars.map(({ name, money: amount, part }) => (
        <li key={name}>
          <span>{name}</span>
          <meter min={0} max={1} value={Math.max(part ?? 0, 0)} aria-label={name} />
          <span className="savings-figure">
            <strong>{share(part)}</strong> {money(amount, figures.currency)}
          </span>
        </li>
      ))}
      <li className="muted small">
        {t('savings.hours_shares', {
          planned: share(figures.planned_hours_share),
          real: share(figures.real_hours_share),
        })}
      </li>
    </ul>
  );
}
