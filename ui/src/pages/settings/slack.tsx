// Which Slack accounts act as whom: one's own, and for administrators all.
import { useState, type FormEvent } from 'react';

import { useEndSlackLink, useSlackLinks, useSlackLink } from '../../api/slack';
import { Answer, Empty, ErrorBox } from '../../components/states';
import { Time } from '../../components/time';
import { useToasts } from '../../components/toasts';
import { useT } from '../../i18n';

function LinkForm() {
  const t = useT();
  const toasts = useToasts();
  const link = useSlackLink();
  const [code, setCode] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    link.mutate(code, {
      onSuccess: (made) => {
        setCode('');
        toasts.say(t('settings.slack.linked', { account: made.account, user: made.user }));
      },
    });
  };
  return (
    <>
      <p>{t('settings.slack.how')}</p>
      <form className="card row" style={{ alignItems: 'flex-end' }} onSubmit={submit}>
        <label className="field">
          <span>{t('settings.slack.code')}</span>
          <input
            value={code}
            required
            maxLength={20}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setCode(event.target.value)}
          />
        </label>
        <button type="submit" className="button primary" disabled={link.isPending}>
          {t('settings.slack.link')}
        </button>
      </form>
      {link.isError && <ErrorBox error={link.error} />}
    </>
  );
}

export function SlackTab() {
  const t = useT();
  const toasts = useToasts();
  const links = useSlackLinks();
  const end = useEndSlackLink();
  return (
    <>
      <LinkForm />
      <Answer of={links}>
        {(all) =>
          all.length === 0 ? (
            <Empty>{t('settings.slack.none')}</Empty>
          ) : (
            <div className="card">
              <table>
                <thead>
                  <tr>
                    <th>{t('settings.slack.account')}</th>
                    <th>{t('settings.slack.user')}</th>
                    <th>{t('settings.slack.since')}</th>
                    <th />
                  </tr>
                </thead>
                <tbody>
                  {all.map(({ account, user, linked }) => (
                    <tr key={account}>
                      <td>
                        <code>{account}</code>
                      </td>
                      <td>{user}</td>
                      <td>
                        <Time at={linked} />
                      </td>
                      <td className="number">
                        <button
                          type="button"
                          className="button small"
                          disabled={end.isPending}
                          onClick={() => end.mutate(account, { onError: toasts.fail })}
                        >
                          {t('settings.slack.unlink')}
                          <span className="sr-only"> {account}</span>
                        </button>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Answer>
    </>
  );
}
