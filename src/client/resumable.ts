/**
 * The wrapper that makes subscriptions resumable. graphql-ws sends the payload of a subscription again
 * after each break, as it then is: so its variable $after is set to the cursor of each batch that was
 * handed over.
 */
import type { Sink, SubscribePayload } from 'graphql-ws';

import { batchOf, declaresAfter, namesCursor } from './batch.ts';
import { type Result, type StreamOptions, type Subscriber, takeUp } from './subscriber.ts';

const NO_CURSOR =
  'This subscription declares $after but does not select "cursor" of its root field, so it could not go on after a break. Select cursor there, or take $after out.';

/**
 * Wraps a graphql-ws client, or what pauseWhileHidden made of one. Documents without a variable $after
 * pass as they are; one that declares it without selecting cursor is refused by an exception or, where
 * only its result shows that, by the sink's error.
 *
 * A batch goes to the sink first, and only then counts as seen: if the sink throws, the batch is taken
 * from the server once more, and that is all that ever comes twice. If it throws again, the subscription
 * ends with that error. A batch with reset carries a cursor to go on from like any other: the sink
 * fetches its page anew, the subscription goes on.
 */
export function resumable(client: Subscriber): Subscriber {
  return {
    subscribe<Data, Extensions>(
      payload: SubscribePayload,
      sink: Sink<Result<Data, Extensions>>,
      options?: StreamOptions,
    ) {
      if (!declaresAfter(payload)) return client.subscribe(payload, sink, options);
      if (!namesCursor(payload)) throw new Error(NO_CURSOR);
      const resumed = { ...payload, variables: { ...payload.variables } };
      let drop: () => void = () => undefined;
      let ended = false;
      let threw = false;

      const start = (): void => {
        drop = takeUp<Data, Extensions>(client, resumed, { next, error, complete }, options);
      };
      const next = (result: Result<Data, Extensions>): void => {
        const batch = batchOf(result);
        if (batch && typeof batch.cursor !== 'string') return error(new Error(NO_CURSOR));
        try {
          sink.next(result);
        } catch (thrown) {
          if (ended) return;
          if (threw) return error(thrown);
          threw = true;
          drop();
          return start();
        }
        threw = false;
        if (batch) resumed.variables['after'] = batch.cursor;
      };
      const end = (act: () => void): void => {
        if (ended) return;
        ended = true;
        drop();
        act();
      };
      const error = (reason: unknown): void => end(() => sink.error(reason));
      const complete = (): void => end(() => sink.complete());

      start();
      return complete;
    },
  };
}
