/**
 * A raw server on loopback that counts what reaches it and answers as badly as a receiver can.
 * 127.0.0.2 plays the public internet (an allow-listed target), 127.0.0.3 a private network.
 */
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { gzipSync } from 'node:zlib';

import type { TestIdentity } from './certificates.ts';

/** Runs when a connection stands (for TLS: after the handshake); may answer at once or wait for the request. */
export type Behaviour = (socket: Socket) => void;

/** A running server and what has reached it. */
export interface HostileServer {
  host: string;
  port: number;
  /** Connections accepted, TLS or not. */
  connections: number;
  /** Connections that have ended; their bytes are counted then. */
  closed: number;
  /** Bytes received, counted when a connection ends; without TLS only. */
  bytes: number;
  /** Requests by their header end. */
  requests: string[];
  /** Ends all connections and stops listening. */
  close(): Promise<void>;
}

/** Starts a server; with an identity it speaks TLS. Port 0 picks a free one. */
export async function startHostileServer(
  behaviour: Behaviour,
  { host = '127.0.0.2', port = 0, identity }: { host?: string; port?: number; identity?: TestIdentity } = {},
): Promise<HostileServer> {
  const sockets = new Set<Socket>();
  const result: HostileServer = { host, port: 0, connections: 0, closed: 0, bytes: 0, requests: [], close };

  const converse = (socket: Socket): void => {
    socket.on('error', () => undefined);
    let pending = '';
    socket.on('data', (chunk: Buffer) => {
      pending += chunk.toString('latin1');
      const whole = /^[^]*?\r\n\r\n/.exec(pending)?.[0];
      if (whole === undefined) return;
      const length = Number(/content-length: (\d+)/i.exec(whole)?.[1] ?? 0);
      if (pending.length < whole.length + length) return;
      pending = pending.slice(whole.length + length);
      result.requests.push(whole);
      socket.emit('request');
    });
    behaviour(socket);
  };
  const server: Server = identity
    ? createTlsServer(identity, converse).on('tlsClientError', () => undefined)
    : createTcpServer(converse);
  server.on('connection', (socket: Socket) => {
    result.connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      result.bytes += socket.bytesRead;
      result.closed += 1;
      sockets.delete(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  result.port = (server.address() as { port: number }).port;

  async function close(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  }
  return result;
}

/** Waits for the request, then writes these parts. */
export function answering(...parts: (string | Buffer)[]): Behaviour {
  return (socket) => {
    socket.on('request', () => {
      for (const part of parts) socket.write(part);
    });
  };
}

/** The same, then closes the connection properly. */
export function answeringAndClosing(...parts: (string | Buffer)[]): Behaviour {
  return (socket) => {
    socket.on('request', () => {
      for (const part of parts) socket.write(part);
      socket.end();
    });
  };
}

/** Waits for the request, then writes one part, and another again and again: every so many ms, or as fast as it is taken. */
function repeating(first: string, again: string | Buffer, everyMs: number | 'FAST'): Behaviour {
  return (socket) => {
    socket.on('request', () => {
      socket.write(first);
      if (everyMs === 'FAST') {
        const pour = (): void => {
          while (!socket.destroyed && socket.write(again)) void 0;
        };
        socket.on('drain', pour);
        pour();
      } else {
        const timer = setInterval(() => socket.write(again), everyMs);
        socket.on('close', () => clearInterval(timer));
      }
    });
  };
}

/** 50 KB that unpack to 50 MiB: members of a gzip file may follow one another (RFC 1952, 2.2). */
const BOMB = Buffer.concat(Array<Buffer>(50).fill(gzipSync(Buffer.alloc(1_048_576))));

const OK = 'HTTP/1.1 200 OK\r\n';

/** The ways to be a bad receiver. */
export const HOSTILE = {
  silent: () => undefined,
  resetAtOnce: (socket) => void socket.resetAndDestroy(),
  closeAfterRequest: answeringAndClosing(),
  headerDrip: repeating(OK, 'x-drip: 1\r\n', 20),
  bodyDrip: repeating(`${OK}content-length: 100000\r\n\r\n`, 'x', 20),
  rejectedBodyDrip: repeating('HTTP/1.1 503 Busy\r\ncontent-length: 100000\r\n\r\n', 'x', 20),
  endlessBody: repeating(`${OK}\r\n`, Buffer.alloc(65_536, 'x'), 'FAST'),
  endlessChunks: repeating(
    `${OK}transfer-encoding: chunked\r\n\r\n`,
    `8000\r\n${'x'.repeat(32_768)}\r\n`,
    'FAST',
  ),
  endlessTrailers: repeating(
    `${OK}transfer-encoding: chunked\r\n\r\n0\r\n`,
    `x-t: ${'x'.repeat(1000)}\r\n`,
    'FAST',
  ),
  endlessChunkExtension: repeating(`${OK}transfer-encoding: chunked\r\n\r\n1;`, 'x'.repeat(32_768), 'FAST'),
  largeHeader: answering(`${OK}x-large: ${'x'.repeat(20_000)}\r\ncontent-length: 0\r\n\r\n`),
  endlessHeader: repeating(OK, `x-more: ${'x'.repeat(1000)}\r\n`, 'FAST'),
  manyHeaders: answering(`${OK}${'a: b\r\n'.repeat(2_500)}content-length: 2\r\n\r\nok`),
  garbageStatusLine: answering('SMTP ready 220\r\n\r\n'),
  interimFlood: repeating('', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(1000), 'FAST'),
  interimDrip: repeating('', 'HTTP/1.1 102 Processing\r\n\r\n', 20),
  switchesProtocol: answering('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
  switchesProtocolBarely: answering('HTTP/1.1 101 Switching\r\n\r\n'),
  emptyStatusWithBody: answering('HTTP/1.1 204 No Content\r\n\r\nand yet a body'),
  shortLength: answeringAndClosing(`${OK}content-length: 1000\r\n\r\nonly this`),
  conflictingLengths: answering(`${OK}content-length: 5\r\ncontent-length: 6\r\n\r\nhello`),
  lengthAndChunks: answering(`${OK}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`),
  nulInBody: answering(`${OK}content-length: 6\r\n\r\n`, Buffer.from([0x61, 0x00, 0xff, 0xfe, 0xc3, 0x28])),
  nulInHeader: answering(`${OK}x-nul: a\u0000b\r\ncontent-length: 0\r\n\r\n`),
  invalidUtf8InHeader: answering(
    Buffer.from(`${OK}x-bytes: \xff\xfe\xc3\x28\r\ncontent-length: 0\r\n\r\n`, 'latin1'),
  ),
  gzipBomb: answering(`${OK}content-encoding: gzip\r\ncontent-length: ${BOMB.length}\r\n\r\n`, BOMB),
} satisfies Record<string, Behaviour>;

/** A plain answer; the connection stays open for the next request. */
export const ANSWERS_OK: Behaviour = answering(`${OK}content-length: 2\r\n\r\nok`);

/** As well, with what JSON has to escape. */
export const ANSWERS_QUOTED: Behaviour = answering(
  `${OK}x-note: "quoted" \\ \tthere\r\ncontent-length: 12\r\n\r\n"body"\\\u0001\n\ttt`,
);
