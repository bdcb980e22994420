/** What goes out: the request and its body, its signature, where it never goes, and what no longer goes. */
import { Webhook as SignatureCheck } from 'standardwebhooks';

import type { Person } from '../support/people.ts';
import { PRIVATE_LOOPBACK, PUBLIC_LOOPBACK } from '../support/policy.ts';
import { type Hit, type Receiver, startReceiver, status } from '../support/receiver.ts';
import { scriptedResolver } from '../support/resolver.ts';
import { createWebhook } from '../support/scenario.ts';
import { actor, envelopeOf, type Platform, startPlatform, transition } from './platform.ts';

let platform: Platform;
let admin: Person;
let act: ReturnType<typeof actor>;
/** A receiver of the test's own, answering as it likes. */
let own: Receiver;

beforeAll(async () => {
  platform = await startPlatform();
  admin = await platform.join('Administrator', ['WEBHOOKS_MANAGE'], { isAccount: true });
  act = actor(platform.host, admin);
});

beforeEach(async () => {
  own = await startReceiver();
});

afterEach(() => own.close());
afterAll(() => platform?.stop());

/** What the receiver of a delivery's secret says about a request: its payload, or that it is not signed so. */
function verify(secret: string, hit: Pick<Hit, 'body' | 'headers'>): unknown {
  return new SignatureCheck(secret).verify(hit.body.toString(), hit.headers as Record<string, string>);
}

describe('a request', () => {
  it('L02, L19: is a POST of JSON that holds the record, to the address of the subscriber', async () => {
    await createWebhook(admin.api, `${own.url}/clients?tenant=7`, {
      triggers: ['create', 'update'].map((event) => ({ resource: 'clients', event })),
    });
    const client = await act.createClient('Barbara Jane');
    await act.updateClient(client, 'Barbara J.');
    const hits = (await own.until(2)).toSorted((one, other) =>
      envelopeOf(one).id < envelopeOf(other).id ? -1 : 1,
    );
    for (const hit of hits) {
      expect(hit).toMatchObject({ method: 'POST', path: '/hooks/clients?tenant=7' });
      expect(hit.headers).toMatchObject({
        'content-type': 'application/json',
        'content-length': `${hit.body.length}`,
      });
    }
    expect(hits.map(envelopeOf)).toMatchObject([
      { type: 'clients.create', data: { id: client, name: 'Barbara Jane', tags: [], email: null } },
      { type: 'clients.update', data: { id: client, name: 'Barbara J.', tags: [], email: null } },
    ]);
  });

  it.each([301, 302, 303, 307, 308])('L19: does not follow a redirect (%i)', async (code) => {
    own.answer = (hit, response) =>
      hit.path === '/hooks'
        ? status(code, { location: `${own.url}/elsewhere` })(hit, response, 0)
        : status(204)(hit, response, 0);
    const webhook = await createWebhook(admin.api, own.url, { advanced: { retrySchedule: [0] } });
    await act.createClient();
    expect(await transition(admin, webhook, ({ kind }) => kind === 'FAILED')).toMatchObject({
      attempt: { outcome: 'REJECTED', failure: { code: 'REDIRECT' }, response: { statusCode: code } },
    });
    own.answer = status(204);
    const proof = await act.createClient();
    await own.find((hit) => hit.body.includes(`"${proof}"`));
    expect(own.hits.map((hit) => hit.path)).toEqual(['/hooks', '/hooks']);
    await admin.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', {
      id: webhook.id,
    });
  });

  it('X02: states event, type, resource, time and webhook beside the record, the attempt in a header; body and id stay over retries', async () => {
    own.answer = (hit, response, count) => status(count < 3 ? 500 : 204)(hit, response, count);
    const webhook = await createWebhook(admin.api, own.url);
    const client = await act.createClient();
    const hits = await own.until(3);
    expect(hits.map((hit) => hit.headers['webhook-attempt'])).toEqual(['1', '2', '3']);
    expect(new Set(hits.map((hit) => hit.headers['webhook-id'])).size).toBe(1);
    expect(new Set(hits.map((hit) => hit.body.toString())).size).toBe(1);
    const { id, timestamp, data, ...rest } = envelopeOf(hits[0]!);
    expect(rest).toEqual({
      type: 'clients.create',
      resource: 'clients',
      event: 'create',
      entityId: client,
      webhookNumber: webhook.number,
    });
    expect(data).toMatchObject({ id: client });
    expect(
      await admin.api.run('query ($id: ID!) { event(id: $id) { resource name entityId occurredAt } }', {
        id,
      }),
    ).toEqual({
      resource: 'clients',
      name: 'create',
      entityId: client,
      occurredAt: timestamp,
    });
  });

  it('X08: is signed over its id, time and body: the secret of its endpoint verifies it, nothing else does', async () => {
    const webhook = await createWebhook(admin.api, own.url);
    const other = await createWebhook(admin.api, `${own.url}/other`);
    await act.createClient();
    const hit = await own.find(({ path }) => path === '/hooks');
    expect(verify(webhook.secret, hit)).toEqual(envelopeOf(hit));
    expect(() => verify(other.secret, hit)).toThrow('No matching signature');
    expect(verify(other.secret, await own.find(({ path }) => path === '/hooks/other'))).toMatchObject({
      type: 'clients.create',
    });

    const forged = (change: Record<string, string>) => ({ ...hit, headers: { ...hit.headers, ...change } });
    const time = Number(hit.headers['webhook-timestamp']);
    expect(() => verify(webhook.secret, { ...hit, body: Buffer.from(`${hit.body.toString()} `) })).toThrow(
      'No matching signature',
    );
    expect(() => verify(webhook.secret, forged({ 'webhook-timestamp': `${time + 1}` }))).toThrow(
      'No matching signature',
    );
    expect(() => verify(webhook.secret, forged({ 'webhook-id': 'dlv_0' }))).toThrow('No matching signature');
    expect(() => verify(webhook.secret, forged({ 'webhook-timestamp': `${time - 3600}` }))).toThrow(
      'too old',
    );
  });

  it('X08: is verified by the old secret and by the new one after a rotation, and without a grace period by the new one alone', async () => {
    const { endpointId, secret: first } = await createWebhook(admin.api, own.url);
    const rotate = async (graceSeconds: number): Promise<string> => {
      const { revealed } = await admin.api.mutate(
        `mutation ($id: ID!, $graceSeconds: Int!) { endpointRotateSecret(id: $id, graceSeconds: $graceSeconds) {
           errors { code } revealed { value } } }`,
        { id: endpointId, graceSeconds },
      );
      return revealed.value as string;
    };
    const second = await rotate(60);
    await act.createClient();
    const [both] = await own.until(1);
    for (const secret of [first, second]) expect(verify(secret, both!)).toEqual(envelopeOf(both!));
    const third = await rotate(0);
    await act.createClient();
    const [, alone] = await own.until(2);
    expect(verify(third, alone!)).toEqual(envelopeOf(alone!));
    for (const secret of [first, second])
      expect(() => verify(secret, alone!)).toThrow('No matching signature');
  });
});

