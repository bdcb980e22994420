/**
 * One attempt. Comes in: a claimed job. Goes out: a completion, whatever happened: failures of the
 * world and of this code alike become an outcome with a code. The body is the same bytes on every
 * attempt, in the format that the delivery was born with; timestamp and signature are fresh, the webhook-id is the
 * delivery's.
 */
import { type AttemptOutcome, type FailureCode, FAILURES } from '../errors.ts';
import { contentOf } from '../events/content.ts';
import { describeError, type Logger } from '../log.ts';
import type { Completion } from '../queue/complete.ts';
import type { Job } from '../queue/job.ts';
import { type Keyring, SecretUnavailableError } from '../secrets/keyring.ts';
import { type AuthenticationType, type Credential, openCredential } from '../webhooks/authentication.ts';
import type { StoredHeader } from '../webhooks/headers.ts';
import { openEndpointSecrets } from '../webhooks/open-secrets.ts';
import { authenticationOf, sendAuthenticated } from './authenticate.ts';
import type { OAuthTokens } from './oauth-tokens.ts';
import { keepPhases, keepRequest, keepResponse, type KeptHeader } from './record.ts';
import { decide } from './retry.ts';
import { isBusy, retryAfterMs } from './retry-after.ts';
import { sign } from './signature.ts';
import type { Exchange, Transport } from './transport.ts';

/** What attempts need besides their job. */
export interface AttemptTools {
  transport: Transport;
  tokens: OAuthTokens;
  keyring: Keyring;
  logger: Logger;
  /** The server's retry schedule, for endpoints without one of their own, ms. */
  scheduleMs: number[];
  /** The longest Retry-After that is heeded, ms. */
  maxRetryAfterMs: number;
  userAgent: string;
  /** Now, for timestamps; injected by tests. */
  now: () => Date;
}

interface Prepared {
  headers: Record<string, string>;
  kept: KeptHeader[];
  secrets: string[];
  credential: Credential | null;
  body: Buffer;
}

/** Makes the request and says what became of it; claimedAt is performance.now() at the claim. Never rejects. */
export async function attempt(job: Job, claimedAt: number, tools: AttemptTools): Promise<Completion> {
  const startedAt = tools.now();
  const queuedMs = Math.max(0, performance.now() - claimedAt);
  let prepared: Prepared | undefined;
  let exchange: Exchange | undefined;
  let failure: FailureCode | null;
  try {
    prepared = prepare(job, startedAt, tools);
    const sent = await sendAuthenticated(tools, prepared.credential, {
      key: `${job.endpointId}@${job.endpointVersion}`,
      url: job.target,
      headers: prepared.headers,
      body: prepared.body,
      timeoutMs: job.timeoutMs,
    });
    prepared.secrets.push(...sent.secrets);
    exchange = sent.exchange;
    failure = exchange.failure;
  } catch (error) {
    failure = error instanceof SecretUnavailableError ? 'SECRET_UNAVAILABLE' : 'INTERNAL';
    tools.logger.error(
      { delivery: job.id, endpoint: job.endpointId, ...describeError(error) },
      'attempt.broken',
    );
  }
  const holdMs = isBusy(exchange?.statusCode ?? null) ? holdOf(exchange!, tools) : 0;
  const outcome: AttemptOutcome = failure === null ? 'SUCCEEDED' : FAILURES[failure][0];
  tools.logger.debug(
    {
      delivery: job.id,
      attempt: job.attempt,
      outcome,
      failure,
      status: exchange?.statusCode,
      ms: exchange?.durationMs,
    },
    'delivery.attempted',
  );
  return {
    id: job.id,
    fence: job.fence,
    attempt: job.attempt,
    ...decide(
      {
        ...job,
        outcome: failure === null ? 'SUCCEEDED' : 'FAILED',
        scheduleMs: scheduleOf(job, tools),
        gone: failure === 'GONE',
        retryAfterMs: holdMs,
      },
      Math.random(),
    ),
    telling: failure !== 'INTERNAL',
    holdMs,
    origin: job.manual || job.hastened ? 'MANUAL_RETRY' : job.attempt === 1 ? 'FIRST' : 'AUTOMATIC_RETRY',
    outcome,
    failureCode: failure,
    statusCode: exchange?.statusCode ?? null,
    startedAt,
    durationMs: exchange && failure !== 'ADDRESS_NOT_ALLOWED' ? Math.round(exchange.durationMs) : null,
    request: keepRequest(job.target, prepared?.kept ?? [], prepared?.body.length ?? 0),
    response: exchange ? keepResponse(exchange, prepared?.secrets ?? []) : null,
    phases: exchange ? keepPhases(exchange, failure, queuedMs) : null,
  };
}

