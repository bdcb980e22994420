/**
 * The edge: one port for the API (HTTP and graphql-transport-ws), GraphiQL and the health of the
 * process. Comes in: requests and sockets, each with a bearer token or, from an own page, a session's cookie. Goes out: what the rooms answer,
 * with errors masked. Nothing here survives a crash, and nothing has to: what was accepted is in the
 * database, and clients come back with their cursors.
 */
import { createServer } from 'node:http';

import type { Config } from '../config.ts';
import { listen, listeningUrl } from '../listen.ts';
import type { Logger } from '../log.ts';
import { createApollo } from './apollo.ts';
import type { Rooms } from './context.ts';
import { createGuard } from './guard.ts';
import { createHttpApp, type Probes } from './http.ts';
import { createMask } from './masking.ts';
import { isLoopback, ownOrigins, publicAddress } from './origins.ts';
import { apiSchema } from './schema.ts';
import { SessionCookie } from './session-cookie.ts';
import { createWebSockets } from './web-socket.ts';

/** A server that is made but does not listen yet. */
export interface Edge {
  /** Starts to listen; throws StartupError when the address cannot be had. */
  listen(): Promise<{ port: number; url: string }>;
  /** What is open now. */
  open(): { sockets: number; subscriptions: number };
  /** Takes nothing new, closes sockets with 1001, lets requests finish for at most graceMs, then cuts. Safe to call twice. */
  stop(graceMs: number): Promise<void>;
}

/** How often connections that have become idle are looked for while stopping. */
const DRAIN_POLL_MS = 20;

/** Makes the edge over the rooms. */
export async function createEdge(options: {
  config: Config;
  rooms: Rooms;
  logger: Logger;
  probes: Probes;
}): Promise<Edge> {
  const { config, rooms, logger, probes } = options;
  const schema = apiSchema();
  const mask = createMask(logger);
  const guard = createGuard(schema, config);
  let origins: ReadonlySet<string> = new Set();
  const apollo = createApollo({ schema, guard, mask, logger });
  await apollo.start();
  const edge = {
    config,
    rooms,
    guard,
    mask,
    logger,
    cookie: new SessionCookie(config),
    origins: () => origins,
  };
  const app = createHttpApp({ ...edge, apollo, probes });
  const server = createServer(app);
  const sockets = createWebSockets({ ...edge, schema });
  server.on('upgrade', (request, socket, head) => sockets.upgrade(request, socket, head));

  async function stop(graceMs: number): Promise<void> {
    const drained = drain(graceMs);
    await sockets.close(graceMs);
    await drained;
    await apollo.stop();
  }

  function drain(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (!server.listening) return resolve();
      // A connection that a request kept busy stays open for the next one, which will not be taken.
      const idle = setInterval(() => server.closeIdleConnections(), DRAIN_POLL_MS);
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      server.close(() => {
        clearInterval(idle);
        clearTimeout(cut);
        resolve();
      });
    });
  }

  let stopped: Promise<void> | undefined;
  return {
    async listen() {
      const port = await listen(server, config);
      server.on('error', (error) => logger.error({ error: error.message }, 'the HTTP server failed'));
      origins = ownOrigins(config, port);
      warnOfPlainSignIn(publicAddress(config, port), logger);
      return { port, url: listeningUrl(config.host, port) };
    },
    open: () => sockets.open(),
    stop: (graceMs) => (stopped ??= stop(graceMs)),
  };
}

/** Whoever listens on the way to such a server reads its cookies, as he reads the tokens. */
function warnOfPlainSignIn(address: string, logger: Logger): void {
  const { protocol, hostname } = new URL(address);
  if (protocol === 'http:' && !isLoopback(hostname))
    logger.warn(
      { address },
      'signing in goes over plain HTTP here, and the cookie cannot be Secure: put TLS in front, and set BELLWIRE_PUBLIC_URL to its https address',
    );
}
