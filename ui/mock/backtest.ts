// The mock's backtests: a week of a policy, walked through in a few looks, with a freeze and a budget in its way.
import type { Backtest, BacktestAction, BacktestPolicy } from '../src/api/backtest';
import { Refusal } from './http';

const DAY_MS = 86_400_000;
const LOOKS = 2;

export class Backtests {
  /** So many looks go by before one has ended; more than anybody waits for makes it cancelled in time. */
  looks = LOOKS;
  private readonly jobs = new Map<string, { job: Backtest; left: number; wanted: string }>();

  start(body: Record<string, unknown>): Backtest {
    const text = String(body['policies'] ?? '');
    const span = /^(\d+)d$/.exec(String(body['since'] ?? '30d'));
    if (!span) throw new Refusal('invalid_argument', "'since' must be a span such as 30d, a day or a time");
    const name = /^policy: *(\S+)/m.exec(text)?.[1];
    if (!name)
      throw new Refusal('invalid_argument', 'there is no policy in it', {
        file: 'policies',
        line: 1,
        column: 1,
      });
    const to = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const id = `backtest-${this.jobs.size + 1}`;
    const job: Backtest = {
      id,
      state: 'running',
      done: 0,
      from: new Date(to - Number(span[1]) * DAY_MS).toISOString(),
      to: new Date(to).toISOString(),
      result: null,
    };
    this.jobs.set(id, { job, left: this.looks, wanted: name });
    return job;
  }

  status(id: string): Backtest {
    const known = this.found(id);
    const { job } = known;
    if (job.state === 'running' && --known.left <= 0) {
      job.state = 'done';
      job.done = 1;
      job.result = { policies: [week(known.wanted, Date.parse(job.to))] };
    } else if (job.state === 'running') {
      job.done = 1 - known.left / this.looks;
    }
    return job;
  }

  cancel(id: string): Backtest {
    const { job } = this.found(id);
    if (job.state === 'running') job.state = 'cancelled';
    return job;
  }

  private found(id: string) {
    const known = this.jobs.get(id);
    if (!known) throw new Refusal('not_found', `there is no backtest '${id}', or it has been forgotten`);
    return known;
  }
}

/** Stopped in the evening, started in the morning; the second evening is held until the next morning. */
function week(name: string, to: number): BacktestPolicy {
  const actions: BacktestAction[] = [];
  for (let day = 5; day > 0; --day) {
    const at = (hour: number) => new Date(to - day * DAY_MS + hour * 3_600_000).toISOString();
    const act = (verb: string, hour: number, held_by = '', planned = hour) =>
      actions.push({
        at: at(hour),
        verb,
        target: 'host_service/dev-1:web',
        name: 'dev-1',
        reason: verb.includes('stop') ? 'outside Mon-Fri 09:00-18:00' : 'within Mon-Fri 09:00-18:00',
        plan: `plan-${day}-${verb}`,
        planned: at(planned),
        held_by,
        undo: false,
      });
    act('host.start_service', 9);
    if (day === 4) act('host.stop_service', 31, 'year-end', 18);
    else act('host.stop_service', 18);
  }
  const days = new Map<string, Record<string, number>>();
  for (const { at, verb } of actions) {
    const counts = days.get(at.slice(0, 10)) ?? {};
    counts[verb] = (counts[verb] ?? 0) + 1;
    days.set(at.slice(0, 10), counts);
  }
  return {
    name,
    plans: actions.length,
    asks: 2,
    selected: 3,
    action_count: actions.length,
    actions,
    days: [...days].map(([day, counts]) => ({ day, actions: counts })),
    money: [
      {
        currency: 'USD',
        real: { hours: 336, money: 161.28 },
        would_be: { hours: 103, money: 49.44 },
        saved: { hours: 233, money: 111.84 },
      },
    ],
    held: [{ freeze: 'year-end', actions: 3, dropped: 2 }],
    over_budget: {
      count: 1,
      resources: [
        {
          id: 'host_service/dev-2:web',
          name: 'dev-2',
          from: new Date(to - 3 * DAY_MS).toISOString(),
          to: new Date(to - 2 * DAY_MS).toISOString(),
          why: 'over the budget of 1.00 USD an hour: 0.96 USD without it, 1.44 USD with it',
        },
      ],
    },
    notes: [{ what: 'freezes', about: '1' }],
  };
}
