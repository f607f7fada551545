// A graph in a frame of the page: positions come from a worker, the pointer pans, zooms and chooses, and what changed
// is drawn with the next frame.
import { Camera, type Size } from './camera';
import { islandsOf, Labels, type Island } from './labels';
import type { LayoutInput } from './layout';
import { paint, Palette } from './palette';
import { Renderer } from './renderer';
import { Detail } from './detail';
import { isSameShape, neighbourhood, type Scene, type Shown } from './scene';

const PICK_PX = 12;
const CLICK_PX = 4;
const PICK_EDGE_PX = 6;

export interface ViewEvents {
  onChoose: (node: number | null) => void;
  /** None where edges cannot be chosen. */
  onChooseEdge?: ((edge: number) => void) | undefined;
  onOpen: (node: number) => void;
  onPoint: (node: number | null) => void;
  onReady: () => void;
}

export class GraphView {
  readonly camera = new Camera();
  /** How long the last frames took to draw, in milliseconds. */
  readonly drawTimes: number[] = [];
  private readonly renderer: Renderer | null;
  private readonly labels: Labels;
  private readonly worker: Worker;
  private readonly resize: ResizeObserver;
  private readonly end = new AbortController();
  private scene: Scene | null = null;
  private shown: Shown | null = null;
  private positions: Float32Array = new Float32Array();
  private readonly places = new Map<string, [number, number]>();
  private islands: Island[] = [];
  private near: Set<number> | null = null;
  private chosen = -1;
  private chosenEdge = -1;
  private marked = -1;
  private pointed = -1;
  private palette = new Palette();
  private task = 0;
  private dirty = false;
  private moved = false;
  private readonly detail = new Detail(() => this.draw());
  private size: Size = { width: 1, height: 1 };
  private readonly pointers = new Map<number, { x: number; y: number }>();

  constructor(
    private readonly frame: HTMLElement,
    canvas: HTMLCanvasElement,
    over: HTMLCanvasElement,
    private readonly events: ViewEvents,
  ) {
    this.renderer = Renderer.create(canvas);
    this.labels = new Labels(over);
    this.worker = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
    this.worker.onmessage = ({
      data,
    }: MessageEvent<{ number: number; positions: Float32Array; done: boolean }>) => {
      if (data.number === this.task) this.take(data.positions, data.done);
    };
    this.resize = new ResizeObserver(() => this.measure(canvas, over));
    this.resize.observe(frame);
    this.listen();
    this.measure(canvas, over);
  }

  /** False where the browser cannot draw; the list beside it is all there is then. */
  get works(): boolean {
    return this.renderer !== null;
  }

  destroy() {
    this.end.abort();
    this.resize.disconnect();
    this.detail.stop();
    this.worker.terminate();
  }

  /** Nodes that were there stay where they are. */
  setScene(scene: Scene) {
    const isSame = this.scene !== null && isSameShape(this.scene, scene);
    this.renderer?.setLook(scene.look);
    if (isSame) {
      this.scene = scene;
      return;
    }
    this.keepPlaces();
    this.scene = scene;
    const start = new Float32Array(scene.ids.length * 2).fill(NaN);
    let known = 0;
    scene.ids.forEach((id, at) => {
      const place = this.places.get(id);
      if (!place) return;
      start.set(place, at * 2);
      known += 1;
    });
    if (known < scene.ids.length / 2) this.moved = false;
    this.chosen = -1;
    this.chosenEdge = -1;
    this.marked = -1;
    this.near = null;
    this.pointed = -1;
    const sizes = Float32Array.from(scene.degree, (degree) => 5 + Math.min(7, Math.sqrt(degree)));
    // What was there is drawn where it was until the worker answers.
    this.positions = start.slice();
    this.renderer?.setGraph(scene.ids.length, sizes, scene.ends);
    this.renderer?.setPositions(this.positions);
    const task: LayoutInput & { number: number } = {
      number: ++this.task,
      nodes: scene.ids.length,
      space: scene.space,
      loose: Uint8Array.from(scene.spaces, (name) => (name === '' || name.endsWith('/') ? 1 : 0)),
      ends: scene.ends,
      start,
    };
    this.worker.postMessage(task);
  }

  setShown(shown: Shown) {
    this.shown = shown;
    this.repaint();
  }

