/** Subscriptions that rest while nobody looks. */
import type { Sink, SubscribePayload } from 'graphql-ws';

import { declaresAfter } from './batch.ts';
import { type Result, type StreamOptions, type Subscriber, takeUp } from './subscriber.ts';

/** What is asked of a document; a browser's document is one. */
export interface Page {
  readonly visibilityState: string;
  addEventListener(type: 'visibilitychange', listener: () => void): void;
  removeEventListener(type: 'visibilitychange', listener: () => void): void;
}

/**
 * Unsubscribes while the page is hidden and subscribes again when it is seen. It belongs inside
 * resumable(), which keeps the payload's cursor up to date: so nothing is missed. Documents without
 * $after could not go on, and are left alone.
 */
export function pauseWhileHidden(client: Subscriber, page: Page): Subscriber {
  return {
    subscribe<Data, Extensions>(
      payload: SubscribePayload,
      sink: Sink<Result<Data, Extensions>>,
      options?: StreamOptions,
    ) {
      if (!declaresAfter(payload)) return client.subscribe(payload, sink, options);
      let drop: (() => void) | undefined;
      let ended = false;

      const end = (act: () => void): void => {
        if (ended) return;
        ended = true;
        page.removeEventListener('visibilitychange', turn);
        drop?.();
        act();
      };
      const turn = (): void => {
        if (page.visibilityState === 'hidden') {
          drop?.();
          drop = undefined;
        } else {
          drop ??= takeUp<Data, Extensions>(
            client,
            payload,
            {
              next: (result) => sink.next(result),
              error: (error) => end(() => sink.error(error)),
              complete: () => end(() => sink.complete()),
            },
            options,
          );
        }
      };
      page.addEventListener('visibilitychange', turn);
      turn();
      return () => end(() => sink.complete());
    },
  };
}