describe('X13: what waits for another try', () => {
  it.each([
    ['deleted', 'mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }'],
    ['disabled', 'mutation ($id: ID!) { webhookDisable(id: $id) { errors { code } } }'],
  ])('X13: is cancelled when its webhook is %s, and never sent', async (_how, mutation) => {
    own.answer = status(500);
    const advanced = { retrySchedule: [0, 600] };
    const ended = await createWebhook(admin.api, `${own.url}/ended`, { advanced });
    const kept = await createWebhook(admin.api, `${own.url}/kept`, { advanced });
    await act.createClient();
    const [waiting] = await Promise.all(
      [ended, kept].map((webhook) => transition(admin, webhook, ({ kind }) => kind === 'RETRY_SCHEDULED')),
    );
    await admin.api.mutate(mutation, { id: ended.id });
    expect(
      await admin.api.run('query ($id: ID!) { delivery(id: $id) { status attemptCount nextAttemptAt } }', {
        id: waiting!.delivery.id,
      }),
    ).toEqual({ status: 'CANCELLED', attemptCount: 1, nextAttemptAt: null });
    // Ten minutes pass: whatever still waits is due.
    await platform.server.app.db.engine.query('update delivery_queue set due_at = clock_timestamp()');
    await own.find((hit) => hit.path === '/hooks/kept' && hit.headers['webhook-attempt'] === '2');
    expect(own.hits.filter((hit) => hit.path === '/hooks/ended')).toHaveLength(1);
    await admin.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', {
      id: kept.id,
    });
  });
});

