// A piece of evidence: a plot of series, a fact, or log lines; copied when it was seen, so it never changes.
import { useMemo } from 'react';
import { Link } from 'react-router-dom';

import { align, seriesName } from '../api/prometheus';
import type { Evidence } from '../api/types';
import { unitOf } from '../format/units';
import { useT } from '../i18n';
import { Chart } from './chart';

type SeriesEvidence = Extract<Evidence, { kind: 'series' }>;

/** What tells the series of one plot apart: the labels in which they differ. */
export function shortNames(labelSets: Record<string, string>[]): string[] {
  const names = new Set(labelSets.flatMap((labels) => Object.keys(labels)));
  const differing = [...names].filter((name) => new Set(labelSets.map((labels) => labels[name])).size > 1);
  return labelSets.map((labels) => {
    if (labelSets.length === 1 || differing.length === 0) return seriesName(labels);
    return differing.map((name) => labels[name] ?? '–').join(' ');
  });
}

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
  const from = drawn.times[0];
  const to = drawn.times[drawn.times.length - 1];
  const span = from !== undefined && to !== undefined ? `&from=${Math.floor(from)}&to=${Math.ceil(to)}` : '';
  return (
    <>
      {drawn.times.length > 0 && (
        <Chart label={evidence.text} {...drawn} unit={unitOf(evidence.query)} height={130} />
      )}
      {evidence.query && (
        <div className="row between small">
          <code className="muted">{evidence.query}</code>
          <Link to={`/metrics?q=${encodeURIComponent(evidence.query)}${span}`}>{t('metrics.open')}</Link>
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
