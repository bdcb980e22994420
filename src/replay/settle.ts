/** Counts what a replay's deliveries have come to, takes back what a cancelled one has queued, and ends replays. */
import type pg from 'pg';

import { type Sql, type Statement, transaction } from '../db/sql.ts';
import { withdraw } from '../queue/withdraw.ts';

/** Items that one look looks at. */
const BATCH = 1_000;

/** How far a look came. */
export interface Looked {
  /** Behind it lie items that were not looked at; null: all were. */
  upTo: number | null;
  /** How many of them have come to their end, or were taken back. */
  over: number;
}

/** Apart from the statement that looks into partitions: see queue/read-jobs.ts. */
const HOLD: Statement = {
  name: 'hold_replay',
  text: 'select id from replays where id = $1 for update skip locked',
};

/** For whoever holds the replay: nobody else changes its items. */
const SETTLE: Statement = {
  name: 'settle_replay',
  text: `
  with looked as materialized (
    select i.position, i.delivery_id from replay_items i
    where i.replay_id = $1 and i.state = 'QUEUED' and i.position > $2
    order by i.position limit ${BATCH}
  ),
  -- One that is in neither was forgotten.
  judged as materialized (
    select l.position, case when d.status = 'SUCCEEDED' then 'SUCCEEDED' else 'FAILED' end as state
    from looked l
    left join deliveries d on d.id = l.delivery_id
    where d.id is not null or not exists (select 1 from delivery_queue q where q.id = l.delivery_id)
  ),
  settled as (
    update replay_items i set state = j.state from judged j
    where i.replay_id = $1 and i.position = j.position
    returning i.state
  ),
  counted as (
    select (count(*) filter (where state = 'SUCCEEDED'))::int as succeeded,
           (count(*) filter (where state = 'FAILED'))::int as failed
    from settled
  ),
  noted as (
    update replays r set succeeded = r.succeeded + c.succeeded, failed = r.failed + c.failed
    from counted c where r.id = $1 and c.succeeded + c.failed > 0
  )
  select count(*)::int as looked, max(position) as up_to, (select succeeded + failed from counted) as over from looked`,
};

const FINISH: Statement = {
  name: 'finish_replay',
  text: `update replays set status = 'FINISHED', finished_at = clock_timestamp()
         where id = $1 and status in ('RUNNING', 'PAUSED') and succeeded + failed = matched`,
};

/** Counts what has come to an end behind a position; nothing where somebody else is at it. */
export function settle(pool: pg.Pool, replayId: string, after: number): Promise<Looked> {
  return transaction(pool, async (sql) => {
    const held = await sql.query(HOLD, [replayId]);
    if (held.rows.length === 0) return { upTo: null, over: 0 };
    const { rows } = await sql.query<{ looked: number; up_to: number | null; over: number }>(SETTLE, [
      replayId,
      after,
    ]);
    const { looked, up_to: upTo, over } = rows[0]!;
    return { upTo: looked === BATCH ? upTo : null, over };
  });
}

/** Ends a replay all of whose items have come to their end. */
export async function finish(sql: Sql, replayId: string): Promise<void> {
  await sql.query(FINISH, [replayId]);
}

/** Takes back some of what a cancelled replay has queued and nobody has claimed, behind a position, in the caller's transaction. */
export async function takeBack(sql: Sql, replayId: string, after: number): Promise<Looked> {
  const { rows } = await sql.query<{ position: number; id: string; version: number }>(
    `with held as materialized (
         select id from replays where id = $1 and status = 'CANCELLED' for update skip locked
       )
       select i.position, i.delivery_id as id, i.version from held h
       join replay_items i on i.replay_id = h.id and i.state = 'QUEUED' and i.position > $2 and i.version is not null
       order by i.position limit ${BATCH}`,
    [replayId, after],
  );
  const withdrawn = await withdraw(sql, rows);
  if (withdrawn.length > 0) {
    await sql.query(
      `update replay_items set state = 'WITHDRAWN'
         where replay_id = $1 and state = 'QUEUED' and delivery_id = any ($2::text[])`,
      [replayId, withdrawn],
    );
    await sql.query('update replays set withdrawn = withdrawn + $2::int where id = $1', [
      replayId,
      withdrawn.length,
    ]);
  }
  return { upTo: rows.length === BATCH ? rows.at(-1)!.position : null, over: withdrawn.length };
}
