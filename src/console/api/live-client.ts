/** The one socket of the console, shared by all subscriptions of a page. */
import { createClient } from 'graphql-ws';

import { socketAddress } from '../address.ts';

export type LiveStatus =
  'idle' | 'connecting' | 'live' | 'catching-up' | 'polling' | 'reconnecting' | 'ended';

/** What live.tsx needs of the client. */
export interface Subscriber {
  subscribe<Data>(
    payload: { query: string; variables?: Record<string, unknown> | null; operationName?: string | null },
    sink: {
      next: (result: { data?: Data | null }) => void;
      error: (error: unknown) => void;
      complete: () => void;
    },
    options?: { onStatus?: (status: LiveStatus) => void },
  ): () => void;
}

/** Makes the client; onEnd is called when the server does not take it back. */
export function createLiveClient(_onEnd: () => void): Subscriber {
  const client = createClient({ url: socketAddress(), retryAttempts: Infinity, shouldRetry: () => true });
  return {
    subscribe(payload, sink, options) {
      options?.onStatus?.('connecting');
      client.on('connected', () => options?.onStatus?.('live'));
      return client.subscribe(payload, sink as never);
    },
  };
}
