/**
 * Checks what resourceRegister is given. In goes the input as it came over the API, out comes what
 * to store, with an example for every event, or every problem at once with its path.
 */
import { ok, type Problem, problem, refused, type Result } from '../errors.ts';
import { type CompiledModel, compileModel } from './model.ts';
import { isStorable, readPayloadValue } from './payload.ts';

/** A resource as the API takes it (CatalogResourceInput). */
export interface ResourceInput {
  name: string;
  label: string;
  description?: string | null;
  model: string;
  allowed?: boolean;
  events: ResourceEventInput[];
}

/** An event as the API takes it; without an example one is made from the model. */
export interface ResourceEventInput {
  name: string;
  label: string;
  description?: string | null;
  supported?: boolean;
  examplePayload?: unknown;
}

/** An event of a resource. */
export interface CatalogEvent {
  name: string;
  label: string;
  description: string;
  supported: boolean;
  examplePayload: unknown;
}

/** A resource that passed, still without id and version. */
export interface CheckedResource {
  name: string;
  label: string;
  description: string;
  model: string;
  allowed: boolean;
  events: CatalogEvent[];
  compiled: CompiledModel;
}

const NAME = /^[a-z][a-z0-9_.-]{0,99}$/;
const NAME_RULE = 'a small letter first, then up to 99 small letters, digits, dots, hyphens and underscores';
/** Kept for what the server itself has to tell. */
const RESERVED = /^bellwire(\.|$)/;
const MAX_LABEL = 200;
const MAX_DESCRIPTION = 2000;
const MAX_EVENTS = 100;

/** Whether a text can be the name of a resource or of an event. */
export function isCatalogName(name: string): boolean {
  return NAME.test(name);
}

/** Whether a name is kept for the server itself. */
export function isReservedName(name: string): boolean {
  return RESERVED.test(name);
}

/** Why a host may not have a resource of a reserved name. */
export const RESERVED_NAME = problem(
  'INVALID',
  ['name'],
  'Names that begin with "bellwire." are kept for the server itself.',
);

/** Checks a resource of a host whole. */
export function checkResource(input: ResourceInput): Result<CheckedResource> {
  const checked = checkContent(input);
  if (!isReservedName(input.name)) return checked;
  return refused(RESERVED_NAME, ...(checked.ok ? [] : checked.problems));
}

/** Checks a resource whole, whosever it is. */
export function checkContent(input: ResourceInput): Result<CheckedResource> {
  const problems = [
    ...checkName(input.name, ['name']),
    ...checkText(input.label, ['label'], 'label', MAX_LABEL),
    ...checkText(input.description ?? '', ['description'], 'description', MAX_DESCRIPTION),
    ...checkEventCount(input.events.length),
  ];
  const model = checkModel(input.model);
  if (!model.ok) problems.push(...model.problems);
  const seen = new Set<string>();
  const events: CatalogEvent[] = [];
  for (const [index, event] of input.events.slice(0, MAX_EVENTS).entries()) {
    const path = ['events', String(index)];
    problems.push(
      ...checkName(event.name, [...path, 'name']),
      ...checkText(event.label, [...path, 'label'], 'label', MAX_LABEL),
      ...checkText(event.description ?? '', [...path, 'description'], 'description', MAX_DESCRIPTION),
    );
    if (seen.has(event.name))
      problems.push(
        problem('DUPLICATE', [...path, 'name'], 'Another event of this resource has the same name.'),
      );
    seen.add(event.name);
    const example = checkExample(event, [...path, 'examplePayload'], model.ok ? model.value : undefined);
    if (!example.ok) problems.push(...example.problems);
    else events.push(toEvent(event, example.value));
  }
  if (problems.length > 0 || !model.ok) return refused(...problems);
  return ok({
    name: input.name,
    label: input.label.trim(),
    description: input.description ?? '',
    model: input.model,
    allowed: input.allowed ?? true,
    events,
    compiled: model.value,
  });
}

function checkName(name: string, field: string[]): Problem[] {
  if (name === '') return [problem('REQUIRED', field, 'The name is empty.')];
  return isCatalogName(name) ? [] : [problem('INVALID', field, `A name has ${NAME_RULE}.`)];
}

function checkText(text: string, field: string[], what: 'label' | 'description', max: number): Problem[] {
  if (what === 'label' && text.trim() === '') return [problem('REQUIRED', field, 'The label is empty.')];
  if (text.length > max)
    return [
      problem('TOO_LONG', field, `The ${what} takes at most ${max} characters, this one has ${text.length}.`),
    ];
  return isStorable(text) ? [] : [unstorable(field, what)];
}

function checkEventCount(count: number): Problem[] {
  if (count === 0) return [problem('REQUIRED', ['events'], 'A resource has at least one event.')];
  if (count <= MAX_EVENTS) return [];
  return [
    problem('TOO_MANY', ['events'], `A resource takes at most ${MAX_EVENTS} events, these are ${count}.`),
  ];
}

function checkModel(model: string): Result<CompiledModel> {
  // A comment may hold any character for graphql-js, but no NUL can be stored.
  return isStorable(model) ? compileModel(model) : refused(unstorable(['model'], 'model'));
}

function checkExample(
  event: ResourceEventInput,
  field: string[],
  model: CompiledModel | undefined,
): Result<unknown> {
  if (event.examplePayload == null) return ok(model?.example());
  const read = readPayloadValue(event.examplePayload, field);
  if (!read.ok) return read;
  const wrong = model?.check(read.value.value) ?? [];
  if (wrong.length === 0) return ok(read.value.value);
  return refused(
    ...wrong.map(({ path, message }) => problem('INVALID_PAYLOAD', [...field, ...path], message)),
  );
}

function toEvent(event: ResourceEventInput, examplePayload: unknown): CatalogEvent {
  const { name, label, description, supported } = event;
  return {
    name,
    label: label.trim(),
    description: description ?? '',
    supported: supported ?? true,
    examplePayload,
  };
}

function unstorable(field: string[], what: string): Problem {
  return problem('INVALID', field, `The ${what} holds a character that cannot be stored.`);
}
