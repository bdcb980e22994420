/** How many deliveries fit a filter, in words: counted by the server, and again some time after the list has changed. */
import { useEffect, useRef, useState } from 'react';
import { useClient } from 'urql';

import { BACKGROUND } from '../api/urql.ts';
import type { List } from '../api/use-pages.ts';
import { DeliveriesCountDocument, type DeliveryFilterInput } from '../gql/graphql.ts';
import { formatNumber } from '../ui/time.tsx';

/** Counting ten thousand rows costs more than reading a page: not more often than this, ms. */
const AGAIN_MS = 5_000;

/** A bounded count as people read it: "12 deliveries", "more than 10,000 deliveries". */
export function countInWords(
  count: { value: number; precision: 'EXACT' | 'AT_LEAST' },
  one: string,
  many: string,
): string {
  if (count.precision === 'AT_LEAST') return `more than ${formatNumber(count.value)} ${many}`;
  return count.value === 1 ? `1 ${one}` : `${formatNumber(count.value)} ${many}`;
}

type Counted = Pick<List<never>, 'hasMore' | 'status' | 'total'> & { rows: readonly unknown[] };

/** Null while it is not known. A list that is loaded to its end is its own count. */
export function useCount(filter: DeliveryFilterInput, list: Counted): string | null {
  const client = useClient();
  const key = JSON.stringify(filter);
  const [counted, setCounted] = useState<{ key: string; text: string } | null>(null);
  const last = useRef({ key: '', at: 0 });
  const { rows, hasMore, status, total } = list;
  useEffect(() => {
    if (status !== 'ready' || !hasMore) return;
    const again = last.current.key === key;
    const wait = again ? last.current.at + AGAIN_MS - Date.now() : 0;
    const timer = setTimeout(
      () => {
        last.current = { key, at: Date.now() };
        void client
          .query(
            DeliveriesCountDocument,
            { filter: JSON.parse(key) as DeliveryFilterInput },
            again ? BACKGROUND : { requestPolicy: 'network-only' },
          )
          .toPromise()
          .then(({ data }) => {
            const count = data?.deliveries?.count;
            if (count) setCounted({ key, text: countInWords(count, 'delivery', 'deliveries') });
          });
      },
      Math.max(0, wait),
    );
    return () => clearTimeout(timer);
  }, [client, key, rows, hasMore, status]);
  if (status !== 'ready') return null;
  if (total !== null) return countInWords({ value: total, precision: 'EXACT' }, 'delivery', 'deliveries');
  return counted?.key === key ? counted.text : null;
}
