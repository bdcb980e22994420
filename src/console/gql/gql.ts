/* eslint-disable */
import * as types from './graphql';
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';

/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "query DeliveriesTable($first: Int!, $after: String, $filter: DeliveryFilterInput) {\n  deliveries(first: $first, after: $after, filter: $filter) {\n    nodes {\n      ...DeliveryRow\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n    streamCursor\n  }\n}\n\nsubscription DeliveriesTableEvents($after: StreamCursor, $filter: DeliveryFilterInput) {\n  deliveryEvents(after: $after, filter: $filter, mode: LATEST_PER_DELIVERY) {\n    cursor\n    caughtUp\n    reset\n    events {\n      kind\n      delivery {\n        ...DeliveryRow\n      }\n    }\n  }\n}\n\nfragment DeliveryRow on Delivery {\n  id\n  status\n  version\n  attemptCount\n  nextAttemptAt\n  createdAt\n  completedAt\n  origin\n  webhookNumber\n  webhook {\n    id\n    number\n    name\n  }\n  endpoint {\n    id\n    target\n  }\n  event {\n    id\n    resource\n    name\n    entityId\n    occurredAt\n  }\n  latestAttempt {\n    id\n    number\n    outcome\n    startedAt\n    durationMs\n    failure {\n      code\n      message\n    }\n    response {\n      statusCode\n    }\n  }\n}": typeof types.DeliveriesTableDocument,
    "query PaletteWebhooks($search: String!) {\n  webhooks(first: 6, filter: {search: $search}) {\n    nodes {\n      id\n      number\n      name\n    }\n  }\n}": typeof types.PaletteWebhooksDocument,
    "query ConsoleViewer {\n  viewer {\n    id\n    number\n    name\n    email\n    permissions\n    account {\n      id\n      number\n      name\n    }\n    teams {\n      id\n      name\n    }\n  }\n}": typeof types.ConsoleViewerDocument,
    "mutation ConsoleWebhookDelete($id: ID!) {\n  webhookDelete(id: $id) {\n    deletedId\n    errors {\n      code\n      field\n      message\n    }\n  }\n}": typeof types.ConsoleWebhookDeleteDocument,
    "query WebhooksTable($first: Int!, $after: String, $filter: WebhookFilterInput, $orderBy: [WebhookOrderInput!]) {\n  webhooks(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {\n    nodes {\n      ...WebhookRow\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n    totalCount\n  }\n}\n\nsubscription WebhooksTableChanges {\n  webhookChanges {\n    id\n    kind\n    webhook {\n      ...WebhookRow\n    }\n  }\n}\n\nfragment WebhookRow on Webhook {\n  id\n  number\n  version\n  name\n  description\n  status\n  statusReason\n  login {\n    id\n    number\n    name\n  }\n  forLogin {\n    id\n    number\n    name\n  }\n  team {\n    id\n    name\n  }\n}": typeof types.WebhooksTableDocument,
};
const documents: Documents = {
    "query DeliveriesTable($first: Int!, $after: String, $filter: DeliveryFilterInput) {\n  deliveries(first: $first, after: $after, filter: $filter) {\n    nodes {\n      ...DeliveryRow\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n    streamCursor\n  }\n}\n\nsubscription DeliveriesTableEvents($after: StreamCursor, $filter: DeliveryFilterInput) {\n  deliveryEvents(after: $after, filter: $filter, mode: LATEST_PER_DELIVERY) {\n    cursor\n    caughtUp\n    reset\n    events {\n      kind\n      delivery {\n        ...DeliveryRow\n      }\n    }\n  }\n}\n\nfragment DeliveryRow on Delivery {\n  id\n  status\n  version\n  attemptCount\n  nextAttemptAt\n  createdAt\n  completedAt\n  origin\n  webhookNumber\n  webhook {\n    id\n    number\n    name\n  }\n  endpoint {\n    id\n    target\n  }\n  event {\n    id\n    resource\n    name\n    entityId\n    occurredAt\n  }\n  latestAttempt {\n    id\n    number\n    outcome\n    startedAt\n    durationMs\n    failure {\n      code\n      message\n    }\n    response {\n      statusCode\n    }\n  }\n}": types.DeliveriesTableDocument,
    "query PaletteWebhooks($search: String!) {\n  webhooks(first: 6, filter: {search: $search}) {\n    nodes {\n      id\n      number\n      name\n    }\n  }\n}": types.PaletteWebhooksDocument,
    "query ConsoleViewer {\n  viewer {\n    id\n    number\n    name\n    email\n    permissions\n    account {\n      id\n      number\n      name\n    }\n    teams {\n      id\n      name\n    }\n  }\n}": types.ConsoleViewerDocument,
    "mutation ConsoleWebhookDelete($id: ID!) {\n  webhookDelete(id: $id) {\n    deletedId\n    errors {\n      code\n      field\n      message\n    }\n  }\n}": types.ConsoleWebhookDeleteDocument,
    "query WebhooksTable($first: Int!, $after: String, $filter: WebhookFilterInput, $orderBy: [WebhookOrderInput!]) {\n  webhooks(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {\n    nodes {\n      ...WebhookRow\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n    totalCount\n  }\n}\n\nsubscription WebhooksTableChanges {\n  webhookChanges {\n    id\n    kind\n    webhook {\n      ...WebhookRow\n    }\n  }\n}\n\nfragment WebhookRow on Webhook {\n  id\n  number\n  version\n  name\n  description\n  status\n  statusReason\n  login {\n    id\n    number\n    name\n  }\n  forLogin {\n    id\n    number\n    name\n  }\n  team {\n    id\n    name\n  }\n}": types.WebhooksTableDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 *
 *
 * @example
 * ```ts
 * const query = graphql(`query GetUser($id: ID!) { user(id: $id) { name } }`);
 * ```
 *
 * The query argument is unknown!
 * Please regenerate the types.
 */
export function graphql(source: string): unknown;

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query DeliveriesTable($first: Int!, $after: String, $filter: DeliveryFilterInput) {\n  deliveries(first: $first, after: $after, filter: $filter) {\n    nodes {\n      ...DeliveryRow\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n    streamCursor\n  }\n}\n\nsubscription DeliveriesTableEvents($after: StreamCursor, $filter: DeliveryFilterInput) {\n  deliveryEvents(after: $after, filter: $filter, mode: LATEST_PER_DELIVERY) {\n    cursor\n    caughtUp\n    reset\n    events {\n      kind\n      delivery {\n        ...DeliveryRow\n      }\n    }\n  }\n}\n\nfragment DeliveryRow on Delivery {\n  id\n  status\n  version\n  attemptCount\n  nextAttemptAt\n  createdAt\n  completedAt\n  origin\n  webhookNumber\n  webhook {\n    id\n    number\n    name\n  }\n  endpoint {\n    id\n    target\n  }\n  event {\n    id\n    resource\n    name\n    entityId\n    occurredAt\n  }\n  latestAttempt {\n    id\n    number\n    outcome\n    startedAt\n    durationMs\n    failure {\n      code\n      message\n    }\n    response {\n      statusCode\n    }\n  }\n}"): (typeof documents)["query DeliveriesTable($first: Int!, $after: String, $filter: DeliveryFilterInput) {\n  deliveries(first: $first, after: $after, filter: $filter) {\n    nodes {\n      ...DeliveryRow\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n    streamCursor\n  }\n}\n\nsubscription DeliveriesTableEvents($after: StreamCursor, $filter: DeliveryFilterInput) {\n  deliveryEvents(after: $after, filter: $filter, mode: LATEST_PER_DELIVERY) {\n    cursor\n    caughtUp\n    reset\n    events {\n      kind\n      delivery {\n        ...DeliveryRow\n      }\n    }\n  }\n}\n\nfragment DeliveryRow on Delivery {\n  id\n  status\n  version\n  attemptCount\n  nextAttemptAt\n  createdAt\n  completedAt\n  origin\n  webhookNumber\n  webhook {\n    id\n    number\n    name\n  }\n  endpoint {\n    id\n    target\n  }\n  event {\n    id\n    resource\n    name\n    entityId\n    occurredAt\n  }\n  latestAttempt {\n    id\n    number\n    outcome\n    startedAt\n    durationMs\n    failure {\n      code\n      message\n    }\n    response {\n      statusCode\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query PaletteWebhooks($search: String!) {\n  webhooks(first: 6, filter: {search: $search}) {\n    nodes {\n      id\n      number\n      name\n    }\n  }\n}"): (typeof documents)["query PaletteWebhooks($search: String!) {\n  webhooks(first: 6, filter: {search: $search}) {\n    nodes {\n      id\n      number\n      name\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query ConsoleViewer {\n  viewer {\n    id\n    number\n    name\n    email\n    permissions\n    account {\n      id\n      number\n      name\n    }\n    teams {\n      id\n      name\n    }\n  }\n}"): (typeof documents)["query ConsoleViewer {\n  viewer {\n    id\n    number\n    name\n    email\n    permissions\n    account {\n      id\n      number\n      name\n    }\n    teams {\n      id\n      name\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation ConsoleWebhookDelete($id: ID!) {\n  webhookDelete(id: $id) {\n    deletedId\n    errors {\n      code\n      field\n      message\n    }\n  }\n}"): (typeof documents)["mutation ConsoleWebhookDelete($id: ID!) {\n  webhookDelete(id: $id) {\n    deletedId\n    errors {\n      code\n      field\n      message\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query WebhooksTable($first: Int!, $after: String, $filter: WebhookFilterInput, $orderBy: [WebhookOrderInput!]) {\n  webhooks(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {\n    nodes {\n      ...WebhookRow\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n    totalCount\n  }\n}\n\nsubscription WebhooksTableChanges {\n  webhookChanges {\n    id\n    kind\n    webhook {\n      ...WebhookRow\n    }\n  }\n}\n\nfragment WebhookRow on Webhook {\n  id\n  number\n  version\n  name\n  description\n  status\n  statusReason\n  login {\n    id\n    number\n    name\n  }\n  forLogin {\n    id\n    number\n    name\n  }\n  team {\n    id\n    name\n  }\n}"): (typeof documents)["query WebhooksTable($first: Int!, $after: String, $filter: WebhookFilterInput, $orderBy: [WebhookOrderInput!]) {\n  webhooks(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {\n    nodes {\n      ...WebhookRow\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n    totalCount\n  }\n}\n\nsubscription WebhooksTableChanges {\n  webhookChanges {\n    id\n    kind\n    webhook {\n      ...WebhookRow\n    }\n  }\n}\n\nfragment WebhookRow on Webhook {\n  id\n  number\n  version\n  name\n  description\n  status\n  statusReason\n  login {\n    id\n    number\n    name\n  }\n  forLogin {\n    id\n    number\n    name\n  }\n  team {\n    id\n    name\n  }\n}"];

export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

export type DocumentType<TDocumentNode extends DocumentNode<any, any>> = TDocumentNode extends DocumentNode<  infer TType,  any>  ? TType  : never;