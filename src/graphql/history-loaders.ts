/** Loaders over the history: one statement for all the events, payloads and attempts that an answer asks for. */
import DataLoader from 'dataloader';

import { webhookVisible } from '../access/policy.ts';
import type { Viewer } from '../access/viewer.ts';
import type { History } from '../history/history.ts';
import type { AttemptRow, DeliveryRow, EventRow } from '../history/rows.ts';

/** Batches reads of one answer, or of one pushed batch. */
export interface HistoryLoaders {
  /** Events of deliveries that the caller holds already; not checked again. */
  event: DataLoader<string, EventRow | null>;
  /** The entity's JSON text by event id. */
  payload: DataLoader<string, string | null>;
  /** Deliveries that the caller may see. */
  delivery: DataLoader<string, DeliveryRow | null>;
  webhookNumber: DataLoader<string, number | null>;
  latestAttempt: DataLoader<string, AttemptRow | null>;
  attempt: DataLoader<{ deliveryId: string; number: number }, AttemptRow | null, string>;
}

/** Makes the loaders; they remember what they read, so they live as long as one answer. */
export function createHistoryLoaders(history: History, viewer: Viewer): HistoryLoaders {
  return {
    event: new DataLoader((ids) => history.eventsByIds(ids)),
    payload: new DataLoader((ids) => history.payloadsOf(ids)),
    delivery: new DataLoader((ids) => history.deliveriesByIds(webhookVisible(viewer), [...ids])),
    webhookNumber: new DataLoader((ids) => history.webhookNumbers(ids)),
    latestAttempt: new DataLoader((ids) => history.latestAttempts(ids)),
    attempt: new DataLoader((keys) => history.attemptsByKeys(keys), {
      cacheKeyFn: (key) => `${key.deliveryId} ${key.number}`,
    }),
  };
}
