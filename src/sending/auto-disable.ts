/**
 * An endpoint that has failed for too long, or whose receiver is gone, is switched off and told of: once, however
 * many senders come to it. So is one that is a mailbox, when the mail server refuses that for good or its owner does not
 * want it. Comes in: the endpoint or mailbox, and why. Goes out: whether it was this call that did it. One
 * transaction holds the switch, what it cancels, the audit entry, the word to open pages, the event with all
 * its deliveries and the mails to those who manage the account's webhooks, so a crash leaves all of it or nothing.
 */
import type pg from 'pg';

import { type Sql, transaction } from '../db/sql.ts';
import { publishSwitchedOff } from '../events/endpoint-notice.ts';
import { queueNotices } from '../mailboxes/outbox.ts';
import { type OffCause, switchOffFailing } from '../webhooks/auto-disable.ts';
import { refuseMailbox as refuse } from '../webhooks/refuse-mailbox.ts';

/** What telling of it takes: firstDelayMs is the first entry of the server's retry schedule, ms. */
export interface NoticeOptions {
  firstDelayMs: number;
  /** Whether those who manage the account's webhooks get a mail: the server has a mail server. */
  byMail: boolean;
}

/** What switching off takes. */
export interface SwitchOffOptions extends NoticeOptions {
  pool: pg.Pool;
}

/**
 * Switches an endpoint off because it fails. False when there was nothing to do: somebody was first, it is gone, or
 * a success came since cause.failingSince.
 */
export async function autoDisable(
  { pool, ...notice }: SwitchOffOptions,
  endpointId: string,
  cause: OffCause,
): Promise<boolean> {
  return transaction(pool, (sql) => switchOffIn(sql, notice, endpointId, cause));
}

/** The same in the caller's transaction. */
export async function switchOffIn(
  sql: Sql,
  { firstDelayMs, byMail }: NoticeOptions,
  endpointId: string,
  cause: OffCause,
): Promise<boolean> {
  const off = await switchOffFailing(sql, endpointId, cause);
  if (off === null) return false;
  await publishSwitchedOff(sql, firstDelayMs, off);
  const { webhookName, webhookNumber, kind, host, reason, failingSince, disabledAt } = off;
  if (byMail)
    await queueNotices(sql, off.accountId, {
      ...{ webhookName, webhookNumber, kind, host, reason },
      ...{ failingSince: failingSince?.toISOString() ?? null, disabledAt: disabledAt.toISOString() },
    });
  return true;
}

/** Takes a mailbox out of use that the mail server refused with that reply; an endpoint that is this mailbox is switched off. */
export async function refuseMailbox(
  { pool, ...notice }: SwitchOffOptions,
  mailboxId: string,
  reply: string,
): Promise<void> {
  await transaction(pool, async (sql) => {
    const endpointId = await refuse(sql, mailboxId, reply);
    if (endpointId !== null)
      await switchOffIn(sql, notice, endpointId, { code: 'MAILBOX_REFUSED', failingSince: null });
  });
}
