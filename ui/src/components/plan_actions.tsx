// The actions of a plan with their order, reasons and risks. A large plan is grouped by what it acts on, and only what
// somebody opens is drawn.
import { useState } from 'react';

import { useResolve } from '../api/queries';
import type { Action, ActionStatus, RunProgress, Verb } from '../api/types';
import { money } from '../format/money';
import { localTimes } from '../format/time';
import { useT } from '../i18n';
import { OutputOf } from './action_output';
import { AskingDialog } from './asking_button';
import { DangerBadge, StateBadge } from './badges';
import { countedVerbs, groupsOf, inTurn, isLarge, stepsOf, type ActionGroup } from './plan_order';
import { ResourceLink } from './resource_link';
import { useMay } from './role';
import { Lasting, Time } from './time';
import { useToasts } from './toasts';
import { useVerbTitle } from './verb_title';

const GROUPS_SHOWN = 100;

/** "reason: x, signal: TERM" of an action's parameters. */
function parametersText(parameters: unknown): string {
  if (parameters === null || typeof parameters !== 'object') return '';
  return Object.entries(parameters)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}

/** A state that says more than that nothing was done yet. */
const isShown = (state: string) => state !== 'proposed' && state !== 'preview';

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
  /** Its turn, from 1 on; 0 where all have the same. */
  step: number;
  said: string | undefined;
}) {
  const { status, before, verb, step, said } = props;
  const t = useT();
  const { action } = status;
  const parameters = parametersText(action.parameters);
  return (
    <li className="plan-action">
      <div className="row">
        {step > 0 && <span className="badge plain">{t('plan.step', { step })}</span>}
        {isShown(status.state) && <StateBadge state={status.state} />}
        <strong>{verb?.title ?? action.verb}</strong>
        <ResourceLink id={action.target} />
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
      {action.reason && action.reason !== before?.action.reason && (
        <p className="small">{localTimes(action.reason)}</p>
      )}
      {parameters && <p className="small muted">{parameters}</p>}
      {status.says && status.says !== before?.says && status.says !== said && (
        <p className="small">{localTimes(status.says)}</p>
      )}
      {action.precondition && (
        <details className="small">
          <summary className="muted">{t('plan.precondition')}</summary>
          <code>{action.precondition}</code>
        </details>
      )}
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
    resolve.mutate({ id, decision }, { onError: toasts.fail });
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
        <AskingDialog
          title={t('plan.retry.title')}
          confirm={t('plan.unknown.retry')}
          danger
          send={() => resolve.mutateAsync({ id, decision: 'retry' })}
          onClose={() => setRetrying(false)}
        >
          <p>{t('plan.retry.text')}</p>
        </AskingDialog>
      )}
    </div>
  );
}

interface Actions {
  actions: ActionStatus[];
  verbs: Verb[] | undefined;
  steps: Map<string, number>;
  /** What is said of the plan, and need not be said of each action again. */
  said?: string | undefined;
}

function Rows({ actions, verbs, steps, said }: Actions) {
  const sorted = inTurn(actions, steps, ({ action }) => action.id);
  return (
    <ol className="plain plan-actions">
      {sorted.map((status, at) => (
        <ActionRow
          key={status.action.id}
          status={status}
          before={sorted[at - 1]}
          verb={verbs?.find(({ name }) => name === status.action.verb)}
          step={steps.get(status.action.id) ?? 0}
          said={said}
        />
      ))}
    </ol>
  );
}

/** All that is done to one resource: a line until it is opened. */
function Group({ group, verbs, steps, said }: { group: ActionGroup } & Omit<Actions, 'actions'>) {
  const t = useT();
  const [open, setOpen] = useState(group.states.some(({ state }) => state === 'unknown'));
  const first = group.actions[0]?.action.reason;
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <strong>{group.target}</strong>{' '}
        <span className="muted small">{t('plan.see_actions', { count: group.actions.length })}</span>{' '}
        {group.states
          .filter(({ state }) => isShown(state))
          .map(({ state, count }) => (
            <span key={state}>
              {count} × <StateBadge state={state} />{' '}
            </span>
          ))}
        {!open && first && <span className="small muted">{localTimes(first)}</span>}
      </summary>
      {open && <Rows actions={group.actions} verbs={verbs} steps={steps} said={said} />}
    </details>
  );
}

export function ActionList({ actions, verbs, said }: Omit<Actions, 'steps'>) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const [whole, setWhole] = useState(false);
  const steps = stepsOf(actions.map(({ action }) => action));
  if (!isLarge(actions)) return <Rows actions={actions} verbs={verbs} steps={steps} said={said} />;
  const groups = groupsOf(actions);
  const shown = whole ? groups : groups.slice(0, GROUPS_SHOWN);
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {t('plan.large', { count: actions.length, resources: groups.length })}{' '}
        <span className="muted small">{t('plan.steps', { count: Math.max(1, ...steps.values()) })}</span>
      </summary>
      {open && (
        <div className="stack tight plan-groups">
          {shown.map((group) => (
            <Group key={group.target} group={group} verbs={verbs} steps={steps} said={said} />
          ))}
          {groups.length > shown.length && (
            <button type="button" className="button small" onClick={() => setWhole(true)}>
              {t('plan.all_groups', { count: groups.length })}
            </button>
          )}
        </div>
      )}
    </details>
  );
}

/** What a plan does, for a question: each action, or of a large plan how many of each verb. */
export function ActionSummary({ actions, verbs }: { actions: Action[]; verbs: Verb[] | undefined }) {
  const titleOf = useVerbTitle();
  if (!isLarge(actions)) {
    return (
      <ul>
        {inTurn(actions, stepsOf(actions), ({ id }) => id).map((action) => (
          <li key={action.id}>
            <strong>{titleOf(action.verb)}</strong> <code>{action.target}</code>
          </li>
        ))}
      </ul>
    );
  }
  return (
    <ul>
      {countedVerbs(actions).map(({ verb, count }) => (
        <li key={verb}>
          {count} × <strong>{titleOf(verb)}</strong>{' '}
          <DangerBadge danger={verbs?.find(({ name }) => name === verb)?.danger ?? 'destructive'} />
        </li>
      ))}
    </ul>
  );
}
