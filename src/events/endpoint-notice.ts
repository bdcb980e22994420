/**
 * The events of the resource bellwire.endpoints: what becomes of endpoints without anybody's doing. Each is stored,
 * matched and queued like a host's, in the transaction of what it tells of, as an event of the account whose the
 * webhook is. Its own webhook gets none: it could not, and nothing may cause itself. A delivery causes no event,
 * so webhooks that listen to each other's endpoints come to rest when the last of them is off.
 */
import { AUTO_DISABLED, ENDPOINTS } from '../catalog/own-resources.ts';
import type { Sql } from '../db/sql.ts';
import { newId } from '../ids.ts';
import { deliver } from './deliver.ts';
import type { EventLogin } from './store.ts';

/** An endpoint that switched itself off. */
export interface SwitchedOff {
  endpointId: string;
  kind: string;
  /** The host of its address, never more of it. */
  host: string;
  webhookId: string;
  webhookNumber: number;
  webhookName: string;
  accountId: string;
  /** The code of the failure, and its sentence. */
  code: string;
  reason: string;
  failingSince: Date | null;
  disabledAt: Date;
}

/**
 * Publishes that an endpoint was switched off, in the caller's transaction; firstDelayMs is the wait before the
 * first attempt at endpoints that have no schedule of their own.
 */
export async function publishSwitchedOff(
  sql: Sql,
  firstDelayMs: number,
  { endpointId, kind, host, webhookId, webhookNumber, webhookName, accountId, ...cause }: SwitchedOff,
): Promise<void> {
  const { code, reason, failingSince, disabledAt } = cause;
  const event = {
    id: newId('event'),
    resource: ENDPOINTS,
    event: AUTO_DISABLED,
    entityId: endpointId,
    ...{ loginId: accountId, loginNumber: null, idempotencyKey: null },
    login: await accountOf(sql, accountId),
    text: JSON.stringify({
      ...{ id: endpointId, kind, host, webhookNumber, webhookName, code, reason, failingSince, disabledAt },
    }),
    occurredAt: disabledAt,
  };
  await deliver(sql, [event], { firstDelayMs, except: webhookId });
}

async function accountOf(sql: Sql, id: string): Promise<EventLogin> {
  const { rows } = await sql.query<EventLogin>(
    `select l.id, l.number, l.path,
            array(select m.team_id from team_members m where m.login_id = l.id order by m.team_id) as "teamIds"
     from logins l where l.id = $1`,
    [id],
  );
  return rows[0]!;
}
