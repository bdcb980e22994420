/** Apollo Server as this API needs it: what it leaves open by default is closed here. */
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { type GraphQLSchema, OperationTypeNode } from 'graphql';

import type { Logger } from '../log.ts';
import { edgeError } from './answers.ts';
import type { Context } from './context.ts';
import { documentLimits, MAX_TOKENS } from './document-limits.ts';
import type { Mask } from './masking.ts';

/** A server that is not started yet. */
export function createApollo(options: {
  schema: GraphQLSchema;
  mask: Mask;
  logger: Logger;
}): ApolloServer<Context> {
  return new ApolloServer<Context>({
    schema: options.schema,
    logger: options.logger,
    introspection: true,
    csrfPrevention: true,
    persistedQueries: false,
    hideSchemaDetailsFromClientErrors: true,
    includeStacktraceInErrorResponses: false,
    // The process has one handler of its own; Apollo's would re-raise the signal in the middle of the clean-up.
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: MAX_TOKENS },
    validationRules: [documentLimits],
    formatError: (_formatted, error) => options.mask(error),
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      // Environment variables of Apollo's cloud must not make this server call out.
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      noSubscriptions,
      statusForPlainJson,
      logOperations(options.logger),
    ],
  });
}

/** Without it a subscription sent by POST would be executed as if it were a query. */
const noSubscriptions: ApolloServerPlugin<Context> = {
  requestDidStart: () =>
    Promise.resolve({
      didResolveOperation({ operation }) {
        if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return Promise.resolve();
        throw edgeError(
          'BAD_REQUEST',
          'Subscriptions run over WebSocket (graphql-transport-ws) at this address.',
          {
            http: { status: 400 },
          },
        );
      },
    }),
};

const REFUSED_DOCUMENT = new Set(['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT']);

/**
 * Clients that only know application/json get 200 for a well-formed answer that holds nothing but
 * errors (GraphQL over HTTP, 6.4.1); those that ask for application/graphql-response+json get 400.
 */
const statusForPlainJson: ApolloServerPlugin<Context> = {
  requestDidStart: () =>
    Promise.resolve({
      willSendResponse({ request, response }) {
        const accept = request.http?.headers.get('accept') ?? '';
        const { body, http } = response;
        if (
          http.status !== 400 ||
          body.kind !== 'single' ||
          accept.includes('application/graphql-response+json')
        )
          return Promise.resolve();
        const codes = (body.singleResult.errors ?? []).map((error) => String(error.extensions?.['code']));
        if (codes.every((code) => REFUSED_DOCUMENT.has(code))) http.status = 200;
        return Promise.resolve();
      },
    }),
};

function logOperations(logger: Logger): ApolloServerPlugin<Context> {
  return {
    requestDidStart() {
      const startedAt = performance.now();
      return Promise.resolve({
        willSendResponse({ operationName, operation, contextValue, errors }) {
          logger.debug(
            {
              operation: operationName ?? null,
              type: operation?.operation ?? null,
              login: contextValue.viewer.loginId,
              durationMs: Math.round(performance.now() - startedAt),
              errors: errors?.length ?? 0,
            },
            'request',
          );
          return Promise.resolve();
        },
      });
    },
  };
}