  choose(node: number | null, centre = false) {
    this.chosen = node ?? -1;
    if (node !== null && centre && this.positions.length > 0) {
      this.camera.x = this.positions[node * 2] as number;
      this.camera.y = this.positions[node * 2 + 1] as number;
      this.camera.scale = Math.max(this.camera.scale, 0.9);
      this.moved = true;
    }
    this.repaint();
  }

  chooseEdge(edge: number | null) {
    this.chosenEdge = edge ?? -1;
    this.repaint();
  }

  /** Where the graph begins: with a ring, and always named. */
  mark(node: number | null) {
    this.marked = node ?? -1;
    this.repaint();
  }

  /** The colours of the page have changed. */
  recolour() {
    this.palette = new Palette();
    this.repaint();
  }

  fit() {
    const { shown } = this;
    if (!shown || this.positions.length === 0) return;
    const nodes = this.near ?? shown.node.reduce<number[]>((all, one, at) => (one && all.push(at), all), []);
    this.camera.fit(this.positions, nodes, this.size);
    this.draw();
  }

  zoom(factor: number) {
    this.moved = true;
    this.camera.zoom(factor, this.size.width / 2, this.size.height / 2, this.size);
    this.draw();
  }

  private keepPlaces() {
    this.scene?.ids.forEach((id, at) => {
      const [x, y] = [this.positions[at * 2] as number, this.positions[at * 2 + 1] as number];
      if (!Number.isNaN(x)) this.places.set(id, [x, y]);
    });
  }

  private take(positions: Float32Array, done: boolean) {
    const first = Number.isNaN(this.positions[0] as number);
    this.positions = positions;
    this.renderer?.setPositions(positions);
    if (this.scene && this.shown) this.islands = islandsOf(this.scene, this.shown, positions);
    // Until a person has moved it, the whole is kept in sight.
    if (!this.moved) this.fit();
    this.draw();
    if (first || done) this.events.onReady();
  }

  private repaint() {
    const { scene, shown } = this;
    if (!scene || !shown || shown.node.length !== scene.ids.length) return;
    this.near = this.around(scene, shown);
    const focus = { near: this.near, node: this.chosen, edge: this.chosenEdge, marked: this.marked };
    this.renderer?.setPaint(paint(scene, shown, focus, this.palette));
    if (!Number.isNaN(this.positions[0] as number)) this.islands = islandsOf(scene, shown, this.positions);
    this.draw();
  }

  private around(scene: Scene, shown: Shown): Set<number> | null {
    if (this.chosen >= 0) return neighbourhood(scene, shown, this.chosen);
    if (this.chosenEdge < 0) return null;
    return new Set(scene.ends.subarray(this.chosenEdge * 2, this.chosenEdge * 2 + 2));
  }

  private measure(canvas: HTMLCanvasElement, over: HTMLCanvasElement) {
    this.size = { width: this.frame.clientWidth || 1, height: this.frame.clientHeight || 1 };
    for (const one of [canvas, over]) {
      one.width = Math.round(this.size.width * this.ratio);
      one.height = Math.round(this.size.height * this.ratio);
    }
    if (this.moved) this.draw();
    else this.fit();
  }

  private get ratio(): number {
    return Math.min(2, window.devicePixelRatio || 1);
  }

  private draw() {
    if (this.dirty) return;
    this.dirty = true;
    requestAnimationFrame((at) => {
      this.dirty = false;
      if (this.end.signal.aborted) return;
      const began = performance.now();
      this.renderer?.draw(this.camera, this.size, this.ratio, this.detail.share(at));
      this.drawLabels();
      this.drawTimes.push(performance.now() - began);
      if (this.drawTimes.length > 600) this.drawTimes.shift();
    });
  }

  private drawLabels() {
    const { scene, shown } = this;
    if (!scene || !shown || Number.isNaN(this.positions[0] as number)) return;
    const named = [
      ...(this.chosen >= 0 ? [this.chosen] : []),
      ...(this.pointed >= 0 ? [this.pointed] : []),
      ...(this.marked >= 0 ? [this.marked] : []),
      ...(this.near ?? []),
    ];
    this.labels.draw(
      {
        scene,
        shown,
        positions: this.positions,
        named: new Set(named),
        near: this.near,
        islands: this.islands,
        text: this.palette.css('--text'),
        muted: this.palette.css('--muted'),
        surface: this.palette.css('--surface'),
      },
      this.camera,
      this.size,
      this.ratio,
    );
  }

