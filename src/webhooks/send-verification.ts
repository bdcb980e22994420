/** A new confirmation mail, asked for by somebody who manages the webhook: seldom enough that no mailbox is flooded. */
import type { DataSource } from 'typeorm';

import type { Viewer } from '../access/viewer.ts';
import { recordAudit } from '../audit/audit-log.ts';
import { noteWebhookChanges } from '../audit/webhook-changes.ts';
import { sqlOf } from '../db/sql.ts';
import { problem } from '../errors.ts';
import { addTeamMailboxes, askAgain } from '../mailboxes/mailboxes.ts';
import { lockWebhook } from './current.ts';
import { instant } from './endpoint-status.ts';
import { NOT_CONFIGURED } from './mail-status.ts';
import { editableWebhookOf, readEndpoint, UNKNOWN_ENDPOINT } from './one-endpoint.ts';
import type { EndpointDefaults } from './read-endpoints.ts';
import type { EndpointOutcome } from './switch-endpoint.ts';

/** Mails to a mailbox: one in so many seconds, and as many a day. */
const EVERY_SECONDS = 60;
const A_DAY = 5;

/**
 * Sends the mailboxes of an endpoint that have not confirmed, members who unsubscribed included, a mail with a new link. Codes:
 * those of who may edit, INVALID_STATE where there is no such mailbox, mail is not configured, or it is too soon.
 */
export async function sendVerification(
  orm: DataSource,
  defaults: EndpointDefaults,
  viewer: Viewer,
  id: string,
): Promise<EndpointOutcome> {
  const found = await editableWebhookOf(orm, viewer, id);
  if (!found.ok) return { problems: found.problems, endpoint: null };
  return orm.transaction(async (manager): Promise<EndpointOutcome> => {
    const webhook = await lockWebhook(manager, found.value);
    const endpoint = await readEndpoint(manager, defaults, id);
    if (webhook === null || endpoint === undefined) return { problems: [UNKNOWN_ENDPOINT], endpoint: null };
    const refuse = (message: string): EndpointOutcome => ({
      problems: [problem('INVALID_STATE', ['id'], message)],
      endpoint: null,
    });
    if (endpoint.kind === 'URL') return refuse('This endpoint is a URL: there is nothing to confirm.');
    if (!defaults.mailConfigured) return refuse(NOT_CONFIGURED);
    if (endpoint.status === 'DISABLED' || endpoint.status === 'AUTO_DISABLED')
      return refuse('This endpoint is off: enable it first.');
    const sql = await sqlOf(manager);
    await addTeamMailboxes(sql, webhook.id);
    const { rows } = await sql.query<{ id: string; soonest: Date | null }>(
      `select m.id, case when last > clock_timestamp() then last end as soonest
       from mailboxes m
       cross join lateral (select greatest(m.asked_at[1] + interval '${EVERY_SECONDS} seconds', m.asked_at[${A_DAY}] + interval '1 day') as last) l
       where m.endpoint_id = $1 and m.removed_at is null and m.status in ('UNCONFIRMED', 'UNSUBSCRIBED')
       order by soonest nulls first`,
      [id],
    );
    const now = rows.filter(({ soonest }) => soonest === null);
    if (rows.length === 0) return refuse('Every mailbox of this endpoint has confirmed, or was refused.');
    if (now.length === 0)
      return refuse(
        `A confirmation mail goes at most once a minute and ${A_DAY} times a day: ask again at ${instant(new Date(Math.ceil(rows[0]!.soonest!.getTime() / 1000) * 1000))}.`,
      );
    await noteWebhookChanges(manager, (add) => `w.id = ${add(webhook.id)}`);
    await askAgain(
      sql,
      now.map((row) => row.id),
    );
    await recordAudit(manager, {
      loginId: viewer.loginId,
      action: 'webhook.endpointVerificationSend',
      subjectId: webhook.id,
      scopeId: webhook.accountId,
      changes: { [`endpoints.${id}.confirmationMails`]: { from: 0, to: now.length } },
    });
    return { problems: [], endpoint: (await readEndpoint(manager, defaults, id))! };
  });
}
