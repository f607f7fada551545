// The mock's Kubernetes fleet: two clusters with what operators know, its violations and mutes. As large as a test wants.
import type {
  ChangeReport,
  Checks,
  Difference,
  FacetName,
  FleetMap,
  Json,
  Kind,
  ListedMute,
  Mute,
  Relation,
  Resource,
  ResourceChange,
  Severity,
  Version,
  Violation,
} from '../src/api/types';
import { Refusal } from './http';
import { oneOf, parameters } from './reading';

const SEVERITIES: Severity[] = ['info', 'low', 'medium', 'high', 'critical'];
const SPACES = ['shop', 'bank', 'search', 'mail', 'billing', 'ops', 'media', 'auth'];
const column = (name: string, help: string) => ({ name, type: 'text' as const, help, volatile: false });
const COLUMNS = [column('cluster', 'The cluster it is in.'), column('namespace', 'The namespace it is in.')];

const RULES: Record<string, { severity: Severity; says: string; remedy: string; why: string; sql: string }> =
  {
    KubeServiceSelectsNothing: {
      severity: 'high',
      says: 'service {name} selects no pod: its callers get connection refused',
      remedy: 'Correct its selector, or give the pods that it is for its labels.',
      why: 'A service without pods answers nobody, and nothing else says so.',
      sql: "SELECT this.id FROM this WHERE NOT EXISTS (SELECT 1 FROM relation r WHERE r.source = this.id AND r.kind = 'selects')",
    },
    KubeConfigMapMissing: {
      severity: 'high',
      says: '{name} needs the config map {name}-settings, which does not exist: its pods do not start',
      remedy: 'Make the config map, or mark its use as optional.',
      why: 'A pod whose config map is missing stays in ContainerCreating.',
      sql: "SELECT this.id FROM this JOIN relation r ON r.source = this.id AND r.kind = 'uses'",
    },
    KubeImageTagLatest: {
      severity: 'medium',
      says: 'the container {name} of {name} runs whatever is the latest nginx:latest',
      remedy: 'Name a version in the image, or its digest.',
      why: 'What runs changes with the next restart, and nobody has decided it.',
      sql: "SELECT this.id FROM this JOIN k8s_container c ON c.owner = this.id WHERE c.image LIKE '%:latest'",
    },
    KubeMemoryLimitMissing: {
      severity: 'low',
      says: 'the container {name} of {name} may use all the memory of its node',
      remedy: 'Set resources.limits.memory.',
      why: 'One leak then takes the neighbours down, too.',
      sql: 'SELECT this.id FROM this JOIN k8s_container c ON c.owner = this.id WHERE c.memory_limit IS NULL',
    },
  };

export class Fleet {
  readonly resources = new Map<string, Resource>();
  readonly relations: Relation[] = [];
  readonly mutes: ListedMute[] = [];
  private readonly violations: Violation[] = [];
  private readonly began = Date.now() - 7_200_000;

  /** `pods`: about so many of them, with all that makes and uses them. */
  constructor(pods = 60) {
    const each = Math.max(1, Math.round(pods / 5 / (SPACES.length * 2)));
    for (const cluster of ['prod', 'staging']) {
      for (let node = 0; node < Math.max(3, pods / 100); node += 1)
        this.add(cluster, 'k8s_node', '', `node-${node}`, {
          'topology.kubernetes.io/zone': `eu-${'abc'[node % 3]}`,
        });
      for (const space of SPACES) {
        this.add(cluster, 'k8s_namespace', '', space, space === 'mail' ? {} : { team: `team-${space}` });
        for (let at = 0; at < each; at += 1) this.addService(cluster, space, at);
      }
    }
    this.violate('KubeServiceSelectsNothing', 'k8s_service/prod/shop/api-0');
    this.violate('KubeServiceSelectsNothing', 'k8s_service/prod/mail/api-0');
  }

