import { describe, expect, it } from 'vitest';

import { daysLeft, readAccounts, stateOf, verdictsByResource, type Account } from './account';

const NOW = Date.parse('2026-11-22T03:00:00Z');
const account = (change: Partial<Account> = {}): Account => ({
  ...(readAccounts({
    columns: ['id', 'name'],
    rows: [['trial_account/a', 'a']],
    truncated: false,
    elapsed_ms: 0,
  })[0] as Account),
  begins_at: '2026-11-01T15:00:00Z',
  ends_at: '2026-11-24T15:00:00Z',
  ...change,
});
const ALL = { portal: 'ACTIVE', cluster: 'mcm_cluster/1', project: 'modeler_project/1' };

describe('a trial account', () => {
  it('is read by the names of the columns, and has nothing where they are null', () => {
    const [read] = readAccounts({
      columns: ['running', 'cluster', 'id'],
      rows: [[2, null, 'trial_account/a']],
      truncated: false,
      elapsed_ms: 0,
    });
    expect(read).toMatchObject({ id: 'trial_account/a', cluster: '', running: 2, portal: '' });
  });

  it('is planned before its first day', () => {
    expect(stateOf(account({ begins_at: '2026-11-23T00:00:00Z' }), NOW)).toBe('planned');
  });

  it('is issued when it has all that it is to have', () => {
    expect(stateOf(account(), NOW)).toBe('waiting');
    expect(stateOf(account({ portal: 'PENDING' }), NOW)).toBe('issuing');
    expect(stateOf(account({ ...ALL, cluster: '' }), NOW)).toBe('issuing');
    expect(stateOf(account(ALL), NOW)).toBe('issued');
  });

  it('is failing, not being issued, when the last attempt went wrong', () => {
    const failed = { failed_plan: 'plan-1', failed_verb: 'mcm.create_cluster', failed_says: '503' };
    expect(stateOf(account(failed), NOW)).toBe('failing');
    expect(stateOf(account({ ...failed, portal: 'PENDING' }), NOW)).toBe('failing');
    expect(stateOf(account({ ...failed, ...ALL }), NOW)).toBe('issued');
    expect(stateOf(account({ ...failed, begins_at: '2026-11-23T00:00:00Z' }), NOW)).toBe('planned');
  });

  it('is told as taken out of its file until its last day', () => {
    const removed = { ...ALL, removed_at: '2026-11-20T00:00:00Z' };
    expect(stateOf(account(removed), NOW)).toBe('removed');
    expect(stateOf(account({ ...removed, ends_at: '2026-11-20T15:00:00Z' }), NOW)).toBe('taking_back');
  });

  it('is being taken back after its last day until nothing is left', () => {
    const over = { ends_at: '2026-11-20T15:00:00Z' };
    expect(stateOf(account({ ...over, ...ALL }), NOW)).toBe('taking_back');
    expect(stateOf(account({ ...over, portal: 'DEACTIVATED' }), NOW)).toBe('ended');
  });

  it('counts the days to its last one on the clock of its zone', () => {
    const left = (ends_at: string, now = NOW) => daysLeft(account({ zone: 'Asia/Seoul', ends_at }), now);
    expect(left('2026-11-24T15:00:00Z')).toBe(2); // It is the 22nd; the 24th is the last.
    expect(left('2026-11-23T15:00:00Z')).toBe(1);
    expect(left('2026-11-22T15:00:00Z')).toBe(0);
    expect(left('2026-11-22T15:00:00Z', Date.parse('2026-11-21T15:30:00Z'))).toBe(0); // The 22nd has begun there.
    expect(left('2026-11-20T15:00:00Z')).toBeNull();
    expect(left('')).toBeNull();
  });

  it('has the verdicts of the policies that look at it', () => {
    const verdict = { id: 'x', name: 'x', matched: true, observed: '', wanted: '', why: 'so' };
    const found = verdictsByResource([
      { name: 'one', resources: [verdict] },
      { name: 'two', resources: [{ ...verdict, matched: false }] },
    ]);
    expect(found.get('x')?.map(({ policy }) => policy)).toEqual(['one']);
  });
});
