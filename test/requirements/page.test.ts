/**
 * The Webhooks page as its operations show it: what is listed, edited, deleted, and what an action sends.
 *
 * Where the rows of the requirements are tested that need no browser (rows.test.ts keeps the list):
 *   page.test.ts         P01 P03 P05 P06 P07 P26 P31 P35 P36 P38
 *   wizard.test.ts       P07 P17 P19 P21 P23 to P29
 *   people.test.ts       P02 P04 P32 to P34, L09 L10: whose activity is heard, whose webhooks are listed
 *   permissions.test.ts  P10, L06 L07: who may do what
 *   listeners.test.ts    L01 L04 L13 to L18 L25 to L28: entity, function, switching
 *   host.test.ts         L05 L29: the platform's own changes
 *   delivery.test.ts     L02 L19, X02 X08 X09 X13: what goes out
 *   ../mail, ../faults   L03 L23 L24, X15: what goes out by mail
 */
import type { Person } from '../support/people.ts';
import { createWebhook } from '../support/scenario.ts';
import { actor, heard, type Platform, startPlatform } from './platform.ts';

const DETAILS = `id number name description status version login { id } forLogin { id } team { id }
  endpoints { id target } triggers { resource event name description }`;
const TABLE = `{ webhooks(first: 100) { totalCount nodes { ${DETAILS} } } }`;
const WEBHOOK = `query ($id: ID!) { webhook(id: $id) { ${DETAILS} } }`;
const UPDATE = `mutation ($id: ID!, $input: WebhookInput!, $version: Int) {
  webhookUpdate(id: $id, input: $input, expectedVersion: $version) { errors { code field message } webhook { ${DETAILS} } } }`;
const DELETE = 'mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } deletedId } }';

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform();
});

afterAll(() => platform?.stop());

/** An account that nothing was done in yet, by its administrator. */
function freshAccount(): Promise<Person> {
  return platform.join('Fresh account', ['WEBHOOKS_MANAGE'], { isAccount: true });
}

describe('an action', () => {
  it('P01: makes the server send one notification by itself', async () => {
    const admin = await freshAccount();
    const webhook = await createWebhook(admin.api, platform.receiver.url);
    const client = await actor(platform.host, admin).createClient();
    const hit = await platform.receiver.find((one) =>
      one.body.includes(`"webhookNumber":${webhook.number},`),
    );
    expect(hit.method).toBe('POST');
    expect(await heard(platform, webhook)).toEqual([`clients.create ${client}`]);
  });

  it('P06: sends nothing for an account that has added no webhook', async () => {
    const admin = await freshAccount();
    expect(await admin.api.run(TABLE)).toEqual({ totalCount: 0, nodes: [] });
    const act = actor(platform.host, admin);
    const client = await act.createClient();
    await act.updateClient(client);
    expect(await admin.api.run('{ deliveries { nodes { id } } }')).toEqual({ nodes: [] });

    const webhook = await createWebhook(admin.api, platform.receiver.url);
    const proof = await act.createClient();
    expect(await heard(platform, webhook)).toEqual([`clients.create ${proof}`]);
    expect(platform.receiver.hits.filter((hit) => hit.body.includes(`"${client}"`))).toEqual([]);
  });

  it('P07: is sent from the answer to ADD on, which is what enables', async () => {
    const admin = await freshAccount();
    const act = actor(platform.host, admin);
    await act.createClient();
    const webhook = await createWebhook(admin.api, platform.receiver.url);
    expect(await admin.api.run(WEBHOOK, { id: webhook.id })).toMatchObject({ status: 'ENABLED' });
    const client = await act.createClient();
    expect(await heard(platform, webhook)).toEqual([`clients.create ${client}`]);
  });

  it('P03, P26: of every pair in the catalog can be chosen; each supported one of an allowed resource fires its own trigger alone', async () => {
    const admin = await freshAccount();
    const catalog: { name: string; allowed: boolean; events: { name: string; supported: boolean }[] }[] =
      await admin.api.run('{ catalog { name allowed events { name supported } } }');
    const chosen = [];
    for (const { name, allowed, events } of catalog)
      for (const event of events)
        chosen.push({
          pair: `${name}.${event.name}`,
          fires: allowed && event.supported,
          webhook: await createWebhook(admin.api, platform.receiver.url, {
            triggers: [{ resource: name, event: event.name }],
          }),
        });
    const act = actor(platform.host, admin);
    const [client, note] = [await act.createClient(), await act.createNote()];
    const payment = await act.createPayment(client);
    const done: Record<string, string> = {
      'clients.create': client,
      'clients.update': await act.updateClient(client),
      'payments.create': payment,
      'payments.update': await act.updatePayment(payment, client),
      'payments.approve': await act.approvePayment(payment),
      'notes.create': note,
      'notes.update': await act.updateNote(note),
      'clients.delete': await act.deleteClient(client),
    };
    // The server's own pair can be chosen, too; nothing of a host fires it.
    expect(chosen.at(-1)).toMatchObject({ pair: 'bellwire.endpoints.auto_disabled', fires: true });
    expect(await heard(platform, chosen.pop()!.webhook)).toEqual([]);
    expect(chosen.map(({ pair }) => pair).sort()).toEqual(Object.keys(done).sort());
    expect(chosen.filter(({ fires }) => fires)).toHaveLength(5);
    for (const { pair, fires, webhook } of chosen)
      expect([pair, await heard(platform, webhook)]).toEqual([pair, fires ? [`${pair} ${done[pair]}`] : []]);
  });
});

