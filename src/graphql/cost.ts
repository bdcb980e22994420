/**
 * What an operation may cost, weighed before it runs: a point for each object that it can return. A page
 * counts as many rows as were asked for; a list without such arguments as many as SIZES says.
 */
import {
  type DocumentNode,
  getNamedType,
  getNullableType,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  isCompositeType,
  isInputObjectType,
  isListType,
  isUnionType,
  Kind,
  visit,
} from 'graphql';
import { type ComplexityEstimator, getComplexity } from 'graphql-query-complexity';

import { DEFAULT_PAGE, MAX_PAGE } from '../db/page.ts';
import { Json } from './scalars.ts';

/** The arguments of a field, as its resolver gets them. */
type Args = Record<string, unknown>;
/** How many objects a field returns, or how that follows from its arguments. */
type Size = number | ((args: Args) => number);

/** Publishing is cheap for its size: all events of a call are written by a few statements. */
const EVENTS_PER_POINT = 10;
/** So many rows are counted in the time of reading one object whole. */
const COUNTED_PER_POINT = 1_000;
/** A point of a chart is the sum of a row or two. */
const CHART_POINTS = 10;
/** Judging a draft or a webhook asks DNS for up to twenty addresses. */
const DRAFT_CHECK = 20;
/** The whole history may be looked through for what a replay matches. */
const REPLAY_LOOK = 100;
/** The schema is in memory: a hundred of its objects cost as much as one from the database. */
const SCHEMA_OBJECTS_PER_POINT = 100;

/** Counting goes no further than its limit. */
function counted({ limit }: Args): number {
  return (limit as number) / COUNTED_PER_POINT;
}

/**
 * How many objects the lists hold that take no paging arguments: what is usual, not what is possible.
 * An interface's row counts for all types that implement it.
 */
export const SIZES: Record<string, Size> = {
  'Query.accessTokens': 20,
  'Query.catalog': 50,
  'Query.webhookDrafts': 20,
  'Query.nodes': ({ ids }) => (ids as unknown[]).length,
  'Query.deliveryEvents': ({ first }) => first as number,
  'Subscription.deliveryEvents': ({ maxBatch }) => maxBatch as number,
  // Already multiplied by the two above.
  'DeliveryEventBatch.events': 1,
  'Mutation.eventsPublish': ({ input }) => (input as unknown[]).length / EVENTS_PER_POINT,
  'EventsPublishPayload.events': 1,
  'Query.replayPreview': REPLAY_LOOK,
  'Mutation.replayStart': REPLAY_LOOK,
  'MutationPayload.errors': 1,
  'TestEventSendPayload.deliveries': 3,
  'ResourceRegisterPayload.affectedTriggers': 200,
  'Mutation.webhookDraftSetDetails': DRAFT_CHECK,
  'Mutation.webhookDraftSetEndpoints': DRAFT_CHECK,
  'Mutation.webhookDraftSetTriggers': DRAFT_CHECK,
  'Mutation.webhookDraftSave': DRAFT_CHECK,
  'Mutation.webhookCreate': DRAFT_CHECK,
  'Mutation.webhookUpdate': DRAFT_CHECK,
  'Mutation.testEventSend': DRAFT_CHECK,
  'EventConnection.count': counted,
  'DeliveryConnection.count': counted,
  'WebhookCreatePayload.newSecrets': 3,
  'WebhookUpdatePayload.newSecrets': 3,
  'WebhookDraftSavePayload.newSecrets': 3,
  'WebhookDraft.endpoints': 3,
  'WebhookDraft.triggers': 5,
  'WebhookDraft.problems': DRAFT_CHECK,
  'Login.teams': 5,
  'CatalogResource.events': 5,
  'Webhook.endpoints': 3,
  'Webhook.triggers': 5,
  'Endpoint.secrets': 2,
  'Endpoint.mailboxes': 3,
  'EndpointAdvanced.headers': 5,
  'HttpMessage.headers': 10,
  'Attempt.phases': 7,
  'DeliveryStats.series': CHART_POINTS,
  'DeliveryStats.latency': 1,
  '__Schema.types': 150,
  '__Schema.directives': 5,
  '__Type.fields': 10,
  '__Type.interfaces': 1,
  '__Type.possibleTypes': 5,
  '__Type.enumValues': 5,
  '__Type.inputFields': 5,
  '__Field.args': 2,
  '__Directive.args': 2,
};

