// Asks what is to be muted, why and for how long.
import { useState } from 'react';

import { useMute } from '../../api/queries';
import type { NewMute, Violation } from '../../api/types';
import { ConfirmDialog } from '../../components/dialog';
import { useToasts } from '../../components/toasts';
import { useT } from '../../i18n';

const LASTS = ['1h', '4h', '1d', '7d', '30d', '90d'] as const;
type Scope = 'finding' | 'resource' | 'namespace' | 'everywhere';

function aimOf(scope: Scope, { id, rule, resource, cluster, namespace }: Violation): Partial<NewMute> {
  if (scope === 'finding') return { finding: id };
  if (scope === 'resource') return { rule, resource };
  return scope === 'namespace' ? { rule, cluster, namespace } : { rule };
}

export function MuteDialog({ violation, onClose }: { violation: Violation; onClose: () => void }) {
  const t = useT();
  const toasts = useToasts();
  const mute = useMute();
  const [scope, setScope] = useState<Scope>('finding');
  const [lasts, setLasts] = useState<string>('7d');
  const [reason, setReason] = useState('');
  const scopes: { value: Scope; text: string }[] = [
    { value: 'finding', text: t('mute.scope.finding') },
    { value: 'resource', text: t('mute.scope.resource', { rule: violation.rule }) },
    ...(violation.namespace
      ? [
          {
            value: 'namespace' as const,
            text: t('mute.scope.namespace', { rule: violation.rule, namespace: violation.namespace }),
          },
        ]
      : []),
    { value: 'everywhere', text: t('mute.scope.everywhere', { rule: violation.rule }) },
  ];
  return (
    <ConfirmDialog
      title={t('mute.title')}
      confirm={t('mute.confirm')}
      busy={mute.isPending || reason.trim() === ''}
      onClose={onClose}
      // The violation may leave the list before its mutation tells its end to what is mounted.
      onConfirm={() =>
        void mute.mutateAsync({ ...aimOf(scope, violation), reason: reason.trim(), for: lasts }).then(() => {
          toasts.say(t('mute.done'));
          onClose();
        }, toasts.fail)
      }
    >
      <p className="small">{t('mute.text')}</p>
      <fieldset className="stack tight mute-scopes">
        <legend className="small">{t('mute.scope')}</legend>
        {scopes.map(({ value, text }) => (
          <label key={value} className="row">
            <input type="radio" name="scope" checked={scope === value} onChange={() => setScope(value)} />
            <span className="grow">{text}</span>
          </label>
        ))}
      </fieldset>
      <label className="field">
        <span>{t('mute.reason')}</span>
        <input value={reason} required maxLength={2000} onChange={(event) => setReason(event.target.value)} />
      </label>
      <label className="field">
        <span>{t('mute.for')}</span>
        <select value={lasts} onChange={(event) => setLasts(event.target.value)}>
          {LASTS.map((value) => (
            <option key={value} value={value}>
              {value.endsWith('h')
                ? t('mute.hours', { count: parseInt(value) })
                : t('mute.days', { count: parseInt(value) })}
            </option>
          ))}
        </select>
      </label>
    </ConfirmDialog>
  );
}
