// Draws nodes and edges with WebGL: two calls a frame, whatever their number.
import type { Camera, Size } from './camera';
import type { EdgeLook } from './scene';

const NODE_VERTEX = `#version 300 es
in vec2 position;
in float size;
in vec4 colour;
in vec4 ring;
uniform vec4 camera; // x, y of the middle; twice the scale over width and height.
uniform float zoom;
uniform float least; // The smallest radius, in pixels.
uniform float ratio;
out vec4 fill;
out vec4 edge;
out float soft;
void main() {
  vec2 at = (position - camera.xy) * camera.zw;
  gl_Position = vec4(at.x, -at.y, 0.0, 1.0);
  float radius = clamp(size * zoom, least, size * 2.2);
  float pixels = colour.a == 0.0 ? 0.0 : (radius * 2.0 + (ring.a > 0.0 ? 4.0 : 0.0)) * ratio;
  gl_PointSize = pixels;
  fill = colour;
  edge = ring;
  soft = 2.0 / max(pixels, 1.0);
}`;

const NODE_FRAGMENT = `#version 300 es
precision mediump float;
in vec4 fill;
in vec4 edge;
in float soft;
out vec4 result;
void main() {
  float distance = length(gl_PointCoord * 2.0 - 1.0);
  if (distance > 1.0) discard;
  vec4 colour = edge.a > 0.0 && distance > 0.64 ? edge : fill;
  float alpha = colour.a * (1.0 - smoothstep(1.0 - soft, 1.0, distance));
  result = vec4(colour.rgb * alpha, alpha);
}`;

const EDGE_VERTEX = `#version 300 es
in vec2 position;
in vec4 colour;
uniform vec4 camera;
out vec4 line;
void main() {
  vec2 at = (position - camera.xy) * camera.zw;
  gl_Position = vec4(at.x, -at.y, 0.0, 1.0);
  line = vec4(colour.rgb * colour.a, colour.a);
}`;

const EDGE_FRAGMENT = `#version 300 es
precision mediump float;
in vec4 line;
out vec4 result;
void main() { result = line; }`;

/** Edges with a width: two triangles each, as wide in pixels at any zoom. */
const WIDE_VERTEX = `#version 300 es
in vec2 source;
in vec2 target;
in vec2 place; // 0 at the source, 1 at the target; pixels beside the line.
in vec4 colour;
uniform vec4 camera;
uniform vec2 pixel;
uniform float fineness;
out vec4 line;
void main() {
  vec2 a = (source - camera.xy) * camera.zw;
  vec2 b = (target - camera.xy) * camera.zw;
  vec2 along = (b - a) / pixel;
  float far = length(along);
  vec2 beside = far > 0.0 ? vec2(-along.y, along.x) / far : vec2(0.0);
  vec2 at = mix(a, b, place.x) + beside * place.y * fineness * pixel;
  gl_Position = vec4(at.x, -at.y, 0.0, 1.0);
  line = vec4(colour.rgb * colour.a, colour.a);
}`;
const CORNERS = 6;

function compile(gl: WebGL2RenderingContext, vertex: string, fragment: string): WebGLProgram {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ] as const) {
    const shader = gl.createShader(type) as WebGLShader;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS))
    throw new Error(gl.getProgramInfoLog(program) ?? 'WebGL');
  return program;
}

/** Some attributes of vertices, each in a buffer of its own. */
class Vertices {
  private readonly array: WebGLVertexArrayObject;
  private readonly buffers = new Map<string, WebGLBuffer>();

  constructor(
    private readonly gl: WebGL2RenderingContext,
    private readonly program: WebGLProgram,
  ) {
    this.array = gl.createVertexArray();
  }

  set(name: string, data: Float32Array | Uint8Array, parts: number) {
    const { gl } = this;
    gl.bindVertexArray(this.array);
    let buffer = this.buffers.get(name);
    const fresh = buffer === undefined;
    buffer ??= gl.createBuffer();
    this.buffers.set(name, buffer);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
    if (fresh) {
      const at = gl.getAttribLocation(this.program, name);
      gl.enableVertexAttribArray(at);
      const bytes = data instanceof Uint8Array;
      gl.vertexAttribPointer(at, parts, bytes ? gl.UNSIGNED_BYTE : gl.FLOAT, bytes, 0, 0);
    }
    gl.bindVertexArray(null);
  }

  use() {
    this.gl.useProgram(this.program);
    this.gl.bindVertexArray(this.array);
  }
}

/** RGBA of each node and edge; an alpha of 0 hides. */
export interface Paint {
  nodes: Uint8Array;
  rings: Uint8Array;
  edges: Uint8Array;
}

/** The same disorder each time: the first ones are then a fair part of all. */
function shuffle(list: number[]) {
  let random = 1;
  for (let at = list.length - 1; at > 0; at -= 1) {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    const other = random % (at + 1);
    [list[at], list[other]] = [list[other] as number, list[at] as number];
  }
}

export class Renderer {
  private readonly nodeProgram: WebGLProgram;
  private readonly edgeProgram: WebGLProgram;
  private readonly wideProgram: WebGLProgram;
  private readonly nodeVertices: Vertices;
  private readonly edgeVertices: Vertices;
  private readonly wideVertices: Vertices;
  private look: EdgeLook | undefined;
  private ends: Uint32Array = new Uint32Array();
  private edgePositions = new Float32Array();
  /** The edges that are drawn, as the numbers of their first vertices. */
  private drawn = new Uint32Array();
  private nodes = 0;
  private least = 1.6;

