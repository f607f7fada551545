// A modal dialog on the browser's own <dialog>, which keeps the focus inside and closes with Escape.
import { useEffect, useId, useRef, type ReactNode } from 'react';

import { useT } from '../i18n';

export function Dialog({
  title,
  onClose,
  children,
}: {
  title: string;
  onClose: () => void;
  children: ReactNode;
}) {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const dialog = element.current;
    const before = document.activeElement as HTMLElement | null;
    dialog?.showModal();
    return () => {
      dialog?.close();
      before?.focus?.();
    };
  }, []);
  return (
    <dialog
      ref={element}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === element.current) onClose();
      }}
    >
      <h2 id={heading}>{title}</h2>
      {children}
    </dialog>
  );
}

export function ConfirmDialog(props: {
  title: string;
  confirm: string;
  danger?: boolean;
  busy?: boolean;
  onConfirm: () => void;
  onClose: () => void;
  children: ReactNode;
}) {
  const t = useT();
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          props.onConfirm();
        }}
      >
        <div className="stack tight" style={{ marginTop: '0.75rem' }}>
          {props.children}
        </div>
        <div className="dialog-actions">
          {/* The harmless button comes first, so it has the focus. */}
          <button type="button" className="button" onClick={props.onClose}>
            {t('action.cancel')}
          </button>
          <button
            type="submit"
            className={props.danger ? 'button danger' : 'button primary'}
            disabled={props.busy}
          >
            {props.confirm}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
