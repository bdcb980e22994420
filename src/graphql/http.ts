/**
 * Everything that is answered over HTTP: /graphql, /graphiql, the health of the process, and JSON for
 * all that goes wrong before GraphQL. The caller is known before a byte of the body is read.
 */
import { join } from 'node:path';

import type { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';

import type { Viewer } from '../access/viewer.ts';
import type { Config } from '../config.ts';
import type { Logger } from '../log.ts';
import { packageRoot } from '../paths.ts';
import { type EdgeErrorCode } from './answers.ts';
import { bearerToken } from './bearer.ts';
import { type Context, createContext, type Rooms } from './context.ts';
import { MAX_DOCUMENT_BYTES } from './document-limits.ts';
import type { Mask } from './masking.ts';
import { pagePolicy } from './origins.ts';

/** Whether the server should get traffic, and why not. */
export interface Health {
  ready(): Promise<{ ok: boolean; reason?: string }>;
}

/** What the HTTP side is made of. */
export interface HttpOptions {
  config: Pick<Config, 'maxBodyBytes'>;
  rooms: Rooms;
  apollo: ApolloServer<Context>;
  mask: Mask;
  logger: Logger;
  health: Health;
  /** Known once the server listens. */
  origins: () => ReadonlySet<string>;
}

/** The largest body of a caller that may not publish events, in bytes. */
const MAX_SMALL_BODY_BYTES = 256 * 1024;
const PAGES = join(packageRoot, 'dist', 'console', 'graphiql');

/** The Express application. */
export function createHttpApp(options: HttpOptions): Express {
  const app = express();
  app.set('etag', false);
  app.disable('x-powered-by');
  app.use(safeHeaders);
  app.get('/', (_request, response) => response.redirect('graphiql/'));
  app.get('/healthz', (_request, response) => response.json({ status: 'ok' }));
  app.get('/readyz', readiness(options));
  app.use('/graphiql', pages(options));
  app.all('/graphql', graphql(options));
  app.use((request, response) => {
    const unbuilt = request.path.startsWith('/graphiql')
      ? ' The page has to be built first: npm run build.'
      : '';
    refuse(response, 404, 'NOT_FOUND', `There is nothing at this address.${unbuilt}`);
  });
  app.use(answerErrors(options));
  return app;
}

function safeHeaders(_request: Request, response: Response, next: NextFunction): void {
  response.set({
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'X-Frame-Options': 'DENY',
    'Cache-Control': 'no-store',
  });
  next();
}

function readiness({ health, logger }: HttpOptions) {
  return async (_request: Request, response: Response): Promise<void> => {
    const { ok, reason } = await health.ready().catch((error: unknown) => {
      logger.warn({ error: String(error) }, 'the readiness check failed');
      return { ok: false, reason: 'The check itself failed; the log has the cause.' };
    });
    response.status(ok ? 200 : 503).json(ok ? { ready: true } : { ready: false, reason });
  };
}

function pages({ origins }: HttpOptions) {
  const files = express.static(PAGES, {
    etag: false,
    setHeaders(response, path) {
      // Names of assets hold a hash of their content.
      if (path.includes('/assets/'))
        response.setHeader('Cache-Control', 'public, max-age=31536000, immutable');
      else response.setHeader('Cache-Control', 'no-cache');
    },
  });
  return (request: Request, response: Response, next: NextFunction): void => {
    response.set('Content-Security-Policy', pagePolicy(origins()));
    files(request, response, next);
  };
}

function graphql(options: HttpOptions): express.RequestHandler[] {
  const { rooms, config, apollo } = options;
  const large = express.json({ limit: config.maxBodyBytes });
  const small = express.json({ limit: Math.min(config.maxBodyBytes, MAX_SMALL_BODY_BYTES) });

  return [
    async function authenticate(request, response, next) {
      const token = bearerToken(request.headers.authorization);
      const viewer = token === undefined ? undefined : await rooms.access.viewerOfToken(token);
      if (viewer === undefined) {
        response.set('WWW-Authenticate', token === undefined ? 'Bearer' : 'Bearer error="invalid_token"');
        refuse(response, 401, 'UNAUTHENTICATED', 'Send a valid token: Authorization: Bearer <token>.');
        return;
      }
      response.locals['viewer'] = viewer;
      next();
    },
    function requireJson(request, response, next) {
      if (request.method !== 'POST' || request.is('application/json')) next();
      else refuse(response, 415, 'UNSUPPORTED_MEDIA_TYPE', 'Send the request as application/json.');
    },
    function readBody(request, response, next) {
      const parser = viewerOf(response).permissions.has('EVENTS_PUBLISH') ? large : small;
      parser(request, response, next);
    },
    function checkDocument(request, response, next) {
      const query: unknown = (request.body as { query?: unknown } | undefined)?.query;
      if (typeof query === 'string' && Buffer.byteLength(query) > MAX_DOCUMENT_BYTES)
        refuse(
          response,
          413,
          'PAYLOAD_TOO_LARGE',
          `The document is longer than ${MAX_DOCUMENT_BYTES} bytes; give values as variables.`,
        );
      else next();
    },
    expressMiddleware(apollo, {
      context: ({ res }) => {
        const gone = new AbortController();
        res.once('close', () => gone.abort());
        return Promise.resolve(createContext({ viewer: viewerOf(res), rooms, signal: gone.signal }));
      },
    }),
  ];
}

function viewerOf(response: Response): Viewer {
  return response.locals['viewer'] as Viewer;
}

/** Errors before GraphQL, in the form of GraphQL's. */
function refuse(response: Response, status: number, code: EdgeErrorCode, message: string): void {
  // What is left of a refused body is not worth reading.
  if (!response.req.complete) response.set('Connection', 'close');
  response.status(status).json({ errors: [{ message, extensions: { code } }] });
}

const BODY_ERRORS: Record<string, [status: number, code: EdgeErrorCode, message: string]> = {
  'entity.too.large': [413, 'PAYLOAD_TOO_LARGE', 'The request is larger than this caller may send.'],
  'entity.parse.failed': [400, 'BAD_REQUEST', 'The body is not valid JSON.'],
  'charset.unsupported': [415, 'UNSUPPORTED_MEDIA_TYPE', 'Send the request as application/json in UTF-8.'],
  'encoding.unsupported': [415, 'UNSUPPORTED_MEDIA_TYPE', 'This content encoding is not supported.'],
};

function answerErrors({ mask }: HttpOptions): express.ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error: unknown, _request, response, _next) => {
    const { type, status } = (error ?? {}) as { type?: unknown; status?: unknown };
    const known = typeof type === 'string' ? BODY_ERRORS[type] : undefined;
    if (response.headersSent) response.destroy();
    else if (known) refuse(response, ...known);
    else if (typeof status === 'number' && status >= 400 && status < 500)
      refuse(response, status, 'BAD_REQUEST', 'The request is malformed.');
    else response.status(500).json({ errors: [mask(error)] });
  };
}
