/**
 * Everything that is answered over HTTP: /graphql, /session, the pages, the health of the process, and JSON for
 * all that goes wrong before GraphQL. The caller is known before a byte of the body is read.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import cors from 'cors';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';

import type { Config } from '../config.ts';
import { NoConnectionError } from '../db/connection-loss.ts';
import { InformationPage } from '../feed/information-page.ts';
import { linkRoutes } from '../feed/routes.ts';
import type { Logger } from '../log.ts';
import { edgeError, type EdgeErrorCode, limitError, RETRY_AFTER_SECONDS } from './answers.ts';
import { authenticate, viewerOf } from './authenticate.ts';
import { type Context, createContext, type Rooms } from './context.ts';
import type { Guard } from './guard.ts';
import { mailPages } from './mail-pages.ts';
import type { Mask } from './masking.ts';
import { oidcRoutes } from './oidc-routes.ts';
import { describeMissingPage, type PageOptions, servePages } from './pages.ts';
import { refuse } from './refuse.ts';
import type { SessionCookie } from './session-cookie.ts';
import { sessionRoutes } from './session-routes.ts';

/** Answers the addresses that tell how the process is; false for a request that is none of theirs. */
export type Probes = (request: IncomingMessage, response: ServerResponse) => boolean;

/** What the HTTP side is made of. */
export interface HttpOptions {
  config: Pick<Config, 'maxBodyBytes' | 'maxSmallBodyBytes' | 'allowedOrigins' | 'trustedProxies'> &
    PageOptions['config'];
  rooms: Rooms;
  apollo: ApolloServer<Context>;
  guard: Guard;
  mask: Mask;
  logger: Logger;
  probes: Probes;
  cookie: SessionCookie;
  /** The server's own; known once it listens. */
  origins: () => ReadonlySet<string>;
}

/** Why what an answer waits for may stop. Given, because an abort without a reason makes an exception with its stack for each answer. */
const ENDED = 'the answer has ended';
/** How long a browser may go by one answer to its preflight. */
const PREFLIGHT_SECONDS = 600;

/** The Express application. */
export function createHttpApp(options: HttpOptions): Express {
  const app = express();
  app.set('etag', false);
  app.disable('x-powered-by');
  app.set('trust proxy', options.config.trustedProxies);
  app.use(safeHeaders);
  app.use((request, response, next) => {
    if (!options.probes(request, response)) next();
  });
  app.use('/session/oidc', oidcRoutes(options));
  app.use('/session', sessionRoutes(options));
  app.use('/mail', mailPages(options));
  app.use('/link', linkRoutes({ ...options.rooms, page: new InformationPage(options.rooms) }));
  app.use('/graphql', crossOrigin(options.config));
  app.all('/graphql', graphql(options));
  servePages(app, options);
  app.use((request, response) => {
    const why = describeMissingPage(request, options.config);
    refuse(response, 404, edgeError('NOT_FOUND', `There is nothing at this address.${why}`));
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

/**
 * CORS for the origins that were listed: to all others nothing is said, so that browsers keep their
 * pages from asking. Callers from there are known by their token alone, so credentials are never allowed.
 */
function crossOrigin({ allowedOrigins }: HttpOptions['config']): express.RequestHandler {
  return cors((request: Request, decide) =>
    decide(null, {
      origin: allowedOrigins.includes(request.headers.origin ?? ''),
      methods: ['GET', 'POST'],
      allowedHeaders: ['Authorization', 'Content-Type', 'Apollo-Require-Preflight'],
      exposedHeaders: ['Retry-After', 'WWW-Authenticate'],
      maxAge: PREFLIGHT_SECONDS,
    }),
  );
}

function graphql(options: HttpOptions): express.RequestHandler[] {
  const { rooms, config, apollo, guard } = options;
  const large = bodyParser(config, 'maxBodyBytes');
  const small =
    config.maxSmallBodyBytes < config.maxBodyBytes ? bodyParser(config, 'maxSmallBodyBytes') : large;

  return [
    authenticate(options),
    function requireJson(request, response, next) {
      if (request.method !== 'POST' || request.is('application/json')) next();
      else
        refuse(response, 415, edgeError('UNSUPPORTED_MEDIA_TYPE', 'Send the request as application/json.'));
    },
    function readBody(request, response, next) {
      const parser = viewerOf(response).permissions.has('EVENTS_PUBLISH') ? large : small;
      parser(request, response, next);
    },
    function checkDocument(request, response, next) {
      const given: unknown = request.method === 'GET' ? request.query : request.body;
      const query = (given as { query?: unknown } | undefined)?.query;
      const tooLong = typeof query === 'string' ? guard.checkLength(query) : undefined;
      if (tooLong) refuse(response, 413, tooLong);
      else next();
    },
    expressMiddleware(apollo, {
      context: ({ res }) => {
        const gone = new AbortController();
        res.once('close', () => gone.abort(ENDED));
        return Promise.resolve(createContext({ viewer: viewerOf(res), rooms, signal: gone.signal }));
      },
    }),
  ];
}

/** Reads JSON of at most as many bytes as a setting says. */
function bodyParser(
  config: HttpOptions['config'],
  setting: 'maxBodyBytes' | 'maxSmallBodyBytes',
): express.RequestHandler {
  const limit = config[setting];
  const parse = express.json({ limit });
  const tooLarge = `The request is larger than the ${limit} bytes that this caller may send`;
  return (request, response, next) =>
    parse(request, response, (error?: unknown) => {
      if ((error as { type?: unknown } | undefined)?.type !== 'entity.too.large') next(error);
      else refuse(response, 413, limitError('PAYLOAD_TOO_LARGE', setting, tooLarge));
    });
}

const BODY_ERRORS: Record<string, [status: number, code: EdgeErrorCode, message: string]> = {
  'entity.too.large': [413, 'PAYLOAD_TOO_LARGE', 'The request is larger than this address takes.'],
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
    else if (error instanceof NoConnectionError) {
      response.set('Retry-After', String(RETRY_AFTER_SECONDS)).status(503);
      response.json({ errors: [mask(error)] });
    } else if (known) refuse(response, known[0], edgeError(known[1], known[2]));
    else if (typeof status === 'number' && status >= 400 && status < 500)
      refuse(response, status, edgeError('BAD_REQUEST', 'The request is malformed.'));
    else response.status(500).json({ errors: [mask(error)] });
  };
}
