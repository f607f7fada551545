// A graph as flat arrays: what the layout, the renderer and the list all read.
import type { FleetMap, Graph, Severity } from '../api/types';

const SEVERITIES: Severity[] = ['info', 'low', 'medium', 'high', 'critical'];

export interface Scene {
  ids: string[];
  names: string[];
  kinds: string[];
  relations: string[];
  /** "cluster/namespace"; "" for what lies nowhere. */
  spaces: string[];
  /** Of each node its kind and its space. */
  kind: Uint16Array;
  space: Uint16Array;
  /** -1 for none, else 0 info … 4 critical. */
  severity: Int8Array;
  /** 1 where something counts on it and it is not there. */
  missing: Uint8Array;
  /** Source and target of each edge, one after the other. */
  ends: Uint32Array;
  relation: Uint16Array;
  degree: Uint32Array;
  /** How the edges look, where they differ; else all are thin and alike. */
  look?: EdgeLook;
}

export interface EdgeLook {
  /** In pixels. */
  width: Float32Array;
  /** Pixels beside the straight line, so that edges between the same two nodes lie beside each other. */
  shift: Float32Array;
  /** 0 for nothing special, else the worse the more, up to 3. */
  tone: Uint8Array;
  /** What stands at each; the relation's name is not told then. */
  text: string[];
}

/** -1 for none. */
export const severityNumber = (severity: Severity | '' | null) => SEVERITIES.indexOf(severity as Severity);

export const severityOf = (scene: Scene, node: number): Severity | null =>
  SEVERITIES[scene.severity[node] as number] ?? null;

/** A number for each name, counted from 0. */
export function numbers(): { of: (name: string) => number; names: string[] } {
  const known = new Map<string, number>();
  const names: string[] = [];
  return {
    names,
    of: (name) => {
      const at = known.get(name);
      if (at !== undefined) return at;
      known.set(name, names.length);
      names.push(name);
      return names.length - 1;
    },
  };
}

export function empty(nodes: number, edges: number) {
  return {
    kind: new Uint16Array(nodes),
    space: new Uint16Array(nodes),
    severity: new Int8Array(nodes).fill(-1),
    missing: new Uint8Array(nodes),
    ends: new Uint32Array(edges * 2),
    relation: new Uint16Array(edges),
    degree: new Uint32Array(nodes),
  };
}

export function count(scene: Scene): Scene {
  for (const end of scene.ends) scene.degree[end] = (scene.degree[end] as number) + 1;
  return scene;
}

/** The last part of an id. */
export const shortName = (id: string) => id.slice(id.lastIndexOf('/') + 1);

export function sceneOfMap(map: FleetMap): Scene {
  const arrays = empty(map.nodes.length, map.edges.length);
  map.nodes.forEach(([, kind, space, severity, missing], at) => {
    arrays.kind[at] = kind;
    arrays.space[at] = space;
    arrays.severity[at] = severity;
    arrays.missing[at] = missing;
  });
  map.edges.forEach(([source, target, relation], at) => {
    arrays.ends[at * 2] = source;
    arrays.ends[at * 2 + 1] = target;
    arrays.relation[at] = relation;
  });
  const ids = map.nodes.map(([id]) => id);
  return count({
    ids,
    names: ids.map(shortName),
    kinds: map.kinds,
    relations: map.relations,
    spaces: map.spaces,
    ...arrays,
  });
}

export function sceneOfGraph(graph: Graph): Scene {
  const at = new Map(graph.nodes.map(({ id }, index) => [id, index]));
  const edges = graph.edges.filter(({ source, target }) => at.has(source) && at.has(target));
  const arrays = empty(graph.nodes.length, edges.length);
  const kinds = numbers();
  const relations = numbers();
  graph.nodes.forEach((node, index) => {
    arrays.kind[index] = kinds.of(node.kind);
    arrays.severity[index] = severityNumber(node.severity);
  });
  edges.forEach((edge, index) => {
    arrays.ends[index * 2] = at.get(edge.source) as number;
    arrays.ends[index * 2 + 1] = at.get(edge.target) as number;
    arrays.relation[index] = relations.of(edge.kind);
  });
  return count({
    ids: graph.nodes.map(({ id }) => id),
    names: graph.nodes.map(({ id, name }) => (name === id ? shortName(id) : name)),
    kinds: kinds.names,
    relations: relations.names,
    spaces: [''],
    ...arrays,
  });
}

/** What is shown of a scene: nodes of hidden kinds and edges of hidden relations are not. */
export interface Shown {
  node: Uint8Array;
  edge: Uint8Array;
  nodes: number;
  edges: number;
}

export function shownOf(scene: Scene, hiddenKinds: string[], hiddenRelations: string[]): Shown {
  const kinds = scene.kinds.map((name) => (hiddenKinds.includes(name) ? 0 : 1));
  const relations = scene.relations.map((name) => (hiddenRelations.includes(name) ? 0 : 1));
  const node = new Uint8Array(scene.ids.length);
  const edge = new Uint8Array(scene.relation.length);
  let [nodes, edges] = [0, 0];
  for (let at = 0; at < node.length; at += 1) {
    node[at] = kinds[scene.kind[at] as number] as number;
    nodes += node[at] as number;
  }
  for (let at = 0; at < edge.length; at += 1) {
    const [source, target] = [scene.ends[at * 2] as number, scene.ends[at * 2 + 1] as number];
    edge[at] =
      (relations[scene.relation[at] as number] as number) &
      (node[source] as number) &
      (node[target] as number);
    edges += edge[at] as number;
  }
  return { node, edge, nodes, edges };
}

/** A node and all that it is directly related to, by what is shown. */
export function neighbourhood(scene: Scene, shown: Shown, start: number): Set<number> {
  const near = new Set([start]);
  for (let at = 0; at < shown.edge.length; at += 1) {
    if (!shown.edge[at]) continue;
    const [source, target] = [scene.ends[at * 2] as number, scene.ends[at * 2 + 1] as number];
    if (source === start) near.add(target);
    if (target === start) near.add(source);
  }
  return near;
}

/** The same nodes and edges: what differs is how they look. */
export function isSameShape(one: Scene, other: Scene): boolean {
  return (
    one.ids.length === other.ids.length &&
    one.ends.length === other.ends.length &&
    one.ids.every((id, at) => id === other.ids[at]) &&
    one.ends.every((end, at) => end === other.ends[at])
  );
}
