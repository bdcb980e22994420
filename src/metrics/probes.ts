/**
 * The addresses that tell how a process is: /healthz (it lives), /readyz (it should get traffic) and /metrics. On the main
 * port /metrics is for operators alone, known by a token; where it has an address of its own it is for whoever can connect.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { describeError, type Logger } from '../log.ts';
import type { Readiness } from './readiness.ts';

/** What they are made of. */
export interface ProbeOptions {
  ready: () => Promise<Readiness>;
  scrape: () => Promise<{ contentType: string; text: string }>;
  /** Of the Authorization header: whether its holder is an operator; undefined for one who is nobody. */
  mayScrape: (authorization: string | undefined) => Promise<boolean | undefined>;
  logger: Logger;
}

/** Answers a request for one of the addresses; false for any other request. */
export type Probes = (request: IncomingMessage, response: ServerResponse) => boolean;

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The probes of a main port. */
export function createProbes(options: ProbeOptions): Probes {
  const { logger } = options;
  return answering(
    logger,
    new Map<string, Answer>([
      ['/healthz', healthz],
      ['/readyz', (_request, response) => readyz(response, options)],
      ['/metrics', (request, response) => guardedMetrics(request, response, options)],
    ]),
  );
}

/** A server that answers nothing but these probes: a worker's main port. */
export function createProbeServer(options: ProbeOptions): Server {
  return serving(
    createProbes(options),
    'This process sends deliveries: it has no API, only /healthz, /readyz and /metrics.',
  );
}

/** A server for /metrics alone, open to whoever can connect. */
export function createMetricsServer({ scrape, logger }: Pick<ProbeOptions, 'scrape' | 'logger'>): Server {
  const open: Answer = async (_request, response) => metrics(response, await scrape());
  return serving(answering(logger, new Map([['/metrics', open]])), 'Only /metrics is here.');
}

function answering(logger: Logger, answers: ReadonlyMap<string, Answer>): Probes {
  return (request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    const answer = request.method === 'GET' || request.method === 'HEAD' ? answers.get(path) : undefined;
    if (answer === undefined) return false;
    answer(request, response).catch((error: unknown) => {
      logger.warn({ path, ...describeError(error) }, 'a probe failed');
      if (response.headersSent) response.destroy();
      else json(response, 503, refusal('UNAVAILABLE', 'This cannot be told now; the log has the cause.'));
    });
    return true;
  };
}

function serving(probes: Probes, otherwise: string): Server {
  return createServer((request, response) => {
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Cache-Control', 'no-store');
    if (!probes(request, response)) json(response, 404, refusal('NOT_FOUND', otherwise));
  });
}

function healthz(_request: IncomingMessage, response: ServerResponse): Promise<void> {
  json(response, 200, { status: 'ok' });
  return Promise.resolve();
}

async function readyz(response: ServerResponse, { ready, logger }: ProbeOptions): Promise<void> {
  const { ok, reason }: Readiness = await ready().catch((error: unknown) => {
    logger.warn({ error: String(error) }, 'the readiness check failed');
    return { ok: false, reason: 'The check itself failed; the log has the cause.' };
  });
  json(response, ok ? 200 : 503, ok ? { ready: true } : { ready: false, reason });
}

async function guardedMetrics(
  request: IncomingMessage,
  response: ServerResponse,
  { scrape, mayScrape }: ProbeOptions,
): Promise<void> {
  const allowed = await mayScrape(request.headers.authorization);
  if (allowed) return metrics(response, await scrape());
  const how = 'send Authorization: Bearer <token>, or set BELLWIRE_METRICS to an address of its own.';
  const who = `Metrics are for the root account's holders of ACCESS_MANAGE: ${how}`;
  if (allowed === undefined) response.setHeader('WWW-Authenticate', 'Bearer');
  json(
    response,
    allowed === undefined ? 401 : 403,
    refusal(allowed === undefined ? 'UNAUTHENTICATED' : 'FORBIDDEN', who),
  );
}

function metrics(
  response: ServerResponse,
  { contentType, text }: { contentType: string; text: string },
): void {
  response.writeHead(200, { 'Content-Type': contentType }).end(text);
}

/** In the form of GraphQL's errors, as everything that the port refuses. */
function refusal(code: string, message: string) {
  return { errors: [{ message, extensions: { code } }] };
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}
