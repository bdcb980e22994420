/** Whether a caller may edit one webhook, and what it is told if not. */
import { may, missing, webhookManaged, webhookVisible } from '../access/policy.ts';
import type { Viewer } from '../access/viewer.ts';
import { collect } from '../db/fragment.ts';
import type { Reader } from '../db/sql.ts';
import { type Problem, problem } from '../errors.ts';
import { kindOfId } from '../ids.ts';

/** What is not there, and what the caller may not see. */
export const UNKNOWN = problem('NOT_FOUND', ['id'], 'There is no such webhook.');

/**
 * Why the caller may not edit a webhook, or null when it may: the permission is missing, the webhook
 * is not there, or the caller only reads it as a member of its team.
 */
export async function whyNotEditable(
  reader: Reader,
  viewer: Viewer,
  id: string,
  options?: { deletedToo: true },
): Promise<Problem | null> {
  if (!may(viewer, 'WEBHOOKS_MANAGE')) return missing('WEBHOOKS_MANAGE');
  if (kindOfId(id) !== 'webhook') return UNKNOWN;
  const { text, values } = collect(
    (add) => `
      select ${webhookManaged(viewer)(add)} as managed
      from webhooks w
      where w.id = ${add(id)} and ${webhookVisible(viewer)(add)} ${options ? '' : 'and w.deleted_at is null'}`,
  );
  const rows = await reader.query<{ managed: boolean }[]>(text, values);
  if (rows[0] === undefined) return UNKNOWN;
  if (rows[0].managed) return null;
  return problem(
    'FORBIDDEN',
    ['id'],
    "Members of a webhook's team may read it; its account's managers may edit it.",
  );
}
