// What something has cost since it was found, and costs a day.
import type { CostSince } from '../api/types';
import { money } from '../format/money';
import { useT } from '../i18n';

export function CostText({ cost }: { cost: CostSince }) {
  const t = useT();
  return (
    <span className="small muted">
      {t('cost.so_far', { amount: money(cost.so_far, cost.currency) })}
      {cost.per_hour > 0 && <> · {t('cost.a_day', { amount: money(cost.per_hour * 24, cost.currency) })}</>}
    </span>
  );
}
