/**
 * The table of every list: its four states, sorting by its headers, rows that open by a click anywhere and by
 * the keyboard (j, k, Enter), more rows as the end comes into view. Long lists keep only what is in view in
 * the document. On a narrow screen each row becomes a card; the roles are written out, since a table that is
 * laid out otherwise loses them.
 */
import { Group, Loader, Text, UnstyledButton } from '@mantine/core';
import { IconArrowDown, IconArrowsSort, IconArrowUp } from '@tabler/icons-react';
import { measureElement, useWindowVirtualizer } from '@tanstack/react-virtual';
import {
  type KeyboardEvent,
  memo,
  type MouseEvent,
  type ReactNode,
  useEffect,
  useRef,
  useState,
} from 'react';

import type { List } from '../api/use-pages.ts';
import classes from './data-table.module.css';
import { EmptyState, ErrorState, LoadingState, NoMatchState } from './states.tsx';
import { usePageKeys } from './use-page-keys.ts';
import { useTop } from './use-top.ts';

/** One column; sort names the field that its header sorts by, width is a CSS width. */
export interface Column<Row> {
  key: string;
  header: string;
  /** A header for screen readers only, such as that of a column of buttons. */
  hideHeader?: boolean;
  sort?: string;
  width?: string;
  cell: (row: Row) => ReactNode;
}

/** The order of a table. */
export interface Sort {
  field: string;
  direction: 'ASC' | 'DESC';
}

interface DataTableProps<Row extends { id: string }> {
  /** What the table holds, such as "Saved webhooks". */
  label: string;
  /** The plural of what a row is, in lower case: "webhooks". */
  what: string;
  columns: Column<Row>[];
  list: List<Row>;
  /** Opens a row; the cells must hold a real link to the same place. */
  onOpen?: (row: Row) => void;
  sort?: Sort;
  onSort?: (sort: Sort) => void;
  /** Whether a search or a filter is set: an empty list is then no match. */
  filtered: boolean;
  onClearFilters: () => void;
  empty: { title: string; text: ReactNode; action?: ReactNode };
  /** Marks rows that have just come, for a moment. */
  isNew?: (row: Row) => boolean;
}

/** From here on only rows in view are in the document. */
const VIRTUAL_FROM = 100;
const ROW_HEIGHT = 49;
const OVERSCAN = 12;
/** How near the last row in view may come to the end before more are asked for. */
const AHEAD = 20;

export function DataTable<Row extends { id: string }>(props: DataTableProps<Row>) {
  const { list, filtered, what, empty } = props;
  if (list.status === 'loading') return <LoadingState what={what} />;
  if (list.status === 'failed' && list.error) return <ErrorState error={list.error} onRetry={list.reload} />;
  if (list.rows.length === 0)
    return filtered ? <NoMatchState what={what} onClear={props.onClearFilters} /> : <EmptyState {...empty} />;
  return <FilledTable {...props} />;
}

