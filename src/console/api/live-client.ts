/** The one socket of the console, shared by all subscriptions of a page; where none gets through, it polls. */
import { stringifyDocument } from 'urql';

import {
  createLiveClient as createClient,
  type LiveClient,
  type LiveStatus,
  type Result,
} from '../../client/index.ts';
import { apiAddress, socketAddress } from '../address.ts';
import { DeliveriesTableEventsDocument, DeliveryPageEventsDocument } from '../gql/graphql.ts';

export type { LiveClient, LiveStatus };

/** The subscriptions that have a twin among the queries, with the same arguments and fields. */
const WITH_TWIN = {
  DeliveriesTableEvents: DeliveriesTableEventsDocument,
  DeliveryPageEvents: DeliveryPageEventsDocument,
};

/** Makes the client; onEnd is called when the server does not take it back. */
export function createLiveClient(onEnd: () => void): LiveClient {
  return createClient({
    url: socketAddress(),
    pauseWhileHidden: document,
    onEnd,
    polling: {
      queries: Object.fromEntries(
        Object.entries(WITH_TWIN).map(([name, document]) => [name, twinOf(stringifyDocument(document))]),
      ),
      execute: query,
    },
  });
}

/** Query.deliveryEvents, for Subscription.deliveryEvents. */
function twinOf(subscription: string): string {
  return subscription.replace(/^subscription/, 'query').replace('maxBatch:', 'first:');
}

/** Throws for what may pass, so that it is tried again; what the server says to the query is its result. */
async function query(request: object, signal: AbortSignal): Promise<Result> {
  const response = await fetch(apiAddress('graphql'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
    credentials: 'same-origin',
    signal,
  });
  if (response.status === 429 || response.status >= 500)
    throw new Error(`The server answered ${response.status}`);
  return (await response.json()) as Result;
}
