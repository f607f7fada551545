// What people keep otherwise than policies want: as a badge, and as a line with who, until when and a way to end it.
import { Link } from 'react-router-dom';

import { useEndOverride, type Override } from '../api/automation';
import { useI18n, useT } from '../i18n';
import { resourcePath } from './resource_link';
import { useMay } from './role';
import { Time } from './time';
import { useToasts } from './toasts';

/** "up", "down", "left alone", or the state by its own name. */
export function useStateName(): (state: string) => string {
  const { t, tOr } = useI18n();
  return (state) => (state === '' ? t('override.alone') : tOr(`override.state.${state}`, state));
}

/** `until` is the end on another clock than the browser's. */
export function OverrideBadge({ override, until }: { override: Override; until?: string | undefined }) {
  const t = useT();
  const name = useStateName();
  return (
    <span className="badge accent" title={[override.by, override.reason].filter(Boolean).join(': ')}>
      {t('override.badge', { state: name(override.state) })} {until ?? <Time at={override.until} />}
    </span>
  );
}

function EndButton({ id }: { id: string }) {
  const t = useT();
  const toasts = useToasts();
  const may = useMay('operator');
  const end = useEndOverride();
  return (
    <button
      type="button"
      className="button small"
      disabled={!may || end.isPending}
      title={may ? undefined : t('plan.needs_operator')}
      // The override leaves the list before its mutation tells its end to what is mounted.
      onClick={() => void end.mutateAsync(id).then(() => toasts.say(t('override.ended')), toasts.fail)}
    >
      {t('override.end')}
    </button>
  );
}

export function OverrideLine({ override, until }: { override: Override; until?: string | undefined }) {
  const t = useT();
  const { resource, policy, by, reason } = override;
  return (
    <li className="row small override">
      {resource ? <Link to={resourcePath(resource)}>{resource}</Link> : <strong>{policy}</strong>}
      {resource && policy && <span className="muted">{t('override.of', { policy })}</span>}
      <OverrideBadge override={override} until={until} />
      <span>{by}</span>
      {reason && <q className="muted">{reason}</q>}
      {override.decides.length === 0 && <span className="muted">{t('override.decides_nothing')}</span>}
      <EndButton id={override.id} />
    </li>
  );
}
