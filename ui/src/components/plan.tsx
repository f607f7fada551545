// A plan: every action with its reason, danger and progress; and the buttons with which a person decides.
import { useState } from 'react';
import { Link } from 'react-router-dom';

import { isUnderWay, useApprove, useCancel, useReject, useResolve, useUndo, useVerbs } from '../api/queries';
import type { ActionStatus, Plan, PlanStatus, RunProgress, Verb } from '../api/types';
import { money } from '../format/money';
import { formatDuration } from '../format/units';
import { useT } from '../i18n';
import { OutputOf } from './action_output';
import { DangerBadge, StateBadge } from './badges';
import { dangerOf } from './danger';
import { ConfirmDialog } from './dialog';
import { useMay } from './role';
import { Lasting, Time } from './time';
import { useToasts } from './toasts';

/** "reason: x, signal: TERM" of an action's parameters. */
function parametersText(parameters: unknown): string {
  if (parameters === null || typeof parameters !== 'object') return '';
  return Object.entries(parameters)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}

/** How far a run is, where it tells, and when it is ended at the latest. */
function Progress({ progress }: { progress: RunProgress }) {
  const t = useT();
  const { done, of, says } = progress;
  return (
    <div className="row small" role="status">
      {done !== null && of !== null && of > 0 && <progress value={done} max={of} aria-label={says} />}
      {says && <span>{says}</span>}
      <span className="muted">
        {t('plan.ends_by')} <Time at={progress.ends_by} />
      </span>
    </div>
  );
}

/** What the action before said as well is not said again. */
function ActionRow(props: {
  status: ActionStatus;
  before: ActionStatus | undefined;
  verb: Verb | undefined;
}) {
  const { status, before, verb } = props;
  const t = useT();
  const { action } = status;
  return (
    <li className="plan-action">
      <div className="row">
        {status.state !== 'proposed' && <StateBadge state={status.state} />}
        <strong>{verb?.title ?? action.verb}</strong>
        <Link to={`/resource?id=${encodeURIComponent(action.target)}`}>{action.target}</Link>
        <DangerBadge danger={status.danger ?? verb?.danger ?? 'destructive'} />
        {verb?.undoable && <span className="badge plain">{t('plan.undoable')}</span>}
        {status.money && status.money.per_hour !== 0 && (
          <span className="small muted">{money(status.money.per_hour, status.money.currency)} / h</span>
        )}
        {status.started && (
          <span className="small muted">
            <Time at={status.started} /> · <Lasting from={status.started} to={status.finished} />
          </span>
        )}
      </div>
      {action.reason && action.reason !== before?.action.reason && <p className="small">{action.reason}</p>}
      <p className="small muted">
        {[
          parametersText(action.parameters),
          action.precondition ? t('plan.precondition', { condition: action.precondition }) : '',
          action.after?.length ? t('plan.after', { actions: action.after.join(', ') }) : '',
        ]
          .filter(Boolean)
          .join(' · ')}
      </p>
      {status.says && status.says !== before?.says && <p className="small">{status.says}</p>}
      {status.progress && <Progress progress={status.progress} />}
      {status.stoppable && status.started && <OutputOf id={action.id} running={status.state === 'running'} />}
      {status.state === 'unknown' && <ResolveButtons id={action.id} idempotent={verb?.idempotent ?? false} />}
    </li>
  );
}

function ResolveButtons({ id, idempotent }: { id: string; idempotent: boolean }) {
  const t = useT();
  const resolve = useResolve();
  const toasts = useToasts();
  const may = useMay('operator');
  const [retrying, setRetrying] = useState(false);
  const decide = (decision: 'happened' | 'retry' | 'abandon') =>
    resolve.mutate({ id, decision }, { onError: toasts.fail, onSettled: () => setRetrying(false) });
  return (
    <div className="unknown stack tight">
      <p>{t('plan.unknown.text')}</p>
      <div className="row">
        <button
          type="button"
          className="button small"
          disabled={!may || resolve.isPending}
          onClick={() => decide('happened')}
        >
          {t('plan.unknown.happened')}
        </button>
        <button
          type="button"
          className="button small"
          disabled={!may || resolve.isPending}
          onClick={() => (idempotent ? decide('retry') : setRetrying(true))}
        >
          {t('plan.unknown.retry')}
        </button>
        <button
          type="button"
          className="button small"
          disabled={!may || resolve.isPending}
          onClick={() => decide('abandon')}
        >
          {t('plan.unknown.abandon')}
        </button>
      </div>
      {retrying && (
        <ConfirmDialog
          title={t('plan.retry.title')}
          confirm={t('plan.unknown.retry')}
          danger
          busy={resolve.isPending}
          onClose={() => setRetrying(false)}
          onConfirm={() => decide('retry')}
        >
          <p>{t('plan.retry.text')}</p>
        </ConfirmDialog>
      )}
    </div>
  );
}

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

