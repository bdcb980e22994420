/**
 * The rows of a draft: what a step typed is laid over what was typed before, by the rules of an update
 * (undefined leaves alone, null clears, a given list replaces, a row with an id keeps its secrets). Nothing
 * is judged here. Rows have from the start the ids that the endpoints and triggers will have, so a secret
 * value is sealed for its last place when it comes in.
 */
import type { Problem } from '../errors.ts';
import { newId } from '../ids.ts';
import type { PayloadFormat } from '../queue/payload-format.ts';
import { type Keyring, SecretUnavailableError } from '../secrets/keyring.ts';
import type { SigningScheme } from '../secrets/signing-secret.ts';
import { parseUrl } from '../url.ts';
import { movedAway } from './check-target.ts';
import {
  type DraftAuthentication,
  mergeAuthentication,
  openAuthentication,
  withoutCredential,
} from './draft-authentication.ts';
import { type HeaderInput, headerPlace, type StoredHeader } from './headers.ts';
import type {
  DeliveryOrdering,
  EndpointInput,
  EndpointKind,
  TriggerInput,
  WebhookDetailsInput,
} from './inputs.ts';
import { findRow } from './rows.ts';

/** Step 1. */
export interface DraftDetails {
  name: string | null;
  description: string | null;
  forLoginId: string | null;
  teamId: string | null;
}

/** A header row; a secret one with a sealed value remembers for which server it was typed. */
export interface DraftHeader extends StoredHeader {
  /** Scheme, host and port; null when the address was none yet. */
  origin?: string | null;
}

/** A row of step 2. */
export interface DraftEndpoint {
  id: string;
  kind: EndpointKind | null;
  target: string | null;
  headers: DraftHeader[];
  timeoutMs: number | null;
  retrySchedule: number[] | null;
  // Rows that were typed before there were these lack them.
  ratePerSecond?: number | null;
  maxConcurrency?: number | null;
  ordering?: DeliveryOrdering | null;
  authentication?: DraftAuthentication | null;
  signing?: SigningScheme | null;
  format?: PayloadFormat | null;
}

/** A row of step 3. */
export interface DraftTrigger {
  id: string;
  resource: string | null;
  event: string | null;
  name: string | null;
  description: string | null;
}

/** The details of a draft that nobody has typed into. */
export const NO_DETAILS: DraftDetails = { name: null, description: null, forLoginId: null, teamId: null };

/** Step 1 with what was typed now. */
export function mergeDetails(typed: DraftDetails, input: WebhookDetailsInput): DraftDetails {
  return {
    name: given(input.name, typed.name),
    description: given(input.description, typed.description),
    forLoginId: given(input.forLoginId, typed.forLoginId),
    teamId: given(input.teamId, typed.teamId),
  };
}

/** The rows of step 2; a row with an id that the draft does not have becomes a new one, and a problem. */
export function mergeEndpoints(
  keyring: Keyring,
  typed: DraftEndpoint[],
  inputs: EndpointInput[],
  problems: Problem[],
): DraftEndpoint[] {
  return mergeRows('endpoint', typed, inputs, problems, (input, row, id) => {
    const advanced = input.advanced ?? (input.advanced === null ? CLEARED : {});
    const { headers, timeoutMs, retrySchedule, ratePerSecond, maxConcurrency } = advanced;
    const { ordering, signing, format } = advanced;
    const target = given(input.target, row?.target);
    const origin = originOf(target);
    const kept = (row?.headers ?? []).map((header) =>
      header.sealed === undefined ? header : { ...header, origin: header.origin ?? origin },
    );
    return {
      id,
      kind: given(input.kind, row?.kind),
      target,
      authentication: mergeAuthentication(keyring, id, origin, row?.authentication, input.authentication),
      headers: headers === undefined ? kept : sealTyped(keyring, id, origin, kept, headers ?? []),
      timeoutMs: given(timeoutMs, row?.timeoutMs),
      retrySchedule: given(retrySchedule, row?.retrySchedule),
      ratePerSecond: given(ratePerSecond, row?.ratePerSecond),
      maxConcurrency: given(maxConcurrency, row?.maxConcurrency),
      ordering: given(ordering, row?.ordering),
      signing: given(signing, row?.signing),
      format: given(format, row?.format),
    };
  });
}

