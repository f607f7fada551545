// The mock's state: facts, incidents, plans, policies. What is approved runs for a few seconds and then takes effect.
import type {
  Fact,
  Incident,
  IncidentDetail,
  Json,
  CostSince,
  ListedFinding,
  Overview,
  Paused,
  PlanStatus,
  Policy,
  Severity,
  Topic,
} from '../src/api/types';
import type { Manifests } from '../src/api/drift';
import { createManifests } from './drift';
import { Fleet } from './fleet';
import { createHost, HOST, type HostModel } from './host';
import { createSeries, type Trouble } from './metrics';
import { Past } from './past';
import type { SyntheticSeries } from './promql';
import { Backtests } from './backtest';
import { Savings } from './savings';
import { Traffic } from './traffic';

export interface WorldOptions {
  /** Further processes, to see how a long table behaves. */
  processes?: number;
  /** About how many pods the fleet has. */
  pods?: number;
  /** How long an action runs, in milliseconds. */
  actionMs?: number;
}

const iso = (ms: number) => new Date(ms).toISOString();

export class World {
  readonly started = Date.now();
  readonly cpu: Trouble = { from: this.started / 1000 - 260, to: Infinity };
  readonly disk: Trouble = { from: this.started / 1000 - 2_400, to: Infinity };
  readonly host: HostModel;
  readonly fleet: Fleet;
  readonly savings = new Savings();
  readonly backtests = new Backtests();
  readonly traffic: Traffic;
  readonly series: () => SyntheticSeries[];
  readonly facts: Fact[] = [];
  readonly incidents = new Map<string, Incident>();
  readonly plans = new Map<string, PlanStatus>();
  readonly policies: Policy[] = [];
  /** Compared with the clusters; empty where the settings name none. */
  manifests: Manifests[];
  paused: Paused | null = null;
  private readonly listeners = new Set<(topic: Topic, seq: number) => void>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly actionMs: number;

  constructor(options: WorldOptions = {}) {
    this.actionMs = options.actionMs ?? 2_500;
    this.host = createHost(this.started, options.processes);
    this.fleet = new Fleet(options.pods);
    this.traffic = new Traffic(this.fleet);
    this.series = createSeries(this.cpu, this.disk);
    this.manifests = createManifests(this.started);
    new Past(this).record();
  }

  close() {
    for (const timer of this.timers) clearTimeout(timer);
    this.listeners.clear();
  }

