// A plan: every action with its reason, danger and progress; and the buttons with which a person decides.
import { useState } from 'react';
import { Link } from 'react-router-dom';

import { isUnderWay, useApprove, useCancel, useReject, useUndo, useVerbs } from '../api/queries';
import type { Plan, PlanStatus } from '../api/types';
import { money } from '../format/money';
import { formatDuration } from '../format/units';
import { useT } from '../i18n';
import { Bar, DangerBadge, StateBadge } from './badges';
import { dangerOf } from './danger';
import { ConfirmDialog } from './dialog';
import { ActionList, ActionSummary } from './plan_actions';
import { PlanFrozen } from './plan_frozen';
import { GrantText } from './plan_grant';
import { isDone } from './plan_order';
import { useMay } from './role';
import { Time } from './time';
import { useToasts } from './toasts';

/** Takes back what a plan has done that has ended. */
function UndoButton({ plan, className }: { plan: Plan; className: string }) {
  const t = useT();
  const may = useMay('operator');
  const undo = useUndo();
  const toasts = useToasts();
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState('');
  return (
    <>
      <button
        type="button"
        className={className}
        disabled={!may || undo.isPending}
        title={may ? undefined : t('plan.needs_operator')}
        onClick={() => setAsking(true)}
      >
        {t('plan.take_back')}
      </button>
      {asking && (
        <ConfirmDialog
          title={t('plan.take_back.title', { title: plan.title })}
          confirm={t('plan.take_back')}
          busy={undo.isPending}
          onClose={() => setAsking(false)}
          onConfirm={() =>
            undo.mutate(
              { id: plan.id, reason },
              {
                onError: toasts.fail,
                onSuccess: () => toasts.say(t('plan.take_back.done')),
                onSettled: () => setAsking(false),
              },
            )
          }
        >
          <p>{t('plan.take_back.text')}</p>
          <label className="field">
            <span>{t('plan.take_back.reason')}</span>
            <input value={reason} maxLength={200} onChange={(event) => setReason(event.target.value)} />
          </label>
        </ConfirmDialog>
      )}
    </>
  );
}

/** Ends what a plan has under way, and takes back what it has done. */
function CancelButton({ plan, className }: { plan: Plan; className: string }) {
  const t = useT();
  const may = useMay('operator');
  const cancel = useCancel();
  const toasts = useToasts();
  const [asking, setAsking] = useState(false);
  return (
    <>
      <button
        type="button"
        className={className}
        disabled={!may || cancel.isPending}
        title={may ? undefined : t('plan.needs_operator')}
        onClick={() => setAsking(true)}
      >
        {t('plan.cancel.ask')}
      </button>
      {asking && (
        <ConfirmDialog
          title={t('plan.cancel.title', { title: plan.title })}
          confirm={t('plan.cancel')}
          danger
          busy={cancel.isPending}
          onClose={() => setAsking(false)}
          onConfirm={() =>
            // The plan may have ended by then, and this button gone with it.
            void cancel
              .mutateAsync(plan.id)
              .then(() => toasts.say(t('plan.cancel.done')), toasts.fail)
              .finally(() => setAsking(false))
          }
        >
          <p>{t('plan.cancel.text')}</p>
        </ConfirmDialog>
      )}
    </>
  );
}

/** Approve and Reject while the plan waits; Cancel while it runs; Undo when it has ended and can be taken back. */
export function PlanButtons({ status, big = false }: { status: PlanStatus; big?: boolean }) {
  const t = useT();
  const verbs = useVerbs();
  const may = useMay('operator');
  const approve = useApprove();
  const reject = useReject();
  const toasts = useToasts();
  const [asking, setAsking] = useState<'approve' | 'reject' | null>(null);
  const [reason, setReason] = useState('');
  const { plan } = status;
  const danger = dangerOf(plan, verbs.data);
  // What cannot be taken back, and what holds for good, is asked once more.
  const asks = danger === 'destructive' || Boolean(plan.grant?.policies.length);
  const size = big ? 'big' : '';
  const settled = { onError: toasts.fail, onSettled: () => setAsking(null) };
  const send = () =>
    approve.mutate(
      { id: plan.id, hash: plan.hash },
      { ...settled, onSuccess: () => toasts.say(t('plan.approved')) },
    );

  if (isUnderWay(status)) return <CancelButton plan={plan} className={`button ${size}`} />;
  if (status.can_be_undone) return <UndoButton plan={plan} className={`button ${size}`} />;
  if (status.state !== 'proposed') return null;
  const why = may ? undefined : t('plan.needs_operator');
  return (
    <div className="row">
      <button
        type="button"
        className={`button ${danger === 'destructive' ? 'danger' : 'primary'} ${size}`}
        disabled={!may || approve.isPending}
        title={why}
        onClick={() => (asks ? setAsking('approve') : send())}
      >
        {asks ? t('plan.approve.ask') : t('plan.approve')}
      </button>
      <button
        type="button"
        className={`button ${size}`}
        disabled={!may || reject.isPending}
        title={why}
        onClick={() => setAsking('reject')}
      >
        {t('plan.reject')}
      </button>
      {!may && <span className="small muted">{why}</span>}
      {asking === 'approve' && (
        <ConfirmDialog
          title={t('plan.confirm.title', { title: plan.title })}
          confirm={t('plan.approve')}
          danger={danger === 'destructive'}
          busy={approve.isPending}
          onClose={() => setAsking(null)}
          onConfirm={send}
        >
          <p>{danger === 'destructive' ? t('plan.confirm.text') : t('plan.confirm.does')}</p>
          <ActionSummary actions={plan.actions} verbs={verbs.data} />
          <GrantText plan={plan} />
        </ConfirmDialog>
      )}
      {asking === 'reject' && (
        <ConfirmDialog
          title={t('plan.reject.title', { title: plan.title })}
          confirm={t('plan.reject')}
          busy={reject.isPending}
          onClose={() => setAsking(null)}
          onConfirm={() =>
            reject.mutate(
              { id: plan.id, reason },
              { ...settled, onSuccess: () => toasts.say(t('plan.rejected')) },
            )
          }
        >
          <label className="field">
            <span>{t('plan.reject.reason')}</span>
            <input value={reason} maxLength={200} onChange={(event) => setReason(event.target.value)} />
          </label>
        </ConfirmDialog>
      )}
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
          <StateBadge state={status.state} />
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
      <PlanFrozen status={status} buttons={buttons} />
      {plan.left_out && (
        <p className="small">
          <span className="badge">{t('plan.left_out')}</span> {plan.left_out}
        </p>
      )}
      {status.waiting_for && status.waiting_for !== status.frozen && status.state !== 'proposed' && (
        <p className="small">{t('plan.waiting_for', { what: status.waiting_for })}</p>
      )}
      {status.money?.map((sum) => (
        <p className="small" key={sum.currency}>
          {t('plan.money', { amount: money(sum.per_hour, sum.currency) })}
        </p>
      ))}
      {isUnderWay(status) && total > 1 && (
        <Bar
          share={done / total}
          tone={failed > 0 ? 'high' : ''}
          label={t('plan.progress', { done, total })}
        />
      )}
      {status.state === 'proposed' && <GrantText plan={plan} />}
      <ActionList actions={status.actions} verbs={verbs.data} />
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
          {status.approved_by && (
            <>
              <dt>{t('plan.approved_by')}</dt>
              <dd>{status.approved_by}</dd>
            </>
          )}
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
