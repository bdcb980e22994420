/**
 * What a replay will send, as rows. Comes in: the set, as SQL. Goes out: how many there are, each with its place in the order of time.
 *
 * They are read by a cursor, as they were at one moment, and written in parts that commit one by one: while a transaction has
 * something written, live streams of everybody wait for its end (live/read-log.ts), and 990,000 rows take 7 s to write. Nothing of
 * them counts before the replay has a row of its own. What is left of one that never got it, its process killed on the way, is forgotten
 * (forget.ts).
 */
import type pg from 'pg';

import { collect } from '../db/fragment.ts';
import type { Sql, SqlFragment } from '../db/sql.ts';

/** How many rows are read, and written, at once: some 10 ms of this process, and 50 of the database. */
const PART = 5_000;

interface MatchedRow {
  delivery_id: string | null;
  event_id: string | null;
  webhook_id: string | null;
  endpoint_id: string | null;
  mailbox_id: string | null;
  matched: number;
}

/** Writes the rows of matched, which has the columns of matchedSql; nothing where there are more than most. How many there are, up to most + 1. */
export async function writeItems(
  pool: pg.Pool,
  replayId: string,
  matched: SqlFragment,
  most: number,
): Promise<number> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await openCursor(client, matched, most);
    let written = 0;
    for (;;) {
      const { rows } = await client.query<MatchedRow>(`fetch ${PART} from matched_items`);
      const count = rows[0]?.matched ?? written;
      if (rows.length === 0 || count > most) return count;
      await writePart(client, replayId, written, rows);
      written += rows.length;
    }
  } catch (error) {
    broken = error as Error;
    throw error;
  } finally {
    // The cursor ends with the connection at the latest.
    await client.query('close matched_items').catch((error: Error) => (broken ??= error));
    client.release(broken);
  }
}

/** With hold: it is filled at the commit of a transaction that has written nothing, and outlives it. */
async function openCursor(sql: Sql, matched: SqlFragment, most: number): Promise<void> {
  const { text, values } = collect(
    (add) => `
      declare matched_items no scroll cursor with hold for
      select delivery_id, event_id, webhook_id, endpoint_id, mailbox_id, (count(*) over ())::int as matched
      from (select * from (${matched(add)}) m limit ${add(most + 1)}) limited
      order by at, id, endpoint_id, mailbox_id`,
  );
  await sql.query('begin read only');
  // All of it is wanted, not the first tenth that a cursor is planned for.
  await sql.query('set local cursor_tuple_fraction = 1');
  await sql.query(text, values);
  await sql.query('commit');
}

async function writePart(sql: Sql, replayId: string, from: number, rows: MatchedRow[]): Promise<void> {
  await sql.query(
    `insert into replay_items (replay_id, position, delivery_id, event_id, webhook_id, endpoint_id, mailbox_id)
     select $1, $2::int + t.place, t.delivery_id, t.event_id, t.webhook_id, t.endpoint_id, t.mailbox_id
     from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) with ordinality
       as t (delivery_id, event_id, webhook_id, endpoint_id, mailbox_id, place)`,
    [
      replayId,
      from,
      rows.map((row) => row.delivery_id),
      rows.map((row) => row.event_id),
      rows.map((row) => row.webhook_id),
      rows.map((row) => row.endpoint_id),
      rows.map((row) => row.mailbox_id),
    ],
  );
}
