// What a part of a page shows while it has nothing to show: loading, empty, failed.
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { ApiError } from '../api/client';
import { useI18n, useT } from '../i18n';

export function Loading() {
  const t = useT();
  return (
    <div className="state" role="status">
      <span className="row">
        <span className="spinner" aria-hidden="true" />
        {t('state.loading')}
      </span>
    </div>
  );
}

export function Empty({ children, centre = false }: { children: ReactNode; centre?: boolean }) {
  return <div className={centre ? 'state centre' : 'state'}>{children}</div>;
}

/** The source text with the place of the error marked, as far as the answer tells it. */
function Source({ text, line, column }: { text: string; line: number; column: number }) {
  const lines = text.split('\n');
  const row = Math.min(Math.max(line, 1), lines.length) - 1;
  const shown = lines[row] ?? '';
  const at = Math.min(Math.max(column, 1) - 1, shown.length);
  return (
    <pre className="error-source" data-testid="error-source">
      {shown.slice(0, at)}
      <mark>{shown[at] ?? ' '}</mark>
      {shown.slice(at + 1)}
    </pre>
  );
}

export function ErrorBox({ error, retry, source }: { error: unknown; retry?: () => void; source?: string }) {
  const { t, tOr } = useI18n();
  const api = error instanceof ApiError ? error : null;
  const message = error instanceof Error ? error.message : String(error);
  return (
    <div className="error" role="alert">
      <div className="grow">
        <strong>{tOr(`error.${api?.code ?? 'internal'}`, t('error.internal'))}</strong>
        {api?.where && <code> {api.where}</code>}
        <div>{message}</div>
        {source !== undefined && api && api.column > 0 && (
          <Source text={source} line={api.line} column={api.column} />
        )}
      </div>
      {retry && (
        <button type="button" className="button small" onClick={retry}>
          {t('state.retry')}
        </button>
      )}
    </div>
  );
}

/** The answer of a query, or what stands in for it. An error beside an older answer shows both. */
export function Answer<T>({ of, children }: { of: UseQueryResult<T>; children: (data: T) => ReactNode }) {
  if (of.data !== undefined) {
    return (
      <>
        {of.isError && <ErrorBox error={of.error} retry={() => void of.refetch()} />}
        {children(of.data)}
      </>
    );
  }
  if (of.isError) return <ErrorBox error={of.error} retry={() => void of.refetch()} />;
  return <Loading />;
}
