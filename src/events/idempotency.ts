/**
 * Idempotency keys of published events: each key of a caller is taken once in 24 hours. Keys are
 * inserted in sorted order, so that publishes that share keys wait for each other instead of
 * deadlocking, and read back in a second statement, which sees what the others committed.
 */
import type { Sql } from '../db/sql.ts';
import { ok, type Problem, problem, refused, type Result } from '../errors.ts';
import { bodyHash } from './event-input.ts';
import type { StoredEvent } from './store.ts';

const KEPT_HOURS = 24;

/**
 * Takes the keys of a batch. The value maps each event's id to the id under which it is stored: its
 * own, or that of the earlier event with the same key. Another body under a taken key is KEY_REUSED.
 */
export async function takeKeys(
  sql: Sql,
  callerId: string,
  events: StoredEvent[],
): Promise<Result<Map<string, string>>> {
  const storedAs = new Map(events.map((event) => [event.id, event.id]));
  const keyed = events
    .map((event, index) => ({ event, index, key: event.idempotencyKey }))
    .filter((row): row is typeof row & { key: string } => row.key !== null);
  if (keyed.length === 0) return ok(storedAs);

  const first = new Map<string, { id: string; hash: Buffer }>();
  for (const { key, event } of keyed)
    if (!first.has(key)) first.set(key, { id: event.id, hash: bodyHash(event, event.login.id) });
  const keys = [...first.keys()].sort();
  const expired = `created_at < now() - interval '${KEPT_HOURS} hours'`;
  await sql.query(
    `delete from event_keys where (login_id, key) in
       (select login_id, key from event_keys where login_id = $1 and key = any ($2::text[]) and ${expired}
        order by key collate "C" for update)`,
    [callerId, keys],
  );
  await sql.query(
    `insert into event_keys (login_id, key, event_id, body_sha256)
     select $1, key, event_id, body_sha256
     from unnest($2::text[], $3::text[], $4::bytea[]) as t (key, event_id, body_sha256)
     order by key collate "C"
     on conflict (login_id, key) do nothing`,
    [callerId, keys, keys.map((key) => first.get(key)!.id), keys.map((key) => first.get(key)!.hash)],
  );
  const { rows } = await sql.query<{ key: string; event_id: string; body_sha256: Buffer }>(
    'select key, event_id, body_sha256 from event_keys where login_id = $1 and key = any ($2::text[])',
    [callerId, keys],
  );
  const taken = new Map(rows.map((row) => [row.key, row]));
  const problems: Problem[] = [];
  for (const { event, index, key } of keyed) {
    const row = taken.get(key)!;
    storedAs.set(event.id, row.event_id);
    if (!row.body_sha256.equals(bodyHash(event, event.login.id)))
      problems.push(
        problem(
          'KEY_REUSED',
          [String(index), 'idempotencyKey'],
          'This key was used before with another event.',
        ),
      );
  }
  return problems.length > 0 ? refused(...problems) : ok(storedAs);
}

/** Forgets keys older than 24 hours, at most limit of them; returns how many. */
export async function forgetKeys(sql: Sql, limit: number): Promise<number> {
  const { rowCount } = await sql.query(
    `delete from event_keys where ctid = any (array(
       select ctid from event_keys where created_at < now() - interval '${KEPT_HOURS} hours'
       limit $1 for update skip locked))`,
    [limit],
  );
  return rowCount ?? 0;
}
