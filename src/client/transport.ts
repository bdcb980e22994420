/**
 * Carries subscriptions over the socket, or by polling while no socket gets through, and knows how each
 * of them stands. Both ways read the cursor in the payload when they send it, so nothing is lost or
 * repeated where they take turns.
 */
import type { Sink, SubscribePayload } from 'graphql-ws';

import { batchOf, declaresAfter } from './batch.ts';
import type { Connection } from './connection.ts';
import { poll, type Polling, twinOf } from './polling.ts';
import { type LiveStatus, worst } from './status.ts';
import { type Result, type StreamOptions, type Subscriber, takeUp } from './subscriber.ts';

const AFTER_FAILURES = 3;

/** One running subscription. */
interface Stream {
  payload: SubscribePayload;
  status: LiveStatus;
  onStatus: StreamOptions['onStatus'];
  /** What happened before the last connection may not all have come. */
  behind: boolean;
  /** The document to poll with. */
  twin: string | undefined;
  /** Set while it is polled. */
  stopPolling: (() => void) | undefined;
  /** Whether the last poll was answered. */
  polled: boolean;
  take(result: Result): void;
  end(): void;
}

/** The transport of a live client. */
export class Transport implements Subscriber {
  readonly #connection: Connection;
  readonly #polling: Polling | undefined;
  readonly #changed: (status: LiveStatus) => void;
  readonly #streams = new Set<Stream>();
  #wasConnected = false;

  /** changed is told each new status of all subscriptions together. */
  constructor(
    connect: (changed: () => void) => Connection,
    polling: Polling | undefined,
    changed: (status: LiveStatus) => void,
  ) {
    this.#connection = connect(() => this.#connectionChanged());
    this.#polling = polling;
    this.#changed = changed;
  }

  subscribe<Data, Extensions>(
    payload: SubscribePayload,
    sink: Sink<Result<Data, Extensions>>,
    options: StreamOptions = {},
  ): () => void {
    let drop: () => void = () => undefined;
    const finish = (act: () => void): void => {
      if (!this.#streams.delete(stream)) return;
      stream.stopPolling?.();
      drop();
      act();
      this.#tell(stream, this.#connection.phase === 'ended' ? 'ended' : 'idle');
      this.#settle();
    };
    const next = (result: Result<Data, Extensions>): void => {
      sink.next(result);
      const batch = batchOf(result);
      // A reset begins at the present: there is nothing to catch up with. Only one goes on from the oldest change.
      const atPresent = batch?.reset != null && batch.reset !== 'CURSOR_EXPIRED';
      if (batch && (batch.caughtUp !== false || atPresent)) stream.behind = false;
      this.#settle();
    };
    const error = (reason: unknown): void => finish(() => sink.error(reason));
    const stream: Stream = {
      payload,
      status: 'idle',
      onStatus: options.onStatus,
      behind: false,
      twin: declaresAfter(payload) ? twinOf(this.#polling, payload) : undefined,
      stopPolling: undefined,
      polled: false,
      take: (result) =>
        result.errors && !batchOf(result) ? error(result.errors) : next(result as Result<Data, Extensions>),
      end: () => finish(() => sink.complete()),
    };
    this.#streams.add(stream);
    this.#begin(stream);
    drop = takeUp<Data, Extensions>(this.#connection.client, payload, {
      next,
      error,
      complete: () => stream.end(),
    });
    this.#connection.wanted();
    this.#settle();
    return () => stream.end();
  }

  /** Completes all subscriptions and closes the socket. */
  async dispose(): Promise<void> {
    for (const stream of [...this.#streams]) stream.end();
    await this.#connection.dispose();
  }

  #connectionChanged(): void {
    const connected = this.#connection.phase === 'connected';
    if (connected !== this.#wasConnected) for (const stream of this.#streams) this.#begin(stream);
    else for (const stream of this.#streams) this.#pollIfDown(stream);
    this.#wasConnected = connected;
    this.#settle();
  }

  /** A connection has come or gone. */
  #begin(stream: Stream): void {
    stream.stopPolling?.();
    stream.stopPolling = undefined;
    stream.polled = false;
    // Without a cursor it begins at the present.
    stream.behind = declaresAfter(stream.payload) && stream.payload.variables?.['after'] != null;
    this.#pollIfDown(stream);
  }

  #pollIfDown(stream: Stream): void {
    const polling = this.#polling;
    const down = this.#connection.failures >= (polling?.afterFailures ?? AFTER_FAILURES);
    if (!down || polling === undefined || stream.twin === undefined || stream.stopPolling) return;
    const answered = (polled: boolean): void => {
      stream.polled = polled;
      this.#settle();
    };
    stream.stopPolling = poll(polling, stream.twin, stream.payload, {
      take: (result) => {
        stream.take(result);
        answered(true);
      },
      failed: () => answered(false),
    });
  }

  #statusOf(stream: Stream): LiveStatus {
    const { phase } = this.#connection;
    if (phase === 'connected') return stream.behind ? 'catching-up' : 'live';
    if (phase === 'ended') return 'ended';
    if (stream.polled) return 'polling';
    return phase === 'none' ? 'connecting' : phase;
  }

  /** Tells what has changed. */
  #settle(): void {
    for (const stream of [...this.#streams]) this.#tell(stream, this.#statusOf(stream));
    const statuses = [...this.#streams].map(({ status }) => status);
    const alone = this.#connection.phase === 'ended' ? 'ended' : 'idle';
    this.#changed(statuses.length > 0 ? worst(statuses) : alone);
  }

  #tell(stream: Stream, status: LiveStatus): void {
    if (stream.status === status) return;
    stream.status = status;
    stream.onStatus?.(status);
  }
}
