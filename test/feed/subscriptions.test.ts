/** REST hooks: programs that subscribe an address and end it again, with nothing but the link (X11). */
import { PERMISSIONS } from '../../src/access/viewer.ts';
import { createPerson, createTeam, type Person } from '../support/people.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { verifies } from '../support/verify.ts';
import { ask, makeLink, post } from './link.ts';

let server: TestServer;
let receiver: Receiver;
let person: Person;
let link: string;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  await registerResource(server.api);
  person = await createPerson(server, {
    ...{ name: 'Zap', isAccount: true, permissions: [...PERMISSIONS] },
  });
  link = await makeLink(person.api);
});
afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

const input = (more: Record<string, unknown> = {}) => ({
  ...{ targetUrl: receiver.url, resource: 'clients', event: 'create' },
  ...more,
});
const event = (id: string) => clientEvent(id, { loginId: person.id });
const remove = (url: string) => ask(url, { method: 'DELETE' });

describe('a subscription', () => {
  it('X11: returns an id without a handshake, brings signed events, stands in the table, and ends by its address', async () => {
    const before = receiver.hits.length;
    const made = await post(`${link}/subscriptions`, input());
    expect(made.status).toBe(201);
    expect(made.json).toMatchObject({ ...input(), status: 'ENABLED', statusReason: null });
    expect(receiver.hits.length).toBe(before);
    const { id, signingSecret, webhookNumber } = made.json;
    expect(made.headers.get('location')).toBe(`${link}/subscriptions/${id}`);

    await publish(server.api, event('one'));
    const hit = await receiver.find(({ body }) => body.includes('"one"'));
    expect(verifies(signingSecret, hit)).toBe(true);
    const webhook = await person.api.run(`{ webhook(id: "${id}") {
      number name description status login { id } account { id } endpoints { target } triggers { resource event } } }`);
    expect(webhook).toMatchObject({
      ...{ number: webhookNumber, status: 'ENABLED', login: { id: person.id }, account: { id: person.id } },
      endpoints: [{ target: receiver.url }],
      triggers: [{ resource: 'clients', event: 'create' }],
    });
    expect(webhook.name).toContain('clients.create');

    const listed = await ask(`${link}/subscriptions`);
    expect(listed.json).toMatchObject([{ id, ...input(), sample: { type: 'clients.create', sample: true } }]);
    expect(listed.text).not.toContain('whsec_');
    expect((await ask(`${link}/subscriptions/${id}`)).json).toMatchObject({ id, status: 'ENABLED' });

    expect((await remove(`${link}/subscriptions/${id}`)).status).toBe(204);
    expect((await remove(`${link}/subscriptions/${id}`)).status).toBe(404);
    expect((await ask(`${link}/subscriptions`)).json).toEqual([]);
    await publish(server.api, event('two'));
    const again = await post(`${link}/subscriptions`, input());
    await publish(server.api, event('three'));
    await receiver.find(({ body }) => body.includes('"three"'));
    expect(receiver.hits.some(({ body }) => body.includes('"two"'))).toBe(false);
    await remove(`${link}/subscriptions/${again.json.id}`);
  });

  it('to an event that webhooks may not listen to is stored and inactive, with the reason, as on the page', async () => {
    const unknown = await post(`${link}/subscriptions`, input({ resource: 'nothing' }));
    expect(unknown.json).toMatchObject({ status: 'INACTIVE', resource: 'nothing' });
    await remove(`${link}/subscriptions/${unknown.json.id}`);
    const { status, json } = await post(
      `${link}/subscriptions`,
      input({ event: 'delete', name: 'My deletions' }),
    );
    expect([status, json.status, json.name]).toEqual([201, 'INACTIVE', 'My deletions']);
    expect(json.statusReason).toContain('not supported');
    await remove(`${link}/subscriptions/${json.id}`);
  });

  it('ends for good when its address answers 410', async () => {
    const gone = await startReceiver(status(410));
    const { json } = await post(`${link}/subscriptions`, input({ targetUrl: gone.url }));
    await publish(server.api, event('gone'));
    await gone.until(1);
    const look = async () => (await ask(`${link}/subscriptions/${json.id}`)).json.status as string;
    while ((await look()) !== 'AUTO_DISABLED');
    await gone.close();
    await remove(`${link}/subscriptions/${json.id}`);
  });

  it.each([
    [{ targetUrl: 'not an address' }, 'targetUrl', 'INVALID'],
    [{ targetUrl: 'ftp://example.com/' }, 'targetUrl', 'INVALID'],
    [{ targetUrl: 'http://169.254.169.254/' }, 'targetUrl', 'UNSAFE_TARGET'],
    [{ targetUrl: undefined }, 'targetUrl', 'REQUIRED'],
    [{ resource: 7 }, 'resource', 'REQUIRED'],
    [{ event: '' }, 'event', 'REQUIRED'],
    [{ name: 'x'.repeat(201) }, 'name', 'TOO_LONG'],
  ])('with %j is refused at that field, and nothing is stored', async (wrong, field, code) => {
    const { status, json } = await post(`${link}/subscriptions`, input(wrong));
    expect([status, json.problems[0]]).toMatchObject([422, { field, code }]);
    expect((await ask(`${link}/subscriptions`)).json).toEqual([]);
  });

  it('that is no JSON object, or too large, is refused in so many words', async () => {
    const url = `${link}/subscriptions`;
    expect((await post(url, ['x'])).json.code).toBe('UNSUPPORTED_MEDIA_TYPE');
    expect((await ask(url, { method: 'POST', body: 'targetUrl=x' })).status).toBe(415);
    const broken = await ask(url, {
      ...{ method: 'POST', body: '{', headers: { 'content-type': 'application/json' } },
    });
    expect(broken.status).toBe(400);
    expect((await post(url, input({ name: 'x'.repeat(20_000) }))).status).toBe(413);
  });

  it('is not for those who may not manage webhooks, and ends no webhook that was made otherwise, or by somebody else', async () => {
    const member = await createPerson(person, { name: 'Member' });
    await createTeam(person, 'Readers', [member.id]);
    const memberLink = await makeLink(member.api);
    const refused = await post(`${memberLink}/subscriptions`, input());
    expect([refused.status, refused.json.code]).toEqual([403, 'FORBIDDEN']);
    const { json } = await post(`${link}/subscriptions`, input());
    const ordinary = await createWebhook(person.api, receiver.url);
    const rootLink = await makeLink(server.api);
    for (const [holder, id] of [
      [link, ordinary.id],
      [rootLink, json.id],
      [memberLink, json.id],
      [link, 'whk_01h2xcejqtf2nbrexx3vqjhp41'],
      [link, 'nonsense'],
    ])
      expect((await remove(`${holder}/subscriptions/${id}`)).status).toBe(404);
    expect((await ask(`${rootLink}/subscriptions`)).json).toEqual([]);
    expect((await ask(`${link}/subscriptions/${json.id}`)).status).toBe(200);
    expect(await person.api.run(`{ webhook(id: "${ordinary.id}") { status } }`)).toEqual({
      status: 'ENABLED',
    });
  });
});
