/** The API as its users call it: GraphQL over HTTP, and over WebSocket by the graphql-ws client. */
import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';

/** An answer; data is left to the test to know. */
export interface Answered {
  status: number;

  data: any;
  errors?: { message: string; path?: (string | number)[]; extensions?: Record<string, unknown> }[];
}

/** Calls one server as one caller. */
export class Api {
  readonly url: string;
  readonly token: string | undefined;

  constructor(url: string, token?: string) {
    this.url = url;
    this.token = token;
  }

  /** Sends one operation and returns the answer as it came. */
  async send(query: string, variables: Record<string, unknown> = {}): Promise<Answered> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json',
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
      },
      body: JSON.stringify({ query, variables }),
    });
    return { status: response.status, ...((await response.json()) as Omit<Answered, 'status'>) };
  }

  /** Sends one operation that must succeed and returns the value of its only root field. */

  async run(query: string, variables: Record<string, unknown> = {}): Promise<any> {
    const answer = await this.send(query, variables);
    if (answer.errors) throw new Error(`refused: ${JSON.stringify(answer.errors)}`);
    return Object.values(answer.data as Record<string, unknown>)[0];
  }

  /** Sends a mutation that must succeed, errors list included. */

  async mutate(query: string, variables: Record<string, unknown> = {}): Promise<any> {
    const payload = (await this.run(query, variables)) as { errors: unknown[] };
    if (payload.errors.length > 0) throw new Error(`refused: ${JSON.stringify(payload.errors)}`);
    return payload;
  }

  /** A stream cursor before everything that this server ever logged; a subscription without one begins now. */
  async beginning(): Promise<string> {
    const { cursor } = (await this.run('{ deliveryEvents(first: 1) { cursor } }')) as { cursor: string };
    const position = Buffer.from(cursor, 'base64url').toString();
    return Buffer.from(position.replace(/\.\d+\.\d+$/, '.0.0')).toString('base64url');
  }

  /** A graphql-ws client, as consoles use it. It does not retry: a test sees every close. */
  socket(params: Record<string, unknown> = { Authorization: `Bearer ${this.token}` }): Client {
    return createClient({
      url: `${this.url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: params,
      retryAttempts: 0,
      lazy: true,
    });
  }

  /** Opens a subscription and lets the test wait for its batches. */
  subscribe(query: string, variables: Record<string, unknown> = {}): Stream {
    return new Stream(this.socket(), query, variables);
  }
}

/** One running subscription: what came, and waiting for what is to come. */
export class Stream {
  readonly received: any[] = [];
  /** Set when the stream ended: the close event, the GraphQL errors, or "completed". */
  ended: unknown;
  readonly #client: Client;
  readonly #waiting = new Set<() => void>();
  readonly #stop: () => void;

  constructor(client: Client, query: string, variables: Record<string, unknown>) {
    this.#client = client;
    const end = (reason: unknown): void => {
      this.ended ??= reason;
      this.#wake();
    };
    this.#stop = client.subscribe(
      { query, variables },
      {
        next: (result) => {
          if (result.errors) return end(result.errors);
          this.received.push(Object.values(result.data ?? {})[0]);
          this.#wake();
        },
        error: end,
        complete: () => end('completed'),
      },
    );
  }

  /** Resolves once look finds something in what was received; rejects after the limit or when the stream ended. */

  until<T>(look: (received: any[]) => T | undefined | false, limitMs = 15_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = (act: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        act();
      };
      const timer = setTimeout(
        () =>
          finish(() => reject(new Error(`not among ${this.received.length} batches after ${limitMs} ms`))),
        limitMs,
      );
      const check = (): void => {
        const found = look(this.received);
        if (found !== undefined && found !== false) return finish(() => resolve(found));
        if (this.ended !== undefined)
          finish(() => reject(new Error(`the stream ended: ${JSON.stringify(this.ended)}`)));
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Resolves with the reason once the stream has ended by itself. */
  end(limitMs = 15_000): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`still open after ${limitMs} ms`)), limitMs);
      const check = (): void => {
        if (this.ended === undefined) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve(this.ended);
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Unsubscribes and closes the socket. */
  async close(): Promise<void> {
    this.#stop();
    await this.#client.dispose();
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check();
  }
}
