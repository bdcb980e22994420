/** The client as apps use it: a graphql-ws client by its looks, which urql and Apollo Client take as one. */
import type { Client, Sink, SubscribePayload } from 'graphql-ws';

import { Connection, type ConnectionOptions } from './connection.ts';
import { iterate } from './iterate.ts';
import type { Polling } from './polling.ts';
import { resumable } from './resumable.ts';
import type { LiveStatus } from './status.ts';
import type { Result, StreamOptions, Subscriber } from './subscriber.ts';
import { Transport } from './transport.ts';
import { type Page, pauseWhileHidden } from './visibility.ts';

/** What a live client is made of. */
export interface LiveClientOptions extends ConnectionOptions {
  /** Rests while this page is hidden: give it the document. Only subscriptions with $after rest. */
  pauseWhileHidden?: Page;
  /** How to poll while no socket gets through; without it subscriptions wait. */
  polling?: Polling;
}

/** A graphql-ws client whose subscriptions go on from their cursors, and that says how it stands. */
export interface LiveClient extends Client, Subscriber {
  subscribe: Subscriber['subscribe'];
  /** The worst status of its subscriptions. */
  readonly status: LiveStatus;
  /** Is told each change of status from now on; the answer stops that. */
  onStatus(listener: (status: LiveStatus) => void): () => void;
  /** Completes all subscriptions and closes the socket. */
  dispose(): Promise<void>;
}

/** Makes a client; it connects when something is subscribed to. */
export function createLiveClient(options: LiveClientOptions): LiveClient {
  const listeners = new Set<(status: LiveStatus) => void>();
  let status: LiveStatus = 'idle';
  const changed = (now: LiveStatus): void => {
    if (now === status) return;
    status = now;
    for (const listener of [...listeners]) listener(now);
  };
  let connection!: Connection;
  const transport = new Transport(
    (connectionChanged) => (connection = new Connection(options, connectionChanged)),
    options.polling,
    changed,
  );
  const page = options.pauseWhileHidden;
  const subscriber = resumable(page ? pauseWhileHidden(transport, page) : transport);
  const dispose = (): Promise<void> => transport.dispose();
  return {
    get status() {
      return status;
    },
    onStatus(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    subscribe: <Data, Extensions>(
      payload: SubscribePayload,
      sink: Sink<Result<Data, Extensions>>,
      streamOptions?: StreamOptions,
    ) => subscriber.subscribe<Data, Extensions>(payload, sink, streamOptions),
    iterate: (payload) => iterate(subscriber, payload),
    on: (event, listener) => connection.client.on(event, listener),
    terminate: () => connection.cut(),
    dispose,
  };
}
