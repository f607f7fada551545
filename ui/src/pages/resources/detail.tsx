// One resource: its fields, labels and relations, now or as of a time; what changed; what is wrong with it.
import { Link } from 'react-router-dom';

import { useResource, useResources } from '../../api/queries';
import type { Json, Kind, Relation, Resource, ResourceChange, ResourceDetail } from '../../api/types';
import { SeverityBadge } from '../../components/badges';
import { PageHead } from '../../components/page_head';
import { Answer, Empty } from '../../components/states';
import { Tabs } from '../../components/tabs';
import { Time } from '../../components/time';
import { useAddress } from '../../components/use_address';
import { FieldValue } from '../../components/value';
import { YamlView } from '../../components/yaml_view';
import { fromInput, toInput } from '../../format/time';
import { useI18n, useT } from '../../i18n';
import { Compare } from './compare';
import { DiagnosisView, isDiagnosed } from './diagnosis';
import { ResourcePolicies } from './policies';
import './resources.css';

type Tab = 'overview' | 'diagnose' | 'yaml' | 'changes';

export function ResourcePage() {
  const t = useT();
  const [of, put] = useAddress();
  const id = of('id');
  const at = of('at');
  const answer = useResource(id, at);
  const travel = (to: string) => put({ at: to });
  return (
    <>
      <nav className="small" aria-label={t('shell.trail')}>
        <Link to="/resources">{t('nav.resources')}</Link> /{' '}
        <Link to={`/resources?kind=${kindOf(id)}`}>{kindOf(id)}</Link>
      </nav>
      <PageHead title={answer.data?.resource.name ?? id}>
        <label className="row small">
          {t('resource.as_of')}
          <input
            type="datetime-local"
            step={1}
            value={toInput(at)}
            onChange={(event) => travel(fromInput(event.target.value))}
          />
        </label>
        {at && (
          <button type="button" className="button small" onClick={() => travel('')}>
            {t('resource.now')}
          </button>
        )}
      </PageHead>
      <Answer of={answer}>{(detail) => <Detail key={id} detail={detail} at={at} />}</Answer>
    </>
  );
}

const kindOf = (id: string) => id.slice(0, Math.max(0, id.indexOf('/')));

function Detail({ detail, at }: { detail: ResourceDetail; at: string }) {
  const t = useT();
  const [of, put] = useAddress();
  const { resource } = detail;
  const past = at !== '';
  const isObject = detail.object !== null;
  const wish = of('tab');
  // What is wrong is asked of the present only.
  const isPresent = isObject && !past && !detail.gone;
  const tab: Tab =
    wish === 'changes' || (wish === 'yaml' && isObject) || (wish === 'diagnose' && isPresent)
      ? wish
      : 'overview';
  const diagnosed = isPresent && (isDiagnosed(resource.kind) || tab === 'diagnose');
  const versions = detail.history.filter(({ seq }) => seq !== null).length;
  const kind = useResources(resource.kind, '', 1).data?.kinds.find(({ name }) => name === resource.kind);
  return (
    <>
      <div className="row small">
        <code>{resource.id}</code>
        {detail.gone && <span className="badge high">{t('resource.gone')}</span>}
        {past && <span className="badge accent">{t('resource.past')}</span>}
        <span className="muted">
          {t('resources.since')} <Time at={resource.since} full />
        </span>
      </div>
      <div className="row">
        {diagnosed && tab !== 'diagnose' && (
          <button type="button" className="button small primary" onClick={() => put({ tab: 'diagnose' })}>
            {t('diagnose.open')}
          </button>
        )}
        <Link className="button small" to={`/graph?id=${encodeURIComponent(resource.id)}`}>
          {t('resource.graph')}
        </Link>
        <Link className="button small" to={`/facts?subject=${encodeURIComponent(resource.id)}`}>
          {t('resource.facts')}
        </Link>
        {isObject && (
          <Link className="button small" to={`/check?id=${encodeURIComponent(resource.id)}`}>
            {t('change.edit')}
          </Link>
        )}
      </div>
      {!past && detail.findings.length > 0 && <Findings findings={detail.findings} />}
      {(isObject || versions > 1) && (
        <Tabs<Tab>
          label={t('resource.views')}
          value={tab}
          onChange={(value) => put({ tab: value === 'overview' ? '' : value })}
          tabs={[
            { value: 'overview', text: t('resource.view.overview') },
            ...(diagnosed ? [{ value: 'diagnose' as const, text: t('diagnose.open') }] : []),
            ...(isObject ? [{ value: 'yaml' as const, text: t('resource.view.yaml') }] : []),
            { value: 'changes', text: t('resource.view.changes', { count: versions }) },
          ]}
        />
      )}
      {tab === 'diagnose' && <DiagnosisView id={resource.id} />}
      {tab === 'yaml' && <YamlView value={detail.object} label={t('resource.view.yaml')} />}
      {tab === 'changes' && <Compare id={resource.id} history={detail.history} isObject={isObject} />}
      {tab === 'overview' && !past && !detail.gone && <ResourcePolicies id={resource.id} />}
      {tab === 'overview' && (
        <div className="two">
          <Fields resource={resource} kind={kind} />
          <Relations relations={detail.relations} self={resource.id} />
          <History history={detail.history} at={at} />
        </div>
      )}
    </>
  );
}

