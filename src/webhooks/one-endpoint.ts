/** One endpoint, for what is done to it by its id. */
import type { Viewer } from '../access/viewer.ts';
import type { Reader } from '../db/sql.ts';
import { ok, problem, refused, type Result } from '../errors.ts';
import { kindOfId } from '../ids.ts';
import { UNKNOWN, whyNotEditable } from './editable.ts';
import { type EndpointDefaults, type EndpointView, readEndpoints } from './read-endpoints.ts';

/** What is not there, and what the caller may not see. */
export const UNKNOWN_ENDPOINT = problem('NOT_FOUND', ['id'], 'There is no such endpoint.');

/** The id of its webhook, where the caller may edit that one; else why not. */
export async function editableWebhookOf(reader: Reader, viewer: Viewer, id: string): Promise<Result<string>> {
  const webhookId = await webhookOf(reader, id);
  const refusal = await whyNotEditable(reader, viewer, webhookId ?? '');
  if (refusal) return refused(refusal === UNKNOWN ? UNKNOWN_ENDPOINT : refusal);
  return ok(webhookId!);
}

/** The endpoint as it stands; undefined when it is removed. */
export async function readEndpoint(
  reader: Reader,
  defaults: EndpointDefaults,
  id: string,
): Promise<EndpointView | undefined> {
  return (await readEndpoints(reader, defaults, (add) => `ep.id = ${add(id)}`))[0];
}

async function webhookOf(reader: Reader, id: string): Promise<string | undefined> {
  if (kindOfId(id) !== 'endpoint') return undefined;
  const rows = await reader.query<{ webhookId: string }[]>(
    'select webhook_id as "webhookId" from endpoints where id = $1 and removed_at is null',
    [id],
  );
  return rows[0]?.webhookId;
}
