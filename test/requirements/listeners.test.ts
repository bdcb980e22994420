/** Webhook listeners: one entity and one function of it, in one instance; saved, edited, switched off and on. */
import { HOST_RESOURCES } from '../support/host-application-resources.ts';
import type { Person } from '../support/people.ts';
import { createWebhook } from '../support/scenario.ts';
import { actor, heard, type Platform, startPlatform } from './platform.ts';

const SHOWN = `id number name description status statusReason login { id }
  endpoints { id kind target } triggers { id resource event active inactiveReason }`;
const WEBHOOK = `query ($id: ID!) { webhook(id: $id) { ${SHOWN} } }`;
const CREATE = `mutation ($input: WebhookInput!) { webhookCreate(input: $input) { errors { code } webhook { ${SHOWN} } } }`;
const UPDATE = `mutation ($id: ID!, $input: WebhookInput!) {
  webhookUpdate(id: $id, input: $input) { errors { code } webhook { ${SHOWN} } } }`;
const ENABLE = `mutation ($id: ID!) { webhookEnable(id: $id) { errors { code } webhook { ${SHOWN} } } }`;
const DISABLE = `mutation ($id: ID!) { webhookDisable(id: $id) { errors { code } webhook { ${SHOWN} } } }`;
const REGISTER = `mutation ($input: CatalogResourceInput!) { resourceRegister(input: $input) { errors { code } } }`;

let platform: Platform;
let admin: Person;
let act: ReturnType<typeof actor>;

beforeAll(async () => {
  platform = await startPlatform();
  admin = await platform.join('Administrator', ['WEBHOOKS_MANAGE'], { isAccount: true });
  act = actor(platform.host, admin);
});

afterAll(() => platform?.stop());

/** A listener as the form makes it: one entity, one function, one address. */
function listen(resource: string, event: string, { api }: Person = admin) {
  return createWebhook(api, platform.receiver.url, { triggers: [{ resource, event }] });
}

/** Registers a resource of the platform with something changed, runs work, and registers it as it was. */
async function withCatalog(name: string, change: object, work: () => Promise<void>): Promise<void> {
  const resource = HOST_RESOURCES.find((one) => one.name === name)!;
  await platform.root.api.mutate(REGISTER, { input: { ...resource, ...change } });
  try {
    await work();
  } finally {
    await platform.root.api.mutate(REGISTER, { input: resource });
  }
}

describe('a listener', () => {
  it('L01: hears of one instance; a change in another one leaves it silent', async () => {
    const other = await startPlatform();
    try {
      const here = await listen('clients', 'create', platform.root);
      const there = await createWebhook(other.root.api, other.receiver.url);
      const inOther = await actor(other.host, other.root).createClient();
      expect(await heard(other, there)).toEqual([`clients.create ${inOther}`]);
      expect(platform.receiver.hits).toEqual([]);
      const inThis = await actor(platform.host, platform.root).createClient();
      expect(await heard(platform, here)).toEqual([`clients.create ${inThis}`]);
      expect(other.receiver.hits).toHaveLength(1);
    } finally {
      await other.stop();
    }
  });

  it('L04: for new clients makes one delivery of a created client and none of an updated one', async () => {
    const listener = await listen('clients', 'create');
    const client = await act.createClient();
    await act.updateClient(client);
    const proof = await act.createClient();
    expect(await heard(platform, listener)).toEqual(
      [`clients.create ${client}`, `clients.create ${proof}`].sort(),
    );
    const { count } = await admin.api.run(
      'query ($id: ID!) { deliveries(filter: { webhookId: $id }) { count { value precision } } }',
      { id: listener.id },
    );
    expect(count).toEqual({ value: 2, precision: 'EXACT' });
  });

  it('L17: for Create ignores updates, one for Update ignores creations', async () => {
    const created = await listen('clients', 'create');
    const updated = await listen('clients', 'update');
    const client = await act.createClient();
    await act.updateClient(client);
    expect(await heard(platform, created)).toEqual([`clients.create ${client}`]);
    expect(await heard(platform, updated)).toEqual([`clients.update ${client}`]);
  });

  it('L25, L26: is stored by Save as it was filled out, and listed at once', async () => {
    const input = {
      details: { name: 'New clients', description: 'To the mailing list' },
      endpoints: [{ kind: 'URL', target: `${platform.receiver.url}/saved` }],
      triggers: [{ resource: 'clients', event: 'create' }],
    };
    const { webhook } = await admin.api.mutate(CREATE, { input });
    expect(webhook).toMatchObject({
      ...input.details,
      login: { id: admin.id },
      endpoints: input.endpoints,
      triggers: input.triggers,
    });
    expect(await admin.api.run(WEBHOOK, { id: webhook.id })).toEqual(webhook);
    const { nodes } = await admin.api.run(`{ webhooks(first: 1) { nodes { ${SHOWN} } } }`);
    expect(nodes).toEqual([webhook]);
  });
});

