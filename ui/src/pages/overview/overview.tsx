// This machine, live: what is wrong first, then how it behaves, then what it has.
import { Link, useSearchParams } from 'react-router-dom';

import { useIncidents, useOverview } from '../../api/queries';
import type { Incident, Overview } from '../../api/types';
import { SeverityBadge, StateBadge } from '../../components/badges';
import { Choices } from '../../components/choices';
import { PageHead } from '../../components/page_head';
import { Answer } from '../../components/states';
import { Ago, Lasting } from '../../components/time';
import { useT } from '../../i18n';
import { MachineCharts } from './charts';
import { Filesystems, Ports, Services, TopProcesses } from './lists';
import { RANGES, type RangeName } from './machine';
import './overview.css';

export function OverviewPage() {
  const t = useT();
  const overview = useOverview();
  const [search, setSearch] = useSearchParams();
  const wish = search.get('range') ?? '';
  const range: RangeName = wish in RANGES ? (wish as RangeName) : '15m';
  return (
    <>
      <PageHead title={t('nav.overview')}>
        <Choices
          label={t('range.label')}
          value={range}
          onChange={(value) => setSearch({ range: value }, { replace: true })}
          options={(Object.keys(RANGES) as RangeName[]).map((value) => ({ value, text: value }))}
        />
      </PageHead>
      <Answer of={overview}>
        {(data) => (
          <>
            <OpenIncidents />
            <Tiles overview={data} />
            <Problems overview={data} />
            <MachineCharts instance={data.host.name} range={range} />
            <div className="panels">
              <TopProcesses />
              <div className="stack">
                <Filesystems />
                <Ports />
              </div>
              <Services />
            </div>
            <Sources overview={data} />
          </>
        )}
      </Answer>
    </>
  );
}

function OpenIncidents() {
  const t = useT();
  const incidents = useIncidents('open');
  return (
    <section className="stack tight" aria-label={t('incidents.open')}>
      <Answer of={incidents}>
        {(all) =>
          all.length === 0 ? (
            <div className="card calm">{t('incidents.none_open')}</div>
          ) : (
            <>
              {all.slice(0, 5).map((incident) => (
                <IncidentCard key={incident.id} incident={incident} />
              ))}
              {all.length > 5 && (
                <Link to="/incidents">{t('incidents.more', { count: all.length - 5 })}</Link>
              )}
            </>
          )
        }
      </Answer>
    </section>
  );
}

function IncidentCard({ incident }: { incident: Incident }) {
  const t = useT();
  const cause = incident.causes[0];
  const plan = incident.recommended[0];
  return (
    <article className={`card incident-card ${incident.severity}`}>
      <div className="row">
        <SeverityBadge severity={incident.severity} />
        <Link to={`/incidents/${incident.id}`}>
          <strong>{incident.title}</strong>
        </Link>
        <span className="muted small">
          {incident.id} · {t('incident.lasting')} <Lasting from={incident.opened} />
        </span>
      </div>
      {cause && (
        <p>
          <span className="muted">{t('incident.because')}</span> {cause.says}
        </p>
      )}
      {plan && (
        <div className="row">
          <span>
            <span className="muted">{t('incident.recommended')}</span> {plan.title}
          </span>
          <Link className="button small primary" to={`/incidents/${incident.id}`}>
            {t('incident.review')}
          </Link>
        </div>
      )}
    </article>
  );
}

function Tiles({ overview }: { overview: Overview }) {
  const t = useT();
  const { counts } = overview;
  const findings = Object.values(counts.findings).reduce((sum, count) => sum + (count ?? 0), 0);
  const resources = Object.values(counts.resources).reduce((sum, count) => sum + count, 0);
  const tiles: { text: string; count: number; to: string; alarm?: boolean }[] = [
    { text: t('overview.tile.findings'), count: findings, to: '/incidents?tab=findings' },
    {
      text: t('overview.tile.waiting'),
      count: counts.plans_waiting,
      to: '/plans',
      alarm: counts.plans_waiting > 0,
    },
    {
      text: t('overview.tile.unknown'),
      count: counts.actions_unknown,
      to: '/plans?state=unknown',
      alarm: counts.actions_unknown > 0,
    },
    { text: t('overview.tile.resources'), count: resources, to: '/resources' },
    { text: t('overview.tile.facts'), count: overview.last_seq, to: '/facts' },
  ];
  return (
    <div className="tiles">
      {tiles.map((tile) => (
        <Link key={tile.to} to={tile.to} className={tile.alarm ? 'tile alarm' : 'tile'}>
          <b>{new Intl.NumberFormat().format(tile.count)}</b>
          <span>{tile.text}</span>
        </Link>
      ))}
    </div>
  );
}

function Problems({ overview }: { overview: Overview }) {
  const t = useT();
  if (overview.problems.length === 0) return null;
  return (
    <section className="card">
      <h2>{t('overview.problems', { count: overview.problems.length })}</h2>
      <ul className="plain stack tight">
        {overview.problems.map((problem) => (
          <li key={`${problem.file}:${problem.line}:${problem.column}`} className="error">
            <div className="grow">
              <code>
                {problem.file}:{problem.line}:{problem.column}
              </code>
              <div>{problem.message}</div>
              <div className="small muted">
                {t('overview.problem_since')} <Ago at={problem.since} />
              </div>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Sources({ overview }: { overview: Overview }) {
  const t = useT();
  return (
    <section className="card">
      <h2>{t('overview.sources')}</h2>
      <ul className="plain health">
        {overview.sources.map((source) => (
          <li key={source.name} className="row">
            <StateBadge state={source.state} />
            <strong>{source.name}</strong>
            <span className="muted small">
              <Ago at={source.last} />
            </span>
            {source.error && <span className="small">{source.error}</span>}
          </li>
        ))}
      </ul>
      <p className="muted small" style={{ marginTop: '0.5rem' }}>
        {t('overview.running', { version: overview.version })} <Ago at={overview.started} />
      </p>
    </section>
  );
}
