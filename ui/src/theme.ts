// The theme: light, dark, or what the system says. public/theme.js applies it before the first paint.
import { useEffect, useSyncExternalStore } from 'react';

export type ThemeChoice = 'system' | 'light' | 'dark';
export type Theme = 'light' | 'dark';

const KEY = 'capstan.theme';
const listeners = new Set<() => void>();
const system = window.matchMedia('(prefers-color-scheme: dark)');

function choice(): ThemeChoice {
  const stored = localStorage.getItem(KEY);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

function resolved(): Theme {
  const chosen = choice();
  if (chosen !== 'system') return chosen;
  return system.matches ? 'dark' : 'light';
}

function apply() {
  document.documentElement.dataset['theme'] = resolved();
  for (const listener of listeners) listener();
}

export function chooseTheme(next: ThemeChoice) {
  if (next === 'system') localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, next);
  apply();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useThemeChoice = () => useSyncExternalStore(subscribe, choice);
export const useTheme = () => useSyncExternalStore(subscribe, resolved);

/** Must be mounted once: follows the system while nothing else is chosen. */
export function useSystemTheme() {
  useEffect(() => {
    system.addEventListener('change', apply);
    return () => system.removeEventListener('change', apply);
  }, []);
}