  private addService(cluster: string, space: string, at: number) {
    const name = `${['web', 'api', 'worker', 'cache'][at % 4]}-${Math.floor(at / 4)}`;
    const labels = { app: name };
    const deployment = this.add(cluster, 'k8s_deployment', space, name, labels);
    const replicas = this.add(cluster, 'k8s_replica_set', space, `${name}-7d9f`, labels);
    this.relate(deployment, 'owns', replicas);
    const service = this.add(cluster, 'k8s_service', space, name, labels);
    for (let pod = 0; pod < 5; pod += 1) {
      const id = this.add(cluster, 'k8s_pod', space, `${name}-7d9f-${(at * 5 + pod).toString(36)}x`, labels);
      this.relate(replicas, 'owns', id);
      this.relate(service, 'selects', id);
      this.relate(id, 'runs_on', `k8s_node/${cluster}/node-${(at + pod) % 3}`);
    }
    if (at % 2 === 0) {
      const ingress = this.add(cluster, 'k8s_ingress', space, name, labels);
      this.relate(ingress, 'routes_to', service);
    }
    const settings = `k8s_config_map/${cluster}/${space}/${name}-settings`;
    if (at % 3 !== 1) this.add(cluster, 'k8s_config_map', space, `${name}-settings`);
    else this.violate('KubeConfigMapMissing', deployment);
    this.relate(deployment, 'uses', settings);
    if (at % 4 === 0) this.violate('KubeImageTagLatest', deployment);
    this.violate('KubeMemoryLimitMissing', deployment);
  }

  private add(cluster: string, kind: string, space: string, name: string, labels = {}): string {
    const id = [kind, cluster, space, name].filter(Boolean).join('/');
    this.resources.set(id, {
      id,
      kind,
      name,
      labels,
      fields: { cluster, ...(space && { namespace: space }) },
      since: new Date(this.began).toISOString(),
    });
    return id;
  }

  private relate(source: string, kind: string, target: string) {
    this.relations.push({
      source,
      kind,
      target,
      origin: 'derived',
      since: new Date(this.began).toISOString(),
      source_name: source.slice(source.lastIndexOf('/') + 1),
      source_kind: source.slice(0, source.indexOf('/')),
      target_name: target.slice(target.lastIndexOf('/') + 1),
      target_kind: target.slice(0, target.indexOf('/')),
    });
  }

  private violate(rule: keyof typeof RULES, id: string) {
    const resource = this.resources.get(id);
    const spec = RULES[rule];
    if (!resource || !spec) return;
    const { cluster, space } = placeOf(id);
    const at = new Date(this.began + this.violations.length * 1_000).toISOString();
    const owner = this.resources.get(`k8s_namespace/${cluster}/${space}`)?.labels['team'] ?? '';
    this.violations.push({
      id: `f${this.violations.length}`,
      rule,
      severity: spec.severity,
      resource: id,
      labels: { resource: id },
      says: spec.says.replaceAll('{name}', resource.name),
      remedy: spec.remedy,
      value: 0,
      query: '',
      since: at,
      opened: at,
      evidence: [],
      owner,
      cluster,
      namespace: space,
      muted: null,
      definition: {
        group: 'service',
        why: spec.why,
        sql: spec.sql,
        file: 'packs/kubernetes/rules.yaml',
        line: 12,
      },
    });
  }

