// How a plan stands, in a word: of one that ended without acting how it ended, of one that is being ended that it is.
import type { PlanStatus } from '../api/types';
import { money } from '../format/money';
import { localTimes } from '../format/time';
import { useI18n, useT } from '../i18n';
import { StateBadge } from './badges';

const COLOUR: Record<string, string> = {
  cancelling: 'high running',
  undoing: 'high running',
  stopping: 'high running',
};

export function PlanBadge({ status }: { status: PlanStatus }) {
  const { tOr } = useI18n();
  const { ending, state } = status;
  if (!ending) return <StateBadge state={state} />;
  return <span className={`badge ${COLOUR[ending] ?? ''}`}>{tOr(`plan.ending.${ending}`, ending)}</span>;
}

/** What an approved plan waits for before it starts anything; "" where it starts. */
export const holdOf = ({ frozen, state, waiting_for }: PlanStatus): string =>
  frozen || (state === 'approved' ? waiting_for : '');

/** Who decided over it, and what came of that: of a plan that went well the actions tell. */
export function PlanOutcome({ status }: { status: PlanStatus }) {
  const t = useT();
  const { approved_by, says, state } = status;
  return (
    <>
      {approved_by && <p className="small">{t('plan.approved_by', { who: approved_by })}</p>}
      {says && state !== 'succeeded' && <p className="small">{localTimes(says)}</p>}
    </>
  );
}

// Of what was partly done or taken back the actions tell; the sum of all of them did not come about.
const COMES = ['proposed', 'approved', 'running', 'succeeded'];
const NEVER_CAME = ['skipped', 'failed'];

export function PlanMoney({ status }: { status: PlanStatus }) {
  const t = useT();
  const comes = COMES.includes(status.state) && !status.ending;
  if (!comes && !NEVER_CAME.includes(status.state)) return null;
  return status.money?.map(({ per_hour, currency }) => (
    <p className="small" key={currency}>
      {t(comes ? 'plan.money' : 'plan.money.not', { amount: money(per_hour, currency) })}
    </p>
  ));
}
