import type { Fact } from '../../api/types';

/**
 * The page of `size` facts before a number, of those that are known (newest first, without gaps); null when it has to be
 * asked for. Facts never change, so only the newest page has to be asked for again.
 */
export function knownPage(known: Fact[], before: number, size: number): Fact[] | null {
  const at = known.findIndex(({ seq }) => seq === before);
  const page = at < 0 ? [] : known.slice(at + 1, at + 1 + size);
  return page.length === size ? page : null;
}
