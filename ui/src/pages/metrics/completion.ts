// What may follow at a place in a PromQL text: metric names and functions, label names within braces, values in quotes.
import type { Completion, Suggestion } from '../../components/editor';

export const FUNCTIONS = [
  'abs',
  'absent',
  'absent_over_time',
  'avg',
  'avg_over_time',
  'bottomk',
  'ceil',
  'changes',
  'clamp',
  'clamp_max',
  'clamp_min',
  'count',
  'count_over_time',
  'count_values',
  'day_of_month',
  'day_of_week',
  'delta',
  'deriv',
  'exp',
  'floor',
  'group',
  'histogram_quantile',
  'hour',
  'idelta',
  'increase',
  'irate',
  'label_join',
  'label_replace',
  'last_over_time',
  'ln',
  'log10',
  'log2',
  'max',
  'max_over_time',
  'min',
  'min_over_time',
  'minute',
  'month',
  'predict_linear',
  'present_over_time',
  'quantile',
  'quantile_over_time',
  'rate',
  'resets',
  'round',
  'scalar',
  'sgn',
  'sort',
  'sort_desc',
  'sqrt',
  'stddev',
  'stddev_over_time',
  'stdvar',
  'sum',
  'sum_over_time',
  'time',
  'timestamp',
  'topk',
  'vector',
  'year',
];

const MOST = 12;

export interface Names {
  metrics: string[];
  labels: string[];
  /** The values of a label, as far as they are known; asked for when a place needs them. */
  values: (label: string) => string[];
}

export interface Kinds {
  metric: string;
  function: string;
  label: string;
  value: string;
}

/** Where the text before the caret stands. */
export type Place =
  | { in: 'value'; label: string; from: number; prefix: string }
  | { in: 'label'; from: number; prefix: string }
  | { in: 'name'; from: number; prefix: string }
  | { in: 'text' };

export function placeOf(text: string, caret: number): Place {
  let brace = false;
  let quote = '';
  let quoteAt = 0;
  for (let at = 0; at < caret; at += 1) {
    const character = text[at] as string;
    if (quote) {
      if (character === '\\') at += 1;
      else if (character === quote) quote = '';
    } else if (character === '"' || character === "'") {
      quote = character;
      quoteAt = at;
    } else if (character === '{') brace = true;
    else if (character === '}') brace = false;
  }
  if (quote) {
    const label = /([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)\s*$/.exec(text.slice(0, quoteAt))?.[1];
    if (!brace || !label) return { in: 'text' };
    return { in: 'value', label, from: quoteAt + 1, prefix: text.slice(quoteAt + 1, caret) };
  }
  const word = /[a-zA-Z_:][\w:]*$/.exec(text.slice(0, caret))?.[0] ?? '';
  const from = caret - word.length;
  const grouping = /\b(by|without|on|ignoring|group_left|group_right)\s*\(\s*(?:[\w]+\s*,\s*)*$/.test(
    text.slice(0, from),
  );
  return { in: brace || grouping ? 'label' : 'name', from, prefix: word };
}

/** Names that begin with the prefix before those that only contain it; never what is already written in full. */
function matching(names: string[], prefix: string, kind: string): Suggestion[] {
  const wish = prefix.toLowerCase();
  const begin = names.filter((name) => name.toLowerCase().startsWith(wish));
  const contain = wish.length < 2 ? [] : names.filter((name) => name.toLowerCase().indexOf(wish) > 0);
  return [...begin, ...contain].filter((name) => name !== prefix).map((text) => ({ text, kind }));
}

export function complete(text: string, caret: number, names: Names, kinds: Kinds): Completion | null {
  const place = placeOf(text, caret);
  if (place.in === 'text') return null;
  if (place.in === 'value') {
    return {
      from: place.from,
      suggestions: matching(names.values(place.label), place.prefix, kinds.value).slice(0, MOST),
    };
  }
  if (place.in === 'label') {
    return {
      from: place.from,
      suggestions: matching(names.labels, place.prefix, kinds.label).slice(0, MOST),
    };
  }
  if (place.prefix === '') return null;
  const functions = matching(FUNCTIONS, place.prefix, kinds.function).filter(({ text: name }) =>
    name.startsWith(place.prefix),
  );
  const suggestions = [...functions.slice(0, 4), ...matching(names.metrics, place.prefix, kinds.metric)];
  return { from: place.from, suggestions: suggestions.slice(0, MOST) };
}
