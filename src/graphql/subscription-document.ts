/** Reads a document that came over a socket as Apollo reads one that came over HTTP, with the same limits. */
import {
  getOperationAST,
  getVariableValues,
  GraphQLError,
  type GraphQLSchema,
  OperationTypeNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';

import { edgeError, type EdgeErrorCode } from './answers.ts';
import type { Guard } from './guard.ts';

/** What a client sends to subscribe. */
export interface SubscribePayload {
  query: string;
  operationName?: string | null | undefined;
  variables?: Record<string, unknown> | null | undefined;
}

/** The document, ready to be weighed and executed, or the errors that stand against it, each with a code. */
export function readSubscription(schema: GraphQLSchema, guard: Guard, payload: SubscribePayload) {
  const { query, operationName, variables } = payload;
  const tooLong = guard.checkLength(query);
  if (tooLong) return { errors: [tooLong] };
  let document;
  try {
    document = parse(query, guard.parseOptions);
  } catch (error) {
    const explained = guard.explain(error);
    if (explained instanceof GraphQLError) return { errors: [withCode('GRAPHQL_PARSE_FAILED', explained)] };
    throw error;
  }
  const rules = [...specifiedRules, ...guard.rules];
  const invalid = validate(schema, document, rules, { hideSuggestions: true });
  if (invalid.length > 0)
    return { errors: invalid.map((error) => withCode('GRAPHQL_VALIDATION_FAILED', error)) };
  const operation = getOperationAST(document, operationName);
  if (!operation)
    return {
      errors: [edgeError('OPERATION_RESOLUTION_FAILURE', 'The document does not hold the operation to run.')],
    };
  if (operation.operation !== OperationTypeNode.SUBSCRIPTION)
    return {
      errors: [
        edgeError(
          'BAD_REQUEST',
          'Only subscriptions run over WebSocket; send queries and mutations by POST to /graphql.',
        ),
      ],
    };
  const values = getVariableValues(schema, operation.variableDefinitions ?? [], variables ?? {}, {
    hideSuggestions: true,
    maxErrors: 50,
  });
  if (values.errors) return { errors: values.errors.map((error) => withCode('BAD_USER_INPUT', error)) };
  return { operation: { document, operationName: operationName ?? null, variables: variables ?? {} } };
}

function withCode(code: EdgeErrorCode, error: GraphQLError): GraphQLError {
  return new GraphQLError(error.message, {
    nodes: error.nodes,
    source: error.source,
    positions: error.positions,
    extensions: { ...error.extensions, code },
  });
}
