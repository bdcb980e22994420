/** The receivers of the soak: one HTTP server on loopback whose paths behave as differently as the world's endpoints do. */
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request that came in whole. */
export interface Arrival {
  /** The path without its slash. */
  endpoint: string;
  deliveryId: string;
  attempt: number;
  /** Of the event, as the body says. */
  eventId: string;
  entityId: string;
  seq: number;
  /** performance.now() when the body was complete. */
  at: number;
  /** The answer's status, once it was handed to the system whole; null while it was not. */
  status: number | null;
  /** The other side went away before there was an answer. */
  gone: boolean;
}

/** How an endpoint answers. */
export type Manner = (response: ServerResponse, arrival: Arrival) => void;

/** Answers with a status, after a while. */
export function answers(status: number, delayMs = 0, headers: Record<string, string> = {}): Manner {
  return (response) => {
    const answer = (): void => void response.writeHead(status, headers).end();
    if (delayMs > 0) setTimeout(answer, delayMs);
    else answer();
  };
}

/** Resets the connection. */
export const resets: Manner = (response) => response.socket?.resetAndDestroy();

/** Never answers. */
export const hangs: Manner = () => undefined;

/** Says 200, promises more than it sends, and breaks off: the status counts, so that is a success. */
export const breaksOff: Manner = (response) => {
  response.writeHead(200, { 'content-length': '1000' });
  response.write('only this', () => response.socket?.end());
};

/** Of each endpoint: how many requests are under way, and the most at once. */
interface Load {
  open: number;
  peak: number;
}

/** A running set of receivers. */
export class Receivers {
  readonly arrivals: Arrival[] = [];
  /** Is told of each arrival. */
  onArrival: (arrival: Arrival) => void = () => undefined;
  readonly #manners = new Map<string, Manner>();
  readonly #loads = new Map<string, Load>();
  #server: Server;
  #port = 0;

  private constructor() {
    this.#server = this.#listen();
  }

  /** Starts listening on a free port of 127.0.0.1. */
  static async start(): Promise<Receivers> {
    const receivers = new Receivers();
    await receivers.up();
    return receivers;
  }

  /** The address of an endpoint, by another name of this machine if given; from now on it behaves so. */
  endpoint(name: string, manner: Manner, host = '127.0.0.1'): string {
    this.behave(name, manner);
    return `http://${host}:${this.#port}/${name}`;
  }

  /** From now on an endpoint behaves so. */
  behave(name: string, manner: Manner): void {
    this.#manners.set(name, manner);
  }

  /** The most requests that were under way at an endpoint at once. */
  peak(name: string): number {
    return this.#loads.get(name)?.peak ?? 0;
  }

  /** Forgets the peaks. */
  resetPeaks(): void {
    for (const load of this.#loads.values()) load.peak = load.open;
  }

  /** Listens (again), on the port that it had. */
  async up(): Promise<void> {
    this.#server = this.#listen();
    this.#server.listen({ port: this.#port, host: '127.0.0.1', backlog: 1024 });
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Cuts all connections and refuses new ones. */
  async down(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #listen(): Server {
    const server = createServer((request, response) => {
      const endpoint = request.url!.slice(1);
      const load = this.#loads.get(endpoint) ?? { open: 0, peak: 0 };
      this.#loads.set(endpoint, load);
      load.open += 1;
      load.peak = Math.max(load.peak, load.open);
      response.once('close', () => {
        load.open -= 1;
      });
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const arrival = toArrival(endpoint, request.headers, Buffer.concat(chunks).toString());
        this.arrivals.push(arrival);
        response.once('finish', () => (arrival.status = response.statusCode));
        response.once('close', () => {
          // What breaks off on purpose has said its status.
          if (arrival.status === null && response.headersSent) arrival.status = response.statusCode;
          arrival.gone = arrival.status === null;
        });
        this.onArrival(arrival);
        (this.#manners.get(endpoint) ?? answers(404))(response, arrival);
      });
    });
    // Senders let go of an idle connection first: one that is closed under a request would be a failure that nobody wanted.
    server.keepAliveTimeout = 60_000;
    return server;
  }
}

function toArrival(
  endpoint: string,
  headers: Record<string, string | string[] | undefined>,
  body: string,
): Arrival {
  const { id, data } = JSON.parse(body) as { id: string; data: { id: string; seq: number } };
  return {
    endpoint,
    deliveryId: String(headers['webhook-id']),
    attempt: Number(headers['webhook-attempt']),
    eventId: id,
    entityId: data.id,
    seq: data.seq,
    at: performance.now(),
    status: null,
    gone: false,
  };
}
