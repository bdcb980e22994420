/**
 * Checks the endpoint rows of an input. An address is judged by the same policy that guards every
 * connection; a host name that does not resolve now is no reason to refuse it.
 */
import { type Problem, problem } from '../errors.ts';
import type { PayloadFormat } from '../queue/payload-format.ts';
import type { SigningScheme } from '../secrets/signing-secret.ts';
import type { PlannedAuthentication } from './authentication.ts';
import { checkTarget, movedAway, type TargetGuard } from './check-target.ts';
import type { EndpointEntity } from './endpoint.entity.ts';
import { checkHeaders, type PlannedHeader } from './headers.ts';
import type { DeliveryOrdering, EndpointAdvancedInput, EndpointInput } from './inputs.ts';
import { findRow } from './rows.ts';
import { checkAuthentication, checkHeaderClash, checkTlsTarget } from './validate-authentication.ts';

/** The most endpoints of one webhook. */
export const MAX_ENDPOINTS = 20;
/** The timeouts that may be chosen, ms. */
export const TIMEOUT_MS = { min: 100, max: 30_000 };
/** The most attempts, and the longest wait before one, s. */
export const RETRY_SCHEDULE = { maxEntries: 20, maxSeconds: 604_800 };

/** The rates that may be chosen, requests a second. */
export const RATE_PER_SECOND = { min: 1, max: 10_000 };
/** How many requests at once may be chosen. */
export const MAX_CONCURRENCY = { min: 1, max: 1_000 };

/** An endpoint as it will be; id is null where it has yet to be made. */
export interface PlannedEndpoint {
  id: string | null;
  kind: 'URL';
  /** As the URL parser writes it. */
  target: string;
  authentication: PlannedAuthentication;
  headers: PlannedHeader[];
  timeoutMs: number;
  retrySchedule: number[] | null;
  ratePerSecond: number | null;
  maxConcurrency: number | null;
  ordering: DeliveryOrdering;
  signing: SigningScheme;
  format: PayloadFormat;
}

/** The Advanced section as it will be. */
type PlannedAdvanced = Omit<PlannedEndpoint, 'id' | 'kind' | 'target' | 'authentication'>;

/** Checks all rows, addresses at the same time. */
export async function checkEndpoints(
  inputs: EndpointInput[],
  stored: EndpointEntity[],
  context: { egress: TargetGuard; defaultTimeoutMs: number },
  problems: Problem[],
): Promise<PlannedEndpoint[]> {
  if (inputs.length === 0)
    problems.push(problem('REQUIRED', ['endpoints'], 'A webhook needs at least one endpoint.'));
  if (inputs.length > MAX_ENDPOINTS) {
    problems.push(
      problem('TOO_MANY', ['endpoints'], `A webhook may have at most ${MAX_ENDPOINTS} endpoints.`),
    );
    return [];
  }
  const seen = new Set<string>();
  const rows = inputs.map((input, index) =>
    findRow(input.id, stored, seen, ['endpoints', String(index), 'id'], 'endpoint', problems),
  );
  const targets = await Promise.all(
    inputs.map((input, index) =>
      checkTarget(
        input.target === undefined ? rows[index]?.target : input.target,
        context.egress,
        ['endpoints', String(index), 'target'],
        problems,
      ),
    ),
  );
  checkDuplicates(targets, problems);
  const authentications = await Promise.all(
    inputs.map((input, index) =>
      checkAuthentication(
        input.authentication,
        rows[index],
        context.egress,
        ['endpoints', String(index), 'authentication'],
        problems,
      ),
    ),
  );
  return inputs.map((input, index) => {
    const at = ['endpoints', String(index)];
    const row = rows[index];
    if (row ? input.kind === null : input.kind == null)
      problems.push(problem('REQUIRED', [...at, 'kind'], 'The kind of the endpoint is missing.'));
    const planned = {
      id: row?.id ?? null,
      kind: 'URL' as const,
      target: targets[index] ?? '',
      authentication: authentications[index]!,
      ...checkAdvanced(input.advanced, row, context.defaultTimeoutMs, [...at, 'advanced'], problems),
    };
    checkTlsTarget(planned, [...at, 'target'], problems);
    checkHeaderClash(planned, row?.authHint ?? null, input.advanced?.headers != null, at, problems);
    if (row && targets[index] !== null) checkCredentials(planned, row, [...at, 'target'], problems);
    return planned;
  });
}

