/**
 * Deliveries as they are now: pages from the API, laid under what the stream pushes. The stream begins at the
 * position of the first page, so nothing falls between the two; after a reset the first page is read anew and
 * gives the position to go on from. What comes is laid over the rows at once, and shown once a frame at most.
 */
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'react';
import { type CombinedError, useClient } from 'urql';

import { type LiveStatus, useLive } from '../api/live.tsx';
import { BACKGROUND } from '../api/urql.ts';
import type { List } from '../api/use-pages.ts';
import {
  DeliveriesTableDocument,
  DeliveriesTableEventsDocument,
  type DeliveriesTableEventsSubscription,
  type DeliveryFilterInput,
  type DeliveryRowFragment,
} from '../gql/graphql.ts';
import { useSession } from '../session/viewer.tsx';
import { fitsFilter, streamFilter } from './fits-filter.ts';
import { type Hold, LiveList } from './live-list.ts';

const PAGE_SIZE = 50;
/** A list at its top is cut to its first page when it has grown to so many rows. */
const MOST_ROWS = 1_000;
/** How long a row that has just come is marked, ms. */
const NEW_MS = 2_000;
/** With more at once, marks would be a flicker. */
const MOST_MARKED = 10;

type How = 'replace' | 'renew' | 'extend';

/** What is held of one filter's deliveries between two renderings. */
interface Held {
  list: LiveList<DeliveryRowFragment>;
  /** Where the stream begins; null before the first page. */
  streamCursor: string | null;
  /** How often the list was begun anew: the stream begins with it, be the position the same. */
  generation: number;
  loaded: boolean;
  reading: How | null;
  error: CombinedError | null;
  /** What to do again when somebody tries again. */
  failed: How | null;
  /** The server refused the subscription. */
  refused: boolean;
  /** When rows came in by the stream, by their ids. */
  fresh: Map<string, number>;
}

/** A live list, and the handles of its toolbar. */
export interface LiveDeliveries {
  list: List<DeliveryRowFragment>;
  live: LiveStatus | 'paused';
  /** How many new deliveries wait; MOST_WAITING stands for that many and more. */
  waiting: number;
  paused: boolean;
  setPaused: (paused: boolean) => void;
  /** Shows what waits. */
  show: () => void;
  isNew: (row: { id: string }) => boolean;
}

