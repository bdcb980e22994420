/** How each root field of the schema is called on the platform's objects, and what counts as having got them. */
import type { Answered } from '../support/api.ts';
import { clientEvent } from '../support/scenario.ts';
import type { Verdict } from './permission-table.ts';
import type { Objects } from './platform.ts';

/** One call; got says whether the value of the root field holds the object. */
export interface Call {
  document: string;
  variables: Record<string, unknown>;
  /** With which code it is refused to whom it is allowed: the object is not one that it is for. */
  refused?: string;
  got?: (value: any) => boolean;
}

const page = (id: string) => (value: any) => value.nodes.some((node: { id: string }) => node.id === id);
const ERRORS = 'errors { code field message }';

const byId = (field: string, id: string): Call => ({
  document: `query ($id: ID!) { ${field}(id: $id) { id } }`,
  variables: { id },
});
const list = (field: string, id: string, args = ''): Call => ({
  document: `{ ${field}${args} { nodes { id } } }`,
  variables: {},
  got: page(id),
});
const mutation = (field: string, args: Record<string, [type: string, value: unknown]>): Call => {
  const names = Object.keys(args);
  const declared = names.map((name) => `$${name}: ${args[name]![0]}`).join(', ');
  const passed = names.map((name) => `${name}: $${name}`).join(', ');
  return {
    document: `mutation ${declared && `(${declared})`} { ${field}${passed && `(${passed})`} { ${ERRORS} } }`,
    variables: Object.fromEntries(names.map((name) => [name, args[name]![1]])),
  };
};

const WEBHOOK = {
  details: { name: 'New' },
  endpoints: [{ kind: 'URL', target: 'http://127.0.0.1:9999/' }],
  triggers: [{ resource: 'clients', event: 'create' }],
};
const RESOURCE = {
  name: 'extras',
  label: 'Extra',
  model: 'type Extra { id: ID! }',
  events: [{ name: 'create', label: 'Created' }],
};

