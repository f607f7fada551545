// A text area for a query: Ctrl+Enter runs it, and suggestions appear while a name is typed.
import { useId, useRef, useState, type KeyboardEvent } from 'react';

import { useT } from '../i18n';

export interface Suggestion {
  text: string;
  /** A word that says what it is; shown beside it. */
  kind: string;
}

export interface Completion {
  /** Where the text begins that a suggestion replaces. */
  from: number;
  suggestions: Suggestion[];
}

export interface EditorProps {
  label: string;
  value: string;
  rows?: number;
  placeholder?: string;
  onChange: (value: string) => void;
  onRun: () => void;
  complete?: (text: string, caret: number) => Completion | null;
  /** "/" puts the focus here. */
  search?: boolean;
}

export function Editor(props: EditorProps) {
  const t = useT();
  const list = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const [completion, setCompletion] = useState<Completion | null>(null);
  const [chosen, setChosen] = useState(0);
  const open = completion !== null && completion.suggestions.length > 0;

  const renew = (text: string, caret: number) => {
    setCompletion(props.complete?.(text, caret) ?? null);
    setChosen(0);
  };
  const accept = (suggestion: Suggestion) => {
    const element = area.current;
    if (!element || !completion) return;
    const before = props.value.slice(0, completion.from) + suggestion.text;
    props.onChange(before + props.value.slice(element.selectionStart));
    setCompletion(null);
    requestAnimationFrame(() => {
      element.focus();
      element.setSelectionRange(before.length, before.length);
    });
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      setCompletion(null);
      props.onRun();
      return;
    }
    if (!open) return;
    const count = completion.suggestions.length;
    if (event.key === 'ArrowDown') setChosen((chosen + 1) % count);
    else if (event.key === 'ArrowUp') setChosen((chosen - 1 + count) % count);
    else if (event.key === 'Enter' || event.key === 'Tab')
      accept(completion.suggestions[chosen] as Suggestion);
    else if (event.key === 'Escape') setCompletion(null);
    else return;
    event.preventDefault();
  };

  return (
    <div className="editor grow">
      <textarea
        ref={area}
        aria-label={props.label}
        value={props.value}
        rows={props.rows ?? Math.min(10, Math.max(2, props.value.split('\n').length))}
        placeholder={props.placeholder}
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
        data-search={props.search ? '' : undefined}
        {...(props.complete && {
          // A combobox may have one line only; a text box may have suggestions, too.
          'aria-autocomplete': 'list',
          'aria-controls': open ? list : undefined,
          'aria-activedescendant': open ? `${list}-${chosen}` : undefined,
        })}
        onChange={(event) => {
          props.onChange(event.target.value);
          renew(event.target.value, event.target.selectionStart);
        }}
        onKeyDown={onKey}
        onBlur={() => setCompletion(null)}
      />
      {open && (
        <ul className="editor-list" id={list} role="listbox" aria-label={t('metrics.completions')}>
          {completion.suggestions.map((suggestion, at) => (
            <li
              key={suggestion.kind + suggestion.text}
              id={`${list}-${at}`}
              role="option"
              aria-selected={at === chosen}
              // On press, before the text area loses the focus and the list goes away.
              onMouseDown={(event) => {
                event.preventDefault();
                accept(suggestion);
              }}
            >
              <span>{suggestion.text}</span>
              <span className="muted">{suggestion.kind}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
