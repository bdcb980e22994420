/**
 * A list that the API gives page by page, as one growing array: the table asks for more when its end comes
 * into view. Rows are kept outside urql's cache, so that live updates can be laid over them.
 */
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type AnyVariables, type CombinedError, useClient } from 'urql';

/** Enough for any screen. */
const PAGE_SIZE = 50;
/** Whoever scrolls wants more; the most that the API gives. */
const NEXT_PAGE_SIZE = 100;

/** A page of a connection, as far as a list needs it. */
export interface Connection<Row> {
  nodes: Row[];
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
  totalCount?: number;
}

/** A list as a table shows it. */
export interface List<Row> {
  rows: readonly Row[];
  /** How many there are in all, where the API says so. */
  total: number | null;
  status: 'loading' | 'ready' | 'failed';
  error: CombinedError | null;
  hasMore: boolean;
  loadingMore: boolean;
  loadMore: () => void;
  /** Reads the first page again; the rows stay until it is there. */
  reload: () => void;
  /** Changes the rows in place, for live updates. */
  patch: (change: (rows: readonly Row[]) => readonly Row[], totalBy?: number) => void;
}

interface Held<Row> {
  key: string;
  rows: readonly Row[];
  total: number | null;
  cursor: string | null;
  hasMore: boolean;
  error: CombinedError | null;
  loaded: boolean;
}

/**
 * Reads a connection with the given variables (after and first are added) and goes on from there; onPage gets
 * the whole answer of each first page, such as for its streamCursor. Equal variables are not read again.
 */
export function usePages<Data, Variables extends AnyVariables, Row extends { id: string }>(options: {
  document: TypedDocumentNode<Data, Variables>;
  variables: Omit<Variables, 'after' | 'first'>;
  select: (data: Data) => Connection<Row> | null | undefined;
  onFirstPage?: (data: Data) => void;
  /** Is told when the reading of a first page begins: what changes from now on it may not hold. */
  onFirstRead?: () => void;
  pageSize?: number;
}): List<Row> {
  const client = useClient();
  const { document, pageSize = PAGE_SIZE } = options;
  const key = JSON.stringify(options.variables);
  const latest = useRef(options);
  latest.current = options;
  const nothing = useMemo<Held<Row>>(
    () => ({ key, rows: [], total: null, cursor: null, hasMore: false, error: null, loaded: false }),
    [key],
  );
  const [held, setHeld] = useState<Held<Row>>(nothing);
  const [loadingMore, setLoadingMore] = useState(false);
  const run = useRef(0);

  const read = useCallback(
    async (after: string | null): Promise<void> => {
      const mine = ++run.current;
      if (after === null) latest.current.onFirstRead?.();
      setLoadingMore(after !== null);
      const variables = {
        ...JSON.parse(key),
        first: after === null ? pageSize : NEXT_PAGE_SIZE,
        after,
      } as unknown as Variables;
      const { data, error } = await client
        .query(document, variables, { requestPolicy: 'network-only' })
        .toPromise();
      if (mine !== run.current) return;
      setLoadingMore(false);
      const page = data === undefined ? null : latest.current.select(data);
      if (error || !page) {
        setHeld((now) => ({ ...(now.key === key ? now : nothing), error: error ?? null, loaded: true }));
        return;
      }
      if (after === null) latest.current.onFirstPage?.(data as Data);
      setHeld((now) => {
        const before = after === null ? [] : now.rows;
        const known = new Set(before.map(({ id }) => id));
        return {
          key,
          rows: [...before, ...page.nodes.filter(({ id }) => !known.has(id))],
          total: page.totalCount ?? null,
          cursor: page.pageInfo.endCursor ?? null,
          hasMore: page.pageInfo.hasNextPage,
          error: null,
          loaded: true,
        };
      });
    },
    [client, document, key, nothing, pageSize],
  );

  useEffect(() => {
    void read(null);
    return () => void run.current++;
  }, [read]);

  const current = held.key === key ? held : nothing;
  const reload = useCallback(() => {
    setHeld((now) => (now.error === null ? now : { ...now, error: null, loaded: now.rows.length > 0 }));
    void read(null);
  }, [read]);
  const patch = useCallback(
    (change: (rows: readonly Row[]) => readonly Row[], totalBy = 0) =>
      setHeld((now) => ({
        ...now,
        rows: change(now.rows),
        total: now.total === null ? null : now.total + totalBy,
      })),
    [],
  );
  const { cursor, hasMore } = current;
  const loadMore = useCallback(() => {
    if (hasMore && cursor !== null && !loadingMore) void read(cursor);
  }, [hasMore, cursor, loadingMore, read]);

  return {
    rows: current.rows,
    total: current.total,
    status: !current.loaded
      ? 'loading'
      : current.error !== null && current.rows.length === 0
        ? 'failed'
        : 'ready',
    error: current.error,
    hasMore,
    loadingMore,
    loadMore,
    reload,
    patch,
  };
}
