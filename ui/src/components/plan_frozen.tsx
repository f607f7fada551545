// That a freeze holds a plan back, and the button of whom it names to let the plan through all the same.
import { useLift } from '../api/automation';
import type { PlanStatus } from '../api/types';
import { useT } from '../i18n';
import { AskingButton } from './asking_button';

export function PlanFrozen({ status, buttons }: { status: PlanStatus; buttons: boolean }) {
  const t = useT();
  const lift = useLift();
  if (!status.frozen) return null;
  const freeze = status.freeze ?? '';
  return (
    <div className="row small">
      <span className="badge accent">{t('plan.frozen')}</span>
      <span>{status.frozen}</span>
      {buttons && freeze && (
        <AskingButton
          text={t('plan.lift')}
          className="button small"
          title={t('plan.lift.title', { title: status.plan.title })}
          confirm={t('plan.lift')}
          reason={{ label: t('plan.lift.reason'), required: true }}
          send={(reason) => lift.mutateAsync({ freeze, plan: status.plan.id, reason })}
          done={t('plan.lift.done')}
        >
          <p>{t('plan.lift.text', { freeze })}</p>
        </AskingButton>
      )}
    </div>
  );
}
