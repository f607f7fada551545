import type { Danger, Plan, Verb } from '../api/types';

const RANK: Danger[] = ['safe', 'disruptive', 'destructive'];

/** The danger of a plan's worst action; a verb nobody knows counts as destructive. */
export function dangerOf(plan: Plan, verbs: Verb[] | undefined): Danger {
  const ranks = plan.actions.map(({ verb }) => {
    const known = verbs?.find(({ name }) => name === verb);
    return known ? RANK.indexOf(known.danger) : RANK.length - 1;
  });
  return RANK[Math.max(0, ...ranks)] as Danger;
}
