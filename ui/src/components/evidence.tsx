// A piece of evidence: a plot of series, a fact, or log lines; copied when it was seen, so it never changes.
import { useMemo } from 'react';
import { Link } from 'react-router-dom';

import { align } from '../api/prometheus';
import type { Evidence } from '../api/types';
import { formatUnit, unitOfQuery } from '../format/units';
import { useT } from '../i18n';
import { Chart } from './chart';
import { shortNames } from './short_names';

type SeriesEvidence = Extract<Evidence, { kind: 'series' }>;

function SeriesPlot({ evidence }: { evidence: SeriesEvidence }) {
  const t = useT();
  const drawn = useMemo(() => {
    const { times, rows } = align(
      evidence.series.map(({ labels, samples }) => ({
        labels,
        times: samples.map(([at]) => at / 1000),
        values: samples.map(([, value]) => value),
      })),
    );
    const names = shortNames(evidence.series.map(({ labels }) => labels));
    return { times, lines: names.map((name, at) => ({ name, values: rows[at] ?? [] })) };
  }, [evidence.series]);
  const unit = unitOfQuery(evidence.query);
  const from = drawn.times[0];
  const to = drawn.times[drawn.times.length - 1];
  const span = from !== undefined && to !== undefined ? `&from=${Math.floor(from)}&to=${Math.ceil(to)}` : '';
  return (
    <>
      {/* A single sample is said, not drawn. */}
      {drawn.times.length === 1 &&
        drawn.lines.map(({ name, values }) => (
          <div key={name} className="small">
            {name} <strong>{formatUnit(values[0], unit)}</strong>
          </div>
        ))}
      {drawn.times.length > 1 && <Chart label={evidence.text} {...drawn} unit={unit} height={130} />}
      {evidence.query && (
        <div className="row between small">
          <code className="muted">{evidence.query}</code>
          <Link to={`/explore?q=${encodeURIComponent(evidence.query)}${span}`}>{t('metrics.open')}</Link>
        </div>
      )}
    </>
  );
}

export function EvidenceItem({ evidence }: { evidence: Evidence }) {
  const t = useT();
  return (
    <li className="stack tight">
      <div className="row">
        <span>{evidence.text}</span>
        {evidence.kind === 'fact' && evidence.fact > 0 && (
          <Link className="small" to={`/facts?seq=${evidence.fact}`}>
            {t('fact.number', { seq: String(evidence.fact) })}
          </Link>
        )}
      </div>
      {evidence.kind === 'series' && <SeriesPlot evidence={evidence} />}
      {evidence.kind === 'lines' && <pre className="lines">{evidence.lines.join('\n')}</pre>}
    </li>
  );
}

export function EvidenceList({ evidence }: { evidence: Evidence[] }) {
  return (
    <ul className="plain stack evidence">
      {evidence.map((piece, at) => (
        <EvidenceItem key={at} evidence={piece} />
      ))}
    </ul>
  );
}
