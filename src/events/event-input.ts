/**
 * Checks events as they come in: shape, catalog, model. Comes in: the input of eventsPublish. Goes
 * out: events ready to store, or every problem with the index of its event and the path inside it.
 */
import { createHash } from 'node:crypto';

import type { Catalog, CatalogResource } from '../catalog/catalog.ts';
import { readPayload } from '../catalog/payload.ts';
import { isReservedName } from '../catalog/resource-input.ts';
import { type Problem, problem } from '../errors.ts';

/** One event as the API takes it. */
export interface EventInput {
  resource: string;
  event: string;
  entityId: string;
  loginId?: string | null;
  loginNumber?: number | null;
  payload?: unknown;
  payloadText?: string | null;
  occurredAt?: Date | null;
  idempotencyKey?: string | null;
}

/** One event of the answer: its id, whether its key had been taken before, how many deliveries it has. */
export interface PublishedEvent {
  eventId: string;
  duplicate: boolean;
  deliveryCount: number;
}

/** An event that passed, except for its login. */
export interface CheckedEvent {
  resource: string;
  event: string;
  entityId: string;
  loginId: string | null;
  loginNumber: number | null;
  /** The entity as it will be stored and sent. */
  text: string;
  occurredAt: Date | null;
  idempotencyKey: string | null;
}

const MAX_NAME = 200;
/** So many problems are told at once; a batch that is wrong throughout needs no longer list. */
const MAX_PROBLEMS = 100;

/** The most events of one publish. */
export const MAX_EVENTS = 1000;

/** Events that were checked; problems is empty exactly when every one passed. */
export interface Checked {
  events: CheckedEvent[];
  problems: Problem[];
}

/**
 * Checks a batch; what the server itself has to tell may not be among the events of a HOST; a TEST may look like it.
 */
export async function checkEvents(
  inputs: EventInput[],
  catalog: Catalog,
  from: 'HOST' | 'TEST',
): Promise<Checked> {
  // What is refused for its size is not looked up.
  const isFit = inputs.length > 0 && inputs.length <= MAX_EVENTS;
  const resources = isFit ? await catalog.byNames(namesOf(inputs)) : new Map<string, CatalogResource>();
  return checkBy(resources, inputs, catalog, from);
}

/** The resources that a batch names. */
export function namesOf(inputs: EventInput[]): string[] {
  return [...new Set(inputs.map((input) => input.resource))];
}

/** Checks a batch by resources that have been looked up. */
export function checkBy(
  resources: Map<string, CatalogResource>,
  inputs: EventInput[],
  catalog: Catalog,
  from: 'HOST' | 'TEST',
): Checked {
  if (inputs.length === 0)
    return { events: [], problems: [problem('REQUIRED', [], 'Give at least one event.')] };
  if (inputs.length > MAX_EVENTS) {
    const many = `One publish takes at most ${MAX_EVENTS} events, these are ${inputs.length}.`;
    return { events: [], problems: [problem('TOO_MANY', [], many)] };
  }
  const events: CheckedEvent[] = [];
  const problems: Problem[] = [];
  for (const [index, input] of inputs.entries()) {
    if (from === 'HOST' && isReservedName(input.resource)) problems.push(notOfHosts(input, index));
    else problems.push(...checkEvent(input, String(index), resources, catalog, events));
    if (problems.length >= MAX_PROBLEMS) break;
  }
  return { events, problems };
}

function notOfHosts({ resource }: EventInput, index: number): Problem {
  return problem(
    'INVALID',
    [String(index), 'resource'],
    `Events of ${shown(resource)} come from the server itself; publish under a resource of your own.`,
  );
}

function checkEvent(
  input: EventInput,
  index: string,
  resources: Map<string, CatalogResource>,
  catalog: Catalog,
  events: CheckedEvent[],
): Problem[] {
  const problems = [
    ...checkText(input.entityId, [index, 'entityId'], 'The id of the entity'),
    ...(input.idempotencyKey == null
      ? []
      : checkText(input.idempotencyKey, [index, 'idempotencyKey'], 'The idempotency key')),
  ];
  if (input.loginId != null && input.loginNumber != null)
    problems.push(problem('INVALID', [index, 'loginNumber'], 'Give loginId or loginNumber, not both.'));
  const resource = resources.get(input.resource);
  if (!resource) {
    problems.push(
      problem(
        'UNKNOWN_RESOURCE',
        [index, 'resource'],
        `The catalog has no resource "${shown(input.resource)}".`,
      ),
    );
  } else if (!resource.events.some((event) => event.name === input.event)) {
    problems.push(
      problem(
        'UNKNOWN_EVENT',
        [index, 'event'],
        `The resource ${resource.name} has no event "${shown(input.event)}".`,
      ),
    );
  }
  const payload = readPayload(input, [index]);
  if (!payload.ok) return [...problems, ...payload.problems];
  if (resource) {
    const given = input.payloadText != null ? 'payloadText' : 'payload';
    for (const { path, message } of catalog.checker(resource).check(payload.value.value))
      problems.push(problem('INVALID_PAYLOAD', [index, given, ...path], message));
  }
  if (problems.length === 0)
    events.push({
      resource: input.resource,
      event: input.event,
      entityId: input.entityId,
      loginId: input.loginId ?? null,
      loginNumber: input.loginNumber ?? null,
      text: payload.value.text,
      occurredAt: input.occurredAt ?? null,
      idempotencyKey: input.idempotencyKey ?? null,
    });
  return problems;
}

function checkText(value: string, field: string[], what: string): Problem[] {
  if (value === '') return [problem('REQUIRED', field, `${what} is empty.`)];
  if (value.length > MAX_NAME)
    return [problem('TOO_LONG', field, `${what} is longer than ${MAX_NAME} characters.`)];
  if (value.includes('\0') || !value.isWellFormed())
    return [problem('INVALID', field, `${what} holds a character that cannot be stored.`)];
  return [];
}

function shown(name: string): string {
  return name.length > 60 ? `${name.slice(0, 60)}…` : name;
}

/** What an idempotency key stands for: the same key with another hash is KEY_REUSED. */
export function bodyHash(event: CheckedEvent, loginId: string): Buffer {
  const identity = [
    event.resource,
    event.event,
    event.entityId,
    loginId,
    event.occurredAt?.toISOString() ?? null,
  ];
  return createHash('sha256').update(JSON.stringify(identity)).update(event.text).digest();
}
