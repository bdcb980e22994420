/** The statistics of one webhook, or of all, over a window, kept current by the subscription. */
import { useEffect, useState } from 'react';
import { type CombinedError, useQuery } from 'urql';

import { type LiveStatus, useLive } from '../api/live.tsx';
import {
  StatisticsChangesDocument,
  type StatisticsFragment,
  StatisticsPageDocument,
  type StatsWindow,
} from '../gql/graphql.ts';

interface Statistics {
  /** Null while they are read, and when they cannot be. */
  stats: StatisticsFragment | null;
  error: CombinedError | null;
  live: LiveStatus;
  reload: () => void;
}

export function useStatistics(webhookId: string | null, window: StatsWindow): Statistics {
  const variables = { webhookId, window };
  const key = JSON.stringify(variables);
  const [{ data, error, stale }, read] = useQuery({
    query: StatisticsPageDocument,
    variables,
    requestPolicy: 'network-only',
  });
  const [pushed, setPushed] = useState<{ key: string; stats: StatisticsFragment } | null>(null);
  useEffect(() => setPushed(null), [key]);
  const live = useLive({
    document: StatisticsChangesDocument,
    variables,
    onData: ({ deliveryStats }) => setPushed({ key, stats: deliveryStats }),
  });
  const newest = pushed?.key === key ? pushed.stats : null;
  const wasRead = stale ? null : (data?.deliveryStats ?? null);
  return {
    stats: newest ?? wasRead,
    error: newest === null ? (error ?? null) : null,
    live,
    reload: () => read({ requestPolicy: 'network-only' }),
  };
}
