/**
 * Reads a model's text. In goes GraphQL SDL as somebody wrote it, out comes a schema and its entity
 * (the first object type), or everything that is wrong with it, each with line and column. No text,
 * however hostile, may take more than a moment: size, nesting and counts are bounded before the
 * parts of graphql-js run that recurse or compare everything with everything.
 */
import {
  buildASTSchema,
  type DefinitionNode,
  type DocumentNode,
  GraphQLError,
  type GraphQLObjectType,
  type GraphQLSchema,
  isTypeSystemDefinitionNode,
  isTypeSystemExtensionNode,
  Kind,
  Lexer,
  parse,
  Source,
  TokenKind,
  validateSchema,
} from 'graphql';
// Not in graphql's index, but the only check of SDL that keeps locations; the version is pinned.
import { specifiedSDLRules } from 'graphql/validation/specifiedRules.js';
import { validateSDL } from 'graphql/validation/validate.js';
import type { SDLValidationRule } from 'graphql/validation/ValidationContext.js';

import { ok, type Problem, problem, refused, type Result } from '../errors.ts';
import { SCALARS } from './scalars.ts';

/** The longest model, in bytes of UTF-8. */
export const MAX_MODEL_BYTES = 64 * 1024;
const MAX_TYPES = 500;
const MAX_FIELDS = 5000;
const MAX_NESTING = 20;
/** Fields that implementers take over from interfaces, summed over all of them; graphql-js compares each. */
const MAX_INHERITED = 5000;
const MAX_PROBLEMS = 10;
const BUILT_IN = new Set(['String', 'ID', 'Int', 'Float', 'Boolean']);
const OPENING = new Set<TokenKind>([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const CLOSING = new Set<TokenKind>([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/** A model that was read: its types, and the type that payloads have. */
export interface ModelTypes {
  schema: GraphQLSchema;
  entity: GraphQLObjectType;
}

/** Reads and checks SDL; the messages of problems begin with "line 3, column 7: " where there is a place. */
export function readModel(sdl: string): Result<ModelTypes> {
  if (sdl.trim() === '') return refused(problem('REQUIRED', ['model'], 'The model is empty.'));
  const bytes = Buffer.byteLength(sdl);
  if (bytes > MAX_MODEL_BYTES)
    return refused(
      problem(
        'TOO_LONG',
        ['model'],
        `A model takes at most ${MAX_MODEL_BYTES} bytes, this one has ${bytes}.`,
      ),
    );
  const parsed = parseModel(sdl);
  if (!parsed.ok) return parsed;
  const document = parsed.value;
  const counted = checkCounts(document);
  if (counted) return refused(counted);
  const entity = document.definitions.find((definition) => definition.kind === Kind.OBJECT_TYPE_DEFINITION);
  if (!entity)
    return refused(
      problem(
        'INVALID',
        ['model'],
        'line 1, column 1: A model needs an object type; the first is the entity.',
      ),
    );
  const whole = withScalars(document);
  const faults = findFaults(whole);
  if (faults.length > 0) return refused(...toProblems(faults));
  const schema = buildASTSchema(withEntityAsRoot(whole, entity.name.value), { assumeValidSDL: true });
  const wrong = validateSchema(schema);
  if (wrong.length > 0) return refused(...toProblems(wrong));
  return ok({ schema, entity: schema.getType(entity.name.value) as GraphQLObjectType });
}

/** One problem of a model at the place of a syntax node, as the messages of readModel write it. */
export function problemAt(
  node: { loc?: { startToken: { line: number; column: number } } } | null | undefined,
  message: string,
): Problem {
  const place = node?.loc?.startToken;
  return problem(
    'INVALID',
    ['model'],
    place ? `line ${place.line}, column ${place.column}: ${message}` : message,
  );
}

function parseModel(sdl: string): Result<DocumentNode> {
  try {
    const source = new Source(sdl);
    const lexer = new Lexer(source);
    let depth = 0;
    for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
      if (OPENING.has(token.kind) && ++depth > MAX_NESTING)
        return refused(
          problemAt({ loc: { startToken: token } }, `Brackets nest deeper than ${MAX_NESTING}.`),
        );
      if (CLOSING.has(token.kind)) depth -= 1;
    }
    return ok(parse(source));
  } catch (error) {
    if (error instanceof GraphQLError) return refused(...toProblems([error]));
    throw error;
  }
}

function checkCounts(document: DocumentNode): Problem | undefined {
  let fields = 0;
  for (const [index, definition] of document.definitions.entries()) {
    if (!isTypeSystemDefinitionNode(definition) && !isTypeSystemExtensionNode(definition))
      return problemAt(definition, 'A model holds type definitions, no operations or fragments.');
    if (index >= MAX_TYPES)
      return {
        ...problemAt(definition, `A model takes at most ${MAX_TYPES} definitions.`),
        code: 'TOO_MANY',
      };
    const name = 'name' in definition ? definition.name?.value : undefined;
    if (
      name?.startsWith('__') ||
      (BUILT_IN.has(name ?? '') && definition.kind !== Kind.SCALAR_TYPE_DEFINITION)
    )
      return problemAt(definition, `The name ${name} is GraphQL's own.`);
    if ('fields' in definition) fields += definition.fields?.length ?? 0;
    if (fields > MAX_FIELDS) return tooMany(definition, `A model takes at most ${MAX_FIELDS} fields.`);
  }
  return checkInherited(document);
}

function checkInherited(document: DocumentNode): Problem | undefined {
  const sizes = new Map<string, number>();
  for (const node of document.definitions)
    if (node.kind === Kind.INTERFACE_TYPE_DEFINITION || node.kind === Kind.INTERFACE_TYPE_EXTENSION)
      sizes.set(node.name.value, (sizes.get(node.name.value) ?? 0) + (node.fields?.length ?? 0));
  let inherited = 0;
  for (const node of document.definitions) {
    if (!('interfaces' in node)) continue;
    for (const { name } of node.interfaces ?? []) inherited += 1 + (sizes.get(name.value) ?? 0);
    if (inherited > MAX_INHERITED)
      return tooMany(
        node,
        `The types of a model implement at most ${MAX_INHERITED} interfaces and their fields, counted for each type.`,
      );
  }
  return undefined;
}

function tooMany(node: DefinitionNode, message: string): Problem {
  return { ...problemAt(node, message), code: 'TOO_MANY' };
}

/** Runs graphql-js's rules for SDL, but no longer than to the tenth error: each may cost a search for similar names. */
function findFaults(document: DocumentNode): GraphQLError[] {
  const faults: GraphQLError[] = [];
  const enough = new Error('enough faults');
  const counting: SDLValidationRule = (context) => {
    context.reportError = (error) => {
      faults.push(error);
      if (faults.length === MAX_PROBLEMS) throw enough;
    };
    return {};
  };
  try {
    validateSDL(document, undefined, [counting, ...specifiedSDLRules]);
  } catch (error) {
    if (error !== enough) throw error;
  }
  return faults;
}

function withScalars(document: DocumentNode): DocumentNode {
  const declared = new Set(
    document.definitions.map((node) => ('name' in node ? node.name?.value : undefined)),
  );
  const missing = [...SCALARS.keys()].filter((name) => !declared.has(name) && !BUILT_IN.has(name));
  const scalars = missing.map((name): DefinitionNode => ({
    kind: Kind.SCALAR_TYPE_DEFINITION,
    name: { kind: Kind.NAME, value: name },
  }));
  return { ...document, definitions: [...document.definitions, ...scalars] };
}

/** graphql-js calls a schema valid only when it has a query type; which one a model names is of no matter here. */
function withEntityAsRoot(document: DocumentNode, entity: string): DocumentNode {
  const types = document.definitions.filter(
    ({ kind }) => kind !== Kind.SCHEMA_DEFINITION && kind !== Kind.SCHEMA_EXTENSION,
  );
  const root: DefinitionNode = {
    kind: Kind.SCHEMA_DEFINITION,
    operationTypes: [
      {
        kind: Kind.OPERATION_TYPE_DEFINITION,
        operation: 'query' as never,
        type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: entity } },
      },
    ],
  };
  return { ...document, definitions: [...types, root] };
}

function toProblems(errors: readonly GraphQLError[]): Problem[] {
  return errors.slice(0, MAX_PROBLEMS).map((error) => {
    const place = error.locations?.[0];
    const message = error.message.replace(/^Syntax Error: /, '');
    return problem(
      'INVALID',
      ['model'],
      place ? `line ${place.line}, column ${place.column}: ${message}` : message,
    );
  });
}
