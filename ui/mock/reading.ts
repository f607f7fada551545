// The mock's answers to everything that only reads.
import type { ConfigFile, Graph, Relation, ResourceChange, SqlResult, Verb } from '../src/api/types';
import { Refusal } from './http';
import { findLines, findTemplates } from './logs';
import { compile, PromError } from './promql';
import type { World } from './world';

export const VERBS: Verb[] = [
  {
    name: 'host.set_priority',
    title: 'Lower priority',
    help: 'Sets the nice value of a process.',
    danger: 'safe',
    idempotent: true,
    undoable: true,
    target_kinds: ['host_process'],
    parameters: [{ name: 'nice', type: 'integer', required: true, help: '-20 to 19' }],
  },
  {
    name: 'host.stop_process',
    title: 'Stop process',
    help: 'Signals a process and waits until it is gone.',
    danger: 'destructive',
    idempotent: true,
    undoable: false,
    target_kinds: ['host_process'],
    parameters: [
      { name: 'signal', type: 'text', required: false, help: 'TERM or KILL' },
      { name: 'wait_ms', type: 'integer', required: false, help: 'How long to wait' },
    ],
  },
  {
    name: 'host.start_service',
    title: 'Start service',
    help: 'Starts a systemd unit.',
    danger: 'disruptive',
    idempotent: true,
    undoable: true,
    target_kinds: ['host_service'],
    parameters: [],
  },
  {
    name: 'host.restart_service',
    title: 'Restart service',
    help: 'Restarts a systemd unit.',
    danger: 'disruptive',
    idempotent: false,
    undoable: false,
    target_kinds: ['host_service'],
    parameters: [],
  },
  {
    name: 'host.run_script',
    title: 'Run a script',
    help: 'Runs a script with a time limit and as its own user.',
    danger: 'destructive',
    idempotent: false,
    undoable: false,
    target_kinds: ['host'],
    parameters: [{ name: 'path', type: 'text', required: true, help: 'The script' }],
  },
];

/** Refuses parameters that the contract does not name: a page that sends them has a mistake. */
export function parameters(url: URL, ...known: string[]): (name: string) => string {
  for (const name of url.searchParams.keys()) {
    if (!known.includes(name)) throw new Refusal('invalid_argument', `unknown parameter "${name}"`);
  }
  return (name) => url.searchParams.get(name) ?? '';
}

/** The value when it is among those the contract knows, the first of them when it is missing. */
export function oneOf<T extends string>(text: string, ...known: T[]): T {
  if (text === '') return known[0] as T;
  if (known.includes(text as T)) return text as T;
  throw new Refusal('invalid_argument', `"${text}": expected ${known.join(', ')}`);
}

function time(text: string, fallback: number): number {
  if (text === '') return fallback;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new Refusal('invalid_argument', `"${text}" is not an RFC 3339 time`);
  return ms;
}

export function resources(world: World, url: URL) {
  const of = parameters(url, 'kind', 'search', 'cluster', 'namespace', 'labels', 'sort', 'limit', 'offset');
  const all = [...world.host.resources.values(), ...world.fleet.resources.values()];
  const requirements = of('labels')
    .split(',')
    .filter(Boolean)
    .map((text) => {
      const match = /^([\w./-]+)=([\w.-]*)$/.exec(text);
      if (!match) throw new Refusal('invalid_argument', `"${text}" is no label selector`);
      return [match[1], match[2]] as [string, string];
    });
  const search = of('search').toLowerCase();
  const found = all.filter(
    (one) =>
      (of('kind') === '' || one.kind === of('kind')) &&
      (of('cluster') === '' || one.fields['cluster'] === of('cluster')) &&
      (of('namespace') === '' || one.fields['namespace'] === of('namespace')) &&
      requirements.every(([name, value]) => one.labels[name] === value) &&
      (search === '' || (one.name + one.id + JSON.stringify(one.fields)).toLowerCase().includes(search)),
  );
  const offset = Number(of('offset') || 0);
  const column = of('sort').replace(/^-/, '');
  if (column) {
    const sign = of('sort').startsWith('-') ? -1 : 1;
    const value = (one: (typeof found)[number]) =>
      column === 'name' || column === 'since' || column === 'kind' ? one[column] : one.fields[column];
    found.sort((a, b) => {
      const [left, right] = [value(a), value(b)];
      if (typeof left === 'number' && typeof right === 'number') return sign * (left - right);
      return sign * String(left ?? '').localeCompare(String(right ?? ''));
    });
  }
  const kinds = world.host.kinds.map((kind) => ({
    ...kind,
    count: all.filter((one) => one.kind === kind.name).length,
  }));
  kinds.push(...world.fleet.kinds());
  return { kinds, total: found.length, resources: found.slice(offset, offset + Number(of('limit') || 100)) };
}

