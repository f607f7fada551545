// The kill switch: nothing acts while Capstan is paused; it keeps watching and explaining.
import { useState } from 'react';

import { usePause, useResume } from '../api/queries';
import type { Paused } from '../api/types';
import { ConfirmDialog } from '../components/dialog';
import { useMay } from '../components/role';
import { useToasts } from '../components/toasts';
import { useT } from '../i18n';

export function PauseSwitch({ paused }: { paused: Paused | null }) {
  const t = useT();
  const may = useMay('operator');
  const pause = usePause();
  const resume = useResume();
  const toasts = useToasts();
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState('');

  if (!may) return null;
  const settled = { onError: toasts.fail, onSettled: () => setAsking(false) };
  return (
    <>
      <button
        type="button"
        className={paused ? 'button small primary' : 'button small'}
        onClick={() => setAsking(true)}
      >
        {paused ? t('paused.resume') : t('paused.pause')}
      </button>
      {asking && paused && (
        <ConfirmDialog
          title={t('paused.resume.title')}
          confirm={t('paused.resume')}
          busy={resume.isPending}
          onClose={() => setAsking(false)}
          onConfirm={() =>
            resume.mutate(undefined, { ...settled, onSuccess: () => toasts.say(t('paused.resumed')) })
          }
        >
          <p>{t('paused.resume.text')}</p>
        </ConfirmDialog>
      )}
      {asking && !paused && (
        <ConfirmDialog
          title={t('paused.pause.title')}
          confirm={t('paused.pause')}
          busy={pause.isPending}
          onClose={() => setAsking(false)}
          onConfirm={() =>
            pause.mutate(reason, { ...settled, onSuccess: () => toasts.say(t('paused.paused')) })
          }
        >
          <p>{t('paused.pause.text')}</p>
          <label className="field">
            <span>{t('paused.reason')}</span>
            <input
              value={reason}
              required
              maxLength={200}
              onChange={(event) => setReason(event.target.value)}
            />
          </label>
        </ConfirmDialog>
      )}
    </>
  );
}
