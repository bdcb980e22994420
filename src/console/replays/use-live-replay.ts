/** One replay as it gets on: read once, then pushed until it has ended. */
import { useCallback, useEffect, useState } from 'react';
import { type CombinedError, useQuery } from 'urql';

import { type LiveStatus, useLive } from '../api/live.tsx';
import {
  type ReplayCountsFragment,
  ReplayPageDocument,
  ReplayPageProgressDocument,
  type ReplayRowFragment,
} from '../gql/graphql.ts';

/** A replay on display. */
export interface LiveReplay {
  replay: ReplayRowFragment | null;
  status: 'loading' | 'ready' | 'failed' | 'missing';
  error: CombinedError | null;
  live: LiveStatus;
  reload: () => void;
  /** Lays what a step has answered over what is shown. */
  show: (counts: ReplayCountsFragment) => void;
}

/** Whether its numbers stay as they are: of what was on the wire when it was cancelled, the end still counts. */
export function isSettled({ status, pending }: Pick<ReplayCountsFragment, 'status' | 'pending'>): boolean {
  return status === 'FINISHED' || (status === 'CANCELLED' && pending === 0);
}

/** Whether nothing more of it goes. */
export function hasEnded({ status }: Pick<ReplayCountsFragment, 'status'>): boolean {
  return status === 'FINISHED' || status === 'CANCELLED';
}

export function useLiveReplay(id: string): LiveReplay {
  const [{ data, error, fetching }, read] = useQuery({
    query: ReplayPageDocument,
    variables: { id },
    requestPolicy: 'network-only',
  });
  const [newest, setNewest] = useState<ReplayCountsFragment | null>(null);
  const row = data?.node && 'matched' in data.node ? data.node : null;
  const current = newest?.id === id ? newest : null;
  useEffect(() => setNewest(null), [id]);
  // What is pushed and what a step answers cross: numbers only grow, and what has ended stays so.
  const show = useCallback((counts: ReplayCountsFragment) => {
    setNewest((now) =>
      now?.id === counts.id &&
      (isSettled(now) || (!hasEnded(counts) && (hasEnded(now) || now.done > counts.done)))
        ? now
        : counts,
    );
  }, []);
  const replay = row && { ...row, ...current };
  const live = useLive({
    document: ReplayPageProgressDocument,
    variables: replay === null || isSettled(replay) ? null : { id },
    onData: ({ replayProgress }) => show(replayProgress),
  });
  return {
    replay,
    status: replay ? 'ready' : fetching ? 'loading' : error ? 'failed' : 'missing',
    error: error ?? null,
    live,
    reload: () => read({ requestPolicy: 'network-only' }),
    show,
  };
}