export function resource(world: World, url: URL) {
  const of = parameters(url, 'id', 'at');
  const at = time(of('at'), Date.now());
  const object = world.fleet.object(of('id'), at < Date.now() - 3_600_000 ? 1 : 2);
  const one = world.host.resources.get(of('id')) ?? world.fleet.resources.get(of('id'));
  if (!one || Date.parse(one.since) > at)
    throw new Refusal('not_found', `no resource "${of('id')}" at that time`);
  const relations = [...world.host.relations, ...world.fleet.relations].filter(
    ({ source, target }) => source === one.id || target === one.id,
  );
  if (object !== null)
    return {
      resource: one,
      object,
      gone: false,
      relations,
      history: world.fleet.history(one.id),
      findings: [],
    };
  const history: ResourceChange[] = [
    { at: one.since, kind: 'appeared', seq: 12, places: 0, status_places: 0, changes: {} },
    {
      at: new Date(at - 120_000).toISOString(),
      kind: 'changed',
      seq: 118,
      places: 1,
      status_places: 0,
      changes:
        one.kind === 'host_process'
          ? { threads: [1, Number(one.fields['threads'])] }
          : { 'labels.owner': [null, 'ops'] },
    },
  ];
  return {
    resource: one,
    object: null,
    gone: false,
    relations: relations.slice(0, 200),
    history: history.reverse(),
    findings: world.findings('open').filter((finding) => finding.resource === one.id),
  };
}

export function graph(world: World, url: URL): Graph {
  const of = parameters(url, 'id', 'depth');
  const start = of('id');
  const relations = [...world.host.relations, ...world.fleet.relations];
  let reached = new Set(start === '' ? world.host.resources.keys() : [start]);
  for (let step = 0; start !== '' && step < Number(of('depth') || 2); step += 1) {
    const next = new Set(reached);
    for (const { source, target } of relations) {
      // The host touches everything; walking on from it would show the whole graph at once.
      if (reached.has(source) && source !== 'host/web1') next.add(target);
      if (reached.has(target) && target !== 'host/web1') next.add(source);
    }
    reached = next;
  }
  const worst = new Map(world.findings('open').map((finding) => [finding.resource, finding.severity]));
  const nodes = [...reached].flatMap((id) => {
    const one = world.host.resources.get(id) ?? world.fleet.resources.get(id);
    return one ? [{ id, kind: one.kind, name: one.name, severity: worst.get(id) ?? null }] : [];
  });
  const known = new Set(nodes.map(({ id }) => id));
  const edges = relations.filter((edge: Relation) => known.has(edge.source) && known.has(edge.target));
  return {
    nodes,
    edges: edges.map(({ source, kind, target, origin }) => ({ source, kind, target, origin })),
    truncated: false,
  };
}

/** A taste of SQL: SELECT columns FROM a kind [LIMIT n]. */
export function sql(world: World, text: string): SqlResult {
  const match =
    /^\s*select\s+(.+?)\s+from\s+(\w+)(?:\s+(?:where|order\s+by)\b.*?)?(?:\s+limit\s+(\d+))?\s*;?\s*$/is.exec(
      text,
    );
  if (!match)
    throw new Refusal('invalid_argument', 'near the start: syntax error; only SELECT is allowed', {
      line: 1,
      column: 1,
    });
  const [, list, table, limit] = match as unknown as [string, string, string, string | undefined];
  const kind = world.host.kinds.find(({ name }) => name === table);
  const line = text.slice(0, text.indexOf(table)).split('\n');
  if (!kind && table !== 'resource')
    throw new Refusal('invalid_argument', `no such table: ${table}`, {
      line: line.length,
      column: (line[line.length - 1] as string).length + 1,
    });
  const rows = [...world.host.resources.values()].filter((one) => !kind || one.kind === table);
  const columns =
    list.trim() === '*'
      ? ['id', 'name', ...(kind?.columns.map(({ name }) => name) ?? ['kind'])]
      : list.split(',').map((name) => name.trim());
  const cut = rows.slice(0, Number(limit ?? 1000));
  return {
    columns,
    rows: cut.map((one) =>
      columns.map((name) =>
        name === 'id'
          ? one.id
          : name === 'name'
            ? one.name
            : name === 'kind'
              ? one.kind
              : (one.fields[name] ?? null),
      ),
    ),
    truncated: cut.length < rows.length && !limit,
    elapsed_ms: 3,
  };
}

