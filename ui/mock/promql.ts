// A small PromQL for the mock: selectors, the rate family, aggregations and arithmetic over made-up series. Enough for
// the page's own queries and for trying others; what it does not know it refuses with a position, as the server does.

export interface SyntheticSeries {
  labels: Record<string, string>;
  /** The value at a time in seconds; for a counter it rises. */
  at: (seconds: number) => number;
}

export class PromError extends Error {
  constructor(
    readonly line: number,
    readonly column: number,
    message: string,
  ) {
    super(message);
  }
}

type Sample = { labels: Record<string, string>; value: number };
type Value = number | Sample[];
type Evaluate = (time: number) => Value;

const OVER_TIME = /^(avg|min|max|sum|count|last)_over_time$/;
const RANGE_FUNCTIONS = new Set(['rate', 'irate', 'increase', 'delta']);
const PLAIN: Record<string, (value: number) => number> = {
  abs: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  round: Math.round,
  sqrt: Math.sqrt,
  ln: Math.log,
  exp: Math.exp,
};
const AGGREGATIONS = new Set(['sum', 'avg', 'min', 'max', 'count', 'topk', 'bottomk']);
const LEVELS: string[][] = [
  ['or'],
  ['and', 'unless'],
  ['==', '!=', '>=', '<=', '>', '<'],
  ['+', '-'],
  ['*', '/', '%'],
  ['^'],
];
const SECONDS: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400, w: 604800 };
const TOKEN =
  /\s+|#[^\n]*|(?<duration>\d+(?:ms|[smhdw])(?:\d+(?:ms|[smhdw]))*)|(?<number>\d+\.?\d*(?:e[+-]?\d+)?|\.\d+)|(?<word>[a-zA-Z_:][\w:]*)|(?<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?<sign>=~|!~|!=|==|>=|<=|[-+*/%^(){}[\],=<>])/gy;

interface Token {
  kind: string;
  text: string;
  at: number;
}

export function compile(source: string, all: () => SyntheticSeries[]): Evaluate {
  return new Compiler(source, all).whole();
}

class Compiler {
  private readonly tokens: Token[] = [];
  private next = 0;

