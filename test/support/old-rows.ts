/** A past for a server that has just begun: events, deliveries, attempts and log lines of any age, as rows. */
import { ensurePartitions, type Keep } from '../../src/db/partitions.ts';
import type { Sql } from '../../src/db/sql.ts';
import { idFloor, idFloorSql, type IdKind } from '../../src/ids.ts';
import type { Api } from './api.ts';
import type { MadeWebhook } from './scenario.ts';

/** Where to make them. */
export interface Ground {
  sql: Sql;
  keep: Keep;
  api: Api;
}

/** What to make. */
export interface OldRows {
  /** When they were made, ms. */
  atMs: number;
  count: number;
  webhook: MadeWebhook;
  /** SUCCEEDED with one attempt each, or open: waiting for a while, or on the wire for a while. Default SUCCEEDED. */
  state?: 'SUCCEEDED' | 'WAITING' | 'ON_THE_WIRE';
  /** Tells rows of one instant from others. */
  series?: number;
}

/** The id of the nth row (from 1) of those. */
export function oldId(
  kind: IdKind,
  { atMs, series = 0 }: Pick<OldRows, 'atMs' | 'series'>,
  n: number,
): string {
  return `${stemOf(kind, atMs, series)}${String(n).padStart(8, '0')}`;
}

/** An id without its last 8 digits, all of which belong to its random part. */
function stemOf(kind: IdKind, atMs: number, series: number): string {
  return `${idFloor(kind, atMs).slice(0, -12)}${String(series).padStart(4, '0')}`;
}

/** Makes rows in all tables of the history, and the partitions that they need. */
export async function makeOldRows({ sql, keep, api }: Ground, rows: OldRows): Promise<void> {
  const { atMs, count, webhook, state = 'SUCCEEDED', series = 0 } = rows;
  const { id: login } = (await api.run('{ viewer { id } }')) as { id: string };
  await ensurePartitions(sql, keep, atMs);
  const at = new Date(atMs);
  const numbers = `(select lpad(g::text, 8, '0') as tail, g from generate_series(1, ${count}) g) n`;
  const [event, delivery] = [stemOf('event', atMs, series), stemOf('delivery', atMs, series)];
  await sql.query(
    `insert into events (id, login_id, path, team_ids, resource, name, entity_id, occurred_at, published_at)
     select $1 || tail, $2, array[$2], '{}', 'clients', 'create', 'old-' || g, $3, $3 from ${numbers}`,
    [event, login, at],
  );
  await sql.query(
    `insert into event_payloads (event_id, payload)
     select $1 || tail, '{"id":"old-' || g || '","name":"Old"}' from ${numbers}`,
    [event],
  );
  const common = [delivery, event, webhook.id, webhook.endpointId, at];
  if (state === 'SUCCEEDED') {
    await sql.query(
      `insert into deliveries (id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, status, version, attempt_count,
                               lost_count, status_code, created_at, completed_at, account_id)
       select $1 || tail, $2 || tail, 'clients', 'create', 'old-' || g, w.id, $4, 'EVENT', 'SUCCEEDED', 2, 1, 0, 204, $5, $5, w.account_id
       from webhooks w, ${numbers} where w.id = $3`,
      common,
    );
    await sql.query(
      `insert into attempts (delivery_id, number, origin, outcome, started_at, duration_ms, request, response)
       select $1 || tail, 1, 'FIRST', 'SUCCEEDED', $2, 5, '{"url":"","headers":[],"bodyBytes":0}',
              '{"statusCode":204,"headers":[],"body":"","bodyBytes":0,"bodyTruncated":false}' from ${numbers}`,
      [delivery, at],
    );
  } else
    await sql.query(
      `insert into delivery_queue (id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, created_at, queued_at, due_at, sender, claimed_at, attempt_count, fence)
       select $1 || tail, $2 || tail, 'clients', 'create', 'old-' || g, $3, $4, 'EVENT', $5, now(), now() + interval '1 day',
              case when $6 then 'another' end, case when $6 then now() end, $6::int, $6::int from ${numbers}`,
      [...common, state === 'ON_THE_WIRE'],
    );
  await sql.query(
    `insert into delivery_log (xid, at, kind, delivery_id, version, event_id, webhook_id, endpoint_id, origin,
                               attempt_count, created_at)
     select '3', $5, 'CREATED', $1 || tail, 1, $2 || tail, $3, $4, 'EVENT', 0, $5 from ${numbers}`,
    common,
  );
}

/** Writes so many more deliveries like the only one of a webhook, one for each millisecond before it. */
export async function copyDelivery(sql: Sql, webhookId: string, count: number): Promise<void> {
  await sql.query(
    `insert into deliveries
     select copy.* from deliveries d
     cross join generate_series(1, $2::int) as nth
     cross join lateral (select d.created_at - nth * interval '1 ms' as at) t
     cross join lateral jsonb_populate_record(d, jsonb_build_object('created_at', t.at, 'id', ${idFloorSql('delivery', 't.at')})) copy
     where d.webhook_id = $1`,
    [webhookId, count],
  );
}
