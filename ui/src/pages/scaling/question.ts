// What a person assumes, a row each, and the question that these make.
import type { Question } from '../../api/scaling';

export type AssumptionKind =
  'replicas' | 'add_nodes' | 'new_group' | 'lose_zone' | 'lose_node' | 'drain' | 'cordon' | 'change';

export const ASSUMPTIONS: AssumptionKind[] = [
  'replicas',
  'add_nodes',
  'new_group',
  'lose_zone',
  'lose_node',
  'drain',
  'cordon',
  'change',
];

export interface Assumption {
  key: number;
  kind: AssumptionKind;
  /** A workload, a group, a zone, a node; the manifests of a change. */
  name: string;
  /** Replicas, more nodes, or the most nodes of a new group. */
  count: number;
  cpu: string;
  memory: string;
  /** Of a node of a new group, an hour; "" where it is not known. */
  price: string;
}

export const assume = (key: number, kind: AssumptionKind, name = '', count = 1): Assumption => ({
  key,
  kind,
  name,
  count,
  cpu: '4',
  memory: '16Gi',
  price: '',
});

/** What is not filled in yet is left out; null where nothing is left. */
export function questionOf(cluster: string, assumptions: Assumption[]): Question | null {
  const given = assumptions.filter(({ name }) => name.trim() !== '');
  if (given.length === 0) return null;
  const of = (kind: AssumptionKind) =>
    given.filter((one) => one.kind === kind).map((one) => ({ ...one, name: one.name.trim() }));
  const names = (kind: AssumptionKind) => of(kind).map(({ name }) => name);
  const counts = (kind: AssumptionKind) =>
    Object.fromEntries(of(kind).map(({ name, count }) => [name, count]));
  return {
    cluster,
    replicas: counts('replicas'),
    add_nodes: counts('add_nodes'),
    new_groups: of('new_group').map(({ name, count, cpu, memory, price }) => ({
      name,
      max: count,
      allocatable: { cpu, memory },
      ...(price !== '' && { price: Number(price) }),
    })),
    lose_zones: names('lose_zone'),
    lose_nodes: names('lose_node'),
    drain: names('drain'),
    cordon: names('cordon'),
    change: names('change').join('\n---\n'),
  };
}
