/** A schema as one line for each of its parts, so that two schemas can be compared as text. */
import {
  astFromValue,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
  print,
} from 'graphql';

/**
 * Name of each part ("Type", "Type.field", "Type.field(arg)", "Enum.VALUE") and what it looks like:
 * kind and interfaces of a type, type and default of everything else.
 */
export function outline(schema: GraphQLSchema): Map<string, string> {
  const parts = new Map<string, string>();
  for (const [name, type] of Object.entries(schema.getTypeMap())) {
    if (name.startsWith('__') || isSpecifiedScalarType(type)) continue;
    const interfaces =
      isObjectType(type) || isInterfaceType(type) ? type.getInterfaces().map(String).sort() : [];
    parts.set(name, [type.constructor.name, ...interfaces].join(' '));
    if (isEnumType(type)) for (const value of type.getValues()) parts.set(`${name}.${value.name}`, '');
    if (isInputObjectType(type))
      for (const field of Object.values(type.getFields())) parts.set(`${name}.${field.name}`, input(field));
    if (isObjectType(type) || isInterfaceType(type))
      for (const field of Object.values(type.getFields())) {
        parts.set(`${name}.${field.name}`, String(field.type));
        for (const arg of field.args) parts.set(`${name}.${field.name}(${arg.name})`, input(arg));
      }
  }
  return parts;
}

function input({ type, defaultValue }: GraphQLArgument | GraphQLInputField): string {
  if (defaultValue === undefined) return String(type);
  return `${String(type)} = ${print(astFromValue(defaultValue, type)!)}`;
}

/** The names in `wanted` that `present` lacks; of a type that is missing whole, only the type. */
export function missingParts(wanted: Map<string, string>, present: Map<string, string>): string[] {
  const gone = [...wanted.keys()].filter((name) => !present.has(name));
  return gone.filter((name) => parentsOf(name).every((parent) => present.has(parent))).sort();
}

function parentsOf(name: string): string[] {
  const type = name.split('.')[0]!;
  const field = name.split('(')[0]!;
  return [type, field].filter((parent) => parent !== name);
}
