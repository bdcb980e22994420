/** Deliveries that are sent by the process that publishes them, without a way through the queue; and those that may not be. */
import { transaction } from '../../src/db/sql.ts';
import { newId } from '../../src/ids.ts';
import { createCommitGate } from '../support/commit-gate.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { ROOT_TOKEN, startServer, type TestServer } from '../support/server.ts';

const SLOTS = 4;

let server: TestServer;
let receiver: Receiver;
let made: string[] = [];

beforeAll(async () => {
  server = await startServer({ BELLWIRE_CONCURRENCY: String(SLOTS), BELLWIRE_ENDPOINT_CONCURRENCY: '4' });
  receiver = await startReceiver();
  await registerResource(server.api);
});
beforeEach(() => {
  receiver.hits.length = 0;
  receiver.answer = status(204);
});
afterEach(async () => {
  for (const id of made)
    await server.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', { id });
  made = [];
});
afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

async function webhook(advanced: Record<string, unknown> = {}): Promise<string> {
  const { id, endpointId } = await createWebhook(server.api, receiver.url, { advanced });
  made.push(id);
  return endpointId;
}

/** How many deliveries this process has sent without a claim. */
async function handedOver(): Promise<number> {
  const response = await fetch(`${server.app.url}/metrics`, {
    headers: { authorization: `Bearer ${ROOT_TOKEN}` },
  });
  return Number(/^bellwire_deliveries_handed_over_total (\d+)$/m.exec(await response.text())![1]);
}

/** How many of the published events were handed over; all of them have arrived, each once. */
async function handedOverOf(...ids: string[]): Promise<number> {
  const before = await handedOver();
  await publish(server.api, ...ids.map((id) => clientEvent(id)));
  const hits = await receiver.until(ids.length);
  expect(hits.map(({ body }) => JSON.parse(body.toString()).entityId).sort()).toEqual([...ids].sort());
  const count = (await handedOver()) - before;
  await empty();
  receiver.hits.length = 0;
  return count;
}

/** Whether one of some events goes without a claim: on a machine that is busy a commit may take too long for that. */
async function goesAtOnce(): Promise<boolean> {
  for (let tries = 0; tries < 20; tries += 1) if ((await handedOverOf(`try-${tries}`)) > 0) return true;
  return false;
}

/** How many of twenty that are published together go without a claim. */
async function mostAtOnce(): Promise<number> {
  const ids = Array.from({ length: 20 }, (_, index) => `many-${index}`);
  let most = 0;
  for (let tries = 0; most === 0 && tries < 20; tries += 1) most = await handedOverOf(...ids);
  return most;
}

/** Resolves when the queue has no row left. */
async function empty(): Promise<void> {
  for (;;) {
    const { rows } = await server.app.db.reads.query('select from delivery_queue limit 1');
    if (rows.length === 0) return;
  }
}