/** Values that are long, or take a query of their own, in points; others cost nothing. */
export const HEAVY_VALUES: Record<string, number> = {
  totalCount: 1,
  affectedTriggerCount: 5,
  payload: 1,
  body: 1,
  model: 1,
  payloadSchema: 1,
  examplePayload: 1,
  changes: 2,
  streamCursor: 1,
  pending: 1,
  p50Ms: 1,
  p95Ms: 1,
  p99Ms: 1,
  // A draft is judged whole, and DNS asked for each address.
  step: DRAFT_CHECK,
};

/** What an operation costs, in points, 1 at least. Throws a GraphQLError for arguments that do not fit the schema. */
export function costOf(
  schema: GraphQLSchema,
  operation: { document: DocumentNode; operationName: string | null; variables: Args },
): number {
  const cost = getComplexity({
    schema,
    query: withPlainInputs(schema, operation.document),
    variables: operation.variables,
    ...(operation.operationName === null ? {} : { operationName: operation.operationName }),
    estimators: [estimate],
  });
  return Math.max(1, Math.ceil(cost));
}

/** Apollo remembers the documents that it has parsed, and a caller sends the same ones: forgotten with them. */
const plainOnes = new WeakMap<DocumentNode, DocumentNode>();

/**
 * The same document, its input objects declared as JSON: of them only the lengths of lists count here,
 * and to check 1,000 events field by field takes 3 ms and more, which execution does anyway.
 */
function withPlainInputs(schema: GraphQLSchema, document: DocumentNode): DocumentNode {
  const known = plainOnes.get(document);
  if (known) return known;
  const json = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: Json.name } } as const;
  const plain = visit(document, {
    SelectionSet: () => false,
    NamedType: (node) => (isInputObjectType(schema.getType(node.name.value)) ? json : undefined),
  });
  plainOnes.set(document, plain);
  return plain;
}

const estimate: ComplexityEstimator = ({ type, field, args, childComplexity }) => {
  if (!isCompositeType(getNamedType(field.type))) return HEAVY_VALUES[field.name] ?? 0;
  if (field.name.startsWith('__')) return 1 + childComplexity / SCHEMA_OBJECTS_PER_POINT;
  const size = sizeOf(type, field) ?? DEFAULT_PAGE;
  const count = typeof size === 'number' ? size : size(args);
  return Math.max(1, count) * (1 + childComplexity);
};

/** How many objects a field returns; undefined for a list that SIZES does not weigh. */
export function sizeOf(type: GraphQLCompositeType, field: GraphQLField<unknown, unknown>): Size | undefined {
  const owners = isUnionType(type) ? [] : [type, ...type.getInterfaces()];
  const row = owners.find((owner) => `${owner.name}.${field.name}` in SIZES);
  if (row) return SIZES[`${row.name}.${field.name}`];
  if (field.args.some((argument) => argument.name === 'first')) return pageSize;
  // The rows of a page: the page itself was multiplied by their number.
  if (type.name.endsWith('Connection') && ['edges', 'nodes'].includes(field.name)) return 1;
  return isListType(getNullableType(field.type)) ? undefined : 1;
}

/** More than the largest page is refused by the list itself, with a better word. */
function pageSize({ first, last }: Args): number {
  return Math.min(((first ?? last) as number | null | undefined) ?? DEFAULT_PAGE, MAX_PAGE);
}