  constructor(
    private readonly source: string,
    private readonly all: () => SyntheticSeries[],
  ) {
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < source.length) {
      const at = TOKEN.lastIndex;
      const match = TOKEN.exec(source);
      if (!match) this.fail(at, `unexpected character: ${JSON.stringify(source[at])}`);
      const kind = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined);
      if (kind) this.tokens.push({ kind: kind[0], text: kind[1] as string, at });
    }
  }

  whole(): Evaluate {
    if (this.tokens.length === 0) this.fail(0, 'no expression found in input');
    const expression = this.binary(0);
    const rest = this.tokens[this.next];
    if (rest) this.fail(rest.at, `unexpected ${JSON.stringify(rest.text)}`);
    return expression;
  }

  private fail(at: number, message: string): never {
    const before = this.source.slice(0, at).split('\n');
    throw new PromError(
      before.length,
      (before[before.length - 1] as string).length + 1,
      `parse error: ${message}`,
    );
  }

  private peek(text: string): boolean {
    return this.tokens[this.next]?.text === text;
  }

  private take(text: string): boolean {
    if (!this.peek(text)) return false;
    this.next += 1;
    return true;
  }

  private expect(text: string) {
    const token = this.tokens[this.next];
    if (!this.take(text)) {
      this.fail(
        token?.at ?? this.source.length,
        `unexpected ${token ? JSON.stringify(token.text) : 'end of input'}, expected "${text}"`,
      );
    }
  }

  private of(kind: string, what: string): Token {
    const token = this.tokens[this.next];
    if (token?.kind !== kind) {
      this.fail(
        token?.at ?? this.source.length,
        `unexpected ${token ? JSON.stringify(token.text) : 'end of input'}, expected ${what}`,
      );
    }
    this.next += 1;
    return token;
  }

  private binary(level: number): Evaluate {
    const operators = LEVELS[level];
    if (!operators) return this.unary();
    let left = this.binary(level + 1);
    for (;;) {
      const operator = operators.find((one) => this.peek(one));
      if (!operator) return left;
      this.next += 1;
      const boolean = this.take('bool');
      const [a, b] = [left, this.binary(level + 1)];
      left = (time) => combine(operator, boolean, a(time), b(time));
    }
  }

  private unary(): Evaluate {
    if (this.take('-')) {
      const inner = this.unary();
      return (time) => map(inner(time), (value) => -value);
    }
    if (this.take('(')) {
      const inner = this.binary(0);
      this.expect(')');
      return inner;
    }
    const token = this.tokens[this.next];
    if (!token) this.fail(this.source.length, 'unexpected end of input');
    if (token.kind === 'number') {
      this.next += 1;
      return () => Number(token.text);
    }
    if (token.kind === 'word' && AGGREGATIONS.has(token.text)) return this.aggregation();
    if (token.kind === 'word' && this.tokens[this.next + 1]?.text === '(') return this.call();
    if (token.kind === 'word' || token.text === '{') return this.instant();
    return this.fail(token.at, `unexpected ${JSON.stringify(token.text)}`);
  }

  private call(): Evaluate {
    const name = this.of('word', 'a function');
    this.expect('(');
    if (RANGE_FUNCTIONS.has(name.text) || OVER_TIME.test(name.text)) {
      const series = this.selector();
      const bracket = this.tokens[this.next];
      if (!this.take('[')) {
        this.fail(
          bracket?.at ?? this.source.length,
          `expected type range vector in call to function "${name.text}", got instant vector`,
        );
      }
      const range = seconds(this.of('duration', 'a duration').text);
      this.expect(']');
      this.expect(')');
      return (time) =>
        series().map(({ labels, at }) => ({
          labels: unnamed(labels),
          value: overRange(name.text, at, time, range),
        }));
    }
    if (name.text === 'time') {
      this.expect(')');
      return (time) => time;
    }
    const plain = PLAIN[name.text];
    if (!plain && name.text !== 'scalar') this.fail(name.at, `unknown function with name "${name.text}"`);
    const inner = this.binary(0);
    this.expect(')');
    if (plain) return (time) => map(inner(time), plain);
    return (time) => {
      const value = inner(time);
      return typeof value === 'number' ? value : value.length === 1 ? (value[0] as Sample).value : NaN;
    };
  }

  private aggregation(): Evaluate {
    const name = this.of('word', 'an aggregation').text;
    let grouping = this.grouping();
    this.expect('(');
    let count = 0;
    if (name === 'topk' || name === 'bottomk') {
      count = Number(this.of('number', 'a number').text);
      this.expect(',');
    }
    const inner = this.binary(0);
    this.expect(')');
    grouping ??= this.grouping();
    return (time) => {
      const value = inner(time);
      if (typeof value === 'number') return value;
      if (count > 0) {
        const sign = name === 'topk' ? -1 : 1;
        return [...value].sort((a, b) => sign * (a.value - b.value)).slice(0, count);
      }
      return aggregate(name, value, grouping);
    };
  }

  private grouping(): { by: boolean; labels: string[] } | null {
    const by = this.peek('by');
    if (!this.take('by') && !this.take('without')) return null;
    const labels: string[] = [];
    this.expect('(');
    while (!this.take(')')) {
      labels.push(this.of('word', 'a label name').text);
      if (!this.peek(')')) this.expect(',');
    }
    return { by, labels };
  }

  private instant(): Evaluate {
    const series = this.selector();
    return (time) => series().map(({ labels, at }) => ({ labels, value: at(time) }));
  }

  private selector(): () => SyntheticSeries[] {
    const name = this.tokens[this.next]?.kind === 'word' ? this.of('word', 'a metric').text : '';
    const tests: ((labels: Record<string, string>) => boolean)[] = [];
    if (name) tests.push((labels) => labels['__name__'] === name);
    if (this.take('{')) {
      while (!this.take('}')) {
        tests.push(this.matcher());
        if (!this.peek('}')) this.expect(',');
      }
    }
    return () => this.all().filter(({ labels }) => tests.every((test) => test(labels)));
  }

  private matcher(): (labels: Record<string, string>) => boolean {
    const label = this.of('word', 'a label name').text;
    const operator = this.of('sign', 'a matcher');
    const text = this.of('text', 'a text in quotes');
    const value = text.text.slice(1, -1).replace(/\\(.)/g, '$1');
    if (operator.text === '=') return (labels) => (labels[label] ?? '') === value;
    if (operator.text === '!=') return (labels) => (labels[label] ?? '') !== value;
    if (operator.text !== '=~' && operator.text !== '!~')
      this.fail(operator.at, `unexpected ${JSON.stringify(operator.text)} in label matching`);
    const pattern = new RegExp(`^(?:${value})$`);
    return (labels) => pattern.test(labels[label] ?? '') === (operator.text === '=~');
  }
}

