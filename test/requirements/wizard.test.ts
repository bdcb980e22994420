/** Add Webhook, step by step: details, endpoints, triggers, ADD. What each step takes and what it refuses. */
import { HOST_RESOURCES } from '../support/host-application-resources.ts';
import type { Person } from '../support/people.ts';
import { startReceiver } from '../support/receiver.ts';
import { scriptedResolver } from '../support/resolver.ts';
import { createWebhook } from '../support/scenario.ts';
import { actor, arrivals, heard, type Platform, startPlatform } from './platform.ts';

const CREATE = `mutation ($input: WebhookInput!) {
  webhookCreate(input: $input) {
    errors { code field message }
    webhook {
      id number name description status
      endpoints { id kind target secrets { hint } }
      triggers { resource event name description active inactiveReason }
    }
    newSecrets { endpoint { id } value }
  }
}`;
const COUNT = '{ webhooks { totalCount } }';

let platform: Platform;
let admin: Person;

beforeAll(async () => {
  // Names in these tests exist in no DNS: that is no reason to refuse them.
  platform = await startPlatform({}, { resolver: scriptedResolver({}) });
  admin = await platform.join('Administrator', ['WEBHOOKS_MANAGE'], { isAccount: true });
});

afterAll(() => platform?.stop());

/** An input that is good, with what is given in place of its parts. */
function inputOf(parts: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    details: { name: 'Orders' },
    endpoints: [{ kind: 'URL', target: platform.receiver.url }],
    triggers: [{ resource: 'clients', event: 'create' }],
    ...parts,
  };
}

/** The problems of an input as "CODE path"; none when it was saved. */
async function problemsOf(parts: Record<string, unknown>): Promise<string[]> {
  const { errors } = await admin.api.run(CREATE, { input: inputOf(parts) });
  return errors.map((error: { code: string; field: string[] }) => `${error.code} ${error.field.join('.')}`);
}

describe('step 1', () => {
  it('P19: takes a name and a description, and refuses an empty name', async () => {
    const details = { name: 'Orders of the south', description: 'For the warehouse.\nAsk Ann.' };
    const { webhook } = await admin.api.mutate(CREATE, { input: inputOf({ details }) });
    expect(
      await admin.api.run('query ($id: ID!) { webhook(id: $id) { name description } }', { id: webhook.id }),
    ).toEqual(details);
    for (const name of ['', '   ', null])
      expect(await problemsOf({ details: { name } })).toEqual(['REQUIRED details.name']);
    expect(await problemsOf({ details: { description: 'nameless' } })).toEqual(['REQUIRED details.name']);
    expect(await problemsOf({ details: { name: 'n'.repeat(200), description: 'd'.repeat(2000) } })).toEqual(
      [],
    );
    expect(await problemsOf({ details: { name: 'n'.repeat(201), description: 'd'.repeat(2001) } })).toEqual([
      'TOO_LONG details.name',
      'TOO_LONG details.description',
    ]);
  });
});

