// Policies: what each would do now, and for every resource the clause that decided.
import { Link } from 'react-router-dom';

import { usePausePolicy, usePolicies, useRunPolicy } from '../../api/queries';
import type { Policy, PolicyResource } from '../../api/types';
import { PageHead } from '../../components/page_head';
import { useMay } from '../../components/role';
import { Answer, Empty } from '../../components/states';
import { useToasts } from '../../components/toasts';
import { useI18n, useT } from '../../i18n';

export function PoliciesPage() {
  const t = useT();
  const policies = usePolicies();
  return (
    <>
      <PageHead title={t('nav.policies')} />
      <Answer of={policies}>
        {(all) =>
          all.length === 0 ? (
            <Empty centre>{t('policies.none')}</Empty>
          ) : (
            <div className="stack tight">
              {all.map((policy) => (
                <PolicyCard key={policy.name} policy={policy} />
              ))}
            </div>
          )
        }
      </Answer>
    </>
  );
}

function PolicyCard({ policy }: { policy: Policy }) {
  const { t, tOr } = useI18n();
  const toasts = useToasts();
  const may = useMay('operator');
  const run = useRunPolicy();
  const pause = usePausePolicy();
  return (
    <article className="card stack tight" aria-label={policy.name}>
      <div className="row between">
        <div className="row">
          <h2>{policy.name}</h2>
          <span className="badge plain">{tOr(`policy.approve.${policy.approve}`, policy.approve)}</span>
          {policy.paused && <span className="badge medium">{t('policy.paused')}</span>}
          {policy.error && <span className="badge critical">{t('policy.broken')}</span>}
          <code className="muted">
            {policy.file}:{policy.line}
          </code>
        </div>
        <div className="row">
          <button
            type="button"
            className="button small"
            disabled={!may || run.isPending || policy.error !== ''}
            onClick={() =>
              run.mutate(policy.name, { onSuccess: ({ says }) => toasts.say(says), onError: toasts.fail })
            }
          >
            {t('policy.run')}
          </button>
          <button
            type="button"
            className="button small"
            disabled={!may || pause.isPending}
            onClick={() =>
              pause.mutate({ name: policy.name, pause: !policy.paused }, { onError: toasts.fail })
            }
          >
            {policy.paused ? t('policy.resume') : t('policy.pause')}
          </button>
        </div>
      </div>
      {policy.error && (
        <div className="error">
          <span>{policy.error}</span>
        </div>
      )}
      {policy.summary && <p>{policy.summary}</p>}
      {policy.plan ? (
        <p>
          <span className="muted">{t('policy.would')}</span>{' '}
          <Link to={`/plans/${encodeURIComponent(policy.plan.id)}`}>{policy.plan.title}</Link>
        </p>
      ) : (
        policy.error === '' && <p className="muted small">{t('policy.nothing')}</p>
      )}
      {policy.resources.length > 0 && (
        <details>
          <summary className="muted small">
            {t('policy.resources', { count: policy.resources.length })}
          </summary>
          <ResourceTable resources={policy.resources} />
        </details>
      )}
    </article>
  );
}

function ResourceTable({ resources }: { resources: PolicyResource[] }) {
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
              <td>{resource.why}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
