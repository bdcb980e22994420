/** The sweep as a statement: what it takes, what it leaves, what it costs. The server's own is asleep. */
import { newId } from '../../src/ids.ts';
import { claim } from '../../src/queue/claim.ts';
import { release } from '../../src/queue/complete.ts';
import { enqueue } from '../../src/queue/enqueue.ts';
import { SWEEP, sweep } from '../../src/queue/sweep.ts';
import { figure } from '../support/figure.ts';
import {
  clientEvent,
  createWebhook,
  type MadeWebhook,
  publish,
  registerResource,
} from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const DISABLE = 'mutation ($id: ID!) { webhookDisable(id: $id) { errors { code } } }';
const ENABLE = 'mutation ($id: ID!) { webhookEnable(id: $id) { errors { code } } }';
const DELETE = 'mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }';
const UPDATE = `mutation ($id: ID!, $input: WebhookInput!) {
  webhookUpdate(id: $id, input: $input) { errors { code } } }`;
const TARGET = 'http://127.0.0.1:9999/never-called';

let server: TestServer;
let engine: TestServer['app']['db']['engine'];
let webhook: MadeWebhook;
let eventId: string;

beforeAll(async () => {
  server = await startServer({ BELLWIRE_POLL_INTERVAL: '60s' });
  engine = server.app.db.engine;
  await registerResource(server.api);
});
beforeEach(async () => {
  webhook = await createWebhook(server.api, TARGET);
  const [published] = await publish(server.api, clientEvent('c', { event: 'update' }));
  eventId = published!.event.id;
});
afterEach(async () => {
  await server.api.mutate(DELETE, { id: webhook.id });
  for (const table of ['delivery_queue', 'deliveries', 'delivery_log'])
    await engine.query(`delete from ${table}`);
});
afterAll(() => server?.stop());

async function now(): Promise<string> {
  const { rows } = await engine.query<{ at: string }>('select clock_timestamp()::text as at');
  return rows[0]!.at;
}

interface Late {
  to?: MadeWebhook;
  origin?: 'EVENT' | 'TEST';
  matchedAt?: string;
}

/** Puts deliveries into the queue as a publish does that commits this late; due in ten minutes. */
async function commitLate(
  count: number,
  { to = webhook, origin = 'EVENT', matchedAt }: Late = {},
): Promise<string[]> {
  const deliveries = Array.from({ length: count }, () => ({
    id: newId('delivery'),
    eventId,
    ...{ resource: 'clients', event: 'create', entityId: 'c' },
    webhookId: to.id,
    endpointId: to.endpointId,
    delayMs: 600_000,
    entityKey: null,
    mailbox: null,
  }));
  await enqueue(engine, deliveries, origin, matchedAt ?? (await now()));
  return deliveries.map((delivery) => delivery.id);
}

async function waiting(): Promise<string[]> {
  const { rows } = await engine.query<{ id: string }>('select id from delivery_queue order by id');
  return rows.map((row) => row.id);
}

async function logged(): Promise<string[]> {
  const { rows } = await engine.query<{ delivery_id: string }>(
    `select delivery_id from delivery_log where kind = 'CANCELLED' order by delivery_id`,
  );
  return rows.map((row) => row.delivery_id);
}

