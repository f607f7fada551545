// How the mock's fleet scales: two autoscalers, pods that wait, groups of nodes; and a scheduler that counts only.
import type {
  Autoscaler,
  NodeGroup,
  Question,
  ScaleUp,
  Scaling,
  Unplaced,
  Utilisation,
  WhatIf,
} from '../src/api/scaling';
import { Refusal } from './http';
import { parameters } from './reading';
import type { World } from './world';

/** So many more pods the nodes have room for. */
const ROOM = 12;
const EACH_NODE = 10;

const GROUPS: NodeGroup[] = [
  {
    name: 'std',
    nodes: 3,
    min: 1,
    max: 10,
    spot: false,
    price_per_hour: 0.21,
    allocatable: { cpu: '4', memory: '16Gi' },
  },
  { name: 'gpu', nodes: 0, min: 0, max: 5, spot: true, price_per_hour: 3.06 },
];

const utilisation = (nodes: number, pods: number): Utilisation => ({
  nodes,
  cpu: { used: `${pods * 250}m`, of: String(nodes * 4), share: (pods * 0.25) / (nodes * 4) },
  memory: { used: `${pods}Gi`, of: `${nodes * 16}Gi`, share: pods / (nodes * 16) },
  pods: { used: String(pods), of: String(nodes * 110), share: pods / (nodes * 110) },
});

function autoscalers(cluster: string): Autoscaler[] {
  const at = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  const able = {
    type: 'AbleToScale',
    status: 'True',
    reason: 'ReadyForNewScale',
    message: 'recommended size',
  };
  return [
    {
      name: 'search/api-0',
      target: 'Deployment/api-0',
      current: 4,
      desired: 4,
      min: 2,
      max: 8,
      ready: 4,
      unready: 0,
      wants: 4,
      may_go_to: { least: 2, most: 8 },
      metrics: [{ name: 'cpu', target: '60%', now: '58%', problem: '', ratio: 0.97, wants: 4 }],
      conditions: [able],
      changes: [],
      says: 'cpu is at 58% of 60%, within the tolerance: it stays at 4',
      remedy: '',
      is_wrong: false,
    },
    ...(cluster === 'prod'
      ? [
          {
            name: 'shop/web-0',
            target: 'Deployment/web-0',
            current: 10,
            desired: 10,
            min: 2,
            max: 10,
            ready: 9,
            unready: 1,
            wants: 14,
            may_go_to: { least: 5, most: 10 },
            metrics: [
              { name: 'cpu', target: '50%', now: '70%', problem: '', ratio: 1.4, wants: 14 },
              {
                name: 'pods/requests_per_second',
                target: '100 each',
                now: '',
                problem: 'the cluster has no metrics server (no API metrics.k8s.io)',
              },
            ],
            conditions: [
              able,
              {
                type: 'ScalingLimited',
                status: 'True',
                reason: 'TooManyReplicas',
                message: 'at maxReplicas',
              },
            ],
            changes: [{ at: at(7), from: 8, to: 10 }],
            says: 'at 10 of 10, cpu is at 70% of 50% and wants 14',
            remedy: 'Raise maxReplicas to 14, or lessen the load of each pod.',
            is_wrong: true,
          },
        ]
      : []),
  ];
}

const unplaced = (owner: string, pods: string[], count: number, says: string): Unplaced => ({
  pods,
  count,
  owner,
  requests: { cpu: '1', memory: '2Gi' },
  priority: 0,
  says,
  nodes: [
    { reasons: ['Insufficient cpu'], count: 2, nodes: ['node-0', 'node-1'] },
    { reasons: ['node(s) had untolerated taint(s)'], count: 1, nodes: ['node-2'] },
  ],
  remedies: ['it would fit on node-1 with 500m more cpu', 'tolerate team=ml:NoSchedule, which opens 1 node'],
  preemption: { node: 'node-0', victims: ['mail/worker-0-7d9f-3x'] },
});

const growth = (pods: number): ScaleUp => ({
  groups: [
    {
      group: 'std',
      pods,
      nodes: Math.ceil(pods / EACH_NODE),
      at_limit: false,
      idle_cpu: 0.25,
      idle_memory: 0.6,
      says: '',
      room: 7,
      price_per_hour: 0.21 * Math.ceil(pods / EACH_NODE),
    },
    {
      group: 'gpu',
      pods: 0,
      nodes: 0,
      at_limit: false,
      idle_cpu: 0,
      idle_memory: 0,
      says: 'it has no node, and the settings do not describe one (allocatable)',
    },
  ],
  expanders: [
    { expander: 'random', group: 'std', says: 'any of std' },
    { expander: 'least-waste', group: 'std', says: '25% of processors and 60% of memory would stay idle' },
    { expander: 'price', group: '', says: 'not all of these groups have a price in node_groups' },
  ],
});

