/** Statistics as tests ask for them. */
import type pg from 'pg';

import { STATS_CHANNEL } from '../../src/stats/roll-up.ts';
import type { Api } from '../support/api.ts';
import type { TestServer } from '../support/server.ts';

/** Asks for all of it. */
export const STATS = `query ($webhookId: ID, $window: StatsWindow! = LAST_HOUR) {
  deliveryStats(webhookId: $webhookId, window: $window) {
    total succeeded failed pending successRate p50Ms p95Ms p99Ms
    latency { upToMs count } series { at succeeded failed p95Ms } } }`;

/** The statistics, as soon as they are as a test wants them: they are asked for again whenever the server has counted something. */
export async function statsUntil(
  { app }: TestServer,
  api: Api,
  fits: (stats: any) => boolean,
  variables: { webhookId?: string; window?: string } = {},
  limitMs = 15_000,
): Promise<any> {
  let changed = (): void => undefined;
  let next = new Promise<void>((resolve) => (changed = resolve));
  const stop = app.db.hints.on(STATS_CHANNEL, () => changed());
  const timer = setTimeout(() => changed(), limitMs);
  try {
    for (const end = performance.now() + limitMs; ;) {
      const coming = next;
      const stats = await api.run(STATS, variables);
      if (fits(stats)) return stats;
      if (performance.now() >= end)
        throw new Error(`not so after ${limitMs} ms: ${JSON.stringify({ ...stats, series: undefined })}`);
      await coming;
      next = new Promise((resolve) => (changed = resolve));
    }
  } finally {
    clearTimeout(timer);
    stop();
  }
}

/** Resolves when a statement of one column says true. */
export async function untilTrue(sql: pg.Client, text: string, limitMs = 30_000): Promise<void> {
  for (const end = performance.now() + limitMs; ;) {
    const { rows } = await sql.query({ text, rowMode: 'array' });
    if ((rows[0] as unknown[])[0] === true) return;
    if (performance.now() > end) throw new Error(`still not true after ${limitMs} ms: ${text}`);
    await sql.query('select pg_sleep(0.02)');
  }
}

/** Resolves when all that the delivery log has is in the statistics. */
export const untilCounted = (sql: pg.Client): Promise<void> =>
  untilTrue(
    sql,
    `select not exists (
       select from delivery_log l cross join delivery_stats_cursor c where (l.xid, l.seq) > (c.xid, c.seq))`,
  );

/** The sum of a column of the points. */
export function sumOf(series: Record<string, number>[], column: string): number {
  return series.reduce((sum, point) => sum + point[column]!, 0);
}
