/** The edge alone, over rooms that a test makes by hand: for what a healthy server never does. */
import { pino } from 'pino';
import WebSocket, { type ClientOptions } from 'ws';

import type { Viewer } from '../../src/access/viewer.ts';
import { loadConfig } from '../../src/config.ts';
import type { Rooms } from '../../src/graphql/context.ts';
import { createEdge } from '../../src/graphql/server.ts';
import { createProbes } from '../../src/metrics/probes.ts';
import { Api } from '../support/api.ts';

/** A token that the access room of these tests knows. */
export const TOKEN = 'a token of these tests';
/** One of another login. */
export const OTHER_TOKEN = 'a token of somebody else';

/** A caller who may do everything. */
export function viewer(changes: Partial<Viewer> = {}): Viewer {
  return {
    credentialId: changes.tokenId ?? 'tok_1',
    tokenId: 'tok_1',
    loginId: 'lgn_1',
    loginPath: ['lgn_1'],
    accountId: 'lgn_1',
    accountPath: ['lgn_1'],
    permissions: new Set(['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH', 'CATALOG_MANAGE', 'ACCESS_MANAGE']),
    teamIds: [],
    expiresAt: null,
    tokensEndBy: null,
    rightsLost: null,
    ...changes,
  };
}

/** An edge that listens, and what it logged. */
export interface TestEdge {
  url: string;
  api: Api;
  log: Record<string, unknown>[];
  /** How many contexts were made and renewed: each makes loaders, which ask for the room of history. */
  contexts(): number;
  stop(graceMs?: number): Promise<void>;
}

/** A batch of the live stream that holds nothing but its cursor. */
export const BATCH = { lines: [], cursor: 'c1', caughtUp: true, folded: 0, reset: null };

/** A stream of one batch that then waits until nobody listens any more, and lets the test wait for that. */
export class QuietStream {
  ended = 0;
  /** What it still has to do when nobody listens any more, such as a query that is under way. */
  rest: () => Promise<void> = () => Promise.resolve();
  #wake: () => void = () => undefined;

  async *follow(_wish: unknown, _renew: unknown, signal: AbortSignal) {
    yield BATCH;
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    await this.rest();
    this.ended++;
    this.#wake();
  }

  /** The polling twin. */
  poll() {
    return Promise.resolve(BATCH);
  }

  async untilEnded(count: number): Promise<void> {
    while (this.ended < count) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

/** All that were started: a test that fails stops nothing, and jest would wait for ever. */
const started: TestEdge[] = [];
afterAll(() => Promise.all(started.map((edge) => edge.stop(0))));

/**
 * Starts an edge; access knows TOKEN as `caller` unless given, and OTHER_TOKEN as a login of its own.
 * Everything else is up to the test.
 */
export async function startEdge(
  options: {
    rooms?: { [K in keyof Rooms]?: object };
    caller?: Viewer;
    settings?: Record<string, string>;
    ready?: () => Promise<{ ok: boolean; reason?: string }>;
  } = {},
): Promise<TestEdge> {
  const caller = options.caller ?? viewer();
  const other = viewer({ tokenId: 'tok_2', loginId: 'lgn_2', loginPath: ['lgn_1', 'lgn_2'] });
  const byToken = new Map([
    [TOKEN, caller],
    [OTHER_TOKEN, other],
  ]);
  const access = {
    viewerOfToken: (token: string) => Promise.resolve(byToken.get(token)),
    refresh: (known: Viewer) => Promise.resolve(known),
    refreshAll: () => Promise.resolve(new Map([caller, other].map((one) => [one.credentialId, one]))),
  };
  let contexts = 0;
  const changes = { position: () => Promise.resolve({ xid: 0n, seq: 0n }) };
  const rooms = new Proxy({ access, changes, ...options.rooms } as unknown as Rooms, {
    get(target, name: keyof Rooms) {
      if (name === 'history') contexts++;
      return target[name];
    },
  });
  const log: Record<string, unknown>[] = [];
  const logger = pino(
    { level: 'debug' },
    { write: (line) => log.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const edge = await createEdge({
    config: loadConfig({ BELLWIRE_PORT: '0', ...options.settings }),
    rooms,
    logger,
    probes: createProbes({
      ready: options.ready ?? (() => Promise.resolve({ ok: true })),
      scrape: () => Promise.resolve({ contentType: 'text/plain', text: '' }),
      mayScrape: () => Promise.resolve(true),
      logger,
    }),
  });
  const { url } = await edge.listen();
  const made = {
    url,
    api: new Api(url, TOKEN),
    log,
    contexts: () => contexts,
    stop: (graceMs = 5000) => edge.stop(graceMs),
  };
  started.push(made);
  return made;
}

/** A bare socket that speaks graphql-transport-ws by hand. */
export class RawSocket {
  readonly messages: { type: string; id?: string; payload?: any }[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;
  /** The HTTP status of a refused upgrade. */
  readonly refused: Promise<number>;
  #wake: () => void = () => undefined;

  constructor(url: string, options: ClientOptions = {}) {
    this.socket = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws', options);
    this.socket.on('error', () => undefined);
    this.refused = new Promise((resolve) =>
      this.socket.once('unexpected-response', (_request, response) => {
        resolve(response.statusCode!);
        response.destroy();
      }),
    );
    this.closed = new Promise((resolve) =>
      this.socket.once('close', (code, reason) => resolve({ code, reason: String(reason) })),
    );
    this.socket.on('message', (data: Buffer) => {
      this.messages.push(JSON.parse(data.toString()));
      this.#wake();
    });
  }

  /** Sends connection_init with a token, or without for null, and waits for the answer. */
  async connect(token: string | null = TOKEN): Promise<this> {
    if (this.socket.readyState !== WebSocket.OPEN)
      await new Promise((resolve) => this.socket.once('open', resolve));
    this.send({
      type: 'connection_init',
      payload: token === null ? {} : { authorization: `bearer ${token}` },
    });
    await this.next('connection_ack');
    return this;
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  /** Sends an operation and waits for the first message about it. */
  async operation(id: string, query: string, variables?: object): Promise<{ type: string; payload?: any }> {
    this.send({ id, type: 'subscribe', payload: { query, variables } });
    return this.next(undefined, id);
  }

  /** The next message of a type, or about an operation; each is given out once. */
  async next(type?: string, id?: string): Promise<{ type: string; id?: string; payload?: any }> {
    for (;;) {
      const at = this.messages.findIndex((one) => (!type || one.type === type) && (!id || one.id === id));
      if (at !== -1) return this.messages.splice(at, 1)[0]!;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
