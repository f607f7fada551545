// YAML to read: keys in a colour, a button to copy it, scrolled within its frame.
import { useMemo } from 'react';

import type { Json } from '../api/types';
import { toYaml } from '../format/yaml';
import { CopyButton } from './copy';
import './yaml.css';

const KEY = /^(\s*(?:- )*)([^\s"'#][^:]*|"[^"]*")(:)( .*)?$/;

export function YamlView({ value, label }: { value: Json; label: string }) {
  const text = useMemo(() => toYaml(value), [value]);
  return (
    <div className="yaml">
      <CopyButton text={text} className="yaml-copy" />
      <pre className="lines yaml-text" tabIndex={0} role="region" aria-label={label}>
        {text.split('\n').map((line, at) => {
          const parts = KEY.exec(line);
          return (
            <span key={at}>
              {parts ? (
                <>
                  {parts[1]}
                  <b>{parts[2]}</b>
                  {parts[3]}
                  {parts[4]}
                </>
              ) : (
                line
              )}
              {'\n'}
            </span>
          );
        })}
      </pre>
    </div>
  );
}