function checkDuplicates(targets: (string | null)[], problems: Problem[]): void {
  for (const [index, target] of targets.entries()) {
    const first = targets.indexOf(target);
    if (target !== null && first < index)
      problems.push(
        problem(
          'DUPLICATE',
          ['endpoints', String(index), 'target'],
          `This is the address of endpoint ${first + 1} again; one event goes to one address once.`,
        ),
      );
  }
}

function checkAdvanced(
  input: EndpointAdvancedInput | null | undefined,
  row: EndpointEntity | undefined,
  defaultTimeoutMs: number,
  field: string[],
  problems: Problem[],
): PlannedAdvanced {
  const given = input ?? (input === null ? EVERYTHING_DEFAULT : {});
  const { headers, timeoutMs, retrySchedule, ratePerSecond, maxConcurrency } = given;
  const { ordering, signing, format } = given;
  const stored = row?.headers ?? [];
  if (timeoutMs != null && !inRange(timeoutMs, TIMEOUT_MS.min, TIMEOUT_MS.max))
    problems.push(
      problem(
        'INVALID',
        [...field, 'timeoutMs'],
        `The timeout must be from ${TIMEOUT_MS.min} to ${TIMEOUT_MS.max} ms.`,
      ),
    );
  if (retrySchedule != null) checkSchedule(retrySchedule, [...field, 'retrySchedule'], problems);
  if (ratePerSecond != null && !inRange(ratePerSecond, RATE_PER_SECOND.min, RATE_PER_SECOND.max))
    problems.push(
      problem(
        'INVALID',
        [...field, 'ratePerSecond'],
        `The rate must be from ${RATE_PER_SECOND.min} to ${RATE_PER_SECOND.max} requests a second; without one there is no limit.`,
      ),
    );
  if (maxConcurrency != null && !inRange(maxConcurrency, MAX_CONCURRENCY.min, MAX_CONCURRENCY.max))
    problems.push(
      problem(
        'INVALID',
        [...field, 'maxConcurrency'],
        `An endpoint takes from ${MAX_CONCURRENCY.min} to ${MAX_CONCURRENCY.max} requests at once.`,
      ),
    );
  return {
    headers:
      headers === undefined
        ? stored.map(({ name, value, secret }) => ({ name, value, secret }))
        : checkHeaders(headers ?? [], stored, [...field, 'headers'], problems),
    timeoutMs: (timeoutMs === undefined ? row?.timeoutMs : timeoutMs) ?? defaultTimeoutMs,
    retrySchedule: (retrySchedule === undefined ? row?.retrySchedule : retrySchedule) ?? null,
    ratePerSecond: (ratePerSecond === undefined ? row?.ratePerSecond : ratePerSecond) ?? null,
    maxConcurrency: (maxConcurrency === undefined ? row?.maxConcurrency : maxConcurrency) ?? null,
    ordering: (ordering === undefined ? row?.ordering : ordering) ?? 'NONE',
    signing: (signing === undefined ? row?.signing : signing) ?? 'STANDARD_WEBHOOKS_HMAC',
    format: (format === undefined ? row?.format : format) ?? 'STANDARD_WEBHOOKS',
  };
}

const EVERYTHING_DEFAULT: EndpointAdvancedInput = {
  ...{ headers: null, timeoutMs: null, retrySchedule: null },
  ...{ ratePerSecond: null, maxConcurrency: null, ordering: null },
  ...{ signing: null, format: null },
};

function checkSchedule(seconds: number[], field: string[], problems: Problem[]): void {
  const { maxEntries, maxSeconds } = RETRY_SCHEDULE;
  if (seconds.length === 0)
    problems.push(
      problem('INVALID', field, 'A retry schedule has one entry for each attempt, so at least one.'),
    );
  if (seconds.length > maxEntries) {
    problems.push(problem('TOO_MANY', field, `A retry schedule may have at most ${maxEntries} entries.`));
    return;
  }
  for (const [index, entry] of seconds.entries()) {
    if (!inRange(entry, 0, maxSeconds))
      problems.push(
        problem(
          'INVALID',
          [...field, String(index)],
          `A wait must be from 0 to ${maxSeconds} seconds (7 days).`,
        ),
      );
  }
}

function inRange(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

/** A stored secret must not follow an endpoint to another server: whoever edits may not know it. */
function checkCredentials(
  planned: PlannedEndpoint,
  row: EndpointEntity,
  field: string[],
  problems: Problem[],
): void {
  if (new URL(planned.target).origin === new URL(row.target).origin) return;
  const headers = planned.headers
    .filter(({ secret, value }) => secret && value === null)
    .map(({ name }) => name);
  const { type, credential } = planned.authentication;
  const moved = movedAway(field, headers, type !== 'NONE' && credential === null);
  if (moved) problems.push(moved);
}
