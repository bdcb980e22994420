/**
 * The webhook of a details page, read by its number and kept current. A change of it is pushed, and then it is read
 * again. That an endpoint is paused, or works again, is no change of the webhook: it comes of what is sent, so a
 * moment after something was sent it is read again, too.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import { type CombinedError, useClient } from 'urql';

import { useLive } from '../../api/live.tsx';
import { BACKGROUND } from '../../api/urql.ts';
import {
  WebhookDetailsChangesDocument,
  WebhookDetailsDocument,
  type WebhookDetailsQuery,
  WebhookDetailsSentDocument,
} from '../../gql/graphql.ts';

/** A webhook with everything that its page shows. */
export type DetailedWebhook = NonNullable<WebhookDetailsQuery['webhookByNumber']>;
export type DetailedEndpoint = DetailedWebhook['endpoints'][number];
export type DetailedTrigger = DetailedWebhook['triggers'][number];

/** How the page stands; gone is one that was there when the page was opened. */
export type WebhookState =
  | { kind: 'loading' }
  | { kind: 'failed'; error: CombinedError }
  | { kind: 'missing' }
  | { kind: 'ready'; webhook: DetailedWebhook; gone: boolean };

export interface LoadedWebhook {
  state: WebhookState;
  /** Reads it again; resolves when that is back. */
  reload: () => Promise<void>;
  /** Shows what a mutation answered, before it is read again. */
  show: (webhook: DetailedWebhook) => void;
}

/** How long after something was sent it is read again, ms: what an outcome means for its endpoint is noted behind it. */
const SENT_PAUSE_MS = 1_500;

/** How often it is read again while a confirmation mail is on its way, ms. */
const MAILING_PAUSE_MS = 3_000;
/** How long after a mail went what the mail server says to it may still come, ms. */
const JUST_GONE_MS = 15_000;
/** A mail that has not gone by then waits for a mail server, or for its turn. */
const MAILING_READS = 20;

/** Who wants it read: with nobody there, it does not keep the session alive. */
type By = 'somebody' | 'itself';

export function useWebhook(number: number): LoadedWebhook {
  const client = useClient();
  const [seen, setSeen] = useState<DetailedWebhook | null>(null);
  const [gone, setGone] = useState(false);
  const [failure, setFailure] = useState<CombinedError | 'missing' | null>(null);
  const run = useRef<{ number: number; reading: Promise<void> | null; again: By | null }>({
    ...{ number: 0, reading: null, again: null },
  });

  const show = useCallback(
    (webhook: DetailedWebhook) =>
      setSeen((now) => (now !== null && now.version > webhook.version ? now : webhook)),
    [],
  );
  const readOnce = useCallback(
    async (by: By): Promise<void> => {
      const mine = run.current.number;
      const { data, error } = await client
        .query(
          WebhookDetailsDocument,
          { number },
          by === 'itself' ? BACKGROUND : { requestPolicy: 'network-only' },
        )
        .toPromise();
      if (mine !== run.current.number) return;
      setFailure(error ?? (data?.webhookByNumber ? null : 'missing'));
      if (data?.webhookByNumber) show(data.webhookByNumber);
      // One that was there was deleted, or is out of the viewer's sight.
      if (!error) setGone(!data?.webhookByNumber);
    },
    [client, number, show],
  );
  const read = useCallback(
    (by: By): Promise<void> => {
      const state = run.current;
      if (state.reading !== null) {
        // What changes while it is read may be missing in what is read.
        if (state.again !== 'somebody') state.again = by;
        return state.reading;
      }
      const mine = state.number;
      state.reading = (async (): Promise<void> => {
        for (let next: By | null = by; next !== null;) {
          await readOnce(next);
          if (mine !== state.number) return;
          next = state.again;
          state.again = null;
        }
        state.reading = null;
      })();
      return state.reading;
    },
    [readOnce],
  );
  useEffect(() => {
    const state = run.current;
    void read('somebody');
    return () => void Object.assign(state, { number: state.number + 1, reading: null, again: null });
  }, [read]);

  const live = useLive({
    document: WebhookDetailsChangesDocument,
    variables: seen === null ? null : {},
    onData: ({ webhookChanges: { id } }) => {
      if (id === seen?.id) void read('itself');
    },
  });
  // The changes have no cursor: what happened before the socket stood is found by reading again.
  useEffect(() => {
    if (live === 'live') void read('itself');
  }, [live, read]);

  const readSoon = useSoon(useCallback(() => void read('itself'), [read]));
  const sent = useLive({
    document: WebhookDetailsSentDocument,
    variables: seen === null ? null : { after: null, filter: { webhookId: seen.id } },
    onData: ({ deliveryEvents: { events, reset } }) => {
      if (events.length > 0 || reset) readSoon();
    },
  });
  useEffect(() => {
    if (sent === 'live') readSoon();
  }, [sent, readSoon]);

  // That a confirmation mail went is no change of the webhook either.
  const mailing = seen !== null && !gone && seen.endpoints.some(isBeingAsked);
  useEffect(() => {
    if (!mailing) return;
    let left = MAILING_READS;
    const timer = setInterval(() => {
      void read('itself');
      if (--left === 0) clearInterval(timer);
    }, MAILING_PAUSE_MS);
    return () => clearInterval(timer);
  }, [mailing, read]);

  return {
    state: stateOf(seen, gone, failure),
    reload: useCallback(() => read('somebody'), [read]),
    show,
  };
}

/** Whether a confirmation mail of it is about to go, is tried again, or has just gone: then more may be told of it. */
function isBeingAsked({ mailboxes }: DetailedEndpoint): boolean {
  return mailboxes.some(
    ({ status, reason, confirmationSentAt }) =>
      status === 'UNCONFIRMED' &&
      (reason != null ||
        confirmationSentAt == null ||
        Date.now() - Date.parse(confirmationSentAt) < JUST_GONE_MS),
  );
}

/** Does something a while after it is asked for, once for all that ask meanwhile, and once more after the last of them. */
function useSoon(act: () => void): () => void {
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const more = useRef(false);
  useEffect(
    () => () => {
      clearTimeout(timer.current ?? undefined);
      timer.current = null;
    },
    [act],
  );
  return useCallback(() => {
    more.current = timer.current !== null;
    if (more.current) return;
    const begin = (): void => {
      timer.current = setTimeout(() => {
        timer.current = null;
        if (more.current) begin();
        more.current = false;
        act();
      }, SENT_PAUSE_MS);
    };
    begin();
  }, [act]);
}

function stateOf(
  seen: DetailedWebhook | null,
  gone: boolean,
  failure: CombinedError | 'missing' | null,
): WebhookState {
  if (seen !== null) return { kind: 'ready', webhook: seen, gone };
  if (failure === null) return { kind: 'loading' };
  return failure === 'missing' ? { kind: 'missing' } : { kind: 'failed', error: failure };
}
