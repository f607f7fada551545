// Incidents, open and closed; and the findings they are made of.
import { Link, useSearchParams } from 'react-router-dom';

import { useFindings, useIncidents } from '../../api/queries';
import type { Incident } from '../../api/types';
import { CostText } from '../../components/cost_text';
import { SeverityBadge, StateBadge } from '../../components/badges';
import { PageHead } from '../../components/page_head';
import { Answer, Empty } from '../../components/states';
import { Tabs } from '../../components/tabs';
import { Lasting, Time } from '../../components/time';
import { useT } from '../../i18n';
import '../overview/overview.css';
import './incidents.css';

type Tab = 'open' | 'closed' | 'findings';

export function IncidentsPage() {
  const t = useT();
  const [search, setSearch] = useSearchParams();
  const tab = (search.get('tab') ?? 'open') as Tab;
  return (
    <>
      <PageHead title={t('nav.incidents')} />
      <Tabs
        label={t('nav.incidents')}
        value={tab}
        onChange={(value) => setSearch({ tab: value }, { replace: true })}
        tabs={[
          { value: 'open', text: t('incidents.open') },
          { value: 'closed', text: t('incidents.closed') },
          { value: 'findings', text: t('incidents.findings') },
        ]}
      />
      {tab === 'findings' ? <FindingsTable /> : <IncidentList state={tab === 'closed' ? 'closed' : 'open'} />}
    </>
  );
}

function IncidentList({ state }: { state: 'open' | 'closed' }) {
  const t = useT();
  const incidents = useIncidents(state);
  return (
    <Answer of={incidents}>
      {(all) =>
        all.length === 0 ? (
          <Empty centre>{state === 'open' ? t('incidents.none_open') : t('incidents.none_closed')}</Empty>
        ) : (
          <ul className="plain incident-list">
            {all.map((incident) => (
              <li key={incident.id}>
                <IncidentRow incident={incident} />
              </li>
            ))}
          </ul>
        )
      }
    </Answer>
  );
}

function IncidentRow({ incident }: { incident: Incident }) {
  const t = useT();
  const cause = incident.causes[0];
  return (
    <article className={`card incident-card ${incident.severity}`}>
      <div className="row">
        <SeverityBadge severity={incident.severity} />
        <Link to={`/incidents/${incident.id}`}>
          <strong>{incident.title}</strong>
        </Link>
      </div>
      {cause && (
        <p>
          <span className="muted">{t('incident.because')}</span> {cause.says}
        </p>
      )}
      <p className="small muted">
        {incident.id} · {t('incident.opened')} <Time at={incident.opened} /> · {t('incident.lasting')}{' '}
        <Lasting from={incident.opened} to={incident.closed} />
      </p>
    </article>
  );
}

function FindingsTable() {
  const t = useT();
  const findings = useFindings();
  return (
    <Answer of={findings}>
      {(all) =>
        all.length === 0 ? (
          <Empty centre>{t('findings.none')}</Empty>
        ) : (
          <div className="card scroll-x" tabIndex={0} role="region" aria-label={t('incidents.findings')}>
            <table>
              <thead>
                <tr>
                  <th>{t('finding.severity')}</th>
                  <th>{t('finding.says')}</th>
                  <th>{t('finding.rule')}</th>
                  <th>{t('finding.since')}</th>
                  <th>{t('finding.cost')}</th>
                  <th>{t('finding.incident')}</th>
                </tr>
              </thead>
              <tbody>
                {all.map((finding) => (
                  <tr key={finding.id}>
                    <td>
                      <SeverityBadge severity={finding.severity} />
                    </td>
                    <td>
                      {finding.says}
                      {finding.resource && (
                        <div>
                          <Link className="small" to={`/resource?id=${encodeURIComponent(finding.resource)}`}>
                            {finding.resource}
                          </Link>
                        </div>
                      )}
                    </td>
                    <td>{finding.rule}</td>
                    <td>
                      <Time at={finding.since} /> <StateBadge state={finding.state} />
                    </td>
                    <td>{finding.cost && <CostText cost={finding.cost} />}</td>
                    <td>
                      {finding.incident && (
                        <Link to={`/incidents/${finding.incident}`}>{finding.incident}</Link>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )
      }
    </Answer>
  );
}
