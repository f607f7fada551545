// Values put where paths say, so that fields of an object read as the part of a manifest that they are.
import type { FieldStep } from '../api/drift';
import type { Json } from '../api/types';

type Members = { [name: string]: Json };

const isMembers = (value: Json | undefined): value is Members =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const hasKey = (item: Members, key: Members) =>
  Object.entries(key).every(([name, value]) => item[name] === value);

/** Items that are told by their numbers: these are no keys to find them by again. */
type Numbered = Map<Json[], Map<number, Json>>;

/** What is at the step's place of a list, made where it is not there yet. */
function itemOf(list: Json[], step: Exclude<FieldStep, string>, numbered: Numbered): Json {
  const items = numbered.get(list) ?? new Map<number, Json>();
  numbered.set(list, items);
  const known =
    typeof step === 'number'
      ? items.get(step)
      : list.find((item) => 'key' in step && isMembers(item) && hasKey(item, step.key));
  if (known !== undefined) return known;
  const made: Members = typeof step === 'object' && 'key' in step ? { ...step.key } : {};
  list.push(made);
  if (typeof step === 'number') items.set(step, made);
  return made;
}

function place(into: Members, [name, next, ...rest]: FieldStep[], value: Json, numbered: Numbered) {
  if (typeof name !== 'string') return;
  const inner = into[name];
  if (next === undefined) {
    into[name] = value;
  } else if (typeof next === 'string') {
    const members: Members = isMembers(inner) ? inner : {};
    into[name] = members;
    place(members, [next, ...rest], value, numbered);
  } else {
    const list: Json[] = Array.isArray(inner) ? inner : [];
    into[name] = list;
    const isKeyed = typeof next === 'object' && 'key' in next;
    if (rest.length === 0 && !(isKeyed && isMembers(value))) {
      list.push(value);
      return;
    }
    const item = itemOf(list, next, numbered);
    if (!isMembers(item)) return;
    if (rest.length > 0) place(item, rest, value, numbered);
    else Object.assign(item, value);
  }
}

/** An object of nothing but these values; null stands for what is not there. */
export function placed(values: { steps: FieldStep[]; value: Json }[]): Json {
  const object: Members = {};
  const numbered: Numbered = new Map();
  for (const { steps, value } of values) if (value !== null) place(object, steps, value, numbered);
  return object;
}
