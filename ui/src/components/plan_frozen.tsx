// That a freeze holds a plan back, and the button of whom it names to let the plan through all the same.
import { useState } from 'react';

import { useLift } from '../api/automation';
import type { PlanStatus } from '../api/types';
import { useT } from '../i18n';
import { ConfirmDialog } from './dialog';
import { useMay } from './role';
import { useToasts } from './toasts';

export function PlanFrozen({ status, buttons }: { status: PlanStatus; buttons: boolean }) {
  const t = useT();
  const may = useMay('operator');
  const lift = useLift();
  const toasts = useToasts();
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState('');
  if (!status.frozen) return null;
  const freeze = status.freeze ?? '';
  return (
    <div className="row small">
      <span className="badge accent">{t('plan.frozen')}</span>
      <span>{status.frozen}</span>
      {buttons && freeze && (
        <button
          type="button"
          className="button small"
          disabled={!may || lift.isPending}
          title={may ? undefined : t('plan.needs_operator')}
          onClick={() => setAsking(true)}
        >
          {t('plan.lift')}
        </button>
      )}
      {asking && (
        <ConfirmDialog
          title={t('plan.lift.title', { title: status.plan.title })}
          confirm={t('plan.lift')}
          busy={lift.isPending}
          onClose={() => setAsking(false)}
          onConfirm={() =>
            // Once lifted it is frozen no more, and this goes with that. What was typed stays where it fails.
            void lift.mutateAsync({ freeze, plan: status.plan.id, reason }).then(() => {
              setAsking(false);
              toasts.say(t('plan.lift.done'));
            }, toasts.fail)
          }
        >
          <p>{t('plan.lift.text', { freeze })}</p>
          <label className="field">
            <span>{t('plan.lift.reason')}</span>
            <input
              value={reason}
              required
              maxLength={200}
              onChange={(event) => setReason(event.target.value)}
            />
          </label>
        </ConfirmDialog>
      )}
    </div>
  );
}