export function scaling(world: World, url: URL): Scaling {
  const of = parameters(url, 'cluster', 'autoscaler');
  const cluster = clusterOf(world, of('cluster'));
  const isBusy = cluster === 'prod';
  return {
    cluster,
    autoscalers: autoscalers(cluster).filter(({ name }) => ['', name].includes(of('autoscaler'))),
    pending: isBusy
      ? [
          unplaced(
            'Job/train',
            ['search/train-0', 'search/train-1'],
            2,
            '0/3 nodes are available: 2 Insufficient cpu, 1 node(s) had untolerated taint(s).',
          ),
        ]
      : [],
    scale_up: isBusy ? growth(2) : { groups: [], expanders: [] },
    scale_down: [
      { node: 'node-2', group: 'std', utilisation: 0.21, removable: true, blockers: [] },
      {
        node: 'node-1',
        group: 'std',
        utilisation: 0.34,
        removable: false,
        blockers: ['disruption budget shop/web-0 lets none go'],
      },
    ],
    groups: GROUPS,
    utilisation: utilisation(3, 30),
    notes: isBusy ? [] : ['what autoscalers measure could not be read: forbidden'],
  };
}

function clusterOf(world: World, wanted: string): string {
  const clusters = new Set([...world.fleet.resources.values()].map(({ fields }) => fields['cluster']));
  if (wanted === '') throw new Refusal('invalid_argument', 'there are 2 clusters (prod, staging): name one');
  if (!clusters.has(wanted)) throw new Refusal('not_found', `no cluster '${wanted}'`);
  return wanted;
}

const PARTS: (keyof Question)[] = [
  'cluster',
  'replicas',
  'add_nodes',
  'new_groups',
  'lose_zones',
  'lose_nodes',
  'drain',
  'cordon',
  'change',
];

export function whatif(world: World, body: Record<string, unknown>): WhatIf {
  const unknown = Object.keys(body).find((name) => !PARTS.includes(name as keyof Question));
  if (unknown) throw new Refusal('invalid_argument', `unknown member "${unknown}"`);
  const question = body as unknown as Question;
  const cluster = clusterOf(world, question.cluster);
  let wanted = 0;
  for (const [workload, count] of Object.entries(question.replicas)) {
    const match = /^deployment\/([\w-]+)\/([\w-]+)$/.exec(workload);
    if (!match || !world.fleet.resources.has(`k8s_deployment/${cluster}/${match[1]}/${match[2]}`))
      throw new Refusal('not_found', `no workload '${workload}': expected one as deployment/NAMESPACE/NAME`);
    wanted += count;
  }
  for (const zone of question.lose_zones) {
    if (!/^eu-[abc]$/.test(zone)) throw new Refusal('not_found', `no node is in a zone '${zone}'`);
    wanted += EACH_NODE;
  }
  const lost = question.lose_zones.length + question.lose_nodes.length;
  const more = Object.values(question.add_nodes).reduce((sum, count) => sum + count, 0);
  const room = Math.max(0, ROOM + (more - lost) * EACH_NODE);
  const placed = Math.min(wanted, room);
  const pending = wanted - placed;
  const nodes = 3 + more - lost;
  return {
    cluster,
    pods_placed: placed,
    pods_pending: pending,
    pods_refused: 0,
    placed: Array.from({ length: placed }, (_, at) => ({
      pod: `shop/web-0-new${at + 1}`,
      owner: 'ReplicaSet/web-0-7d9f',
      node: `node-${at % 3}`,
      group: 'std',
      feasible_count: 3,
      feasible: ['node-0', 'node-1', 'node-2'],
    })),
    pending:
      pending > 0
        ? [
            unplaced(
              'ReplicaSet/web-0-7d9f',
              ['shop/web-0-new13'],
              pending,
              '0/3 nodes are available: 3 Insufficient cpu.',
            ),
          ]
        : [],
    refused: [],
    blocked: question.drain.map((node) => ({
      pod: 'shop/web-0-7d9f-0x',
      node,
      says: 'disruption budget shop/web-0 lets none go',
    })),
    evicted: [],
    scale_up: pending > 0 ? growth(pending) : { groups: [], expanders: [] },
    groups: GROUPS,
    utilisation: { before: utilisation(3, 30), after: utilisation(nodes, 30 + placed) },
    cost_per_hour: { before: 0.63, after: nodes * 0.21 },
    notes: wanted > 40 ? ['autoscaler shop/web-0 would set web-0 back to 10: its bounds are 2 to 10'] : [],
  };
}
