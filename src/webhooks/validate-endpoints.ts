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
import type { DeliveryOrdering, EndpointAdvancedInput, EndpointInput, EndpointKind } from './inputs.ts';
import { findRow } from './rows.ts';
import { checkAuthentication, checkHeaderClash, checkTlsTarget } from './validate-authentication.ts';
import { checkMailTarget, refuseHttpOnly } from './validate-mail.ts';

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
  kind: EndpointKind;
  /** As the URL parser writes it; of a mailbox its address, of a team's mailboxes nothing. */
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
  const kinds = inputs.map(
    (input, index) => (input.kind === undefined ? rows[index]?.kind : input.kind) ?? 'URL',
  );
  // What turns from a URL to a mailbox, or back, is judged like a new one.
  const before = rows.map((row, index) =>
    row && (row.kind === 'URL') === (kinds[index] === 'URL') ? row : undefined,
  );
  const targets = await Promise.all(
    inputs.map(async (input, index) => {
      const kind = kinds[index]!;
      const stored = rows[index]?.kind === kind ? rows[index].target : undefined;
      const target = input.target === undefined ? stored : input.target;
      const at = ['endpoints', String(index), 'target'];
      return kind === 'URL'
        ? await checkTarget(target, context.egress, at, problems)
        : checkMailTarget(kind, target, at, problems);
    }),
  );
  checkDuplicates(targets, problems);
  const authentications = await Promise.all(
    inputs.map((input, index) =>
      checkAuthentication(
        kinds[index] === 'URL' ? input.authentication : null,
        before[index],
        context.egress,
        ['endpoints', String(index), 'authentication'],
        problems,
      ),
    ),
  );
  return inputs.map((input, index) => {
    const at = ['endpoints', String(index)];
    const row = before[index];
    const kind = kinds[index]!;
    if (rows[index] ? input.kind === null : input.kind == null)
      problems.push(problem('REQUIRED', [...at, 'kind'], 'The kind of the endpoint is missing.'));
    const planned = {
      id: rows[index]?.id ?? null,
      kind,
      target: targets[index] ?? '',
      authentication: authentications[index]!,
      ...checkAdvanced(
        kind === 'URL' ? input.advanced : { ...(input.advanced ?? advancedOf(input)), ...WITHOUT_HTTP },
        row,
        context.defaultTimeoutMs,
        [...at, 'advanced'],
        problems,
      ),
    };
    if (kind !== 'URL') {
      refuseHttpOnly(input, at, problems);
      return planned;
    }
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
          ['endpoints', String(index), target === '' ? 'kind' : 'target'],
          target === ''
            ? `The mailboxes of the team are endpoint ${first + 1} already; one event goes to one mailbox once.`
            : `This is the address of endpoint ${first + 1} again; one event goes to one address once.`,
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
        `The timeout must be from ${TIMEOUT_MS.min / 1000} to ${TIMEOUT_MS.max / 1000} seconds (${TIMEOUT_MS.min} to ${TIMEOUT_MS.max} ms).`,
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

/** What a mailbox has of an Advanced section. */
const WITHOUT_HTTP: EndpointAdvancedInput = { headers: [], signing: 'NONE' };

function advancedOf({ advanced }: EndpointInput): EndpointAdvancedInput {
  return advanced === null ? EVERYTHING_DEFAULT : {};
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
