// A plan: every action with its reason, danger and progress; and the buttons with which a person decides.
import { Link } from 'react-router-dom';

import { isUnderWay, useApprove, useCancel, useReject, useUndo, useVerbs } from '../api/queries';
import type { Plan, PlanStatus } from '../api/types';
import { formatDuration } from '../format/units';
import { useT } from '../i18n';
import { AskingButton } from './asking_button';
import { Bar, DangerBadge, StateBadge } from './badges';
import { dangerOf } from './danger';
import { ActionList, ActionSummary } from './plan_actions';
import { PlanFrozen } from './plan_frozen';
import { GrantText } from './plan_grant';
import { isDone } from './plan_order';
import { holdOf, PlanBadge, PlanMoney, PlanOutcome } from './plan_state';
import { useMay } from './role';
import { Time } from './time';
import { useToasts } from './toasts';

/** Takes back what a plan has done that has ended. */
function UndoButton({ plan, className }: { plan: Plan; className: string }) {
  const t = useT();
  const undo = useUndo();
  return (
    <AskingButton
      text={t('plan.take_back')}
      className={className}
      title={t('plan.take_back.title', { title: plan.title })}
      confirm={t('plan.take_back')}
      reason={{ label: t('plan.take_back.reason') }}
      send={(reason) => undo.mutateAsync({ id: plan.id, reason })}
      done={t('plan.take_back.done')}
    >
      <p>{t('plan.take_back.text')}</p>
    </AskingButton>
  );
}

/** Ends what a plan has under way, and takes back what it has done. */
function CancelButton({ plan, className }: { plan: Plan; className: string }) {
  const t = useT();
  const cancel = useCancel();
  return (
    <AskingButton
      text={t('plan.cancel.ask')}
      className={className}
      title={t('plan.cancel.title', { title: plan.title })}
      confirm={t('plan.cancel')}
      danger
      send={() => cancel.mutateAsync(plan.id)}
      done={t('plan.cancel.done')}
    >
      <p>{t('plan.cancel.text')}</p>
    </AskingButton>
  );
}

function RejectButton({ plan, className }: { plan: Plan; className: string }) {
  const t = useT();
  const reject = useReject();
  return (
    <AskingButton
      text={t('plan.reject')}
      className={className}
      title={t('plan.reject.title', { title: plan.title })}
      confirm={t('plan.reject')}
      reason={{ label: t('plan.reject.reason') }}
      send={(reason) => reject.mutateAsync({ id: plan.id, reason })}
      done={t('plan.rejected')}
    >
      <p>{t('plan.reject.text')}</p>
    </AskingButton>
  );
}

/** Asks once more about what cannot be taken back, and about what holds for good. */
function ApproveButton({ status, className }: { status: PlanStatus; className: string }) {
  const t = useT();
  const verbs = useVerbs();
  const may = useMay('operator');
  const approve = useApprove();
  const toasts = useToasts();
  const { plan } = status;
  const isFinal = dangerOf(plan, verbs.data) === 'destructive';
  // What it waits for is known only when the answer is there.
  const send = async () => {
    const approved = await approve.mutateAsync({ id: plan.id, hash: plan.hash });
    const what = holdOf(approved);
    toasts.say(what ? t('plan.approved.waits', { what }) : t('plan.approved'));
  };
  if (!isFinal && !plan.grant?.policies.length) {
    return (
      <button
        type="button"
        className={`button primary ${className}`}
        disabled={!may || approve.isPending}
        title={may ? undefined : t('plan.needs_operator')}
        onClick={() => void send().catch(toasts.fail)}
      >
        {t('plan.approve')}
      </button>
    );
  }
  return (
    <AskingButton
      text={t('plan.approve.ask')}
      className={`button ${isFinal ? 'danger' : 'primary'} ${className}`}
      title={t('plan.confirm.title', { title: plan.title })}
      confirm={t('plan.approve')}
      danger={isFinal}
      send={send}
    >
      <p>{isFinal ? t('plan.confirm.text') : t('plan.confirm.does')}</p>
      <ActionSummary actions={plan.actions} verbs={verbs.data} />
      <PlanMoney status={status} />
      <GrantText plan={plan} />
    </AskingButton>
  );
}

