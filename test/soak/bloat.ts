/**
 * REL-20: somebody leaves a transaction open while deliveries churn, so that no dead row can be removed: claims must
 * stay as fast as they were, or nearly. Judged by the server's own histogram of claims, and by what users notice.
 */
import { createWebhook } from '../support/scenario.ts';
import { type Ground, onGround } from './ground.ts';
import { type Buckets, histogramPercentile, readHistogram } from './histogram.ts';
import { type Latency, measureLatency } from './latency.ts';
import { rounded } from './numbers.ts';
import { registerOrders, RESOURCE, TOPICS } from './publisher.ts';
import { answers, type Manner, Receivers } from './receivers.ts';
import type { Scenario } from './scenario.ts';
import type { ServerNode } from './server-node.ts';

const CLAIMS = 'bellwire_claim_duration_seconds';
const EVENTS_PER_SECOND = 60;
const WEBHOOKS = 3;
const WARM_UP_MS = 10_000;
/** Shares of the minutes: before the transaction, and each measured stretch of it; the last one counts. */
const BASELINE_SHARE = 0.15;
const STRETCHES = 4;
const RATIO = 3;

const taken = answers(204);
const refused = answers(500);
const mostlyTaken: Manner = (response, arrival) =>
  (arrival.attempt === 1 && arrival.seq % 3 === 0 ? refused : taken)(response, arrival);

/** One stretch of time. */
interface Stretch {
  deadTuples: Record<string, number>;
  claimP95Ms: number | null;
  latency: Latency;
}

/** The scenario. */
export const bloatSoak: Scenario = ({ minutes, seed, say }) =>
  onGround(async (ground) => {
    const node = await ground.node({ name: 'server', role: 'all' });
    const receivers = await Receivers.start();
    ground.atEnd(() => receivers.down());
    await registerOrders(node.api);
    for (let index = 1; index <= WEBHOOKS; index++)
      // One fails now and then: retries leave more dead rows than first attempts.
      await createWebhook(node.api, receivers.endpoint(`taker-${index}`, index === 1 ? mostlyTaken : taken), {
        triggers: TOPICS.map((event) => ({ resource: RESOURCE, event })),
        advanced: { retrySchedule: [0, 1, 2, 5] },
      });
    let number = 0;
    const stretch = (ms: number): Promise<Stretch> => {
      number += 1;
      return measure(ground, node, receivers, { ms, seed: seed + number, prefix: `s${number}` });
    };

    await stretch(WARM_UP_MS);
    const totalMs = minutes * 60_000;
    const baseline = await stretch(totalMs * BASELINE_SHARE);
    const stranger = await ground.connect();
    // It has written, too: its number holds back the log's readers, and its snapshot every dead row.
    await stranger.query('begin isolation level repeatable read');
    await stranger.query('select pg_current_xact_id(), count(*) from delivery_queue');
    say(
      `claims p95 ${baseline.claimP95Ms ?? 'unknown'} ms; a transaction stays open for ${minutes} minutes …`,
    );
    const stretches: Stretch[] = [];
    for (let count = 0; count < STRETCHES; count++)
      stretches.push(await stretch((totalMs * (1 - BASELINE_SHARE)) / STRETCHES));
    await stranger.query('rollback');

    const last = stretches.at(-1)!;
    const arrivalRatio = last.latency.p95! / baseline.latency.p95!;
    const claimRatio = last.claimP95Ms === null ? null : last.claimP95Ms / baseline.claimP95Ms!;
    const broken = ground.deaths();
    if (claimRatio !== null && !(claimRatio <= RATIO))
      broken.push(`claims' p95 grew ${rounded(claimRatio, 2)} times, more than ${RATIO}`);
    if (!(arrivalRatio <= RATIO))
      broken.push(`p95 to arrival grew ${rounded(arrivalRatio, 2)} times, more than ${RATIO}`);
    const missing = [baseline, ...stretches].reduce((sum, { latency }) => sum + latency.missing, 0);
    if (missing > 0) broken.push(`${missing} deliveries did not arrive`);
    return {
      figures: {
        seed,
        minutes,
        claimRatio: claimRatio === null ? null : rounded(claimRatio, 2),
        arrivalRatio: rounded(arrivalRatio, 2),
        baseline,
        stretches,
        loggedErrors: ground.errors(),
      },
      broken,
    };
  });

async function measure(
  ground: Ground,
  node: ServerNode,
  receivers: Receivers,
  options: { ms: number; seed: number; prefix: string },
): Promise<Stretch> {
  const before = await readHistogram(node, CLAIMS);
  const latency = await measureLatency(receivers, {
    ...options,
    api: () => node.api,
    perSecond: EVENTS_PER_SECOND,
    counts: () => true,
  });
  const after = await readHistogram(node, CLAIMS);
  return { latency, claimP95Ms: claimP95(before, after), deadTuples: await deadTuples(ground) };
}

function claimP95(before: Buckets | undefined, after: Buckets | undefined): number | null {
  return before && after ? rounded(histogramPercentile(before, after, 95) * 1000, 2) : null;
}

async function deadTuples(ground: Ground): Promise<Record<string, number>> {
  const rows = await ground.rows<{ name: string; dead: number }>(
    `select relname as name, n_dead_tup::int as dead from pg_stat_user_tables
     where relname in ('delivery_queue', 'delivery_log') order by 1`,
  );
  return Object.fromEntries(rows.map(({ name, dead }) => [name, dead]));
}
