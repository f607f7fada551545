// The patch either way: the cluster as the manifests say, or the manifests as the cluster is.
import { useState } from 'react';

import type { DriftPatches } from '../../api/drift';
import { CopyButton } from '../../components/copy';
import { download } from '../../components/download';
import { Tabs } from '../../components/tabs';
import { useT } from '../../i18n';

type Way = 'cluster' | 'files';

const COMMAND: Record<Way, string> = { cluster: 'kubectl apply -f -', files: 'git apply' };

export function Patches({ name, patches }: { name: string; patches: DriftPatches }) {
  const t = useT();
  const [way, setWay] = useState<Way>('cluster');
  const text = patches[way];
  const file = way === 'cluster' ? `${name}.yaml` : `${name}.patch`;
  return (
    <details className="patches">
      <summary>{t('drift.patches')}</summary>
      <div className="stack tight">
        <Tabs<Way>
          label={t('drift.patches')}
          value={way}
          onChange={setWay}
          tabs={[
            { value: 'cluster', text: t('drift.patch.cluster') },
            { value: 'files', text: t('drift.patch.files') },
          ]}
        />
        <p className="muted small">{t(`drift.patch.${way}.text`, { command: COMMAND[way] })}</p>
        {text === '' ? (
          <p className="muted">{t('drift.patch.none')}</p>
        ) : (
          <>
            <div className="row">
              <CopyButton text={text} />
              <button
                type="button"
                className="button small"
                onClick={() => download(file, 'text/plain', text)}
              >
                {t('drift.download', { file })}
              </button>
            </div>
            <pre className="lines" tabIndex={0} role="region" aria-label={t(`drift.patch.${way}`)}>
              {text}
            </pre>
          </>
        )}
        {patches.left_out.length > 0 && (
          <div className="small">
            <h3>{t('drift.left_out')}</h3>
            <ul>
              {patches.left_out.map(({ message, where }, at) => (
                <li key={at}>
                  {where && <code>{[where.file, where.line].filter(Boolean).join(':')} </code>}
                  {message}
                </li>
              ))}
            </ul>
          </div>
        )}
      </div>
    </details>
  );
}
