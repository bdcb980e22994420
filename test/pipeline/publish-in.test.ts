/** Publishing inside a transaction of the host's own (REL-16): the events exist exactly when the change does. */
import pg from 'pg';

import type { EventInput } from '../../src/events/event-input.ts';
import { figure } from '../support/figure.ts';
import { createPerson } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let receiver: Receiver;
/** The host's own connection to the same database. */
let host: pg.Client;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  await registerResource(server.api);
  await createWebhook(server.api, receiver.url);
  host = new pg.Client({ connectionString: server.database.url });
  await host.connect();
  await host.query('create schema host');
  await host.query('create table host.clients (id text primary key)');
});

afterAll(async () => {
  await host?.end();
  await server?.stop();
  await receiver?.close();
});

async function publishIn(...events: Record<string, unknown>[]) {
  const { access, events: publisher } = server.app.rooms;
  return publisher.publishIn(host, await access.rootViewer(), events as unknown as EventInput[]);
}

/** Publishes as everybody does and waits until it has arrived: whatever was to come before it has come. */
async function proof(id: string): Promise<void> {
  await publish(server.api, clientEvent(id));
  await receiver.find((hit) => hit.body.includes(`"${id}"`));
}

function hitsOf(id: string): number {
  return receiver.hits.filter((hit) => hit.body.includes(`"${id}"`)).length;
}

/** What is in the database of an entity: the host's row, events, payloads, deliveries, keys. */
async function traces(id: string): Promise<Record<string, number>> {
  const { rows } = await host.query(
    `select (select count(*)::int from host.clients where id = $1) as rows,
            (select count(*)::int from events where entity_id = $1) as events,
            (select count(*)::int from event_payloads where payload like '%"' || $1 || '"%') as payloads,
            (select count(*)::int from event_keys where key = $1) as keys,
            (select count(*)::int from delivery_log l join events e on e.id = l.event_id
             where e.entity_id = $1 and l.kind = 'CREATED') as deliveries`,
    [id],
  );
  return rows[0];
}

describe('a publish in the transaction of a change (REL-16)', () => {
  it('leaves nothing when the transaction is rolled back, and is there at once when it commits', async () => {
    await host.query('begin');
    await host.query(`insert into host.clients values ('phantom')`);
    const result = await publishIn(clientEvent('phantom', { idempotencyKey: 'phantom' }));
    expect(result).toMatchObject({ ok: true, value: [{ duplicate: false, deliveryCount: 1 }] });
    await host.query('rollback');
    expect(await traces('phantom')).toEqual({ rows: 0, events: 0, payloads: 0, keys: 0, deliveries: 0 });

    await host.query('begin');
    await host.query(`insert into host.clients values ('real')`);
    await publishIn(clientEvent('real', { idempotencyKey: 'real' }));
    await proof('meanwhile');
    expect(hitsOf('real')).toBe(0);
    await host.query('commit');
    await receiver.find((hit) => hit.body.includes('"real"'));
    await proof('afterwards');
    expect(await traces('real')).toEqual({ rows: 1, events: 1, payloads: 1, keys: 1, deliveries: 1 });
    figure(
      'REL-16 rollback',
      { phantoms: hitsOf('phantom'), lost: 1 - hitsOf('real') },
      { phantoms: 0, lost: 0 },
    );
  });

  it('that is refused undoes itself only: the change before it may still commit', async () => {
    await publish(server.api, clientEvent('taken', { idempotencyKey: 'one-key' }));
    await host.query('begin');
    await host.query(`insert into host.clients values ('kept')`);
    const refused = await publishIn(
      clientEvent('kept', { idempotencyKey: 'kept' }),
      clientEvent('kept', { idempotencyKey: 'one-key' }),
    );
    expect(refused).toMatchObject({ ok: false, problems: [{ code: 'KEY_REUSED' }] });
    expect(await publishIn(clientEvent('', {}))).toMatchObject({
      ok: false,
      problems: [{ code: 'REQUIRED' }],
    });
    await publishIn(clientEvent('second try'));
    await host.query('commit');
    await receiver.find((hit) => hit.body.includes('"second try"'));
    expect(await traces('kept')).toEqual({ rows: 1, events: 0, payloads: 0, keys: 0, deliveries: 0 });
  });

  it('that fails in the database undoes itself only, too, and tells', async () => {
    await host.query(
      `create function fail_on_entity() returns trigger language plpgsql as
       $$ begin raise exception 'made to fail'; end $$;
       create trigger fail_on_entity before insert on events for each row
         when (new.entity_id = 'failing') execute function fail_on_entity()`,
    );
    await host.query('begin');
    await host.query(`insert into host.clients values ('survivor')`);
    await expect(publishIn(clientEvent('failing', { idempotencyKey: 'failing' }))).rejects.toThrow(
      'made to fail',
    );
    await host.query('commit');
    expect(await traces('survivor')).toMatchObject({ rows: 1 });
    expect(await traces('failing')).toMatchObject({ events: 0, keys: 0 });
  });

  it('is refused outside of a transaction, and to who may not publish', async () => {
    await expect(publishIn(clientEvent('alone'))).rejects.toMatchObject({ code: '25P01' });
    expect(await traces('alone')).toMatchObject({ events: 0 });

    const { api } = await createPerson(server, { name: 'Reader', permissions: ['WEBHOOKS_MANAGE'] });
    const viewer = (await server.app.rooms.access.viewerOfToken(api.token!))!;
    await host.query('begin');
    const refused = await server.app.rooms.events.publishIn(host, viewer, [
      clientEvent('alone') as unknown as EventInput,
    ]);
    await host.query('commit');
    expect(refused).toMatchObject({ ok: false, problems: [{ code: 'FORBIDDEN' }] });
  });
});
