// What an action prints, as it comes: the beginning and the end of what is long.
import { useEffect, useRef, useState } from 'react';

import { get } from '../api/client';
import type { ActionOutput } from '../api/types';
import { useT } from '../i18n';

const MOST_SHOWN = 200_000;

/** Asks for what is new once a second while it runs, and once when it has ended. */
function useOutput(id: string, open: boolean, running: boolean) {
  const [text, setText] = useState('');
  const [failed, setFailed] = useState('');
  const next = useRef(0);
  useEffect(() => {
    if (!open) return undefined;
    const controller = new AbortController();
    let timer = 0;
    const ask = async () => {
      try {
        const path = `/actions/${encodeURIComponent(id)}/output?after=${next.current}`;
        const answer = await get<ActionOutput>(path, controller.signal);
        const gap = answer.from > next.current ? `\n… ${answer.from - next.current} B …\n` : '';
        next.current = answer.next;
        setFailed('');
        if (gap || answer.text) setText((shown) => (shown + gap + answer.text).slice(-MOST_SHOWN));
        const more = answer.next < answer.size;
        if (more || answer.running) timer = window.setTimeout(() => void ask(), more ? 0 : 1_000);
      } catch (error) {
        if (controller.signal.aborted) return;
        setFailed(error instanceof Error ? error.message : String(error));
        timer = window.setTimeout(() => void ask(), 5_000);
      }
    };
    void ask();
    return () => {
      controller.abort();
      window.clearTimeout(timer);
    };
  }, [id, open, running]);
  return { text, failed };
}

export function OutputOf({ id, running }: { id: string; running: boolean }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const { text, failed } = useOutput(id, open, running);
  const end = useRef<HTMLPreElement>(null);
  useEffect(() => {
    if (running && end.current) end.current.scrollTop = end.current.scrollHeight;
  }, [text, running]);
  return (
    <details className="small" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="muted">{t('plan.output')}</summary>
      {failed && <p role="alert">{failed}</p>}
      {open && (
        <pre ref={end} className="output" tabIndex={0} aria-label={t('plan.output')}>
          {text || t('plan.output.none')}
        </pre>
      )}
    </details>
  );
}
