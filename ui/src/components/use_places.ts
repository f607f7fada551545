// The clusters that are watched and the namespaces of each, by the ids of the namespaces: k8s_namespace/<cluster>/<name>.
import { useResourceList } from '../api/queries';

const NAMESPACES = 'k8s_namespace';

export function usePlaceList(): { places: Map<string, string[]>; isKnown: boolean } {
  const list = useResourceList(
    {
      kind: NAMESPACES,
      search: '',
      cluster: '',
      namespace: '',
      labels: '',
      sort: '',
      limit: 5_000,
      offset: 0,
    },
    false,
  );
  const places = new Map<string, string[]>();
  for (const { id, name } of list.data?.resources ?? []) {
    const cluster = id.slice(NAMESPACES.length + 1, -(name.length + 1));
    places.set(cluster, [...(places.get(cluster) ?? []), name]);
  }
  return { places, isKnown: !list.isPending };
}

export const usePlaces = () => usePlaceList().places;