describe('step 2', () => {
  it.each([
    'https://receiver.example/hooks',
    'https://receiver.example:8443/hooks?tenant=7&x=%20',
    'http://127.0.0.1:9999/plain',
    'https://bücher.example/',
  ])('P21: takes the address %s', async (target) => {
    const { webhook } = await admin.api.mutate(CREATE, {
      input: inputOf({ endpoints: [{ kind: 'URL', target }] }),
    });
    expect(webhook.endpoints).toMatchObject([{ kind: 'URL', target: new URL(target).href }]);
  });

  it('P21: refuses what is malformed or not HTTP, at the field of its row', async () => {
    const wrong = [
      'not an address',
      'receiver.example/hooks',
      '/hooks',
      'https://',
      'https://receiver.example:99999/',
      'ftp://receiver.example/',
      'ws://receiver.example/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'mailto:ann@example.com',
    ];
    const problems = await problemsOf({ endpoints: wrong.map((target) => ({ kind: 'URL', target })) });
    expect(problems.map((one) => one.replace(/^\w+ /, ''))).toEqual(
      wrong.map((_, row) => `endpoints.${row}.target`),
    );
    for (const one of problems) expect(one).toMatch(/^(INVALID|UNSAFE_TARGET) /);
  });

  it('P23: takes another endpoint, and both get the event, each once', async () => {
    const second = await startReceiver();
    const webhook = await createWebhook(admin.api, [platform.receiver.url, second.url]);
    const client = await actor(platform.host, admin).createClient();
    const told = `"entityId":"${client}"`;
    await platform.receiver.find(
      (hit) => hit.body.includes(told) && hit.body.includes(`:${webhook.number},`),
    );
    await second.find((hit) => hit.body.includes(told));
    const { nodes } = await admin.api.run(
      'query ($id: ID!) { deliveries(filter: { webhookId: $id }) { nodes { endpoint { target } } } }',
      { id: webhook.id },
    );
    expect(nodes.map((node: { endpoint: { target: string } }) => node.endpoint.target).sort()).toEqual(
      [platform.receiver.url, second.url].sort(),
    );
    expect(
      await problemsOf({ endpoints: [second.url, second.url].map((target) => ({ kind: 'URL', target })) }),
    ).toEqual(['DUPLICATE endpoints.1.target']);
    await second.close();
  });

  it('P24: needs at least one endpoint, and every one of them valid', async () => {
    const before = await admin.api.run(COUNT);
    expect(await problemsOf({ endpoints: [] })).toEqual(['REQUIRED endpoints']);
    expect(await problemsOf({ endpoints: null })).toEqual(['REQUIRED endpoints']);
    expect(await problemsOf({ endpoints: [{ kind: 'URL' }] })).toEqual(['REQUIRED endpoints.0.target']);
    expect(await problemsOf({ endpoints: [{ kind: 'URL', target: ' ' }] })).toEqual([
      'REQUIRED endpoints.0.target',
    ]);
    expect(
      await problemsOf({
        endpoints: ['https://receiver.example/', 'nowhere'].map((target) => ({ kind: 'URL', target })),
      }),
    ).toEqual(['INVALID endpoints.1.target']);
    expect(await admin.api.run(COUNT)).toEqual(before);
    expect(await problemsOf({})).toEqual([]);
  });
});

describe('step 3', () => {
  it('P25: needs a trigger that says when', async () => {
    const before = await admin.api.run(COUNT);
    expect(await problemsOf({ triggers: [] })).toEqual(['REQUIRED triggers']);
    expect(await problemsOf({ triggers: null })).toEqual(['REQUIRED triggers']);
    expect(await problemsOf({ triggers: [{}] })).toEqual([
      'REQUIRED triggers.0.resource',
      'REQUIRED triggers.0.event',
    ]);
    expect(await admin.api.run(COUNT)).toEqual(before);
    expect(await problemsOf({})).toEqual([]);
  });

  it('P26: offers what the catalog holds, resources with their own events in their own order', async () => {
    const catalog = await admin.api.run(
      '{ catalog { name label description allowed events { name label supported } } }',
    );
    const registered = HOST_RESOURCES.map(({ model: _, ...shown }) => shown);
    expect(catalog.pop()).toMatchObject({ name: 'bellwire.endpoints', allowed: true });
    expect(catalog).toEqual(registered.toSorted((one, other) => (one.name < other.name ? -1 : 1)));
    const { webhook } = await admin.api.mutate(CREATE, {
      input: inputOf({
        triggers: ['clients', 'payments'].map((resource) => ({ resource, event: 'approve' })),
      }),
    });
    expect(webhook.triggers).toMatchObject([
      { active: false, inactiveReason: 'EVENT_UNKNOWN' },
      { active: true, inactiveReason: null },
    ]);
  });

  it('P27: takes a name and a description for each trigger', async () => {
    const triggers = [
      { resource: 'clients', event: 'create', name: 'New ones', description: 'Greet <them>.' },
      { resource: 'clients', event: 'update', name: '', description: '' },
    ];
    const { webhook } = await admin.api.mutate(CREATE, { input: inputOf({ triggers }) });
    const read = await admin.api.run(
      'query ($id: ID!) { webhook(id: $id) { triggers { resource event name description } } }',
      { id: webhook.id },
    );
    expect(read).toEqual({ triggers });
  });

  it('P28: takes another trigger; any of them fires, and where two overlap one delivery is sent', async () => {
    const webhook = await createWebhook(admin.api, platform.receiver.url, {
      triggers: [
        { resource: 'clients', event: 'create' },
        { resource: 'payments', event: 'create' },
        { resource: 'payments', event: 'create' },
      ],
    });
    const act = actor(platform.host, admin);
    const client = await act.createClient();
    await act.updateClient(client);
    const payment = await act.createPayment(client);
    expect(await heard(platform, webhook)).toEqual([
      `clients.create ${client}`,
      `payments.create ${payment}`,
    ]);
  });
});

