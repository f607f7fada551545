// Users and API tokens: seen and changed by administrators only.
import { useState, type FormEvent, type ReactNode } from 'react';

import {
  useAddToken,
  useAddUser,
  useRemoveToken,
  useRemoveUser,
  useTokens,
  useUsers,
} from '../../api/queries';
import type { NewToken, Role } from '../../api/types';
import { AskingButton } from '../../components/asking_button';
import { useMay } from '../../components/role';
import { Answer, Empty, ErrorBox } from '../../components/states';
import { useToasts } from '../../components/toasts';
import { useI18n, useT } from '../../i18n';
import { PASSWORD_LENGTH } from '../login/password';

const ROLES: Role[] = ['viewer', 'operator', 'admin'];

function RoleSelect({ value, onChange }: { value: Role; onChange: (role: Role) => void }) {
  const { t, tOr } = useI18n();
  return (
    <label className="field">
      <span>{t('settings.role')}</span>
      <select value={value} onChange={(event) => onChange(event.target.value as Role)}>
        {ROLES.map((role) => (
          <option key={role} value={role}>
            {tOr(`settings.role.${role}`, role)}
          </option>
        ))}
      </select>
    </label>
  );
}

function PeopleTable(props: {
  rows: { name: string; role: Role }[];
  question: (name: string) => string;
  warning: string;
  remove: { mutateAsync: (name: string) => Promise<unknown> };
}) {
  const { t, tOr } = useI18n();
  return (
    <div className="card">
      <table>
        <thead>
          <tr>
            <th>{t('settings.name')}</th>
            <th>{t('settings.role')}</th>
            <th />
          </tr>
        </thead>
        <tbody>
          {props.rows.map(({ name, role }) => (
            <tr key={name}>
              <td>{name}</td>
              <td title={tOr(`role.${role}`, role)}>{tOr(`settings.role.${role}`, role)}</td>
              <td className="number">
                <AskingButton
                  text={
                    <>
                      {t('action.remove')}
                      <span className="sr-only"> {name}</span>
                    </>
                  }
                  className="button small"
                  title={props.question(name)}
                  confirm={t('action.remove')}
                  danger
                  send={() => props.remove.mutateAsync(name)}
                >
                  <p>{props.warning}</p>
                </AskingButton>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function AddForm({ onSubmit, children, busy }: { onSubmit: () => void; children: ReactNode; busy: boolean }) {
  const t = useT();
  return (
    <form
      className="card row"
      style={{ alignItems: 'flex-end' }}
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
      <button type="submit" className="button primary" disabled={busy}>
        {t('action.add')}
      </button>
    </form>
  );
}

export function UsersTab() {
  const t = useT();
  const may = useMay('admin');
  const users = useUsers(may);
  const add = useAddUser();
  const remove = useRemoveUser();
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  if (!may) return <Empty>{t('settings.admin_only')}</Empty>;
  const submit = () =>
    add.mutate(
      { user, password, role },
      {
        onSuccess: () => {
          setUser('');
          setPassword('');
        },
      },
    );
  return (
    <>
      <Answer of={users}>
        {(all) => (
          <PeopleTable
            rows={all}
            question={(name) => t('settings.remove_user', { name })}
            warning={t('settings.remove_user.text')}
            remove={remove}
          />
        )}
      </Answer>
      <AddForm onSubmit={submit} busy={add.isPending}>
        <label className="field">
          <span>{t('login.user')}</span>
          <input required autoComplete="off" value={user} onChange={(event) => setUser(event.target.value)} />
        </label>
        <label className="field">
          <span>{t('login.password')}</span>
          <input
            required
            type="password"
            minLength={PASSWORD_LENGTH}
            title={t('password.length', { length: PASSWORD_LENGTH })}
            autoComplete="new-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </label>
        <RoleSelect value={role} onChange={setRole} />
      </AddForm>
      {add.isError && <ErrorBox error={add.error} />}
    </>
  );
}

export function TokensTab() {
  const t = useT();
  const may = useMay('admin');
  const tokens = useTokens(may);
  const add = useAddToken();
  const remove = useRemoveToken();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  if (!may) return <Empty>{t('settings.admin_only')}</Empty>;
  return (
    <>
      <Answer of={tokens}>
        {(all) =>
          all.length === 0 ? (
            <Empty>{t('settings.no_tokens')}</Empty>
          ) : (
            <PeopleTable
              rows={all}
              question={(one) => t('settings.remove_token', { name: one })}
              warning={t('settings.remove_token.text')}
              remove={remove}
            />
          )
        }
      </Answer>
      {add.data && <FreshToken token={add.data} />}
      <AddForm
        onSubmit={() => add.mutate({ name, role }, { onSuccess: () => setName('') })}
        busy={add.isPending}
      >
        <label className="field">
          <span>{t('settings.name')}</span>
          <input required autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />
        </label>
        <RoleSelect value={role} onChange={setRole} />
      </AddForm>
      {add.isError && <ErrorBox error={add.error} />}
    </>
  );
}

function FreshToken({ token }: { token: NewToken }) {
  const t = useT();
  const toasts = useToasts();
  return (
    <div className="card stack tight" role="status">
      <p>{t('settings.token_made', { name: token.name })}</p>
      <div className="row">
        <code data-testid="token">{token.token}</code>
        <button
          type="button"
          className="button small"
          onClick={() =>
            void navigator.clipboard
              .writeText(token.token)
              .then(() => toasts.say(t('action.copied')), toasts.fail)
          }
        >
          {t('action.copy')}
        </button>
      </div>
    </div>
  );
}
