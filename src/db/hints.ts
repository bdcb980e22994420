/**
 * NOTIFY as a hint: in comes a channel's name from PostgreSQL, perhaps with a word where to look, out goes
 * a call; whoever listens then looks into the table. A lost connection loses hints, never work: listeners
 * poll anyway, and after each connect all of them are called once, as if everything had happened.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import pg from 'pg';

import { describeError, type Logger } from '../log.ts';
import { connectionSettings } from './pools.ts';

const BACKOFF_MS = [100, 250, 500, 1_000, 2_000, 5_000];

/** What Hints needs; the times are in ms and only tests change them. */
export interface HintsOptions {
  url: string;
  logger: Logger;
  /** How often the connection is asked whether it still listens. */
  probeMs?: number;
  /** How long an answer to that may take before the connection counts as dead. */
  probeTimeoutMs?: number;
}

/** Listens on a connection of its own, and keeps it alive. */
export class Hints {
  readonly #options: Required<HintsOptions>;
  readonly #listeners = new Map<string, Set<(payload: string) => void>>();
  readonly #closing = new AbortController();
  #client: pg.Client | undefined;
  /** Ends when all that was asked so far is answered. */
  #asked: Promise<unknown> = Promise.resolve();
  #running: Promise<void> | undefined;

  constructor(options: HintsOptions) {
    this.#options = { probeMs: 2_000, probeTimeoutMs: 2_000, ...options };
  }

  /**
   * Calls listener at each NOTIFY on channel with its payload, and without one as soon as the connection
   * listens to it, and after each reconnect, so that nothing falls between; the result ends that.
   */
  on(channel: string, listener: (payload: string) => void): () => void {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    if (this.#client)
      this.#listen(this.#client, [channel]).then(
        () => listeners.has(listener) && this.#call(channel, listener),
        // The connection is going; the next one listens to all channels.
        () => undefined,
      );
    return () => listeners.delete(listener);
  }

  /** Connects; resolves after the first try, however it went: further tries go on until close(). */
  async start(): Promise<void> {
    await new Promise<void>((tried) => {
      this.#running = this.#run(tried);
    });
  }

  /** Ends the connection; no listener is called afterwards. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(tried: () => void): Promise<void> {
    const { signal } = this.#closing;
    let failures = 0;
    while (!signal.aborted) {
      const client = new pg.Client({ connectionString: this.#options.url, ...connectionSettings('hints') });
      const lost = new AbortController();
      client.on('error', () => lost.abort());
      client.on('end', () => lost.abort());
      client.on('notification', ({ channel, payload }) => this.#fire(channel, payload));
      try {
        await client.connect();
        this.#client = client;
        await this.#listen(client, [...this.#listeners.keys()]);
        this.#listeners.forEach((_, channel) => this.#fire(channel));
        tried();
        failures = 0;
        await this.#watch(client, AbortSignal.any([lost.signal, signal]));
        if (!signal.aborted) this.#options.logger.warn('the LISTEN connection was lost, connecting again');
      } catch (error) {
        const { error: reason, code } = describeError(error);
        if (!signal.aborted)
          this.#options.logger.warn({ error: reason, code }, 'the LISTEN connection failed');
      } finally {
        this.#client = undefined;
        tried();
        // A peer that answers nothing would keep end() waiting.
        void client.end().catch(() => undefined);
      }
      const wait = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)]!;
      failures += 1;
      await sleep(wait * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    }
  }

  /** Returns when the connection is lost or closed; throws when it does not answer in time. */
  async #watch(client: pg.Client, ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      await sleep(this.#options.probeMs, undefined, { signal: ended }).catch(() => undefined);
      if (ended.aborted) return;
      const { rows } = await this.#ask<{ channel: string }>(client, {
        text: 'select pg_listening_channels() as channel',
        query_timeout: this.#options.probeTimeoutMs,
      } as pg.QueryConfig);
      const heard = new Set(rows.map((row) => row.channel));
      const missing = [...this.#listeners.keys()].filter((channel) => !heard.has(channel));
      if (missing.length > 0) {
        await this.#listen(client, missing);
        missing.forEach((channel) => this.#fire(channel));
      }
    }
  }

  async #listen(client: pg.Client, channels: string[]): Promise<void> {
    for (const channel of channels)
      await this.#ask(client, { text: `listen ${pg.escapeIdentifier(channel)}` });
  }

  /** Asks behind what was asked before: a client that is given a second statement while it carries out one warns of it, and from pg 9 on fails. */
  #ask<Row extends pg.QueryResultRow>(
    client: pg.Client,
    statement: pg.QueryConfig,
  ): Promise<pg.QueryResult<Row>> {
    const answer = this.#asked.then(() => client.query<Row>(statement));
    this.#asked = answer.catch(() => undefined);
    return answer;
  }

  #fire(channel: string, payload = ''): void {
    for (const listener of this.#listeners.get(channel) ?? []) this.#call(channel, listener, payload);
  }

  #call(channel: string, listener: (payload: string) => void, payload = ''): void {
    if (this.#closing.signal.aborted) return;
    try {
      listener(payload);
    } catch (error) {
      this.#options.logger.error({ channel, ...describeError(error) }, 'a listener failed');
    }
  }
}
