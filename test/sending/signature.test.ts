/** SEC-09: the signatures, against official vectors, the libraries of receivers and node:crypto; rotation with both keys. */
import { generateKeyPairSync } from 'node:crypto';

import pg from 'pg';
import { Webhook as SignatureCheck } from 'standardwebhooks';
import { Webhook as SvixCheck } from 'svix';

import { sign, signerOf } from '../../src/sending/signature.ts';
import { figure } from '../support/figure.ts';
import { readmeFunction } from '../support/readme.ts';
import { type Hit, type Receiver, startReceiver } from '../support/receiver.ts';
import { type MadeWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { verifies } from '../support/verify.ts';

const ROTATE = `mutation ($id: ID!, $graceSeconds: Int!) { endpointRotateSecret(id: $id, graceSeconds: $graceSeconds) {
  errors { code message } revealed { value } } }`;
const PUBLIC_KEYS = 'query ($id: ID!) { webhook(id: $id) { endpoints { secrets { publicKey } } } }';
const UPDATE = `mutation ($id: ID!, $input: WebhookInput!) { webhookUpdate(id: $id, input: $input) {
  errors { code } newSecrets { value } } }`;
const PAYLOAD_TEXT = '{ "value": 1.0, "id":"1", "name":"é 👋" }';
const MINUTE_MS = 60_000;

/** How a receiver checks a shared secret, by library. */
const LIBRARIES = {
  standardwebhooks: (key: string, { body, headers }: Hit) =>
    new SignatureCheck(key).verify(body.toString(), headers as Record<string, string>),
  svix: (key: string, { body, headers }: Hit) =>
    new SvixCheck(key).verify(body.toString(), headers as Record<string, string>),
};

let server: TestServer;
let receiver: Receiver;
let sql: pg.Client;
let now = (): Date => new Date();
let published = 0;

beforeAll(async () => {
  // One test takes secrets away, which is an error of the log.
  server = await startServer({ BELLWIRE_LOG_LEVEL: 'silent' }, { now: () => now() });
  receiver = await startReceiver();
  sql = new pg.Client({ connectionString: server.database.url });
  await sql.connect();
  await registerResource(server.api, 'things', 'type Thing { id: ID! name: String value: Float }');
});
afterAll(async () => {
  await sql?.end();
  await server?.stop();
  await receiver?.close();
});
beforeEach(() => {
  now = () => new Date();
});

let paths = 0;
/** A webhook with one endpoint, at a path of its own. */
async function signedBy(signing: string): Promise<MadeWebhook & { path: string }> {
  const path = `/hooks/${++paths}`;
  const target = receiver.url.replace('/hooks', path);
  const payload = await server.api.mutate(
    `mutation ($input: WebhookInput!) { webhookCreate(input: $input) {
       errors { code } webhook { id number version endpoints { id } } newSecrets { value } } }`,
    {
      input: {
        details: { name: signing },
        endpoints: [{ kind: 'URL', target, advanced: { signing } }],
        triggers: [{ resource: 'things', event: 'create' }],
      },
    },
  );
  const { id, number, version, endpoints } = payload.webhook;
  return { id, number, version, endpointId: endpoints[0].id, secret: payload.newSecrets[0]?.value, path };
}

/** Publishes an event, and returns the request with it that comes to the path. */
async function sent(path: string): Promise<Hit> {
  const entityId = String(++published);
  await publish(server.api, { resource: 'things', event: 'create', entityId, payloadText: PAYLOAD_TEXT });
  return receiver.find((hit) => hit.path === path && hit.body.includes(`"entityId":"${entityId}"`));
}

const rotate = async (endpointId: string, graceSeconds: number): Promise<string> =>
  (await server.api.mutate(ROTATE, { id: endpointId, graceSeconds })).revealed.value as string;

describe('a signature (SEC-09)', () => {
  const BODY = Buffer.from('{"test": 2432232314}');
  const [ID, TIMESTAMP] = ['msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330];
  const V1 = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
  // The key pair of the vector of Svix, whose signature is the example of the specification.
  const V1A = 'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==';
  const SHARED = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const PRIVATE =
    'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==';

  it.each([
    ['shared secrets', SHARED, V1],
    ['key pairs', PRIVATE, V1A],
  ])(
    'with %s equals the vector that the Standard Webhooks libraries test themselves with',
    (_, key, vector) => {
      expect(sign([signerOf(key)], ID, TIMESTAMP, BODY)).toBe(vector);
    },
  );

  it('with several keys is one list, in their order', () => {
    expect(sign([PRIVATE, SHARED].map(signerOf), ID, TIMESTAMP, BODY)).toBe(`${V1A} ${V1}`);
  });
});

describe('a request that a server really sent (SEC-09)', () => {
  it.each(Object.entries(LIBRARIES))(
    'with a shared secret is taken by the library %s, and refused with another key, body, id or time',
    async (_name, check) => {
      const { secret, path } = await signedBy('STANDARD_WEBHOOKS_HMAC');
      const hit = await sent(path);
      expect(check(secret, hit)).toMatchObject({ data: { id: '1' } });
      const reserialised = Buffer.from(JSON.stringify(JSON.parse(hit.body.toString())));
      expect(reserialised.equals(hit.body)).toBe(false);
      expect(() => check(secret, { ...hit, body: reserialised })).toThrow('No matching signature found');
      const other = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
      expect(() => check(other, hit)).toThrow('No matching signature found');
      const headers = { ...hit.headers, 'webhook-id': 'dlv_other' };
      expect(() => check(secret, { ...hit, headers })).toThrow('No matching');
      for (const minutes of [-6, 6]) {
        now = () => new Date(Date.now() + minutes * MINUTE_MS);
        const late = await sent(path);
        expect(() => check(secret, late)).toThrow(/timestamp/i);
        // It is the time alone that it refuses.
        const { 'webhook-id': id, 'webhook-timestamp': timestamp } = late.headers;
        expect(late.headers['webhook-signature']).toBe(
          sign([signerOf(secret)], String(id), Number(timestamp), late.body),
        );
      }
      figure('SEC-09', { vector: 'equal', verified: 1, refused: 5 });
    },
  );

  it('with a key pair is taken with the public key that the API shows, by node:crypto and by the example of the README', async () => {
    const isGenuine = await readmeFunction('isGenuine');
    const { id, secret, path } = await signedBy('STANDARD_WEBHOOKS_ED25519');
    const hit = await sent(path);
    const { endpoints } = await server.api.run(PUBLIC_KEYS, { id });
    const { publicKey } = endpoints[0].secrets[0];
    expect(publicKey).toBe(secret);
    expect(hit.headers['webhook-signature']).toMatch(/^v1a,[A-Za-z0-9+/]{86}==$/);
    const genuine = (key: string, { headers, body }: Pick<Hit, 'headers' | 'body'>): boolean =>
      isGenuine(key, headers, body) as boolean;
    for (const check of [verifies, genuine]) {
      expect(check(publicKey, hit)).toBe(true);
      expect(check(publicKey, { ...hit, body: Buffer.from(`${hit.body.toString()} `) })).toBe(false);
      expect(check(publicKey, { ...hit, headers: { ...hit.headers, 'webhook-id': 'dlv_other' } })).toBe(
        false,
      );
      expect(check(someKey(), hit)).toBe(false);
    }
    for (const minutes of [-6, 6]) {
      now = () => new Date(Date.now() + minutes * MINUTE_MS);
      const late = await sent(path);
      expect(genuine(publicKey, late)).toBe(false);
      // It is the time alone that it refuses.
      expect(verifies(publicKey, late)).toBe(true);
    }
  });

  it('without signing has no signature, and all else that tells it', async () => {
    const { path } = await signedBy('NONE');
    const { headers } = await sent(path);
    expect(headers).not.toHaveProperty('webhook-signature');
    expect(headers).toMatchObject({
      'webhook-id': expect.stringMatching(/^dlv_/),
      'webhook-timestamp': expect.stringMatching(/^\d+$/),
      'webhook-attempt': '1',
    });
  });

  it('is not made where the endpoint has lost its secrets: it counts as blocked, never as unsigned', async () => {
    const { endpointId, path } = await signedBy('STANDARD_WEBHOOKS_HMAC');
    await sql.query('update endpoints set retry_schedule = array[0] where id = $1', [endpointId]);
    await sql.query('delete from secrets where endpoint_id = $1', [endpointId]);
    const stream = server.api.subscribe(`subscription { deliveryEvents(mode: EVERY_EVENT) {
      events { kind delivery { endpoint { id } latestAttempt { outcome failure { code } } } } } }`);
    try {
      await stream.until((batches) => batches.length > 0);
      await publish(server.api, {
        resource: 'things',
        event: 'create',
        entityId: 'x',
        payloadText: PAYLOAD_TEXT,
      });
      const failed = await stream.until((batches) =>
        batches
          .flatMap((batch) => batch.events as any[])
          .find(({ kind, delivery }) => kind === 'FAILED' && delivery.endpoint.id === endpointId),
      );
      expect(failed.delivery.latestAttempt).toEqual({
        outcome: 'BLOCKED',
        failure: { code: 'SECRET_UNAVAILABLE' },
      });
      expect(receiver.hits.filter((hit) => hit.path === path)).toEqual([]);
    } finally {
      await stream.close();
    }
  });
});

describe('after a rotation (SEC-09)', () => {
  it.each(['STANDARD_WEBHOOKS_HMAC', 'STANDARD_WEBHOOKS_ED25519'])(
    'of %s a request verifies with the old key and with the new one, until the grace period is over',
    async (signing) => {
      const { endpointId, secret: old, path } = await signedBy(signing);
      const [before, fresh] = [await sent(path), await rotate(endpointId, 3_600)];
      expect([verifies(old, before), verifies(fresh, before)]).toEqual([true, false]);
      const during = await sent(path);
      expect([verifies(old, during), verifies(fresh, during)]).toEqual([true, true]);
      expect(String(during.headers['webhook-signature']).split(' ')).toHaveLength(2);
      // As if the hour were over.
      await sql.query(
        `update secrets set expires_at = expires_at - interval '1 hour' where endpoint_id = $1`,
        [endpointId],
      );
      const after = await sent(path);
      expect([verifies(old, after), verifies(fresh, after)]).toEqual([false, true]);
      const last = await rotate(endpointId, 0);
      const atOnce = await sent(path);
      expect([verifies(fresh, atOnce), verifies(last, atOnce)]).toEqual([false, true]);
    },
  );

  it('to another scheme it is signed by the new kind alone, at once', async () => {
    const { id, endpointId, secret: old, path } = await signedBy('STANDARD_WEBHOOKS_HMAC');
    await rotate(endpointId, 3_600);
    const { newSecrets } = await server.api.mutate(UPDATE, {
      id,
      input: { endpoints: [{ id: endpointId, advanced: { signing: 'STANDARD_WEBHOOKS_ED25519' } }] },
    });
    const hit = await sent(path);
    expect(hit.headers['webhook-signature']).toMatch(/^v1a,\S+$/);
    expect([verifies(old, hit), verifies(newSecrets[0].value as string, hit)]).toEqual([false, true]);
  });
});

/** Some public key that is of nobody here. */
function someKey(): string {
  const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
  return `whpk_${Buffer.from(x!, 'base64url').toString('base64')}`;
}
