// What colours and widths of the drawing mean.
import { formatPercent } from '../../format/units';
import { kindColour, TONES } from '../../graph/palette';
import type { Scene } from '../../graph/scene';
import { ERROR_STEPS } from '../../graph/services';
import { useT } from '../../i18n';

const MOST_SHOWN = 16;

export function Legend({ scene }: { scene: Scene }) {
  const t = useT();
  return (
    <div className="small stack tight">
      <p className="muted">{t('services.legend')}</p>
      <ul className="legend plain">
        {ERROR_STEPS.map((step, at) => (
          <li key={step}>
            <i style={{ background: `var(${TONES[at + 1]})` }} />
            {t('services.legend.errors', { share: formatPercent(step * 100) })}
          </li>
        ))}
      </ul>
      <ul className="legend plain" aria-label={t('services.namespaces')}>
        {scene.kinds.slice(0, MOST_SHOWN).map((name, at) => (
          <li key={name}>
            <span className="swatch" style={{ background: `var(${kindColour(at)})` }} />
            {name || t('services.nowhere')}
          </li>
        ))}
        {scene.kinds.length > MOST_SHOWN && (
          <li>{t('checks.more', { count: scene.kinds.length - MOST_SHOWN })}</li>
        )}
      </ul>
    </div>
  );
}
