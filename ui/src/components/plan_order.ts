// What a plan's actions are in numbers: whose turn it is when, what belongs together, what is done.
import type { Action, ActionState, ActionStatus } from '../api/types';

const LARGE = 12;
export const isLarge = (actions: unknown[]) => actions.length > LARGE;

const AHEAD: (ActionState | 'preview')[] = ['proposed', 'approved', 'running', 'preview'];
export const isDone = ({ state }: ActionStatus) => !AHEAD.includes(state);

/** The turn of each action from 1 on: one more than the last of those that it comes after. Empty where all have the same. */
export function stepsOf(actions: Action[]): Map<string, number> {
  const known = new Map(actions.map((action) => [action.id, action]));
  const steps = new Map<string, number>();
  const visit = (action: Action): number => {
    const done = steps.get(action.id);
    if (done !== undefined) return done;
    steps.set(action.id, 1); // Against a circle, which the server refuses.
    const before = (action.after ?? []).flatMap((id) => known.get(id) ?? []).map(visit);
    const step = 1 + Math.max(0, ...before);
    steps.set(action.id, step);
    return step;
  };
  for (const action of actions) visit(action);
  return actions.some(({ after }) => after?.length) ? steps : new Map();
}

/** In the order of their turns; those of one turn as the plan has them. */
export function inTurn<T>(actions: T[], steps: Map<string, number>, idOf: (action: T) => string): T[] {
  const turn = (action: T) => steps.get(idOf(action)) ?? 0;
  return [...actions].sort((one, other) => turn(one) - turn(other));
}

export interface ActionGroup {
  target: string;
  actions: ActionStatus[];
  states: { state: string; count: number }[];
}

/** By what is acted on, in the order of the plan. */
export function groupsOf(actions: ActionStatus[]): ActionGroup[] {
  const groups = new Map<string, ActionStatus[]>();
  for (const status of actions) {
    const group = groups.get(status.action.target);
    if (group) group.push(status);
    else groups.set(status.action.target, [status]);
  }
  return [...groups].map(([target, own]) => {
    const counts = new Map<string, number>();
    for (const { state } of own) counts.set(state, (counts.get(state) ?? 0) + 1);
    return { target, actions: own, states: [...counts].map(([state, count]) => ({ state, count })) };
  });
}

export function countedVerbs(actions: Action[]): { verb: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { verb } of actions) counts.set(verb, (counts.get(verb) ?? 0) + 1);
  return [...counts].map(([verb, count]) => ({ verb, count }));
}
