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
import { documentLimits, MAX_DOCUMENT_BYTES, MAX_TOKENS } from './document-limits.ts';

/** What a client sends to subscribe. */
export interface SubscribePayload {
  query: string;
  operationName?: string | null | undefined;
  variables?: Record<string, unknown> | null | undefined;
}

const RULES = [...specifiedRules, documentLimits];

/** The document, ready to be executed, or the errors that stand against it, each with a code. */
export function readSubscription(schema: GraphQLSchema, payload: SubscribePayload) {
  const { query, operationName, variables } = payload;
  if (Buffer.byteLength(query) > MAX_DOCUMENT_BYTES)
    return {
      errors: [edgeError('PAYLOAD_TOO_LARGE', `The document is longer than ${MAX_DOCUMENT_BYTES} bytes.`)],
    };
  let document;
  try {
    document = parse(query, { maxTokens: MAX_TOKENS });
  } catch (error) {
    if (error instanceof GraphQLError) return { errors: [withCode('GRAPHQL_PARSE_FAILED', error)] };
    throw error;
  }
  const invalid = validate(schema, document, RULES, { hideSuggestions: true });
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
  return { document, operationName: operationName ?? null, variableValues: variables ?? {} };
}

function withCode(code: EdgeErrorCode, error: GraphQLError): GraphQLError {
  return new GraphQLError(error.message, {
    nodes: error.nodes,
    source: error.source,
    positions: error.positions,
    extensions: { code },
  });
}
