// A text that somebody is writing, kept for as long as the tab of the browser is open: a reload does not lose it.
import { useState } from 'react';

export function useSessionText(name: string): [string, (text: string) => void] {
  const key = `capstan.${name}`;
  const [text, setText] = useState(() => sessionStorage.getItem(key) ?? '');
  const put = (next: string) => {
    setText(next);
    try {
      if (next === '') sessionStorage.removeItem(key);
      else sessionStorage.setItem(key, next);
    } catch {
      // Too long to be kept: it is still there until the page is left.
    }
  };
  return [text, put];
}
