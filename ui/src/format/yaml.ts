// JSON as YAML that people read: block style, keys in the order in which manifests have them.
import type { Json } from '../api/types';

const FIRST = ['apiVersion', 'kind', 'metadata', 'name', 'namespace', 'type', 'spec', 'data'];
const LAST = ['status'];

function rank(key: string): number {
  const first = FIRST.indexOf(key);
  if (first >= 0) return first;
  return LAST.includes(key) ? FIRST.length + 1 : FIRST.length;
}

/** Needs no quotes: no number, no word with a meaning, no sign that YAML reads as something. */
const PLAIN = /^[A-Za-z_/][\w./@%+=~^-]*(?:[ :][\w./@%+=~^(),-]+)*$/;
const WORDS = /^(?:true|false|null|yes|no|on|off|y|n|~)$/i;

function scalar(value: string): string {
  if (PLAIN.test(value) && !WORDS.test(value)) return value;
  return JSON.stringify(value);
}

const isEmpty = (value: Json) =>
  value !== null && typeof value === 'object' && Object.keys(value).length === 0;

/** A block of lines for a text of several; nothing for one that only quotes can hold. */
function block(value: string, indent: string): string | null {
  // Other control characters, and a text that begins with a space, would not come back as they are.
  if (!value.includes('\n') || /^[ \t\n]/.test(value) || !/^[\n\t\x20-\x7e\u00a0-\uffff]*$/.test(value))
    return null;
  const ends = /\n*$/.exec(value)?.[0].length ?? 0;
  const chomp = ends === 0 ? '-' : ends === 1 ? '' : '+';
  const lines = (ends > 0 ? value.slice(0, -1) : value).split('\n');
  return `|${chomp}\n${lines.map((line) => (line === '' ? '' : indent + line)).join('\n')}`;
}

function write(value: Json, indent: string): string {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return ` ${String(value)}\n`;
  if (typeof value === 'string') return ` ${block(value, indent) ?? scalar(value)}\n`;
  if (isEmpty(value)) return Array.isArray(value) ? ' []\n' : ' {}\n';
  return `\n${Array.isArray(value) ? list(value, indent) : map(value, indent)}`;
}

function map(value: { [name: string]: Json }, indent: string): string {
  const keys = Object.keys(value).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return keys
    .map((key) => {
      const inner = value[key] as Json;
      // Items of a list stand under their key, as kubectl writes them.
      const deeper = Array.isArray(inner) ? indent : `${indent}  `;
      return `${indent}${scalar(key)}:${write(inner, deeper)}`;
    })
    .join('');
}

function list(value: Json[], indent: string): string {
  return value
    .map((item) => {
      if (item !== null && typeof item === 'object' && !isEmpty(item)) {
        const inner = `${indent}  `;
        const text = Array.isArray(item) ? list(item, inner) : map(item, inner);
        return `${indent}- ${text.slice(inner.length)}`;
      }
      return `${indent}-${write(item, `${indent}  `)}`;
    })
    .join('');
}

export function toYaml(value: Json): string {
  if (value === null || typeof value !== 'object' || isEmpty(value)) return write(value, '').trimStart();
  return Array.isArray(value) ? list(value, '') : map(value, '');
}

/** An object as one would write it to apply it: without what only the cluster says. */
export function toManifest(object: Json): Json {
  if (object === null || typeof object !== 'object' || Array.isArray(object)) return object;
  const rest = Object.fromEntries(Object.entries(object).filter(([name]) => name !== 'status'));
  const metadata = rest['metadata'];
  if (metadata === null || typeof metadata !== 'object' || Array.isArray(metadata)) return rest;
  const kept = Object.fromEntries(
    Object.entries(metadata).filter(
      ([name, value]) =>
        !['uid', 'creationTimestamp', 'generation', 'resourceVersion', 'managedFields', 'selfLink'].includes(
          name,
        ) && !isEmpty(value),
    ),
  );
  return { ...rest, metadata: kept };
}
