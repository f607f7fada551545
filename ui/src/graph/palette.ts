// Colours of a graph, from the page's own: by kind, with rings for what is wrong.
import type { Scene, Shown } from './scene';
import type { Paint } from './renderer';

const COLOURS = 8;
const SEVERITY_COLOURS = ['--info', '--low', '--medium', '--high', '--critical'];
const FAINT = 38;

/** The same kind has the same colour wherever it is drawn. */
export const kindColour = (kind: number) => `--plot-${(kind % COLOURS) + 1}`;

type Rgb = [number, number, number];

export class Palette {
  private readonly known = new Map<string, Rgb>();
  private readonly style = getComputedStyle(document.documentElement);

  css(name: string): string {
    return this.style.getPropertyValue(name).trim();
  }

  rgb(name: string): Rgb {
    const known = this.known.get(name);
    if (known) return known;
    const hex = this.css(name).replace('#', '');
    const whole = hex.length === 3 ? [...hex].map((digit) => digit + digit).join('') : hex;
    const rgb = [0, 2, 4].map((at) => parseInt(whole.slice(at, at + 2), 16) || 0) as Rgb;
    this.known.set(name, rgb);
    return rgb;
  }
}

/** What a person looks at; -1 for nothing. */
export interface Focus {
  /** The nodes around it, null for all; what is not among them is faint. */
  near: Set<number> | null;
  node: number;
  edge: number;
  /** Where the graph begins: with a ring. */
  marked: number;
}

/** The colours of edges, the worse the later. */
export const TONES = ['--line-strong', '--medium', '--high', '--critical'];

export function paint(scene: Scene, shown: Shown, focus: Focus, palette: Palette): Paint {
  const { near, node: chosen, marked } = focus;
  const nodes = new Uint8Array(scene.ids.length * 4);
  const rings = new Uint8Array(scene.ids.length * 4);
  const edges = new Uint8Array(scene.relation.length * 4);
  for (let at = 0; at < scene.ids.length; at += 1) {
    if (!shown.node[at]) continue;
    const alpha = near && !near.has(at) ? FAINT : 255;
    const missing = scene.missing[at] === 1;
    nodes.set([...palette.rgb(missing ? '--surface' : kindColour(scene.kind[at] as number)), alpha], at * 4);
    const severity = scene.severity[at] as number;
    const ring =
      at === chosen || at === marked
        ? '--text'
        : missing
          ? '--critical'
          : severity >= 1
            ? SEVERITY_COLOURS[severity]
            : undefined;
    if (ring) rings.set([...palette.rgb(ring), alpha], at * 4);
  }
  const line = palette.rgb('--line-strong');
  const strong = palette.rgb('--accent-text');
  const many = shown.edges > 2_000;
  for (let at = 0; at < scene.relation.length; at += 1) {
    if (!shown.edge[at]) continue;
    const [source, target] = [scene.ends[at * 2] as number, scene.ends[at * 2 + 1] as number];
    const lit = near !== null && (source === chosen || target === chosen || at === focus.edge);
    if (scene.look) {
      const tone = palette.rgb(TONES[scene.look.tone[at] as number] as string);
      edges.set([...tone, lit ? 255 : near ? 30 : 190], at * 4);
    } else edges.set(lit ? [...strong, 230] : [...line, near ? 22 : many ? 110 : 190], at * 4);
  }
  return { nodes, rings, edges };
}
