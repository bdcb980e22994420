/** A real HTTP receiver: records every request to the byte, answers as it is told, and is waited on by events. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';

/** One request as it arrived. */
export interface Hit {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** Whom the client certificate names; null without one. */
  client: string | null;
  /** performance.now() when the body was complete. */
  at: number;
}

/** How to answer; leaving the response open keeps the request on the wire. */
export type Answer = (hit: Hit, response: ServerResponse, count: number) => void;

/** A running receiver. */
export interface Receiver {
  url: string;
  port: number;
  hits: Hit[];
  /** Resolves with all hits once there are so many; rejects after the time limit, saying how many came. */
  until(count: number, limitMs?: number): Promise<Hit[]>;
  /** Resolves with the first hit, past or to come, that fits. */
  find(fits: (hit: Hit) => boolean, limitMs?: number): Promise<Hit>;
  /** From now on answers so. */
  answer: Answer;
  close(): Promise<void>;
}

/** Answers with a status and nothing else. */
export function status(code: number, headers: Record<string, string> = {}): Answer {
  return (_hit, response) => void response.writeHead(code, headers).end();
}

/** Starts a receiver on a loopback address, with tls by https; it answers 204 unless told otherwise. */
export async function startReceiver(
  answer: Answer = status(204),
  host = '127.0.0.1',
  tls?: ServerOptions,
): Promise<Receiver> {
  const hits: Hit[] = [];
  const waiting = new Set<() => void>();
  const server = tls ? createTlsServer(tls, receive) : createServer(receive);
  function receive(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const hit = {
        method: request.method!,
        path: request.url!,
        headers: request.headers,
        body: Buffer.concat(chunks),
        client: request.socket instanceof TLSSocket ? nameOf(request.socket) : null,
        at: performance.now(),
      };
      hits.push(hit);
      receiver.answer(hit, response, hits.length);
      for (const check of [...waiting]) check();
    });
  }
  // The many short-lived clients of a test run must not find the backlog full.
  server.listen({ port: 0, host, backlog: 1024 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  function wait<T>(look: () => T | undefined, limitMs: number, what: () => string): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(check);
        reject(new Error(`after ${limitMs} ms: ${what()}`));
      }, limitMs);
      const check = (): void => {
        const found = look();
        if (found === undefined) return;
        clearTimeout(timer);
        waiting.delete(check);
        resolve(found);
      };
      waiting.add(check);
      check();
    });
  }

  const receiver: Receiver = {
    url: `${tls ? 'https' : 'http'}://${host}:${port}/hooks`,
    port,
    hits,
    answer,
    until: (count, limitMs = 15_000) =>
      wait(
        () => (hits.length >= count ? hits : undefined),
        limitMs,
        () => `${hits.length} of ${count} requests had come`,
      ),
    find: (fits, limitMs = 15_000) =>
      wait(
        () => hits.find(fits),
        limitMs,
        () => `none of ${hits.length} requests fits`,
      ),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return receiver;
}

function nameOf(socket: TLSSocket): string | null {
  const { subject } = socket.getPeerCertificate() as { subject?: { CN: string } };
  return subject?.CN ?? null;
}
