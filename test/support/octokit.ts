/**
 * Real input: the 329 example payloads of @octokit/webhooks-examples as resources and events. The
 * resource is GitHub's event name, the event is the payload's action, or "happened" where it has none.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { Kind, parse, type TypeNode } from 'graphql';

import { inferModel, pascalCase } from './infer-model.ts';

type JsonObject = Record<string, unknown>;

/** One resource with all its examples. */
export interface OctokitFamily {
  resource: string;
  label: string;
  /** SDL, inferred from the examples. */
  model: string;
  /** The events that the examples show. */
  events: string[];
  /** text is what JSON.stringify makes of payload. */
  payloads: { event: string; payload: JsonObject; text: string }[];
}

/** All families, in the order of the package; read and inferred once. */
export function octokitFamilies(): OctokitFamily[] {
  return (families ??= readFamilies());
}

let families: OctokitFamily[] | undefined;

function readFamilies(): OctokitFamily[] {
  const file = createRequire(import.meta.url).resolve('@octokit/webhooks-examples');
  const definitions = JSON.parse(readFileSync(file, 'utf8')) as { name: string; examples: JsonObject[] }[];
  return definitions.map(({ name, examples }) => {
    const payloads = examples.map((payload) => ({
      event: typeof payload.action === 'string' ? payload.action : 'happened',
      payload,
      text: JSON.stringify(payload),
    }));
    return {
      resource: name,
      label: name.replaceAll('_', ' '),
      model: inferModel(pascalCase(name), examples),
      events: [...new Set(payloads.map(({ event }) => event))],
      payloads,
    };
  });
}

/**
 * A payload of the family with one value of the wrong kind, and the path to it: the first example,
 * whose most deeply nested value of a type other than JSON became a list, or its list a string.
 */
export function wrongPayload(family: OctokitFamily): { event: string; payload: JsonObject; path: string[] } {
  const { event, text } = family.payloads[0]!;
  const payload = JSON.parse(text) as JsonObject;
  const types = new Map<string, Map<string, TypeNode>>();
  for (const node of parse(family.model).definitions)
    if (node.kind === Kind.OBJECT_TYPE_DEFINITION)
      types.set(node.name.value, new Map(node.fields?.map((field) => [field.name.value, field.type])));

  let deepest: { holder: JsonObject; path: string[] } | undefined;
  const visit = (value: unknown, type: TypeNode, path: string[], holder: JsonObject): void => {
    if (type.kind === Kind.NON_NULL_TYPE) return visit(value, type.type, path, holder);
    if (value === null || value === undefined) return;
    if (type.kind === Kind.LIST_TYPE) {
      const list = value as unknown[];
      list.forEach((item, index) =>
        visit(item, type.type, [...path, String(index)], list as unknown as JsonObject),
      );
    } else if (types.has(type.name.value)) {
      visitFields(value as JsonObject, types.get(type.name.value)!, path);
    } else if (type.name.value !== 'JSON' && path.length > (deepest?.path.length ?? 0)) {
      deepest = { holder, path };
    }
  };
  const visitFields = (object: JsonObject, fields: Map<string, TypeNode>, path: string[]): void => {
    for (const [name, type] of fields) visit(object[name], type, [...path, name], object);
  };
  visitFields(payload, types.values().next().value!, []);
  const { holder, path } = deepest!;
  holder[path.at(-1)!] = ['wrong'];
  return { event, payload, path };
}