describe('an address that must not be called', () => {
  const CREATE = `mutation ($input: WebhookInput!) {
    webhookCreate(input: $input) { errors { code field } webhook { id number } } }`;
  /** 127.0.0.2 plays the public internet; the rest of this machine stays private. */
  const STRICT = {
    BELLWIRE_PUBLIC_URL: 'https://bellwire.example',
    BELLWIRE_ALLOW_HTTP: 'true',
    BELLWIRE_ALLOWED_TARGETS: `${PUBLIC_LOOPBACK}/32`,
    BELLWIRE_RETRY_SCHEDULE: '0s',
  };
  let addresses = [PUBLIC_LOOPBACK];
  let strict: Platform;
  let open: Receiver;
  let hidden: Receiver;

  beforeAll(async () => {
    const resolver = scriptedResolver({
      'moving.example': () => addresses,
      'inside.example': ['10.0.0.8'],
    });
    strict = await startPlatform(STRICT, { dev: false, resolver });
    // A connection that is kept stays with the address that it was opened to; here each delivery opens one.
    open = await startReceiver(status(204, { connection: 'close' }), PUBLIC_LOOPBACK);
    hidden = await startReceiver(status(204), PRIVATE_LOOPBACK);
  });

  afterAll(async () => {
    await strict?.stop();
    await open?.close();
    await hidden?.close();
  });

  function inputOf(targets: string[]): Record<string, unknown> {
    return {
      details: { name: 'Guarded' },
      endpoints: targets.map((target) => ({ kind: 'URL', target })),
      triggers: [{ resource: 'clients', event: 'create' }],
    };
  }

  it('X09: is refused on save, be it private, loopback or metadata, by number or by name', async () => {
    const unsafe = [
      'https://10.0.0.1/',
      'https://192.168.1.1:8443/hook',
      'https://[fd00::1]/',
      'http://127.0.0.1/',
      'https://2130706433/',
      'https://[::ffff:127.0.0.1]/',
      'https://localhost/',
      'https://169.254.169.254/latest/meta-data/',
      'https://metadata.google.internal/',
      'https://100.100.100.200/',
      'https://inside.example/',
    ];
    const { errors, webhook } = await strict.root.api.run(CREATE, { input: inputOf(unsafe) });
    expect(webhook).toBeNull();
    expect(errors).toEqual(
      unsafe.map((_, row) => ({ code: 'UNSAFE_TARGET', field: ['endpoints', String(row), 'target'] })),
    );
    expect(await strict.root.api.run('{ webhooks { totalCount } }')).toEqual({ totalCount: 0 });
  });

  it('X09: is refused again at delivery, when a name was re-pointed after it was saved', async () => {
    const strictAct = actor(strict.host, strict.root);
    const create = async (port: number) =>
      (await strict.root.api.mutate(CREATE, { input: inputOf([`http://moving.example:${port}/hooks`]) }))
        .webhook;
    const webhook = await create(open.port);
    const toHidden = await create(hidden.port);
    const first = await strictAct.createClient();
    expect((await open.until(1)).map((hit) => envelopeOf(hit).entityId)).toEqual([first]);
    for (const address of [PRIVATE_LOOPBACK, '127.0.0.1', '10.0.0.1', '169.254.169.254']) {
      addresses = [address];
      const client = await strictAct.createClient();
      for (const { id } of [webhook, toHidden]) {
        const { nodes } = await strict.root.api.run(
          'query ($filter: DeliveryFilterInput) { deliveries(filter: $filter) { nodes { id } } }',
          { filter: { webhookId: id, entityId: client } },
        );
        const blocked = await transition(
          strict.root,
          { id },
          (line) => line.delivery.id === nodes[0].id && line.attempt !== null,
        );
        expect(blocked.attempt).toMatchObject({
          outcome: 'BLOCKED',
          failure: { code: 'ADDRESS_NOT_ALLOWED' },
          response: null,
        });
      }
    }
    expect(hidden.hits).toEqual([]);
    expect(open.hits).toHaveLength(1);
    addresses = [PUBLIC_LOOPBACK];
    const proof = await strictAct.createClient();
    await open.find((hit) => envelopeOf(hit).entityId === proof);
    expect(open.hits.map((hit) => envelopeOf(hit).entityId)).toEqual([first, proof]);
  });
});
