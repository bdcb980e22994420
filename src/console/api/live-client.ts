/** The one socket of the console, shared by all subscriptions of a page; where none gets through, it polls. */
import { stringifyDocument } from 'urql';

import {
  createLiveClient as createClient,
  type LiveClient,
  type LiveStatus,
  type Result,
} from '../../client/index.ts';
import { apiAddress, socketAddress } from '../address.ts';
import {
  DeliveriesTableEventsDocument,
  DeliveryPageEventsDocument,
  StatisticsChangesDocument,
} from '../gql/graphql.ts';
import { BACKGROUND } from './urql.ts';

export type { LiveClient, LiveStatus };

/** The subscriptions that have a twin among the queries, with the same arguments and fields. */
const WITH_TWIN = {
  DeliveriesTableEvents: DeliveriesTableEventsDocument,
  DeliveryPageEvents: DeliveryPageEventsDocument,
  StatisticsChanges: StatisticsChangesDocument,
};

/** Makes the client; onEnd is called when the server does not take it back. */
export function createLiveClient(onEnd: () => void): LiveClient {
  return createClient({
    url: socketAddress(),
    pauseWhileHidden: document,
    onEnd,
    // What is thrown may pass, and is tried again; what the server says to the query is its result.
    polling: {
      queries: Object.fromEntries(
        Object.entries(WITH_TWIN).map(([name, document]) => [name, twinOf(stringifyDocument(document))]),
      ),
      async execute(request, signal) {
        const response = await query(request, signal);
        if (response.status === 401) onEnd();
        if (response.status === 401 || response.status === 429 || response.status >= 500)
          throw new Error(`The server answered ${response.status}`);
        return (await response.json()) as Result;
      },
    },
  });
}

/** The query with the root field of the subscription; deliveryEvents names its limit otherwise. */
function twinOf(subscription: string): string {
  return subscription.replace(/^subscription/, 'query').replace('maxBatch:', 'first:');
}

/** It is the page that asks, with nobody there. */
function query(request: object, signal: AbortSignal): Promise<Response> {
  return fetch(apiAddress('graphql'), {
    ...BACKGROUND.fetchOptions,
    method: 'POST',
    headers: { ...BACKGROUND.fetchOptions.headers, 'content-type': 'application/json' },
    body: JSON.stringify(request),
    signal,
  });
}
