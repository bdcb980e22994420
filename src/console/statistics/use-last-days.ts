/** The last day of webhooks, a hundred at a time, read anew each minute while the page is on display. */
import { useEffect, useRef, useState } from 'react';
import { useClient } from 'urql';

import { BACKGROUND } from '../api/urql.ts';
import { WebhookSparklinesDocument, type WebhookSparklinesQuery } from '../gql/graphql.ts';

type Node = NonNullable<WebhookSparklinesQuery['nodes'][number]>;

/** How the last day of a webhook went. */
export type LastDay = Extract<Node, { stats: unknown }>['stats'];

const AGAIN_MS = 60_000;
/** As many as the API takes well at once. */
const BATCH = 100;

export function useLastDays(ids: readonly string[]): ReadonlyMap<string, LastDay> {
  const client = useClient();
  const [days, setDays] = useState<ReadonlyMap<string, LastDay>>(new Map());
  const wanted = useRef(ids);
  wanted.current = ids;
  /** What was asked for, be it answered or not: rows that come are asked for once. */
  const asked = useRef(new Set<string>());
  const news = useRef<() => void>(() => undefined);

  useEffect(() => {
    let gone = false;
    const read = async (of: readonly string[]): Promise<void> => {
      for (let from = 0; from < of.length && !gone; from += BATCH) {
        const batch = of.slice(from, from + BATCH);
        const { data } = await client
          .query(WebhookSparklinesDocument, { ids: batch }, BACKGROUND)
          .toPromise();
        // What cannot be read leaves the cells as they are: the table tells of what stands in the way.
        const found = (data?.nodes ?? []).flatMap((node): [string, LastDay][] =>
          node && 'stats' in node ? [[node.id, node.stats]] : [],
        );
        if (!gone && found.length > 0) setDays((now) => new Map([...now, ...found]));
      }
    };
    const look = (): void => {
      const fresh = wanted.current.filter((id) => !asked.current.has(id));
      fresh.forEach((id) => asked.current.add(id));
      if (fresh.length > 0) void read(fresh);
    };
    look();
    news.current = look;
    const timer = setInterval(() => {
      if (!document.hidden) void read(wanted.current);
    }, AGAIN_MS);
    return () => {
      gone = true;
      asked.current = new Set();
      clearInterval(timer);
    };
  }, [client]);
  const key = ids.join();
  useEffect(() => news.current(), [key]);
  return days;
}
