/** What results mean for their endpoint: paused, probed, ramped up, slowed down, switched off; the circuit is that of the database. */
import type pg from 'pg';

import { createPool } from '../../src/db/pools.ts';
import { newId } from '../../src/ids.ts';
import { createLogger } from '../../src/log.ts';
import type { Completion, Failing } from '../../src/queue/complete.ts';
import { type CircuitOptions, Circuits } from '../../src/sending/circuits.ts';
import type { Lane } from '../../src/sending/lane.ts';
import { Lanes } from '../../src/sending/lanes.ts';
import type { OffCause } from '../../src/webhooks/auto-disable.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const PROBE_MS = 60_000;
const SINCE = new Date('2026-01-02T03:04:05Z');

let database: TestDatabase;
let pool: pg.Pool;
let lanes: Lanes;
let lane: Lane;
let circuits: Circuits;
const off: [endpointId: string, cause: OffCause][] = [];
const webhookId = newId('webhook');

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, 'engine', 2, createLogger('silent'));
  const login = newId('login');
  await pool.query(
    `insert into logins (id, path, name, email, is_account) values ($1, array[$1::text], 'Root', 'root@example.com', true)`,
    [login],
  );
  await pool.query(
    `insert into webhooks (id, account_id, login_id, name, description) values ($1, $2, $2, 'World', '')`,
    [webhookId, login],
  );
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  off.splice(0);
  const endpointId = newId('endpoint');
  await pool.query(
    `insert into endpoints (id, webhook_id, position, kind, target, timeout_ms)
     values ($1, $2, 0, 'URL', 'http://127.0.0.1:9/', 1000)`,
    [endpointId, webhookId],
  );
  lanes = new Lanes({ most: 32, untilQuick: 32, ahead: 0 });
  lane = lanes.of(endpointId);
  circuits = circuitsWith({});
});

function circuitsWith(more: Partial<CircuitOptions>): Circuits {
  return new Circuits({
    ...{ pool, lanes, logger: createLogger('silent'), sender: 'one', probeMs: PROBE_MS },
    ...{ endpointLeaseMs: 10_000, autoDisableMs: 1_000 },
    switchOff: async (...call) => off.push(call) > 0,
    ...more,
  });
}

function result(failureCode: Completion['failureCode'], more: Partial<Completion> = {}): Completion {
  return {
    ...{ id: 'dlv', fence: 1, attempt: 1, next: 'RETRY', delayMs: 0, telling: true, holdMs: 0 },
    ...{ origin: 'FIRST', outcome: failureCode === null ? 'SUCCEEDED' : 'REJECTED', failureCode },
    ...{ statusCode: failureCode === null ? 204 : 500, startedAt: new Date(), durationMs: 5 },
    ...{ request: '', response: null, phases: null, ...more },
  };
}

/** Judges results one by one: + is a success, anything else a failure. */
async function judge(results: string): Promise<void> {
  for (const one of results) await circuits.judge(lane, result(one === '+' ? null : 'STATUS'), 0);
}

async function circuit(columns = 'state, trips'): Promise<any> {
  const { rows } = await pool.query(`select ${columns} from endpoint_circuits where endpoint_id = $1`, [
    lane.endpointId,
  ]);
  return rows[0];
}

/** The circuit is half open, and the probe is this sender's, or another's. */
async function probe(holder = 'one'): Promise<void> {
  await pool.query(
    `insert into endpoint_circuits (endpoint_id, state, opened_at, trips, failing_since, failures, failure_code, holder, lease_until)
     values ($1, 'HALF_OPEN', now(), 1, now(), 10, 'STATUS', $2, now() + interval '1 minute')
     on conflict (endpoint_id) do update set state = 'HALF_OPEN', probe_at = null, holder = $2, lease_until = now() + interval '1 minute'`,
    [lane.endpointId, holder],
  );
  lane.state = 'HALF_OPEN';
}

