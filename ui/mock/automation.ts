// The mock's overrides, calendar and standing approvals: office hours of three services, of which people may keep one otherwise.
import type { Calendar, CalendarRow, Override, StandingApproval, Verdict } from '../src/api/automation';
import type { Policy } from '../src/api/types';
import { Refusal } from './http';
import { parameters } from './reading';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const POLICY = 'keep-services';
const SEOUL_AHEAD_MS = 9 * HOUR_MS;

/** Mon-Fri 09:00-18:00 in Seoul, which knows no summer time. */
function officeHours(from: number, to: number) {
  const spans = [];
  for (let day = Math.floor(from / DAY_MS) - 1; day * DAY_MS < to; day += 1) {
    const begin = day * DAY_MS + 9 * HOUR_MS - SEOUL_AHEAD_MS;
    const isWorkday = (day + 3) % 7 < 5;
    if (isWorkday && begin < to && begin + 9 * HOUR_MS > from)
      spans.push({
        from: new Date(begin).toISOString(),
        to: new Date(begin + 9 * HOUR_MS).toISOString(),
      });
  }
  return spans;
}

/** Fri 20:00-Mon 07:00 in Seoul, as far as it lies within the days. */
function weekends(from: number, to: number): { from: string; to: string }[] {
  const spans = [];
  for (let day = from - (from % DAY_MS) - 3 * DAY_MS; day < to; day += DAY_MS) {
    if (new Date(day).getUTCDay() !== 5) continue;
    const begin = day + 11 * HOUR_MS;
    if (begin + 59 * HOUR_MS > from)
      spans.push({ from: new Date(begin).toISOString(), to: new Date(begin + 59 * HOUR_MS).toISOString() });
  }
  return spans;
}

export class Automation {
  overrides: Override[] = [];
  approvals: StandingApproval[] = [
    {
      id: 'approval-812',
      policies: [
        { policy: POLICY, holds: true },
        { policy: 'restart-backup', holds: false },
      ],
      resources: ['host_service/web1:orders.service'],
      plan: '',
      by: 'user:alice',
      at: new Date(Date.now() - DAY_MS).toISOString(),
    },
  ];
  private made = 0;

  constructor(private readonly policies: () => Policy[]) {}

  calendar(url: URL): Calendar {
    const of = parameters(url, 'from', 'days');
    const from = of('from') === '' ? Date.now() : Date.parse(of('from'));
    if (Number.isNaN(from)) throw new Refusal('invalid_argument', `"${of('from')}" is no time`);
    const to = from + Number(of('days') || 7) * DAY_MS;
    const targets = this.policies().find(({ name }) => name === POLICY)?.resources ?? [];
    const rows: CalendarRow[] = [
      {
        policy: POLICY,
        hours: 'Mon-Fri 09:00-18:00',
        zone: 'Asia/Seoul',
        count: targets.length,
        resources: targets.map(({ id, name }) => ({ id, name, override: this.over(id)?.id ?? '' })),
        inside: 'running',
        outside: 'stopped',
        spans: officeHours(from, to),
      },
    ];
    return {
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      overrides: this.overrides,
      freezes: [
        {
          name: 'weekend',
          help: 'Nobody is there to look.',
          zone: 'Asia/Seoul',
          times: 'Fri 20:00-Mon 07:00',
          covers: 'at least disruptive',
          covers_all: false,
          as_of: new Date(from).toISOString(),
          mistake: '',
          except: { policies: [], people: [], roles: ['admin'] },
          spans: weekends(from, to),
        },
      ],
      rows,
    };
  }

  verdicts(url: URL): { resource: string; verdicts: Verdict[] } {
    const of = parameters(url, 'resource', 'policy');
    const resource = of('resource');
    const asked = of('policy');
    const verdicts = this.policies().flatMap(({ name, paused, resources }): Verdict[] => {
      if (asked !== '' && asked !== name) return [];
      const found = resources.find(({ id }) => id === resource);
      if (!found && asked === '') return [];
      const verdict = found ?? {
        id: resource,
        name: resource,
        matched: false,
        observed: '',
        wanted: '',
        why: 'not looked at: it is about another kind',
      };
      const override = this.over(resource)?.id ?? '';
      return [{ ...verdict, policy: name, paused, acts: verdict.observed !== verdict.wanted, override }];
    });
    return { resource, verdicts };
  }

  keep(body: Record<string, unknown>, user: string): Override {
    const text = (name: string) => String(body[name] ?? '');
    const hours = /^(\d+)h$/.exec(text('until'));
    if (!hours) throw new Refusal('invalid_argument', `'until': '${text('until')}' is no time to end at`);
    this.made += 1;
    const override: Override = {
      id: `override-${this.made}`,
      policy: text('policy'),
      resource: text('resource'),
      state: text('state') === 'alone' ? '' : text('state'),
      from: new Date().toISOString(),
      until: new Date(Date.now() + Number(hours[1]) * HOUR_MS).toISOString(),
      by: `user:${user}`,
      reason: text('reason'),
      decides: [],
    };
    this.overrides = [...this.overrides, override];
    return override;
  }

  end(id: string): Override {
    const found = this.overrides.find((override) => override.id === id);
    if (!found) throw new Refusal('not_found', `no override '${id}' is in force`);
    this.overrides = this.overrides.filter((override) => override.id !== id);
    return found;
  }

  withdraw(id: string, user: string) {
    if (!this.approvals.some((approval) => approval.id === id))
      throw new Refusal('not_found', `no approval '${id}'`);
    this.approvals = this.approvals.filter((approval) => approval.id !== id);
    return { id, withdrawn_by: `user:${user}` };
  }

  private over(resource: string): Override | undefined {
    return this.overrides.find((override) => override.resource === resource);
  }
}
