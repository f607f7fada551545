// Login; or, while nobody can log in yet, making the first administrator with the one-time token.
import { useEffect, useState } from 'react';

import { useLogin, useSetup } from '../../api/queries';
import type { Session } from '../../api/types';
import { ErrorBox } from '../../components/states';
import { useT } from '../../i18n';
import { LanguageSelect, ThemeSelect } from '../../layout/preferences';
import { PASSWORD_LENGTH, passwordRules } from './password';
import '../../layout/shell.css';
import './login.css';

export function LoginPage({ session }: { session: Session }) {
  const t = useT();
  const title = session.setup_needed ? t('setup.title') : t('login.title');
  useEffect(() => {
    document.title = `${title} · Capstan`;
  }, [title]);
  return (
    <main className="login">
      <div className="stack" style={{ alignItems: 'center', width: '100%' }}>
        <div className="card">
          <div className="brand">
            <img src="/favicon.svg" alt="" />
            {t('shell.name')}
          </div>
          <h1 style={{ marginBottom: '0.75rem' }}>{title}</h1>
          {session.setup_needed ? <SetupForm /> : <LoginForm />}
        </div>
        <div className="row">
          <LanguageSelect />
          <ThemeSelect />
          <span className="small muted">{t('shell.version', { version: session.version })}</span>
        </div>
      </div>
    </main>
  );
}

function LoginForm() {
  const t = useT();
  const login = useLogin();
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        login.mutate({ user, password });
      }}
    >
      <TextField label={t('login.user')} value={user} onChange={setUser} complete="username" focus />
      <TextField
        label={t('login.password')}
        value={password}
        onChange={setPassword}
        complete="current-password"
        secret
      />
      {login.isError && <ErrorBox error={login.error} />}
      <button type="submit" className="button primary big" disabled={login.isPending}>
        {login.isPending ? t('state.loading') : t('login.submit')}
      </button>
    </form>
  );
}

function SetupForm() {
  const t = useT();
  const setup = useSetup();
  // The address that `capstan run` prints may carry the token behind #, which no server log ever sees.
  const [token, setToken] = useState(
    () => new URLSearchParams(window.location.hash.slice(1)).get('token') ?? '',
  );
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const rules = passwordRules(password, user);
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        setup.mutate({ token: token.trim(), user, password });
      }}
    >
      <p className="muted">{t('setup.text')}</p>
      <TextField label={t('setup.token')} value={token} onChange={setToken} complete="one-time-code" focus />
      <TextField label={t('login.user')} value={user} onChange={setUser} complete="username" />
      <TextField
        label={t('login.password')}
        value={password}
        onChange={setPassword}
        complete="new-password"
        secret
      />
      <ul className="plain rules" aria-label={t('password.rules')}>
        {rules.map((rule) => (
          <li key={rule.text} className={rule.kept ? 'kept' : ''}>
            <span aria-hidden="true">{rule.kept ? '✓' : '○'}</span>
            {t(rule.text, { length: PASSWORD_LENGTH })}
            <span className="sr-only">{rule.kept ? t('password.kept') : t('password.open')}</span>
          </li>
        ))}
      </ul>
      {setup.isError && <ErrorBox error={setup.error} />}
      <button
        type="submit"
        className="button primary big"
        disabled={setup.isPending || token === '' || user === '' || rules.some((rule) => !rule.kept)}
      >
        {t('setup.submit')}
      </button>
    </form>
  );
}

function TextField(props: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  complete: string;
  secret?: boolean;
  focus?: boolean;
}) {
  return (
    <label className="field">
      <span>{props.label}</span>
      <input
        required
        type={props.secret ? 'password' : 'text'}
        autoComplete={props.complete}
        autoCapitalize="none"
        spellCheck={false}
        autoFocus={props.focus}
        value={props.value}
        onChange={(event) => props.onChange(event.target.value)}
      />
    </label>
  );
}