/** The calls by root field. */
export const CALLS: Record<string, (objects: Objects) => Call> = {
  'Query.node': ({ webhookId }) => byId('node', webhookId),
  'Query.nodes': ({ webhookId: id }) => ({
    document: 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
    variables: { ids: [id] },
    got: ([node]) => node?.id === id,
  }),
  'Query.viewer': () => ({ document: '{ viewer { id } }', variables: {} }),
  'Query.catalog': () => ({ document: '{ catalog { name } }', variables: {}, got: (all) => all.length > 0 }),
  'Query.webhook': ({ webhookId }) => byId('webhook', webhookId),
  'Query.webhookByNumber': ({ webhookNumber }) => ({
    document: 'query ($number: Int!) { webhookByNumber(number: $number) { id } }',
    variables: { number: webhookNumber },
  }),
  'Query.webhooks': ({ webhookId }) => list('webhooks', webhookId),
  'Query.webhookDraft': ({ draftId }) => byId('webhookDraft', draftId),
  'Query.webhookDrafts': ({ draftId }) => ({
    document: '{ webhookDrafts { id } }',
    variables: {},
    got: (drafts) => drafts.some((draft: { id: string }) => draft.id === draftId),
  }),
  'Query.event': ({ eventId }) => byId('event', eventId),
  'Query.events': ({ eventId }) => list('events', eventId),
  'Query.delivery': ({ deliveryId }) => byId('delivery', deliveryId),
  'Query.deliveries': ({ deliveryId }) => list('deliveries', deliveryId),
  'Query.deliveryEvents': ({ deliveryId }) => ({
    document: '{ deliveryEvents(first: 1000) { events { delivery { id } } } }',
    variables: {},
    got: ({ events }) =>
      events.some((event: { delivery: { id: string } }) => event.delivery.id === deliveryId),
  }),
  'Query.replays': ({ replayId }) => ({
    document: '{ replays(first: 100) { id } }',
    variables: {},
    got: (replays) => replays.some((replay: { id: string }) => replay.id === replayId),
  }),
  'Query.replayPreview': ({ webhookId }) => ({
    document: 'query ($input: ReplayInput!) { replayPreview(input: $input) { value } }',
    variables: { input: { filter: { webhookId } } },
    got: ({ value }) => value > 0,
  }),
  'Query.deliveryStats': ({ webhookId }) => ({
    document: 'query ($id: ID!) { deliveryStats(webhookId: $id) { total } }',
    variables: { id: webhookId },
  }),
  'Query.logins': ({ loginId }) => list('logins', loginId),
  'Query.teams': ({ teamId }) => list('teams', teamId),
  'Query.accessTokens': ({ loginId, tokenId }) => ({
    document: 'query ($id: ID!) { accessTokens(loginId: $id) { id } }',
    variables: { id: loginId },
    got: (tokens) => tokens.some((token: { id: string }) => token.id === tokenId),
  }),
  'Query.webhooksLink': () => ({
    document: '{ webhooksLink { createdAt } }',
    variables: {},
    got: () => true,
  }),
  'Query.auditLog': ({ webhookId }) => ({
    document: 'query ($id: ID!) { auditLog(subjectId: $id) { nodes { action } } }',
    variables: { id: webhookId },
    got: ({ nodes }) => nodes.length > 0,
  }),
  'Mutation.webhookDraftCreate': () => mutation('webhookDraftCreate', {}),
  'Mutation.webhookDraftSetDetails': ({ draftId }) =>
    mutation('webhookDraftSetDetails', {
      id: ['ID!', draftId],
      input: ['WebhookDetailsInput!', WEBHOOK.details],
    }),
  'Mutation.webhookDraftSetEndpoints': ({ draftId }) =>
    mutation('webhookDraftSetEndpoints', {
      id: ['ID!', draftId],
      input: ['[EndpointInput!]!', WEBHOOK.endpoints],
    }),
  'Mutation.webhookDraftSetTriggers': ({ draftId }) =>
    mutation('webhookDraftSetTriggers', {
      id: ['ID!', draftId],
      input: ['[TriggerInput!]!', WEBHOOK.triggers],
    }),
  'Mutation.webhookDraftSave': ({ readyDraftId }) =>
    mutation('webhookDraftSave', { id: ['ID!', readyDraftId] }),
  'Mutation.webhookDraftDiscard': ({ draftId }) => mutation('webhookDraftDiscard', { id: ['ID!', draftId] }),
  'Mutation.webhookCreate': () => mutation('webhookCreate', { input: ['WebhookInput!', WEBHOOK] }),
  'Mutation.webhookUpdate': ({ webhookId }) =>
    mutation('webhookUpdate', {
      id: ['ID!', webhookId],
      input: ['WebhookInput!', { details: { name: 'Edited' } }],
    }),
  'Mutation.webhookEnable': ({ webhookId }) => mutation('webhookEnable', { id: ['ID!', webhookId] }),
  'Mutation.webhookDisable': ({ webhookId }) => mutation('webhookDisable', { id: ['ID!', webhookId] }),
  'Mutation.webhookDelete': ({ webhookId }) => mutation('webhookDelete', { id: ['ID!', webhookId] }),
  'Mutation.testEventSend': ({ webhookId }) =>
    mutation('testEventSend', {
      input: ['TestEventInput!', { webhookId, resource: 'clients', event: 'create' }],
    }),
  'Mutation.deliveryRetry': ({ deliveryId }) => mutation('deliveryRetry', { id: ['ID!', deliveryId] }),
  'Mutation.deliveryCancel': ({ waitingDeliveryId }) =>
    mutation('deliveryCancel', { id: ['ID!', waitingDeliveryId] }),
  // Of what is over, or matches nothing any more, that is said to those alone who may ask.
  'Mutation.replayStart': ({ webhookId }) => ({
    ...mutation('replayStart', {
      input: ['ReplayInput!', { filter: { webhookId }, missingFor: webhookId }],
    }),
    refused: 'INVALID_STATE',
  }),
  'Mutation.replayPause': ({ replayId }) => ({
    ...mutation('replayPause', { id: ['ID!', replayId] }),
    refused: 'INVALID_STATE',
  }),
  'Mutation.replayResume': ({ replayId }) => ({
    ...mutation('replayResume', { id: ['ID!', replayId] }),
    refused: 'INVALID_STATE',
  }),
  'Mutation.replayCancel': ({ replayId }) => ({
    ...mutation('replayCancel', { id: ['ID!', replayId] }),
    refused: 'INVALID_STATE',
  }),
  'Mutation.endpointEnable': ({ endpointId }) => mutation('endpointEnable', { id: ['ID!', endpointId] }),
  // It is a URL, which there is nothing to confirm of: that is said to those alone who may ask.
  'Mutation.endpointVerificationSend': ({ endpointId }) => ({
    ...mutation('endpointVerificationSend', { id: ['ID!', endpointId] }),
    refused: 'INVALID_STATE',
  }),
  'Mutation.endpointDisable': ({ endpointId }) => mutation('endpointDisable', { id: ['ID!', endpointId] }),
  'Mutation.endpointRevealSecret': ({ endpointId }) =>
    mutation('endpointRevealSecret', { id: ['ID!', endpointId] }),
  'Mutation.endpointRotateSecret': ({ endpointId }) =>
    mutation('endpointRotateSecret', { id: ['ID!', endpointId] }),
  'Mutation.eventsPublish': ({ loginId }) =>
    mutation('eventsPublish', { input: ['[EventInput!]!', [clientEvent('c2', { loginId })]] }),
  'Mutation.resourceRegister': () =>
    mutation('resourceRegister', { input: ['CatalogResourceInput!', RESOURCE] }),
  'Mutation.resourceRemove': () => mutation('resourceRemove', { name: ['String!', 'spares'] }),
  'Mutation.loginCreate': ({ loginId }) =>
    mutation('loginCreate', { input: ['LoginInput!', { name: 'New', parentId: loginId }] }),
  'Mutation.loginUpdate': ({ loginId }) =>
    mutation('loginUpdate', { id: ['ID!', loginId], input: ['LoginInput!', { name: 'Renamed' }] }),
  'Mutation.teamCreate': () => mutation('teamCreate', { input: ['TeamInput!', { name: 'New' }] }),
  'Mutation.teamUpdate': ({ teamId }) =>
    mutation('teamUpdate', { id: ['ID!', teamId], input: ['TeamInput!', { name: 'Renamed' }] }),
  'Mutation.teamDelete': ({ spareTeamId }) => mutation('teamDelete', { id: ['ID!', spareTeamId] }),
  'Mutation.accessTokenCreate': ({ loginId }) =>
    mutation('accessTokenCreate', {
      input: ['AccessTokenInput!', { name: 'New', permissions: [], loginId }],
    }),
  'Mutation.webhooksLinkRotate': () => mutation('webhooksLinkRotate', {}),
  'Mutation.webhooksLinkRevoke': () => mutation('webhooksLinkRevoke', {}),
  'Mutation.accessTokenRevoke': ({ tokenId }) => mutation('accessTokenRevoke', { id: ['ID!', tokenId] }),
};

/** What an answer comes to. Whatever is neither an answer, FORBIDDEN nor not found is a mistake of the call. */
export function verdictOf({ errors, data }: Answered, call: Call): Verdict {
  if (errors?.every((error) => error.extensions?.['code'] === 'FORBIDDEN')) return 'no';
  if (errors) throw new Error(`unexpected: ${JSON.stringify(errors)}`);
  const value = Object.values(data as Record<string, any>)[0];
  if (value === null) return 'hidden';
  if (!Array.isArray(value.errors)) return (call.got?.(value) ?? true) ? 'yes' : 'hidden';
  const codes = value.errors.map((error: { code: string }) => error.code) as string[];
  if (codes.every((code) => code === call.refused)) return 'yes';
  if (codes.every((code) => code === 'FORBIDDEN')) return 'no';
  if (codes.every((code) => code === 'NOT_FOUND')) return 'hidden';
  throw new Error(`unexpected: ${JSON.stringify(value.errors)}`);
}
