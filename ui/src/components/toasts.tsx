// Short messages about what just happened; read out by screen readers.
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from 'react';

import { ApiError } from '../api/client';
import { useT } from '../i18n';

interface Toast {
  id: number;
  text: string;
  bad: boolean;
}

interface Toasts {
  say: (text: string) => void;
  fail: (error: unknown) => void;
}

const Context = createContext<Toasts | null>(null);
const SHOWN_MS = 6_000;
const MOST = 4;

export function ToastProvider({ children }: { children: ReactNode }) {
  const t = useT();
  const [toasts, setToasts] = useState<Toast[]>([]);

  const drop = useCallback((id: number) => setToasts((all) => all.filter((toast) => toast.id !== id)), []);
  const add = useCallback(
    (text: string, bad: boolean) => {
      const id = Date.now() + Math.random();
      setToasts((all) => [...all.slice(1 - MOST), { id, text, bad }]);
      // What went wrong stays until it is read.
      if (!bad) window.setTimeout(() => drop(id), SHOWN_MS);
    },
    [drop],
  );
  const value = useMemo<Toasts>(
    () => ({
      say: (text) => add(text, false),
      fail: (error) => {
        const where = error instanceof ApiError && error.where ? ` (${error.where})` : '';
        add((error instanceof Error ? error.message : String(error)) + where, true);
      },
    }),
    [add],
  );

  return (
    <Context.Provider value={value}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {toasts.map((toast) => (
          <div key={toast.id} className={toast.bad ? 'toast bad' : 'toast'}>
            <span>{toast.text}</span>
            <button
              type="button"
              className="button quiet small"
              onClick={() => drop(toast.id)}
              aria-label={t('action.close')}
            >
              ✕
            </button>
          </div>
        ))}
      </div>
    </Context.Provider>
  );
}

export function useToasts(): Toasts {
  const value = useContext(Context);
  if (!value) throw new Error('useToasts needs a ToastProvider above it.');
  return value;
}
