// Which cluster and which namespace: chosen among those that are known, kept in the address.
import { useT } from '../i18n';
import { useAddress } from './use_address';
import { usePlaces } from './use_places';

export function PlaceFilter() {
  const t = useT();
  const [of, put] = useAddress();
  const places = usePlaces();
  const [cluster, namespace] = [of('cluster'), of('namespace')];
  if (places.size === 0 && cluster === '' && namespace === '') return null;
  const spaces = cluster ? (places.get(cluster) ?? []) : [...new Set([...places.values()].flat())].sort();
  return (
    <>
      {(places.size > 1 || cluster !== '') && (
        <select
          aria-label={t('place.cluster')}
          value={cluster}
          onChange={(event) => put({ cluster: event.target.value, namespace: '', offset: '' })}
        >
          <option value="">{t('place.all_clusters')}</option>
          {[...new Set([...places.keys(), ...(cluster ? [cluster] : [])])].map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      )}
      <select
        aria-label={t('place.namespace')}
        value={namespace}
        onChange={(event) => put({ namespace: event.target.value, offset: '' })}
      >
        <option value="">{t('place.all_namespaces')}</option>
        {[...new Set([...spaces, ...(namespace ? [namespace] : [])])].map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </>
  );
}
