/** What all parts of the client look like from outside: something to subscribe to, as graphql-ws has it. */
import type { FormattedExecutionResult, Sink, SubscribePayload } from 'graphql-ws';

import type { LiveStatus } from './status.ts';

/** A result as the server sends it. */
export type Result<Data = Record<string, unknown>, Extensions = unknown> = FormattedExecutionResult<
  Data,
  Extensions
>;

/** What a subscriber may ask for beside its results. */
export interface StreamOptions {
  /** Is told each change of this one subscription's status. */
  onStatus?: (status: LiveStatus) => void;
}

/** A graphql-ws client, or something round one. A payload is read again whenever it is sent again. */
export interface Subscriber {
  subscribe<Data = Record<string, unknown>, Extensions = unknown>(
    payload: SubscribePayload,
    sink: Sink<Result<Data, Extensions>>,
    options?: StreamOptions,
  ): () => void;
}

/** Subscribes; what comes after the returned function was called is not heard any more, its completion included. */
export function takeUp<Data, Extensions>(
  client: Subscriber,
  payload: SubscribePayload,
  sink: Sink<Result<Data, Extensions>>,
  options?: StreamOptions,
): () => void {
  let heard = true;
  const last = (act: () => void): void => {
    if (!heard) return;
    heard = false;
    act();
  };
  const drop = client.subscribe<Data, Extensions>(
    payload,
    {
      next: (result) => {
        if (heard) sink.next(result);
      },
      error: (error) => last(() => sink.error(error)),
      complete: () => last(() => sink.complete()),
    },
    options,
  );
  return () => last(drop);
}
