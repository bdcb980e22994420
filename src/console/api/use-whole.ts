/** A list that the API gives whole, in the form that the table of every list takes. */
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { useEffect } from 'react';
import { type AnyVariables, useQuery } from 'urql';

import { BACKGROUND } from './urql.ts';
import type { List } from './use-pages.ts';

const NOTHING: readonly never[] = [];

/** Reads all rows at once; keep leaves those that a search finds. The rows stay while they are read again. */
export function useWhole<Data, Variables extends AnyVariables, Row extends { id: string }>(options: {
  document: TypedDocumentNode<Data, Variables>;
  variables: Variables;
  select: (data: Data) => readonly Row[] | null | undefined;
  keep?: (row: Row) => boolean;
  /** How often it is read again by itself, ms, as long as one of the rows is such. */
  again?: { everyMs: number; while: (row: Row) => boolean };
}): List<Row> {
  const { document, variables, select, keep, again } = options;
  const [{ data, error, fetching }, read] = useQuery<Data, Variables>({ query: document, variables });
  const found = data === undefined ? null : select(data);
  const all = found ?? NOTHING;
  const rows = keep ? all.filter(keep) : all;
  const everyMs = again !== undefined && all.some(again.while) ? again.everyMs : null;
  useEffect(() => {
    if (everyMs === null) return;
    const timer = setInterval(() => {
      if (!window.document.hidden) read(BACKGROUND);
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs, read]);
  return {
    rows,
    total: rows.length,
    status: found ? 'ready' : fetching ? 'loading' : error ? 'failed' : 'ready',
    error: error ?? null,
    hasMore: false,
    loadingMore: false,
    loadMore: () => undefined,
    reload: () => read({ requestPolicy: 'network-only' }),
    patch: () => undefined,
  };
}
