import { describe, expect, it } from 'vitest';

import { Layout, pack, type LayoutInput } from './layout';

function input(nodes: number, spaces: number, edges: [number, number][], start?: Float32Array): LayoutInput {
  return {
    nodes,
    space: Uint16Array.from({ length: nodes }, (_, at) => at % spaces),
    loose: new Uint8Array(spaces),
    ends: Uint32Array.from(edges.flat()),
    start: start ?? new Float32Array(nodes * 2).fill(NaN),
  };
}

function settled(of: LayoutInput): Float32Array {
  const layout = new Layout(of);
  while (!layout.done) layout.step();
  return layout.positions;
}

const between = (positions: Float32Array, a: number, b: number) =>
  Math.hypot(
    (positions[a * 2] as number) - (positions[b * 2] as number),
    (positions[a * 2 + 1] as number) - (positions[b * 2 + 1] as number),
  );

describe('the layout of a graph', () => {
  it('is the same each time', () => {
    const of = () =>
      input(40, 2, [
        [0, 2],
        [2, 4],
        [1, 3],
      ]);
    expect(settled(of())).toEqual(settled(of()));
  });

  it('draws together what is related and keeps all apart', () => {
    const positions = settled(input(30, 1, [[0, 1]]));
    expect(positions.every(Number.isFinite)).toBe(true);
    const others = Array.from({ length: 28 }, (_, at) => between(positions, 0, at + 2));
    expect(between(positions, 0, 1)).toBeLessThan(others.reduce((sum, one) => sum + one, 0) / others.length);
    expect(Math.min(...others)).toBeGreaterThan(5);
  });

  it('leaves what lies somewhere there, when something new comes', () => {
    const before = settled(
      input(600, 3, [
        [0, 3],
        [3, 6],
      ]),
    );
    const start = new Float32Array(601 * 2).fill(NaN);
    start.set(before);
    const after = settled(
      input(
        601,
        3,
        [
          [0, 3],
          [3, 6],
          [6, 600],
        ],
        start,
      ),
    );
    const moved = Array.from({ length: 600 }, (_, at) =>
      Math.hypot(
        (after[at * 2] as number) - (before[at * 2] as number),
        (after[at * 2 + 1] as number) - (before[at * 2 + 1] as number),
      ),
    ).sort((a, b) => a - b);
    expect(moved[300]).toBeLessThan(5);
    const same = settled(input(600, 3, [[0, 3]], before));
    expect(same).toEqual(before);
  });

  it('packs islands without laying one over another', () => {
    const radii = Array.from({ length: 60 }, (_, at) => 300 / (at + 1) + 10);
    const centres = pack(radii);
    for (let a = 0; a < 60; a += 1)
      for (let b = 0; b < a; b += 1) {
        const [[ax, ay], [bx, by]] = [centres[a] as [number, number], centres[b] as [number, number]];
        expect(Math.hypot(ax - bx, ay - by)).toBeGreaterThanOrEqual(
          (radii[a] as number) + (radii[b] as number) - 1e-6,
        );
      }
  });
});
