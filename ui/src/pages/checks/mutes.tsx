// What is muted, by whom, why and until when.
import { useMutes, useUnmute } from '../../api/queries';
import type { ListedMute } from '../../api/types';
import { useMay } from '../../components/role';
import { Answer, Empty } from '../../components/states';
import { Time } from '../../components/time';
import { useToasts } from '../../components/toasts';
import { useT } from '../../i18n';

const MOST_ENDED = 10;

export function MuteTable() {
  const t = useT();
  const answer = useMutes();
  return (
    <section className="card" aria-label={t('mute.list')}>
      <h2>{t('mute.list')}</h2>
      <Answer of={answer}>
        {(mutes) => {
          const active = mutes.filter((mute) => mute.active);
          const ended = mutes.filter((mute) => !mute.active).slice(0, MOST_ENDED);
          if (mutes.length === 0) return <Empty>{t('mute.none')}</Empty>;
          return <Rows mutes={[...active, ...ended]} />;
        }}
      </Answer>
    </section>
  );
}

function Rows({ mutes }: { mutes: ListedMute[] }) {
  const t = useT();
  const toasts = useToasts();
  const may = useMay('operator');
  const unmute = useUnmute();
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label={t('mute.list')}>
      <table>
        <thead>
          <tr>
            <th>{t('mute.covers')}</th>
            <th>{t('mute.reason')}</th>
            <th>{t('mute.by')}</th>
            <th>{t('mute.ends')}</th>
            <th>
              <span className="sr-only">{t('mute.end')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {mutes.map((mute) => (
            <tr key={mute.id} className={mute.active ? '' : 'muted'}>
              <td>
                {[mute.rule, mute.finding, mute.resource, mute.cluster, mute.namespace]
                  .filter(Boolean)
                  .join(' · ')}
              </td>
              <td>{mute.reason}</td>
              <td>{mute.by}</td>
              <td>
                <Time at={mute.ended ?? mute.until} full />
                {mute.ended && <div>{t('mute.ended_by', { by: mute.ended_by })}</div>}
              </td>
              <td className="number">
                {mute.active && (
                  <button
                    type="button"
                    className="button small"
                    disabled={!may || unmute.isPending}
                    onClick={() =>
                      unmute.mutate(mute.id, {
                        onSuccess: () => toasts.say(t('mute.ended')),
                        onError: toasts.fail,
                      })
                    }
                  >
                    {t('mute.end')}
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
