// What differs between two texts, line by line.

export interface DiffRow {
  /** The numbers of the lines, from 1; null where the side has none. */
  before: number | null;
  after: number | null;
  left: string;
  right: string;
  kind: 'same' | 'changed' | 'removed' | 'added';
}

/** Above so many pairs of lines everything that is not alike at the ends counts as replaced. */
const MOST_PAIRS = 6_000_000;

type Step = 'same' | 'removed' | 'added';

/** The shortest way from one list of lines to the other, by their longest common part. */
function steps(a: string[], b: string[]): Step[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end])
    end += 1;
  const [rows, columns] = [a.length - start - end, b.length - start - end];
  const middle: Step[] = [];
  if (rows * columns > MOST_PAIRS) {
    middle.push(...Array<Step>(rows).fill('removed'), ...Array<Step>(columns).fill('added'));
  } else {
    const width = columns + 1;
    const common = new Uint16Array((rows + 1) * width);
    const at = (index: number) => common[index] as number;
    for (let i = rows - 1; i >= 0; i -= 1)
      for (let j = columns - 1; j >= 0; j -= 1)
        common[i * width + j] =
          a[start + i] === b[start + j]
            ? at((i + 1) * width + j + 1) + 1
            : Math.max(at((i + 1) * width + j), at(i * width + j + 1));
    let [i, j] = [0, 0];
    while (i < rows || j < columns) {
      if (i < rows && j < columns && a[start + i] === b[start + j]) {
        middle.push('same');
        i += 1;
        j += 1;
      } else if (i < rows && (j === columns || at((i + 1) * width + j) >= at(i * width + j + 1))) {
        middle.push('removed');
        i += 1;
      } else {
        middle.push('added');
        j += 1;
      }
    }
  }
  return [...Array<Step>(start).fill('same'), ...middle, ...Array<Step>(end).fill('same')];
}

/** Rows for two columns: removed lines stand beside the lines that took their place. */
export function diffLines(before: string, after: string): DiffRow[] {
  const a = before === '' ? [] : before.replace(/\n$/, '').split('\n');
  const b = after === '' ? [] : after.replace(/\n$/, '').split('\n');
  const rows: DiffRow[] = [];
  const removed: number[] = [];
  const added: number[] = [];
  const flush = () => {
    for (let at = 0; at < Math.max(removed.length, added.length); at += 1) {
      const left = removed[at];
      const right = added[at];
      rows.push({
        before: left === undefined ? null : left + 1,
        after: right === undefined ? null : right + 1,
        left: left === undefined ? '' : (a[left] as string),
        right: right === undefined ? '' : (b[right] as string),
        kind: left === undefined ? 'added' : right === undefined ? 'removed' : 'changed',
      });
    }
    removed.length = 0;
    added.length = 0;
  };
  let [i, j] = [0, 0];
  for (const step of steps(a, b)) {
    if (step === 'removed') removed.push(i++);
    else if (step === 'added') added.push(j++);
    else {
      flush();
      rows.push({ before: i + 1, after: j + 1, left: a[i] as string, right: b[j] as string, kind: 'same' });
      i += 1;
      j += 1;
    }
  }
  flush();
  return rows;
}

export type Folded = DiffRow | { folded: number };

/** Leaves out what is the same but for a few lines around each change. */
export function fold(rows: DiffRow[], around = 3): Folded[] {
  const kept = rows.map(() => false);
  rows.forEach(({ kind }, at) => {
    if (kind === 'same') return;
    for (let near = Math.max(0, at - around); near <= Math.min(rows.length - 1, at + around); near += 1)
      kept[near] = true;
  });
  const folded: Folded[] = [];
  let hidden = 0;
  rows.forEach((row, at) => {
    if (!kept[at]) {
      hidden += 1;
      return;
    }
    if (hidden > 0) folded.push({ folded: hidden });
    hidden = 0;
    folded.push(row);
  });
  if (hidden > 0) folded.push({ folded: hidden });
  return folded;
}
