/**
 * REL-18: three workers on one database, one with the right time, one two hours ahead, one two hours behind (by faketime).
 * What is due, leased and expired is the database's to say, so nothing may be sent early or twice; what is signed carries
 * the database's time; and the two that are off say so, in their metrics and their logs.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pg from 'pg';

import { startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts';
import { createLogger } from '../../src/log.ts';
import { asked, scrape } from '../support/probe.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { createWebhook, publishMany, registerResource } from '../support/scenario.ts';
import { ROOT_TOKEN, type ServerProcess, spawnServer } from '../support/server.ts';

const EVENTS = 3_000;
const BATCH = 50;
const TIMEOUT_MS = 1_500;
/** A slow answer comes within the time limit, but long after a lease that somebody measures by a wrong clock. */
const SLOW_MS = 1_000;
const RETRY_MS = 1_000;
const HOURS_S = 7_200;
/** What a signature may be off, s, and a retry early, ms, for the rounding of the header and a busy machine. */
const SIGNATURE_S = 2;
const EARLY_MS = 50;

const CLOCKS: [name: string, faketime: string | null, skewS: number][] = [
  ['right', null, 0],
  ['two hours ahead', '+2h', HOURS_S],
  ['two hours behind', '-2h', -HOURS_S],
];

/** One request, as the receiver's own clock and memory have it. */
interface Seen {
  id: string;
  attempt: number;
  at: number;
  answeredAt: number;
  failed: boolean;
  signatureOffS: number;
}