describe('what is published', () => {
  it('is on the wire without a claim when a place is free, and recorded as any other', async () => {
    await webhook();
    expect(await goesAtOnce()).toBe(true);
    await publish(server.api, clientEvent('one'));
    const [hit] = await receiver.until(1);
    await empty();
    expect(hit!.headers['webhook-attempt']).toBe('1');
    expect(hit!.headers['webhook-signature']).toMatch(/^v1,/);
    const delivery = await server.api.run(
      `query ($id: ID!) { delivery(id: $id) { status version attempts { nodes { number origin outcome } } } }`,
      { id: hit!.headers['webhook-id'] as string },
    );
    expect(delivery).toEqual({
      status: 'SUCCEEDED',
      version: 2,
      attempts: { nodes: [{ number: 1, origin: 'FIRST', outcome: 'SUCCEEDED' }] },
    });
  });

  it.each([
    ['by one statement', 1],
    // Several with keys are compared with earlier ones.
    ['in steps', 2],
  ])('%s tells when it occurred, as it was published', async (_, count) => {
    await webhook();
    const occurredAt = '2026-01-02T03:04:05.678Z';
    let sentAtOnce = 0;
    for (let tries = 0; sentAtOnce === 0 && tries < 20; tries += 1) {
      const before = await handedOver();
      receiver.hits.length = 0;
      const ids = Array.from({ length: count }, (_each, index) => `old-${count}-${tries}-${index}`);
      await publish(server.api, ...ids.map((id) => clientEvent(id, { occurredAt, idempotencyKey: id })));
      for (const { body } of await receiver.until(count))
        expect(JSON.parse(body.toString()).timestamp).toBe(occurredAt);
      sentAtOnce = (await handedOver()) - before;
      await empty();
    }
    expect(sentAtOnce).toBeGreaterThan(0);
  });

  it('beyond the free places waits in the queue, and is sent from there', async () => {
    await webhook();
    // An endpoint that is not known to be quick gets half of the places.
    expect(await mostAtOnce()).toBe(SLOTS / 2);
  });

  it('for several endpoints takes all places that are free, and no more', async () => {
    for (let index = 0; index < 3; index += 1) await webhook();
    // So that as many deliveries are expected, and it is one statement that deals the places.
    await publish(server.api, clientEvent('wide'));
    await receiver.until(3);
    await empty();
    receiver.hits.length = 0;
    let most = 0;
    for (let tries = 0; most === 0 && tries < 20; tries += 1) {
      const before = await handedOver();
      await publish(server.api, ...Array.from({ length: 10 }, (_, index) => clientEvent(`wide-${index}`)));
      await receiver.until(30);
      most = (await handedOver()) - before;
      await empty();
      receiver.hits.length = 0;
    }
    expect(most).toBe(SLOTS);
  });

  it('in steps, since its key was known, or not at all leaves no place taken', async () => {
    await webhook();
    const [first] = await publish(server.api, clientEvent('known', { idempotencyKey: 'known' }));
    for (let times = 0; times < SLOTS; times += 1) {
      const [again] = await publish(server.api, clientEvent('known', { idempotencyKey: 'known' }));
      expect(again).toMatchObject({ duplicate: true, event: first!.event });
    }
    await server.app.db.engine.query(
      `alter table event_payloads add constraint nothing check (payload not like '%fails%')`,
    );
    await expect(publish(server.api, clientEvent('fails'))).rejects.toThrow('INTERNAL');
    await receiver.until(1);
    await empty();
    receiver.hits.length = 0;
    expect(await goesAtOnce()).toBe(true);
  });

  it.each([
    ['with a rate', { ratePerSecond: 50 }],
    ['with a limit of its own', { maxConcurrency: 2 }],
    ['that keeps the order of entities', { ordering: 'PER_ENTITY' }],
    ['that wants its first attempt later', { retrySchedule: [1, 1] }],
  ])('for an endpoint %s goes through the queue; for one without not', async (_, advanced) => {
    await webhook(advanced);
    expect(await handedOverOf('through')).toBe(0);
    await server.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', {
      id: made.pop()!,
    });
    await webhook();
    expect(await goesAtOnce()).toBe(true);
  });

  it('for an endpoint whose circuit is open waits; once it is closed it is handed over', async () => {
    const endpointId = await webhook();
    const open = (state: string, hold: string) =>
      server.app.db.engine.query(
        `insert into endpoint_circuits (endpoint_id, state, opened_at, probe_at, hold_until)
         values ($1, $2, case when $2 = 'OPEN' then now() end, case when $2 = 'OPEN' then now() + interval '1 hour' end, $3::timestamptz)
         on conflict (endpoint_id) do update set state = excluded.state, opened_at = excluded.opened_at,
           probe_at = excluded.probe_at, hold_until = excluded.hold_until`,
        [endpointId, state, hold],
      );
    await open('OPEN', '-infinity');
    const before = await handedOver();
    await publish(server.api, clientEvent('held'));
    expect((await handedOver()) - before).toBe(0);
    await open('CLOSED', 'infinity');
    await publish(server.api, clientEvent('held back'));
    expect((await handedOver()) - before).toBe(0);
    await open('CLOSED', '-infinity');
    await receiver.until(2);
    await empty();
    receiver.hits.length = 0;
    expect(await goesAtOnce()).toBe(true);
  });

  it('while others wait for the same endpoint goes behind them', async () => {
    await webhook();
    const blocked: (() => void)[] = [];
    receiver.answer = (_hit, response) => void blocked.push(() => response.writeHead(204).end());
    await publish(server.api, ...Array.from({ length: 6 }, (_, index) => clientEvent(`slow-${index}`)));
    await receiver.until(SLOTS / 2);
    const before = await handedOver();
    await publish(server.api, clientEvent('late'));
    expect((await handedOver()) - before).toBe(0);
    receiver.answer = status(204);
    for (const go of blocked) go();
    const hits = await receiver.until(7);
    expect(JSON.parse(hits.at(-1)!.body.toString()).entityId).toBe('late');
  });

  it('whose commit takes long goes through the queue, where what was switched off meanwhile is judged', async () => {
    await webhook();
    const gate = await createCommitGate(server.database.url);
    try {
      await gate.shut();
      const before = await handedOver();
      const published = publish(server.api, clientEvent('slow commit'));
      await gate.held(1);
      await gate.open();
      await published;
      await receiver.until(1);
      expect((await handedOver()) - before).toBe(0);
      await empty();
      receiver.hits.length = 0;
      expect(await goesAtOnce()).toBe(true);
    } finally {
      await gate.close();
    }
  });

  it.each([
    ['with its statement', 'trigger no_room before insert on delivery_queue'],
    [
      'with its commit',
      'constraint trigger no_room after insert on delivery_queue deferrable initially deferred',
    ],
  ])('and cannot be stored, %s, keeps no place', async (_, trigger) => {
    await webhook();
    const { engine } = server.app.db;
    await engine.query(
      `create function no_room() returns trigger language plpgsql as $$
       begin raise exception 'no space' using errcode = 'disk_full'; end $$;
       create ${trigger} for each row execute function no_room()`,
    );
    try {
      for (let count = 0; count < 2 * SLOTS; count += 1) {
        // Two with keys are not published by one statement.
        const keys = count % 2 === 0 ? [`${count}`] : [`${count}`, `${count} too`];
        const refused = await server.api.send(
          'mutation ($input: [EventInput!]!) { eventsPublish(input: $input) { errors { code } } }',
          { input: keys.map((idempotencyKey) => clientEvent('refused', { idempotencyKey })) },
        );
        expect(refused.errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);
      }
    } finally {
      await engine.query('drop function no_room() cascade');
    }
    expect(receiver.hits).toEqual([]);
    expect(await mostAtOnce()).toBe(SLOTS / 2);
  });

  it('and waits for a connection keeps no place from what waits to be sent', async () => {
    await webhook();
    const { publishing, engine } = server.app.db;
    const taken = await Promise.all(
      Array.from({ length: publishing.options.max }, () => publishing.connect()),
    );
    const published = Array.from({ length: 2 * SLOTS }, (_, index) =>
      publish(server.api, clientEvent(`late-${index}`)),
    );
    try {
      while (publishing.waitingCount < 2 * SLOTS) await new Promise((resolve) => setImmediate(resolve));
      const viewer = (await server.app.rooms.access.viewerOfToken(ROOT_TOKEN))!;
      const now = {
        resource: 'clients',
        event: 'create',
        entityId: 'now',
        payload: { id: '1', name: 'One' },
      };
      const result = await transaction(engine, (sql) =>
        server.app.rooms.events.publishIn(sql, viewer, [now]),
      );
      expect(result.ok).toBe(true);
      await receiver.until(1);
    } finally {
      for (const client of taken) client.release();
      await Promise.all(published);
    }
    await receiver.until(1 + 2 * SLOTS);
  });

  /** Resolves when so many statements wait for a lock. */
  async function waitingForLocks(count: number, like = '%'): Promise<number[]> {
    for (;;) {
      const { rows } = await server.app.db.reads.query<{ pid: number }>(
        `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like $1`,
        [like],
      );
      if (rows.length >= count) return rows.map(({ pid }) => pid);
    }
  }

  it('and waits for a key that another transaction has taken keeps no place from what waits to be sent', async () => {
    await webhook();
    const { events, access } = server.app.rooms;
    const viewer = (await access.viewerOfToken(ROOT_TOKEN))!;
    const { engine } = server.app.db;
    const holder = await engine.connect();
    await holder.query('begin');
    const waiting: Promise<unknown>[] = [];
    try {
      const held = clientEvent('held', { idempotencyKey: 'held' });
      expect((await events.publishIn(holder, viewer, [held as never])).ok).toBe(true);
      waiting.push(...Array.from({ length: SLOTS }, () => publish(server.api, held)));
      await waitingForLocks(SLOTS);
      const result = await transaction(engine, (sql) =>
        events.publishIn(sql, viewer, [clientEvent('now') as never]),
      );
      expect(result.ok).toBe(true);
      await receiver.find(({ body }) => body.includes('"now"'));
    } finally {
      await holder.query('commit');
      holder.release();
      await Promise.all(waiting);
    }
    await receiver.find(({ body }) => body.includes('"held"'));
    await empty();
    receiver.hits.length = 0;
    expect(await mostAtOnce()).toBe(SLOTS / 2);
  });

  it('and loses the database behind its births leaves no place taken', async () => {
    await webhook();
    await publish(server.api, clientEvent('before', { idempotencyKey: 'before' }));
    await receiver.until(1);
    await empty();
    receiver.hits.length = 0;
    const holder = await server.app.db.engine.connect();
    await holder.query('begin');
    await holder.query('lock table deliveries in access exclusive mode');
    const fresh = Array.from({ length: 2 * SLOTS }, (_, index) =>
      clientEvent(`lost-${index}`, { idempotencyKey: `lost-${index}` }),
    );
    const published = publish(
      server.api,
      clientEvent('before', { idempotencyKey: 'before' }),
      ...fresh,
    ).catch((error: Error) => error.message);
    // How many deliveries the known one has is asked behind the births of the others.
    const [pid] = await waitingForLocks(1, '%delivery_queue where event_id%');
    await holder.query('select pg_terminate_backend($1)', [pid]);
    await holder.query('rollback');
    holder.release();
    expect(await published).toContain('refused');
    expect(await mostAtOnce()).toBe(SLOTS / 2);
  });

  it('in a transaction of the caller’s own is never handed over, and sent once it has committed', async () => {
    await webhook();
    const before = await handedOver();
    const client = await server.app.db.engine.connect();
    try {
      await client.query('begin');
      const viewer = (await server.app.rooms.access.viewerOfToken(ROOT_TOKEN))!;
      const result = await server.app.rooms.events.publishIn(client, viewer, [
        { resource: 'clients', event: 'create', entityId: newId('event'), payload: { id: '1', name: 'One' } },
      ]);
      expect(result.ok).toBe(true);
      expect((await handedOver()) - before).toBe(0);
      expect(receiver.hits).toHaveLength(0);
      await client.query('commit');
    } finally {
      client.release();
    }
    await receiver.until(1);
    expect((await handedOver()) - before).toBe(0);
  });
});
