/** What a registration does to triggers, to open pages and to the audit log. */
import { AuditLog } from '../../src/audit/audit-log.ts';
import { Catalog } from '../../src/catalog/catalog.ts';
import { newId } from '../../src/ids.ts';
import { good } from '../access/people.ts';
import { createPerson } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { createWebhook, publish } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const REGISTER = `mutation ($input: CatalogResourceInput!) {
  resourceRegister(input: $input) {
    errors { code field } resource { id }
    affectedTriggerCount affectedTriggers { id resource event active inactiveReason } } }`;
const REMOVE = 'mutation ($name: String!) { resourceRemove(name: $name) { errors { code } deletedId } }';
const STATUS = `query ($id: ID!) {
  webhook(id: $id) { status statusReason triggers { id event active inactiveReason } } }`;

let server: TestServer;
let receiver: Receiver;
/** A resource of its own for each test. */
let name: string;
let tests = 0;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
});
afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});
beforeEach(() => {
  name = `kind${++tests}`;
});

interface EventFlags {
  name: string;
  label?: string;
  supported?: boolean;
  description?: string;
  examplePayload?: unknown;
}

function resource(changes: Record<string, unknown> = {}, ...events: EventFlags[]): Record<string, unknown> {
  const both = events.length > 0 ? events : [{ name: 'create' }, { name: 'update' }];
  return {
    name,
    label: 'Kind',
    model: 'type Kind { id: ID! }',
    events: both.map((event) => ({ label: event.name, ...event })),
    ...changes,
  };
}

async function register(changes?: Record<string, unknown>, ...events: EventFlags[]): Promise<any> {
  return server.api.mutate(REGISTER, { input: resource(changes, ...events) });
}

async function webhookOn(...events: string[]): Promise<{ id: string; triggers: Record<string, string> }> {
  const webhook = await createWebhook(server.api, receiver.url, {
    triggers: events.map((event) => ({ resource: name, event })),
  });
  const { triggers } = await server.api.run(STATUS, { id: webhook.id });
  return {
    id: webhook.id,
    triggers: Object.fromEntries(triggers.map(({ event, id }: any) => [event, id])),
  };
}

async function deliveriesOf(event: string): Promise<number> {
  const [published] = await publish(server.api, {
    resource: name,
    event,
    entityId: `${name}-${event}`,
    payload: { id: '1' },
  });
  return published!.deliveryCount;
}

/** The entries about one resource, oldest first. */
async function auditedOf(subjectId: string): Promise<any[]> {
  const log = new AuditLog(server.app.db.orm);
  const page = good(await log.page({ some: () => 'true', all: () => 'true' }, { first: 100 }, subjectId));
  return page.edges.map(({ node }) => node).reverse();
}

async function entriesInAll(): Promise<number> {
  const rows = await server.app.db.orm.query<{ count: number }[]>('select count(*)::int from audit_log');
  return rows[0]!.count;
}

