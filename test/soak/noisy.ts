/**
 * REL-06: an endpoint that takes 29 s for each answer has 100,000 deliveries due; twenty healthy endpoints must not
 * notice. It answers with 200 in the end, so that no circuit opens and spares them: only fairness does.
 */
import type { Api } from '../support/api.ts';
import { createWebhook } from '../support/scenario.ts';
import { onGround } from './ground.ts';
import { measureLatency } from './latency.ts';
import { rounded } from './numbers.ts';
import { registerOrders, RESOURCE, TOPICS } from './publisher.ts';
import { answers, Receivers } from './receivers.ts';
import type { Scenario } from './scenario.ts';

const DUE = 100_000;
const HANG_MS = 29_000;
const TIMEOUT_MS = 30_000;
const HEALTHY = 20;
const EVENTS_PER_SECOND = 30;
const WARM_UP_MS = 8_000;
const MEASURE_MS = 30_000;
/** The healthy ones may be slower by this factor. */
const RATIO = 1.5;
/** How many events one publish has. */
const BATCH = 500;

const QUIET = TOPICS.slice(0, 5);
const NOISY = TOPICS[5];

/** The scenario. */
export const noisySoak: Scenario = ({ scale, seed, say }) =>
  onGround(async (ground) => {
    const node = await ground.node({
      name: 'server',
      role: 'all',
      settings: { BELLWIRE_SHUTDOWN_GRACE: '1s' },
    });
    const receivers = await Receivers.start();
    ground.atEnd(() => receivers.down());
    await registerOrders(node.api);
    for (let index = 0; index < HEALTHY; index++)
      await createWebhook(node.api, receivers.endpoint(`healthy-${index}`, answers(204)), {
        triggers: [{ resource: RESOURCE, event: QUIET[index % QUIET.length]! }],
      });
    await createWebhook(node.api, receivers.endpoint('noisy', answers(200, HANG_MS)), {
      triggers: [{ resource: RESOURCE, event: NOISY }],
      advanced: { timeoutMs: TIMEOUT_MS },
    });
    const measure = (ms: number, offset: number) =>
      measureLatency(receivers, {
        api: () => node.api,
        perSecond: EVENTS_PER_SECOND,
        seed: seed + offset,
        prefix: `m${offset}`,
        topics: QUIET,
        ms,
        counts: (endpoint) => endpoint !== 'noisy',
      });

    await measure(WARM_UP_MS, 1);
    const quiet = await measure(MEASURE_MS, 2);
    const due = Math.round(DUE * scale);
    say(`quiet: p95 ${quiet.p95} ms; ${due} deliveries to an endpoint that hangs …`);
    await publishDue(node.api, due);
    const beside = await measure(MEASURE_MS, 3);
    const [left] = await ground.rows<{ waiting: number; inFlight: number }>(
      `select count(*) filter (where sender is null)::int as waiting, count(sender)::int as "inFlight" from delivery_queue`,
    );

    // What did not arrive at all was slower than anything that did.
    const ratio = beside.missing > 0 ? Infinity : beside.p95! / quiet.p95!;
    const broken: string[] = [];
    if (!(ratio <= RATIO))
      broken.push(`p95 of the healthy endpoints grew ${rounded(ratio, 2)} times, more than ${RATIO}`);
    if (quiet.missing + beside.missing > 0)
      broken.push(`${quiet.missing} and ${beside.missing} deliveries did not arrive`);
    if (left!.waiting < due * 0.9 || receivers.peak('noisy') === 0)
      broken.push(
        `the neighbour was not noisy: ${left!.waiting} waiting, ${receivers.peak('noisy')} at once`,
      );
    return {
      figures: {
        seed,
        due,
        waitingAtEnd: left!.waiting,
        inFlightAtEnd: left!.inFlight,
        noisyAtOnce: receivers.peak('noisy'),
        quiet,
        beside,
        ratio: rounded(ratio, 2),
        loggedErrors: ground.errors(),
      },
      broken: [...broken, ...ground.deaths()],
    };
  });

/** Publishes so many events to the noisy endpoint, as fast as they are taken. */
async function publishDue(api: Api, count: number): Promise<void> {
  const query = `mutation ($input: [EventInput!]!) { eventsPublish(input: $input) { errors { message } } }`;
  for (let from = 0; from < count; from += BATCH) {
    const input = Array.from({ length: Math.min(BATCH, count - from) }, (_, index) => {
      const entityId = `due-${from + index}`;
      return { resource: RESOURCE, event: NOISY, entityId, payload: { id: entityId, seq: 1 } };
    });
    await api.mutate(query, { input });
  }
}
