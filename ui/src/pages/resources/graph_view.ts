// Draws a graph with cytoscape; loaded only when a graph is looked at.
import cytoscape, { type Core, type ElementDefinition, type StylesheetJson } from 'cytoscape';

import type { Graph } from '../../api/types';

const COLOURS = 8;
const LARGEST_START = 1.4;

/** The same kind has the same colour wherever it is drawn. */
export function kindColour(kind: string, kinds: string[]): string {
  return `--plot-${(Math.max(0, kinds.indexOf(kind)) % COLOURS) + 1}`;
}

/** Where a node starts: on a spiral, so that the layout is the same each time and no two begin at one place. */
function spiral(at: number): { x: number; y: number } {
  const angle = at * 2.39996;
  const radius = 60 * Math.sqrt(at + 1);
  return { x: radius * Math.cos(angle), y: radius * Math.sin(angle) };
}

function elementsOf(graph: Graph, kinds: string[], css: (name: string) => string): ElementDefinition[] {
  const names = new Set(graph.nodes.map(({ id }) => id));
  return [
    ...graph.nodes.map((node, at) => ({
      position: spiral(at),
      data: {
        id: node.id,
        label: node.name.length > 28 ? `${node.name.slice(0, 27)}…` : node.name,
        colour: css(kindColour(node.kind, kinds)),
        border: node.severity ? css('--critical') : css('--surface'),
        width: node.severity ? 4 : 1,
      },
    })),
    ...graph.edges
      .filter(({ source, target }) => names.has(source) && names.has(target))
      .map((edge, at) => ({
        data: {
          id: `edge-${at}`,
          source: edge.source,
          target: edge.target,
          label: edge.kind,
          line: edge.origin === 'declared' ? 'solid' : 'dashed',
        },
      })),
  ];
}

function styleOf(css: (name: string) => string, many: boolean): StylesheetJson {
  return [
    {
      selector: 'node',
      style: {
        label: 'data(label)',
        'background-color': 'data(colour)',
        'border-color': 'data(border)',
        'border-width': 'data(width)' as unknown as number,
        color: css('--text'),
        'font-size': 10,
        'text-valign': 'bottom',
        'text-margin-y': 3,
        'min-zoomed-font-size': many ? 10 : 6,
        width: 18,
        height: 18,
      },
    },
    { selector: 'node:selected', style: { 'border-color': css('--accent-text'), 'border-width': 4 } },
    {
      selector: 'edge',
      style: {
        label: many ? '' : 'data(label)',
        'line-style': 'data(line)' as 'solid',
        'line-color': css('--line-strong'),
        'target-arrow-color': css('--line-strong'),
        'target-arrow-shape': 'triangle',
        'arrow-scale': 0.8,
        'curve-style': 'bezier',
        width: 1,
        color: css('--muted'),
        'font-size': 8,
        'min-zoomed-font-size': 7,
        'text-rotation': 'autorotate',
        'text-background-color': css('--surface'),
        'text-background-opacity': 0.85,
      },
    },
  ];
}

const STYLE_ID = '__________cytoscape_stylesheet';

export function drawGraph(
  host: HTMLElement,
  graph: Graph,
  kinds: string[],
  start: string,
  onOpen: (id: string) => void,
): Core {
  // Cytoscape adds a <style> element, which the content security policy forbids, unless one of this id is there.
  if (!document.getElementById(STYLE_ID)) {
    const mark = document.createElement('meta');
    mark.id = STYLE_ID;
    document.head.append(mark);
  }
  const style = getComputedStyle(document.documentElement);
  const css = (name: string) => style.getPropertyValue(name).trim();
  const many = graph.nodes.length > 60;
  const core = cytoscape({
    container: host,
    elements: elementsOf(graph, kinds, css),
    style: styleOf(css, many),
    layout: {
      name: graph.nodes.length > 800 ? 'concentric' : 'cose',
      animate: false,
      randomize: false,
      nodeRepulsion: () => (many ? 60_000 : 400_000),
      idealEdgeLength: () => (many ? 60 : 110),
      componentSpacing: 80,
      gravity: 0.3,
      numIter: many ? 400 : 1_000,
      padding: 24,
    } as cytoscape.LayoutOptions,
    minZoom: 0.1,
    maxZoom: 3,
  });
  // A handful of nodes is not blown up to the size of the frame.
  if (core.zoom() > LARGEST_START) {
    core.zoom(LARGEST_START);
    core.center();
  }
  core.on('tap', 'node', (event) => onOpen((event.target as cytoscape.NodeSingular).id()));
  if (start) core.getElementById(start).select();
  return core;
}
