// The kill switch: nothing acts while Capstan is paused; it keeps watching and explaining.
import { usePause, useResume } from '../api/queries';
import type { Paused } from '../api/types';
import { AskingButton } from '../components/asking_button';
import { useMay } from '../components/role';
import { useT } from '../i18n';

export function PauseSwitch({ paused }: { paused: Paused | null }) {
  const t = useT();
  const may = useMay('operator');
  const pause = usePause();
  const resume = useResume();
  if (!may) return null;
  if (paused) {
    return (
      <AskingButton
        key="resume"
        text={t('paused.resume')}
        className="button small primary"
        title={t('paused.resume.title')}
        confirm={t('paused.resume')}
        send={() => resume.mutateAsync(undefined)}
        done={t('paused.resumed')}
      >
        <p>{t('paused.resume.text')}</p>
      </AskingButton>
    );
  }
  return (
    <AskingButton
      key="pause"
      text={t('paused.pause')}
      className="button small"
      title={t('paused.pause.title')}
      confirm={t('paused.pause')}
      reason={{ label: t('paused.reason'), required: true }}
      send={(reason) => pause.mutateAsync(reason)}
      done={t('paused.paused')}
    >
      <p>{t('paused.pause.text')}</p>
    </AskingButton>
  );
}
