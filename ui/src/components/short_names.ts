import { seriesName } from '../api/prometheus';
import type { Labels } from '../api/types';

/** Labels that are a name for people; put before what only tells series apart. */
const SPOKEN = ['comm', 'groupname', 'mountpoint', 'device'];

/** The shortest names that tell the series of one plot apart: "clang++-19 5016" instead of all their labels. */
export function shortNames(all: Labels[]): string[] {
  if (all.length === 1) return all.map(seriesName);
  const labels = [...new Set(all.flatMap((one) => Object.keys(one)))];
  const valuesOf = (label: string) => all.map((one) => one[label] ?? '');
  const differing = labels.filter((label) => new Set(valuesOf(label)).size > 1);
  if (differing.length === 0) return all.map(seriesName);
  const sufficient = differing
    .filter((label) => new Set(valuesOf(label)).size === all.length)
    .sort((a, b) => valuesOf(a).join('').length - valuesOf(b).join('').length);
  const chosen = sufficient[0] ? [sufficient[0]] : differing;
  const spoken = SPOKEN.find((label) => labels.includes(label) && !chosen.includes(label));
  return all.map((one) =>
    [...(spoken ? [spoken] : []), ...chosen].map((label) => one[label] ?? '–').join(' '),
  );
}