  kinds(): Kind[] {
    const counts = new Map<string, number>();
    for (const { kind } of this.resources.values()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return [...counts].map(([name, count]) => ({
      name,
      title: name.replace('k8s_', '').replaceAll('_', ' '),
      help: 'An object of a cluster.',
      count,
      columns: COLUMNS,
    }));
  }

  // ---- Objects and their versions.

  object(id: string, version = 2): Json {
    const one = this.resources.get(id);
    if (!one) return null;
    const { space } = placeOf(id);
    return {
      apiVersion: one.kind === 'k8s_deployment' ? 'apps/v1' : 'v1',
      kind: one.kind
        .replace('k8s_', '')
        .split('_')
        .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
        .join(''),
      metadata: { name: one.name, ...(space && { namespace: space }), labels: one.labels, uid: '50ce043c' },
      spec: {
        replicas: version === 1 ? 3 : 5,
        selector: { matchLabels: one.labels },
        template: {
          spec: {
            containers: [
              {
                name: one.name,
                image: version === 1 ? 'nginx:1.29' : 'nginx:latest',
                args: ['--port', '8080'],
              },
            ],
          },
        },
        ...(version > 1 && { paused: false }),
      },
      status: { readyReplicas: [3, 5, 4][version - 1] as number },
    };
  }

  /** Of some replica sets the last version differs in its status only. */
  history(id: string): ResourceChange[] {
    const at = (hours: number) => new Date(this.began + hours * 3_600_000).toISOString();
    const status: ResourceChange = {
      at: at(1.5),
      kind: 'changed',
      seq: 3,
      places: 1,
      status_places: 1,
      changes: { 'status.readyReplicas': [5, 4] },
    };
    return [
      ...(hasThreeVersions(id) ? [status] : []),
      {
        at: at(1),
        kind: 'changed',
        seq: 2,
        places: 3,
        status_places: 1,
        changes: { 'spec.replicas': [3, 5] },
      },
      { at: at(0), kind: 'appeared', seq: 1, places: 0, status_places: 0, changes: {} },
    ];
  }

  difference(url: URL): Difference {
    const of = parameters(url, 'id', 'before', 'after');
    const [before, after] = [Number(of('before')), Number(of('after'))];
    const one = this.resources.get(of('id'));
    if (!one || !this.history(one.id).some(({ seq }) => seq === after))
      throw new Refusal('not_found', 'no such version is kept');
    const version = (seq: number): Version => ({
      seq,
      from: this.history(one.id).find((version) => version.seq === seq)?.at ?? '',
      to: this.history(one.id).find((version) => version.seq === seq + 1)?.at ?? null,
      labels: one.labels,
      object: this.object(one.id, seq),
    });
    return {
      id: one.id,
      before: before > 0 ? version(before) : null,
      after: version(after),
      changes: [
        ...(before === 1 && after > 1 ? [{ place: 'spec.replicas', before: 3, after: 5 }] : []),
        ...(before > 0 && before !== after ? [{ place: 'status.readyReplicas', before: 3, after: 4 }] : []),
      ],
    };
  }

  // ---- The map.

  map(url: URL): FleetMap {
    const of = parameters(url, 'cluster', 'namespace', 'nodes', 'edges');
    const inside = (id: string) => {
      const place = placeOf(id);
      return (
        (of('cluster') === '' || place.cluster === of('cluster')) &&
        (of('namespace') === '' || place.space === of('namespace'))
      );
    };
    const [kinds, relations, spaces] = [new Numbers(), new Numbers(), new Numbers()];
    const worst = new Map<string, number>();
    for (const { resource, severity } of this.violations)
      worst.set(resource, Math.max(worst.get(resource) ?? -1, SEVERITIES.indexOf(severity)));
    const nodes: FleetMap['nodes'] = [];
    const numbers = new Map<string, number>();
    const node = (id: string) => {
      const known = numbers.get(id);
      if (known !== undefined) return known;
      const { cluster, space } = placeOf(id);
      numbers.set(id, nodes.length);
      nodes.push([
        id,
        kinds.of(id.slice(0, id.indexOf('/'))),
        spaces.of(`${cluster}/${space}`),
        worst.get(id) ?? -1,
        this.resources.has(id) ? 0 : 1,
      ]);
      return nodes.length - 1;
    };
    for (const id of this.resources.keys()) if (inside(id)) node(id);
    const edges: FleetMap['edges'] = this.relations
      .filter(({ source, target }) => inside(source) || inside(target))
      .map(({ source, kind, target }) => [node(source), node(target), relations.of(kind)]);
    return {
      kinds: kinds.names,
      relations: relations.names,
      spaces: spaces.names,
      nodes,
      edges,
      total_nodes: nodes.length,
      total_edges: edges.length,
      limit_nodes: 20_000,
      limit_edges: 60_000,
    };
  }

  // ---- Violations and mutes.

  checks(url: URL): Checks {
    const of = parameters(
      url,
      'severity',
      'rule',
      'owner',
      'cluster',
      'namespace',
      'resource',
      'search',
      'muted',
      'limit',
      'offset',
    );
    const muted = oneOf(of('muted'), 'no', 'only', 'all');
    const search = of('search').toLowerCase();
    const value = (one: Violation, facet: FacetName) => one[facet] || '-';
    const facets: FacetName[] = ['severity', 'owner', 'cluster', 'namespace', 'rule'];
    const found = this.violations
      .map((one) => ({ ...one, muted: this.muteOf(one) }))
      .filter((one) => `${one.rule} ${one.resource} ${one.says}`.toLowerCase().includes(search));
    const passes = (one: Violation, but?: FacetName) =>
      facets.every((facet) => facet === but || of(facet) === '' || of(facet) === value(one, facet));
    const wanted = (one: Violation) => muted === 'all' || (one.muted !== null) === (muted === 'only');
    const counts = Object.fromEntries(
      facets.map((facet) => {
        const tally = new Map<string, number>();
        for (const one of found)
          if (wanted(one) && passes(one, facet))
            tally.set(value(one, facet), (tally.get(value(one, facet)) ?? 0) + 1);
        return [
          facet,
          [...tally].map(([name, count]) => ({ value: name, count })).sort((a, b) => b.count - a.count),
        ];
      }),
    ) as Checks['counts'];
    const shown = found
      .filter((one) => wanted(one) && passes(one))
      .sort((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity));
    const offset = Number(of('offset') || 0);
    return {
      total: shown.length,
      all: this.violations.length,
      muted: found.filter((one) => one.muted && passes(one)).length,
      rules: Object.keys(RULES).length,
      counts,
      findings: shown.slice(offset, offset + Number(of('limit') || 200)),
    };
  }

  private muteOf(one: Violation): Mute | null {
    const fits = (wanted: string, given: string) => wanted === '' || wanted === given;
    return (
      this.mutes.find(
        (mute) =>
          mute.active &&
          fits(mute.finding, one.id) &&
          fits(mute.rule, one.rule) &&
          fits(mute.resource, one.resource) &&
          fits(mute.cluster, one.cluster) &&
          fits(mute.namespace, one.namespace),
      ) ?? null
    );
  }

  mute(body: Record<string, unknown>, by: string): ListedMute {
    const text = (name: string) => String(body[name] ?? '');
    const lasts = /^(\d+)([hd])$/.exec(text('for'));
    if (!lasts) throw new Refusal('invalid_argument', "'for': expected a duration such as 7d");
    if (text('reason') === '')
      throw new Refusal('invalid_argument', 'a mute needs a reason, for those who wonder');
    const ms = Number(lasts[1]) * (lasts[2] === 'h' ? 3_600_000 : 86_400_000);
    const mute: ListedMute = {
      id: `mute-${this.mutes.length + 1}`,
      finding: text('finding'),
      rule: text('rule'),
      resource: text('resource'),
      cluster: text('cluster'),
      namespace: text('namespace'),
      reason: text('reason'),
      by: `user:${by}`,
      at: new Date().toISOString(),
      until: new Date(Date.now() + ms).toISOString(),
      active: true,
      ended: null,
      ended_by: '',
    };
    this.mutes.unshift(mute);
    return mute;
  }

  unmute(id: string, by: string): ListedMute {
    const mute = this.mutes.find((one) => one.id === id && one.active);
    if (!mute) throw new Refusal('not_found', `no mute "${id}" is in force`);
    return Object.assign(mute, { active: false, ended: new Date().toISOString(), ended_by: `user:${by}` });
  }

  // ---- A change on trial: whatever deletes or renames breaks one thing.

  check(body: Record<string, unknown>): ChangeReport {
    const change = String(body['change'] ?? '');
    if (change.trim() === '') throw new Refusal('invalid_argument', "'change' is missing");
    oneOf(String(body['way'] ?? ''), 'apply', 'merge');
    const breaks = this.violations.find(({ rule }) => rule === 'KubeServiceSelectsNothing');
    const objects = change.split(/^---$/m).length;
    const report: ChangeReport = {
      objects,
      rules: Object.keys(RULES).length,
      broken: [],
      mended: [],
      lost_relations: [],
      problems: [],
    };
    if (!/^kind:/m.test(change)) {
      report.objects = 0;
      report.problems = [
        { message: 'an object needs a kind and an apiVersion', file: 'change', line: 1, column: 1 },
      ];
    } else if (/replicas: 0|app: other/.test(change) && breaks) {
      report.broken = [breaks];
      report.lost_relations = [
        {
          source: breaks.resource,
          kind: 'selects',
          target: 'k8s_pod/prod/shop/web-0-7d9f-0x',
          counted_on_by: [
            { source: 'k8s_ingress/prod/shop/web-0', kind: 'routes_to', target: breaks.resource },
          ],
        },
      ];
    } else if (/memory:/.test(change)) {
      report.mended = this.violations.filter(({ rule }) => rule === 'KubeMemoryLimitMissing').slice(0, 1);
    }
    return report;
  }
}

const hasThreeVersions = (id: string) => id.startsWith('k8s_replica_set/prod/shop/');

class Numbers {
  readonly names: string[] = [];
  private readonly known = new Map<string, number>();
  of(name: string): number {
    const at = this.known.get(name);
    if (at !== undefined) return at;
    this.known.set(name, this.names.length);
    this.names.push(name);
    return this.names.length - 1;
  }
}

/** Of kind/cluster/namespace/name, where a node has no namespace and a namespace is its own. */
function placeOf(id: string): { cluster: string; space: string } {
  const [kind, cluster = '', ...rest] = id.split('/');
  if (kind === 'k8s_namespace') return { cluster, space: rest[0] ?? '' };
  return { cluster, space: rest.length > 1 ? (rest[0] as string) : '' };
}
