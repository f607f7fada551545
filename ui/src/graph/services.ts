// The calls between services as a scene: an island a cluster, a colour a namespace, an edge as wide as it is busy.
import type { Call, Service, ServiceGraph } from '../api/services';
import { formatNumber } from '../format/units';
import { empty, numbers, severityNumber, type EdgeLook, type Scene, type Shown } from './scene';

const THINNEST = 1.5;
const THICKEST = 9;
const BESIDE_PX = 3;

/** Shares of requests that fail, from which on an edge looks worse; the page's legend tells them. */
export const ERROR_STEPS = [0.001, 0.01, 0.05] as const;

export const toneOf = (ratio: number | null) => ERROR_STEPS.filter((step) => (ratio ?? 0) >= step).length;

/** Ten times the requests are a step wider. */
export function widthOf(perSecond: number | null): number {
  return Math.min(THICKEST, THINNEST + 2 * Math.log10(1 + (perSecond ?? 0)));
}

export const placeOf = ({ cluster, namespace }: Service) => [cluster, namespace].filter(Boolean).join('/');

/** Tells a call from all others. */
export const callKey = ({ from, to, protocol }: Call) => `${from} ${to} ${protocol}`;

/** Edges between the same two nodes lie side by side, whichever way they go. */
function shiftsOf(ends: Uint32Array, widths: Float32Array): Float32Array {
  const shifts = new Float32Array(widths.length);
  const pairs = new Map<string, number[]>();
  widths.forEach((_, edge) => {
    const [a, b] = [ends[edge * 2] as number, ends[edge * 2 + 1] as number];
    const key = `${Math.min(a, b)} ${Math.max(a, b)}`;
    pairs.set(key, [...(pairs.get(key) ?? []), edge]);
  });
  for (const edges of pairs.values()) {
    const whole = edges.reduce((sum, edge) => sum + (widths[edge] as number) + BESIDE_PX, -BESIDE_PX);
    let at = -whole / 2;
    for (const edge of edges) {
      const width = widths[edge] as number;
      // What lies right of one way lies left of the other.
      const sign = (ends[edge * 2] as number) < (ends[edge * 2 + 1] as number) ? 1 : -1;
      shifts[edge] = sign * (at + width / 2);
      at += width + BESIDE_PX;
    }
  }
  return shifts;
}

export function sceneOfServices({ services, calls }: ServiceGraph): Scene {
  const at = new Map(services.map(({ id }, index) => [id, index]));
  const arrays = empty(services.length, calls.length);
  const [namespaces, clusters, protocols] = [numbers(), numbers(), numbers()];
  services.forEach((service, index) => {
    arrays.kind[index] = namespaces.of(service.namespace);
    arrays.space[index] = clusters.of(service.cluster);
    arrays.severity[index] = severityNumber(service.worst);
  });
  calls.forEach((call, edge) => {
    const ends = [at.get(call.from) as number, at.get(call.to) as number];
    arrays.ends.set(ends, edge * 2);
    for (const end of ends) arrays.degree[end] = (arrays.degree[end] as number) + 1;
    arrays.relation[edge] = protocols.of(call.protocol);
  });
  const width = Float32Array.from(calls, ({ requests_per_second }) => widthOf(requests_per_second));
  const look: EdgeLook = {
    width,
    shift: shiftsOf(arrays.ends, width),
    tone: Uint8Array.from(calls, ({ error_ratio }) => toneOf(error_ratio)),
    text: calls.map(({ requests_per_second, protocol }) =>
      requests_per_second === null ? protocol : `${formatNumber(requests_per_second)}/s`,
    ),
  };
  return {
    ids: services.map(({ id }) => id),
    names: services.map(({ name }) => name),
    kinds: namespaces.names,
    relations: protocols.names,
    spaces: clusters.names,
    ...arrays,
    look,
  };
}

/** Services whose id contains the text, and those that they call or are called by. */
export function shownOfText(scene: Scene, text: string): Shown {
  const wanted = text.toLowerCase();
  const hits = scene.ids.map((id) => id.toLowerCase().includes(wanted));
  const node = Uint8Array.from(hits, Number);
  const edge = new Uint8Array(scene.relation.length);
  for (let one = 0; one < edge.length; one += 1) {
    const [from, to] = [scene.ends[one * 2] as number, scene.ends[one * 2 + 1] as number];
    if (!hits[from] && !hits[to]) continue;
    edge[one] = node[from] = node[to] = 1;
  }
  const sum = (list: Uint8Array) => list.reduce((all, one) => all + one, 0);
  return { node, edge, nodes: sum(node), edges: sum(edge) };
}
