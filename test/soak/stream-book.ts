/** A subscriber that follows everything from the beginning, by the client that apps use: a second ledger, kept by the stream. */
import { setTimeout as sleep } from 'node:timers/promises';

import WebSocket from 'ws';

import { createLiveClient, type LiveClient } from '../../src/client/index.ts';
import type { Ground } from './ground.ts';
import { type ServerNode, SOAK_TOKEN } from './server-node.ts';

const WATCH = `subscription Watch($after: StreamCursor) {
  deliveryEvents(after: $after, mode: EVERY_EVENT, maxBatch: 500, minIntervalMs: 200) {
    cursor reset events { kind delivery { id version } }
  }
}`;

interface Batch {
  cursor: string;
  reset: string | null;
  events: { kind: string; delivery: { id: string; version: number } }[];
}

/** The kinds after which a delivery is closed, by the name of its status. */
const CLOSED = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);

/** Follows one server's stream until it is closed. */
export class StreamBook {
  /** Of each delivery the kind of each version that came, by version. */
  readonly #told = new Map<string, string[]>();
  readonly #faults: string[] = [];
  readonly #client: LiveClient;
  /** Lines that came. */
  lines = 0;
  /** Times the connection was lost. */
  breaks = 0;
  /** Lines that came after a later version of their delivery: allowed, the higher version counts. */
  disorder = 0;

  constructor(node: ServerNode, after: string) {
    this.#client = createLiveClient({
      url: `${node.url}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: () => ({ Authorization: `Bearer ${SOAK_TOKEN}` }),
    });
    this.#client.onStatus((status) => {
      if (status === 'reconnecting') this.breaks += 1;
    });
    this.#client.subscribe<{ deliveryEvents: Batch }>(
      { query: WATCH, variables: { after } },
      {
        next: ({ data, errors }) => {
          if (errors) this.#faults.push(`the stream said ${JSON.stringify(errors)}`);
          else this.#take(data!.deliveryEvents);
        },
        error: (error) => this.#faults.push(`the stream ended: ${String(error)}`),
        complete: () => undefined,
      },
    );
  }

  /** Waits until the stream has told how every delivery stands, then compares; sentences about what it missed or made up. */
  async close(ground: Ground, limitMs = 30_000): Promise<string[]> {
    const rows = await ground.rows<{ id: string; version: number; status: string }>(
      `select id, version, status from deliveries union all select id, version, 'OPEN' from delivery_queue`,
    );
    const end = performance.now() + limitMs;
    while (rows.some((row) => !this.#agrees(row)) && performance.now() < end) await sleep(100);
    const behind = rows.filter((row) => !this.#agrees(row)).map(({ id }) => id);
    await this.#client.dispose();
    const known = new Set(rows.map(({ id }) => id));
    const madeUp = [...this.#told.keys()].filter((id) => !known.has(id));
    if (behind.length > 0)
      this.#faults.push(`the stream left out changes of ${behind.length}, such as ${behind[0]}`);
    if (madeUp.length > 0)
      this.#faults.push(`the stream told of ${madeUp.length} that do not exist, such as ${madeUp[0]}`);
    const shown = this.#faults.slice(0, 5);
    return this.#faults.length > 5 ? [...shown, `and ${this.#faults.length - 5} more`] : shown;
  }

  /** Every version came, and the last one says how the delivery stands. */
  #agrees({ id, version, status }: { id: string; version: number; status: string }): boolean {
    const told = this.#told.get(id) ?? [];
    const last = told[version] ?? '';
    const all = told.length === version + 1 && Object.keys(told).length === version;
    return all && (status === 'OPEN' ? !CLOSED.has(last) : last === status);
  }

  #take({ reset, events }: Batch): void {
    if (reset !== null) this.#faults.push(`the stream began anew: ${reset}`);
    for (const { kind, delivery } of events) {
      const { id, version } = delivery;
      this.lines += 1;
      const told = this.#told.get(id) ?? [];
      this.#told.set(id, told);
      if (told[version] !== undefined) this.#faults.push(`the stream told version ${version} of ${id} twice`);
      if (version < told.length) this.disorder += 1;
      told[version] = kind;
    }
  }
}
