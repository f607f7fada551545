import { describe, expect, it } from 'vitest';

import type { Action, ActionState, ActionStatus } from '../api/types';
import { countedVerbs, groupsOf, inTurn, isDone, stepsOf } from './plan_order';

const action = (id: string, after: string[] = [], target = 't'): Action => ({
  id,
  verb: 'v',
  target,
  parameters: {},
  after,
});
const status = (id: string, target: string, state: ActionState): ActionStatus => ({
  action: action(id, [], target),
  state,
  says: '',
});

describe('the order of a plan', () => {
  it('gives each action a turn after all that it waits for', () => {
    const steps = stepsOf([action('d', ['b', 'c']), action('a'), action('b', ['a']), action('c')]);
    expect(Object.fromEntries(steps)).toEqual({ a: 1, b: 2, c: 1, d: 3 });
  });

  it('puts actions into the order of their turns, those of one turn as they were', () => {
    const actions = [action('a'), action('d', ['b', 'c']), action('b', ['a']), action('c')];
    const sorted = inTurn(actions, stepsOf(actions), ({ id }) => id);
    expect(sorted.map(({ id }) => id)).toEqual(['a', 'c', 'b', 'd']);
  });

  it('says nothing of turns where nothing waits', () => {
    expect(stepsOf([action('a'), action('b')]).size).toBe(0);
  });

  it('ends on a circle and on what is not in the plan', () => {
    expect(stepsOf([action('a', ['b']), action('b', ['a'])]).size).toBe(2);
    expect(stepsOf([action('a', ['elsewhere'])]).get('a')).toBe(1);
  });

  it('is quick for a chain and for many', () => {
    const many = Array.from({ length: 540 }, (_, at) => action(`${at}`, at % 12 ? [`${at - 1}`] : []));
    expect(Math.max(...stepsOf(many).values())).toBe(12);
  });
});

describe('a large plan', () => {
  it('is grouped by target with what became of it', () => {
    const groups = groupsOf([
      status('1', 'x', 'succeeded'),
      status('2', 'y', 'failed'),
      status('3', 'x', 'succeeded'),
    ]);
    expect(groups.map(({ target, actions }) => [target, actions.length])).toEqual([
      ['x', 2],
      ['y', 1],
    ]);
    expect(groups[0]?.states).toEqual([{ state: 'succeeded', count: 2 }]);
    expect(countedVerbs([action('a'), action('b')])).toEqual([{ verb: 'v', count: 2 }]);
  });

  it('counts as done what has ended, well or not', () => {
    const states: ActionState[] = ['proposed', 'approved', 'running', 'succeeded', 'failed', 'skipped'];
    expect(states.map((state) => isDone(status('1', 'x', state)))).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
    ]);
  });
});
