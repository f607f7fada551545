// What policies would do now that are not in force, and what they would have done over the recorded past: nothing is
// changed.
import { useState } from 'react';

import { usePreview, type PreviewedPolicy } from '../../api/automation';
import { useBacktest } from '../../api/backtest';
import { useVerbs } from '../../api/queries';
import { Choices } from '../../components/choices';
import { Editor } from '../../components/editor';
import { ActionList } from '../../components/plan_actions';
import { GrantText } from '../../components/plan_grant';
import { ErrorBox } from '../../components/states';
import { useSessionText } from '../../components/use_session_text';
import { localTimes } from '../../format/time';
import { useI18n, useT } from '../../i18n';
import { BacktestResult } from './backtest';
import { ResourceTable } from './resource_table';

const EXAMPLE = `policy: office-hours
select: { kind: host_service, where: "name LIKE 'dev-%'" }
keep: running
during: Mon-Fri 09:00-18:00 Asia/Seoul
otherwise: stopped
`;
const ROWS = 14;
const SPANS = ['7d', '30d', '90d'];

export function Preview() {
  const t = useT();
  const [text, setText] = useSessionText('try');
  const [judged, setJudged] = useState('');
  const preview = usePreview();
  const backtest = useBacktest();
  const [since, setSince] = useState('30d');
  // One answer at a time: the newer question takes the older one's away.
  const run = () => {
    if (text.trim() === '') return;
    setJudged(text);
    backtest.run.reset();
    preview.mutate(text);
  };
  const runPast = () => {
    setJudged(text);
    preview.reset();
    backtest.run.mutate({ policies: text, since });
  };
  return (
    <div className="stack">
      <p className="small muted">{t('preview.text')}</p>
      <div className="row">
        <Editor
          label={t('preview.yaml')}
          value={text}
          rows={ROWS}
          placeholder={EXAMPLE}
          onChange={setText}
          onRun={run}
          search
        />
      </div>
      <div className="row">
        <button
          type="button"
          className="button primary"
          disabled={preview.isPending || text.trim() === ''}
          onClick={run}
        >
          {t('preview.run')}
        </button>
        <button
          type="button"
          className="button"
          disabled={backtest.run.isPending || text.trim() === ''}
          onClick={runPast}
        >
          {t('backtest.run')}
        </button>
        <Choices
          label={t('backtest.since')}
          value={since}
          onChange={setSince}
          options={SPANS.map((value) => ({ value, text: value }))}
        />
        <span className="small muted">{t('preview.safe')}</span>
      </div>
      {backtest.run.isPending && (
        <div className="row" role="status">
          <progress value={backtest.job?.done ?? 0} max={1} aria-label={t('backtest.progress')} />
          <button type="button" className="button small" onClick={backtest.cancel}>
            {t('backtest.cancel')}
          </button>
        </div>
      )}
      {backtest.run.isError && <ErrorBox error={backtest.run.error} source={judged} />}
      {backtest.run.data?.state === 'cancelled' && <p className="muted">{t('backtest.cancelled')}</p>}
      {backtest.run.data && <BacktestResult job={backtest.run.data} />}
      {preview.isError && <ErrorBox error={preview.error} source={judged} />}
      {preview.data?.map((policy) => (
        <Previewed key={policy.name} policy={policy} />
      ))}
    </div>
  );
}

function Previewed({ policy }: { policy: PreviewedPolicy }) {
  const { t, tOr } = useI18n();
  const verbs = useVerbs();
  const { plan, resources } = policy;
  return (
    <article className="card stack tight" aria-label={policy.name}>
      <div className="row">
        <h2>{policy.name}</h2>
        <span className="badge plain">{tOr(`policy.approve.${policy.approve}`, policy.approve)}</span>
        <span className="badge accent">{t('preview.badge')}</span>
      </div>
      {policy.summary && <p>{localTimes(policy.summary)}</p>}
      {plan ? (
        <>
          <p>
            <span className="muted">{t('policy.would')}</span> <strong>{plan.plan.title}</strong>
          </p>
          <GrantText plan={plan.plan} />
          <ActionList actions={plan.actions} verbs={verbs.data} />
        </>
      ) : (
        <p className="muted small">{t('policy.nothing')}</p>
      )}
      {resources.length > 0 && (
        <details open={resources.length <= ROWS}>
          <summary className="muted small">{t('policy.resources', { count: resources.length })}</summary>
          <ResourceTable resources={resources} />
        </details>
      )}
    </article>
  );
}
