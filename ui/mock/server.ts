// The mock of Capstan's HTTP API for development and tests. Strict: what the contract does not allow it refuses.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { ActionState, PlanStatus, Role, Session, Topic } from '../src/api/types';
import { Automation } from './automation';
import { diagnose } from './diagnosis';
import { readBody, Refusal, sendJson, sendRefusal } from './http';
import * as reading from './reading';
import { oneOf, parameters } from './reading';
import { scaling, whatif } from './scaling';
import { World, type WorldOptions } from './world';

export interface MockOptions extends WorldOptions {
  /** Nobody exists yet: the page must ask for the one-time token. */
  setup?: boolean;
}

/** Passwords and tokens of the mock's people; they protect nothing. */
export const SETUP_TOKEN = 'setup-token-4711';
export const PASSWORD = 'correct horse battery';

const isUnderWay = (state: ActionState) => state === 'approved' || state === 'running';

const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

export interface Mock {
  /** False when the address is none of the API's. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  close(): void;
  world: World;
  /** Ends every session, as a restart would. */
  forgetSessions(): void;
  /** Cuts every event stream; `refuse` keeps new ones from opening. */
  cutEvents(refuse: boolean): void;
}

type Person = { role: Role; password: string };
type Call = { url: URL; path: string; user: string; body: Record<string, unknown> };

export function createMock(options: MockOptions = {}): Mock {
  return new MockServer(options);
}

class MockServer implements Mock {
  readonly world: World;
  private readonly automation: Automation;
  private readonly people = new Map<string, Person>();
  private readonly tokens = new Map<string, Role>([['grafana', 'viewer']]);
  private readonly sessions = new Map<string, string>();
  private readonly streams = new Set<ServerResponse>();
  private readonly heartbeat: NodeJS.Timeout;
  private refuseEvents = false;

  constructor(options: MockOptions) {
    this.world = new World(options);
    this.automation = new Automation(() => this.world.policies);
    if (!options.setup) {
      for (const [name, role] of [
        ['alice', 'admin'],
        ['oscar', 'operator'],
        ['vera', 'viewer'],
      ] as const)
        this.people.set(name, { role, password: PASSWORD });
    }
    this.world.onChange((topic, seq) => this.announce(topic, seq));
    this.heartbeat = setInterval(() => {
      for (const stream of this.streams) stream.write(': still here\n\n');
    }, 15_000);
    this.heartbeat.unref();
  }

  close() {
    clearInterval(this.heartbeat);
    this.world.close();
    this.cutEvents(true);
  }

  forgetSessions() {
    this.sessions.clear();
  }

