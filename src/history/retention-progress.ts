/** How far the jobs of retention are: in this process for its gauges, in the table retention_jobs for everybody. */
import type { Sql } from '../db/sql.ts';
import { describeError, type Logger } from '../log.ts';

/** A job as it stands; finishedAt is null while it runs. */
export interface JobProgress {
  job: string;
  done: number;
  total: number;
  startedAt: Date;
  finishedAt: Date | null;
}

/** How often a running job says in the log how far it is, ms. */
const SAY_MS = 5_000;

const jobs = new Map<string, JobProgress>();

/** The jobs that this process ran or runs, each as of its last run. */
export function retentionProgress(): JobProgress[] {
  return [...jobs.values()].map((job) => ({ ...job }));
}

/** The last run of each job on whatever server; failure says why it ended early. */
export async function jobsEverywhere(sql: Sql): Promise<(JobProgress & { failure: string | null })[]> {
  const { rows } = await sql.query<JobProgress & { failure: string | null }>(
    `select job, done, total, started_at as "startedAt", finished_at as "finishedAt", failure
     from retention_jobs order by job`,
  );
  return rows;
}

/**
 * Runs a job of so many steps. work is given a function that says how many steps more are done; it is awaited,
 * so that what others read is never far behind.
 */
export async function runJob(
  job: string,
  total: number,
  { sql, logger }: { sql: Sql; logger: Logger },
  work: (advance: (steps: number) => Promise<void>) => Promise<void>,
): Promise<void> {
  const progress: JobProgress = { job, done: 0, total, startedAt: new Date(), finishedAt: null };
  jobs.set(job, progress);
  let said = performance.now();
  const advance = async (steps: number): Promise<void> => {
    progress.done += steps;
    progress.total = Math.max(progress.total, progress.done);
    await write(sql, progress, null);
    if (performance.now() - said < SAY_MS) return;
    said = performance.now();
    logger.info({ job, done: progress.done, total: progress.total }, 'retention goes on');
  };
  await write(sql, progress, null);
  let failure: unknown;
  try {
    await work(advance);
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    progress.finishedAt = new Date();
    // A connection that is lost has nothing to write with; the next run overwrites the row.
    await write(sql, progress, failure === undefined ? null : describeError(failure).error).catch(
      () => undefined,
    );
  }
  if (progress.total > 0)
    logger.info(
      {
        ...{ job, done: progress.done, total: progress.total },
        durationMs: progress.finishedAt.getTime() - progress.startedAt.getTime(),
      },
      'retention has done a job',
    );
}

async function write(sql: Sql, progress: JobProgress, failure: string | null): Promise<void> {
  const { job, done, total, startedAt, finishedAt } = progress;
  await sql.query(
    `insert into retention_jobs (job, done, total, started_at, finished_at, failure) values ($1, $2, $3, $4, $5, $6)
     on conflict (job) do update set done = excluded.done, total = excluded.total,
       started_at = excluded.started_at, finished_at = excluded.finished_at, failure = excluded.failure`,
    [job, done, total, startedAt, finishedAt, failure],
  );
}
