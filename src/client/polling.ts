/** The polling twin of a subscription, for networks that let no socket through. */
import type { SubscribePayload } from 'graphql-ws';

import { batchOf, operationName } from './batch.ts';
import type { Result } from './subscriber.ts';

/** How long to wait where the last answer said that there is more, ms. */
const HURRY_MS = 50;
/** No cursor of any server: it is answered with the present one and reset, where none would begin with the oldest change. */
const NO_CURSOR = 'none';

/** How to poll. */
export interface Polling {
  /**
   * By the name of a subscription the document of its twin: a query with the same root field, selection
   * and variables ($after among them). A subscription that is not named here waits for a socket.
   */
  queries: Record<string, string>;
  /**
   * Sends one query over HTTP. It throws for what may pass (no network, 429, 5xx), which is then tried
   * again; errors in a result end the subscription.
   */
  execute(
    request: { query: string; variables: Record<string, unknown> },
    signal: AbortSignal,
  ): Promise<Result>;
  /** The time between an answer and the next question, ms; 2,000 when left out. */
  everyMs?: number;
  /** After how many connections that failed one after the other polling begins; 3 when left out. */
  afterFailures?: number;
}

/** The twin of a subscription, if it has one. */
export function twinOf(polling: Polling | undefined, payload: SubscribePayload): string | undefined {
  const name = operationName(payload);
  return name === undefined ? undefined : polling?.queries[name];
}

/**
 * Asks the twin again and again with the variables that the payload has at that time. What is on its way
 * when it is told to stop is not taken any more: the socket reads it.
 */
export function poll(
  polling: Polling,
  query: string,
  payload: SubscribePayload,
  { take, failed }: { take: (result: Result) => void; failed: () => void },
): () => void {
  const gone = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const ask = async (): Promise<void> => {
    let pause = polling.everyMs ?? 2_000;
    const { after, ...others } = payload.variables ?? {};
    try {
      const request = { query, variables: { ...others, after: after ?? NO_CURSOR } };
      const result = await polling.execute(request, gone.signal);
      if (gone.signal.aborted) return;
      if (batchOf(result)?.caughtUp === false) pause = Math.min(pause, HURRY_MS);
      take(result);
    } catch {
      if (!gone.signal.aborted) failed();
    }
    if (!gone.signal.aborted) timer = setTimeout(() => void ask(), pause);
  };
  void ask();
  return () => {
    gone.abort();
    clearTimeout(timer);
  };
}