describe('entity and function', () => {
  it('L13, L14, L16: are chosen from a list that says what may be listened to and what is supported', async () => {
    const catalog: { name: string; allowed: boolean; events: { name: string; supported: boolean }[] }[] =
      await admin.api.run('{ catalog { name allowed events { name supported } } }');
    expect(catalog.map(({ name, allowed }) => [name, allowed])).toEqual([
      ['clients', true],
      ['notes', false],
      ['payments', true],
      ['bellwire.endpoints', true],
    ]);
    expect(catalog[0]!.events).toEqual([
      { name: 'create', supported: true },
      { name: 'update', supported: true },
      { name: 'delete', supported: false },
    ]);
  });

  it('L15: of an entity that is not allowed are stored inactive with the reason, and never deliver while it is so', async () => {
    const listener = await listen('notes', 'create');
    expect(await admin.api.run(WEBHOOK, { id: listener.id })).toMatchObject({
      status: 'INACTIVE',
      statusReason: expect.stringContaining('may not listen to this resource'),
      triggers: [{ active: false, inactiveReason: 'RESOURCE_NOT_ALLOWED' }],
    });
    await act.createNote();
    await withCatalog('notes', { allowed: true }, async () => {
      expect(await admin.api.run(WEBHOOK, { id: listener.id })).toMatchObject({
        status: 'ENABLED',
        statusReason: null,
      });
      const proof = await act.createNote();
      expect(await heard(platform, listener)).toEqual([`notes.create ${proof}`]);
    });
  });

  it('L18: of a function that is not supported are stored inactive, enabling has no effect, and nothing is sent', async () => {
    const listener = await listen('clients', 'delete');
    const inactive = {
      status: 'INACTIVE',
      statusReason: expect.stringContaining('not supported'),
      triggers: [{ active: false, inactiveReason: 'EVENT_NOT_SUPPORTED' }],
    };
    expect(await admin.api.run(WEBHOOK, { id: listener.id })).toMatchObject(inactive);
    expect((await admin.api.mutate(ENABLE, { id: listener.id })).webhook).toMatchObject(inactive);
    await act.deleteClient(await act.createClient());
    const events = HOST_RESOURCES[0]!.events.map((event) => ({ ...event, supported: true }));
    await withCatalog('clients', { events }, async () => {
      const proof = await act.deleteClient(await act.createClient());
      expect(await heard(platform, listener)).toEqual([`clients.delete ${proof}`]);
    });
  });

  it('L18: that no catalog holds are stored inactive beside those that fire', async () => {
    const listener = await createWebhook(admin.api, platform.receiver.url, {
      triggers: [
        { resource: 'ghosts', event: 'create' },
        { resource: 'clients', event: 'vanish' },
        { resource: 'clients', event: 'create' },
      ],
    });
    expect(await admin.api.run(WEBHOOK, { id: listener.id })).toMatchObject({
      status: 'ENABLED',
      triggers: [
        { inactiveReason: 'RESOURCE_UNKNOWN' },
        { inactiveReason: 'EVENT_UNKNOWN' },
        { inactiveReason: null },
      ],
    });
    const client = await act.createClient();
    expect(await heard(platform, listener)).toEqual([`clients.create ${client}`]);
  });
});

describe('at any time', () => {
  it('L27: it can be edited: the next event goes to the new address and not to the old one', async () => {
    const listener = await listen('clients', 'create');
    const first = await act.createClient();
    expect(await heard(platform, listener)).toEqual([`clients.create ${first}`]);
    await admin.api.mutate(UPDATE, {
      id: listener.id,
      input: { endpoints: [{ id: listener.endpointId, target: `${platform.receiver.url}/moved` }] },
    });
    const second = await act.createClient();
    expect(await heard(platform, listener)).toEqual(
      [first, second].map((id) => `clients.create ${id}`).sort(),
    );
    const own = platform.receiver.hits.filter((hit) =>
      hit.body.includes(`"webhookNumber":${listener.number},`),
    );
    expect(own.map((hit) => [hit.path, hit.body.includes(`"${first}"`)])).toEqual([
      ['/hooks', true],
      ['/hooks/moved', false],
    ]);
  });

  it('L28: it can be switched off and on: what happens while it is off is sent neither then nor later', async () => {
    const listener = await listen('clients', 'create');
    const other = await listen('clients', 'create');
    expect((await admin.api.mutate(DISABLE, { id: listener.id })).webhook.status).toBe('DISABLED');
    const missed = await act.createClient();
    expect(await heard(platform, other)).toEqual([`clients.create ${missed}`]);
    expect((await admin.api.mutate(ENABLE, { id: listener.id })).webhook.status).toBe('ENABLED');
    const proof = await act.createClient();
    expect(await heard(platform, listener)).toEqual([`clients.create ${proof}`]);
    const { nodes } = await admin.api.run(
      'query ($id: ID!) { deliveries(filter: { webhookId: $id }) { nodes { event { entityId } } } }',
      { id: listener.id },
    );
    expect(nodes).toEqual([{ event: { entityId: proof } }]);
  });

  it('L28: one that is inactive becomes active when its entity and function are put right', async () => {
    const listener = await listen('notes', 'delete');
    const before = await admin.api.run(WEBHOOK, { id: listener.id });
    expect(before.status).toBe('INACTIVE');
    await act.createClient();
    const { webhook } = await admin.api.mutate(UPDATE, {
      id: listener.id,
      input: { triggers: [{ id: before.triggers[0].id, resource: 'clients', event: 'create' }] },
    });
    expect(webhook).toMatchObject({ status: 'ENABLED', triggers: [{ active: true, inactiveReason: null }] });
    const client = await act.createClient();
    expect(await heard(platform, listener)).toEqual([`clients.create ${client}`]);
  });
});
