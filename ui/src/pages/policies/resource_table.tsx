// What a policy decided over each resource.
import { Link } from 'react-router-dom';

import type { PolicyResource } from '../../api/types';
import { localTimes } from '../../format/time';
import { useT } from '../../i18n';

export function ResourceTable({ resources }: { resources: PolicyResource[] }) {
  const t = useT();
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label={t('policy.resource')}>
      <table>
        <thead>
          <tr>
            <th>{t('policy.resource')}</th>
            <th>{t('policy.observed')}</th>
            <th>{t('policy.wanted')}</th>
            <th>{t('policy.why')}</th>
          </tr>
        </thead>
        <tbody>
          {resources.map((resource) => (
            <tr key={resource.id}>
              <td>
                <Link to={`/resource?id=${encodeURIComponent(resource.id)}`}>{resource.name}</Link>
              </td>
              <td>{resource.observed}</td>
              <td>
                {resource.matched ? (
                  resource.observed === resource.wanted ? (
                    resource.wanted
                  ) : (
                    <strong>{resource.wanted}</strong>
                  )
                ) : (
                  <span className="muted">{t('policy.unmatched')}</span>
                )}
              </td>
              <td>{localTimes(resource.why)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
