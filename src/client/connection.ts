/** One graphql-ws client that never gives up without a reason, and what is known of its connection. */
import { type Client, createClient } from 'graphql-ws/client';

import { isFinal, type Socket, type SocketClass, watched } from './socket.ts';

/** Why a client has ended. */
export interface LiveEnd {
  /** The close code (RFC 6455, and graphql-transport-ws for those from 4400 on). */
  code: number;
  /** What the server said with it. */
  reason: string;
  /** There is no valid token (4401): signing in again helps, and nothing else. */
  signedOut: boolean;
}

/** The clocks of a connection, in milliseconds. */
export interface Timing {
  /** About how long to wait after the first break; it doubles with each that follows. */
  firstRetryMs: number;
  /** It does not grow beyond that. */
  longestRetryMs: number;
  /** The time between a sign of life of the server and the next ping. */
  keepAliveMs: number;
  /** So long a pong, or a connection, may take. */
  answerMs: number;
  /** How long a socket without subscriptions stays open. */
  lazyCloseMs: number;
}

const TIMING: Timing = {
  firstRetryMs: 500,
  longestRetryMs: 30_000,
  keepAliveMs: 10_000,
  answerMs: 10_000,
  lazyCloseMs: 3_000,
};

/** What a connection is made of. */
export interface ConnectionOptions {
  /** The address of /graphql, with ws, wss, http or https. */
  url: string;
  /**
   * What to connect with, asked anew at each connection: such as Authorization with a fresh token. When
   * it fails, it is asked again later. Pages that sign in by a cookie need none.
   */
  connectionParams?: () => Record<string, unknown> | Promise<Record<string, unknown>>;
  /** The WebSocket class; the global one when left out. Node has one from version 22 on: before, give it that of the package ws. */
  webSocketImpl?: unknown;
  /** Is told why the server does not want this client back, once; each subscription gets its error, too. */
  onEnd?: (end: LiveEnd) => void;
  /** Other clocks than the usual ones. */
  timing?: Partial<Timing>;
}

/** The global object, as far as only browsers have it. */
const browser = globalThis as {
  addEventListener?: (type: 'online', listener: () => void) => void;
  removeEventListener?: (type: 'online', listener: () => void) => void;
};

/** The connection of a live client. */
export class Connection {
  readonly client: Client;
  /** none: not needed, or not begun. */
  phase: 'none' | 'connecting' | 'connected' | 'reconnecting' | 'ended' = 'none';
  /** How many attempts have failed since it was last connected. */
  failures = 0;
  readonly #timing: Timing;
  readonly #options: ConnectionOptions;
  readonly #changed: () => void;
  /** Those who wait before they try again. */
  readonly #waiting = new Set<() => void>();
  readonly #online = (): void => this.retryNow();
  #socket: Socket | undefined;
  /** Whether the socket is connected, or may still become so. */
  #open = false;
  #answerTimer: ReturnType<typeof setTimeout> | undefined;

  /** changed is called whenever phase or failures have changed. */
  constructor(options: ConnectionOptions, changed: () => void) {
    this.#options = options;
    this.#changed = changed;
    this.#timing = { ...TIMING, ...options.timing };
    const Implementation = (options.webSocketImpl ?? globalThis.WebSocket) as SocketClass | undefined;
    if (!Implementation)
      throw new Error('There is no global WebSocket here: give webSocketImpl that of the package "ws".');
    this.client = createClient({
      url: options.url.replace(/^http/, 'ws'),
      webSocketImpl: watched(Implementation, (socket) => this.#made(socket)),
      ...(options.connectionParams && { connectionParams: options.connectionParams }),
      keepAlive: this.#timing.keepAliveMs,
      lazyCloseTimeout: this.#timing.lazyCloseMs,
      retryAttempts: Infinity,
      retryWait: (retries) => this.#wait(retries),
      shouldRetry: () => true,
      on: {
        connecting: () => this.#become(this.phase === 'reconnecting' ? 'reconnecting' : 'connecting'),
        connected: () => this.#connected(),
        ping: (received) => !received && this.#expectAnswer(),
        pong: (received) => received && clearTimeout(this.#answerTimer),
        closed: (event) => this.#lost(event as { code: number; reason: string }),
        error: () => {
          // graphql-ws is done with this socket, and would take its close for that of the next one:
          // for good, where it closes with 4005 because connectionParams failed.
          if (this.#socket) this.#socket.onclose = null;
          this.#lost();
        },
      },
    });
    // Browsers know when the network is back. In Node there is no such event.
    browser.addEventListener?.('online', this.#online);
  }

  /** Somebody subscribes: an end is over, and a long pause, too. */
  wanted(): void {
    if (this.phase === 'ended') this.phase = 'none';
    this.retryNow();
  }

  /** Ends a wait for the next attempt. */
  retryNow(): void {
    for (const resume of [...this.#waiting]) resume();
  }

  /** Treats the socket as lost without waiting for its close, which a dead network would not bring. */
  cut(): void {
    // What it may still say belongs to subscriptions that go on elsewhere.
    if (this.#socket) this.#socket.onmessage = null;
    this.client.terminate();
  }

  /** Closes the socket; nothing may be subscribed to any more. */
  async dispose(): Promise<void> {
    browser.removeEventListener?.('online', this.#online);
    this.retryNow();
    if (this.phase === 'connected') await this.client.dispose();
    else this.cut();
  }

  #become(phase: Connection['phase']): void {
    this.phase = phase;
    this.#changed();
  }

  #made(socket: Socket): void {
    this.#socket = socket;
    this.#open = true;
    this.#expectAnswer();
    socket.addEventListener('close', ({ code }) => {
      // graphql-ws gives up after some codes that say nothing against coming back, such as 1011 and 4500.
      if (socket === this.#socket && this.#open && code !== 1000 && !isFinal(code)) this.cut();
    });
  }

  #expectAnswer(): void {
    clearTimeout(this.#answerTimer);
    this.#answerTimer = setTimeout(() => this.cut(), this.#timing.answerMs);
  }

  #connected(): void {
    clearTimeout(this.#answerTimer);
    this.failures = 0;
    this.#become('connected');
  }

  #lost(event?: { code: number; reason: string }): void {
    if (!this.#open) return;
    this.#open = false;
    clearTimeout(this.#answerTimer);
    if (this.phase !== 'connected') this.failures++;
    if (event?.code === 1000) this.#become('none');
    else if (event && isFinal(event.code)) this.#end(event);
    else this.#become('reconnecting');
  }

  #end({ code, reason }: { code: number; reason: string }): void {
    this.failures = 0;
    this.#become('ended');
    this.#options.onEnd?.({ code, reason, signedOut: code === 4401 });
  }

  /** Between half of the time and all of it, so that those who lost a server together do not return together. */
  #wait(retries: number): Promise<void> {
    const { firstRetryMs, longestRetryMs } = this.#timing;
    const span = Math.min(longestRetryMs, firstRetryMs * 2 ** retries);
    return new Promise((resolve) => {
      const resume = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(resume);
        resolve();
      };
      const timer = setTimeout(resume, (span * (1 + Math.random())) / 2);
      this.#waiting.add(resume);
    });
  }
}
