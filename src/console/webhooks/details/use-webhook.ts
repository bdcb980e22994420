/** The webhook of a details page, read by its number and kept current: each change of it is read again. */
import { useCallback, useEffect, useState } from 'react';
import { type CombinedError, useQuery } from 'urql';

import { type LiveStatus, useLive } from '../../api/live.tsx';
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
  live: LiveStatus;
  reload: () => void;
  /** Shows what a mutation answered, before it is read again. */
  show: (webhook: DetailedWebhook) => void;
}

export function useWebhook(number: number): LoadedWebhook {
  const [{ data, error, fetching }, execute] = useQuery({
    query: WebhookDetailsDocument,
    variables: { number },
    requestPolicy: 'network-only',
  });
  const [seen, setSeen] = useState<DetailedWebhook | null>(null);
  const [gone, setGone] = useState(false);
  const reload = useCallback(() => execute({ requestPolicy: 'network-only' }), [execute]);

  const show = useCallback(
    (webhook: DetailedWebhook) =>
      setSeen((now) => (now !== null && now.version > webhook.version ? now : webhook)),
    [],
  );
  const read = data === undefined ? undefined : data.webhookByNumber;
  useEffect(() => {
    if (read === undefined || error !== undefined) return;
    // A null behind one that was there: it was deleted, or is out of the viewer's sight.
    if (read === null) setGone(true);
    else show(read);
  }, [read, error, show]);

  const live = useLive({
    document: WebhookDetailsChangesDocument,
    variables: seen === null ? null : {},
    onData: ({ webhookChanges: { id, kind } }) => {
      if (id !== seen?.id) return;
      if (kind === 'DELETED') setGone(true);
      else {
        setGone(false);
        reload();
      }
    },
  });
  // The changes have no cursor: what happened before the socket stood is found by reading again.
  useEffect(() => {
    if (live === 'live') reload();
  }, [live, reload]);

  return { state: stateOf(seen, gone, read, error, fetching), live, reload, show };
}

function stateOf(
  seen: DetailedWebhook | null,
  gone: boolean,
  read: DetailedWebhook | null | undefined,
  error: CombinedError | undefined,
  fetching: boolean,
): WebhookState {
  if (seen !== null) return { kind: 'ready', webhook: seen, gone };
  if (error !== undefined && !fetching) return { kind: 'failed', error };
  if (read === null && !fetching) return { kind: 'missing' };
  return { kind: 'loading' };
}