  cutEvents(refuse: boolean) {
    this.refuseEvents = refuse;
    for (const stream of this.streams) stream.destroy();
    this.streams.clear();
  }

  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const url = new URL(request.url ?? '/', 'http://mock');
    if (!url.pathname.startsWith('/capstan/v1/') && !url.pathname.startsWith('/api/v1/')) return false;
    this.answer(request, response, url).catch((error: unknown) => {
      if (error instanceof Refusal) sendRefusal(response, error);
      else sendRefusal(response, new Refusal('internal', String(error)));
    });
    return true;
  }

  private announce(topic: Topic, seq: number) {
    for (const stream of this.streams)
      stream.write(`event: changed\nid: ${seq}\ndata: ${JSON.stringify({ topic, seq })}\n\n`);
  }

  private userOf(request: IncomingMessage): string {
    const cookie = /(?:^|;\s*)capstan_session=(\w+)/.exec(request.headers.cookie ?? '');
    return this.sessions.get(cookie?.[1] ?? '') ?? '';
  }

  private sessionOf(user: string): Session {
    return {
      authenticated: user !== '',
      user,
      role: this.people.get(user)?.role ?? '',
      setup_needed: this.people.size === 0,
      version: '0.1.0',
    };
  }

  private async answer(request: IncomingMessage, response: ServerResponse, url: URL) {
    const user = this.userOf(request);
    const method = request.method ?? 'GET';
    if (url.pathname.startsWith('/api/v1/')) {
      if (user === '') throw new Refusal('unauthenticated', 'Log in first.');
      const { status, body } = reading.prometheus(this.world, url);
      return sendJson(response, status, body);
    }
    const path = decodeURIComponent(url.pathname.slice('/capstan/v1'.length));
    if (path === '/session') return sendJson(response, 200, this.sessionOf(user));
    if (method !== 'GET' && request.headers['x-capstan'] !== '1')
      throw new Refusal('permission_denied', 'The header X-Capstan: 1 is missing.');
    const call: Call = { url, path, user, body: method === 'GET' ? {} : await readBody(request) };
    if (method === 'POST' && (path === '/login' || path === '/setup')) return this.enter(call, response);
    if (user === '') throw new Refusal('unauthenticated', 'Log in first.');
    if (path === '/events') return this.stream(response);
    const result = method === 'GET' ? this.read(call) : this.change(method, call);
    sendJson(response, 200, result);
  }

  private enter({ path, body }: Call, response: ServerResponse) {
    const [user, password] = [String(body['user'] ?? ''), String(body['password'] ?? '')];
    if (path === '/setup') {
      if (this.people.size > 0) throw new Refusal('failed_precondition', 'An administrator exists already.');
      if (body['token'] !== SETUP_TOKEN)
        throw new Refusal('permission_denied', 'The one-time token is wrong. `capstan run` prints it.');
      if (password.length < 12)
        throw new Refusal('invalid_argument', 'A password needs at least 12 characters.');
      this.people.set(user, { role: 'admin', password });
    }
    if (this.people.get(user)?.password !== password)
      throw new Refusal('unauthenticated', 'User or password is wrong.');
    const key = randomBytes(16).toString('hex');
    this.sessions.set(key, user);
    response.setHeader('Set-Cookie', `capstan_session=${key}; HttpOnly; SameSite=Strict; Path=/`);
    sendJson(response, 200, this.sessionOf(user));
  }

  private stream(response: ServerResponse) {
    if (this.refuseEvents) return void response.destroy();
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(': hello\n\n');
    this.streams.add(response);
    response.on('close', () => this.streams.delete(response));
  }

  private read({ url, path, user }: Call): unknown {
    const { world } = this;
    const [, first = '', second = ''] = path.split('/');
    switch (first) {
      case 'overview':
        return world.overview();
      case 'incidents': {
        if (second) return this.found(world.incident(second), `incident "${second}"`);
        const of = parameters(url, 'state', 'limit');
        const wanted = oneOf(of('state'), 'open', 'closed', 'all');
        const all = [...world.incidents.values()].filter(({ state }) => wanted === 'all' || state === wanted);
        return {
          incidents: all.sort((a, b) => b.opened.localeCompare(a.opened)).slice(0, Number(of('limit') || 50)),
        };
      }
      case 'findings': {
        const of = parameters(url, 'state', 'limit');
        return { findings: world.findings(oneOf(of('state'), 'open', 'closed')) };
      }
      case 'resources':
        return reading.resources(world, url);
      case 'resource':
        return reading.resource(world, url);
      case 'graph':
        return reading.graph(world, url);
      case 'checks':
        return world.fleet.checks(url);
      case 'difference':
        return world.fleet.difference(url);
      case 'drift':
        parameters(url);
        return { manifests: world.manifests };
      case 'scaling':
        return scaling(world, url);
      case 'service_graph':
        return world.traffic.graph(url);
      case 'backtest':
        return world.backtests.status(second);
      case 'savings':
        return world.savings.answer(url);
      case 'diagnose':
        return diagnose(world, url);
      case 'map':
        return world.fleet.map(url);
      case 'mutes': {
        const state = oneOf(parameters(url, 'state')('state'), 'active', 'all');
        return { mutes: world.fleet.mutes.filter(({ active }) => active || state === 'all') };
      }
      case 'facts':
        return reading.facts(world, url);
      case 'why':
        return reading.why(world, url);
      case 'policies':
        return { policies: world.policies };
      case 'plans': {
        if (second) return this.found(world.plans.get(second) ?? null, `plan "${second}"`);
        const wanted = oneOf(parameters(url, 'state')('state'), 'waiting', 'running', 'finished', 'all');
        const isWanted = ({ state }: PlanStatus) =>
          wanted === 'all' ||
          wanted === (state === 'proposed' ? 'waiting' : isUnderWay(state) ? 'running' : 'finished');
        return { plans: [...world.plans.values()].filter(isWanted).reverse(), coming: [] };
      }
      case 'calendar':
        return this.automation.calendar(url);
      case 'verdicts':
        return this.automation.verdicts(url);
      case 'overrides':
        return { overrides: this.automation.overrides };
      case 'approvals':
        return { approvals: this.automation.approvals };
      case 'verbs':
        return { verbs: reading.VERBS };
      case 'config':
        return reading.config(world);
      case 'logs':
        return reading.logs(url);
      case 'log-templates':
        return reading.logTemplates(url);
      case 'users':
        this.need(user, 'admin');
        return { users: [...this.people].map(([name, { role }]) => ({ name, role })) };
      case 'tokens':
        this.need(user, 'admin');
        return { tokens: [...this.tokens].map(([name, role]) => ({ name, role })) };
    }
    throw new Refusal('not_found', `no ${path}`);
  }

  private change(method: string, call: Call): unknown {
    const { path, user, body } = call;
    const [, first = '', second = '', third = ''] = path.split('/');
    if (path === '/logout') {
      for (const [key, name] of this.sessions) if (name === user) this.sessions.delete(key);
      return {};
    }
    if (path === '/sql') return reading.sql(this.world, String(body['query'] ?? ''));
    if (path === '/backtest') return this.world.backtests.start(body);
    if (first === 'backtest' && third === 'cancel') return this.world.backtests.cancel(second);
    if (path === '/check') return this.world.fleet.check(body);
    if (path === '/whatif') return whatif(this.world, body);
    if (first === 'users' || first === 'tokens') return this.changePeople(method, first, second, call);
    this.need(user, 'operator');
    if (path === '/drift/look') return this.look();
    if (first === 'pause')
      this.world.setPaused({ by: user, reason: String(body['reason'] ?? ''), at: new Date().toISOString() });
    else if (first === 'resume') this.world.setPaused(null);
    else if (first === 'mutes') return this.changeMute(second, third, call);
    else if (first === 'overrides')
      return second === '' ? this.automation.keep(body, user) : this.automation.end(second);
    else if (first === 'approvals') return this.automation.withdraw(second, user);
    else if (first === 'plans') return this.changePlan(second, third, call);
    else if (first === 'actions') return this.resolve(second, call);
    else if (first === 'policies') return this.changePolicy(second, third);
    else throw new Refusal('not_found', `no ${path}`);
    return { paused: this.world.paused };
  }

  /** What is looked at takes a moment. */
  private look() {
    const at = new Date().toISOString();
    setTimeout(() => {
      this.world.manifests = this.world.manifests.map((one) => ({ ...one, looked: at }));
    }, 300).unref();
    return { at };
  }

  private changeMute(id: string, verb: string, { user, body }: Call) {
    if (id === '') return this.world.fleet.mute(body, user);
    if (verb !== 'end') throw new Refusal('not_found', `no mutes/${id}/${verb}`);
    return this.world.fleet.unmute(id, user);
  }

  private changePlan(id: string, verb: string, { user, body }: Call) {
    const status = this.found(this.world.plans.get(id) ?? null, `plan "${id}"`);
    if (verb === 'cancel') this.world.cancel(status, user);
    else {
      if (status.state !== 'proposed')
        throw new Refusal('failed_precondition', `The plan is ${status.state}; it no longer waits.`);
      if (verb === 'reject') this.world.reject(status, user, String(body['reason'] ?? ''));
      else if (verb !== 'approve') throw new Refusal('not_found', `no plans/${id}/${verb}`);
      else if (this.world.paused)
        throw new Refusal('failed_precondition', 'Capstan is paused; nothing acts.');
      else if (body['hash'] !== status.plan.hash)
        throw new Refusal('failed_precondition', 'The plan changed since it was read.');
      else this.world.approve(status, user);
    }
    return status;
  }

  private resolve(id: string, { user, body }: Call) {
    const status = [...this.world.plans.values()].find(({ actions }) =>
      actions.some(({ action }) => action.id === id),
    );
    const action = status?.actions.find((one) => one.action.id === id);
    if (!status || !action) throw new Refusal('not_found', `no action "${id}"`);
    if (!['happened', 'retry', 'abandon'].includes(String(body['decision'])))
      throw new Refusal('invalid_argument', 'decision must be happened, retry or abandon');
    if (action.state !== 'unknown')
      throw new Refusal('failed_precondition', `The action is ${action.state}.`);
    this.world.resolve(status, action, String(body['decision']), user);
    return status;
  }

  private changePolicy(name: string, verb: string) {
    const policy = this.found(
      this.world.policies.find((one) => one.name === name) ?? null,
      `policy "${name}"`,
    );
    if (verb === 'run') {
      const plan = policy.plans[0];
      return {
        plan: plan ? (this.world.plans.get(plan.id) ?? null) : null,
        says: plan ? `${plan.title}: waits for approval` : 'everything is as wanted',
      };
    }
    if (verb !== 'pause' && verb !== 'resume') throw new Refusal('not_found', `no policies/${name}/${verb}`);
    policy.paused = verb === 'pause';
    return policy;
  }

  private changePeople(method: string, what: string, name: string, { user, body }: Call) {
    this.need(user, 'admin');
    if (method === 'DELETE') {
      if (name === user) throw new Refusal('failed_precondition', 'You cannot remove yourself.');
      this.found(
        what === 'users' ? this.people.delete(name) || null : this.tokens.delete(name) || null,
        `"${name}"`,
      );
      return {};
    }
    const role = body['role'] as Role;
    if (!(role in RANK)) throw new Refusal('invalid_argument', 'role must be viewer, operator or admin');
    if (what === 'users') {
      const fresh = String(body['user'] ?? '');
      if (this.people.has(fresh)) throw new Refusal('already_exists', `user "${fresh}" exists`);
      this.people.set(fresh, { role, password: String(body['password']) });
      return { name: fresh, role };
    }
    const fresh = String(body['name'] ?? '');
    if (this.tokens.has(fresh)) throw new Refusal('already_exists', `token "${fresh}" exists`);
    this.tokens.set(fresh, role);
    return { name: fresh, role, token: `cst_${randomBytes(16).toString('hex')}` };
  }

  private need(user: string, role: Role) {
    const has = this.people.get(user)?.role;
    if (!has || RANK[has] < RANK[role])
      throw new Refusal('permission_denied', `This needs the role ${role}.`);
  }

  private found<T>(value: T | null, what: string): T {
    if (value === null) throw new Refusal('not_found', `no ${what}`);
    return value;
  }
}
