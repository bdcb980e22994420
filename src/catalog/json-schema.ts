/**
 * A model as JSON Schema (draft 2020-12). GraphQL's nullability is read as a payload has it: a
 * nullable field may be null or left out, a non-null one must be there; what the model does not
 * name is refused. Every object may carry __typename; a value of a union or an interface must,
 * because that is how GraphQL itself tells its object types apart (see check.ts, which says the
 * same in code; the tests hold the two together).
 */
import {
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLNamedOutputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type GraphQLUnionType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
} from 'graphql';

import { type JsonSchema, scalarOf } from './scalars.ts';

/** The schema of payloads of the type entity; the types that it reaches stand in $defs under their names. */
export function toJsonSchema(schema: GraphQLSchema, entity: GraphQLObjectType): JsonSchema {
  const found = new Set<GraphQLNamedOutputType>([entity]);
  const use = (type: GraphQLNamedOutputType): JsonSchema => {
    found.add(type);
    return { $ref: `#/$defs/${type.name}` };
  };
  const definitions: [string, JsonSchema][] = [];
  // A Set is walked in the order of its growth, so types found on the way get their turn.
  for (const type of found) definitions.push([type.name, definition(type, schema, use)]);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: entity.name,
    $ref: `#/$defs/${entity.name}`,
    $defs: Object.fromEntries(definitions),
  };
}

type Use = (type: GraphQLNamedOutputType) => JsonSchema;

function definition(type: GraphQLNamedOutputType, schema: GraphQLSchema, use: Use): JsonSchema {
  if (isObjectType(type)) return objectDefinition(type, use);
  if (isEnumType(type))
    return described(type.description, { type: 'string', enum: type.getValues().map((value) => value.name) });
  if (isScalarType(type)) return described(type.description, scalarOf(type.name).schema);
  return described(type.description, choice(type, schema, use));
}

function objectDefinition(type: GraphQLObjectType, use: Use): JsonSchema {
  const fields = Object.values(type.getFields());
  const required = fields.filter((field) => isNonNullType(field.type)).map((field) => field.name);
  return described(type.description, {
    type: 'object',
    properties: Object.fromEntries([
      ['__typename', { const: type.name }],
      ...fields.map((field) => [field.name, fieldSchema(field, use)]),
    ]),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  });
}

function choice(type: GraphQLUnionType | GraphQLInterfaceType, schema: GraphQLSchema, use: Use): JsonSchema {
  const members = [...schema.getPossibleTypes(type)];
  if (members.length === 0) return { not: {} };
  return {
    type: 'object',
    required: ['__typename'],
    properties: { __typename: { enum: members.map((member) => member.name) } },
    allOf: members.map((member) => ({
      if: { properties: { __typename: { const: member.name } } },
      then: use(member),
    })),
  };
}

function fieldSchema(field: GraphQLField<unknown, unknown>, use: Use): JsonSchema {
  return described(field.description, typeSchema(field.type, use));
}

function typeSchema(type: GraphQLOutputType, use: Use): JsonSchema {
  return isNonNullType(type) ? presentSchema(type.ofType, use) : orNull(presentSchema(type, use));
}

/** The schema of a type's values other than null. */
function presentSchema(type: GraphQLOutputType, use: Use): JsonSchema {
  if (isListType(type)) return { type: 'array', items: typeSchema(type.ofType, use) };
  if (isScalarType(type)) return scalarOf(type.name).schema;
  return use(type as GraphQLNamedOutputType);
}

function orNull(schema: JsonSchema): JsonSchema {
  const { type } = schema;
  if (Array.isArray(type)) return {};
  if (typeof type === 'string') return { ...schema, type: [type, 'null'] };
  return { anyOf: [schema, { type: 'null' }] };
}

function described(description: string | null | undefined, schema: JsonSchema): JsonSchema {
  return description ? { description, ...schema } : schema;
}
