/**
 * Example payloads, made from a model alone: the same model gives the same example. Everything is
 * filled in while there is room; what repeats itself is cut where null or an empty list may stand.
 */
import {
  type GraphQLAbstractType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';

import { scalarOf } from './scalars.ts';

/** A model whose smallest payload holds more values than this is refused: nothing of sense could fit it. */
export const MAX_SMALLEST = 10_000;
/** Deeper than this nothing optional is filled in; recursion is cut before. */
const FULL_DEPTH = 8;
const ROOM = 1000;

/** How many values (objects, lists and leaves) the smallest payload of every type holds; Infinity where none ever ends. */
export type SmallestSizes = ReadonlyMap<string, number>;

/**
 * Finds the smallest sizes by lowering them until nothing changes: each round settles at least one
 * more type, so there are no more rounds than types.
 */
export function smallestSizes(schema: GraphQLSchema): SmallestSizes {
  const types = Object.values(schema.getTypeMap()).filter((type) => !type.name.startsWith('__'));
  const sizes = new Map<string, number>();
  const sizeOf = (type: GraphQLNamedType): number => {
    if (isObjectType(type)) {
      let sum = 1;
      for (const field of Object.values(type.getFields()))
        if (isNonNullType(field.type)) {
          const inner = field.type.ofType;
          sum += isListType(inner) ? 1 : (sizes.get(inner.name) ?? Infinity);
        }
      return sum;
    }
    if (isAbstractType(type))
      return Math.min(
        Infinity,
        ...schema.getPossibleTypes(type).map(({ name }) => sizes.get(name) ?? Infinity),
      );
    return 1;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const type of types) {
      const size = sizeOf(type);
      if (size < (sizes.get(type.name) ?? Infinity)) {
        sizes.set(type.name, size);
        changed = true;
      }
    }
  }
  return sizes;
}

/** Makes the example of an entity whose smallest size is finite; also tells how deep it is nested. */
export function makeExample(
  schema: GraphQLSchema,
  entity: GraphQLObjectType,
  sizes: SmallestSizes,
): { value: Record<string, unknown>; depth: number } {
  const open = new Set<string>();
  let room = ROOM;
  let deepest = 0;

  const objectOf = (type: GraphQLObjectType, depth: number, tagged: boolean): Record<string, unknown> => {
    const entered = !open.has(type.name);
    open.add(type.name);
    const value: Record<string, unknown> = tagged ? { __typename: type.name } : {};
    for (const field of Object.values(type.getFields())) value[field.name] = valueOf(field.type, depth + 1);
    if (entered) open.delete(type.name);
    return value;
  };

  const fits = (type: GraphQLOutputType, depth: number): boolean => {
    if (isListType(type) || isNonNullType(type)) return fits(type.ofType, depth);
    if (!isObjectType(type) && !isAbstractType(type)) return true;
    const object = isObjectType(type) ? type : smallestMember(type);
    const size = sizes.get(type.name) ?? Infinity;
    return object !== undefined && !open.has(object.name) && depth < FULL_DEPTH && size <= room;
  };

  const chosen = new Map<GraphQLAbstractType, GraphQLObjectType | undefined>();
  const smallestMember = (type: GraphQLAbstractType): GraphQLObjectType | undefined => {
    if (!chosen.has(type)) {
      const size = (member: GraphQLObjectType): number => sizes.get(member.name) ?? Infinity;
      chosen.set(type, [...schema.getPossibleTypes(type)].sort((a, b) => size(a) - size(b))[0]);
    }
    return chosen.get(type);
  };

  const valueOf = (type: GraphQLOutputType, depth: number): unknown => {
    room -= 1;
    deepest = Math.max(deepest, depth);
    if (isNonNullType(type)) return presentOf(type.ofType, depth);
    return fits(type, depth) ? presentOf(type, depth) : null;
  };

  const presentOf = (type: GraphQLOutputType, depth: number): unknown => {
    if (isListType(type)) return fits(type.ofType, depth + 1) ? [valueOf(type.ofType, depth + 1)] : [];
    if (isEnumType(type)) return type.getValues()[0]!.name;
    if (isObjectType(type)) return objectOf(type, depth, false);
    if (isAbstractType(type)) return objectOf(smallestMember(type)!, depth, true);
    return structuredClone(scalarOf(String(type)).example);
  };

  const value = objectOf(entity, 1, false);
  return { value, depth: deepest };
}
