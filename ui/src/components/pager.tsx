// Which part of a long list is shown, and the way to the next one.
import { useT } from '../i18n';

export function Pager(props: {
  total: number;
  offset: number;
  limit: number;
  onChange: (offset: number) => void;
}) {
  const t = useT();
  const { total, offset, limit } = props;
  if (total <= limit && offset === 0) return null;
  const last = Math.min(total, offset + limit);
  return (
    <nav className="row small" aria-label={t('pager.pages')}>
      <button
        type="button"
        className="button small"
        disabled={offset === 0}
        onClick={() => props.onChange(Math.max(0, offset - limit))}
      >
        {t('pager.before')}
      </button>
      <span role="status">{t('pager.shown', { from: Math.min(offset + 1, total), to: last, total })}</span>
      <button
        type="button"
        className="button small"
        disabled={last >= total}
        onClick={() => props.onChange(offset + limit)}
      >
        {t('pager.next')}
      </button>
    </nav>
  );
}
