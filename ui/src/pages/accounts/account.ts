// Trial accounts as the catalog has them, and what state they are in.
import type { Json, PolicyResource, SqlResult } from '../../api/types';
import { DAY_MS, wallTime } from '../calendar/week';

/** One question for all: what each is, and what it has at the services. No column of any of these kinds is a secret. */
export const ACCOUNTS_SQL = `
SELECT t.id, t.name, t.owner, t.mail, t.starts_on, t.ends_on, t.begins_at, t.ends_at, t.zone, t.hours, t.removed_at,
  (SELECT a.status FROM cloudz_account a WHERE a.login = t.name) AS portal,
  (SELECT r.id FROM trial_record r WHERE r.name = t.name) AS record,
  (SELECT c.id FROM mcm_cluster c JOIN mcm_group g ON g.group_id = c.owner_group WHERE g.name = t.name) AS cluster,
  (SELECT c.status FROM mcm_cluster c JOIN mcm_group g ON g.group_id = c.owner_group WHERE g.name = t.name) AS cluster_status,
  (SELECT p.id FROM modeler_project p WHERE p.managed_for = t.name) AS project,
  (SELECT count(*) FROM modeler_item i JOIN modeler_project p ON p.project_id = i.project_id
    WHERE p.managed_for = t.name AND i.type <> 'image' AND i.status NOT IN ('STOPPED', 'STOPPING', 'COMPLETED')) AS running,
  f.plan AS failed_plan, f.verb AS failed_verb, f.says AS failed_says
FROM trial_account t LEFT JOIN (
  SELECT target, max(seq) AS newest, state, plan, verb, says FROM action
  WHERE target LIKE 'trial_account/%' AND state NOT IN ('proposed', 'approved', 'skipped') GROUP BY target
) f ON f.target = t.id AND f.state IN ('failed', 'partial', 'unknown')
ORDER BY t.name LIMIT 1000`;

export interface Account {
  id: string;
  name: string;
  owner: string;
  mail: string;
  starts_on: string;
  ends_on: string;
  begins_at: string;
  ends_at: string;
  zone: string;
  hours: string;
  /** Since when it is in no file; "" for what is in one. */
  removed_at: string;
  /** "" for what it has not. */
  portal: string;
  record: string;
  cluster: string;
  cluster_status: string;
  project: string;
  /** Pieces of work that run. */
  running: number;
  /** Of the last action on it, where that did not go well: its plan, its verb and what it said. Else "". */
  failed_plan: string;
  failed_verb: string;
  failed_says: string;
}

export function readAccounts({ columns, rows }: SqlResult): Account[] {
  const at = new Map(columns.map((name, index) => [name, index]));
  return rows.map((row) => {
    const value = (name: string): Json => row[at.get(name) ?? -1] ?? null;
    const text = (name: string) => {
      const found = value(name);
      return found === null || typeof found === 'object' ? '' : String(found);
    };
    return {
      id: text('id'),
      name: text('name'),
      owner: text('owner'),
      mail: text('mail'),
      starts_on: text('starts_on'),
      ends_on: text('ends_on'),
      begins_at: text('begins_at'),
      ends_at: text('ends_at'),
      zone: text('zone'),
      hours: text('hours'),
      removed_at: text('removed_at'),
      portal: text('portal'),
      record: text('record'),
      cluster: text('cluster'),
      cluster_status: text('cluster_status'),
      project: text('project'),
      running: Number(value('running') ?? 0),
      failed_plan: text('failed_plan'),
      failed_verb: text('failed_verb'),
      failed_says: text('failed_says'),
    };
  });
}

export type AccountState =
  | 'planned' // Its first day is yet to come.
  | 'waiting' // It should have been issued, and has nothing yet.
  | 'issuing' // It has a part of what it is to have.
  | 'failing' // The same, or nothing, and the last attempt to give it more has failed.
  | 'issued' // It has all.
  | 'removed' // It was taken out of its file, and still has something.
  | 'taking_back' // Its last day is over, and it still has something.
  | 'ended'; // Its last day is over, and it has nothing left to use.

export function stateOf(account: Account, now: number): AccountState {
  const isActive = account.portal === 'ACTIVE';
  const isLeft = isActive || account.cluster !== '' || account.project !== '' || account.running > 0;
  if (Date.parse(account.begins_at) > now && account.removed_at === '') return 'planned';
  if (Date.parse(account.ends_at) <= now) return isLeft ? 'taking_back' : 'ended';
  if (account.removed_at !== '') return 'removed';
  if (isActive && account.cluster !== '' && account.project !== '') return 'issued';
  if (account.failed_plan !== '') return 'failing';
  return isLeft || account.portal !== '' ? 'issuing' : 'waiting';
}

/** Days from today to its last day, on the clock of its zone: 0 on the last day; none when that is over. */
export function daysLeft(account: Account, now: number): number | null {
  const end = Date.parse(account.ends_at);
  if (!(end > now)) return null;
  const dayOf = (instant: number) => Math.floor(wallTime(instant, account.zone) / DAY_MS);
  return dayOf(end - 1) - dayOf(now); // It ends with its last day, at the midnight after it.
}

/** What each policy decided over each resource. */
export function verdictsByResource(
  policies: { name: string; resources: PolicyResource[] }[],
): Map<string, (PolicyResource & { policy: string })[]> {
  const found = new Map<string, (PolicyResource & { policy: string })[]>();
  for (const { name, resources } of policies) {
    for (const verdict of resources) {
      const list = found.get(verdict.id) ?? [];
      if (verdict.matched) found.set(verdict.id, [...list, { ...verdict, policy: name }]);
    }
  }
  return found;
}
