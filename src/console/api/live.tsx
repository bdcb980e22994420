/**
 * Live updates for pages: a subscription that lives as long as what it belongs to is on display. The client
 * below it resumes from its cursor after each break, so a page only ever applies what it is given.
 */
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';
import { stringifyDocument } from 'urql';

import { takeUp } from '../../client/subscriber.ts';
import type { LiveClient, LiveStatus } from './live-client.ts';

export type { LiveStatus };

/** How long to wait before a subscription that was turned away is tried again, ms. */
const AGAIN_MS = 10_000;

const LiveContext = createContext<LiveClient | null>(null);

/** Hands the socket to all pages below. */
export function LiveProvider({ client, children }: { client: LiveClient; children: ReactNode }) {
  return <LiveContext value={client}>{children}</LiveContext>;
}

/**
 * Subscribes while variables are given (null: not now) and says how the subscription stands. onData gets each
 * result; onError what the server refused it with for good. Equal variables keep the subscription. One that the
 * server has no room for now, or has ended, is begun again after a while, from where it was.
 */
export function useLive<Data, Variables extends Record<string, unknown>>(options: {
  document: TypedDocumentNode<Data, Variables>;
  variables: Variables | null;
  onData: (data: Data) => void;
  onError?: (error: unknown) => void;
  /** Another number begins it anew, with the given variables. */
  generation?: number;
}): LiveStatus {
  const client = useContext(LiveContext);
  if (client === null) throw new Error('There is no live client outside of the gate.');
  const [status, setStatus] = useState<LiveStatus>('idle');
  const latest = useRef(options);
  latest.current = options;
  const { document, generation = 0 } = options;
  const key = options.variables === null ? null : JSON.stringify(options.variables);

  useEffect(() => {
    if (key === null) return;
    const variables = JSON.parse(key) as Record<string, unknown>;
    let stop: () => void = () => undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = (): void => {
      setStatus('reconnecting');
      timer = setTimeout(begin, AGAIN_MS);
    };
    function begin(): void {
      // Not heard any more once it is stopped: to stop it completes it, which would begin it again.
      stop = takeUp<Data, unknown>(
        client!,
        { query: stringifyDocument(document), variables: { ...variables } },
        {
          next({ data }) {
            if (!data) return;
            latest.current.onData(data);
            const cursor = cursorOf(data);
            if (cursor !== undefined && 'after' in variables) variables['after'] = cursor;
          },
          error(error) {
            if (mayPass(error)) return again();
            setStatus('ended');
            latest.current.onError?.(error);
          },
          complete: again,
        },
        { onStatus: setStatus },
      );
    }
    begin();
    return () => {
      clearTimeout(timer);
      stop();
      setStatus('idle');
    };
  }, [client, document, key, generation]);
  return status;
}

/** Where a batch leaves off; undefined for what has no cursor. */
function cursorOf(data: unknown): string | undefined {
  const [root] = Object.values(data as Record<string, { cursor?: unknown } | null>);
  return typeof root?.cursor === 'string' ? root.cursor : undefined;
}

/** Whether the server only had no room: for this minute's cost, or for one more subscription. */
function mayPass(error: unknown): boolean {
  const codes = (Array.isArray(error) ? error : []).map(
    (each: { extensions?: Record<string, unknown> }) => each.extensions?.['code'],
  );
  return codes.some((code) => code === 'RATE_LIMITED' || code === 'TOO_MANY_SUBSCRIPTIONS');
}
