// A button that asks before it does something: what that means, and where it matters why it is wanted.
import { useState, type ReactNode } from 'react';

import { useT } from '../i18n';
import { ConfirmDialog } from './dialog';
import { useMay } from './role';
import { useToasts } from './toasts';

const LONGEST_REASON = 200;

interface Question {
  /** Of the dialog. */
  title: string;
  /** On the button that does it. */
  confirm: string;
  danger?: boolean;
  /** Where a reason is asked for. */
  reason?: { label: string; required?: boolean };
  /** Given the reason, "" where none is asked for. */
  send: (reason: string) => Promise<unknown>;
  /** What is said when it is done. */
  done?: string;
  /** What it means. */
  children: ReactNode;
}

/** The dialog alone, for what asks only now and then. */
export function AskingDialog(props: Question & { onClose: () => void }) {
  const { reason, done } = props;
  const toasts = useToasts();
  const [busy, setBusy] = useState(false);
  const [typed, setTyped] = useState('');
  const send = async () => {
    setBusy(true);
    try {
      await props.send(typed.trim());
    } catch (error) {
      toasts.fail(error);
      setBusy(false);
      if (typed === '') props.onClose(); // What was typed stays.
      return;
    }
    // What it was about may have left the page by now, and this with it: then only this promise knows the end.
    if (done) toasts.say(done);
    props.onClose();
  };
  return (
    <ConfirmDialog
      title={props.title}
      confirm={props.confirm}
      danger={props.danger ?? false}
      busy={busy}
      onClose={props.onClose}
      onConfirm={() => void send()}
    >
      {props.children}
      {reason && (
        <label className="field">
          <span>{reason.label}</span>
          <input
            value={typed}
            required={reason.required}
            maxLength={LONGEST_REASON}
            onChange={(event) => setTyped(event.target.value)}
          />
        </label>
      )}
    </ConfirmDialog>
  );
}

/** For operators; others see it, and why they cannot press it. */
export function AskingButton(
  props: Question & {
    text: ReactNode;
    className?: string;
    /** Why it cannot be done now; "" where it can. */
    whyNot?: string;
  },
) {
  const t = useT();
  const may = useMay('operator');
  const [asking, setAsking] = useState(false);
  const whyNot = may ? props.whyNot : t('plan.needs_operator');
  return (
    <>
      <button
        type="button"
        className={props.className ?? 'button'}
        disabled={Boolean(whyNot)}
        title={whyNot || undefined}
        onClick={() => setAsking(true)}
      >
        {props.text}
      </button>
      {asking && <AskingDialog {...props} onClose={() => setAsking(false)} />}
    </>
  );
}
