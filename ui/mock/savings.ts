// The mock's savings: four weeks of forty-five accounts that run on weekdays from nine to six, in Seoul.
import type {
  AccountSavings,
  DayOfSavings,
  Figures,
  PolicySavings,
  Reason,
  SavingsAnswer,
} from '../src/api/savings';
import { Refusal } from './http';
import { parameters } from './reading';

const RUNNING = 0.48;
const STOPPED = 0.03;
const DAY_MS = 86_400_000;

interface Hours {
  existing: number;
  within: number;
  extra: Partial<Record<Exclude<Reason, 'unstoppable' | 'unobserved' | 'unused'>, number>>;
}

function figures(resources: number, { existing, within, extra }: Hours): Figures {
  const more = Object.values(extra).reduce((sum, hours) => sum + hours, 0);
  const ran = within + more;
  const stopped = existing - ran;
  const part = (hours: number) => ({ hours, money: hours * RUNNING });
  const cost = ran * RUNNING + stopped * STOPPED;
  const real = { hours: stopped, money: stopped * (RUNNING - STOPPED) };
  const why = Object.entries(extra)
    .filter(([, hours]) => hours > 0)
    .map(([what, hours]) => ({ what: what as Reason, ...part(hours) }));
  return {
    currency: 'USD',
    resources,
    baseline: part(existing),
    running: part(ran),
    unobserved: part(0),
    cost,
    planned: part(existing - within),
    real,
    planned_hours_share: (existing - within) / existing,
    real_hours_share: stopped / existing,
    planned_money_share: (existing - within) / existing,
    real_money_share: real.money / (existing * RUNNING),
    why: [...why, { what: 'unstoppable', hours: 0, money: stopped * STOPPED }],
  };
}

export class Savings {
  /** No prices are known. */
  silent = false;

  answer(url: URL): SavingsAnswer {
    const of = parameters(url, 'policy', 'account', 'since', 'until', 'zone', 'limit');
    const span = /^(\d+)d$/.exec(of('since') || '30d');
    if (!span) throw new Refusal('invalid_argument', "'since' must be a span such as 30d, a day or a time");
    const to = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const count = Number(span[1]);
    const days = this.silent ? [] : this.days(to - count * DAY_MS, count);
    const weeks = count / 7;
    const items = 180;
    const hours = (number: number, kept: number): Hours => ({
      existing: number * weeks * 168,
      within: number * weeks * 45,
      extra: { start_up: number * weeks * 0.83, late: number * weeks * 0.17, kept, restarted: kept / 4 },
    });
    const policy: PolicySavings = {
      ...figures(items, hours(items, 36)),
      policy: 'trial-hours',
      help: 'Outside its hours nothing runs in a trial’s project; what somebody starts again is stopped again.',
      hours: '',
      unpriced: 3,
    };
    const accounts: AccountSavings[] = Array.from({ length: 45 }, (_, at) => ({
      ...figures(4, hours(4, at % 5 === 0 ? 4 : 0)),
      account: `trial_account/trial_user${String(at + 1).padStart(2, '0')}`,
    }));
    return {
      from: new Date(to - count * DAY_MS).toISOString(),
      to: new Date(to).toISOString(),
      zone: 'Asia/Seoul',
      totals: this.silent ? [] : [figures(items, hours(items, 36))],
      policies: this.silent ? [] : [policy],
      accounts: this.silent ? [] : accounts,
      days,
      resource_count: this.silent ? 0 : items,
      problems: [],
    };
  }

  private days(from: number, count: number): DayOfSavings[] {
    return Array.from({ length: count }, (_, at) => {
      const begin = from + at * DAY_MS;
      const weekday = new Date(begin).getUTCDay();
      const within = weekday === 0 || weekday === 6 ? 0 : 9;
      const ran = within === 0 ? 0 : within + 0.2 + (at % 3) * 0.15;
      return {
        from: new Date(begin).toISOString(),
        to: new Date(begin + DAY_MS).toISOString(),
        currency: 'USD',
        baseline: 180 * 24 * RUNNING,
        planned: 180 * within * RUNNING,
        cost: 180 * (ran * RUNNING + (24 - ran) * STOPPED),
      };
    });
  }
}
