// Where the nodes of a graph lie. Nodes of one space (a namespace) form an island; within it, what is related is drawn
// together and all keep a distance from each other. The same input gives the same positions.

export interface LayoutInput {
  nodes: number;
  /** The space of each node; nodes of one space form an island. */
  space: Uint16Array;
  /** 1 for a space whose nodes lie with what they are related to. */
  loose: Uint8Array;
  ends: Uint32Array;
  /** x and y of each node, NaN for new ones. */
  start: Float32Array;
}

const DISTANCE = 30;
const REACH = DISTANCE * 3;
/** Up to so many nodes of one island all repel each other, however far they are. */
const FEW = 500;
const MOST_LOOSE_TIES = 60;

export class Layout {
  readonly positions: Float32Array;
  private readonly force: Float32Array;
  private readonly homes: Float32Array;
  private readonly island: Int32Array;
  private readonly weight: Float32Array;
  private heat: number;
  /** How far known nodes may move: little when only some are new. */
  private readonly ease: number;
  /** A handful in one island: each repels all. */
  private readonly few: boolean;

  constructor(private readonly input: LayoutInput) {
    this.positions = new Float32Array(input.start);
    this.force = new Float32Array(input.nodes * 2);
    this.homes = new Float32Array(input.nodes * 2);
    this.island = this.islands();
    this.few = input.nodes <= FEW && new Set(this.island).size <= 1;
    this.weight = new Float32Array(input.nodes);
    for (const end of input.ends) this.weight[end] = (this.weight[end] as number) + 1;
    const fresh = this.place();
    this.heat = fresh === 0 ? 0 : fresh < input.nodes / 2 ? 0.25 : 1;
    this.ease = fresh < input.nodes / 2 ? 0.1 : 1;
  }

  get done(): boolean {
    return this.heat < 0.02;
  }

  /** One round: everything moves a little, less each time. */
  step() {
    const { nodes, ends } = this.input;
    const { positions, force, homes } = this;
    force.fill(0);
    if (this.few) this.repelAll();
    else this.repelNear();
    for (let at = 0; at < ends.length; at += 2) {
      const [a, b] = [ends[at] as number, ends[at + 1] as number];
      if (this.island[a] !== this.island[b]) continue;
      const dx = (positions[b * 2] as number) - (positions[a * 2] as number);
      const dy = (positions[b * 2 + 1] as number) - (positions[a * 2 + 1] as number);
      const distance = Math.hypot(dx, dy) || 1;
      const ties = Math.min(this.weight[a] as number, this.weight[b] as number);
      const rest = DISTANCE * (this.few ? 2.4 : 1.2);
      const pull = ((distance - rest) / distance) * (0.5 / Math.max(1, Math.sqrt(ties)));
      this.push(a, dx * pull, dy * pull);
      this.push(b, -dx * pull, -dy * pull);
    }
    const most = DISTANCE * 1.5 * this.heat + 1;
    const home = this.few ? 0.012 : 0.03;
    for (let at = 0; at < nodes; at += 1) {
      const [x, y] = [positions[at * 2] as number, positions[at * 2 + 1] as number];
      let fx = (force[at * 2] as number) + ((homes[at * 2] as number) - x) * home;
      let fy = (force[at * 2 + 1] as number) + ((homes[at * 2 + 1] as number) - y) * home;
      const size = Math.hypot(fx, fy);
      if (size > most) {
        fx *= most / size;
        fy *= most / size;
      }
      const ease = Number.isNaN(this.input.start[at * 2]) ? 1 : this.ease;
      positions[at * 2] = x + fx * ease;
      positions[at * 2 + 1] = y + fy * ease;
    }
    this.heat *= this.few ? 0.985 : 0.97;
  }

  private push(node: number, x: number, y: number) {
    this.force[node * 2] = (this.force[node * 2] as number) + x;
    this.force[node * 2 + 1] = (this.force[node * 2 + 1] as number) + y;
  }

