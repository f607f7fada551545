// Which part of a graph is in sight.

export interface Size {
  width: number;
  height: number;
}

const LEAST = 0.01;
const MOST = 6;

export class Camera {
  /** The point of the graph in the middle of the view, and pixels for each of its units. */
  x = 0;
  y = 0;
  scale = 1;

  /** What widths in pixels are multiplied with: from far away everything is finer. */
  get fineness(): number {
    return Math.min(1, Math.max(0.4, this.scale * 1.3));
  }

  toScreen(x: number, y: number, { width, height }: Size): [number, number] {
    return [(x - this.x) * this.scale + width / 2, (y - this.y) * this.scale + height / 2];
  }

  toGraph(x: number, y: number, { width, height }: Size): [number, number] {
    return [(x - width / 2) / this.scale + this.x, (y - height / 2) / this.scale + this.y];
  }

  pan(dx: number, dy: number) {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
  }

  /** The point under the pointer stays there. */
  zoom(factor: number, x: number, y: number, size: Size) {
    const [gx, gy] = this.toGraph(x, y, size);
    this.scale = Math.min(MOST, Math.max(LEAST, this.scale * factor));
    const [nx, ny] = this.toGraph(x, y, size);
    this.x += gx - nx;
    this.y += gy - ny;
  }

  /** Shows all of these nodes; a handful of them is not blown up to the size of the frame. */
  fit(positions: Float32Array, nodes: Iterable<number>, { width, height }: Size, most = 1.6) {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const node of nodes) {
      const [x, y] = [positions[node * 2] as number, positions[node * 2 + 1] as number];
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
    if (!(left <= right)) return;
    const margin = 60;
    this.x = (left + right) / 2;
    this.y = (top + bottom) / 2;
    this.scale = Math.max(
      LEAST,
      Math.min(
        most,
        (width - margin) / Math.max(1, right - left),
        (height - margin) / Math.max(1, bottom - top),
      ),
    );
  }
}
