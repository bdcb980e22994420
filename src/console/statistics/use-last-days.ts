/** The last day of the webhooks whose cells are on display, read some at a time, and anew each minute. */
import { useEffect, useMemo, useRef, useState } from 'react';
import { useClient } from 'urql';

import { BACKGROUND } from '../api/urql.ts';
import { WebhookSparklinesDocument, type WebhookSparklinesQuery } from '../gql/graphql.ts';

type Node = NonNullable<WebhookSparklinesQuery['nodes'][number]>;

/** How the last day of a webhook went. */
export type LastDay = Extract<Node, { stats: unknown }>['stats'];

const AGAIN_MS = 60_000;
/** So long no other cell may appear: while the table is scrolled nothing is read. */
const GATHER_MS = 250;
/** Each has some hundred points: the server and the page are never busy with them for long. */
const BATCH = 25;

interface LastDays {
  days: ReadonlyMap<string, LastDay>;
  /** Says that the cell of a webhook is on display; the result says that it is gone. */
  show: (id: string) => () => void;
}

export function useLastDays(): LastDays {
  const client = useClient();
  const [days, setDays] = useState<ReadonlyMap<string, LastDay>>(new Map());
  /** What is on display; whether it was asked for is remembered for as long as it is. */
  const shown = useRef(new Map<string, { asked: boolean }>());
  const gathering = useRef<ReturnType<typeof setTimeout>>(undefined);

  const [show, again] = useMemo(() => {
    const read = async (ids: readonly string[]): Promise<void> => {
      for (let from = 0; from < ids.length; from += BATCH) {
        const batch = ids.slice(from, from + BATCH);
        const { data } = await client
          .query(WebhookSparklinesDocument, { ids: batch }, BACKGROUND)
          .toPromise();
        // What cannot be read leaves the cells as they are: the table tells of what stands in the way.
        const found = (data?.nodes ?? []).flatMap((node): [string, LastDay][] =>
          node && 'stats' in node ? [[node.id, node.stats]] : [],
        );
        if (found.length > 0) setDays((now) => new Map([...now, ...found]));
      }
    };
    const readFresh = (): void => {
      const fresh = [...shown.current].filter(([, state]) => !state.asked);
      for (const [, state] of fresh) state.asked = true;
      void read(fresh.map(([id]) => id));
    };
    const showCell = (id: string) => {
      if (!shown.current.has(id)) shown.current.set(id, { asked: false });
      clearTimeout(gathering.current);
      gathering.current = setTimeout(readFresh, GATHER_MS);
      return () => void shown.current.delete(id);
    };
    return [showCell, () => void read([...shown.current.keys()])];
  }, [client]);

  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) again();
    }, AGAIN_MS);
    return () => clearInterval(timer);
  }, [again]);
  return useMemo(() => ({ days, show }), [days, show]);
}
