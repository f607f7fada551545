// Names over the drawing: of nodes when they are near, of islands when they are far, of relations when there are few.
import type { Camera, Size } from './camera';
import { severityOf, type Scene, type Shown } from './scene';

const MOST_LABELS = 140;
const MOST_RELATIONS = 60;
const NEAR = 0.75;
/** Where the way of each edge is what a graph is looked at for, arrows are drawn from farther away. */
const NEAR_LOOKS = 0.3;
const CELL_WIDTH = 90;
const CELL_HEIGHT = 16;

export interface LabelInput {
  scene: Scene;
  shown: Shown;
  positions: Float32Array;
  /** Always named: the node under the pointer, the chosen one and its neighbours. */
  named: Iterable<number>;
  /** The nodes around what is chosen, null for all: between others relations are faint. */
  near: Set<number> | null;
  islands: Island[];
  text: string;
  muted: string;
  surface: string;
}

export interface Island {
  name: string;
  x: number;
  y: number;
  top: number;
  nodes: number;
}

/** The middle of each space's nodes. */
export function islandsOf(scene: Scene, shown: Shown, positions: Float32Array): Island[] {
  const islands = scene.spaces.map((name) => ({ name, x: 0, y: 0, top: Infinity, nodes: 0 }));
  for (let at = 0; at < scene.ids.length; at += 1) {
    const island = islands[scene.space[at] as number];
    if (!shown.node[at] || !island) continue;
    island.x += positions[at * 2] as number;
    island.y += positions[at * 2 + 1] as number;
    island.top = Math.min(island.top, positions[at * 2 + 1] as number);
    island.nodes += 1;
  }
  return islands
    .filter(({ nodes, name }) => nodes > 1 && name !== '' && !name.endsWith('/'))
    .map(({ name, x, y, top, nodes }) => ({
      name: name.slice(name.lastIndexOf('/') + 1),
      x: x / nodes,
      y: y / nodes,
      top,
      nodes,
    }))
    .sort((a, b) => b.nodes - a.nodes);
}

const clip = (text: string, most = 30) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

export class Labels {
  private readonly context: CanvasRenderingContext2D;

  constructor(readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext('2d') as CanvasRenderingContext2D;
  }

  draw(input: LabelInput, camera: Camera, size: Size, ratio: number) {
    const { context } = this;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    const taken = new Set<number>();
    context.textAlign = 'center';
    context.lineJoin = 'round';
    context.strokeStyle = input.surface;
    context.lineWidth = 3;
    if (camera.scale < NEAR || input.scene.look) this.islands(input, camera, size, taken);
    if (camera.scale >= (input.scene.look ? NEAR_LOOKS : NEAR)) this.relations(input, camera, size);
    this.nodes(input, camera, size, taken);
  }

  /** False where another text stands already. */
  private claim(taken: Set<number>, x: number, y: number, width: number): boolean {
    const row = Math.floor(y / CELL_HEIGHT);
    const cells: number[] = [];
    for (
      let at = Math.floor((x - width / 2) / CELL_WIDTH);
      at <= Math.floor((x + width / 2) / CELL_WIDTH);
      at += 1
    )
      cells.push(row * 10_000 + at);
    if (cells.some((cell) => taken.has(cell))) return false;
    for (const cell of cells) taken.add(cell);
    return true;
  }

  private islands(input: LabelInput, camera: Camera, size: Size, taken: Set<number>) {
    const { context } = this;
    context.font = '600 12px system-ui, sans-serif';
    context.fillStyle = input.text;
    for (const island of input.islands.slice(0, 80)) {
      const [x] = camera.toScreen(island.x, island.y, size);
      const [, y] = camera.toScreen(island.x, island.top, size);
      if (x < 0 || x > size.width || y < 0 || y > size.height) continue;
      if (!this.claim(taken, x, y - 6, island.name.length * 7)) continue;
      const above = y - (input.scene.look ? 22 : 6);
      context.strokeText(island.name, x, above);
      context.fillText(island.name, x, above);
    }
  }