  private constructor(private readonly gl: WebGL2RenderingContext) {
    this.nodeProgram = compile(gl, NODE_VERTEX, NODE_FRAGMENT);
    this.edgeProgram = compile(gl, EDGE_VERTEX, EDGE_FRAGMENT);
    this.wideProgram = compile(gl, WIDE_VERTEX, EDGE_FRAGMENT);
    this.nodeVertices = new Vertices(gl, this.nodeProgram);
    this.wideVertices = new Vertices(gl, this.wideProgram);
    this.edgeVertices = new Vertices(gl, this.edgeProgram);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  /** Nothing where the browser has no WebGL 2. */
  static create(canvas: HTMLCanvasElement): Renderer | null {
    const gl = canvas.getContext('webgl2', { antialias: false, premultipliedAlpha: true });
    return gl ? new Renderer(gl) : null;
  }

  setGraph(nodes: number, sizes: Float32Array, ends: Uint32Array) {
    this.nodes = nodes;
    this.least = nodes < 400 ? 4.5 : nodes < 2_500 ? 3 : 1.8;
    this.ends = ends;
    this.edgePositions = new Float32Array(ends.length * 2);
    this.nodeVertices.set('size', sizes, 1);
  }

  /** Takes effect with the next paint. */
  setLook(look: EdgeLook | undefined) {
    this.look = look;
  }

  setPositions(positions: Float32Array) {
    this.nodeVertices.set('position', positions, 2);
    this.ends.forEach((node, at) => {
      this.edgePositions[at * 2] = positions[node * 2] as number;
      this.edgePositions[at * 2 + 1] = positions[node * 2 + 1] as number;
    });
    this.putEdges();
  }

  setPaint(paint: Paint) {
    this.nodeVertices.set('colour', paint.nodes, 4);
    this.nodeVertices.set('ring', paint.rings, 4);
    const drawn: number[] = [];
    for (let at = 0; at < paint.edges.length / 4; at += 1) if (paint.edges[at * 4 + 3]) drawn.push(at);
    shuffle(drawn);
    this.drawn = Uint32Array.from(drawn);
    const corners = this.look ? CORNERS : 2;
    const colours = new Uint8Array(drawn.length * corners * 4);
    drawn.forEach((edge, at) => {
      for (let corner = 0; corner < corners; corner += 1)
        colours.set(paint.edges.subarray(edge * 4, edge * 4 + 4), (at * corners + corner) * 4);
    });
    (this.look ? this.wideVertices : this.edgeVertices).set('colour', colours, 4);
    this.putEdges();
  }

  private putWide(look: EdgeLook) {
    const numbers = this.drawn.length * CORNERS * 2;
    const [source, target, place] = [
      new Float32Array(numbers),
      new Float32Array(numbers),
      new Float32Array(numbers),
    ];
    this.drawn.forEach((edge, at) => {
      const half = (look.width[edge] as number) / 2;
      const beside = look.shift[edge] as number;
      const [left, right] = [beside - half, beside + half];
      place.set([0, left, 0, right, 1, left, 1, left, 0, right, 1, right], at * CORNERS * 2);
      for (let corner = 0; corner < CORNERS; corner += 1) {
        const to = (at * CORNERS + corner) * 2;
        source.set(this.edgePositions.subarray(edge * 4, edge * 4 + 2), to);
        target.set(this.edgePositions.subarray(edge * 4 + 2, edge * 4 + 4), to);
      }
    });
    this.wideVertices.set('source', source, 2);
    this.wideVertices.set('target', target, 2);
    this.wideVertices.set('place', place, 2);
  }

  private putEdges() {
    if (this.look) return this.putWide(this.look);
    const positions = new Float32Array(this.drawn.length * 4);
    this.drawn.forEach((edge, at) =>
      positions.set(this.edgePositions.subarray(edge * 4, edge * 4 + 4), at * 4),
    );
    this.edgeVertices.set('position', positions, 2);
  }

  /** `share` of the edges is drawn, evenly chosen. */
  draw(camera: Camera, { width, height }: Size, ratio: number, share: number) {
    const { gl } = this;
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    const view = [camera.x, camera.y, (2 * camera.scale) / width, (2 * camera.scale) / height] as const;
    if (this.drawn.length > 0 && this.look) {
      this.wideVertices.use();
      gl.uniform4f(gl.getUniformLocation(this.wideProgram, 'camera'), ...view);
      gl.uniform2f(gl.getUniformLocation(this.wideProgram, 'pixel'), 2 / width, 2 / height);
      gl.uniform1f(gl.getUniformLocation(this.wideProgram, 'fineness'), camera.fineness);
      gl.drawArrays(gl.TRIANGLES, 0, Math.ceil(this.drawn.length * share) * CORNERS);
    } else if (this.drawn.length > 0) {
      this.edgeVertices.use();
      gl.uniform4f(gl.getUniformLocation(this.edgeProgram, 'camera'), ...view);
      gl.drawArrays(gl.LINES, 0, Math.ceil(this.drawn.length * share) * 2);
    }
    if (this.nodes > 0) {
      this.nodeVertices.use();
      gl.uniform4f(gl.getUniformLocation(this.nodeProgram, 'camera'), ...view);
      gl.uniform1f(gl.getUniformLocation(this.nodeProgram, 'zoom'), camera.scale);
      gl.uniform1f(gl.getUniformLocation(this.nodeProgram, 'least'), this.least);
      gl.uniform1f(gl.getUniformLocation(this.nodeProgram, 'ratio'), ratio);
      gl.drawArrays(gl.POINTS, 0, this.nodes);
    }
    gl.bindVertexArray(null);
  }
}
