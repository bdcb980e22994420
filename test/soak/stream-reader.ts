/** A subscriber that can stop reading: graphql-transport-ws by hand, since every client library reads what comes. */
import WebSocket from 'ws';

import { type ServerNode, SOAK_TOKEN } from './server-node.ts';

const WATCH = `subscription Watch($after: StreamCursor) {
  deliveryEvents(after: $after, mode: EVERY_EVENT, maxBatch: 200, minIntervalMs: 100) {
    cursor reset events { at kind delivery { id version } }
  }
}`;
/** How long after a loss it connects again, ms. */
const AGAIN_MS = 200;

interface Batch {
  cursor: string;
  reset: string | null;
  events: { at: string; kind: string; delivery: { id: string; version: number } }[];
}

/** Follows everything from a cursor; comes back with its last one after each loss, until close(). */
export class StreamReader {
  /** Lines as "delivery version kind", each once. */
  readonly lines = new Set<string>();
  /** Lines that came again. */
  repeats = 0;
  /** From the time of each line to its coming, ms; lines that came while it was paused count when they are read. */
  readonly delaysMs: number[] = [];
  /** Close codes of lost connections. */
  readonly losses: number[] = [];
  readonly faults: string[] = [];
  readonly #node: ServerNode;
  #cursor: string;
  #socket: WebSocket | undefined;
  #paused = false;
  #closed = false;

  constructor(node: ServerNode, after: string) {
    this.#node = node;
    this.#cursor = after;
    this.#connect();
  }

  /** Stops reading: nothing is taken from the socket any more, pings stay unanswered. */
  pause(): void {
    this.#paused = true;
    this.#socket?.pause();
  }

  /** Reads again. */
  resume(): void {
    this.#paused = false;
    if (this.#socket && this.#socket.readyState !== WebSocket.CLOSED) this.#socket.resume();
    else this.#connect();
  }

  /** Ends it. */
  close(): void {
    this.#closed = true;
    this.#socket?.terminate();
  }

  #connect(): void {
    const socket = new WebSocket(`${this.#node.url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws');
    this.#socket = socket;
    const send = (message: object): void => socket.send(JSON.stringify(message));
    socket.on('open', () =>
      send({ type: 'connection_init', payload: { Authorization: `Bearer ${SOAK_TOKEN}` } }),
    );
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { type: string; payload?: any };
      if (message.type === 'connection_ack')
        send({ id: '1', type: 'subscribe', payload: { query: WATCH, variables: { after: this.#cursor } } });
      else if (message.type === 'ping') send({ type: 'pong' });
      else if (message.type === 'next' && message.payload.data)
        this.#take(message.payload.data.deliveryEvents);
      else if (message.type === 'next' || message.type === 'error')
        this.faults.push(`the stream said ${JSON.stringify(message.payload)}`);
    });
    socket.on('error', () => undefined);
    socket.on('close', (code) => {
      this.losses.push(code);
      this.#socket = undefined;
      if (!this.#closed && !this.#paused) setTimeout(() => this.#reconnect(), AGAIN_MS);
    });
  }

  #reconnect(): void {
    if (!this.#closed && !this.#paused && !this.#socket) this.#connect();
  }

  #take({ cursor, reset, events }: Batch): void {
    this.#cursor = cursor;
    if (reset !== null) this.faults.push(`the stream began anew: ${reset}`);
    for (const { at, kind, delivery } of events) {
      const line = `${delivery.id} ${delivery.version} ${kind}`;
      if (this.lines.has(line)) this.repeats += 1;
      this.lines.add(line);
      this.delaysMs.push(Date.now() - Date.parse(at));
    }
  }
}
