/**
 * Live updates for pages: a subscription that lives as long as what it belongs to is on display. The client
 * below it resumes from its cursor after each break, so a page only ever applies what it is given.
 */
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';
import { stringifyDocument } from 'urql';

import type { LiveClient, LiveStatus } from './live-client.ts';

export type { LiveStatus };

const LiveContext = createContext<LiveClient | null>(null);

/** Hands the socket to all pages below. */
export function LiveProvider({ client, children }: { client: LiveClient; children: ReactNode }) {
  return <LiveContext value={client}>{children}</LiveContext>;
}

/**
 * Subscribes while variables are given (null: not now) and says how the subscription stands. onData gets each
 * result; onError what the server refused it with. Equal variables keep the subscription.
 */
export function useLive<Data, Variables extends Record<string, unknown>>(options: {
  document: TypedDocumentNode<Data, Variables>;
  variables: Variables | null;
  onData: (data: Data) => void;
  onError?: (error: unknown) => void;
}): LiveStatus {
  const client = useContext(LiveContext);
  if (client === null) throw new Error('There is no live client outside of the gate.');
  const [status, setStatus] = useState<LiveStatus>('idle');
  const latest = useRef(options);
  latest.current = options;
  const { document } = options;
  const key = options.variables === null ? null : JSON.stringify(options.variables);

  useEffect(() => {
    if (key === null) return;
    const variables = JSON.parse(key) as Record<string, unknown>;
    const stop = client.subscribe<Data>(
      { query: stringifyDocument(document), variables },
      {
        next: ({ data }) => {
          if (data) latest.current.onData(data);
        },
        error: (error) => latest.current.onError?.(error),
        complete: () => undefined,
      },
      { onStatus: setStatus },
    );
    return () => {
      stop();
      setStatus('idle');
    };
  }, [client, document, key]);
  return status;
}
