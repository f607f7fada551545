// Gives components their texts in the chosen language. English is built in; other catalogues are loaded on demand.
import { useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';

import { askIn } from '../api/client';
import en from '../messages/en.json';
import { format, type Parameters } from './format';

export type MessageKey = keyof typeof en;
export type Translate = (key: MessageKey, parameters?: Parameters) => string;
export type Catalogue = Record<MessageKey, string>;

/** To add a language: a file in src/messages, a line here, its name under its own name. */
export const LANGUAGES: Record<string, { name: string; load: () => Promise<Catalogue> }> = {
  en: { name: 'English', load: () => Promise.resolve(en) },
  ko: { name: '한국어', load: async () => (await import('../messages/ko.json')).default as Catalogue },
};

interface I18n {
  language: string;
  setLanguage: (language: string) => void;
  t: Translate;
  /** The text under a key that is put together at run time, or `fallback` where the catalogue has none. */
  tOr: (key: string, fallback: string) => string;
}

const Context = createContext<I18n | null>(null);

function firstLanguage(): string {
  const chosen = localStorage.getItem('capstan.language');
  const wishes = chosen ? [chosen] : navigator.languages.map((tag) => tag.slice(0, 2));
  return wishes.find((wish) => wish in LANGUAGES) ?? 'en';
}

export function I18nProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [language, setLanguage] = useState(() => {
    const first = firstLanguage();
    askIn(first);
    return first;
  });
  const [loaded, setLoaded] = useState<{ language: string; catalogue: Catalogue }>({
    language: 'en',
    catalogue: en,
  });

  useEffect(() => {
    let current = true;
    const entry = LANGUAGES[language];
    void entry
      ?.load()
      .then((catalogue) => {
        if (!current) return;
        setLoaded({ language, catalogue });
        document.documentElement.lang = language;
      })
      .catch(() => undefined); // The English texts stay; the language can be chosen again.
    return () => {
      current = false;
    };
  }, [language]);

  const value = useMemo<I18n>(() => {
    const { catalogue } = loaded;
    return {
      language: loaded.language,
      setLanguage: (next) => {
        localStorage.setItem('capstan.language', next);
        askIn(next);
        setLanguage(next);
        void client.invalidateQueries(); // What the server said was in the other language.
      },
      t: (key, parameters) => format(catalogue[key] ?? en[key] ?? key, loaded.language, parameters),
      tOr: (key, fallback) => catalogue[key as MessageKey] ?? en[key as MessageKey] ?? fallback,
    };
  }, [loaded, client]);

  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useI18n(): I18n {
  const value = useContext(Context);
  if (!value) throw new Error('useI18n needs an I18nProvider above it.');
  return value;
}

export const useT = (): Translate => useI18n().t;
