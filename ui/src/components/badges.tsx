// Words in a colour: severity, state, danger. The word always stands beside the colour.
import type { ActionState, Danger, Severity } from '../api/types';
import { useI18n } from '../i18n';

export function SeverityBadge({ severity }: { severity: Severity }) {
  const { tOr } = useI18n();
  return <span className={`badge ${severity}`}>{tOr(`severity.${severity}`, severity)}</span>;
}

const STATE_COLOUR: Record<string, string> = {
  proposed: 'medium',
  approved: 'accent',
  running: 'accent running',
  succeeded: 'good',
  partial: 'high',
  failed: 'critical',
  reverted: 'low',
  unknown: 'critical',
  skipped: '',
  pending: '',
  passed: 'good',
  ok: 'good',
  failing: 'critical',
  loaded: 'good',
  rejected: 'critical',
  open: 'high',
  closed: 'good',
  resolved: 'good',
};

/** `alarm` for a state that is bad here though it need not be elsewhere: a service that stopped. */
export function StateBadge({ state, alarm = false }: { state: ActionState | string; alarm?: boolean }) {
  const { tOr } = useI18n();
  return (
    <span className={`badge ${alarm ? 'critical' : (STATE_COLOUR[state] ?? '')}`}>
      {tOr(`state.${state}`, state)}
    </span>
  );
}

const DANGER_COLOUR: Record<Danger, string> = { safe: 'good', disruptive: 'medium', destructive: 'critical' };

export function DangerBadge({ danger }: { danger: Danger }) {
  const { tOr } = useI18n();
  return <span className={`badge plain ${DANGER_COLOUR[danger]}`}>{tOr(`danger.${danger}`, danger)}</span>;
}

export function Bar({ share, tone = '', label }: { share: number; tone?: string; label: string }) {
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100);
  return (
    <div
      className={`bar ${tone}`}
      role="meter"
      aria-label={label}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
    >
      <span style={{ width: `${percent}%` }} />
    </div>
  );
}
