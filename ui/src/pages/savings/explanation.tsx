// What lies between the plan and what was saved, part by part: they add up to the difference.
import type { Figures } from '../../api/savings';
import { useT } from '../../i18n';
import { hours, money } from '../../format/money';

export function Explanation({ figures }: { figures: Figures }) {
  const t = useT();
  if (figures.why.length === 0) return <p className="muted small">{t('savings.as_planned')}</p>;
  return (
    <details open>
      <summary className="small">{t('savings.why')}</summary>
      <div className="scroll-x" tabIndex={0} role="region" aria-label={t('savings.why')}>
        <table className="savings-why">
          <thead>
            <tr>
              <th>{t('savings.reason')}</th>
              <th className="number">{t('savings.hours')}</th>
              <th className="number">{t('savings.money')}</th>
            </tr>
          </thead>
          <tbody>
            {figures.why.map((part) => (
              <tr key={part.what}>
                <td>{t(`savings.why.${part.what}`)}</td>
                <td className="number">{part.hours === 0 ? '–' : hours(part.hours)}</td>
                <td className="number">{money(part.money, figures.currency)}</td>
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th>{t('savings.difference')}</th>
              <td className="number">{hours(figures.planned.hours - figures.real.hours)}</td>
              <td className="number">
                {money(figures.planned.money - figures.real.money, figures.currency)}
              </td>
            </tr>
          </tfoot>
        </table>
      </div>
    </details>
  );
}
