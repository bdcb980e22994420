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
import { type Authentication, authenticationOf, sendAuthenticated } from './authenticate.ts';
import { attemptMail, type MailAttempt, type MailTools } from './mail/mail-attempt.ts';
import type { OAuthTokens } from './oauth-tokens.ts';
import { keepMailPhases, keepPhases, keepRequest, keepResponse, type KeptHeader } from './record.ts';
import { decide } from './retry.ts';
import { isBusy, retryAfterMs } from './retry-after.ts';
import { sign } from './signature.ts';
import type { Exchange, Transport } from './transport.ts';

/** What attempts need besides their job. */
export interface AttemptTools {
  transport: Transport;
  tokens: OAuthTokens;
  /** Null where mail is not configured. */
  mail: MailTools | null;
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

/** What deciding takes. */
export type CompletionTools = Pick<AttemptTools, 'logger' | 'scheduleMs'>;

/** An attempt as it is recorded, before it is decided what comes of it. */
export type Made = Pick<
  Completion,
  'statusCode' | 'durationMs' | 'request' | 'response' | 'phases' | 'holdMs' | 'refusal'
> & {
  failure: FailureCode | null;
};

/**
 * Makes the request, or sends the mail, and says what became of it; claimedAt is performance.now() at the claim. Null when it
 * was not made after all: the delivery is to be given back. Never rejects.
 */
export async function attempt(job: Job, claimedAt: number, tools: AttemptTools): Promise<Completion | null> {
  const startedAt = tools.now();
  const made =
    job.kind === 'URL' ? await request(job, claimedAt, startedAt, tools) : await mail(job, claimedAt, tools);
  return made && completionOf(job, startedAt, made, tools);
}

/** What is recorded of an attempt, and what comes of it. */
export function completionOf(job: Job, startedAt: Date, made: Made, tools: CompletionTools): Completion {
  const { failure, ...kept } = made;
  const outcome: AttemptOutcome = failure === null ? 'SUCCEEDED' : FAILURES[failure][0];
  tools.logger.debug(
    {
      delivery: job.id,
      attempt: job.attempt,
      outcome,
      failure,
      status: kept.statusCode,
      ms: kept.durationMs,
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
        gone: failure === 'GONE' || failure === 'MAILBOX_REFUSED',
        retryAfterMs: kept.holdMs,
      },
      Math.random(),
    ),
    telling: failure === null || !SILENT.has(failure),
    origin: job.manual || job.hastened ? 'MANUAL_RETRY' : job.attempt === 1 ? 'FIRST' : 'AUTOMATIC_RETRY',
    outcome,
    failureCode: failure,
    startedAt,
    ...kept,
  };
}

/** Failures that say nothing of the endpoint: faults of this server, and a mailbox, which is one of several or takes the endpoint along. */
const SILENT = new Set<FailureCode>(['INTERNAL', 'MAIL_NOT_CONFIGURED', 'MAILBOX_REFUSED']);

/** A mail as it is recorded; queuedMs is how long it waited. */
export function madeOfMail({ failure, exchange, request, response }: MailAttempt, queuedMs: number): Made {
  if (exchange === null)
    return { failure, request, statusCode: null, durationMs: null, response: null, phases: null, holdMs: 0 };
  return {
    ...{ failure, statusCode: exchange.statusCode, durationMs: Math.round(exchange.durationMs), holdMs: 0 },
    ...{ request, response, phases: keepMailPhases(exchange.durationMs, queuedMs) },
    ...(failure === 'MAILBOX_REFUSED' ? { refusal: exchange.reply } : {}),
  };
}

async function mail(job: Job, claimedAt: number, tools: AttemptTools): Promise<Made | null> {
  const queuedMs = Math.max(0, performance.now() - claimedAt);
  const nothing = { statusCode: null, durationMs: null, response: null, phases: null, holdMs: 0 };
  try {
    const made = await attemptMail(job, tools.mail);
    if (made === null) return null;
    return madeOfMail(made, queuedMs);
  } catch (error) {
    tools.logger.error(
      { delivery: job.id, endpoint: job.endpointId, ...describeError(error) },
      'attempt.broken',
    );
    return { ...nothing, failure: 'INTERNAL', request: keepRequest(job.target, [], 0) };
  }
}

async function request(job: Job, claimedAt: number, startedAt: Date, tools: AttemptTools): Promise<Made> {
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
  return {
    ...{ failure, holdMs, statusCode: exchange?.statusCode ?? null },
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

function scheduleOf(job: Job, tools: CompletionTools): number[] {
  return job.retrySchedule?.map((seconds) => seconds * 1000) ?? tools.scheduleMs;
}

/** An endpoint's part of a request, opened. */
interface Opened {
  custom: StoredHeader[];
  headers: Record<string, string>;
  signingKeys: string[];
  credential: Credential | null;
  authentication: Authentication;
  /** What must not be kept of an answer that echoes it. */
  secrets: string[];
}

/**
 * For the jobs of one claim, which share the object that holds their secrets: opened once for all of them, and forgotten
 * with them.
 */
const openedFor = new WeakMap<Job['secrets'], Opened>();

function open(job: Job, keyring: Keyring): Opened {
  const known = openedFor.get(job.secrets);
  if (known) return known;
  const { headers, signingKeys } = openEndpointSecrets(keyring, {
    endpointId: job.endpointId,
    headers: job.headers,
    secrets: job.secrets,
  });
  // Unsigned goes only what shall be: an endpoint that lost its secrets is a fault to be seen.
  if (job.signed && signingKeys.length === 0)
    throw new SecretUnavailableError(`The endpoint ${job.endpointId} has no secret to sign with.`);
  const credential = openCredential(keyring, job.endpointId, {
    authType: job.authType as AuthenticationType,
    authSealed: job.authSealed,
  });
  const authentication = authenticationOf(credential);
  const custom = job.headers as StoredHeader[];
  const secretValues = custom.filter((header) => header.secret).map((header) => headers[header.name]!);
  const secrets = [...secretValues, ...signingKeys, ...authentication.secrets];
  const opened = { custom, headers, signingKeys, credential, authentication, secrets };
  openedFor.set(job.secrets, opened);
  return opened;
}

function prepare(job: Job, startedAt: Date, tools: AttemptTools): Prepared {
  if (job.payload === null) throw new Error(`the payload of ${job.eventId} is gone`);
  const opened = open(job, tools.keyring);
  const { authentication } = opened;
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
  // One that was saved before its name was the server's alone does not go beside the server's own.
  const custom = opened.custom.filter(({ name }) => !Object.hasOwn(own, name.toLowerCase()));
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
  return {
    headers: {
      ...agent,
      ...Object.fromEntries(custom.map(({ name }) => [name, opened.headers[name]!])),
      ...authentication.headers,
      ...own,
    },
    kept,
    secrets: [...opened.secrets],
    credential: opened.credential,
    body,
  };
}
