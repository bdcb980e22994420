/**
 * The guard: what an operation may ask for, the same over HTTP and over WebSocket, so that no limit
 * holds on one of them only. Comes in: a document with its variables, and who sends it. Goes out:
 * nothing, or the error that says which setting refused it. All of it happens before a resolver runs.
 */
import {
  type DocumentNode,
  getOperationAST,
  getVariableValues,
  GraphQLError,
  type GraphQLSchema,
  type ValidationRule,
} from 'graphql';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

import type { Config } from '../config.ts';
import { edgeError, limitError } from './answers.ts';
import { costOf } from './cost.ts';
import { type DocumentLimits, documentLimits } from './document-limits.ts';

/** The settings that the guard is made of. */
export type GuardConfig = DocumentLimits &
  Pick<Config, 'maxDocumentBytes' | 'maxTokens' | 'maxCost' | 'maxCostPerMinute' | 'introspection'>;

/** A document that fits the schema, with the operation of it that is to run. */
export interface Operation {
  document: DocumentNode;
  operationName: string | null;
  variables: Record<string, unknown>;
}

/** One for a server. */
export interface Guard {
  /** For graphql-js's parser. */
  parseOptions: { maxTokens: number };
  /** To be validated with, besides graphql-js's own. */
  rules: ValidationRule[];
  /** What is wrong with the length of a document; undefined when nothing is. */
  checkLength(document: string): GraphQLError | undefined;
  /** The error of a parser that gave up on the number of tokens, with the limit's name; others as they are. */
  explain(error: unknown): unknown;
  /** Weighs an operation and charges it to its login; the error when it costs too much, or too much for now. */
  admit(loginId: string, operation: Operation): Promise<GraphQLError | undefined>;
}

/** The time over which costs are added up, in seconds. */
const RATE_WINDOW_S = 60;

/** Makes the guard. What each login has used up is known to this process only, and forgotten with it. */
export function createGuard(schema: GraphQLSchema, config: GuardConfig): Guard {
  const budget = new RateLimiterMemory({ points: config.maxCostPerMinute, duration: RATE_WINDOW_S });

  /** Undefined for variables that do not fit: whoever executes the operation refuses them, all at once. */
  function weigh(operation: Operation): number | GraphQLError | undefined {
    try {
      return costOf(schema, operation);
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      const definitions = getOperationAST(operation.document, operation.operationName)?.variableDefinitions;
      return getVariableValues(schema, definitions ?? [], operation.variables).errors
        ? undefined
        : edgeError('BAD_USER_INPUT', error.message, { http: { status: 400 } });
    }
  }

  async function charge(loginId: string, cost: number): Promise<GraphQLError | undefined> {
    try {
      await budget.consume(loginId, cost);
      return undefined;
    } catch (used) {
      if (!(used instanceof RateLimiterRes)) throw used;
      const seconds = Math.ceil(used.msBeforeNext / 1000);
      return limitError(
        'RATE_LIMITED',
        'maxCostPerMinute',
        `The operations of this login cost more than ${config.maxCostPerMinute} points in a minute; come back in ${seconds} s`,
        { extensions: { http: { status: 429, headers: new Map([['retry-after', String(seconds)]]) } } },
      );
    }
  }

  return {
    parseOptions: { maxTokens: config.maxTokens },
    rules: [documentLimits(config), ...(config.introspection ? [] : [noIntrospection])],
    checkLength(document) {
      if (Buffer.byteLength(document) <= config.maxDocumentBytes) return undefined;
      return limitError(
        'PAYLOAD_TOO_LARGE',
        'maxDocumentBytes',
        `The document is longer than ${config.maxDocumentBytes} bytes; give values as variables`,
      );
    },
    explain(error) {
      if (!(error instanceof GraphQLError) || !TOO_MANY_TOKENS.test(error.message)) return error;
      return limitError(
        'GRAPHQL_PARSE_FAILED',
        'maxTokens',
        `The document has more than ${config.maxTokens} tokens`,
      );
    },
    async admit(loginId, operation) {
      const cost = weigh(operation);
      if (cost instanceof GraphQLError) return cost;
      if (cost === undefined || cost <= config.maxCost) return charge(loginId, cost ?? 1);
      return limitError(
        'COST_EXCEEDED',
        'maxCost',
        `The operation costs ${cost} points; ${config.maxCost} are allowed. Ask for smaller pages, or for less of each row`,
        { extensions: { http: { status: 400 } } },
      );
    },
  };
}

/** graphql-js tells this mistake from others by its sentence only; it writes "more that". */
const TOO_MANY_TOKENS = /Document contains more tha[nt] \d+ tokens/;

/** Like graphql-js's NoSchemaIntrospectionCustomRule, with the name of the setting. */
const noIntrospection: ValidationRule = (context) => ({
  Field(node) {
    const name = node.name.value;
    if (name === '__schema' || name === '__type')
      context.reportError(
        limitError(
          'GRAPHQL_VALIDATION_FAILED',
          'introspection',
          'Introspection is switched off on this server',
          {
            nodes: node,
          },
        ),
      );
  },
});
