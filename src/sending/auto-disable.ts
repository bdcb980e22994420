/**
 * An endpoint that has failed for too long, or whose receiver is gone, is switched off and told of: once, however
 * many senders come to it. So is one that is a mailbox, when the mail server refuses that for good or its owner does not
 * want it. Comes in: the endpoint or mailbox, and why. Goes out: whether it was this call that did it. One
 * transaction holds the switch, what it cancels, the audit entry, the word to open pages and the event with all
 * its deliveries, so a crash leaves all of it or nothing.
 */
import type pg from 'pg';

import { type Sql, transaction } from '../db/sql.ts';
import { publishSwitchedOff } from '../events/endpoint-notice.ts';
import { type OffCause, switchOffFailing } from '../webhooks/auto-disable.ts';
import { refuseMailbox as refuse } from '../webhooks/refuse-mailbox.ts';

/** What switching off takes: firstDelayMs is the first entry of the server's retry schedule, ms. */
export interface SwitchOffOptions {
  pool: pg.Pool;
  firstDelayMs: number;
}

/**
 * Switches an endpoint off because it fails. False when there was nothing to do: somebody was first, it is gone, or
 * a success came since cause.failingSince.
 */
export async function autoDisable(
  { pool, firstDelayMs }: SwitchOffOptions,
  endpointId: string,
  cause: OffCause,
): Promise<boolean> {
  return transaction(pool, (sql) => switchOffIn(sql, firstDelayMs, endpointId, cause));
}

/** The same in the caller's transaction. */
export async function switchOffIn(
  sql: Sql,
  firstDelayMs: number,
  endpointId: string,
  cause: OffCause,
): Promise<boolean> {
  const off = await switchOffFailing(sql, endpointId, cause);
  if (off === null) return false;
  await publishSwitchedOff(sql, firstDelayMs, off);
  return true;
}

/** Takes a mailbox out of use that the mail server refused with that reply; an endpoint that is this mailbox is switched off. */
export async function refuseMailbox(
  { pool, firstDelayMs }: SwitchOffOptions,
  mailboxId: string,
  reply: string,
): Promise<void> {
  await transaction(pool, async (sql) => {
    const endpointId = await refuse(sql, mailboxId, reply);
    if (endpointId !== null)
      await switchOffIn(sql, firstDelayMs, endpointId, { code: 'MAILBOX_REFUSED', failingSince: null });
  });
}