function FilledTable<Row extends { id: string }>(props: DataTableProps<Row>) {
  const { label, columns, list, onOpen, sort, onSort, isNew } = props;
  const { rows } = list;
  const body = useRef<HTMLTableSectionElement>(null);
  // By its id: live rows come in above it.
  const [activeId, setActiveId] = useState<string | null>(null);
  const active = Math.max(
    0,
    rows.findIndex(({ id }) => id === activeId),
  );
  const virtual = rows.length >= VIRTUAL_FROM;
  const offset = useTop(body, rows.length);
  // The lowest row seen: most rows are as high, and an estimate that followed each row would move all that are not yet drawn.
  const usual = useRef<number | null>(null);
  const virtualizer = useWindowVirtualizer<HTMLTableRowElement>({
    count: rows.length,
    estimateSize: () => usual.current ?? ROW_HEIGHT,
    measureElement(row, entry, instance) {
      // A row that has just come is as high as expected until the browser has laid it out. To ask for its height at once has it
      // lay out the page inside the task that draws the rows: a third of that task when all rows in view are new.
      if (!entry) {
        const index = instance.indexFromElement(row);
        const known = instance.itemSizeCache.get(instance.options.getItemKey(index));
        return known ?? instance.measurementsCache[index]?.size ?? ROW_HEIGHT;
      }
      const height = measureElement(row, entry, instance);
      usual.current = Math.min(usual.current ?? height, height);
      return height;
    },
    // Rows are drawn in a task of their own behind the frame that scrolled; those beyond the edge are in the document by then.
    useFlushSync: false,
    overscan: OVERSCAN,
    scrollMargin: offset,
    enabled: virtual,
    getItemKey: (index) => rows[index]!.id,
  });
  const items = virtualizer.getVirtualItems();
  const first = virtual ? (items[0]?.index ?? 0) : 0;
  const last = virtual ? (items.at(-1)?.index ?? -1) : rows.length - 1;
  const above = virtual && items[0] ? items[0].start - offset : 0;
  const below = virtual && items.length > 0 ? virtualizer.getTotalSize() - (items.at(-1)!.end - offset) : 0;

  const { hasMore, loadMore, loadingMore, error } = list;
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!virtual || !hasMore || loadingMore || error) return;
    if (last >= rows.length - AHEAD) loadMore();
  }, [virtual, last, rows.length, hasMore, loadingMore, loadMore, error]);
  useEffect(() => {
    if (!hasMore || loadingMore || error || end.current === null) return;
    const observer = new IntersectionObserver(
      (entries) => entries.some(({ isIntersecting }) => isIntersecting) && loadMore(),
      { rootMargin: '600px' },
    );
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [hasMore, loadingMore, loadMore, error]);

  const wanted = useRef<string | null>(null);
  function focusRow(index: number): void {
    const next = Math.max(0, Math.min(rows.length - 1, index));
    wanted.current = rows[next]!.id;
    setActiveId(rows[next]!.id);
    if (!focusWanted(next)) virtualizer.scrollToIndex(next, { align: 'auto' });
  }
  function focusWanted(index: number): boolean {
    const row = body.current?.querySelector<HTMLElement>(`[data-index="${index}"]`);
    if (!row) return false;
    wanted.current = null;
    row.focus();
    return true;
  }
  // A row out of the document is focused as soon as it has been drawn.
  useEffect(() => {
    if (wanted.current === null) return;
    const index = rows.findIndex(({ id }) => id === wanted.current);
    if (index < 0) wanted.current = null;
    else focusWanted(index);
  });
  const focused = (): boolean => body.current?.contains(document.activeElement) === true;
  usePageKeys([
    ['j', () => focusRow(focused() ? active + 1 : active)],
    ['k', () => focusRow(focused() ? active - 1 : active)],
  ]);

  function open(event: MouseEvent | KeyboardEvent, row: Row): void {
    const target = event.target as HTMLElement;
    // A click that marks text, or on something that acts by itself, opens nothing.
    if (target.closest('a, button, input, label') || (window.getSelection()?.toString() ?? '') !== '') return;
    onOpen?.(row);
  }

  return (
    <>
      <table className={classes['table']} role="table" aria-label={label} aria-rowcount={list.total ?? -1}>
        <thead role="rowgroup" className={classes['head']}>
          <tr role="row">
            {columns.map((column) => (
              <HeaderCell key={column.key} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody ref={body} role="rowgroup">
          {above > 0 && <Spacer height={above} />}
          {rows.slice(first, last + 1).map((row, position) => {
            const index = first + position;
            return (
              <tr
                key={row.id}
                ref={virtual ? virtualizer.measureElement : undefined}
                role="row"
                data-index={index}
                data-new={isNew?.(row) || undefined}
                aria-rowindex={index + 2}
                tabIndex={index === active ? 0 : -1}
                className={onOpen ? classes['openable'] : undefined}
                onFocus={() => setActiveId(row.id)}
                onClick={(event) => open(event, row)}
                onKeyDown={(event) => {
                  if (event.key === 'Enter' && event.target === event.currentTarget) onOpen?.(row);
                }}
              >
                <Cells row={row} columns={columns} />
              </tr>
            );
          })}
          {below > 0 && <Spacer height={below} />}
        </tbody>
      </table>
      {error ? (
        <ErrorState error={error} onRetry={hasMore && rows.length > 0 ? loadMore : list.reload} />
      ) : (
        <Group ref={end} justify="center" mih={40} p="xs">
          {loadingMore && <Loader size="sm" aria-label="Loading more" />}
          {!hasMore && list.total !== null && (
            <Text size="sm" c="dimmed">
              {list.total === 1 ? 'One in all' : `${list.total.toLocaleString()} in all`}
            </Text>
          )}
        </Group>
      )}
    </>
  );
}

/** Drawn again only when the row is another copy: a live list moves many rows, and changes few. */
const Cells = memo(CellsOf) as typeof CellsOf;

function CellsOf<Row>({ row, columns }: { row: Row; columns: Column<Row>[] }): ReactNode {
  return columns.map(({ key, header, hideHeader, cell }) => (
    <td key={key} role="cell" data-label={hideHeader ? undefined : header}>
      {cell(row)}
    </td>
  ));
}

function Spacer({ height }: { height: number }) {
  return (
    <tr aria-hidden className={classes['spacer']}>
      <td style={{ height }} />
    </tr>
  );
}

function HeaderCell<Row>({
  column,
  sort,
  onSort,
}: {
  column: Column<Row>;
  sort: Sort | undefined;
  onSort: ((sort: Sort) => void) | undefined;
}) {
  const { header, hideHeader, width } = column;
  const style = width === undefined ? undefined : { width };
  if (hideHeader)
    return (
      <th role="columnheader" scope="col" style={style}>
        <span className={classes['hidden']}>{header}</span>
      </th>
    );
  const field = column.sort;
  if (field === undefined || !onSort)
    return (
      <th role="columnheader" scope="col" style={style}>
        {header}
      </th>
    );
  const direction = sort?.field === field ? sort.direction : null;
  const Icon = direction === null ? IconArrowsSort : direction === 'ASC' ? IconArrowUp : IconArrowDown;
  return (
    <th
      role="columnheader"
      scope="col"
      style={style}
      aria-sort={direction === null ? 'none' : direction === 'ASC' ? 'ascending' : 'descending'}
    >
      <UnstyledButton
        className={classes['sort']}
        onClick={() => onSort({ field, direction: direction === 'ASC' ? 'DESC' : 'ASC' })}
      >
        {header}
        <Icon aria-hidden size={14} className={direction === null ? classes['unsorted'] : undefined} />
      </UnstyledButton>
    </th>
  );
}