  private nodes(input: LabelInput, camera: Camera, size: Size, taken: Set<number>) {
    const { context } = this;
    context.font = '11px system-ui, sans-serif';
    context.fillStyle = input.text;
    let left = MOST_LABELS;
    const name = (node: number, always: boolean) => {
      if (!input.shown.node[node]) return;
      const [x, y] = camera.toScreen(
        input.positions[node * 2] as number,
        input.positions[node * 2 + 1] as number,
        size,
      );
      if (x < -40 || x > size.width + 40 || y < -20 || y > size.height + 20) return;
      const text = clip(input.scene.names[node] as string);
      const below = y + 10 + Math.min(14, 7 * camera.scale);
      if (!this.claim(taken, x, below, text.length * 6) && !always) return;
      context.strokeText(text, x, below);
      context.fillText(text, x, below);
      left -= 1;
    };
    let named = 0;
    for (const node of input.named) {
      name(node, named < 12);
      named += 1;
      if (left <= 0) return;
    }
    if (camera.scale < NEAR) return;
    for (let node = 0; node < input.scene.ids.length && left > 0; node += 1) name(node, false);
  }

  /** Arrows and the names of relations, where there are few in sight. */
  private relations(input: LabelInput, camera: Camera, size: Size) {
    const { scene, shown, positions, near } = input;
    const inSight: [number, number, number, number, number][] = [];
    for (let at = 0; at < shown.edge.length; at += 1) {
      if (!shown.edge[at]) continue;
      const [source, target] = [scene.ends[at * 2] as number, scene.ends[at * 2 + 1] as number];
      const [x1, y1] = camera.toScreen(
        positions[source * 2] as number,
        positions[source * 2 + 1] as number,
        size,
      );
      const [x2, y2] = camera.toScreen(
        positions[target * 2] as number,
        positions[target * 2 + 1] as number,
        size,
      );
      const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
      if (x < 0 || x > size.width || y < 0 || y > size.height) continue;
      const turn = Math.atan2(y2 - y1, x2 - x1);
      const shift = (scene.look?.shift[at] ?? 0) * camera.fineness;
      const [dx, dy] = [-Math.sin(turn) * shift, Math.cos(turn) * shift];
      inSight.push([at, x1 + dx, y1 + dy, x2 + dx, y2 + dy]);
      if (inSight.length > MOST_RELATIONS * 4) return;
    }
    const { context } = this;
    context.fillStyle = input.muted;
    context.font = '10px system-ui, sans-serif';
    for (const [at, x1, y1, x2, y2] of inSight) {
      const turn = Math.atan2(y2 - y1, x2 - x1);
      const ends = scene.ends.subarray(at * 2, at * 2 + 2);
      const isNear = near === null || ends.every((end) => near.has(end));
      context.globalAlpha = isNear ? 1 : 0.2;
      const back = scene.look ? Math.max(9, 10 * camera.scale) : 10 * camera.scale;
      const length = scene.look ? (7 + (scene.look.width[at] as number) * 1.2) * camera.fineness : 7;
      const [ax, ay] = [x2 - Math.cos(turn) * back, y2 - Math.sin(turn) * back];
      context.beginPath();
      context.moveTo(ax, ay);
      context.lineTo(ax - length * Math.cos(turn - 0.4), ay - length * Math.sin(turn - 0.4));
      context.lineTo(ax - length * Math.cos(turn + 0.4), ay - length * Math.sin(turn + 0.4));
      context.fill();
      context.globalAlpha = 1;
      if (!isNear) continue;
      if (inSight.length > MOST_RELATIONS || Math.hypot(x2 - x1, y2 - y1) < 60) continue;
      const text = scene.look
        ? (scene.look.text[at] as string)
        : scene.relations[scene.relation[at] as number];
      if (!text) continue;
      // Nearer to where it begins, so that those of both ways do not lie over each other.
      const [x, y] = [x1 + (x2 - x1) * 0.42, y1 + (y2 - y1) * 0.42 + 3];
      context.strokeText(text, x, y);
      context.fillText(text, x, y);
    }
  }
}

/** What a person who points at a node is told. */
export function describe(scene: Scene, node: number): string {
  const severity = severityOf(scene, node);
  const kind = scene.kinds[scene.kind[node] as number] as string;
  return [scene.names[node], kind, severity].filter(Boolean).join(' · ');
}