export function facts(world: World, url: URL) {
  const of = parameters(url, 'subject', 'kind', 'before', 'limit');
  const before = Number(of('before') || Infinity);
  const found = world.facts.filter(
    (fact) =>
      fact.seq < before &&
      (of('subject') === '' || fact.subject === of('subject')) &&
      (of('kind') === '' || fact.kind === of('kind')),
  );
  return { facts: found.reverse().slice(0, Number(of('limit') || 100)), last_seq: world.lastSeq };
}

export function why(world: World, url: URL) {
  const id = parameters(url, 'id')('id');
  const chain = world.chain(id);
  if (chain.length === 0) throw new Refusal('not_found', `no fact is about "${id}"`);
  const lines = chain.map(
    (fact, at) =>
      `${fact.at.slice(11, 19)} ${fact.kind} ${fact.subject}${at < chain.length - 1 ? ' because' : ''}`,
  );
  return { subject: id, chain, lines };
}

export function config(world: World): { files: ConfigFile[] } {
  const at = new Date(world.started - 7_199_000).toISOString();
  return {
    files: [
      { path: '/etc/capstan/capstan.yaml', state: 'loaded', loaded_at: at, error: null },
      { path: '/etc/capstan/policies.yaml', state: 'loaded', loaded_at: at, error: null },
      {
        path: '/etc/capstan/rules/disk.yaml',
        state: 'rejected',
        loaded_at: at,
        error: { message: 'unknown key "serverity"; did you mean "severity"?', line: 14, column: 5 },
      },
    ],
  };
}

export function logs(url: URL) {
  const of = parameters(url, 'selector', 'from', 'to', 'limit');
  const to = time(of('to'), Date.now());
  return {
    lines: findLines(of('selector'), time(of('from'), to - 3_600_000), to, Number(of('limit') || 100)),
  };
}

export function logTemplates(url: URL) {
  const of = parameters(url, 'selector', 'from', 'to', 'limit');
  const to = time(of('to'), Date.now());
  return {
    templates: findTemplates(
      of('selector'),
      time(of('from'), to - 3_600_000),
      to,
      Number(of('limit') || 100),
    ),
  };
}

// ---- Prometheus' own query API.

type Answer = { status: number; body: unknown };

export function prometheus(world: World, url: URL): Answer {
  const path = url.pathname.slice('/api/v1/'.length);
  try {
    const data = ask(world, path, url);
    if (data === undefined)
      return { status: 404, body: { status: 'error', errorType: 'not_found', error: `no ${path}` } };
    return { status: 200, body: { status: 'success', data } };
  } catch (error) {
    if (!(error instanceof PromError)) throw error;
    return {
      status: 400,
      body: {
        status: 'error',
        errorType: 'bad_data',
        error: `${error.line}:${error.column}: ${error.message}`,
      },
    };
  }
}

function ask(world: World, path: string, url: URL): unknown {
  const of = (name: string) => url.searchParams.get(name) ?? '';
  const text = (value: number) =>
    value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value);
  if (path === 'query') {
    const now = Number(of('time') || Date.now() / 1000);
    const value = compile(of('query'), world.series)(now);
    if (typeof value === 'number') return { resultType: 'scalar', result: [now, text(value)] };
    return {
      resultType: 'vector',
      result: value.map((one) => ({ metric: one.labels, value: [now, text(one.value)] })),
    };
  }
  if (path === 'query_range') {
    const [start, end, step] = [Number(of('start')), Number(of('end')), Number(of('step'))];
    if (!(step > 0) || !(end >= start)) throw new PromError(1, 1, 'invalid parameter "step" or "end"');
    if ((end - start) / step > 11_000)
      throw new PromError(1, 1, 'exceeded maximum resolution of 11,000 points per timeseries');
    const evaluate = compile(of('query'), world.series);
    const lines = new Map<string, { metric: Record<string, string>; values: [number, string][] }>();
    for (let time = start; time <= end; time += step) {
      const value = evaluate(time);
      for (const one of typeof value === 'number' ? [{ labels: {}, value }] : value) {
        const key = JSON.stringify(one.labels);
        const line = lines.get(key) ?? { metric: one.labels, values: [] };
        line.values.push([time, text(one.value)]);
        lines.set(key, line);
      }
    }
    return { resultType: 'matrix', result: [...lines.values()] };
  }
  if (path === 'labels')
    return [...new Set(world.series().flatMap(({ labels }) => Object.keys(labels)))].sort();
  const match = /^label\/(\w+)\/values$/.exec(path);
  if (match)
    return [...new Set(world.series().flatMap(({ labels }) => labels[match[1] as string] ?? []))].sort();
  return undefined;
}
