/** What WEBHOOKS_MANAGE opens, and what stays shut without it, save for the members of a webhook's team. */
import type { Api } from '../support/api.ts';
import { createTeam, type Person } from '../support/people.ts';
import { createWebhook, type MadeWebhook } from '../support/scenario.ts';
import { actor, heard, type Platform, startPlatform, transition } from './platform.ts';

const CREATE = `mutation ($input: WebhookInput!) { webhookCreate(input: $input) { errors { code } webhook { id } } }`;
const UPDATE = `mutation ($id: ID!, $input: WebhookInput!) { webhookUpdate(id: $id, input: $input) { errors { code } } }`;
const GRANT = `mutation ($id: ID!, $permissions: [Permission!]!) {
  loginUpdate(id: $id, input: { permissions: $permissions }) { errors { code field } login { permissions } } }`;

let platform: Platform;
let x: Person;
let y: Person;
let clerk: Person;

beforeAll(async () => {
  platform = await startPlatform();
  x = await platform.join('Branch X', ['WEBHOOKS_MANAGE', 'ACCESS_MANAGE'], { isAccount: true });
  y = await platform.join('Branch Y', ['WEBHOOKS_MANAGE', 'ACCESS_MANAGE'], { isAccount: true });
  clerk = await platform.join('Clerk', [], { below: x });
});

afterAll(() => platform?.stop());

async function listedBy({ api }: Person): Promise<string[]> {
  return (await api.run('{ webhooks(first: 100) { nodes { id } } }')).nodes.map(
    (node: { id: string }) => node.id,
  );
}

/** Every id about a webhook that sent something, and the number of the table. */
async function everythingOf({
  id,
  number,
  endpointId,
}: MadeWebhook): Promise<Record<string, string | number>> {
  await actor(platform.host, clerk).createClient();
  const { delivery, attempt } = await transition(x, { id }, ({ kind }) => kind === 'SUCCEEDED');
  const { webhook } = (
    await x.api.send(
      'query ($id: ID!) { webhook(id: $id) { triggers { id } endpoints { secrets { id } } } }',
      { id },
    )
  ).data;
  const { event } = await x.api.run('query ($id: ID!) { delivery(id: $id) { event { id } } }', {
    id: delivery.id,
  });
  const [trigger, secret] = [webhook.triggers[0].id, webhook.endpoints[0].secrets[0].id];
  return {
    id,
    number,
    endpoint: endpointId,
    trigger,
    secret,
    delivery: delivery.id,
    attempt: attempt!.id,
    event: event.id,
  };
}

/** What a caller reads of it: null where nothing. */
async function readBy(
  api: Api,
  { number, ...ids }: Record<string, string | number>,
): Promise<Record<string, unknown>> {
  const { data } = await api.send(
    `query ($id: ID!, $number: Int!, $delivery: ID!, $event: ID!, $ids: [ID!]!) {
       webhook(id: $id) { id } webhookByNumber(number: $number) { id }
       delivery(id: $delivery) { id } event(id: $event) { id } nodes(ids: $ids) { id } }`,
    { ...ids, number, ids: Object.values(ids) },
  );
  return data;
}

const LISTS = {
  webhooks: '{ webhooks { nodes { id } } }',
  deliveries: '{ deliveries { nodes { webhook { id } } } }',
  deliveryEvents: '{ deliveryEvents { events { delivery { webhook { id } } } } }',
  events: '{ events { nodes { id } } }',
};
const WATCH = 'subscription { deliveryEvents { cursor } }';

/** The code of the answer to each list. */
async function listCodes(api: Api): Promise<Record<string, unknown>> {
  const codes: Record<string, unknown> = {};
  for (const [name, query] of Object.entries(LISTS))
    codes[name] = (await api.send(query)).errors?.[0]?.extensions?.code ?? 'OK';
  return codes;
}

/** The codes of the answers to all that could change a webhook or make it send. */
async function changeCodes(api: Api, { id, delivery }: Record<string, string | number>): Promise<string[]> {
  const input = {
    details: { name: 'Mine' },
    endpoints: [{ kind: 'URL', target: platform.receiver.url }],
    triggers: [{ resource: 'clients', event: 'create' }],
  };
  const test = { webhookId: id, resource: 'clients', event: 'create' };
  const answers = [
    await api.run(CREATE, { input }),
    await api.run(UPDATE, { id, input: { details: input.details } }),
    await api.run('mutation ($id: ID!) { webhookDisable(id: $id) { errors { code } } }', { id }),
    await api.run('mutation ($id: ID!) { webhookEnable(id: $id) { errors { code } } }', { id }),
    await api.run('mutation ($input: TestEventInput!) { testEventSend(input: $input) { errors { code } } }', {
      input: test,
    }),
    await api.run('mutation ($id: ID!) { deliveryRetry(id: $id) { errors { code } } }', { id: delivery }),
    await api.run('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', { id }),
  ];
  return answers.map(({ errors }) => errors.map((error: { code: string }) => error.code).join(' '));
}