describe('a registration', () => {
  it('names the triggers that it turned off, and those that it turned on again, which fire by themselves', async () => {
    expect(await register()).toMatchObject({ affectedTriggerCount: 0, affectedTriggers: [] });
    const { id, triggers } = await webhookOn('create', 'update');
    const off = await register({}, { name: 'create' }, { name: 'update', supported: false });
    expect(off).toMatchObject({
      affectedTriggerCount: 1,
      affectedTriggers: [
        {
          id: triggers['update'],
          resource: name,
          event: 'update',
          active: false,
          inactiveReason: 'EVENT_NOT_SUPPORTED',
        },
      ],
    });
    expect(await deliveriesOf('update')).toBe(0);
    expect(await server.api.run(STATUS, { id })).toMatchObject({ status: 'ENABLED', statusReason: null });

    const on = await register();
    expect(on.affectedTriggers).toEqual([
      { id: triggers['update'], resource: name, event: 'update', active: true, inactiveReason: null },
    ]);
    expect(await deliveriesOf('update')).toBe(1);
    await receiver.find((hit) => hit.body.includes(`"${name}-update"`));
  });

  it('that forbids or allows a resource names the triggers that this stops or lets go, and no other', async () => {
    const events = [{ name: 'create' }, { name: 'update', supported: false }];
    await register({}, ...events);
    const { id, triggers } = await webhookOn('create', 'update', 'delete');
    const forbidden = await register({ allowed: false }, ...events);
    expect(forbidden.affectedTriggers).toMatchObject([
      { id: triggers['create'], active: false, inactiveReason: 'RESOURCE_NOT_ALLOWED' },
    ]);
    const stopped = await server.api.run(STATUS, { id });
    expect(stopped).toMatchObject({ status: 'INACTIVE' });
    expect(stopped.statusReason).toContain('webhooks may not listen to this resource');
    // Still forbidden: what else changes turns nothing on.
    expect(await register({ allowed: false }, { name: 'update' }, { name: 'delete' })).toMatchObject({
      affectedTriggerCount: 0,
      affectedTriggers: [],
    });
    const allowed = await register({}, { name: 'update' }, { name: 'delete' });
    expect(allowed.affectedTriggers.map((trigger: { id: string }) => trigger.id)).toEqual(
      [triggers['update'], triggers['delete']].sort(),
    );
    expect(await server.api.run(STATUS, { id })).toMatchObject({
      status: 'ENABLED',
      triggers: [
        { event: 'create', active: false, inactiveReason: 'EVENT_UNKNOWN' },
        { event: 'update', active: true },
        { event: 'delete', active: true },
      ],
    });
  });

  it('of a resource that was unknown, or removed, brings its triggers to life', async () => {
    const { id, triggers } = await webhookOn('create');
    expect(await server.api.run(STATUS, { id })).toMatchObject({
      status: 'INACTIVE',
      triggers: [{ inactiveReason: 'RESOURCE_UNKNOWN' }],
    });
    const alive = [{ id: triggers['create'], active: true }];
    expect((await register()).affectedTriggers).toMatchObject(alive);
    await server.api.mutate(REMOVE, { name });
    expect(await server.api.run(STATUS, { id })).toMatchObject({ status: 'INACTIVE' });
    expect((await register()).affectedTriggers).toMatchObject(alive);
    expect(await deliveriesOf('create')).toBe(1);
  });

  it('names no trigger when it changes labels, model or examples, or is refused', async () => {
    await register();
    await webhookOn('create', 'update');
    const renamed = await register(
      { label: 'New', description: 'New', model: 'type New { id: ID! }' },
      { name: 'update', label: 'U', examplePayload: { id: '7' } },
      { name: 'create', label: 'C' },
    );
    expect(renamed).toMatchObject({ affectedTriggerCount: 0, affectedTriggers: [] });
    const refused = await server.api.run(REGISTER, { input: resource({ allowed: false, model: '' }) });
    expect(refused).toEqual({
      errors: [{ code: 'REQUIRED', field: ['model'] }],
      resource: null,
      affectedTriggerCount: 0,
      affectedTriggers: [],
    });
  });

  it('names the triggers that the caller may see, and counts no other', async () => {
    await register();
    await webhookOn('create');
    const branch = await createPerson(server, {
      name: 'Branch',
      isAccount: true,
      permissions: ['WEBHOOKS_MANAGE', 'CATALOG_MANAGE'],
    });
    const keeper = await createPerson(server, { name: 'Keeper', permissions: ['CATALOG_MANAGE'] });
    const own = await createWebhook(branch.api, receiver.url, {
      triggers: [{ resource: name, event: 'create' }],
    });
    const [trigger] = (await branch.api.run(STATUS, { id: own.id })).triggers;
    const seen = await branch.api.mutate(REGISTER, { input: resource({ allowed: false }) });
    expect(seen).toMatchObject({ affectedTriggerCount: 1, affectedTriggers: [{ id: trigger.id }] });
    const unseen = await keeper.api.mutate(REGISTER, { input: resource() });
    expect(unseen).toMatchObject({ affectedTriggerCount: 0, affectedTriggers: [] });
    expect(await register({ allowed: false })).toMatchObject({ affectedTriggerCount: 2 });
  });

  it('names no trigger of a deleted webhook', async () => {
    await register();
    const gone = await webhookOn('create');
    const kept = await webhookOn('create');
    await server.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', {
      id: gone.id,
    });
    expect(await register({ allowed: false })).toMatchObject({
      affectedTriggerCount: 1,
      affectedTriggers: [{ id: kept.triggers['create'] }],
    });
  });

  it('names a thousand triggers by their ids, and tells how many there are', async () => {
    await register();
    const triggers = Array.from({ length: 100 }, () => ({ resource: name, event: 'create' }));
    for (let made = 0; made < 11; made++) await createWebhook(server.api, receiver.url, { triggers });
    const { affectedTriggers, affectedTriggerCount } = await register({ allowed: false });
    expect(affectedTriggerCount).toBe(1100);
    const ids: string[] = affectedTriggers.map((trigger: { id: string }) => trigger.id);
    expect(new Set(ids).size).toBe(1000);
    const rows = await server.app.db.orm.query<{ id: string }[]>(
      'select id from triggers where resource = $1 order by id limit 1000',
      [name],
    );
    expect(ids).toEqual(rows.map(({ id }) => id));
  });
});

