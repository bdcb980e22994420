/**
 * The jobs of a claim with what they tell of their events, each event read once for all of its deliveries.
 *
 * It is a statement of its own, behind the claim's commit: rows that are locked or changed, and somebody else has changed meanwhile,
 * PostgreSQL judges anew, and 18 (to 18.4 at least) does so over what it knows of the partitions that the same statement looks rows up
 * in, frees that, and goes on to use it (EvalPlanQualStart, execMain.c; ExecInitPartitionExecPruning, execPartition.c): the whole server
 * crashed some minutes after two senders claimed side by side. So no statement that locks or changes rows that others change
 * looks rows up in partitions by what it has read (test/queue/changed-rows.test.ts).
 */
import type { Sql, Statement } from '../db/sql.ts';
import { release } from './complete.ts';
import { type EventRow, type Job, type TakenRow, toJobs } from './job.ts';

const EVENTS: Statement = {
  name: 'events_of_jobs',
  text: `
  select g.id, e.resource, e.name, e.entity_id, e.occurred_at, p.payload
  from unnest($1::text[]) as g (id)
  join events e on e.id = g.id
  left join event_payloads p on p.event_id = g.id`,
};

/** The jobs of what a claim took; where they cannot be read, what it took is given back, and the error goes on. */
export async function readJobs(sql: Sql, rows: TakenRow[]): Promise<Job[]> {
  const taken = rows.flatMap((row) => (row.id === null ? [] : [row]));
  if (taken.length === 0) return [];
  try {
    const ids = new Set(taken.map((row) => row.event_id));
    const events = await sql.query<EventRow>(EVENTS, [[...ids]]);
    return toJobs(rows, new Map(events.rows.map((row) => [row.id, row])));
  } catch (error) {
    const claims = taken.map((row) => ({
      ...{ id: row.id, fence: row.fence, attempt: row.attempt_count, hastened: row.was_hastened },
    }));
    // A database that is away has them until their leases run out.
    await release(sql, claims).catch(() => undefined);
    throw error;
  }
}
