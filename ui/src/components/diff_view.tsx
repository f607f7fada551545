// The difference of two texts: side by side where there is room, else one below the other.
import { Fragment, useMemo, useSyncExternalStore } from 'react';

import { diffLines, fold, type DiffRow } from '../format/diff';
import { useT } from '../i18n';
import './yaml.css';

const wide = window.matchMedia('(min-width: 900px)');
const subscribe = (listener: () => void) => {
  wide.addEventListener('change', listener);
  return () => wide.removeEventListener('change', listener);
};

export function DiffView({ before, after, label }: { before: string; after: string; label: string }) {
  const t = useT();
  const isWide = useSyncExternalStore(subscribe, () => wide.matches);
  const rows = useMemo(() => fold(diffLines(before, after)), [before, after]);
  const columns = isWide ? 4 : 3;
  return (
    <div className="diff" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead className="sr-only">
          <tr>
            <th>{t('diff.line')}</th>
            <th>{isWide ? t('diff.before') : t('diff.line')}</th>
            <th>{isWide ? t('diff.line') : t('diff.text')}</th>
            {isWide && <th>{t('diff.after')}</th>}
          </tr>
        </thead>
        <colgroup>
          <col className="diff-number" />
          {isWide ? <col /> : <col className="diff-number" />}
          {isWide && <col className="diff-number" />}
          <col />
        </colgroup>
        <tbody>
          {rows.map((row, at) =>
            'folded' in row ? (
              <tr key={at}>
                <td className="diff-fold" colSpan={columns}>
                  {t('diff.folded', { count: row.folded })}
                </td>
              </tr>
            ) : isWide ? (
              <Side key={at} row={row} />
            ) : (
              <Fragment key={at}>
                {row.kind === 'same' ? (
                  <Line before={row.before} after={row.after} text={row.left} kind="same" />
                ) : (
                  <>
                    {row.before !== null && (
                      <Line before={row.before} after={null} text={row.left} kind="gone" />
                    )}
                    {row.after !== null && (
                      <Line before={null} after={row.after} text={row.right} kind="new" />
                    )}
                  </>
                )}
              </Fragment>
            ),
          )}
        </tbody>
      </table>
    </div>
  );
}

function Side({ row }: { row: DiffRow }) {
  const same = row.kind === 'same';
  const left = same ? '' : row.before === null ? 'diff-none' : 'diff-gone';
  const right = same ? '' : row.after === null ? 'diff-none' : 'diff-new';
  return (
    <tr>
      <td className="diff-at">{row.before}</td>
      <td className={left}>{same ? row.left : row.before !== null && <del>{row.left}</del>}</td>
      <td className="diff-at">{row.after}</td>
      <td className={right}>{same ? row.right : row.after !== null && <ins>{row.right}</ins>}</td>
    </tr>
  );
}

function Line(props: {
  before: number | null;
  after: number | null;
  text: string;
  kind: 'same' | 'gone' | 'new';
}) {
  const tone = props.kind === 'same' ? '' : `diff-${props.kind}`;
  return (
    <tr>
      <td className="diff-at">{props.before}</td>
      <td className="diff-at">{props.after}</td>
      <td className={tone}>
        {props.kind === 'gone' ? (
          <del>{`- ${props.text}`}</del>
        ) : props.kind === 'new' ? (
          <ins>{`+ ${props.text}`}</ins>
        ) : (
          `  ${props.text}`
        )}
      </td>
    </tr>
  );
}
