// What a change would do: broken, mended, what would come apart, and what could not be checked.
import { Link } from 'react-router-dom';

import type { ChangeReport, Finding, LostRelation } from '../../api/types';
import { SeverityBadge } from '../../components/badges';
import { useT } from '../../i18n';

const MOST_SHOWN = 200;

export function Report({ report }: { report: ChangeReport }) {
  const t = useT();
  const tone = report.broken.length > 0 ? 'high' : report.problems.length > 0 ? 'medium' : 'good';
  return (
    <div className="stack" role="status">
      <div className={`outcome ${tone}`}>
        <strong>{t('change.broken', { count: report.broken.length })}</strong>
        <strong>{t('change.mended', { count: report.mended.length })}</strong>
        <span>{t('change.checked', { objects: report.objects, rules: report.rules })}</span>
      </div>
      {report.problems.length > 0 && (
        <section className="card">
          <h2>{t('change.problems')}</h2>
          <ul>
            {report.problems.map((problem, at) => (
              <li key={at}>
                {problem.line ? (
                  <code>{[problem.file, problem.line, problem.column].filter(Boolean).join(':')} </code>
                ) : null}
                {problem.message}
              </li>
            ))}
          </ul>
        </section>
      )}
      <Findings title={t('change.would_break')} findings={report.broken} />
      <Findings title={t('change.would_mend')} findings={report.mended} mended />
      <Apart lost={report.lost_relations} />
    </div>
  );
}

function ToResource({ id }: { id: string }) {
  return <Link to={`/resource?id=${encodeURIComponent(id)}`}>{id}</Link>;
}

function Findings(props: { title: string; findings: Finding[]; mended?: boolean }) {
  const t = useT();
  if (props.findings.length === 0) return null;
  return (
    <section className="card">
      <h2>{props.title}</h2>
      <ul className="plain stack tight">
        {props.findings.slice(0, MOST_SHOWN).map((finding) => (
          <li key={finding.id} className="would">
            <div className="row">
              {props.mended ? (
                <span className="badge good">{t('change.mends')}</span>
              ) : (
                <SeverityBadge severity={finding.severity} />
              )}
              <strong>{finding.rule}</strong>
              <ToResource id={finding.resource} />
            </div>
            <p>{finding.says}</p>
            {!props.mended && finding.remedy && (
              <p className="muted small">{t('change.remedy', { remedy: finding.remedy })}</p>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Apart({ lost }: { lost: LostRelation[] }) {
  const t = useT();
  if (lost.length === 0) return null;
  return (
    <section className="card">
      <h2>{t('change.apart')}</h2>
      <ul className="plain stack tight">
        {lost.slice(0, MOST_SHOWN).map((one) => (
          <li key={`${one.source} ${one.kind} ${one.target}`} className="would">
            <div>
              <ToResource id={one.source} /> <code>{t('change.no_longer', { kind: one.kind })}</code>{' '}
              <ToResource id={one.target} />
            </div>
            {one.counted_on_by.map((other) => (
              <div key={`${other.source} ${other.kind}`} className="small would-count">
                <ToResource id={other.source} /> {t('change.counts_on', { kind: other.kind })}
              </div>
            ))}
          </li>
        ))}
      </ul>
    </section>
  );
}
