/**
 * What a claim costs, by the built server's own claim and with what its sender remembers between claims, whatever waits
 * behind what is due, and whatever dead rows a transaction elsewhere keeps. A cycle: 500 deliveries become due, are
 * claimed and are gone. Nothing is sent.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { createWebhook, publish, register } from '../bellwire.js';
import { cpuOf } from '../cpu.js';
import { say } from '../ground.js';
import { checkBooks, freshIds } from '../measure.js';
import { median, now, ratios } from '../numbers.js';
import { built } from '../postgres.js';
import { startServer } from '../server.js';

/** Deliveries in a claim. */
const WANT = 500;
/** How many endpoints share a claim, and half of what is pending; the other half is one endpoint's. */
const SHARING = 50;
/** A sender that is kept busy claims that often. */
const CYCLE_MS = 100;
/** Cycles that are measured at a time, for each way to claim; and before the first, not counted. */
const CYCLES = 40;
const WARM_UP = 30;
/** Events that are there, with payloads: deliveries are of one of them. */
const EVENTS = 100;

/** @typedef {{ ms: number, cpuMs: number }} Claimed The median of some claims, and PostgreSQL's CPU for a cycle. */

/** A server with 51 webhooks, and what claims there. @param {import('../ground.js').Ground} ground @param {number} pending */
async function openQueue(ground, pending) {
  const { post, postgres } = await startServer(ground, 'api');
  const { client } = postgres;
  await register(post, 'policies', ['update']);
  const kind = { resource: 'policies', event: 'update' };
  await publish(post, freshIds(EVENTS), kind);
  const made = await Promise.all(
    Array.from({ length: SHARING + 1 }, () => createWebhook(post, 'https://hooks.example.com/')),
  );
  const [alone = '', ...sharing] = made.map(({ webhook }) => webhook.endpoints[0].id);
  let born = 0;
  const enqueue = async (/** @type {string[]} */ endpoints, /** @type {number} */ count) => {
    await client.query(
      `insert into delivery_queue (id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin)
       select 'dlv_' || lpad(($3 + i)::text, 26, '0'), e.ids[1 + i % $4], 'policies', 'create', '1', ep.webhook_id, ep.id, 'EVENT'
       from generate_series(1, $2) i
       join endpoints ep on ep.id = ($1::text[])[1 + i % cardinality($1::text[])]
       cross join (select array_agg(id) as ids from events where resource = 'policies') e`,
      [endpoints, count, born, EVENTS],
    );
    born += count;
  };
  /** What claims at some endpoints, in cycles. @param {string[]} endpoints */
  const openWay = async (endpoints) => {
    const sender = await openSender(ground, postgres.url, endpoints);
    /** One cycle; ms of the claim. */
    const cycle = async () => {
      await enqueue(endpoints, WANT);
      const startedAt = now();
      const ids = await sender.claim();
      const ms = now() - startedAt;
      checkBooks('a claim', WANT, { claimed: new Set(ids).size });
      await client.query('delete from delivery_queue where id = any ($1)', [ids]);
      return ms;
    };
    return {
      endpoints: endpoints.length,
      /** Cycles one after the other, each in its time. @param {number} cycles @returns {Promise<Claimed>} */
      async measure(cycles) {
        const times = [];
        const before = cpuOf(postgres.pid);
        for (let done = 0; done < cycles; done += 1) {
          const startedAt = now();
          times.push(await cycle());
          await sleep(Math.max(0, startedAt + CYCLE_MS - now()));
        }
        return { ms: median(times), cpuMs: (cpuOf(postgres.pid) - before) / cycles / 1e3 };
      },
    };
  };
  await enqueue([alone], Math.ceil(pending / 2));
  await enqueue(sharing, Math.floor(pending / 2));
  // As autovacuum would have done in the meantime.
  await client.query('vacuum analyze');
  const ways = [await openWay([alone]), await openWay(sharing)];
  for (const way of ways) await way.measure(WARM_UP);
  return { postgres, ways };
}

/** The server's own claim, with the memory of its sender, which has all of its slots free. @param {import('../ground.js').Ground} ground @param {string} url @param {string[]} endpoints */
async function openSender({ onStop }, url, endpoints) {
  const { claim } = await built('queue/claim');
  const { Lanes } = await built('sending/lanes');
  const { createPool } = await built('db/pools');
  const { createLogger } = await built('log');
  const pool = createPool(url, 'engine', 1, createLogger('silent'));
  onStop(() => pool.end());
  const lanes = new Lanes({ most: WANT, untilQuick: WANT });
  const terms = {
    sender: 'bench',
    leaseMarginMs: 15_000,
    endpointLeaseMs: 10_000,
    endpointConcurrency: WANT,
  };
  return {
    /** The ids of the jobs that a claim brings. @returns {Promise<string[]>} */
    async claim() {
      const askedAt = performance.now();
      for (const endpointId of endpoints) lanes.expect(endpointId, 0, askedAt);
      const asks = lanes.choose(WANT, askedAt);
      const { jobs, standings } = await claim(pool, terms, asks, false);
      const answeredAt = performance.now();
      lanes.paceRescans(asks, answeredAt - askedAt, answeredAt);
      for (const standing of standings) lanes.settle(standing, askedAt, answeredAt);
      return jobs.map((/** @type {{ id: string }} */ job) => job.id);
    },
  };
}

