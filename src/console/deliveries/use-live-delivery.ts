/**
 * One delivery as it is now. It is read over HTTP; the stream of its event only says that something happened to
 * it, and then it is read again: of one delivery that is seldom, and what is shown is always whole.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import { type CombinedError, type OperationResult, useClient } from 'urql';

import { type LiveStatus, useLive } from '../api/live.tsx';
import { BACKGROUND } from '../api/urql.ts';
import {
  type AttemptLineFragment,
  type DeliveryFactsFragment,
  DeliveryPageDocument,
  DeliveryPageEventsDocument,
  type DeliveryPageQuery,
} from '../gql/graphql.ts';

/** More pages of attempts than this are not read: a thousand attempts of one delivery. */
const MOST_PAGES = 10;
/** That a delivery is being sent is not pushed: what is due is looked at so often until its result comes, ms. */
const DUE_POLL_MS = 2_000;

/** A delivery with all its attempts, first attempt first. */
export interface LiveDelivery {
  delivery: DeliveryFactsFragment | null;
  attempts: readonly AttemptLineFragment[];
  status: 'loading' | 'ready' | 'failed' | 'missing';
  error: CombinedError | null;
  live: LiveStatus;
  /** Reads it again; resolves when that is back. */
  reload: () => Promise<void>;
}

interface Held {
  id: string;
  delivery: DeliveryFactsFragment | null;
  attempts: readonly AttemptLineFragment[];
  error: CombinedError | null;
}

/** Who wants it read: with nobody there, it does not keep the session alive. */
type By = 'somebody' | 'itself';

/** The reading that goes on, and for whom it is to be done once more after it. Another number: it is not wanted any more. */
interface Run {
  number: number;
  reading: Promise<void> | null;
  again: By | false;
}

export function useLiveDelivery(id: string): LiveDelivery {
  const client = useClient();
  const [held, setHeld] = useState<Held | null>(null);
  const [refused, setRefused] = useState(false);
  const run = useRef<Run>({ number: 0, reading: null, again: false });

  const readOnce = useCallback(
    async (by: By): Promise<void> => {
      const mine = run.current.number;
      const attempts: AttemptLineFragment[] = [];
      let delivery: DeliveryFactsFragment | null = null;
      let failed: CombinedError | null = null;
      let after: string | null = null;
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const answer: OperationResult<DeliveryPageQuery> = await client
          .query(
            DeliveryPageDocument,
            { id, after },
            by === 'itself' ? BACKGROUND : { requestPolicy: 'network-only' },
          )
          .toPromise();
        if (mine !== run.current.number) return;
        failed = answer.error ?? null;
        if (!answer.data?.delivery) break;
        const { attempts: connection, ...facts } = answer.data.delivery;
        delivery = facts;
        attempts.push(...connection.nodes);
        after = connection.pageInfo.endCursor ?? null;
        if (!connection.pageInfo.hasNextPage) break;
      }
      setHeld((now) => {
        if (failed === null) return { id, delivery, attempts, error: null };
        return now?.id === id
          ? { ...now, error: failed }
          : { id, delivery: null, attempts: [], error: failed };
      });
    },
    [client, id],
  );

  /** Reads it; what happens while it is read may be missing in what is read, so then it is read once more. */
  const read = useCallback(
    (by: By): Promise<void> => {
      const state = run.current;
      if (state.reading) {
        if (state.again !== 'somebody') state.again = by;
        return state.reading;
      }
      const mine = state.number;
      const reading = (async (): Promise<void> => {
        for (let next: By | false = by; next !== false;) {
          await readOnce(next);
          if (mine !== state.number) return;
          next = state.again;
          state.again = false;
        }
        state.reading = null;
      })();
      state.reading = reading;
      return reading;
    },
    [readOnce],
  );

  useEffect(() => {
    const state = run.current;
    void read('somebody');
    return () => void Object.assign(state, { number: state.number + 1, reading: null, again: false });
  }, [read]);

  const current = held?.id === id ? held : null;
  const delivery = current?.delivery ?? null;
  const status = useLive({
    document: DeliveryPageEventsDocument,
    variables: delivery && { filter: { eventId: delivery.event.id } },
    // The first batch comes at once and is empty: what happened before it, nobody said.
    onData: ({ deliveryEvents: { events, reset, caughtUp } }) => {
      const news = events.some(
        (event) => event.delivery.id === id && event.delivery.version > version.current,
      );
      if (news || reset || (events.length === 0 && !caughtUp)) void read('itself');
    },
    onError: () => setRefused(true),
  });
  const version = useRef(0);
  version.current = delivery?.version ?? 0;

  const due = useDue(delivery);
  useEffect(() => {
    if (!due) return;
    const timer = setInterval(() => {
      if (!document.hidden) void read('itself');
    }, DUE_POLL_MS);
    return () => clearInterval(timer);
  }, [due, read]);

  return {
    delivery,
    attempts: current?.attempts ?? [],
    status:
      current === null
        ? 'loading'
        : delivery !== null
          ? 'ready'
          : current.error !== null
            ? 'failed'
            : 'missing',
    error: current?.error ?? null,
    live: refused ? 'ended' : status,
    reload: useCallback(() => read('somebody'), [read]),
  };
}

/** Whether the delivery should be on its way by now. */
function useDue(delivery: DeliveryFactsFragment | null): boolean {
  const [dueFor, setDueFor] = useState<string | null>(null);
  const at = delivery?.nextAttemptAt ?? null;
  const open = delivery !== null && delivery.completedAt == null;
  const sending = delivery?.status === 'IN_FLIGHT';
  useEffect(() => {
    if (at === null) return;
    // Timers are cut at 2^31 ms; what is due later than in a day is looked at again by then.
    const wait = Math.min(86_400_000, Math.max(0, new Date(at).getTime() - Date.now()));
    const timer = setTimeout(() => setDueFor(at), wait + 500);
    return () => clearTimeout(timer);
  }, [at]);
  return open && (sending || (at !== null && dueFor === at));
}