/** Approve and Reject while the plan waits; Cancel while it runs; Undo when it has ended and can be taken back. */
export function PlanButtons({ status, big = false }: { status: PlanStatus; big?: boolean }) {
  const t = useT();
  const may = useMay('operator');
  const { plan } = status;
  const size = big ? 'big' : '';
  // What is being ended is ended once.
  if (status.ending === 'cancelling' || status.ending === 'undoing') return null;
  if (isUnderWay(status)) return <CancelButton plan={plan} className={`button ${size}`} />;
  if (status.can_be_undone) return <UndoButton plan={plan} className={`button ${size}`} />;
  if (status.state !== 'proposed') return null;
  return (
    <div className="row">
      <ApproveButton status={status} className={size} />
      <RejectButton plan={plan} className={`button ${size}`} />
      {!may && <span className="small muted">{t('plan.needs_operator')}</span>}
    </div>
  );
}

/** Without its title where the page has it already. */
export function PlanCard(props: { status: PlanStatus; buttons?: boolean; titled?: boolean }) {
  const { status, buttons = true, titled = true } = props;
  const t = useT();
  const verbs = useVerbs();
  const { plan, verify } = status;
  const done = status.actions.filter(isDone).length;
  const failed = status.actions.filter(({ state }) => state === 'failed' || state === 'unknown').length;
  const total = status.actions.length;
  return (
    <article className="card stack tight" aria-label={plan.title}>
      <div className="row between">
        <div className="row plan-head">
          <PlanBadge status={status} />
          {titled && (
            <h2 className="clip" title={plan.title}>
              <Link to={`/plans/${encodeURIComponent(plan.id)}`}>{plan.title}</Link>
            </h2>
          )}
          <DangerBadge danger={dangerOf(plan, verbs.data)} />
          {isUnderWay(status) && (
            <span className="small muted" role="status">
              {t('plan.progress', { done, total })}
            </span>
          )}
          {failed > 0 && total > 1 && (
            <span className="badge critical">{t('plan.progress.failed', { count: failed })}</span>
          )}
        </div>
        {buttons && <PlanButtons status={status} />}
      </div>
      <PlanOutcome status={status} />
      <PlanFrozen status={status} buttons={buttons} />
      {plan.left_out && (
        <p className="small">
          <span className="badge">{t('plan.left_out')}</span> {plan.left_out}
        </p>
      )}
      {status.waiting_for && status.waiting_for !== status.frozen && status.state !== 'proposed' && (
        <p className="small">{t('plan.waiting_for', { what: status.waiting_for })}</p>
      )}
      <PlanMoney status={status} />
      {isUnderWay(status) && total > 1 && (
        <Bar
          share={done / total}
          tone={failed > 0 ? 'high' : ''}
          label={t('plan.progress', { done, total })}
        />
      )}
      {status.state === 'proposed' && <GrantText plan={plan} />}
      <ActionList actions={status.actions} verbs={verbs.data} said={status.says} />
      {plan.verify && status.state !== 'skipped' && (
        <div className="small row">
          <span className="muted">{t('plan.verify', { within: formatDuration(plan.verify_within_ms) })}</span>
          <code>{plan.verify}</code>
          <StateBadge state={verify.state} />
          <span>{verify.says}</span>
        </div>
      )}
      <details className="small">
        <summary className="muted">{t('plan.details')}</summary>
        <dl className="pairs" style={{ marginTop: '0.4rem' }}>
          <dt>{t('plan.id')}</dt>
          <dd>
            <code>{plan.id}</code>
          </dd>
          <dt>{t('plan.origin')}</dt>
          <dd>{plan.origin}</dd>
          <dt>{t('plan.created')}</dt>
          <dd>
            <Time at={plan.created} full />
          </dd>
          <dt>{t('plan.limits')}</dt>
          <dd>
            {t('plan.limits.text', {
              share: Math.round(plan.limits.in_flight_share * 100),
              minute: plan.limits.per_minute,
              total: plan.limits.total,
            })}
          </dd>
          <dt>{t('plan.undo')}</dt>
          <dd>
            {plan.undo_on_failure ? t('plan.undo.yes') : t('plan.undo.no')}
            {plan.undo_after_quiet_ms
              ? t('plan.undo.quiet', { time: formatDuration(plan.undo_after_quiet_ms) })
              : ''}
          </dd>
          <dt>{t('plan.hash')}</dt>
          <dd>
            <code>{plan.hash}</code>
          </dd>
        </dl>
      </details>
    </article>
  );
}

/** A plan that only stands in an incident's recommendation: proposed, nothing done. */
export function asStatus(plan: Plan, incident: string): PlanStatus {
  return {
    plan,
    state: 'proposed',
    waiting_for: 'approval',
    approved_by: '',
    incident,
    actions: plan.actions.map((action) => ({ action, state: 'proposed', says: '' })),
    verify: { state: 'pending', says: '' },
  };
}
