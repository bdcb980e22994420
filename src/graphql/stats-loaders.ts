/** Loaders over the statistics: a page of webhooks with their charts takes one statement for each window. */
import DataLoader from 'dataloader';

import type { Counts, Latencies, Part, Stats } from '../stats/stats.ts';
import type { StatsWindow } from '../stats/windows.ts';

/** A webhook or an endpoint, and a window. */
export interface StatsKey extends Part {
  window: StatsWindow;
}

/** Batches reads of one answer. */
export interface StatsLoaders {
  counts: DataLoader<StatsKey, Counts, string>;
  latencies: DataLoader<StatsKey, Latencies, string>;
  /** Whatever the window. */
  pending: DataLoader<StatsKey, number, string>;
}

/** Makes the loaders; what they are asked about, the caller holds already. */
export function createStatsLoaders(stats: Stats): StatsLoaders {
  return {
    counts: byWindow((parts, window) => stats.counts(parts, window)),
    latencies: byWindow((parts, window) => stats.latencies(parts, window)),
    pending: new DataLoader((keys) => stats.pending(keys), { cacheKeyFn: nameOf }),
  };
}

function byWindow<T>(
  read: (parts: readonly Part[], window: StatsWindow) => Promise<T[]>,
): DataLoader<StatsKey, T, string> {
  return new DataLoader(
    async (keys) => {
      const found = new Map<StatsKey, T>();
      for (const window of new Set(keys.map((key) => key.window))) {
        const asked = keys.filter((key) => key.window === window);
        const answers = await read(asked, window);
        asked.forEach((key, index) => found.set(key, answers[index]!));
      }
      return keys.map((key) => found.get(key)!);
    },
    { cacheKeyFn: nameOf },
  );
}

function nameOf({ webhookId, endpointId, window }: StatsKey): string {
  return `${webhookId} ${endpointId ?? ''} ${window}`;
}
