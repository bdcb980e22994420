/** The webhook of a details page, read by its number and kept current: each change of it is read again. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { type CombinedError, useClient } from 'urql';

import { useLive } from '../../api/live.tsx';
import {
  WebhookDetailsChangesDocument,
  WebhookDetailsDocument,
  type WebhookDetailsQuery,
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
  reload: () => void;
  /** Shows what a mutation answered, before it is read again. */
  show: (webhook: DetailedWebhook) => void;
}

export function useWebhook(number: number): LoadedWebhook {
  const client = useClient();
  const [seen, setSeen] = useState<DetailedWebhook | null>(null);
  const [gone, setGone] = useState(false);
  const [failure, setFailure] = useState<CombinedError | 'missing' | null>(null);
  const run = useRef({ number: 0, busy: false, again: false });

  const show = useCallback(
    (webhook: DetailedWebhook) =>
      setSeen((now) => (now !== null && now.version > webhook.version ? now : webhook)),
    [],
  );
  const reload = useCallback((): void => {
    async function read(): Promise<void> {
      const state = run.current;
      // What changes while it is read may be missing in what is read.
      state.again = state.busy;
      if (state.busy) return;
      const mine = state.number;
      state.busy = true;
      const { data, error } = await client
        .query(WebhookDetailsDocument, { number }, { requestPolicy: 'network-only' })
        .toPromise();
      if (mine !== state.number) return;
      state.busy = false;
      setFailure(error ?? (data?.webhookByNumber ? null : 'missing'));
      if (data?.webhookByNumber) show(data.webhookByNumber);
      // One that was there was deleted, or is out of the viewer's sight.
      if (!error) setGone(!data?.webhookByNumber);
      if (state.again) await read();
    }
    void read();
  }, [client, number, show]);
  useEffect(() => {
    const state = run.current;
    reload();
    return () => void Object.assign(state, { number: state.number + 1, busy: false, again: false });
  }, [reload]);

  const live = useLive({
    document: WebhookDetailsChangesDocument,
    variables: seen === null ? null : {},
    onData: ({ webhookChanges: { id } }) => {
      if (id === seen?.id) reload();
    },
  });
  // The changes have no cursor: what happened before the socket stood is found by reading again.
  useEffect(() => {
    if (live === 'live') reload();
  }, [live, reload]);

  return { state: stateOf(seen, gone, failure), reload, show };
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