describe('a saved webhook', () => {
  it('P05: can be edited in all its parts, reads back as edited, and acts so from the next event on', async () => {
    const admin = await freshAccount();
    const clerk = await platform.join('Clerk', [], { below: admin });
    const webhook = await createWebhook(admin.api, platform.receiver.url);
    const before = await admin.api.run(WEBHOOK, { id: webhook.id });
    const input = {
      details: { name: 'Edited', description: 'By hand', forLoginId: clerk.id },
      endpoints: [
        { id: webhook.endpointId, target: `${platform.receiver.url}/edited` },
        { kind: 'URL', target: `${platform.receiver.url}/added` },
      ],
      triggers: [{ resource: 'clients', event: 'update', name: 'Changed', description: 'Any field' }],
    };
    const { webhook: edited } = await admin.api.mutate(UPDATE, {
      id: webhook.id,
      input,
      version: before.version,
    });
    expect(edited).toMatchObject({
      id: before.id,
      number: before.number,
      version: before.version + 1,
      name: 'Edited',
      description: 'By hand',
      forLogin: { id: clerk.id },
      endpoints: [
        { id: webhook.endpointId, target: `${platform.receiver.url}/edited` },
        { target: `${platform.receiver.url}/added` },
      ],
      triggers: [{ resource: 'clients', event: 'update', name: 'Changed', description: 'Any field' }],
    });
    expect(await admin.api.run(WEBHOOK, { id: webhook.id })).toEqual(edited);
    expect(await admin.api.run(TABLE)).toEqual({ totalCount: 1, nodes: [edited] });

    const client = await actor(platform.host, clerk).createClient();
    await actor(platform.host, admin).updateClient(client);
    await actor(platform.host, clerk).updateClient(client);
    expect(await heard(platform, webhook)).toEqual(Array(2).fill(`clients.update ${client}`));
    const paths = platform.receiver.hits.filter((hit) =>
      hit.body.includes(`"webhookNumber":${webhook.number},`),
    );
    expect(paths.map((hit) => hit.path).sort()).toEqual(['/hooks/added', '/hooks/edited']);
  });

  it('P31: has an ID of its own, the same after an edit, under which it is found', async () => {
    const admin = await freshAccount();
    const webhooks = [
      await createWebhook(admin.api, platform.receiver.url),
      await createWebhook(admin.api, platform.receiver.url),
    ];
    expect(webhooks[1]!.number).toBeGreaterThan(webhooks[0]!.number);
    for (const { id, number } of webhooks) {
      await admin.api.mutate(UPDATE, { id, input: { details: { name: `Renamed ${number}` } } });
      expect(
        await admin.api.run('query ($number: Int!) { webhookByNumber(number: $number) { id name } }', {
          number,
        }),
      ).toEqual({ id, name: `Renamed ${number}` });
    }
    const { nodes } = await admin.api.run(TABLE);
    expect(nodes.map((node: { id: string; number: number }) => [node.id, node.number])).toEqual(
      webhooks.map(({ id, number }) => [id, number]).reverse(),
    );
  });

  it('P35: shows name and description as they were entered, markup and all', async () => {
    const admin = await freshAccount();
    const entered = {
      name: `<b>"Orders" & 'more'</b> <img src=x onerror=alert(1)> {{7*7}}`,
      description: '</td><script>alert(1)</script>\n\tsecond line \u202e ünïcødé 🦊',
    };
    const { id } = await createWebhook(admin.api, platform.receiver.url, { details: entered });
    expect(await admin.api.run(WEBHOOK, { id })).toMatchObject(entered);
    expect((await admin.api.run(TABLE)).nodes).toMatchObject([entered]);
  });

  it('P36: can be looked at and deleted, each from its row', async () => {
    const admin = await freshAccount();
    for (const name of ['One', 'Two', 'Three'])
      await createWebhook(admin.api, platform.receiver.url, { details: { name } });
    const { nodes } = await admin.api.run(TABLE);
    expect(nodes).toHaveLength(3);
    for (const [index, row] of nodes.entries()) {
      expect(await admin.api.run(WEBHOOK, { id: row.id })).toEqual(row);
      expect((await admin.api.mutate(DELETE, { id: row.id })).deletedId).toBe(row.id);
      expect((await admin.api.run(TABLE)).totalCount).toBe(2 - index);
    }
  });

  it('P38: is gone once it is deleted, and silent', async () => {
    const admin = await freshAccount();
    const act = actor(platform.host, admin);
    const deleted = await createWebhook(admin.api, platform.receiver.url);
    const kept = await createWebhook(admin.api, platform.receiver.url);
    const before = await act.createClient();
    expect(await heard(platform, deleted)).toEqual([`clients.create ${before}`]);
    await admin.api.mutate(DELETE, { id: deleted.id });
    expect((await admin.api.run(TABLE)).nodes).toMatchObject([{ id: kept.id }]);
    expect(await admin.api.run(WEBHOOK, { id: deleted.id })).toBeNull();
    const after = await act.createClient();
    expect(await heard(platform, kept)).toEqual(
      [`clients.create ${before}`, `clients.create ${after}`].sort(),
    );
    expect(await heard(platform, deleted)).toEqual([`clients.create ${before}`]);
  });
});
