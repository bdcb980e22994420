import type { SubscribePayload } from 'graphql-ws';

import type { Result, Subscriber } from './subscriber.ts';

/** The results of a subscription for `for await`; leaving the loop unsubscribes. */
export async function* iterate<Data = Record<string, unknown>, Extensions = unknown>(
  client: Subscriber,
  payload: SubscribePayload,
): AsyncGenerator<Result<Data, Extensions>, void, void> {
  const arrived: Result<Data, Extensions>[] = [];
  let end: { error?: unknown } | undefined;
  let wake: () => void = () => undefined;
  const drop = client.subscribe<Data, Extensions>(payload, {
    next: (result) => {
      arrived.push(result);
      wake();
    },
    error: (error) => {
      end = { error };
      wake();
    },
    complete: () => {
      end ??= {};
      wake();
    },
  });
  try {
    for (;;) {
      while (arrived.length > 0) yield arrived.shift()!;
      if (end) break;
      await new Promise<void>((resolve) => (wake = resolve));
    }
    if ('error' in end) throw end.error;
  } finally {
    drop();
  }
}
