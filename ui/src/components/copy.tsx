// Text to be taken elsewhere: a button that copies it, and a command with such a button.
import { useT } from '../i18n';
import { useToasts } from './toasts';

export function CopyButton({ text, className = '' }: { text: string; className?: string }) {
  const t = useT();
  const toasts = useToasts();
  return (
    <button
      type="button"
      className={`button small ${className}`}
      onClick={() =>
        void navigator.clipboard?.writeText(text).then(() => toasts.say(t('action.copied')), toasts.fail)
      }
    >
      {t('action.copy')}
    </button>
  );
}

export function Command({ text }: { text: string }) {
  return (
    <div className="command">
      <code>{text}</code>
      <CopyButton text={text} />
    </div>
  );
}
