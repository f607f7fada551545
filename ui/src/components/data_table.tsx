// A table for many rows: only those in sight are in the document. Sortable, and walked with the arrow keys.
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';

export interface TableColumn<Row> {
  key: string;
  title: string;
  help?: string;
  /** What the column is sorted by; numbers by size, texts by letter. */
  value: (row: Row) => string | number | null;
  /** What is shown; the value where it is missing. */
  cell?: (row: Row) => ReactNode;
  number?: boolean;
  /** A CSS width such as "8rem"; columns without one share what is left. */
  width?: string;
}

export interface Sort {
  key: string;
  falling: boolean;
}

const ROW_PX = 31;

export function sortRows<Row>(rows: Row[], column: TableColumn<Row> | undefined, falling: boolean): Row[] {
  if (!column) return rows;
  const sign = falling ? -1 : 1;
  const collator = new Intl.Collator(undefined, { numeric: true });
  return [...rows].sort((a, b) => {
    const [left, right] = [column.value(a), column.value(b)];
    // What is missing comes last, whichever way.
    if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1;
    if (typeof left === 'number' && typeof right === 'number') return sign * (left - right);
    return sign * collator.compare(String(left), String(right));
  });
}

export function DataTable<Row>(props: {
  label: string;
  rows: Row[];
  columns: TableColumn<Row>[];
  rowKey: (row: Row, index: number) => string;
  onOpen?: (row: Row) => void;
  sort?: Sort;
  /** Whoever gives the rows sorts them, too: what is here may be a part of them only. */
  onSort?: (sort: Sort) => void;
  /** How tall the table may become, in CSS. */
  height?: string;
}) {
  const { rows, columns } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState<Sort | null>(props.sort ?? null);
  const sort = props.onSort ? (props.sort ?? null) : chosen;
  const setSort = props.onSort ?? setChosen;
  const sortHere = !props.onSort;
  const [current, setCurrent] = useState(0);
  const sorted = useMemo(
    () =>
      sortRows(
        rows,
        sortHere ? columns.find(({ key }) => key === sort?.key) : undefined,
        sort?.falling ?? false,
      ),
    [rows, columns, sort?.key, sort?.falling, sortHere],
  );
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const template = columns
    .map(({ width, number }) => width ?? (number ? '7rem' : 'minmax(9rem, 1fr)'))
    .join(' ');

  const focusRow = (index: number) => {
    const to = Math.max(0, Math.min(sorted.length - 1, index));
    setCurrent(to);
    virtual.scrollToIndex(to);
    // The row may enter the document only after the scroll.
    requestAnimationFrame(() =>
      requestAnimationFrame(() =>
        scroller.current?.querySelector<HTMLElement>(`[data-index="${to}"]`)?.focus(),
      ),
    );
  };
  const onKey = (event: KeyboardEvent, index: number) => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 300) / ROW_PX) - 2);
    const to = {
      ArrowDown: index + 1,
      j: index + 1,
      ArrowUp: index - 1,
      k: index - 1,
      PageDown: index + page,
      PageUp: index - page,
      Home: 0,
      End: sorted.length - 1,
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      focusRow(to);
    } else if (event.key === 'Enter' && props.onOpen && event.target === event.currentTarget) {
      props.onOpen(sorted[index] as Row);
    }
  };

  const items = virtual.getVirtualItems();
  // The row that takes the focus by Tab must be in the document.
  const entry = items.some(({ index }) => index === current) ? current : (items[0]?.index ?? 0);
  return (
    <div
      className="grid"
      ref={scroller}
      role="table"
      aria-label={props.label}
      aria-rowcount={sorted.length + 1}
      style={{ maxHeight: props.height ?? 'calc(100dvh - 13rem)' }}
    >
      <div className="grid-inner">
        <div role="rowgroup" className="grid-head">
          <div
            className="grid-head-row"
            role="row"
            aria-rowindex={1}
            style={{ gridTemplateColumns: template }}
          >
            {columns.map((column) => (
              <div
                key={column.key}
                role="columnheader"
                className={column.number ? 'grid-cell number' : 'grid-cell'}
                aria-sort={sort?.key !== column.key ? 'none' : sort.falling ? 'descending' : 'ascending'}
              >
                <button
                  type="button"
                  className="grid-sort"
                  title={column.help}
                  onClick={() =>
                    setSort({
                      key: column.key,
                      falling: sort?.key === column.key ? !sort.falling : Boolean(column.number),
                    })
                  }
                >
                  {column.title}
                  {sort?.key === column.key && <span aria-hidden="true">{sort.falling ? ' ↓' : ' ↑'}</span>}
                </button>
              </div>
            ))}
          </div>
        </div>
        <div role="rowgroup" className="grid-body" style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, start }) => {
            const row = sorted[index] as Row;
            return (
              <div
                key={props.rowKey(row, index)}
                role="row"
                aria-rowindex={index + 2}
                data-index={index}
                tabIndex={index === entry ? 0 : -1}
                className={props.onOpen ? 'grid-row active' : 'grid-row'}
                style={{ gridTemplateColumns: template, height: ROW_PX, transform: `translateY(${start}px)` }}
                onClick={() => props.onOpen?.(row)}
                onFocus={() => setCurrent(index)}
                onKeyDown={(event) => onKey(event, index)}
              >
                {columns.map((column) => (
                  <div
                    key={column.key}
                    role="cell"
                    className={column.number ? 'grid-cell number' : 'grid-cell'}
                  >
                    {column.cell ? column.cell(row) : (column.value(row) ?? '–')}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
