/** SEC-01: secrets of endpoints, in the database, in answers and in what receivers echo. */
import pg from 'pg';

import { loadKeyring } from '../../src/secrets/load-keyring.ts';
import { signingSecretPlace } from '../../src/secrets/signing-secret.ts';
import { figure } from '../support/figure.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import {
  clientEvent,
  createWebhook,
  type MadeWebhook,
  publish,
  registerResource,
} from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const CANARY = 'canary-7f3a9c51e2';

let server: TestServer;
let receiver: Receiver;
let webhook: MadeWebhook;
let sql: pg.Client;

beforeAll(async () => {
  server = await startServer();
  // An endpoint that says back all that it was told, and the signing secret, too.
  receiver = await startReceiver((hit, response) => {
    const key = String(hit.headers['x-key']);
    const padding = 'x'.repeat(16_384 - 10);
    response.writeHead(200, { 'x-echo': `key=${key}`, 'set-cookie': 'session=1' });
    response.end(
      `${key} ${webhook.secret} ${padding.slice(0, 16_300 - key.length - webhook.secret.length)}${key}${webhook.secret}`,
    );
  });
  sql = new pg.Client({ connectionString: server.database.url });
  await sql.connect();
  await registerResource(server.api);
  webhook = await createWebhook(server.api, receiver.url, {
    advanced: {
      headers: [
        { name: 'X-Key', value: CANARY, secret: true },
        { name: 'X-Plain', value: 'shown' },
      ],
    },
  });
});

afterAll(async () => {
  await sql?.end();
  await server?.stop();
  await receiver?.close();
});

/** Every row of every table, as text. */
async function dump(): Promise<string> {
  const { rows } = await sql.query<{ name: string }>(
    `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  const parts: string[] = [];
  for (const { name } of rows) {
    const table = await sql.query<{ row: string }>(`select t::text as row from ${name} t`);
    parts.push(...table.rows.map((row) => row.row));
  }
  return parts.join('\n');
}

describe('the secrets of an endpoint (SEC-01)', () => {
  it('reach the receiver, and stand nowhere in the database, in clear or as the bytes of their text', async () => {
    await publish(server.api, clientEvent('c-1'));
    const [hit] = await receiver.until(1);
    expect(hit!.headers['x-key']).toBe(CANARY);
    await untilClosed();
    const text = await dump();
    expect(text).toContain('X-Plain');
    const key = Buffer.from(webhook.secret.replace('whsec_', ''), 'base64');
    const forms = [
      CANARY,
      webhook.secret,
      webhook.secret.slice(6),
      key.toString('hex'),
      key.toString('base64url'),
    ];
    const encoded = [Buffer.from(CANARY).toString('hex'), Buffer.from(CANARY).toString('base64')];
    const hits = [...forms, ...encoded].filter((form) => text.includes(form)).length;
    figure('SEC-01', { bytesSearched: text.length, hits }, { hits: 0 });
  });

  it('of a pair: the private key stands nowhere in clear either, and the public one is what the answer holds', async () => {
    const { endpointId, secret: publicKey } = await createWebhook(server.api, `${receiver.url}/pair`, {
      triggers: [{ resource: 'clients', event: 'update' }],
      advanced: { signing: 'STANDARD_WEBHOOKS_ED25519' },
    });
    const { rows } = await sql.query<{ id: string; sealed: Buffer }>(
      'select id, sealed from secrets where endpoint_id = $1',
      [endpointId],
    );
    const { id, sealed } = rows[0]!;
    const keyring = await loadKeyring({ encryptionKeys: null, dataDir: server.dataDir });
    const pair = Buffer.from(keyring.open(sealed, signingSecretPlace(id)).replace('whsk_', ''), 'base64');
    expect(pair).toHaveLength(64);
    expect(publicKey).toBe(`whpk_${pair.subarray(32).toString('base64')}`);
    const text = await dump();
    expect(text).toContain(publicKey);
    const forms = [pair, pair.subarray(0, 32)].flatMap((secret) =>
      (['hex', 'base64url', 'base64'] as const).map((encoding) => secret.toString(encoding)),
    );
    forms.push(Buffer.from(pair.toString('base64')).toString('hex'));
    expect(forms.filter((form) => text.includes(form.replace(/=+$/, '')))).toEqual([]);
  });

  it('are sealed anew each time: the same value saved twice gives two ciphertexts', async () => {
    const again = await createWebhook(server.api, `${receiver.url}/again`, {
      triggers: [{ resource: 'clients', event: 'update' }],
      advanced: { headers: [{ name: 'X-Key', value: CANARY, secret: true }] },
    });
    const { rows } = await sql.query<{ sealed: string }>(
      `select h ->> 'sealed' as sealed from endpoints, jsonb_array_elements(headers) h
       where webhook_id in ($1, $2) and h ->> 'name' = 'X-Key'`,
      [webhook.id, again.id],
    );
    expect(new Set(rows.map((row) => row.sealed)).size).toBe(2);
  });

  it('are blanked where the receiver echoes them, also across the cut at 16 KiB, and no answer of the API holds them', async () => {
    const id = receiver.hits[0]!.headers['webhook-id'];
    const answer = await server.api.send(
      `query ($id: ID!, $webhook: ID!) {
         delivery(id: $id) { latestAttempt {
           request { headers { name value secret } body }
           response { statusCode headers { name value secret } body bodyTruncated } } }
         webhook(id: $webhook) { endpoints { target advanced { headers { name value secret } } secrets { id hint } } } }`,
      { id, webhook: webhook.id },
    );
    const text = JSON.stringify(answer);
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain(webhook.secret);
    const { response, request } = answer.data.delivery.latestAttempt;
    expect(response.body.startsWith('[redacted] [redacted] ')).toBe(true);
    expect(Buffer.byteLength(response.body as string)).toBeLessThanOrEqual(16_384);
    expect(response.body).not.toContain(CANARY.slice(0, 8));
    expect(response.headers).toContainEqual({ name: 'x-echo', value: 'key=[redacted]', secret: false });
    expect(response.headers).toContainEqual({ name: 'set-cookie', value: null, secret: true });
    expect(request.headers).toContainEqual({ name: 'X-Key', value: null, secret: true });
    expect(request.headers).toContainEqual({ name: 'X-Plain', value: 'shown', secret: false });
    expect(answer.data.webhook.endpoints[0].advanced.headers).toEqual([
      { name: 'X-Key', value: null, secret: true },
      { name: 'X-Plain', value: 'shown', secret: false },
    ]);
  });
});

/** Resolves when no delivery is open. */
async function untilClosed(): Promise<void> {
  for (;;) {
    const { rows } = await sql.query<{ open: number }>('select count(*)::int as open from delivery_queue');
    if (rows[0]!.open === 0) return;
    await sql.query('select pg_sleep(0.01)');
  }
}