describe('a sweep', () => {
  it('takes what waits for a webhook that is off, gone, or was off, and nothing else', async () => {
    const kept = await createWebhook(server.api, TARGET);
    const matchedAt = await now();
    await server.api.mutate(DISABLE, { id: webhook.id });
    await server.api.mutate(ENABLE, { id: webhook.id });
    const gone = await createWebhook(server.api, TARGET);
    await server.api.mutate(DELETE, { id: gone.id });
    const wasOff = (await commitLate(1, { matchedAt })).concat(await commitLate(1, { to: gone }));
    const good = [...(await commitLate(2, { to: kept })), ...(await commitLate(1))];
    expect(await sweep(engine, 100)).toBe(2);
    expect(await waiting()).toEqual(good);
    expect(await logged()).toEqual(wasOff);
    await server.api.mutate(DISABLE, { id: kept.id });
    const off = await commitLate(1, { to: kept });
    expect(await sweep(engine, 100)).toBe(1);
    expect(await sweep(engine, 100)).toBe(0);
    expect(await logged()).toEqual([...wasOff, ...good.slice(0, 2), ...off]);
  });

  it('takes what waits for an endpoint that was removed, and leaves those beside it', async () => {
    const two = await createWebhook(server.api, [TARGET, `${TARGET}/b`]);
    const { endpoints } = await server.api.run('query ($id: ID!) { webhook(id: $id) { endpoints { id } } }', {
      id: two.id,
    });
    const second = { ...two, endpointId: endpoints[1].id as string };
    await server.api.mutate(UPDATE, {
      id: two.id,
      input: { endpoints: [{ id: second.endpointId, kind: 'URL', target: `${TARGET}/b` }] },
    });
    const lost = await commitLate(2, { to: two });
    const left = await commitLate(2, { to: second });
    expect(await sweep(engine, 100)).toBe(2);
    expect(await waiting()).toEqual(left);
    expect(await logged()).toEqual(lost);
  });

  it('leaves test deliveries to a webhook that is off, and takes those to one that is gone', async () => {
    await server.api.mutate(DISABLE, { id: webhook.id });
    const [event] = await commitLate(1);
    const [test] = await commitLate(1, { origin: 'TEST' });
    expect(await sweep(engine, 100)).toBe(1);
    expect([await waiting(), await logged()]).toEqual([[test], [event]]);
    await server.api.mutate(DELETE, { id: webhook.id });
    const [late] = await commitLate(1, { origin: 'TEST' });
    expect(await sweep(engine, 100)).toBe(1);
    expect(await waiting()).toEqual([]);
    expect(await logged()).toEqual([event, test, late]);
  });

  it('leaves what is on the wire, and takes it when it waits again', async () => {
    const [id] = await commitLate(1);
    const client = await engine.connect();
    await client.query('begin');
    await client.query('update delivery_queue set due_at = clock_timestamp()');
    const ask = {
      endpointId: webhook.endpointId,
      want: 1,
      inFlight: 0,
      ratePerSecond: null,
      exclusive: false,
    };
    const { jobs } = await claim(
      client,
      { sender: 'somebody', leaseMarginMs: 60_000, endpointLeaseMs: 10_000, endpointConcurrency: 10 },
      [{ ...ask, recount: false, since: { first: null, retry: null } }],
      false,
    );
    await client.query('commit');
    client.release();
    expect(jobs.map((job) => job.id)).toEqual([id]);
    await server.api.mutate(DISABLE, { id: webhook.id });
    expect(await sweep(engine, 100)).toBe(0);
    expect(await waiting()).toEqual([id]);
    // Given back, and not due at once, so that no claim is faster.
    const other = await engine.connect();
    await other.query('begin');
    await release(other, jobs);
    await other.query(`update delivery_queue set due_at = clock_timestamp() + interval '10 minutes'`);
    await other.query('commit');
    other.release();
    expect(await sweep(engine, 100)).toBe(1);
    expect(await logged()).toEqual([id]);
  });

  it('waits for nobody: a row that somebody holds is left for the next time', async () => {
    await server.api.mutate(DISABLE, { id: webhook.id });
    const [held, free] = await commitLate(2);
    const holder = await engine.connect();
    await holder.query('begin');
    await holder.query('select from delivery_queue where id = $1 for update', [held]);
    expect(await sweep(engine, 100)).toBe(1);
    expect([await waiting(), await logged()]).toEqual([[held], [free]]);
    await holder.query('commit');
    holder.release();
    expect(await sweep(engine, 100)).toBe(1);
    expect(await waiting()).toEqual([]);
  });

  it('of many senders at the same moment takes each delivery once, at most as many as asked', async () => {
    await server.api.mutate(DISABLE, { id: webhook.id });
    const ids = await commitLate(300);
    expect(await sweep(engine, 20)).toBe(20);
    const counts = await Promise.all(Array.from({ length: 6 }, () => sweep(engine, 300)));
    expect(counts.reduce((sum, count) => sum + count, 20)).toBe(300);
    expect(await logged()).toEqual(ids);
    const { rows } = await engine.query(`select count(*)::int from deliveries where status = 'CANCELLED'`);
    expect(rows).toEqual([{ count: 300 }]);
  });

  it('forgets a switch after two minutes, and costs a few pages whatever is saved, off and waiting', async () => {
    await server.api.mutate(DISABLE, { id: webhook.id });
    await commitLate(1);
    // Of the tests before this one, too.
    const ago = (column: string) => `${column} = ${column} - interval '121 seconds'`;
    await engine.query(`update webhooks set ${ago('updated_at')}, ${ago('enabled_at')}`);
    await engine.query(
      `update endpoints set ${ago('removed_at')}, ${ago('disabled_at')}, ${ago('enabled_at')}`,
    );
    await engine.query('vacuum webhooks, endpoints, delivery_queue');
    expect(await sweep(engine, 100)).toBe(0);
    await engine.query(
      `insert into webhooks (id, account_id, login_id, name, description, enabled, enabled_at, created_at, updated_at)
       select 'whk_' || n, w.account_id, w.login_id, '', '', n % 5 > 0, now() - n * interval '1 hour',
              now() - n * interval '2 hours', now() - n * interval '1 hour'
       from webhooks w, generate_series(1, 20000) n where w.id = $1`,
      [webhook.id],
    );
    await engine.query(
      `insert into endpoints (id, webhook_id, position, kind, target, timeout_ms, removed_at)
       select 'ep_' || n, 'whk_' || n, 0, 'URL', '', 1000,
              case when n % 5 = 0 then now() - n * interval '1 hour' end
       from generate_series(1, 20000) n`,
    );
    await engine.query(
      `insert into delivery_queue (id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, due_at)
       select 'dlv_' || n, '', '', '', '', 'whk_' || n % 20000, '', 'EVENT', now() + interval '1 hour'
       from generate_series(1, 20000) n`,
    );
    for (const analyze of ['', 'analyze']) {
      await engine.query(analyze);
      const { rows } = await engine.query<{ 'QUERY PLAN': { Plan: Record<string, number> }[] }>(
        `explain (analyze, buffers, format json) ${SWEEP.text}`,
        [1000],
      );
      const plan = rows[0]!['QUERY PLAN'][0]!.Plan;
      const pages = plan['Shared Hit Blocks']! + plan['Shared Read Blocks']!;
      figure('sweep', { webhooks: 20_001, waiting: 20_001, analyzed: analyze !== '', pages });
      expect(pages).toBeLessThan(20);
    }
  });
});
