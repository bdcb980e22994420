/** What the tests of the client share: clients with quick clocks, and a record of what they were shown. */
import WebSocket from 'ws';

import type { App } from '../../src/app.ts';
import {
  createLiveClient,
  type LiveClient,
  type LiveClientOptions,
  type LiveStatus,
} from '../../src/client/index.ts';
import { ROOT_TOKEN } from '../support/server.ts';

/** Waits of a few ms, so that a test breaks its connection many times in a second. */
export const QUICK = { firstRetryMs: 10, longestRetryMs: 40, lazyCloseMs: 50 };

/** A document that shows which rows came, by id and version. */
export const WATCH = `subscription Watch($after: StreamCursor, $mode: StreamMode! = EVERY_EVENT, $maxBatch: Int! = 20) {
  deliveryEvents(after: $after, mode: $mode, maxBatch: $maxBatch, minIntervalMs: 0) {
    cursor caughtUp reset events { kind delivery { id version status } }
  }
}`;

/** A batch of WATCH. */
export interface Batch {
  cursor: string;
  caughtUp: boolean;
  reset: string | null;
  events: { kind: string; delivery: { id: string; version: number; status: string } }[];
}

/** A live client of a server, as root, with quick clocks. */
export function quickClient(url: string, options: Partial<LiveClientOptions> = {}): LiveClient {
  return createLiveClient({
    url: `${url}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: () => ({ Authorization: `Bearer ${ROOT_TOKEN}` }),
    ...options,
    timing: { ...QUICK, ...options.timing },
  });
}

/** What a client was shown, and waiting for more of it. */
export class Seen {
  readonly batches: Batch[] = [];
  /** Set when the subscription ended. */
  ended: unknown;
  readonly #waiting = new Set<() => void>();
  /** Called for each batch before it counts as seen; may throw. */
  onBatch: (batch: Batch) => void = () => undefined;

  /** Takes a result's data; to be given to whatever client. */
  take(data: unknown): void {
    const batch = (data as { deliveryEvents: Batch }).deliveryEvents;
    this.onBatch(batch);
    this.batches.push(batch);
    this.#wake();
  }

  /** A sink for graphql-ws clients. */
  sink() {
    const end = (reason: unknown): void => {
      this.ended ??= reason;
      this.#wake();
    };
    return {
      next: (result: { data?: unknown; errors?: unknown }) =>
        result.errors ? end(result.errors) : this.take(result.data),
      error: end,
      complete: () => end('completed'),
    };
  }

  /** The rows in the order in which they came. */
  rows(): Batch['events'] {
    return this.batches.flatMap((batch) => batch.events);
  }

  /** The lines of the log that came: delivery, version, kind. */
  lines(): string[] {
    return this.rows().map(({ kind, delivery }) => `${delivery.id} ${delivery.version} ${kind}`);
  }

  /** Resolves once the test finds what it waits for. */
  until(fits: () => boolean, what: string, limitMs = 10_000): Promise<void> {
    return waitFor(
      this.#waiting,
      fits,
      () => `${what}: not after ${limitMs} ms and ${this.rows().length} rows`,
      limitMs,
    );
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check();
  }
}

/** The statuses of a client, from now on, and waiting for one. */
export class Statuses {
  readonly all: LiveStatus[] = [];
  readonly #waiting = new Set<() => void>();

  /** To be given to onStatus. */
  readonly take = (status: LiveStatus): void => {
    this.all.push(status);
    for (const check of [...this.#waiting]) check();
  };

  /** Resolves when a status has come that often. */
  until(status: LiveStatus, times = 1): Promise<void> {
    const count = (): number => this.all.filter((one) => one === status).length;
    return waitFor(
      this.#waiting,
      () => count() >= times,
      () => `no ${status} in ${this.all.join(', ')}`,
      10_000,
    );
  }
}

function waitFor(
  waiting: Set<() => void>,
  fits: () => boolean,
  what: () => string,
  limitMs: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      waiting.delete(check);
      reject(new Error(what()));
    }, limitMs);
    const check = (): void => {
      if (!fits()) return;
      clearTimeout(timer);
      waiting.delete(check);
      resolve();
    };
    waiting.add(check);
    check();
  });
}

/** All lines of the log, sorted. */
export async function logLines(app: App): Promise<string[]> {
  const { rows } = await app.db.streams.query<{ line: string }>(
    `select delivery_id || ' ' || version || ' ' || kind as line from delivery_log`,
  );
  return rows.map(({ line }) => line).sort();
}
