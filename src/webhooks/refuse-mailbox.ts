/** A mailbox that the mail server refuses for good is written to no more. */
import { recordAudit } from '../audit/audit-log.ts';
import { noteWebhookChanges } from '../audit/webhook-changes.ts';
import { readerOf, type Sql } from '../db/sql.ts';
import { suppressMailbox } from '../mailboxes/mailboxes.ts';

/**
 * Suppresses a mailbox with what the server replied, in the caller's transaction; what waits for it is cancelled. The endpoint
 * that is this mailbox, and is to be switched off with it; null where it is one of a team's, or there was nothing to do.
 */
export async function refuseMailbox(sql: Sql, mailboxId: string, reply: string): Promise<string | null> {
  const { rows } = await sql.query<{
    webhook: string;
    account: string;
    endpoint: string;
    address: string;
    status: string;
    alone: boolean;
  }>(
    `select w.id as webhook, w.account_id as account, m.endpoint_id as endpoint, m.address, m.status, m.login_id is null as alone
     from mailboxes m join endpoints ep on ep.id = m.endpoint_id join webhooks w on w.id = ep.webhook_id
     where m.id = $1 and m.removed_at is null and ep.removed_at is null and w.deleted_at is null
     for update of w, m`,
    [mailboxId],
  );
  const [mailbox] = rows;
  if (mailbox === undefined || !['UNCONFIRMED', 'CONFIRMED'].includes(mailbox.status)) return null;
  const reader = readerOf(sql);
  await noteWebhookChanges(reader, (add) => `w.id = ${add(mailbox.webhook)}`);
  await suppressMailbox(sql, mailboxId, reply);
  await recordAudit(reader, {
    loginId: null,
    action: 'webhook.mailboxRefuse',
    subjectId: mailbox.webhook,
    scopeId: mailbox.account,
    changes: {
      [`endpoints.${mailbox.endpoint}.mailbox ${mailbox.address}`]: {
        from: mailbox.status,
        to: 'SUPPRESSED',
      },
    },
  });
  return mailbox.alone ? mailbox.endpoint : null;
}