/** scrolled: the top of the list is out of view, so rows must not be put in above. */
export function useLiveDeliveries(filter: DeliveryFilterInput, scrolled: boolean): LiveDeliveries {
  const client = useClient();
  const { refresh } = useSession();
  const key = JSON.stringify(filter);
  const held = useMemo<Held>(
    () => ({
      list: new LiveList<DeliveryRowFragment>(fitsFilter(JSON.parse(key) as DeliveryFilterInput)),
      streamCursor: null,
      generation: 0,
      loaded: false,
      reading: null,
      error: null,
      failed: null,
      refused: false,
      fresh: new Map(),
    }),
    [key],
  );
  const [paused, setPausedState] = useState(false);
  const render = useFrames();
  const hold = useRef<Hold>('nothing');
  hold.current = paused ? 'everything' : scrolled ? 'arrivals' : 'nothing';
  const run = useRef(0);

  const read = useCallback(
    async (how: How, by: 'somebody' | 'itself' = 'somebody'): Promise<void> => {
      // A first page stands above all others that are on their way.
      if (held.reading !== null && how !== 'replace') return;
      const mine = ++run.current;
      held.reading = how;
      held.error = null;
      held.failed = null;
      render();
      const after = how === 'extend' ? held.list.cursor : null;
      const { data, error } = await client
        .query(
          DeliveriesTableDocument,
          { filter: JSON.parse(key) as DeliveryFilterInput, first: PAGE_SIZE, after },
          by === 'itself' ? BACKGROUND : { requestPolicy: 'network-only' },
        )
        .toPromise();
      if (mine !== run.current) return;
      held.reading = null;
      held.loaded = true;
      const page = data?.deliveries;
      let whole = true;
      if (page) {
        const { nodes, pageInfo } = page;
        whole = held.list[how](
          { rows: nodes, endCursor: pageInfo.endCursor ?? null, hasMore: pageInfo.hasNextPage },
          hold.current,
        );
        if (how === 'replace') {
          held.streamCursor = page.streamCursor;
          held.generation += 1;
          held.refused = false;
        }
      } else if (how !== 'renew') {
        held.error = error ?? null;
        held.failed = how;
      } else if (hold.current === 'nothing') whole = held.list.release();
      if (!whole) void read('replace', 'itself');
      render();
    },
    [client, held, key, render],
  );

  useEffect(() => {
    void read('replace');
    return () => void run.current++;
  }, [read]);

  const take = useCallback(
    ({ deliveryEvents: { events, reset } }: DeliveriesTableEventsSubscription): void => {
      if (reset) {
        if (reset === 'PERMISSION_CHANGED') refresh();
        if (hold.current === 'everything') held.list.lose();
        else if (held.reading !== 'replace') void read('replace', 'itself');
        render();
        return;
      }
      const before = held.list.rows;
      const tooLong = before.length >= 2 * MOST_ROWS && hold.current === 'nothing';
      const copies = events.map(({ delivery }) => delivery);
      if (!held.list.apply(copies, tooLong ? 'arrivals' : hold.current)) return;
      markNew(held, before);
      if (hold.current === 'nothing' && held.list.rows.length > MOST_ROWS) void read('renew', 'itself');
      render();
    },
    [held, read, refresh, render],
  );

  const { streamCursor, generation } = held;
  const status = useLive({
    document: DeliveriesTableEventsDocument,
    variables:
      streamCursor === null
        ? null
        : { after: streamCursor, filter: streamFilter(JSON.parse(key) as DeliveryFilterInput) },
    generation,
    onData: take,
    onError: () => {
      held.refused = true;
      render();
    },
  });

  const show = useCallback(() => {
    if (!held.list.release()) void read('replace');
    render();
  }, [held, read, render]);
  useEffect(() => {
    if (!paused && !scrolled) show();
  }, [paused, scrolled, show]);

  const { list, loaded, reading, error } = held;
  // All rows of what was loaded may have left the filter, while there are others behind them.
  const hollow = loaded && list.rows.length === 0 && list.hasMore && error === null;
  useEffect(() => {
    if (hollow && reading === null) void read('extend', 'itself');
  }, [hollow, reading, read]);

  return {
    list: {
      rows: list.rows,
      total: list.hasMore ? null : list.rows.length,
      status: !loaded || hollow ? 'loading' : error && list.rows.length === 0 ? 'failed' : 'ready',
      error,
      hasMore: list.hasMore,
      loadingMore: reading === 'extend',
      loadMore: useCallback(() => void read(held.failed ?? 'extend'), [held, read]),
      reload: useCallback(() => {
        if (held.list.rows.length === 0) held.loaded = false;
        void read('replace');
      }, [held, read]),
      patch: () => undefined,
    },
    live: paused ? 'paused' : held.refused ? 'ended' : status,
    waiting: list.arrivals,
    paused,
    setPaused: setPausedState,
    show,
    isNew: useCallback(({ id }) => Date.now() - (held.fresh.get(id) ?? 0) < NEW_MS, [held]),
  };
}

/** Remembers which rows the stream has just put in. */
function markNew({ list, fresh }: Held, before: readonly DeliveryRowFragment[]): void {
  const now = Date.now();
  for (const [id, at] of fresh) if (now - at >= NEW_MS) fresh.delete(id);
  if (before.length === 0) return;
  const newest = before[0]!.id;
  const end = list.rows.findIndex(({ id }) => id <= newest);
  if (end > MOST_MARKED) fresh.clear();
  else for (const { id } of list.rows.slice(0, Math.max(0, end))) fresh.set(id, now);
}

/** Renders again with the next frame, once for all that is asked for until then. */
function useFrames(): () => void {
  const [, render] = useReducer((count: number) => count + 1, 0);
  const frame = useRef<number | null>(null);
  useEffect(
    () => () => {
      if (frame.current !== null) cancelAnimationFrame(frame.current);
      frame.current = null;
    },
    [],
  );
  return useCallback(() => {
    frame.current ??= requestAnimationFrame(() => {
      frame.current = null;
      render();
    });
  }, []);
}
