/**
 * One delivery as it is now. It is read over HTTP; the stream of its event only says that something happened to
 * it, and then it is read again: of one delivery that is seldom, and what is shown is always whole.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import { type CombinedError, type OperationResult, useClient } from 'urql';

import { type LiveStatus, useLive } from '../api/live.tsx';
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
  reload: () => void;
}

interface Held {
  id: string;
  delivery: DeliveryFactsFragment | null;
  attempts: readonly AttemptLineFragment[];
  error: CombinedError | null;
}

export function useLiveDelivery(id: string): LiveDelivery {
  const client = useClient();
  const [held, setHeld] = useState<Held | null>(null);
  const [refused, setRefused] = useState(false);
  const run = useRef({ number: 0, busy: false, again: false });

  const read = useCallback(async (): Promise<void> => {
    const state = run.current;
    // What happens while it is read may be missing in what is read.
    state.again = state.busy;
    if (state.busy) return;
    const mine = state.number;
    state.busy = true;
    const attempts: AttemptLineFragment[] = [];
    let delivery: DeliveryFactsFragment | null = null;
    let failed: CombinedError | null = null;
    let after: string | null = null;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const answer: OperationResult<DeliveryPageQuery> = await client
        .query(DeliveryPageDocument, { id, after }, { requestPolicy: 'network-only' })
        .toPromise();
      if (mine !== state.number) return;
      failed = answer.error ?? null;
      if (!answer.data?.delivery) break;
      const { attempts: connection, ...facts } = answer.data.delivery;
      delivery = facts;
      attempts.push(...connection.nodes);
      after = connection.pageInfo.endCursor ?? null;
      if (!connection.pageInfo.hasNextPage) break;
    }
    state.busy = false;
    setHeld((now) => {
      if (failed === null) return { id, delivery, attempts, error: null };
      return now?.id === id ? { ...now, error: failed } : { id, delivery: null, attempts: [], error: failed };
    });
    if (state.again) void read();
  }, [client, id]);

  useEffect(() => {
    const state = run.current;
    void read();
    return () => void Object.assign(state, { number: state.number + 1, busy: false, again: false });
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
      if (news || reset || (events.length === 0 && !caughtUp)) void read();
    },
    onError: () => setRefused(true),
  });
  const version = useRef(0);
  version.current = delivery?.version ?? 0;

  const due = useDue(delivery);
  useEffect(() => {
    if (!due) return;
    const timer = setInterval(() => void read(), DUE_POLL_MS);
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
    reload: useCallback(() => void read(), [read]),
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
