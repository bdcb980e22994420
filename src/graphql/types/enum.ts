/** Enums of the schema: each is one table of value and description, so that no value can lack one. */
import { registerEnumType } from 'type-graphql';

/** The object form that type-graphql wants: every value under its own name. */
export type EnumObject<V extends string> = { readonly [K in V]: K };

/** Registers an enum under its name; the keys of `values` are its values, their texts the descriptions. */
export function defineEnum<V extends string>(
  name: string,
  description: string,
  values: Readonly<Record<V, string>>,
): EnumObject<V> {
  const names = Object.keys(values) as V[];
  const enumObject = Object.fromEntries(names.map((value) => [value, value])) as EnumObject<V>;
  registerEnumType(enumObject as Record<string, string>, {
    name,
    description,
    valuesConfig: Object.fromEntries(names.map((value) => [value, { description: values[value] }])),
  });
  return enumObject;
}
