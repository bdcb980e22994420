/**
 * Subscriptions over graphql-transport-ws. graphql-ws speaks the protocol; its own adapter for ws
 * writes to the console and closes with codes after which clients give up, so the wiring is here.
 * Nothing of a socket survives it: a client comes back with its cursor.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import type { GraphQLSchema } from 'graphql';
import { handleProtocols } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';

import type { Config } from '../config.ts';
import { describeError, type Logger } from '../log.ts';
import { type Connection, type ConnectionLimits, Connections } from './connections.ts';
import type { Rooms } from './context.ts';
import type { Guard } from './guard.ts';
import type { Mask } from './masking.ts';
import { watchRights } from './rights-watch.ts';
import type { SessionCookie } from './session-cookie.ts';
import { CLOSE, createProtocol } from './socket-protocol.ts';

const KEEP_ALIVE_MS = 12_000;

/** What the socket side is made of. */
export interface WebSocketOptions {
  config: ConnectionLimits & Pick<Config, 'maxMessageBytes' | 'initTimeoutMs' | 'allowedOrigins'>;
  schema: GraphQLSchema;
  rooms: Rooms;
  guard: Guard;
  mask: Mask;
  logger: Logger;
  cookie: SessionCookie;
  /** Whose pages may connect by the session's cookie; those of allowedOrigins only by a token. */
  origins: () => ReadonlySet<string>;
}

/** The socket side of the edge. */
export interface WebSockets {
  /** Takes over a request for an upgrade, or refuses it. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** How many sockets are open, those included that have not said who they are, and how many subscriptions run on them. */
  open(): { sockets: number; subscriptions: number };
  /** Closes all sockets with 1001; those that have not closed after graceMs are cut. */
  close(graceMs: number): Promise<void>;
}

/** Makes the socket side. */
export function createWebSockets(options: WebSocketOptions): WebSockets {
  const { config, rooms, logger } = options;
  const connections = new Connections(config);
  const protocol = createProtocol({ ...options, ...config, connections });
  const stopWatching = watchRights({ connections, access: rooms.access, logger });
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: config.maxMessageBytes,
    perMessageDeflate: false,
    handleProtocols,
  });
  /** Of each socket that has closed, the end of its subscriptions, which may still read the database. */
  const endings = new Set<Promise<void>>();
  let closing = false;

  function opened(socket: WebSocket, cookie: string | undefined): void {
    const connection: Connection = {
      close: (code, reason) => socket.close(code, reason),
      gone: false,
      cookie,
      running: new Set(),
    };
    const fail = (error: unknown): void => {
      logger.error(describeError(error), 'a socket failed');
      socket.close(CLOSE.tryAgain, 'Try again later');
    };
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        close: (code, reason) => socket.close(code, reason),
        send: (text) => send(socket, text),
        // ws gives a message as one Buffer unless told otherwise.
        onMessage: (take) => socket.on('message', (data: Buffer) => void take(data.toString()).catch(fail)),
      },
      connection,
    );
    const stopPinging = keepAlive(socket);
    // ws closes the socket itself with the code that fits, such as 1009 for too large a message.
    socket.on('error', (error) => logger.debug(describeError(error), 'a socket broke'));
    socket.once('close', (code, reason) => {
      stopPinging();
      connection.gone = true;
      connections.delete(connection);
      clearTimeout(connection.expiry);
      const ending = closed(code, String(reason))
        .catch(fail)
        .finally(() => endings.delete(ending));
      endings.add(ending);
    });
  }

  return {
    upgrade(request, socket, head) {
      const { origin } = request.headers;
      const own = origin !== undefined && options.origins().has(origin);
      const known = own || origin === undefined || config.allowedOrigins.includes(origin);
      if (request.url?.split('?')[0] !== '/graphql') refuse(socket, '404 Not Found');
      else if (!known) refuse(socket, '403 Forbidden');
      else if (closing) refuse(socket, '503 Service Unavailable');
      else {
        // Any page can open a socket, and the browser adds the cookie: only for an own one it counts.
        const cookie = own ? options.cookie.read(request) : undefined;
        sockets.handleUpgrade(request, socket, head, (open) => opened(open, cookie));
      }
    },
    open: () => ({
      sockets: sockets.clients.size,
      subscriptions: connections.all().reduce((sum, { running }) => sum + running.size, 0),
    }),
    async close(graceMs) {
      closing = true;
      stopWatching();
      const gone = [...sockets.clients].map((socket) => {
        socket.close(CLOSE.goingAway, 'Going away');
        return new Promise((resolve) => socket.once('close', resolve));
      });
      let cut: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        cut = setTimeout(() => {
          for (const socket of sockets.clients) socket.terminate();
          resolve();
        }, graceMs);
      });
      await Promise.race([late, Promise.all(gone).then(() => Promise.all(endings))]);
      clearTimeout(cut);
      sockets.close();
    },
  };
}

/** Resolves once the kernel has the text: a reader that is slow is written to no faster than it reads. */
function send(socket: WebSocket, text: string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== socket.OPEN) resolve();
    // A socket that cannot be written to closes by itself.
    else socket.send(text, () => resolve());
  });
}

/** Pings, and cuts the socket when no answer comes until the next ping is due. */
function keepAlive(socket: WebSocket): () => void {
  let answered = true;
  socket.on('pong', () => (answered = true));
  const timer = setInterval(() => {
    if (!answered) socket.terminate();
    else if (socket.readyState === socket.OPEN) {
      answered = false;
      socket.ping();
    }
  }, KEEP_ALIVE_MS);
  return () => clearInterval(timer);
}

function refuse(socket: Duplex, status: string): void {
  // The other side may have gone; an error without a listener would end the process.
  socket.once('error', () => socket.destroy());
  // It may not close its half either, and no time limit of HTTP holds for it any more.
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
