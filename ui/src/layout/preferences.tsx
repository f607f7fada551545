// Language, theme, keys and logout.
import { useLogout } from '../api/queries';
import type { Session } from '../api/types';
import { useToasts } from '../components/toasts';
import { LANGUAGES, useI18n } from '../i18n';
import { chooseTheme, useThemeChoice, type ThemeChoice } from '../theme';

export function LanguageSelect() {
  const { t, language, setLanguage } = useI18n();
  return (
    <select
      aria-label={t('shell.language')}
      value={language}
      onChange={(event) => setLanguage(event.target.value)}
    >
      {Object.entries(LANGUAGES).map(([code, { name }]) => (
        <option key={code} value={code} lang={code}>
          {name}
        </option>
      ))}
    </select>
  );
}

export function ThemeSelect() {
  const { t } = useI18n();
  const choice = useThemeChoice();
  return (
    <select
      aria-label={t('shell.theme')}
      value={choice}
      onChange={(event) => chooseTheme(event.target.value as ThemeChoice)}
    >
      <option value="system">{t('theme.system')}</option>
      <option value="light">{t('theme.light')}</option>
      <option value="dark">{t('theme.dark')}</option>
    </select>
  );
}

export function Preferences({ session, onKeys }: { session: Session; onKeys: () => void }) {
  const { t, tOr } = useI18n();
  const logout = useLogout();
  const toasts = useToasts();
  return (
    <>
      <LanguageSelect />
      <ThemeSelect />
      <button type="button" className="button quiet small" aria-label={t('keys.title')} onClick={onKeys}>
        ?
      </button>
      <span className="small nowrap" title={tOr(`role.${session.role}`, session.role)}>
        {session.user}
      </span>
      <button
        type="button"
        className="button small"
        disabled={logout.isPending}
        onClick={() => logout.mutate(undefined, { onError: toasts.fail })}
      >
        {t('session.logout')}
      </button>
    </>
  );
}
