// The service or the call that a person chose: its figures, what is around it, and what is wrong with it.
import { Link } from 'react-router-dom';

import { useResource } from '../../api/queries';
import type { Call, Service, ServiceGraph } from '../../api/services';
import { SeverityBadge } from '../../components/badges';
import { resourcePath } from '../../components/resource_link';
import { placeOf } from '../../graph/services';
import { useT } from '../../i18n';
import { busiest, bytes, latency, rate, share } from './figures';

const MOST_TIES = 50;

export function Chosen(props: {
  graph: ServiceGraph;
  service: Service | undefined;
  call: Call | undefined;
  onChoose: (id: string) => void;
  onChooseCall: (call: Call) => void;
}) {
  const t = useT();
  const { service, call } = props;
  return (
    <section className="card stack tight services-chosen" aria-label={t('graph.chosen')}>
      <div className="row between">
        <h2>{call ? t('services.call') : service?.name}</h2>
        <button type="button" className="button quiet small" onClick={() => props.onChoose('')}>
          {t('action.close')}
        </button>
      </div>
      {call && <CallFigures {...props} call={call} />}
      {!call && service && <ServiceFigures {...props} service={service} />}
    </section>
  );
}

function CallFigures(props: { graph: ServiceGraph; call: Call; onChoose: (id: string) => void }) {
  const t = useT();
  const { graph, call } = props;
  const end = (id: string) => {
    const service = graph.services.find((one) => one.id === id);
    return (
      <>
        <button type="button" className="link" onClick={() => props.onChoose(id)}>
          {service?.name ?? id}
        </button>{' '}
        <span className="muted">{service && placeOf(service)}</span>{' '}
        {service?.known && <Link to={resourcePath(id)}>{t('resource.open')}</Link>}
      </>
    );
  };
  return (
    <dl className="pairs">
      <dt>{t('services.from')}</dt>
      <dd>{end(call.from)}</dd>
      <dt>{t('services.to')}</dt>
      <dd>{end(call.to)}</dd>
      <dt>{t('services.protocol')}</dt>
      <dd>{call.protocol || '–'}</dd>
      <dt>{t('services.rate')}</dt>
      <dd>{rate(call.requests_per_second)}</dd>
      <dt>{t('services.errors')}</dt>
      <dd>{share(call.error_ratio)}</dd>
      <dt>{t('services.latency')}</dt>
      <dd>
        {t('services.percentiles', {
          p50: latency(call.p50_seconds),
          p95: latency(call.p95_seconds),
          p99: latency(call.p99_seconds),
        })}
      </dd>
      <dt>{t('services.bytes')}</dt>
      <dd>{bytes(call.bytes_per_second)}</dd>
      <dt>{t('services.known_by')}</dt>
      <dd>{call.known_by.join(', ')}</dd>
    </dl>
  );
}

function ServiceFigures(props: {
  graph: ServiceGraph;
  service: Service;
  onChoose: (id: string) => void;
  onChooseCall: (call: Call) => void;
}) {
  const t = useT();
  const { graph, service } = props;
  return (
    <>
      <div className="row small">
        <span className="muted">{placeOf(service)}</span>
        {service.worst && <SeverityBadge severity={service.worst} />}
        {!service.known && <span className="badge plain">{t('services.unknown')}</span>}
      </div>
      <dl className="pairs">
        <dt>{t('services.rate')}</dt>
        <dd>{rate(service.requests_per_second)}</dd>
        <dt>{t('services.errors')}</dt>
        <dd>{share(service.error_ratio)}</dd>
      </dl>
      {service.known && (
        <div className="row">
          <Link className="button small" to={resourcePath(service.id)}>
            {t('resource.open')}
          </Link>
          <Link className="button small" to={`${resourcePath(service.id)}&tab=diagnose`}>
            {t('diagnose.open')}
          </Link>
          <Link className="button small" to={`/graph?id=${encodeURIComponent(service.id)}`}>
            {t('nav.graph')}
          </Link>
        </div>
      )}
      <Ties
        title={t('services.called_by')}
        calls={graph.calls.filter(({ to }) => to === service.id)}
        other={({ from }) => from}
        {...props}
      />
      <Ties
        title={t('services.calls')}
        calls={graph.calls.filter(({ from }) => from === service.id)}
        other={({ to }) => to}
        {...props}
      />
      {service.known && <Findings id={service.id} />}
    </>
  );
}

function Ties(props: {
  title: string;
  graph: ServiceGraph;
  service: Service;
  calls: Call[];
  other: (call: Call) => string;
  onChooseCall: (call: Call) => void;
}) {
  const t = useT();
  if (props.calls.length === 0) return null;
  const nameOf = (id: string) => {
    const other = props.graph.services.find((one) => one.id === id);
    if (!other) return id;
    const isNear = placeOf(other) === placeOf(props.service);
    return isNear ? other.name : [placeOf(other), other.name].filter(Boolean).join('/');
  };
  return (
    <div>
      <h3>{props.title}</h3>
      <ul className="plain small graph-ties" tabIndex={0} aria-label={props.title}>
        {busiest(props.calls)
          .slice(0, MOST_TIES)
          .map((call) => (
            <li key={`${props.other(call)} ${call.protocol}`} className="row between">
              <button type="button" className="link" onClick={() => props.onChooseCall(call)}>
                {nameOf(props.other(call))}
              </button>
              <span className="muted">
                {call.protocol} {rate(call.requests_per_second)} · {share(call.error_ratio)}
              </span>
            </li>
          ))}
        {props.calls.length > MOST_TIES && (
          <li className="muted">{t('resources.total', { shown: MOST_TIES, total: props.calls.length })}</li>
        )}
      </ul>
    </div>
  );
}

/** What is wrong with it; nothing while that is not known. */
function Findings({ id }: { id: string }) {
  const t = useT();
  const findings = useResource(id, '').data?.findings ?? [];
  if (findings.length === 0) return null;
  return (
    <div>
      <h3>{t('resource.findings')}</h3>
      <ul className="plain small stack tight">
        {findings.map((finding) => (
          <li key={finding.id}>
            <SeverityBadge severity={finding.severity} /> {finding.says}{' '}
            {finding.incident && <Link to={`/incidents/${finding.incident}`}>{finding.incident}</Link>}
          </li>
        ))}
      </ul>
    </div>
  );
}