function seconds(duration: string): number {
  let sum = 0;
  for (const [, count, unit] of duration.matchAll(/(\d+)(ms|[smhdw])/g))
    sum += Number(count) * (SECONDS[unit as string] as number);
  return sum;
}

function overRange(name: string, at: (time: number) => number, time: number, range: number): number {
  if (name === 'rate' || name === 'irate') return (at(time) - at(time - range)) / range;
  if (name === 'increase' || name === 'delta') return at(time) - at(time - range);
  const values = Array.from({ length: 12 }, (_, step) => at(time - (range * step) / 12));
  if (name.startsWith('min')) return Math.min(...values);
  if (name.startsWith('max')) return Math.max(...values);
  if (name.startsWith('last')) return values[0] as number;
  const sum = values.reduce((total, value) => total + value, 0);
  return name.startsWith('avg') ? sum / values.length : name.startsWith('count') ? values.length : sum;
}

function unnamed(labels: Record<string, string>): Record<string, string> {
  const copy = { ...labels };
  delete copy['__name__'];
  return copy;
}

const keyOf = (labels: Record<string, string>) => JSON.stringify(Object.entries(unnamed(labels)).sort());

function map(value: Value, change: (value: number) => number): Value {
  if (typeof value === 'number') return change(value);
  return value.map((sample) => ({ labels: unnamed(sample.labels), value: change(sample.value) }));
}

const ARITHMETIC: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '^': (a, b) => a ** b,
};
const COMPARISON: Record<string, (a: number, b: number) => boolean> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
};

function combine(operator: string, boolean: boolean, a: Value, b: Value): Value {
  const compare = COMPARISON[operator];
  const compute = ARITHMETIC[operator] ?? ((x: number, y: number) => (compare?.(x, y) ? 1 : 0));
  if (typeof a === 'number' && typeof b === 'number') return compute(a, b);
  if (typeof a === 'number' || typeof b === 'number') {
    const vector = (typeof a === 'number' ? b : a) as Sample[];
    return vector.flatMap((sample) => {
      const [left, right] = typeof a === 'number' ? [a, sample.value] : [sample.value, b as number];
      if (compare && !boolean) return compare(left, right) ? [sample] : [];
      return [{ labels: unnamed(sample.labels), value: compute(left, right) }];
    });
  }
  const others = new Map(b.map((sample) => [keyOf(sample.labels), sample]));
  if (operator === 'or') {
    const mine = new Set(a.map((sample) => keyOf(sample.labels)));
    return [...a, ...b.filter((sample) => !mine.has(keyOf(sample.labels)))];
  }
  if (operator === 'and') return a.filter((sample) => others.has(keyOf(sample.labels)));
  if (operator === 'unless') return a.filter((sample) => !others.has(keyOf(sample.labels)));
  return a.flatMap((sample) => {
    const other = others.get(keyOf(sample.labels));
    if (!other) return [];
    if (compare && !boolean) return compare(sample.value, other.value) ? [sample] : [];
    return [{ labels: unnamed(sample.labels), value: compute(sample.value, other.value) }];
  });
}

function aggregate(
  name: string,
  samples: Sample[],
  grouping: { by: boolean; labels: string[] } | null,
): Sample[] {
  const groups = new Map<string, { labels: Record<string, string>; values: number[] }>();
  for (const sample of samples) {
    const kept = Object.entries(unnamed(sample.labels)).filter(([label]) =>
      grouping ? grouping.labels.includes(label) === grouping.by : false,
    );
    const labels = Object.fromEntries(kept);
    const key = keyOf(labels);
    const group = groups.get(key) ?? { labels, values: [] };
    group.values.push(sample.value);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ labels, values }) => {
    const sum = values.reduce((total, value) => total + value, 0);
    const of: Record<string, number> = {
      sum,
      avg: sum / values.length,
      min: Math.min(...values),
      max: Math.max(...values),
      count: values.length,
    };
    return { labels, value: of[name] as number };
  });
}
