// Formats the messages of the catalogue: {name}, {name, plural, =0 {…} one {…} other {…}} and {name, select, …},
// a subset of ICU MessageFormat. In a plural branch # stands for the number.

export type Parameters = Record<string, string | number>;

type Node =
  string | { name: string } | { name: string; type: 'plural' | 'select'; branches: Map<string, Node[]> };

export function format(message: string, locale: string, parameters: Parameters = {}): string {
  return render(parse(message), locale, parameters, null);
}

/** The names a message takes; a translation must take the same. */
export function parameterNames(message: string): string[] {
  const names = new Set<string>();
  const visit = (nodes: Node[]) => {
    for (const node of nodes) {
      if (typeof node === 'string') continue;
      names.add(node.name);
      if ('branches' in node) for (const branch of node.branches.values()) visit(branch);
    }
  };
  visit(parse(message));
  return [...names].sort();
}

function render(nodes: Node[], locale: string, parameters: Parameters, count: number | null): string {
  return nodes
    .map((node) => {
      if (typeof node === 'string') {
        return count === null ? node : node.replaceAll('#', new Intl.NumberFormat(locale).format(count));
      }
      const value = parameters[node.name];
      if (!('branches' in node)) {
        return typeof value === 'number' ? new Intl.NumberFormat(locale).format(value) : String(value ?? '');
      }
      const { branches } = node;
      if (node.type === 'select') {
        return render(branches.get(String(value)) ?? branches.get('other') ?? [], locale, parameters, count);
      }
      const number = Number(value);
      const category = new Intl.PluralRules(locale).select(number);
      const branch = branches.get(`=${number}`) ?? branches.get(category) ?? branches.get('other') ?? [];
      return render(branch, locale, parameters, number);
    })
    .join('');
}

const cache = new Map<string, Node[]>();

function parse(message: string): Node[] {
  let nodes = cache.get(message);
  if (!nodes) {
    nodes = new Parser(message).nodes();
    cache.set(message, nodes);
  }
  return nodes;
}

class Parser {
  private at = 0;
  constructor(private readonly text: string) {}

  nodes(): Node[] {
    const nodes: Node[] = [];
    while (this.at < this.text.length && this.text[this.at] !== '}') {
      nodes.push(this.text[this.at] === '{' ? this.placeholder() : this.literal());
    }
    return nodes;
  }

  private literal(): string {
    const start = this.at;
    while (this.at < this.text.length && !'{}'.includes(this.text[this.at] as string)) this.at += 1;
    return this.text.slice(start, this.at);
  }

  private placeholder(): Node {
    this.expect('{');
    const name = this.word();
    if (this.take('}')) return { name };
    this.expect(',');
    const type = this.word();
    if (type !== 'plural' && type !== 'select') throw new Error(`"${this.text}": unknown type "${type}"`);
    this.expect(',');
    const branches = new Map<string, Node[]>();
    while (!this.take('}')) {
      const key = this.word();
      this.expect('{');
      branches.set(key, this.nodes());
      this.expect('}');
    }
    if (!branches.has('other')) throw new Error(`"${this.text}": no "other" branch`);
    return { name, type, branches };
  }

  private word(): string {
    this.space();
    const match = /^[\w=.]+/.exec(this.text.slice(this.at));
    if (!match) throw new Error(`"${this.text}": a name is expected at ${this.at}`);
    this.at += match[0].length;
    this.space();
    return match[0];
  }

  private space() {
    while (this.text[this.at] === ' ') this.at += 1;
  }

  private take(character: string): boolean {
    this.space();
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private expect(character: string) {
    // Inside a branch the text may begin with a space, so only separators skip them.
    if (character === '{' || character === ',') this.space();
    if (this.text[this.at] !== character)
      throw new Error(`"${this.text}": "${character}" is expected at ${this.at}`);
    this.at += 1;
    if (character === ',') this.space();
  }
}