/** Approve and Reject while the plan waits; Cancel while it runs; Undo when it has ended and can be taken back. */
export function PlanButtons({ status, big = false }: { status: PlanStatus; big?: boolean }) {
  const t = useT();
  const verbs = useVerbs();
  const may = useMay('operator');
  const approve = useApprove();
  const reject = useReject();
  const cancel = useCancel();
  const toasts = useToasts();
  const [asking, setAsking] = useState<'approve' | 'reject' | null>(null);
  const [reason, setReason] = useState('');
  const { plan } = status;
  const danger = dangerOf(plan, verbs.data);
  const size = big ? 'big' : '';
  const settled = { onError: toasts.fail, onSettled: () => setAsking(null) };
  const send = () =>
    approve.mutate(
      { id: plan.id, hash: plan.hash },
      { ...settled, onSuccess: () => toasts.say(t('plan.approved')) },
    );

  if (isUnderWay(status)) {
    return (
      <button
        type="button"
        className={`button ${size}`}
        disabled={!may || cancel.isPending}
        onClick={() => cancel.mutate(plan.id, { onError: toasts.fail })}
      >
        {t('plan.cancel')}
      </button>
    );
  }
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
        onClick={() => (danger === 'destructive' ? setAsking('approve') : send())}
      >
        {danger === 'destructive' ? t('plan.approve.ask') : t('plan.approve')}
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
          danger
          busy={approve.isPending}
          onClose={() => setAsking(null)}
          onConfirm={send}
        >
          <p>{t('plan.confirm.text')}</p>
          <ul>
            {plan.actions.map((action) => (
              <li key={action.id}>
                <strong>{verbs.data?.find(({ name }) => name === action.verb)?.title ?? action.verb}</strong>{' '}
                <code>{action.target}</code>
              </li>
            ))}
          </ul>
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

export function PlanCard({ status, buttons = true }: { status: PlanStatus; buttons?: boolean }) {
  const t = useT();
  const verbs = useVerbs();
  const { plan, verify } = status;
  const done = status.actions.filter(
    ({ state }) => state !== 'proposed' && state !== 'approved' && state !== 'running',
  ).length;
  return (
    <article className="card stack tight" aria-label={plan.title}>
      <div className="row between">
        <div className="row">
          <StateBadge state={status.state} />
          <h2>
            <Link to={`/plans/${encodeURIComponent(plan.id)}`}>{plan.title}</Link>
          </h2>
          <DangerBadge danger={dangerOf(plan, verbs.data)} />
          {isUnderWay(status) && (
            <span className="small muted" role="status">
              {t('plan.progress', { done, total: status.actions.length })}
            </span>
          )}
        </div>
        {buttons && <PlanButtons status={status} />}
      </div>
      {status.waiting_for && status.state !== 'proposed' && (
        <p className="small">{t('plan.waiting_for', { what: status.waiting_for })}</p>
      )}
      {status.money?.map((sum) => (
        <p className="small" key={sum.currency}>
          {t('plan.money', { amount: money(sum.per_hour, sum.currency) })}
        </p>
      ))}
      <ol className="plain plan-actions">
        {status.actions.map((action, at) => (
          <ActionRow
            key={action.action.id}
            status={action}
            before={status.actions[at - 1]}
            verb={verbs.data?.find(({ name }) => name === action.action.verb)}
          />
        ))}
      </ol>
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
