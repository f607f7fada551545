// Asks what is to be kept otherwise than its policies want, how, until when and why. What the server refuses is said
// beside the field that it is about.
import { useId, useState, type ReactNode } from 'react';

import { useKeep } from '../api/automation';
import { ApiError } from '../api/client';
import { usePolicies, useResources } from '../api/queries';
import { localTime } from '../format/time';
import { useT } from '../i18n';
import { ConfirmDialog } from './dialog';
import { useMay } from './role';
import { ErrorBox } from './states';
import { useToasts } from './toasts';
import { useDebounced } from './use_debounced';

const MOST_SUGGESTED = 20;
const STATES = ['up', 'down', 'alone'] as const;

interface Wish {
  resource?: string;
  policy?: string;
  state?: (typeof STATES)[number];
}

/** The part of the request that an error is about, which its message begins with, and the rest of the message. */
export function faultOf(error: unknown): { field: string; says: string } | null {
  const match = error instanceof ApiError ? /^'(\w+)':? ([^]*)$/.exec(error.message) : null;
  return match ? { field: match[1] as string, says: match[2] as string } : null;
}

function Field(props: { title: string; hint?: string; fault?: string | undefined; children: ReactNode }) {
  return (
    <div className="stack tight keep-field">
      <label className="field">
        <span>{props.title}</span>
        {props.children}
      </label>
      {props.hint && !props.fault && <small className="muted">{props.hint}</small>}
      {props.fault && <Fault says={props.fault} />}
    </div>
  );
}

function Fault({ says }: { says: string }) {
  return (
    <small className="fault" role="alert">
      {says}
    </small>
  );
}

/** A resource by its name or id, with those that the catalog has. */
function ResourceInput({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const list = useId();
  const search = useDebounced(value.trim());
  const found = useResources('', search, MOST_SUGGESTED);
  return (
    <>
      <input
        value={value}
        list={list}
        autoComplete="off"
        spellCheck={false}
        maxLength={1000}
        onChange={(event) => onChange(event.target.value)}
      />
      <datalist id={list}>
        {found.data?.resources.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </datalist>
    </>
  );
}

export function KeepDialog({ wish, onClose }: { wish: Wish; onClose: () => void }) {
  const t = useT();
  const toasts = useToasts();
  const keep = useKeep();
  const policies = usePolicies();
  const group = useId();
  const [resource, setResource] = useState(wish.resource ?? '');
  const [policy, setPolicy] = useState(wish.policy ?? '');
  const [state, setState] = useState<string>(wish.state ?? 'up');
  const [until, setUntil] = useState('');
  const [reason, setReason] = useState('');
  const fault = faultOf(keep.error);
  const faultAt = (field: string) => (fault?.field === field ? fault.says : undefined);
  const hasField = ['resource', 'policy', 'state', 'until', 'reason'].includes(fault?.field ?? '');
  const send = () =>
    void keep
      .mutateAsync({ resource: resource.trim(), policy, state, until: until.trim(), reason: reason.trim() })
      .then(
        (made) => {
          toasts.say(t('keep.done', { until: localTime(new Date(made.until)) }));
          onClose();
        },
        () => undefined, // Said beside the field.
      );
  return (
    <ConfirmDialog
      title={t('keep.title')}
      confirm={t('keep.confirm')}
      busy={keep.isPending || until.trim() === '' || (resource.trim() === '' && policy === '')}
      onClose={onClose}
      onConfirm={send}
    >
      <p className="small">{t('keep.text')}</p>
      <Field title={t('keep.resource')} hint={t('keep.resource.hint')} fault={faultAt('resource')}>
        <ResourceInput value={resource} onChange={setResource} />
      </Field>
      <Field title={t('keep.policy')} fault={faultAt('policy')}>
        <select value={policy} onChange={(event) => setPolicy(event.target.value)}>
          <option value="">{t('keep.policy.all')}</option>
          {policies.data?.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </Field>
      <fieldset className="row keep-states">
        <legend className="small">{t('keep.state')}</legend>
        {STATES.map((value) => (
          <label key={value} className="row">
            <input type="radio" name={group} checked={state === value} onChange={() => setState(value)} />
            {value === 'up' ? t('keep.up') : value === 'down' ? t('keep.down') : t('keep.alone')}
          </label>
        ))}
      </fieldset>
      {fault?.field === 'state' && <Fault says={fault.says} />}
      <Field title={t('keep.until')} hint={t('keep.until.hint')} fault={faultAt('until')}>
        <input value={until} maxLength={100} onChange={(event) => setUntil(event.target.value)} />
      </Field>
      <Field title={t('keep.reason')} fault={faultAt('reason')}>
        <input value={reason} maxLength={2000} onChange={(event) => setReason(event.target.value)} />
      </Field>
      {keep.isError && !hasField && <ErrorBox error={keep.error} />}
    </ConfirmDialog>
  );
}

/** "Keep otherwise…", for those who may. */
export function KeepButton({ wish = {}, text }: { wish?: Wish; text?: string }) {
  const t = useT();
  const may = useMay('operator');
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className="button small"
        disabled={!may}
        title={may ? undefined : t('plan.needs_operator')}
        onClick={() => setOpen(true)}
      >
        {text ?? t('keep.open')}
      </button>
      {open && <KeepDialog wish={wish} onClose={() => setOpen(false)} />}
    </>
  );
}