  private nodeAt(x: number, y: number): number {
    const { scene, shown, positions } = this;
    if (!scene || !shown) return -1;
    const [gx, gy] = this.camera.toGraph(x, y, this.size);
    let [best, nearest] = [-1, (PICK_PX / this.camera.scale) ** 2];
    for (let at = 0; at < scene.ids.length; at += 1) {
      if (!shown.node[at]) continue;
      const square =
        ((positions[at * 2] as number) - gx) ** 2 + ((positions[at * 2 + 1] as number) - gy) ** 2;
      if (square < nearest) [best, nearest] = [at, square];
    }
    return best;
  }

  /** The edge that is drawn there. */
  private edgeAt(x: number, y: number): number {
    const { scene, shown, positions, camera, size } = this;
    if (!scene || !shown) return -1;
    const at = (node: number) =>
      camera.toScreen(positions[node * 2] as number, positions[node * 2 + 1] as number, size);
    let [best, nearest] = [-1, PICK_EDGE_PX];
    for (let edge = 0; edge < shown.edge.length; edge += 1) {
      if (!shown.edge[edge]) continue;
      const [x1, y1] = at(scene.ends[edge * 2] as number);
      const [x2, y2] = at(scene.ends[edge * 2 + 1] as number);
      const length = Math.hypot(x2 - x1, y2 - y1) || 1;
      const along = ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length;
      const beside = ((y - y1) * (x2 - x1) - (x - x1) * (y2 - y1)) / length;
      const away = Math.abs(beside - (scene.look?.shift[edge] ?? 0) * camera.fineness);
      if (along > 0 && along < length && away < nearest) [best, nearest] = [edge, away];
    }
    return best;
  }

  private listen() {
    const { frame, end } = this;
    const on = <K extends keyof HTMLElementEventMap>(
      type: K,
      listener: (event: HTMLElementEventMap[K]) => void,
      options: AddEventListenerOptions = {},
    ) => frame.addEventListener(type, listener, { signal: end.signal, ...options });
    const place = (event: MouseEvent) => {
      const box = frame.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    let travelled = 0;
    on(
      'wheel',
      (event) => {
        event.preventDefault();
        const { x, y } = place(event);
        this.moved = true;
        this.camera.zoom(Math.exp(-Math.max(-200, Math.min(200, event.deltaY)) * 0.0022), x, y, this.size);
        this.detail.moving();
        this.draw();
      },
      { passive: false },
    );
    on('pointerdown', (event) => {
      frame.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, place(event));
      travelled = 0;
    });
    on('pointermove', (event) => {
      const now = place(event);
      const before = this.pointers.get(event.pointerId);
      if (!before) return this.point(this.nodeAt(now.x, now.y));
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
      travelled += Math.hypot(now.x - before.x, now.y - before.y);
      if (other) {
        const [was, is] = [
          Math.hypot(before.x - other.x, before.y - other.y),
          Math.hypot(now.x - other.x, now.y - other.y),
        ];
        this.camera.zoom(is / Math.max(1, was), (now.x + other.x) / 2, (now.y + other.y) / 2, this.size);
      } else this.camera.pan(now.x - before.x, now.y - before.y);
      this.pointers.set(event.pointerId, now);
      this.moved = true;
      this.detail.moving();
      this.draw();
    });
    const release = (event: PointerEvent) => {
      const known = this.pointers.delete(event.pointerId);
      if (!known || event.type !== 'pointerup' || travelled > CLICK_PX) return;
      const { x, y } = place(event);
      const node = this.nodeAt(x, y);
      const edge = node < 0 && this.events.onChooseEdge ? this.edgeAt(x, y) : -1;
      if (edge >= 0) this.events.onChooseEdge?.(edge);
      else this.events.onChoose(node >= 0 ? node : null);
    };
    on('pointerup', release);
    on('pointercancel', release);
    on('pointerleave', () => this.point(-1));
    on('dblclick', (event) => {
      const { x, y } = place(event);
      const node = this.nodeAt(x, y);
      if (node >= 0) this.events.onOpen(node);
    });
  }

  private point(node: number) {
    if (node === this.pointed) return;
    this.pointed = node;
    this.frame.classList.toggle('pointing', node >= 0);
    this.events.onPoint(node >= 0 ? node : null);
    this.draw();
  }
}
