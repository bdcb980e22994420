/**
 * Infers a model from example payloads: SDL whose first type is the entity, which every example
 * fits and nothing much else does. Object types are named by their path. JSON stands only where no
 * GraphQL name or type fits: keys such as "+1", values of mixed kinds, objects and lists that are
 * always empty, fields that are always null.
 */
import { fullFormats } from 'ajv-formats/dist/formats.js';

type JsonObject = Record<string, unknown>;

const NAME = /^(?!__)[A-Za-z_]\w*$/;
const isUri = fullFormats.uri as (text: string) => boolean;
const { validate: isDateTime } = fullFormats['date-time'] as { validate: (text: string) => boolean };

/** The model that all examples fit; typeName is the entity's. */
export function inferModel(typeName: string, examples: JsonObject[]): string {
  const types: string[] = [];
  objectType(typeName, examples, types);
  return types.join('\n\n') + '\n';
}

/** "pull_request" -> "PullRequest". */
export function pascalCase(name: string): string {
  return name.replace(
    /(?:^|[_-]+)([a-z0-9])?/gi,
    (_, letter: string | undefined) => letter?.toUpperCase() ?? '',
  );
}

function objectType(name: string, values: JsonObject[], types: string[]): string {
  const place = types.push('') - 1;
  const fields = [...new Set(values.flatMap((value) => Object.keys(value)))].map((key) => {
    const found = values.map((value) => value[key]);
    return `  ${key}: ${fieldType(`${name}${pascalCase(key)}`, found, types)}`;
  });
  types[place] = `type ${name} {\n${fields.join('\n')}\n}`;
  return name;
}

function fieldType(path: string, found: unknown[], types: string[]): string {
  const values = found.filter((value) => value !== null && value !== undefined);
  return presentType(path, values, types) + (values.length === found.length ? '!' : '');
}

function presentType(path: string, values: unknown[], types: string[]): string {
  if (values.length === 0) return 'JSON';
  if (values.every((value) => typeof value === 'boolean')) return 'Boolean';
  if (values.every((value) => typeof value === 'number')) return numberType(values);
  if (values.every((value) => typeof value === 'string')) return stringType(values);
  if (values.every((value) => Array.isArray(value))) {
    const items = values.flat() as unknown[];
    return `[${items.length === 0 ? 'JSON' : fieldType(path, items, types)}]`;
  }
  const objects = values.filter(
    (value): value is JsonObject => typeof value === 'object' && !Array.isArray(value),
  );
  const keys = objects.flatMap((value) => Object.keys(value));
  if (objects.length < values.length || keys.length === 0 || !keys.every((key) => NAME.test(key)))
    return 'JSON';
  return objectType(path, objects, types);
}

function numberType(values: number[]): string {
  if (!values.every(Number.isInteger)) return 'Float';
  return values.every((value) => (value | 0) === value) ? 'Int' : 'Long';
}

function stringType(values: string[]): string {
  if (values.every((value) => isDateTime(value))) return 'DateTime';
  if (values.every((value) => value.startsWith('http') && isUri(value))) return 'URL';
  return 'String';
}