/** Claims on while another session holds a snapshot; measured at the end of that time. @param {Awaited<ReturnType<typeof openQueue>>} queue @param {import('pg').Client} holder @param {number} seconds */
async function measureHeld({ ways }, holder, seconds) {
  await holder.query('begin isolation level repeatable read');
  await holder.query('select pg_current_xact_id(), count(*) from delivery_queue');
  const until = now() + seconds * 1000 - ways.length * CYCLES * CYCLE_MS;
  while (now() < until) for (const way of ways) await way.measure(1);
  const held = [];
  for (const way of ways) held.push(await way.measure(CYCLES));
  await holder.query('rollback');
  await holder.query('vacuum analyze delivery_queue');
  return held;
}

export const claim = {
  name: 'claim',
  about: `A claim of ${WANT} deliveries, of one endpoint and of ${SHARING}: with nothing else in the queue, with many pending, and with
another session's snapshot held open (--seconds) while ${(WANT * 1000) / CYCLE_MS} deliveries a second come and go.`,
  options: { rounds: 5, pending: 1_000_000, seconds: 60 },

  /** @param {import('../ground.js').Ground} ground @param {{ rounds: number, pending: number, seconds: number }} options @returns {Promise<import('../report.js').Section>} */
  async run(ground, { rounds, pending, seconds }) {
    say(`Starting two servers and queueing ${pending} deliveries …`);
    const [full, empty] = [await openQueue(ground, pending), await openQueue(ground, 0)];
    const { default: pg } = await import('pg');
    const holder = new pg.Client({ connectionString: empty.postgres.url });
    await holder.connect();
    ground.onStop(() => holder.end());
    const kinds = ['empty', 'pending', 'held'];
    const all = empty.ways.map(() => kinds.map(() => /** @type {Claimed[]} */ ([])));
    for (let round = 1; round <= rounds; round += 1) {
      say(`claim, round ${round} of ${rounds}: nothing else in the queue, ${pending} pending …`);
      for (const [way, columns] of all.entries()) {
        columns[0].push(await empty.ways[way].measure(CYCLES));
        columns[1].push(await full.ways[way].measure(CYCLES));
      }
      say(`claim, round ${round} of ${rounds}: a snapshot held for ${seconds} s …`);
      const held = await measureHeld(empty, holder, seconds);
      for (const [way, columns] of all.entries()) columns[2].push(held[way]);
    }
    const rows = all.flatMap((columns, way) => {
      const of = (/** @type {keyof Claimed} */ key) => columns.map((rounds) => rounds.map((one) => one[key]));
      const ms = of('ms');
      const { endpoints } = empty.ways[way];
      const label = `${WANT} of ${endpoints} endpoint${endpoints === 1 ? '' : 's'}`;
      return [
        { label: `${label}, ms`, values: ms },
        {
          label: `${label}, ratio: this one / nothing else`,
          values: [[], ...ms.slice(1).map((one) => ratios(one, ms[0]))],
        },
        { label: `${label}, PostgreSQL's CPU ms for a cycle`, values: of('cpuMs') },
      ];
    });
    const worst = (/** @type {number} */ column) =>
      Math.max(...[rows[1], rows[4]].map(({ values }) => median(values[column])));
    return {
      title: `${rounds} × ${CYCLES} claims, ms from the call to its ${WANT} jobs. Medians [min-max] of the rounds' medians; ratios round by round.`,
      columns: ['nothing else', `${pending} pending`, `snapshot held for ${seconds} s`],
      rows,
      notes: [
        `One endpoint has half of what is pending, ${SHARING} have the rest. A cycle: ${WANT} rows are inserted, claimed and deleted, every ${CYCLE_MS} ms.`,
        `PostgreSQL: ${empty.postgres.settings}.`,
      ],
      options: { rounds, pending, seconds },
      versions: [{ postgres: empty.postgres.version }],
      targets: [
        { name: `${pending} pending, by the empty queue`, wanted: { atMost: 1.25 }, measured: worst(1) },
        {
          name: `a snapshot held for ${seconds} s, by the empty queue`,
          wanted: { atMost: 1.5 },
          measured: worst(2),
        },
      ],
    };
  },
};
