/**
 * Checks payloads against a model. In goes a value as JSON.parse gives it, out come at most ten
 * problems with their paths. A model becomes a net of small functions, one for each type: nothing
 * is generated, so the largest model is ready in a moment, and a check takes time linear in the
 * payload. (Ajv over the same model's JSON Schema takes seconds to compile an enum of 7,000 values,
 * and overflows the stack on 500 types or 5,000 fields; it is the oracle of the tests instead.)
 * Messages name fields and types, never a value: a payload may hold secrets, and an answer ends up
 * in somebody's log.
 */
import {
  type GraphQLAbstractType,
  type GraphQLNamedOutputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
} from 'graphql';
// Not in graphql's index, but the version is pinned.
import { didYouMean } from 'graphql/jsutils/didYouMean.js';
import { suggestionList } from 'graphql/jsutils/suggestionList.js';

import { shownName } from './json-text.ts';
import { scalarOf } from './scalars.ts';

/** One thing that is wrong with a payload, and where: ["user", "emails", "0"]. */
export interface ModelProblem {
  path: string[];
  message: string;
}

const MAX_PROBLEMS = 10;
const MAX_NAMED = 10;

/** Makes the check of payloads of the type entity; the payload must not be nested so deep that recursion overflows. */
export function makeCheck(
  schema: GraphQLSchema,
  entity: GraphQLObjectType,
): (value: unknown) => ModelProblem[] {
  const check = new Compiler(schema).named(entity);
  return (value) => {
    const findings = new Findings();
    check(value, findings);
    return findings.problems;
  };
}

/** What one check has found, and the path to where it is now. */
class Findings {
  readonly problems: ModelProblem[] = [];
  readonly path: (string | number)[] = [];

  get full(): boolean {
    return this.problems.length >= MAX_PROBLEMS;
  }

  add(message: string, ...further: string[]): void {
    if (this.full) return;
    this.problems.push({ path: [...this.path, ...further].map((part) => shownName(String(part))), message });
  }
}

/** Checks a value, null included, at the path of the findings. */
type Check = (value: unknown, findings: Findings) => void;

class Compiler {
  readonly #schema: GraphQLSchema;
  readonly #checks = new Map<string, Check>();

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  /** The check of a named type where null is not allowed; made once, so that types may hold themselves. */
  named(type: GraphQLNamedOutputType): Check {
    const known = this.#checks.get(type.name);
    if (known) return known;
    const later: { check?: Check } = {};
    this.#checks.set(type.name, (value, findings) => later.check!(value, findings));
    const check = (later.check = this.#make(type));
    this.#checks.set(type.name, check);
    return check;
  }

  #make(type: GraphQLNamedOutputType): Check {
    if (isObjectType(type)) return this.#object(type);
    if (isScalarType(type)) {
      const { accepts, says } = scalarOf(type.name);
      return (value, findings) => {
        if (!accepts(value)) findings.add(`Must be ${says}, is ${kindOf(value)}.`);
      };
    }
    if (isEnumType(type)) {
      const names = new Set<unknown>(type.getValues().map(({ name }) => name));
      const says = oneOf(type.getValues());
      return (value, findings) => {
        if (!names.has(value)) findings.add(`Must be ${says}, is ${kindOf(value)}.`);
      };
    }
    return this.#choice(type);
  }

  #of(type: GraphQLOutputType): Check {
    if (isNonNullType(type)) return this.#present(type.ofType);
    const check = this.#present(type);
    return (value, findings) => {
      if (value !== null) check(value, findings);
    };
  }

  #present(type: GraphQLOutputType): Check {
    return isListType(type) ? this.#list(this.#of(type.ofType)) : this.named(type as GraphQLNamedOutputType);
  }

  #list(check: Check): Check {
    return (value, findings) => {
      if (!Array.isArray(value)) return findings.add(`Must be a list, is ${kindOf(value)}.`);
      for (let index = 0; index < value.length && !findings.full; index += 1) {
        findings.path.push(index);
        check(value[index], findings);
        findings.path.pop();
      }
    };
  }

  #object(type: GraphQLObjectType): Check {
    const fields = Object.values(type.getFields());
    const required = fields.filter((field) => isNonNullType(field.type)).map((field) => field.name);
    const checks = new Map(fields.map((field) => [field.name, this.#of(field.type)]));
    checks.set('__typename', (value, findings) => {
      if (value !== type.name) findings.add(`Must be "${type.name}".`);
    });
    return (value, findings) => {
      if (!isObject(value)) return findings.add(`Must be an object (${type.name}), is ${kindOf(value)}.`);
      for (const name of required)
        if (!Object.hasOwn(value, name))
          findings.add(`Field "${name}" of ${type.name} is missing, and it may not be left out.`, name);
      for (const name of Object.keys(value)) {
        if (findings.full) return;
        const check = checks.get(name);
        if (check === undefined) {
          findings.add(unknownField(name, type), name);
          continue;
        }
        findings.path.push(name);
        check(value[name], findings);
        findings.path.pop();
      }
    };
  }

  /**
   * A value of a union or an interface says in __typename which object type it is, as GraphQL's own
   * answers do. Trying the types in turn would take time exponential in the depth of a payload.
   */
  #choice(type: GraphQLAbstractType): Check {
    const members = this.#schema.getPossibleTypes(type);
    const checks = new Map<unknown, Check>(members.map((member) => [member.name, this.named(member)]));
    const says = oneOf(members);
    return (value, findings) => {
      if (members.length === 0)
        return findings.add(`No type implements ${type.name}, so only null fits here.`);
      if (!isObject(value)) return findings.add(`Must be an object (${type.name}), is ${kindOf(value)}.`);
      const check = Object.hasOwn(value, '__typename') ? checks.get(value.__typename) : undefined;
      if (check) return check(value, findings);
      findings.add(`Field "__typename" must say which type of ${type.name} this is: ${says}.`, '__typename');
    };
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unknownField(name: string, type: GraphQLObjectType): string {
  const shown = shownName(name);
  const near = shown === name ? suggestionList(name, Object.keys(type.getFields())) : [];
  return `Unknown field "${shown}" of ${type.name}.${didYouMean(near)}`;
}

function oneOf(named: readonly { name: string }[]): string {
  const names = named.slice(0, MAX_NAMED).map(({ name }) => name);
  const more = named.length > MAX_NAMED ? ` and ${named.length - MAX_NAMED} more` : '';
  return named.length === 1 ? names[0]! : `one of ${names.join(', ')}${more}`;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number' && !Number.isInteger(value)) return 'a number with a fraction';
  return (
    { string: 'a string', number: 'a number', boolean: 'a boolean' }[typeof value as string] ?? 'an object'
  );
}