  /** The island of each node: its space, or for one that lies nowhere the space of most that it is related to. */
  private islands(): Int32Array {
    const { nodes, space, loose, ends } = this.input;
    const island = Int32Array.from(space);
    const votes = new Map<number, Map<number, number>>();
    const vote = (node: number, other: number) => {
      if (!loose[space[node] as number] || loose[space[other] as number]) return;
      const of = votes.get(node) ?? new Map<number, number>();
      of.set(space[other] as number, (of.get(space[other] as number) ?? 0) + 1);
      votes.set(node, of);
    };
    for (let at = 0; at < ends.length; at += 2) {
      vote(ends[at] as number, ends[at + 1] as number);
      vote(ends[at + 1] as number, ends[at] as number);
    }
    for (let node = 0; node < nodes; node += 1) {
      const of = votes.get(node);
      if (!of || [...of.values()].reduce((sum, one) => sum + one, 0) > MOST_LOOSE_TIES) continue;
      island[node] = [...of].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0] as number;
    }
    return island;
  }

  /** Homes of all, and first positions of new nodes; gives how many are new. */
  private place(): number {
    const { nodes, start } = this.input;
    const order = this.walk();
    const members = new Map<number, number[]>();
    for (const node of order) {
      const island = this.island[node] as number;
      const list = members.get(island);
      if (list) list.push(node);
      else members.set(island, [node]);
    }
    let fresh = 0;
    for (let node = 0; node < nodes; node += 1) if (Number.isNaN(start[node * 2])) fresh += 1;
    const sorted = [...members].sort((a, b) => b[1].length - a[1].length || a[0] - b[0]);
    const circles = sorted.map(([, list]) => DISTANCE * (0.62 * Math.sqrt(list.length) + 0.8));
    const centres = pack(circles);
    sorted.forEach(([, list], at) => {
      const [cx, cy] = this.centreOf(list, centres[at] as [number, number]);
      list.forEach((node, index) => {
        // Along a spiral whose turns lie a distance apart: what follows each other lies beside each other.
        const turn = Math.sqrt(index * 4 * Math.PI);
        const radius = (DISTANCE * 0.62 * turn) / (2 * Math.PI) ** 0.5 / 1.25;
        this.homes[node * 2] = cx;
        this.homes[node * 2 + 1] = cy;
        if (!Number.isNaN(start[node * 2])) return;
        const near = fresh < nodes ? this.besideKin(node) : null;
        this.positions[node * 2] = near ? near[0] : cx + radius * Math.cos(turn);
        this.positions[node * 2 + 1] = near ? near[1] : cy + radius * Math.sin(turn);
      });
    });
    return fresh;
  }

  /** An island stays where its nodes lie already. */
  private centreOf(list: number[], wanted: [number, number]): [number, number] {
    let [x, y, known] = [0, 0, 0];
    for (const node of list) {
      if (Number.isNaN(this.input.start[node * 2])) continue;
      x += this.input.start[node * 2] as number;
      y += this.input.start[node * 2 + 1] as number;
      known += 1;
    }
    return known > 0 ? [x / known, y / known] : wanted;
  }

  private besideKin(node: number): [number, number] | null {
    const { ends, start } = this.input;
    for (let at = 0; at < ends.length; at += 2) {
      const other = ends[at] === node ? ends[at + 1] : ends[at + 1] === node ? ends[at] : undefined;
      if (other === undefined || Number.isNaN(start[other * 2]) || this.island[other] !== this.island[node])
        continue;
      const turn = node * 2.39996;
      return [
        (start[other * 2] as number) + DISTANCE * Math.cos(turn),
        (start[other * 2 + 1] as number) + DISTANCE * Math.sin(turn),
      ];
    }
    return null;
  }

  /** All nodes, what is related one after the other. */
  private walk(): number[] {
    const { nodes, ends } = this.input;
    const first = new Int32Array(nodes + 1);
    for (const end of ends) first[end + 1] = (first[end + 1] as number) + 1;
    for (let at = 0; at < nodes; at += 1) first[at + 1] = (first[at + 1] as number) + (first[at] as number);
    const fill = first.slice();
    const kin = new Int32Array(ends.length);
    for (let at = 0; at < ends.length; at += 2) {
      const [a, b] = [ends[at] as number, ends[at + 1] as number];
      kin[fill[a] as number] = b;
      fill[a] = (fill[a] as number) + 1;
      kin[fill[b] as number] = a;
      fill[b] = (fill[b] as number) + 1;
    }
    const seen = new Uint8Array(nodes);
    const order: number[] = [];
    for (let begin = 0; begin < nodes; begin += 1) {
      if (seen[begin]) continue;
      seen[begin] = 1;
      order.push(begin);
      for (let head = order.length - 1; head < order.length; head += 1) {
        const node = order[head] as number;
        for (let at = first[node] as number; at < (first[node + 1] as number); at += 1) {
          const other = kin[at] as number;
          if (seen[other] || this.island[other] !== this.island[node]) continue;
          seen[other] = 1;
          order.push(other);
        }
      }
    }
    return order;
  }

  private repel(a: number, b: number, far: number) {
    const { positions } = this;
    let dx = (positions[b * 2] as number) - (positions[a * 2] as number);
    let dy = (positions[b * 2 + 1] as number) - (positions[a * 2 + 1] as number);
    if (dx === 0 && dy === 0) {
      dx = Math.cos(a + b * 7) * 0.1;
      dy = Math.sin(a + b * 7) * 0.1;
    }
    const square = dx * dx + dy * dy;
    if (square > far * far) return;
    const pull = (DISTANCE * DISTANCE * 0.35) / Math.max(square, 9);
    this.push(a, -dx * pull, -dy * pull);
    this.push(b, dx * pull, dy * pull);
  }

  private repelAll() {
    for (let a = 0; a < this.input.nodes; a += 1)
      for (let b = a + 1; b < this.input.nodes; b += 1) this.repel(a, b, DISTANCE * 40);
  }

  /** Only those in neighbouring cells of a grid repel each other. */
  private repelNear() {
    const { nodes } = this.input;
    const cells = new Map<number, number[]>();
    const column = (value: number) => Math.floor(value / REACH) + 32_768;
    for (let at = 0; at < nodes; at += 1) {
      const key =
        column(this.positions[at * 2] as number) * 65_536 + column(this.positions[at * 2 + 1] as number);
      const cell = cells.get(key);
      if (cell) cell.push(at);
      else cells.set(key, [at]);
    }
    for (const [key, cell] of cells) {
      for (let i = 0; i < cell.length; i += 1)
        for (let j = i + 1; j < cell.length; j += 1) this.repel(cell[i] as number, cell[j] as number, REACH);
      for (const beside of [1, 65_535, 65_536, 65_537]) {
        const other = cells.get(key + beside);
        if (!other) continue;
        for (const a of cell) for (const b of other) this.repel(a, b, REACH);
      }
    }
  }
}

/** Centres of circles, the largest first, none over another: each at the first free place along a spiral. */
export function pack(radii: number[]): [number, number][] {
  const placed: [number, number, number][] = [];
  let outer = 0;
  return radii.map((radius) => {
    // What did not fit further in does not fit there now, as circles only become smaller by little.
    for (let distance = Math.max(0, outer - 6 * radius); ; distance += Math.max(6, radius * 0.35)) {
      const tries = Math.max(1, Math.ceil((2 * Math.PI * distance) / Math.max(12, radius * 0.6)));
      for (let at = 0; at < tries; at += 1) {
        const turn = (at / tries) * 2 * Math.PI;
        const [x, y] = [distance * Math.cos(turn), distance * Math.sin(turn)];
        if (placed.some(([px, py, pr]) => (px - x) ** 2 + (py - y) ** 2 < (pr + radius) ** 2)) continue;
        placed.push([x, y, radius]);
        outer = Math.max(outer, distance);
        return [x, y];
      }
    }
  });
}