  onChange(listener: (topic: Topic, seq: number) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  get lastSeq(): number {
    return this.facts.length;
  }

  fact(kind: string, subject: string, body: Json, cause = 0, actor = 'capstan', at = Date.now()): number {
    const seq = this.facts.length + 1;
    this.facts.push({ seq, at: iso(at), kind, subject, body, cause, actor, redacted: false });
    return seq;
  }

  private changed(...topics: Topic[]) {
    for (const listener of this.listeners)
      for (const topic of [...topics, 'facts' as const]) listener(topic, this.lastSeq);
  }

  // ---- Questions.

  overview(): Overview {
    const counts: Record<string, number> = {};
    for (const { kind } of this.host.resources.values()) counts[kind] = (counts[kind] ?? 0) + 1;
    const open = [...this.incidents.values()].filter(({ state }) => state === 'open');
    const plans = [...this.plans.values()];
    const findings: Partial<Record<Severity, number>> = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
    for (const finding of this.findings('open'))
      findings[finding.severity] = (findings[finding.severity] ?? 0) + 1;
    return {
      host: { id: HOST, name: 'web1' },
      now: iso(Date.now()),
      started: iso(this.started - 7_200_000),
      version: '0.1.0',
      paused: this.paused,
      last_seq: this.lastSeq,
      counts: {
        resources: counts,
        findings,
        incidents_open: open.length,
        plans_waiting: plans.filter(({ state }) => state === 'proposed').length,
        actions_unknown: plans.flatMap(({ actions }) => actions).filter(({ state }) => state === 'unknown')
          .length,
      },
      sources: [
        { name: 'host', state: 'ok', last: iso(Date.now() - 2_000), error: '' },
        { name: 'prometheus:node', state: 'ok', last: iso(Date.now() - 7_000), error: '' },
        {
          name: 'prometheus:orders',
          state: 'failing',
          last: iso(Date.now() - 312_000),
          error: 'http://127.0.0.1:9464/metrics: connection refused',
        },
      ],
      problems: [
        {
          file: '/etc/capstan/rules/disk.yaml',
          line: 14,
          column: 5,
          message: 'unknown key "serverity"; did you mean "severity"? The last good version stays in force.',
          since: iso(this.started - 3_000_000),
        },
      ],
    };
  }

  /** Everything that was found is about a machine of 0.57 an hour. */
  private cost(since: string): CostSince {
    const hours = (Date.now() - Date.parse(since)) / 3_600_000;
    return { currency: 'USD', so_far: 0.57 * hours, per_hour: 0.57 };
  }

  findings(state: 'open' | 'closed'): ListedFinding[] {
    return [...this.incidents.values()]
      .filter((incident) => (incident.state === 'open') === (state === 'open'))
      .flatMap((incident) =>
        incident.findings.map((finding) => ({
          ...finding,
          state,
          opened: incident.opened,
          resolved: incident.closed ?? null,
          incident: incident.id,
          cost: state === 'open' ? this.cost(incident.opened) : null,
        })),
      );
  }

  incident(id: string): IncidentDetail | null {
    const incident = this.incidents.get(id);
    if (!incident) return null;
    const plans = [...this.plans.values()].filter((status) => status.incident === id);
    const subjects = new Set([
      id,
      ...incident.findings.map((finding) => finding.id),
      ...plans.flatMap(({ plan }) => [plan.id, ...plan.actions.map((action) => action.id)]),
    ]);
    return {
      incident,
      cost: this.cost(incident.opened),
      plans,
      timeline: this.facts.filter(({ subject }) => subjects.has(subject)),
    };
  }

  /** From the newest fact about a subject back along its causes. */
  chain(id: string): Fact[] {
    const chain: Fact[] = [];
    let fact = [...this.facts].reverse().find(({ subject }) => subject === id);
    while (fact && chain.length < 50) {
      chain.push(fact);
      fact = this.facts[fact.cause - 1];
    }
    return chain;
  }

  // ---- Changes.

  approve(status: PlanStatus, user: string) {
    status.state = 'approved';
    status.waiting_for = '';
    status.approved_by = `user:${user}`;
    const cause = this.fact(
      'plan.approved',
      status.plan.id,
      { title: status.plan.title, hash: status.plan.hash },
      this.factOf(status.plan.id),
      `user:${user}`,
    );
    this.changed('plans', 'incidents');
    this.later(400, () => this.step(status, 0, cause));
  }

  reject(status: PlanStatus, user: string, reason: string) {
    status.state = 'skipped';
    status.ending = 'rejected';
    status.says = `rejected by ${user}${reason && `: ${reason}`}`;
    status.waiting_for = '';
    for (const action of status.actions) action.state = 'skipped';
    this.fact(
      'plan.rejected',
      status.plan.id,
      { title: status.plan.title, reason },
      this.factOf(status.plan.id),
      `user:${user}`,
    );
    this.changed('plans', 'incidents');
  }

  cancel(status: PlanStatus, user: string) {
    for (const action of status.actions)
      if (action.state === 'proposed' || action.state === 'approved') action.state = 'skipped';
    this.fact(
      'plan.finished',
      status.plan.id,
      { title: status.plan.title, state: 'partial', says: `cancelled by ${user}` },
      this.factOf(status.plan.id),
      `user:${user}`,
    );
    status.state = 'partial';
    status.says = `cancelled by ${user}`;
    this.changed('plans');
  }

  resolve(status: PlanStatus, action: PlanStatus['actions'][number], decision: string, user: string) {
    action.state = decision === 'happened' ? 'succeeded' : decision === 'abandon' ? 'failed' : 'running';
    action.says = `${user} decided: ${decision}`;
    status.state = decision === 'happened' ? 'succeeded' : decision === 'abandon' ? 'failed' : 'running';
    status.waiting_for = '';
    this.fact(
      'action.finished',
      action.action.id,
      { state: action.state, says: action.says },
      this.factOf(action.action.id),
      `user:${user}`,
    );
    this.changed('plans');
    if (decision === 'retry')
      this.later(this.actionMs, () => this.step(status, status.actions.indexOf(action), this.lastSeq));
  }

  setPaused(paused: Paused | null) {
    this.paused = paused;
    this.fact(
      paused ? 'capstan.paused' : 'capstan.resumed',
      'capstan',
      paused ? { reason: paused.reason } : {},
      0,
      `user:${paused?.by ?? 'admin'}`,
    );
    this.changed('policies', 'config');
  }

  private factOf(subject: string): number {
    return [...this.facts].reverse().find((fact) => fact.subject === subject)?.seq ?? 0;
  }

  private later(ms: number, what: () => void) {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      what();
    }, ms);
    this.timers.add(timer);
  }

  private step(status: PlanStatus, index: number, cause: number) {
    if (status.state === 'partial') return;
    const action = status.actions[index];
    if (!action) return this.finish(status, cause);
    status.state = 'running';
    action.state = 'running';
    action.started = iso(Date.now());
    const intended = this.fact('action.intended', action.action.id, { title: action.action.verb }, cause);
    this.changed('plans');
    this.later(this.actionMs, () => {
      action.state = 'succeeded';
      action.finished = iso(Date.now());
      action.says =
        action.action.verb === 'host.stop_process' ? 'signalled SIGTERM; gone after 0.2 s' : 'done';
      if (action.action.verb === 'host.stop_process') this.host.resources.delete(action.action.target);
      const finished = this.fact(
        'action.finished',
        action.action.id,
        { state: 'succeeded', says: action.says },
        intended,
      );
      this.changed('plans', 'resources');
      this.step(status, index + 1, finished);
    });
  }

  private finish(status: PlanStatus, cause: number) {
    status.state = 'succeeded';
    status.verify = { state: 'passed', says: status.plan.verify ? 'true after 3 s' : '' };
    const finished = this.fact(
      'plan.finished',
      status.plan.id,
      { title: status.plan.title, state: 'succeeded' },
      cause,
    );
    const incident = this.incidents.get(status.incident);
    if (status.plan.origin === 'incident:inc-4') this.cpu.to = Date.now() / 1000;
    this.changed('plans', 'incidents');
    this.later(this.actionMs, () => {
      if (!incident || incident.state === 'closed') return;
      incident.state = 'closed';
      incident.closed = iso(Date.now());
      this.fact('incident.closed', incident.id, { title: incident.title }, finished);
      for (const other of this.plans.values()) {
        if (other.incident !== incident.id || other.state !== 'proposed') continue;
        other.state = 'skipped';
        other.ending = 'withdrawn';
        other.says = 'withdrawn: the incident is over';
        for (const action of other.actions) action.state = 'skipped';
      }
      this.changed('incidents', 'findings', 'plans');
    });
  }
}