describe('the circuit of an endpoint', () => {
  it('opens at the tenth failure, once', async () => {
    await judge('---------');
    expect(await circuit()).toBeUndefined();
    lanes.slowDown(lane, 0);
    await judge('-');
    expect(await circuit()).toEqual({ state: 'OPEN', trips: 1 });
    expect([lane.state, lane.allowance]).toEqual(['OPEN', null]);
    // Somebody ends the pause; what was on the wire before says nothing of the time after it.
    await pool.query('delete from endpoint_circuits');
    await judge('-----------');
    expect(await circuit()).toBeUndefined();
  });

  it('opens although successes come in between, which take nothing and forget nothing', async () => {
    await judge('--+---+--');
    expect(await circuit()).toBeUndefined();
    await judge('-');
    expect(await circuit()).toEqual({ state: 'OPEN', trips: 1 });
  });

  it('forgets what was before it was opened', async () => {
    await judge('----------');
    await pool.query('delete from endpoint_circuits');
    lane.state = 'CLOSED';
    await judge('---------');
    expect(await circuit()).toBeUndefined();
    await judge('-');
    expect(await circuit()).toEqual({ state: 'OPEN', trips: 1 });
  });

  it('is not concerned by what says nothing of the endpoint', async () => {
    for (let count = 0; count < 20; count += 1)
      await circuits.judge(lane, result('SENDER_LOST', { telling: false }), 0);
    expect([await circuit(), lane.state]).toEqual([undefined, 'CLOSED']);
  });

  it('opens at the first failure of a kind that one attempt proves', async () => {
    await circuits.judge(lane, result('SECRET_UNAVAILABLE', { statusCode: null }), 0);
    expect(await circuit('state, failure_code')).toEqual({
      state: 'OPEN',
      failure_code: 'SECRET_UNAVAILABLE',
    });
  });

  it('is neither closed nor opened again by what was on the wire when it opened, but by what began after that', async () => {
    for (const from of ['OPEN', 'HALF_OPEN'] as const) {
      await pool.query('delete from endpoint_circuits');
      await probe();
      if (from === 'OPEN')
        await pool.query(`update endpoint_circuits set state = 'OPEN', probe_at = now() + interval '1 hour'`);
      lane.turn('CLOSED', 0);
      lane.turn(from, 100);
      await circuits.judge(lane, result(null), 120, 99);
      await circuits.judge(lane, result('STATUS'), 120, 99);
      expect([(await circuit()).state, lane.state]).toEqual([from, from]);
      await circuits.judge(lane, result(null), 140, 130);
      expect([(await circuit('state, failures, failing_since')).state, lane.state]).toEqual([
        'CLOSED',
        'CLOSED',
      ]);
      expect(await circuit('failures, failing_since, failure_code')).toEqual({
        ...{ failures: 0, failing_since: null, failure_code: null },
      });
    }
  });

  it('opens again when its probe fails', async () => {
    await probe();
    await judge('-');
    expect(await circuit()).toEqual({ state: 'OPEN', trips: 2 });
    expect([lane.state, lane.allowance]).toEqual(['OPEN', null]);
  });

  it('is probed at moments that differ by up to a fifth, each way', async () => {
    const waits: number[] = [];
    for (let count = 0; count < 6; count += 1) {
      await pool.query('delete from endpoint_circuits');
      lane.state = 'CLOSED';
      await circuits.judge(lane, result('SECRET_UNAVAILABLE'), 0);
      waits.push(
        (await circuit('extract(epoch from probe_at - opened_at)::float8 * 1000 as wait')).wait as number,
      );
    }
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(PROBE_MS * 0.8);
    expect(Math.max(...waits)).toBeLessThan(PROBE_MS * 1.2 + 1_000);
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(PROBE_MS / 100);
  });

  it('closes when its probe succeeds: two at once, at once, and all that was before is forgotten', async () => {
    await judge('---------');
    await probe();
    lane.notBefore = 5_000;
    await judge('+');
    expect(await circuit('state, trips, holder')).toEqual({ state: 'CLOSED', trips: 0, holder: 'one' });
    expect(lane).toMatchObject({ state: 'CLOSED', notBefore: 0, allowance: { value: 2, ramping: true } });
    // Two failures beside two successes: it is not judged by the nine of before.
    await judge('++--');
    expect(await circuit()).toMatchObject({ state: 'CLOSED' });
    expect(lane.state).toBe('CLOSED');
  });

  it('opens at once when it fails while it is ramped up', async () => {
    await probe();
    await judge('+');
    await judge('-');
    expect(await circuit()).toEqual({ state: 'OPEN', trips: 1 });
  });

  it('is ramped up by the sender that closed it, and by no other', async () => {
    await probe('two');
    await pool.query(
      `update endpoint_circuits set state = 'CLOSED', opened_at = null where endpoint_id = $1`,
      [lane.endpointId],
    );
    await judge('+');
    expect([lane.state, lane.allowance]).toEqual(['CLOSED', null]);
    expect(await circuit('holder')).toEqual({ holder: 'two' });
  });
});

describe('a receiver', () => {
  it.each([429, 502, 503, 504])('that answers %i is slowed down', async (statusCode) => {
    await circuits.judge(lane, result('STATUS', { statusCode }), 0);
    expect(lane.allowance).toMatchObject({ value: 16, ramping: false });
  });

  it.each([500, 501, 400])('that answers %i is not', async (statusCode) => {
    await circuits.judge(lane, result('STATUS', { statusCode }), 0);
    expect(lane.allowance).toBeNull();
  });

  it('that is gone is switched off, and not paused', async () => {
    for (let count = 0; count < 10; count += 1)
      await circuits.judge(lane, result('GONE', { statusCode: 410 }), 0);
    expect(off).toEqual(Array(10).fill([lane.endpointId, { code: 'GONE', failingSince: null }]));
    expect(await circuit()).toBeUndefined();
  });
});

describe('an endpoint with nothing but failures', () => {
  const failing = (more: Partial<Failing>): Failing => ({
    ...{ endpointId: lane.endpointId, failures: 5, code: 'TIMEOUT', failingSince: SINCE, failingMs: 1_000 },
    ...more,
  });

  it('is switched off after five of them and the period', async () => {
    await circuits.endFailing([failing({ failures: 4, failingMs: 9_000 }), failing({ failingMs: 999 })]);
    expect(off).toEqual([]);
    await circuits.endFailing([failing({})]);
    expect(off).toEqual([[lane.endpointId, { code: 'TIMEOUT', failingSince: SINCE }]]);
  });

  it('keeps no other from being switched off when it cannot be', async () => {
    const away = circuitsWith({
      switchOff: (endpointId, cause) => {
        off.push([endpointId, cause]);
        return Promise.reject(new Error('the database is away'));
      },
    });
    await away.endFailing([failing({}), failing({ endpointId: 'ep_other' })]);
    expect(off.map(([endpointId]) => endpointId)).toEqual([lane.endpointId, 'ep_other']);
    // Nor does it end the sender.
    await away.judge(lane, result('GONE'), 0);
    expect(off).toHaveLength(3);
  });
});
