// Settings: configuration files and their errors, verbs, and for administrators users and tokens.
import { useSearchParams } from 'react-router-dom';

import { useConfig, useVerbs } from '../../api/queries';
import { DangerBadge, StateBadge } from '../../components/badges';
import { PageHead } from '../../components/page_head';
import { Answer } from '../../components/states';
import { Tabs } from '../../components/tabs';
import { Time } from '../../components/time';
import { useT } from '../../i18n';
import { TokensTab, UsersTab } from './people';
import { SlackTab } from './slack';

type Tab = 'config' | 'verbs' | 'users' | 'tokens' | 'slack';

export function SettingsPage() {
  const t = useT();
  const [address, setAddress] = useSearchParams();
  const tab = (address.get('tab') ?? 'config') as Tab;
  return (
    <>
      <PageHead title={t('nav.settings')} />
      <Tabs
        label={t('nav.settings')}
        value={tab}
        onChange={(value) => setAddress({ tab: value }, { replace: true })}
        tabs={[
          { value: 'config', text: t('settings.config') },
          { value: 'verbs', text: t('settings.verbs') },
          { value: 'users', text: t('settings.users') },
          { value: 'tokens', text: t('settings.tokens') },
          { value: 'slack', text: t('settings.slack') },
        ]}
      />
      {tab === 'config' && <ConfigTab />}
      {tab === 'verbs' && <VerbsTab />}
      {tab === 'users' && <UsersTab />}
      {tab === 'tokens' && <TokensTab />}
      {tab === 'slack' && <SlackTab />}
    </>
  );
}

function ConfigTab() {
  const t = useT();
  const config = useConfig();
  return (
    <Answer of={config}>
      {(files) => (
        <div className="card scroll-x" tabIndex={0} role="region" aria-label={t('settings.config')}>
          <table>
            <thead>
              <tr>
                <th>{t('settings.file')}</th>
                <th>{t('settings.file_state')}</th>
                <th>{t('settings.file_loaded')}</th>
                <th>{t('settings.file_error')}</th>
              </tr>
            </thead>
            <tbody>
              {files.map((file) => (
                <tr key={file.path}>
                  <td>
                    <code>{file.path}</code>
                  </td>
                  <td>
                    <StateBadge state={file.state} />
                  </td>
                  <td>
                    <Time at={file.loaded_at} />
                  </td>
                  <td>
                    {file.error && (
                      <>
                        <code>
                          {file.error.line}:{file.error.column}
                        </code>{' '}
                        {file.error.message}
                      </>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Answer>
  );
}

function VerbsTab() {
  const t = useT();
  const verbs = useVerbs();
  return (
    <Answer of={verbs}>
      {(all) => (
        <div className="card scroll-x" tabIndex={0} role="region" aria-label={t('settings.verbs')}>
          <table>
            <thead>
              <tr>
                <th>{t('settings.verb')}</th>
                <th>{t('settings.danger')}</th>
                <th>{t('settings.targets')}</th>
                <th>{t('settings.parameters')}</th>
              </tr>
            </thead>
            <tbody>
              {all.map((verb) => (
                <tr key={verb.name}>
                  <td>
                    <strong>{verb.title}</strong> <code className="muted">{verb.name}</code>
                    <div>{verb.help}</div>
                  </td>
                  <td>
                    <DangerBadge danger={verb.danger} />
                    <div className="muted">
                      {[
                        verb.idempotent ? t('settings.idempotent') : '',
                        verb.undoable ? t('settings.undoable') : '',
                      ]
                        .filter(Boolean)
                        .join(', ')}
                    </div>
                  </td>
                  <td>{verb.target_kinds.join(', ')}</td>
                  <td>
                    {verb.parameters.map((parameter) => (
                      <div key={parameter.name}>
                        <code>{parameter.name}</code> {parameter.help}
                        {parameter.required && <span className="muted"> ({t('settings.required')})</span>}
                      </div>
                    ))}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Answer>
  );
}
