/**
 * Models: the GraphQL type that every payload of a resource follows. Comes in: SDL text. Goes out:
 * a compiled model, which checks payloads, knows itself as JSON Schema and makes an example; or
 * everything that is wrong, with line and column. Holds no state; a crash loses nothing, since
 * the text is what is stored.
 */
import { ok, refused, type Result } from '../errors.ts';
import { makeCheck, type ModelProblem } from './check.ts';
import { makeExample, MAX_SMALLEST, smallestSizes } from './example.ts';
import { toJsonSchema } from './json-schema.ts';
import { MAX_DEPTH } from './json-text.ts';
import { problemAt, readModel } from './sdl.ts';

export type { ModelProblem } from './check.ts';

/** A model, ready to check payloads. */
export interface CompiledModel {
  /** The name of the entity's type. */
  typeName: string;
  /** The same model as JSON Schema, draft 2020-12. */
  payloadSchema: object;
  /** What is wrong with a payload (as readPayload gives it): at most 10 problems, none when it fits. */
  check(value: unknown): ModelProblem[];
  /** A payload that fits, the same one each time. */
  example(): Record<string, unknown>;
}

/** Compiles SDL; problems have field ["model"] and messages that begin with "line 3, column 7: " where there is a place. */
export function compileModel(sdl: string): Result<CompiledModel> {
  const read = readModel(sdl);
  if (!read.ok) return read;
  const { schema, entity } = read.value;
  const refuse = (why: string) => refused(problemAt(entity.astNode, why));
  const sizes = smallestSizes(schema);
  const smallest = sizes.get(entity.name) ?? Infinity;
  if (smallest === Infinity)
    return refuse(
      `No payload can ever fit ${entity.name}: by fields that may not be null it holds itself without end.`,
    );
  if (smallest > MAX_SMALLEST)
    return refuse(`The smallest payload of ${entity.name} would hold more than ${MAX_SMALLEST} values.`);
  const example = () => makeExample(schema, entity, sizes);
  if (example().depth > MAX_DEPTH)
    return refuse(`Every payload of ${entity.name} would be nested deeper than ${MAX_DEPTH}.`);
  return ok({
    typeName: entity.name,
    payloadSchema: toJsonSchema(schema, entity),
    check: makeCheck(schema, entity),
    example: () => example().value,
  });
}