/** The rows of step 3. */
export function mergeTriggers(
  typed: DraftTrigger[],
  inputs: TriggerInput[],
  problems: Problem[],
): DraftTrigger[] {
  return mergeRows('trigger', typed, inputs, problems, (input, row, id) => ({
    id,
    resource: given(input.resource, row?.resource),
    event: given(input.event, row?.event),
    name: given(input.name, row?.name),
    description: given(input.description, row?.description),
  }));
}

/**
 * The endpoints as the validator takes them, with their secrets in clear, and the problems that only a
 * draft can have: a secret that was typed for another server, or that does not open any more.
 */
export function openEndpoints(keyring: Keyring, rows: DraftEndpoint[], problems: Problem[]): EndpointInput[] {
  return rows.map(({ id, kind, target, authentication, headers, ...settings }, index) => {
    const at = ['endpoints', String(index)];
    const origin = originOf(target);
    const isStray = (typed: { origin?: string | null } | null | undefined) =>
      origin !== null && typed?.origin != null && typed.origin !== origin;
    const strays = headers.filter(isStray).map(({ name }) => name);
    const moved = movedAway([...at, 'target'], strays, isStray(authentication));
    if (moved) problems.push(moved);
    return {
      kind,
      target,
      authentication: openAuthentication(keyring, id, authentication),
      advanced: {
        headers: headers.map((header) => openHeader(keyring, id, header)),
        ...settings,
      },
    };
  });
}

/** The rows without their secret values: a draft that was saved has no more use for them. */
export function withoutSecrets(rows: DraftEndpoint[]): DraftEndpoint[] {
  return rows.map((row) => ({
    ...row,
    authentication: withoutCredential(row.authentication),
    headers: row.headers.map(({ name, value, secret }) => ({ name, value, secret })),
  }));
}

const CLEARED = {
  ...{ headers: null, timeoutMs: null, retrySchedule: null },
  ...{ ratePerSecond: null, maxConcurrency: null, ordering: null },
  ...{ signing: null, format: null },
};

function given<T>(input: T | null | undefined, typed: T | null | undefined): T | null {
  return (input === undefined ? typed : input) ?? null;
}

function mergeRows<I extends { id?: string | null }, R extends { id: string }>(
  kind: 'endpoint' | 'trigger',
  typed: R[],
  inputs: I[],
  problems: Problem[],
  merge: (input: I, row: R | undefined, id: string) => R,
): R[] {
  const seen = new Set<string>();
  return inputs.map((input, index) => {
    const twice = input.id != null && seen.has(input.id);
    const row = findRow(input.id, typed, seen, [`${kind}s`, String(index), 'id'], kind, problems);
    return twice ? merge(input, undefined, newId(kind)) : merge(input, row, row?.id ?? newId(kind));
  });
}

function sealTyped(
  keyring: Keyring,
  endpointId: string,
  origin: string | null,
  kept: DraftHeader[],
  inputs: HeaderInput[],
): DraftHeader[] {
  return inputs.map(({ name, value, secret }) => {
    if (!secret) return { name, value: value ?? null, secret: false };
    if (value) {
      const sealed = keyring.seal(value, headerPlace(endpointId, name)).toString('base64');
      return { name, value: null, secret: true, sealed, origin };
    }
    const stored = kept.find((header) => header.secret && header.name.toLowerCase() === name.toLowerCase());
    return { ...stored, name, value: null, secret: true };
  });
}

/** A header as typed; a secret that does not open counts as not given. */
function openHeader(keyring: Keyring, endpointId: string, header: DraftHeader): HeaderInput {
  const { name, value, secret, sealed } = header;
  if (sealed === undefined) return { name, value, secret };
  try {
    return {
      name,
      secret,
      value: keyring.open(Buffer.from(sealed, 'base64'), headerPlace(endpointId, name)),
    };
  } catch (error) {
    if (error instanceof SecretUnavailableError) return { name, secret, value: null };
    throw error;
  }
}

function originOf(target: string | null): string | null {
  const origin = target === null ? null : (parseUrl(target)?.origin ?? null);
  return origin === 'null' ? null : origin;
}
