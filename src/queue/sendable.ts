/**
 * Whether a queued delivery may still go out, decided in SQL over the present settings: the webhook
 * is enabled and not deleted, the endpoint is still there and on, and neither was switched off in
 * between (a row queued before the last enable was matched before the last disable).
 */
import { RANK } from './rank.ts';

/** Joins for the aliases w, ep and mb (the mailbox, where there is one) behind a queue row; left joins, so that nothing hides a row. */
export function settingsJoin(queue: string): string {
  return `left join webhooks w on w.id = ${queue}.webhook_id left join endpoints ep on ep.id = ${queue}.endpoint_id
    left join mailboxes mb on mb.id = ${queue}.mailbox_id`;
}

/**
 * True, or false, never null, for the joined row (with its rank). Test deliveries go to disabled webhooks and endpoints, too; a
 * mailbox gets nothing that its owner does not want, and what waits for the owner's word may go on waiting.
 */
export function sendable(queue: string): string {
  return `coalesce(w.deleted_at is null and ep.removed_at is null and ep.id is not null
      and (ep.kind = 'URL') = (${queue}.mailbox_id is null)
      and (${queue}.mailbox_id is null or (mb.removed_at is null and (mb.status = 'CONFIRMED'
           or (mb.status = 'UNCONFIRMED' and ${queue}.rank = ${RANK.awaiting}))))
      and (${queue}.origin = 'TEST'
           or (w.enabled and ep.disabled_as is null and ${isSince(`${queue}.queued_at`)})),
      false)`;
}

/**
 * True where a time does not lie before w and ep were turned on; also where that lies ahead by more than a statement takes to begin, since the clock
 * was set back: nobody knows then.
 */
export function isSince(time: string): string {
  const since = 'greatest(w.enabled_at, ep.enabled_at)';
  return `(${time} >= ${since} or ${since} > statement_timestamp() + interval '1 second')`;
}