describe('the audit log', () => {
  it('has who registered and removed a resource, and each value before and after, but for examples', async () => {
    const keeper = await createPerson(server, { name: 'Keeper', permissions: ['CATALOG_MANAGE'] });
    await register({}, { name: 'create', examplePayload: { id: 'example' } }, { name: 'update' });
    const changed = resource({ label: 'New' }, { name: 'create' }, { name: 'update', supported: false });
    const { resource: made } = await keeper.api.mutate(REGISTER, { input: changed });
    await server.api.mutate(REMOVE, { name });
    const create = { label: 'create', supported: true, description: '' };
    const update = { label: 'update', supported: true, description: '' };
    const entries = await auditedOf(made.id);
    expect(entries).toMatchObject([
      {
        action: 'resource.register',
        changes: {
          label: { from: null, to: 'Kind' },
          description: { from: null, to: '' },
          model: { from: null, to: 'type Kind { id: ID! }' },
          allowed: { from: null, to: true },
          'events.create': { from: null, to: create },
          'events.update': { from: null, to: update },
        },
      },
      {
        action: 'resource.register',
        loginId: keeper.id,
        changes: {
          label: { from: 'Kind', to: 'New' },
          'events.update': { from: update, to: { ...update, supported: false } },
        },
      },
      { action: 'resource.remove', changes: { label: { from: 'New', to: null } } },
    ]);
    expect(Object.keys(entries[1].changes)).toHaveLength(2);
    expect(JSON.stringify(entries)).not.toContain('example');
  });

  it('has nothing of a registration that changes nothing, of one that is refused, and of a removal of nothing', async () => {
    await register();
    const before = await entriesInAll();
    await register();
    await server.api.run(REGISTER, { input: resource({ label: '' }) });
    await server.api.run(REMOVE, { name: 'nothing' });
    expect(await entriesInAll()).toBe(before);
    await register({ label: 'Proof' });
    expect(await entriesInAll()).toBe(before + 1);
  });

  it('is one chain, whoever registers at the same moment: each entry begins with what the one before it left', async () => {
    const { orm } = server.app.db;
    const { loginId } = await server.app.rooms.access.rootViewer();
    const servers = [new Catalog(orm), new Catalog(orm)];
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        servers[index % 2]!.register(
          loginId,
          resource({ label: `L${index}` }, { name: `event${index}` }) as never,
        ),
      ),
    );
    const inOrder = results.map(good).sort((a, b) => a.resource.version - b.resource.version);
    const entries = await auditedOf(inOrder[0]!.resource.id);
    expect(entries).toHaveLength(12);
    for (const [index, { resource: after, switchedEvents }] of inOrder.entries()) {
      const left = inOrder[index - 1]?.resource;
      expect(entries[index].changes.label).toEqual({ from: left?.label ?? null, to: after.label });
      const names = [...(left?.events ?? []), ...after.events].map((event) => event.name);
      expect(switchedEvents).toEqual(names);
    }
  });

  it('and the change are one: without the entry nothing is registered', async () => {
    const catalog = new Catalog(server.app.db.orm);
    await expect(catalog.register(newId('login'), resource() as never)).rejects.toThrow('audit_log');
    expect((await catalog.byNames([name])).size).toBe(0);
    const { loginId } = await server.app.rooms.access.rootViewer();
    good(await catalog.register(loginId, resource() as never));
    await expect(catalog.remove(newId('login'), name)).rejects.toThrow('audit_log');
    expect((await catalog.byNames([name])).size).toBe(1);
  });
});

describe('open pages', () => {
  /** Webhooks that were noted as changed since the last call. */
  async function noted(): Promise<string[]> {
    const { rows } = await server.app.db.engine.query<{ webhook_id: string }>(
      'with gone as (delete from webhook_changes returning webhook_id) select distinct webhook_id from gone order by 1',
    );
    return rows.map((row) => row.webhook_id);
  }

  it('learn of a change of labels, of what is allowed and of events, of the webhooks that listen to the resource', async () => {
    await register();
    const { id } = await webhookOn('create');
    const unknown = await webhookOn('nonsense');
    name = `${name}.other`;
    await webhookOn('create');
    name = name.replace('.other', '');
    const both = [id, unknown.id].sort();
    await noted();
    for (const change of [
      () => register({ label: 'New' }),
      () => register({ label: 'New', allowed: false }),
      () => register({ label: 'New', allowed: false }, { name: 'create', label: 'C' }),
      () => server.api.mutate(REMOVE, { name }),
      () => register(),
    ]) {
      await change();
      expect(await noted()).toEqual(both);
    }
    await register({ description: 'New', model: 'type New { id: ID! }' });
    await register({ description: 'New', model: 'type New { id: ID! }' });
    expect(await noted()).toEqual([]);
  });
});