describe('without WEBHOOKS_MANAGE', () => {
  it('P10, L06: a login, which holds nothing by default, is refused or shown nothing everywhere about webhooks', async () => {
    const plain = await platform.join('Plain', undefined, { below: x });
    expect(await plain.api.run('{ viewer { permissions } }')).toEqual({ permissions: [] });
    const all = await everythingOf(await createWebhook(x.api, platform.receiver.url));
    const nothing = { webhook: null, webhookByNumber: null, delivery: null, event: null };
    expect(await readBy(plain.api, all)).toEqual({ ...nothing, nodes: Array(7).fill(null) });
    expect(await listCodes(plain.api)).toEqual({
      webhooks: 'FORBIDDEN',
      deliveries: 'FORBIDDEN',
      deliveryEvents: 'FORBIDDEN',
      events: 'FORBIDDEN',
    });
    expect(await plain.api.subscribe(WATCH).end()).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    expect(await changeCodes(plain.api, all)).toEqual(Array(7).fill('FORBIDDEN'));

    const seen = await readBy(x.api, all);
    expect(Object.values(seen)).not.toContain(null);
    expect(seen.nodes).not.toContain(null);
    expect(await changeCodes(x.api, all)).toEqual(['', '', '', '', '', '', '']);
  });

  it('P10: a member reads the webhooks of the team and what they sent, changes nothing, and sees no other', async () => {
    const member = await platform.join('Member', [], { below: x });
    const teamId = await createTeam(platform.server, 'Readers', [member.id, clerk.id, x.id]);
    const ofTeam = await createWebhook(x.api, platform.receiver.url, { details: { teamId } });
    const other = await everythingOf(await createWebhook(x.api, platform.receiver.url));
    const all = await everythingOf(ofTeam);
    const stream = member.api.subscribe(
      'subscription { deliveryEvents(minIntervalMs: 0) { events { delivery { webhook { id } } } } }',
    );
    await stream.until((batches) => batches[0]);
    await actor(platform.host, clerk).createClient();
    await stream.until((batches) => JSON.stringify(batches).includes(ofTeam.id));
    expect(JSON.stringify(stream.received)).not.toContain(other.id);
    await stream.close();

    const read = await readBy(member.api, all);
    expect(read).toMatchObject({
      webhook: { id: all.id },
      webhookByNumber: { id: all.id },
      delivery: { id: all.delivery },
      event: null,
    });
    expect((read.nodes as unknown[]).filter((node) => node === null)).toHaveLength(1);
    expect((await readBy(member.api, other)).nodes).toEqual(Array(7).fill(null));
    expect(await listedBy(member)).toEqual([ofTeam.id]);
    expect(await listCodes(member.api)).toEqual({
      webhooks: 'OK',
      deliveries: 'OK',
      deliveryEvents: 'OK',
      events: 'FORBIDDEN',
    });
    for (const query of [LISTS.deliveries, LISTS.deliveryEvents]) {
      const answer = JSON.stringify(await member.api.send(query));
      expect([answer.includes(ofTeam.id), answer.includes(other.id as string)]).toEqual([true, false]);
    }
    expect(await changeCodes(member.api, all)).toEqual(Array(7).fill('FORBIDDEN'));
    expect(await listedBy(x)).toContain(ofTeam.id);
  });

  it('L07: a login is let in by an administrator’s grant, and refused from the next request on when it is taken back', async () => {
    // The token carries the permission; what counts is what both the token and its login hold.
    const guest = await platform.join('Guest', ['WEBHOOKS_MANAGE'], { below: x });
    const grant = (permissions: string[]) => x.api.mutate(GRANT, { id: guest.id, permissions });
    await grant([]);
    expect((await guest.api.send(LISTS.webhooks)).errors).toMatchObject([
      { extensions: { code: 'FORBIDDEN' } },
    ]);
    expect((await grant(['WEBHOOKS_MANAGE'])).login).toEqual({ permissions: ['WEBHOOKS_MANAGE'] });
    const webhook = await createWebhook(guest.api, platform.receiver.url);
    expect(await listedBy(guest)).toContain(webhook.id);
    await grant([]);
    expect((await guest.api.send(LISTS.webhooks)).errors).toMatchObject([
      { extensions: { code: 'FORBIDDEN' } },
    ]);
    expect((await changeCodes(guest.api, { id: webhook.id, delivery: 'dlv_0' })).slice(0, 2)).toEqual([
      'FORBIDDEN',
      'FORBIDDEN',
    ]);
    // Nobody grants what is not theirs to give, or to a login outside their portfolio.
    expect((await y.api.run(GRANT, { id: guest.id, permissions: ['WEBHOOKS_MANAGE'] })).errors).toMatchObject(
      [{ code: 'NOT_FOUND' }],
    );
    expect((await x.api.run(GRANT, { id: guest.id, permissions: ['CATALOG_MANAGE'] })).errors).toMatchObject([
      { code: 'FORBIDDEN' },
    ]);
    const client = await actor(platform.host, guest).createClient();
    expect(await heard(platform, webhook)).toEqual([`clients.create ${client}`]);
  });
});