function Findings({ findings }: { findings: ResourceDetail['findings'] }) {
  const t = useT();
  return (
    <section className="card">
      <h2>{t('resource.findings')}</h2>
      <ul className="plain stack tight">
        {findings.map((finding) => (
          <li key={finding.id} className="row">
            <SeverityBadge severity={finding.severity} />
            <span>{finding.says}</span>
            <span className="muted small">
              <Time at={finding.since} />
            </span>
            {finding.incident && <Link to={`/incidents/${finding.incident}`}>{finding.incident}</Link>}
            {finding.remedy && <span className="muted small grow">{finding.remedy}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Fields({ resource, kind }: { resource: Resource; kind: Kind | undefined }) {
  const t = useT();
  const columns =
    kind?.columns ??
    Object.keys(resource.fields).map((name) => ({ name, type: 'text' as const, help: '', volatile: false }));
  const labels = Object.entries(resource.labels);
  return (
    <section className="card stack">
      <h2>{t('resource.fields')}</h2>
      <dl className="pairs">
        {columns.map((column) => (
          <div key={column.name} style={{ display: 'contents' }}>
            <dt
              title={[column.help, column.volatile ? t('resource.volatile') : ''].filter(Boolean).join(' · ')}
            >
              {column.name}
            </dt>
            <dd>
              <FieldValue value={resource.fields[column.name]} type={column.type} name={column.name} />
            </dd>
          </div>
        ))}
      </dl>
      {labels.length > 0 && (
        <div className="stack tight">
          <h3>{t('resource.labels')}</h3>
          <div className="row">
            {labels.map(([name, value]) => (
              <code key={name} className="badge plain">
                {name}={value}
              </code>
            ))}
          </div>
        </div>
      )}
    </section>
  );
}

const SHOWN_EACH = 20;

function Relations({ relations, self }: { relations: Relation[]; self: string }) {
  const t = useT();
  const groups = new Map<string, { id: string; name: string; kind: string; origin: string }[]>();
  for (const relation of relations) {
    const outward = relation.source === self;
    const title = outward
      ? t('relation.to', { kind: relation.kind })
      : t('relation.from', { kind: relation.kind });
    const other = outward
      ? {
          id: relation.target,
          name: relation.target_name,
          kind: relation.target_kind,
          origin: relation.origin,
        }
      : {
          id: relation.source,
          name: relation.source_name,
          kind: relation.source_kind,
          origin: relation.origin,
        };
    groups.set(title, [...(groups.get(title) ?? []), other]);
  }
  return (
    <section className="card">
      <h2>{t('resource.relations')}</h2>
      {groups.size === 0 && <Empty>{t('resource.no_relations')}</Empty>}
      <dl className="pairs">
        {[...groups].map(([title, others]) => (
          <div key={title} style={{ display: 'contents' }}>
            <dt>
              <code>{title}</code>
            </dt>
            <dd>
              {others.slice(0, SHOWN_EACH).map((other) => (
                <div key={other.id} className="row">
                  <Link to={`/resource?id=${encodeURIComponent(other.id)}`}>{other.name || other.id}</Link>
                  <span className="muted">{other.kind}</span>
                  {other.origin === 'learned' && <span className="badge plain">{t('relation.learned')}</span>}
                  {other.origin === 'derived' && <span className="badge plain">{t('relation.derived')}</span>}
                </div>
              ))}
              {others.length > SHOWN_EACH && (
                <span className="muted">
                  {t('resources.total', { shown: SHOWN_EACH, total: others.length })}
                </span>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

const HISTORY_SHOWN = 15;

function History({ history, at }: { history: ResourceChange[]; at: string }) {
  const { t, tOr } = useI18n();
  const [, put] = useAddress();
  const text = (value: Json) =>
    value === null
      ? t('resource.not_set')
      : typeof value === 'string'
        ? value
        : omitted(value)
          ? t('resource.omitted', { bytes: omitted(value) })
          : JSON.stringify(value);
  return (
    <section className="card">
      <h2>{t('resource.history')}</h2>
      {history.length === 0 && <Empty>{t('resource.no_history')}</Empty>}
      <ol className="plain stack tight">
        {history.slice(0, HISTORY_SHOWN).map((change, index) => (
          <li key={`${change.seq}:${change.at}`} className={change.at === at ? 'change current' : 'change'}>
            <div className="row">
              <Time at={change.at} />
              <strong>{tOr(`fact.resource.${change.kind}`, change.kind)}</strong>
              {change.seq !== null && change.seq > 0 && (
                <Link to={`/facts?seq=${change.seq}`}>{t('fact.number', { seq: String(change.seq) })}</Link>
              )}
              {change.kind === 'changed' && (
                <button
                  type="button"
                  className="button quiet small"
                  onClick={() =>
                    put({
                      tab: 'changes',
                      after: String(change.seq),
                      before: String(history.slice(index + 1).find(({ seq }) => seq !== null)?.seq ?? ''),
                    })
                  }
                >
                  {t('resource.compare')}
                </button>
              )}
              {change.kind !== 'gone' && index > 0 && (
                <button type="button" className="button quiet small" onClick={() => put({ at: change.at })}>
                  {t('resource.as_then')}
                </button>
              )}
            </div>
            {Object.entries(change.changes).map(([field, [before, after]]) => (
              <div key={field}>
                {field}: <del>{text(before)}</del> → <ins>{text(after)}</ins>
              </div>
            ))}
            {change.places > Object.keys(change.changes).length && (
              <div className="muted">
                {t('resource.more_places', { count: change.places - Object.keys(change.changes).length })}
              </div>
            )}
          </li>
        ))}
      </ol>
      {history.length > HISTORY_SHOWN && (
        <button type="button" className="button quiet small" onClick={() => put({ tab: 'changes' })}>
          {t('resource.all_versions', { count: history.length })}
        </button>
      )}
    </section>
  );
}

/** The size of a value that is too long for a list; 0 for one that is there. */
function omitted(value: Json): number {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return 0;
  return Number(value['$omitted'] ?? 0);
}
