// A resource by its id, as a link to its page.
import { Link } from 'react-router-dom';

export const resourcePath = (id: string) => `/resource?id=${encodeURIComponent(id)}`;

export function ResourceLink({ id }: { id: string }) {
  return <Link to={resourcePath(id)}>{id}</Link>;
}

/** "2 × pod, 1 × service": how many of each kind, for a list that nobody needs to read. */
export function countedKinds(ids: string[]): string {
  const counts = new Map<string, number>();
  for (const id of ids) {
    const kind = id
      .slice(0, id.indexOf('/'))
      .replace(/^[a-z0-9]+_/, '')
      .replaceAll('_', ' ');
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `${count} × ${kind}`).join(', ');
}