/** Runs it, in about a minute; figures, and one sentence for each bound that was broken. */
export async function clockSkewSoak(): Promise<{ figures: Record<string, unknown>; broken: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'bellwire-skew-'));
  // For root's sake: the user that PostgreSQL then runs as must get in.
  chmodSync(folder, 0o711);
  const postgres = await startEmbeddedPostgres({
    dataDir: folder,
    logger: createLogger('error'),
    durable: false,
  });
  const sql = new pg.Client({ connectionString: postgres.url });
  await sql.connect();
  const receiver = await startReceiver();
  const running: ServerProcess[] = [];
  const start = async (role: string, faketime: string | null): Promise<ServerProcess> => {
    const server = await spawnServer(
      postgres.url,
      folder,
      {
        BELLWIRE_RETRY_SCHEDULE: Array.from({ length: 8 }, (_, index) =>
          index === 0 ? '0s' : `${RETRY_MS}ms`,
        ).join(),
        BELLWIRE_LEASE_MARGIN: '1s',
        BELLWIRE_CONCURRENCY: '16',
        BELLWIRE_LOG_LEVEL: 'warn',
      },
      ['--dev', '--role', role],
      // The time that passes stays true: timers and time limits are measured by it, as on any real machine.
      faketime === null ? [] : ['faketime', '--exclude-monotonic', '-f', faketime],
    );
    running.push(server);
    return server;
  };
  try {
    const api = await start('api', null);
    const workers = await Promise.all(CLOCKS.map(([, faketime]) => start('worker', faketime)));
    await registerResource(api.api);
    await createWebhook(api.api, receiver.url, { advanced: { timeoutMs: TIMEOUT_MS } });
    const seen = watch(receiver);
    await publishMany(api.api, EVENTS, BATCH);
    await asked(
      async () =>
        (await sql.query<{ open: number }>('select count(*)::int as open from delivery_queue')).rows[0]!.open,
      (open) => open === 0,
      180_000,
    );
    const { rows: attempts } = await sql.query<{
      count: number;
      lost: number;
      succeeded: number;
      off: number;
    }>(
      `select count(*)::int as count, count(*) filter (where a.outcome = 'LOST')::int as lost,
              count(*) filter (where a.outcome = 'SUCCEEDED')::int as succeeded,
              max(abs(extract(epoch from a.started_at - d.completed_at)))::float8 as off
       from attempts a join deliveries d on d.id = a.delivery_id`,
    );
    const told = await Promise.all(
      workers.map(async (worker, index) => {
        const series = await scrape(`${worker.url}/metrics`, ROOT_TOKEN);
        const sum = [...series]
          .filter(([name]) => name.startsWith('bellwire_attempts_total'))
          .reduce((total, [, value]) => total + value, 0);
        return {
          clock: CLOCKS[index]![0],
          attempts: sum,
          skewSeconds: Math.round(series.get('bellwire_clock_skew_seconds')!),
          warned: worker.output().includes('clock is off'),
        };
      }),
    );
    const figures = { events: EVENTS, ...judge(seen), ...attempts[0]!, workers: told };
    return { figures, broken: brokenBounds(figures) };
  } finally {
    await Promise.all(running.map((server) => server.end('SIGKILL')));
    await receiver.close();
    await sql.end();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Answers a third of the first attempts with 500, a few slowly, and remembers all. */
function watch(receiver: Receiver): Seen[] {
  const seen: Seen[] = [];
  let count = 0;
  receiver.answer = (hit, response) => {
    count++;
    const attempt = Number(hit.headers['webhook-attempt']);
    const failed = attempt < 3 && count % 3 === 0;
    const entry: Seen = {
      id: String(hit.headers['webhook-id']),
      attempt,
      at: hit.at,
      answeredAt: Infinity,
      failed,
      signatureOffS: Math.abs(Number(hit.headers['webhook-timestamp']) - Date.now() / 1000),
    };
    seen.push(entry);
    const answer = (): void => {
      entry.answeredAt = performance.now();
      response.writeHead(failed ? 500 : 204).end();
    };
    if (count % 50 === 0) setTimeout(answer, SLOW_MS);
    else answer();
  };
  return seen;
}

/** What the receiver saw. */
function judge(seen: Seen[]) {
  const byId = new Map<string, Seen[]>();
  for (const one of seen) byId.set(one.id, [...(byId.get(one.id) ?? []), one]);
  let twice = 0;
  let early = 0;
  let retries = 0;
  let overlapping = 0;
  for (const tries of byId.values()) {
    tries.sort((a, b) => a.at - b.at);
    twice += tries.length - new Set(tries.map(({ attempt }) => attempt)).size;
    for (let index = 1; index < tries.length; index++) {
      const [before, now] = [tries[index - 1]!, tries[index]!];
      retries++;
      if (now.at < before.answeredAt) overlapping++;
      // The schedule is jittered by a fifth.
      if (now.at - before.answeredAt < RETRY_MS * 0.8 - EARLY_MS) early++;
    }
  }
  return {
    deliveries: byId.size,
    requests: seen.length,
    retries,
    twice,
    overlapping,
    early,
    signatureOffS: Math.max(...seen.map(({ signatureOffS }) => signatureOffS)),
  };
}

type Figures = ReturnType<typeof judge> & {
  events: number;
  count: number;
  lost: number;
  succeeded: number;
  off: number;
  workers: { clock: string; attempts: number; skewSeconds: number; warned: boolean }[];
};

function brokenBounds(figures: Figures): string[] {
  const broken: string[] = [];
  const must = (holds: boolean, sentence: string): void => void (holds || broken.push(sentence));
  must(figures.deliveries === EVENTS, `${figures.deliveries} of ${EVENTS} deliveries arrived`);
  must(figures.succeeded === EVENTS, `${figures.succeeded} of ${EVENTS} deliveries succeeded`);
  must(
    figures.requests === figures.count,
    `${figures.requests} requests, but ${figures.count} recorded attempts`,
  );
  must(figures.retries > EVENTS / 10, `only ${figures.retries} retries: nothing is proven of due times`);
  must(figures.twice + figures.overlapping === 0, `${figures.twice + figures.overlapping} double claims`);
  must(figures.early === 0, `${figures.early} retries came early`);
  must(figures.lost === 0, `${figures.lost} attempts were taken over although their senders lived`);
  must(figures.signatureOffS < SIGNATURE_S, `a signature was ${figures.signatureOffS} s off`);
  must(figures.off < 600, `a recorded attempt lies ${figures.off} s from its delivery`);
  figures.workers.forEach(({ clock, attempts, skewSeconds, warned }, index) => {
    const expected = CLOCKS[index]![2];
    must(attempts > EVENTS / 20, `the worker that is ${clock} made only ${attempts} attempts`);
    must(
      Math.abs(skewSeconds - expected) <= 2,
      `the worker that is ${clock} tells a skew of ${skewSeconds} s`,
    );
    must(
      warned === (expected !== 0),
      `the worker that is ${clock} ${warned ? 'warned' : 'did not warn'} of its clock`,
    );
  });
  return broken;
}
