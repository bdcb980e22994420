/** Apollo Server as this API needs it: what it leaves open by default is closed here. */
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { type GraphQLSchema, OperationTypeNode } from 'graphql';

import type { Logger } from '../log.ts';
import { edgeError, RETRY_AFTER_SECONDS } from './answers.ts';
import type { Context } from './context.ts';
import type { Guard } from './guard.ts';
import type { Mask } from './masking.ts';

/** A server that is not started yet. */
export function createApollo(options: {
  schema: GraphQLSchema;
  guard: Guard;
  mask: Mask;
  logger: Logger;
}): ApolloServer<Context> {
  const { schema, guard, mask, logger } = options;
  return new ApolloServer<Context>({
    schema,
    logger,
    // Whether it is allowed is for the guard to say, which names the setting.
    introspection: true,
    csrfPrevention: true,
    persistedQueries: false,
    hideSchemaDetailsFromClientErrors: true,
    includeStacktraceInErrorResponses: false,
    // The process has one handler of its own; Apollo's would re-raise the signal in the middle of the clean-up.
    stopOnTerminationSignals: false,
    parseOptions: guard.parseOptions,
    // Without maxRecursiveSelections, because Apollo would then ask these rules last. They count the same
    // selections, and the limit is 2,000 and not ten million.
    validationRules: guard.rules,
    formatError: (_formatted, error) => mask(guard.explain(error)),
    plugins: [
      // It looks at each field of each answer, to say no-store in the end; the edge says so of everything.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      // Environment variables of Apollo's cloud must not make this server call out.
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      guardOperations(guard),
      statusForPlainJson,
      statusForNoDatabase,
      logOperations(logger),
    ],
  });
}

/** What has to be known of an operation before it runs. */
function guardOperations(guard: Guard): ApolloServerPlugin<Context> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        async didResolveOperation({ operation, document, request, contextValue }) {
          // Sent by POST it would be executed as if it were a query.
          if (operation?.operation === OperationTypeNode.SUBSCRIPTION)
            throw edgeError(
              'BAD_REQUEST',
              'Subscriptions run over WebSocket (graphql-transport-ws) at this address.',
              { http: { status: 400 } },
            );
          const refused = await guard.admit(contextValue.viewer.loginId, {
            document,
            operationName: request.operationName ?? null,
            variables: request.variables ?? {},
          });
          if (refused) throw refused;
        },
      }),
  };
}

const REFUSED_DOCUMENT = new Set(['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT']);

/**
 * Clients that only know application/json get 200 for a well-formed answer that holds nothing but
 * errors (GraphQL over HTTP, 6.4.1); those that ask for application/graphql-response+json get 400. What
 * a limit refused is well-formed, and 400 for both.
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
        const errors = (body.singleResult.errors ?? []).map((error) => error.extensions ?? {});
        if (errors.every(({ code, limit }) => REFUSED_DOCUMENT.has(String(code)) && limit === undefined))
          http.status = 200;
        return Promise.resolve();
      },
    }),
};

/**
 * 503 where the database gave no connection and nothing at all could be answered. Where a part was, such as the first of
 * two mutations, the answer stays a good one with errors in it: to repeat the whole is for the client to decide.
 */
const statusForNoDatabase: ApolloServerPlugin<Context> = {
  requestDidStart: () =>
    Promise.resolve({
      willSendResponse({ response: { body, http } }) {
        if (body.kind !== 'single') return Promise.resolve();
        const { data, errors = [] } = body.singleResult;
        const nothing = Object.values(data ?? {}).every((value) => value === null);
        if (nothing && errors.some(({ extensions }) => extensions?.['code'] === 'UNAVAILABLE')) {
          http.status = 503;
          http.headers.set('retry-after', String(RETRY_AFTER_SECONDS));
        }
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
