/**
 * How GraphiQL reaches the server: queries and mutations by HTTP, subscriptions by graphql-transport-ws on
 * the same address. The Headers pane goes out as HTTP headers and as connectionParams.
 */
import { createGraphiQLFetcher, type Fetcher, isAsyncIterable, isObservable } from '@graphiql/toolkit';

/**
 * The fetcher for the server that sent this page. The given headers go along unless the Headers pane has an
 * Authorization of its own: GraphiQL asks for the schema before that pane exists, and empties it when an
 * entry of the history is picked. onRefused is called when the server answers 401.
 */
export function createFetcher(headers: Record<string, string>, onRefused: () => void): Fetcher {
  const url = new URL('../graphql', window.location.href);
  const socket = new URL(url);
  socket.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const fetcher = createGraphiQLFetcher({
    url: url.href,
    subscriptionUrl: socket.href,
    async fetch(input, init) {
      const response = await window.fetch(input, init);
      if (response.status === 401) onRefused();
      return response;
    },
  });
  return async (params, options) => {
    const own = (options?.headers ?? {}) as Record<string, string>;
    const authorised = Object.keys(own).some((name) => name.toLowerCase() === 'authorization');
    const result = await fetcher(params, { ...options, headers: authorised ? own : { ...headers, ...own } });
    return isAsyncIterable(result) && !isObservable(result) ? withoutHeartbeats(result) : result;
  };
}

/**
 * GraphiQL shows only the newest result, and the server sends an empty batch every 15 s to move the cursor:
 * once a batch with events is on display, empty ones are left out, or it would be gone before it is read.
 */
async function* withoutHeartbeats<T>(results: AsyncIterable<T>): AsyncGenerator<T> {
  let shown = false;
  for await (const result of results) {
    const events = batchEvents(result);
    if (shown && events?.length === 0) continue;
    if (events !== undefined && events.length > 0) shown = true;
    yield result;
  }
}

/** The events of a result of the subscription deliveryEvents; undefined for any other result. */
function batchEvents(result: unknown): unknown[] | undefined {
  const { data } = result as { data?: { deliveryEvents?: { events?: unknown[]; reset?: unknown } } | null };
  const batch = data?.deliveryEvents;
  return batch?.reset ? undefined : batch?.events;
}
