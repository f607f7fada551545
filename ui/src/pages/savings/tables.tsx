// Savings of each account.
import type { AccountSavings } from '../../api/savings';
import { ResourceLink } from '../../components/resource_link';
import { useT } from '../../i18n';
import { hours, money, share } from '../../format/money';

export function AccountTable({ accounts }: { accounts: AccountSavings[] }) {
  const t = useT();
  return (
    <div className="card stack tight">
      <h2>{t('savings.accounts')}</h2>
      <div className="scroll-x" tabIndex={0} role="region" aria-label={t('savings.accounts')}>
        <table>
          <thead>
            <tr>
              <th>{t('savings.account')}</th>
              <th className="number">{t('savings.resources')}</th>
              <th className="number">{t('savings.ran_for')}</th>
              <th className="number">{t('savings.cost')}</th>
              <th className="number">{t('savings.saved')}</th>
              <th className="number">{t('savings.planned')}</th>
              <th className="number">{t('savings.real')}</th>
            </tr>
          </thead>
          <tbody>
            {accounts.map((one) => (
              <tr key={one.account + one.currency}>
                <td>
                  {one.account === '' ? (
                    <span className="muted">{t('savings.nobody')}</span>
                  ) : (
                    <ResourceLink id={one.account} />
                  )}
                </td>
                <td className="number">{one.resources}</td>
                <td className="number">{hours(one.running.hours)}</td>
                <td className="number">{money(one.cost, one.currency)}</td>
                <td className="number">{money(one.real.money, one.currency)}</td>
                <td className="number">{share(one.planned_money_share)}</td>
                <td className="number">{share(one.real_money_share)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