describe('ADD', () => {
  it('P29, P07: saves everything at once, enabled, and lists it', async () => {
    const input = inputOf({
      details: { name: 'Whole', description: 'All parts' },
      endpoints: ['a', 'b'].map((path) => ({ kind: 'URL', target: `${platform.receiver.url}/${path}` })),
      triggers: ['create', 'update'].map((event) => ({ resource: 'clients', event, name: event })),
    });
    const { webhook, newSecrets } = await admin.api.mutate(CREATE, { input });
    expect(webhook).toMatchObject({ name: 'Whole', description: 'All parts', status: 'ENABLED' });
    expect(webhook.endpoints.map((endpoint: { target: string }) => endpoint.target)).toEqual([
      `${platform.receiver.url}/a`,
      `${platform.receiver.url}/b`,
    ]);
    expect(newSecrets.map((secret: { endpoint: { id: string } }) => secret.endpoint.id)).toEqual(
      webhook.endpoints.map((endpoint: { id: string }) => endpoint.id),
    );
    expect(webhook.triggers).toMatchObject([
      { event: 'create', name: 'create', active: true },
      { event: 'update', name: 'update', active: true },
    ]);
    const { nodes } = await admin.api.run('{ webhooks(first: 1) { nodes { id } } }');
    expect(nodes).toEqual([{ id: webhook.id }]);
    const client = await actor(platform.host, admin).createClient();
    const paths = (await arrivals(platform, webhook)).map((hit) => hit.path);
    expect(paths.sort()).toEqual(['/hooks/a', '/hooks/b']);
    expect(await heard(platform, webhook)).toEqual(Array(2).fill(`clients.create ${client}`));
  });

  it('P29: leaves nothing half-saved when one part is wrong', async () => {
    const before = await admin.api.run(COUNT);
    const rows = async () =>
      (
        await platform.server.app.db.engine.query(
          `select (select count(*) from webhooks) as webhooks, (select count(*) from endpoints) as endpoints,
                  (select count(*) from triggers) as triggers, (select count(*) from secrets) as secrets`,
        )
      ).rows;
    const stored = await rows();
    const refused = await admin.api.run(CREATE, {
      input: inputOf({ triggers: [{ resource: 'clients', event: 'create' }, { resource: 'clients' }] }),
    });
    expect(refused).toMatchObject({
      webhook: null,
      newSecrets: [],
      errors: [{ field: ['triggers', '1', 'event'] }],
    });
    expect(await admin.api.run(COUNT)).toEqual(before);
    expect(await rows()).toEqual(stored);
    await admin.api.mutate(CREATE, { input: inputOf() });
    expect(await admin.api.run(COUNT)).toEqual({ totalCount: before.totalCount + 1 });
  });

  it('P17: gives the webhook to its creator’s account, and names the creator', async () => {
    const clerk = await platform.join('Clerk', ['WEBHOOKS_MANAGE'], { below: admin });
    const webhook = await createWebhook(clerk.api, platform.receiver.url);
    expect(
      await clerk.api.run('query ($id: ID!) { webhook(id: $id) { login { id } account { id } } }', {
        id: webhook.id,
      }),
    ).toEqual({ login: { id: clerk.id }, account: { id: admin.id } });
    // It outlives the creator's login.
    await platform.root.api.mutate(
      'mutation ($id: ID!) { loginUpdate(id: $id, input: { disabled: true }) { errors { code } } }',
      { id: clerk.id },
    );
    const client = await actor(platform.host, admin).createClient();
    expect(await heard(platform, webhook)).toEqual([`clients.create ${client}`]);
  });
});
