// What the person who approves a plan allows for good.
import type { Plan } from '../api/types';
import { useT } from '../i18n';

export function GrantText({ plan }: { plan: Plan }) {
  const t = useT();
  const { grant } = plan;
  if (!grant || grant.policies.length === 0) return null;
  const policies = grant.policies.map(({ policy }) => policy).join(', ');
  return <p className="small plan-grant">{t('plan.grant', { policies, count: grant.resources.length })}</p>;
}
