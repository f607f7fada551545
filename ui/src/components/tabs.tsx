// Tabs with a roving focus: the arrow keys move among them.
import { useRef, type KeyboardEvent } from 'react';

export function Tabs<T extends string>(props: {
  label: string;
  value: T;
  tabs: { value: T; text: string }[];
  onChange: (value: T) => void;
}) {
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = props.tabs.findIndex((tab) => tab.value === props.value);
    const next = (at + step + props.tabs.length) % props.tabs.length;
    props.onChange((props.tabs[next] as { value: T }).value);
    (list.current?.children[next] as HTMLElement | undefined)?.focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label={props.label} ref={list} onKeyDown={move}>
      {props.tabs.map((tab) => (
        <button
          key={tab.value}
          type="button"
          role="tab"
          className="tab"
          aria-selected={tab.value === props.value}
          tabIndex={tab.value === props.value ? 0 : -1}
          onClick={() => props.onChange(tab.value)}
        >
          {tab.text}
        </button>
      ))}
    </div>
  );
}
