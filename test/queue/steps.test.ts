/**
 * The state machine of a delivery against random interleavings: whatever publishes, claims, results, crashes, switches,
 * cancellations, expiries, retries by hand, replays, owners of mailboxes and digests do at once, no delivery takes a step that is not in the table
 * (src/queue/status.ts), none is lost, and all come to an end.
 */
import { readFileSync } from 'node:fs';

import fc from 'fast-check';
import type pg from 'pg';

import { createPool } from '../../src/db/pools.ts';
import { newId } from '../../src/ids.ts';
import { createLogger } from '../../src/log.ts';
import { promoteOrphans } from '../../src/queue/order.ts';
import { STEPS } from '../../src/queue/status.ts';
import { sweep } from '../../src/queue/sweep.ts';
import { figure } from '../support/figure.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type Word, World } from './world.ts';

const RUNS = 25;
const ENTITIES = ['x', 'y'];

let database: TestDatabase;
let pool: pg.Pool;
const loginId = newId('login');

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, 'engine', 6, createLogger('silent'));
  await pool.query(
    `insert into logins (id, path, name, email, is_account) values ($1, array[$1::text], 'Root', 'root@example.com', true)`,
    [loginId],
  );
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

type Act = [name: string, run: (world: World) => Promise<void>];
const sender = fc.nat({ max: 1 });
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .constantFrom(...ENTITIES)
      .map((entity): Act => [`publish ${entity}`, (world) => world.publish(entity)]),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(sender, fc.integer({ min: 1, max: 4 }))
      .map(([who, want]): Act => [`claim ${who} ${want}`, (world) => world.claim(who, want)]),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(sender, fc.constantFrom('SUCCEEDED' as const, 'FAILED' as const, 'RETRY' as const))
      .map(([who, next]): Act => [`finish ${who} ${next}`, (world) => world.finish(who, next)]),
  },
  { weight: 1, arbitrary: sender.map((who): Act => [`give back ${who}`, (world) => world.giveBack(who)]) },
  { weight: 2, arbitrary: sender.map((who): Act => [`crash ${who}`, (world) => world.rescue(who)]) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(), fc.constantFrom('retry' as const, 'cancel' as const))
      .map(([pick, what]): Act => [`${what} ${pick}`, (world) => world.byHand(pick, what)]),
  },
  {
    weight: 2,
    arbitrary: fc.nat().map((pick): Act => [`replay ${pick}`, (world) => world.replay(pick)]),
  },
  { weight: 1, arbitrary: fc.constant<Act>(['withdraw', (world) => world.withdraw()]) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(), fc.constantFrom('id' as const, 'event_id' as const), fc.integer({ min: 1, max: 3 }))
      .map(([pick, by, limit]): Act => [
        `expire ${by} ${pick} ${limit}`,
        (world) => world.expire(pick, by, limit),
      ]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.boolean(), fc.constantFrom(null, 0, 1, 2))
      .map(([on, which]): Act => [`switch ${which} ${on}`, (world) => world.switch(on, which)]),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('NONE' as const, 'PER_ENTITY' as const)
      .map((ordering): Act => [`edit ${ordering}`, (world) => world.edit(ordering)]),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom<Word>('confirm', 'confirm', 'confirm', 'revive', 'revive', 'unsubscribe', 'suppress')
      .map((word): Act => [word, (world) => world.say(word)]),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(0, 4, 7).map((days): Act => [`settle ${days}`, (world) => world.settle(days)]),
  },
  {
    weight: 3,
    arbitrary: sender.map((who): Act => [`gather ${who}`, (world) => world.gather(who)]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(sender, fc.integer({ min: 1, max: 3 }))
      .map(([who, size]): Act => [`digest ${who} ${size}`, (world) => world.claimDigests(who, size)]),
  },
  { weight: 1, arbitrary: fc.constant<Act>(['sweep', async () => void (await sweep(pool, 100))]) },
  { weight: 1, arbitrary: fc.constant<Act>(['promote', async () => void (await promoteOrphans(pool))]) },
);
/** Up to three things at the same moment. */
const script = fc.array(
  fc.array(
    act.map((one) => Object.assign(one, { toString: () => one[0] })),
    { minLength: 1, maxLength: 3 },
  ),
  {
    minLength: 10,
    maxLength: 40,
  },
);

it('no interleaving leaves the table of legal steps, loses a delivery, or keeps one open for ever', async () => {
  let steps = 0;
  let deliveries = 0;
  let expired = 0;
  const mailed = { released: 0, settled: 0, digested: 0 };
  await fc.assert(
    fc.asyncProperty(fc.boolean(), script, async (confirmed, moments) => {
      const world = new World(pool, loginId);
      await world.make();
      if (confirmed) await world.say('confirm');
      for (const moment of moments) {
        await Promise.all(moment.map(([, run]) => run(world)));
        await world.checkOrder();
      }
      await world.checkLog();
      await world.drain();
      steps += await world.checkLog();
      deliveries += world.deliveries.length;
      expired += world.expired;
      for (const key of ['released', 'settled', 'digested'] as const) mailed[key] += world.mailed[key];
    }),
    { numRuns: RUNS },
  );
  expect(expired).toBeGreaterThan(0);
  expect(Object.entries(mailed).filter(([, count]) => count === 0)).toEqual([]);
  figure('states', { runs: RUNS, deliveries, loggedSteps: steps, expired, ...mailed, illegal: 0 });
}, 120_000);

it('the diagram of ARCHITECTURE.md shows exactly the legal steps', () => {
  const page = readFileSync(new URL('../../ARCHITECTURE.md', import.meta.url), 'utf8');
  const diagram = /```mermaid\nstateDiagram-v2\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const drawn = [...diagram.matchAll(/^ *(\S+) --> (\S+): (.+)$/gm)].flatMap(([, from, to, causes]) =>
    causes!.split(', ').map((by) => `${from} → ${to} by ${by}`),
  );
  const legal = STEPS.map(({ from, to, by }) => `${from ?? '[*]'} → ${to} by ${by}`);
  expect(drawn.sort()).toEqual(legal.sort());
});
