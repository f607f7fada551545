// The page's keys: "/" searches, "?" shows the keys, "g" and a letter goes to a page.
import { useEffect, useRef, useState } from 'react';
import { useNavigate } from 'react-router-dom';

import { Dialog } from '../components/dialog';
import { useT } from '../i18n';
import { PAGES } from './pages';

const CHORD_MS = 1_200;

function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  if (!element?.closest) return false;
  if (element.isContentEditable || element.closest('dialog')) return true;
  if (element instanceof HTMLInputElement) return !['checkbox', 'radio', 'button'].includes(element.type);
  return element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement;
}

function focusSearch(): boolean {
  const search = document.querySelector<HTMLElement>('[data-search]');
  search?.focus();
  if (search instanceof HTMLInputElement || search instanceof HTMLTextAreaElement) search.select();
  return search !== null;
}

/** Listens for the keys; gives whether the list of keys is shown, and how to change that. */
export function useKeys(): [boolean, (shown: boolean) => void] {
  const navigate = useNavigate();
  const [shown, setShown] = useState(false);
  const chordUntil = useRef(0);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (Date.now() < chordUntil.current) {
        chordUntil.current = 0;
        const page = PAGES.find(({ key }) => key === event.key);
        if (page) {
          event.preventDefault();
          navigate(page.path);
        }
        return;
      }
      if (event.key === 'g') chordUntil.current = Date.now() + CHORD_MS;
      else if (event.key === '?') setShown(true);
      else if (event.key === '/' && focusSearch()) event.preventDefault();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [navigate]);

  return [shown, setShown];
}

export function KeysDialog({ onClose }: { onClose: () => void }) {
  const t = useT();
  const rows: [string[], string][] = [
    [['/'], t('keys.search')],
    [['?'], t('keys.help')],
    [['↑', '↓'], t('keys.rows')],
    [['Enter'], t('keys.open')],
    [['Ctrl', 'Enter'], t('keys.run')],
    [['Esc'], t('keys.close')],
    ...PAGES.map(({ key, title }): [string[], string] => [['g', key], t(title)]),
  ];
  return (
    <Dialog title={t('keys.title')} onClose={onClose}>
      <table style={{ marginTop: '0.75rem' }}>
        <tbody>
          {rows.map(([keys, text]) => (
            <tr key={text}>
              <td className="nowrap">
                {keys.map((key) => (
                  <span key={key} className="kbd" style={{ marginRight: '0.25rem' }}>
                    {key}
                  </span>
                ))}
              </td>
              <td>{text}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onClose}>
          {t('action.close')}
        </button>
      </div>
    </Dialog>
  );
}
