// What policies would do now that are not in force: their YAML is judged against the catalog, and nothing is changed.
import { useState } from 'react';

import { usePreview, type PreviewedPolicy } from '../../api/automation';
import { useVerbs } from '../../api/queries';
import { Editor } from '../../components/editor';
import { ActionList } from '../../components/plan_actions';
import { GrantText } from '../../components/plan_grant';
import { ErrorBox } from '../../components/states';
import { useI18n, useT } from '../../i18n';
import { ResourceTable } from './resource_table';

const EXAMPLE = `policy: office-hours
select: { kind: host_service, labels: "env=dev" }
keep: running
during: Mon-Fri 09:00-18:00 Asia/Seoul
otherwise: stopped
`;
const ROWS = 14;

export function Preview() {
  const t = useT();
  const [text, setText] = useState('');
  const [judged, setJudged] = useState('');
  const preview = usePreview();
  const run = () => {
    if (text.trim() === '') return;
    setJudged(text);
    preview.mutate(text);
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
        <span className="small muted">{t('preview.safe')}</span>
      </div>
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
      {policy.summary && <p>{policy.summary}</p>}
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
