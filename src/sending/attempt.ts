/**
 * One attempt. Comes in: a claimed job. Goes out: a completion, whatever happened: failures of the
 * world and of this code alike become an outcome with a code.
 */
import { type AttemptOutcome, type FailureCode, FAILURES } from '../errors.ts';
import { describeError, type Logger } from '../log.ts';
import type { Completion } from '../queue/complete.ts';
import type { Job } from '../queue/job.ts';
import { type Keyring, SecretUnavailableError } from '../secrets/keyring.ts';
import { sendAuthenticated } from './authenticate.ts';
import { attemptMail, type MailAttempt, type MailTools } from './mail/mail-attempt.ts';
import type { OAuthTokens } from './oauth-tokens.ts';
import { type Outgoing, outgoing } from './outgoing.ts';
import { keepMailPhases, keepPhases, keepRequest, keepRequestWith, keepResponse } from './record.ts';
import { decide } from './retry.ts';
import { isBusy, retryAfterMs } from './retry-after.ts';
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
 * Makes the request, or sends the mail, and says what became of it; claimedAt is performance.now() at the claim. mayStartBy says
 * until when a mail may be handed over, in the same time, and is asked anew whenever something was waited for: a request goes
 * out at once. Null when it was not made after all: the delivery has been given back. Never rejects.
 */
export async function attempt(
  job: Job,
  claimedAt: number,
  tools: AttemptTools,
  mayStartBy: () => number,
): Promise<Completion | null> {
  const startedAt = tools.now();
  const made =
    job.kind === 'URL'
      ? await request(job, claimedAt, startedAt, tools)
      : await mail(job, claimedAt, tools, mayStartBy);
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
        outcome: failure === null ? 'SUCCEEDED' : 'FAILED',
        attempt: job.attempt,
        lostCount: job.lostCount,
        priorCount: job.priorCount,
        manual: job.manual,
        scheduleMs: scheduleOf(job, tools),
        gone: failure === 'GONE' || failure === 'MAILBOX_REFUSED',
        retryAfterMs: kept.holdMs,
      },
      Math.random(),
    ),
    endpointVersion: job.endpointVersion,
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

async function mail(
  job: Job,
  claimedAt: number,
  tools: AttemptTools,
  mayStartBy: () => number,
): Promise<Made | null> {
  const queuedMs = Math.max(0, performance.now() - claimedAt);
  const nothing = { statusCode: null, durationMs: null, response: null, phases: null, holdMs: 0 };
  try {
    const made = await attemptMail(job, tools.mail, mayStartBy);
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
  let sent: Outgoing | undefined;
  let secrets: readonly string[] = [];
  let exchange: Exchange | undefined;
  let failure: FailureCode | null;
  try {
    sent = outgoing(job, startedAt, tools);
    secrets = sent.secrets;
    const answered = await sendAuthenticated(tools, sent.credential, {
      key: `${job.endpointId}@${job.endpointVersion}`,
      url: job.target,
      headers: sent.headers,
      body: sent.body,
      timeoutMs: job.timeoutMs,
    });
    if (answered.secrets.length > 0) secrets = [...secrets, ...answered.secrets];
    exchange = answered.exchange;
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
    failure,
    holdMs,
    statusCode: exchange?.statusCode ?? null,
    durationMs: exchange && failure !== 'ADDRESS_NOT_ALLOWED' ? Math.round(exchange.durationMs) : null,
    request: keepRequestWith(job.target, sent?.kept ?? '', sent?.body.length ?? 0),
    response: exchange ? keepResponse(exchange, secrets) : null,
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
