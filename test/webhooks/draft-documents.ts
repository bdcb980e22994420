/** The wizard's operations as its clients send them, and drafts for tests. */
import type { Api } from '../support/api.ts';

const DRAFT = `id step version name description updatedAt expiresAt savedAs { id }
  forLogin { id } team { id } problems { code field }
  endpoints { id kind target advanced { timeoutMs retrySchedule headers { name value secret } } }
  triggers { id resource event name description active inactiveReason }`;

/** Starts a wizard. */
export const CREATE = `mutation ($input: WebhookDetailsInput) {
  webhookDraftCreate(input: $input) { errors { code field message } draft { ${DRAFT} } } }`;

/** The three steps. */
export const STEPS = {
  details: `mutation ($id: ID!, $version: Int, $input: WebhookDetailsInput!) {
    webhookDraftSetDetails(id: $id, expectedVersion: $version, input: $input) { errors { code field } draft { ${DRAFT} } } }`,
  endpoints: `mutation ($id: ID!, $version: Int, $input: [EndpointInput!]!) {
    webhookDraftSetEndpoints(id: $id, expectedVersion: $version, input: $input) { errors { code field } draft { ${DRAFT} } } }`,
  triggers: `mutation ($id: ID!, $version: Int, $input: [TriggerInput!]!) {
    webhookDraftSetTriggers(id: $id, expectedVersion: $version, input: $input) { errors { code field } draft { ${DRAFT} } } }`,
};

/** ADD. */
export const SAVE = `mutation ($id: ID!) { webhookDraftSave(id: $id) {
  errors { code field message } draft { id step savedAs { id } }
  webhook { id number name status team { id } endpoints { id target } triggers { id } login { id } }
  newSecrets { endpoint { id } value } } }`;

/** Abandons a wizard. */
export const DISCARD = `mutation ($id: ID!) { webhookDraftDiscard(id: $id) { errors { code field } deletedId } }`;

/** Resumes a wizard. */
export const READ = `query ($id: ID!) { webhookDraft(id: $id) { ${DRAFT} } }`;

/** Errors as "CODE path". */
export const at = (errors: { code: string; field: string[] | null }[]): string[] =>
  errors.map(({ code, field }) => `${code} ${field?.join('.') ?? '-'}`);

/** Starts a wizard; its id. */
export async function newDraft(api: Api, input: object = { name: 'Orders' }): Promise<string> {
  const { draft } = await api.mutate(CREATE, { input });
  return draft.id as string;
}

/** A draft that can be saved, to an address; its id. */
export async function readyDraft(
  api: Api,
  target: string,
  { headers = [], details = { name: 'Orders' } }: { headers?: object[]; details?: object } = {},
): Promise<string> {
  const id = await newDraft(api, details);
  await api.mutate(STEPS.endpoints, { id, input: [{ kind: 'URL', target, advanced: { headers } }] });
  await api.mutate(STEPS.triggers, { id, input: [{ resource: 'clients', event: 'create' }] });
  return id;
}
