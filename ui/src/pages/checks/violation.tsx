// One violation: what, why, how it was found, what to do; and muting it.
import { useState } from 'react';
import { Link } from 'react-router-dom';

import { useUnmute } from '../../api/queries';
import type { Violation } from '../../api/types';
import { SeverityBadge } from '../../components/badges';
import { EvidenceList } from '../../components/evidence';
import { useMay } from '../../components/role';
import { Time } from '../../components/time';
import { useToasts } from '../../components/toasts';
import { useT } from '../../i18n';
import { MuteDialog } from './mute_dialog';

export function ViolationItem({ violation }: { violation: Violation }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  return (
    <li className="card violation">
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span className="violation-head">
            <SeverityBadge severity={violation.severity} />
            <strong>{violation.rule}</strong>
            {violation.muted && <span className="badge plain">{t('checks.is_muted')}</span>}
            <span className="muted small violation-where clip">
              {[violation.owner, [violation.cluster, violation.namespace].filter(Boolean).join('/')]
                .filter(Boolean)
                .join(' · ')}
            </span>
            <span className="muted small">
              <Time at={violation.since} />
            </span>
          </span>
          <span className="violation-says">{violation.says}</span>
        </summary>
        {open && <Body violation={violation} />}
      </details>
    </li>
  );
}

function Body({ violation }: { violation: Violation }) {
  const t = useT();
  const toasts = useToasts();
  const may = useMay('operator');
  const unmute = useUnmute();
  const [muting, setMuting] = useState(false);
  const { definition, muted } = violation;
  const id = encodeURIComponent(violation.resource);
  return (
    <div className="stack tight violation-body">
      <dl className="pairs">
        <dt>{t('checks.resource')}</dt>
        <dd>
          <Link to={`/resource?id=${id}`}>{violation.resource}</Link>
        </dd>
        {definition.why && (
          <>
            <dt>{t('checks.why')}</dt>
            <dd>{definition.why}</dd>
          </>
        )}
        {violation.remedy && (
          <>
            <dt>{t('checks.remedy')}</dt>
            <dd>{violation.remedy}</dd>
          </>
        )}
        <dt>{t('checks.since')}</dt>
        <dd>
          <Time at={violation.since} full />
        </dd>
        {muted && (
          <>
            <dt>{t('checks.is_muted')}</dt>
            <dd>
              {t('checks.muted.says', { by: muted.by, reason: muted.reason })} <Time at={muted.until} full />
            </dd>
          </>
        )}
        <dt>{t('checks.found_by')}</dt>
        <dd>
          <code>
            {definition.file}:{definition.line}
          </code>
          <pre className="lines" tabIndex={0} aria-label={t('checks.found_by')}>
            {definition.sql}
          </pre>
        </dd>
      </dl>
      {violation.evidence.length > 0 && <EvidenceList evidence={violation.evidence} />}
      <div className="row">
        <Link className="button small" to={`/check?id=${id}`}>
          {t('change.edit')}
        </Link>
        <Link className="button small" to={`/facts?subject=${encodeURIComponent(violation.id)}`}>
          {t('resource.facts')}
        </Link>
        {muted ? (
          <button
            type="button"
            className="button small"
            disabled={!may || unmute.isPending}
            onClick={() =>
              void unmute.mutateAsync(muted.id).then(() => toasts.say(t('mute.ended')), toasts.fail)
            }
          >
            {t('mute.end')}
          </button>
        ) : (
          <button type="button" className="button small" disabled={!may} onClick={() => setMuting(true)}>
            {t('mute.open')}
          </button>
        )}
      </div>
      {muting && <MuteDialog violation={violation} onClose={() => setMuting(false)} />}
    </div>
  );
}