function holdOf(exchange: Exchange, tools: AttemptTools): number {
  const header = exchange.headers.find(([name]) => name.toLowerCase() === 'retry-after');
  return retryAfterMs(header?.[1], tools.now().getTime(), tools.maxRetryAfterMs);
}

function scheduleOf(job: Job, tools: AttemptTools): number[] {
  return job.retrySchedule?.map((seconds) => seconds * 1000) ?? tools.scheduleMs;
}

function prepare(job: Job, startedAt: Date, tools: AttemptTools): Prepared {
  if (job.payload === null) throw new Error(`the payload of ${job.eventId} is gone`);
  const opened = openEndpointSecrets(tools.keyring, {
    endpointId: job.endpointId,
    headers: job.headers,
    secrets: job.secrets,
  });
  // Unsigned goes only what shall be: an endpoint that lost its secrets is a fault to be seen.
  if (job.signed && opened.signingKeys.length === 0)
    throw new SecretUnavailableError(`The endpoint ${job.endpointId} has no secret to sign with.`);
  const content = contentOf(job.format, { ...job, test: job.origin === 'TEST', payload: job.payload });
  const body = Buffer.from(content.body);
  const timestamp = Math.floor(startedAt.getTime() / 1000);
  const own: Record<string, string> = {
    ...content.headers,
    'webhook-id': job.id,
    'webhook-timestamp': String(timestamp),
    ...(job.signed ? { 'webhook-signature': sign(opened.signingKeys, job.id, timestamp, body) } : {}),
    'webhook-attempt': String(job.attempt),
    ...(job.origin === 'TEST' ? { 'webhook-test': 'true' } : {}),
  };
  const credential = openCredential(tools.keyring, job.endpointId, {
    authType: job.authType as AuthenticationType,
    authSealed: job.authSealed,
  });
  const authentication = authenticationOf(credential);
  // One that was saved before its name was the server's alone does not go beside the server's own.
  const custom = (job.headers as StoredHeader[]).filter(
    ({ name }) => !Object.hasOwn(own, name.toLowerCase()),
  );
  // An endpoint may bring a user agent of its own; everything else here is the server's to say.
  const agent: Record<string, string> = [...custom, ...authentication.kept].some(
    (header) => header.name.toLowerCase() === 'user-agent',
  )
    ? {}
    : { 'user-agent': tools.userAgent };
  const kept = [
    ...Object.entries({ ...own, ...agent }).map(([name, value]) => ({ name, value, secret: false })),
    { name: 'content-length', value: String(body.length), secret: false },
    ...custom.map(({ name, value, secret }) => ({ name, value: secret ? null : value, secret })),
    ...authentication.kept,
  ];
  const secretValues = custom.filter((header) => header.secret).map((header) => opened.headers[header.name]!);
  return {
    headers: {
      ...agent,
      ...Object.fromEntries(custom.map(({ name }) => [name, opened.headers[name]!])),
      ...authentication.headers,
      ...own,
    },
    kept,
    secrets: [...secretValues, ...opened.signingKeys, ...authentication.secrets],
    credential,
    body,
  };
}
