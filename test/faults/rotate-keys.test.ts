/** `keys rotate` beside a server that sends: killed midway, started again, and nobody notices (SEC-02). */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';

import pg from 'pg';
import { Webhook } from 'standardwebhooks';

import { packageRoot } from '../../src/paths.ts';
import { makeLink } from '../feed/link.ts';
import { figure } from '../support/figure.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type Answer, type Receiver, startReceiver } from '../support/receiver.ts';
import {
  clientEvent,
  createWebhook,
  type MadeWebhook,
  publish,
  registerResource,
} from '../support/scenario.ts';
import { type ServerProcess, spawnServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const CANARY = `canary-${randomBytes(8).toString('hex')}`;
const K1 = `k1:${randomBytes(32).toString('base64')}`;
const K2 = `k2:${randomBytes(32).toString('base64')}`;
const DELIVERIES = 1_000;
/** Webhooks of twenty endpoints that nothing fires: what makes a rotation take several batches. */
const OTHERS = 15;

const authentication = { type: 'BASIC', basic: { username: 'u', password: CANARY } };
const advanced = { headers: [{ name: 'X-Key', value: CANARY, secret: true }] };

let database: TestDatabase;
let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
let sql: pg.Client;
let server: ServerProcess;
let webhook: MadeWebhook;
let link: string;
const others: { id: string; endpoints: { id: string }[] }[] = [];
/** What was wrong with requests. */
const wrong: string[] = [];

const start = (keys: string, flags = ['--dev']) =>
  spawnServer(
    database.url,
    folder.path,
    { BELLWIRE_ENCRYPTION_KEYS: keys, BELLWIRE_LOG_LEVEL: 'warn' },
    flags,
  );

beforeAll(async () => {
  database = await createTestDatabase();
  folder = temporaryFolder();
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
  const judge: Answer = ({ headers, body }, response) => {
    try {
      new Webhook(webhook.secret).verify(body, headers as Record<string, string>);
    } catch (error) {
      wrong.push(String(error));
    }
    if (headers['x-key'] !== CANARY) wrong.push('X-Key');
    if (headers.authorization !== `Basic ${Buffer.from(`u:${CANARY}`).toString('base64')}`)
      wrong.push('Authorization');
    response.writeHead(204).end();
  };
  receiver = await startReceiver(judge);
  server = await start(K1);
  await registerResource(server.api);
  webhook = await createWebhook(server.api, receiver.url, { advanced, authentication });
  for (let index = 0; index < OTHERS; index += 1) {
    const { id } = await createWebhook(
      server.api,
      Array.from({ length: 20 }, (_, row) => `${receiver.url}/${index}/${row}`),
      { advanced, authentication, triggers: [{ resource: 'clients', event: 'update' }] },
    );
    const made = 'query ($id: ID!) { webhook(id: $id) { id endpoints { id } } }';
    others.push((await server.api.run(made, { id })) as (typeof others)[number]);
  }
  const { draft } = await server.api.mutate(
    'mutation { webhookDraftCreate(input: { name: "Typed" }) { errors { code } draft { id } } }',
  );
  await server.api.run(
    'mutation ($id: ID!, $input: [EndpointInput!]!) { webhookDraftSetEndpoints(id: $id, input: $input) { errors { code } } }',
    { id: draft.id, input: [{ kind: 'URL', target: receiver.url, advanced, authentication }] },
  );
  link = await makeLink(server.api);
  // The operator gives all servers the new key first; what is sealed from now on is sealed with it.
  expect(await server.end('SIGTERM')).toBe(0);
  server = await start(`${K2},${K1}`);
}, 120_000);

afterAll(async () => {
  await server?.end('SIGKILL');
  await sql?.end();
  await receiver?.close();
  await database?.drop();
  folder?.remove();
});

interface Run {
  child: ChildProcess;
  output: () => string;
  ended: Promise<number | null>;
}

function command(args: string[], keys = `${K2},${K1}`): Run {
  const child = spawn(
    process.execPath,
    ['--import', '@swc-node/register/esm-register', 'src/main.ts', ...args],
    {
      cwd: packageRoot,
      env: {
        PATH: process.env['PATH'],
        DATABASE_URL: database.url,
        BELLWIRE_DATA_DIR: folder.path,
        BELLWIRE_ENCRYPTION_KEYS: keys,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, output: () => output, ended };
}

/** How many values are sealed with each key. */
async function sealedWith(): Promise<Record<string, number>> {
  const { rows } = await sql.query<{ key: string; count: number }>(
    `select convert_from(substring(sealed from 3 for get_byte(sealed, 1)), 'UTF8') as key, count(*)::int from (
       select sealed from secrets
       union all select auth_sealed from endpoints where auth_sealed is not null
       union all select sealed from webhooks_links
       union all select decode(h ->> 'sealed', 'base64') from endpoints, jsonb_array_elements(headers) h
       union all select decode(h ->> 'sealed', 'base64')
         from webhook_drafts, json_array_elements(endpoints) e, json_array_elements(e -> 'headers') h
       union all select decode(e -> 'authentication' ->> 'sealed', 'base64')
         from webhook_drafts, json_array_elements(endpoints) e
     ) s group by 1`,
  );
  return Object.fromEntries(rows.map(({ key, count }) => [key, count]));
}

/** How often the secrets stand anywhere as text. */
async function plaintext(): Promise<number> {
  const { rows } = await sql.query<{ text: string }>(
    `select s::text as text from secrets s union all select e::text from endpoints e union all select d::text from webhook_drafts d`,
  );
  const forms = [CANARY, Buffer.from(CANARY).toString('hex'), webhook.secret.slice(6)];
  return rows.filter(({ text }) => forms.some((form) => text.includes(form))).length;
}

it('SEC-02: rotates while deliveries and edits go on, is killed, goes on, and leaves all under the new key', async () => {
  const total = (1 + OTHERS * 20) * 3 + 3;
  expect(await sealedWith()).toEqual({ k1: total });
  let rotated = false;
  let edits = 0;
  const publishing = (async () => {
    while (!rotated || receiver.hits.length < DELIVERIES) {
      const count = receiver.hits.length;
      await publish(server.api, ...Array.from({ length: 20 }, (_, index) => clientEvent(`c-${index}`)));
      await receiver.until(count + 20);
    }
  })();
  const editing = (async () => {
    // Each edit writes the headers anew, and keeps their values: what it read must not come back.
    while (!rotated) {
      edits += 1;
      const { id, endpoints } = others[edits % OTHERS]!;
      const timeout = { advanced: { timeoutMs: 1_000 + edits } };
      await server.api.mutate(
        'mutation ($id: ID!, $input: WebhookInput!) { webhookUpdate(id: $id, input: $input) { errors { code field message } } }',
        { id, input: { endpoints: endpoints.map((endpoint) => ({ ...endpoint, ...timeout })) } },
      );
    }
  })();

  // Somebody holds a webhook, so that the rotation stands midway when it is killed.
  const holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
  await holder.query('begin');
  await holder.query('select 1 from webhooks where id = $1 for update', [webhook.id]);
  const killed = command(['keys', 'rotate']);
  for (let waiting = 0; waiting === 0;) {
    const { rows } = await sql.query<{ count: number }>(
      `select count(*)::int, pg_sleep(0.02) from pg_stat_activity
       where wait_event_type = 'Lock' and query like 'select 1 from webhooks%' and datname = current_database()`,
    );
    waiting = rows[0]!.count;
  }
  killed.child.kill('SIGKILL');
  expect(await killed.ended).toBeNull();
  await holder.query('rollback');
  await holder.end();
  expect(killed.output()).toContain('secrets: ');
  const midway = await sealedWith();
  expect(midway['k1']).toBeGreaterThan(0);
  expect(midway['k2']).toBeGreaterThan(200);
  const seen = await plaintext();
  // All signing secrets are under the new key, headers and credentials are not yet: a server without the old one says so.
  const lacking = await start(K2, ['--dev', '--role', 'api']);
  expect(lacking.log()).toContain('"missing":["k1"]');
  expect(await lacking.end('SIGTERM')).toBe(0);

  const again = command(['keys', 'rotate']);
  expect([await again.ended, again.output()]).toEqual([0, expect.stringContaining('with the key k2')]);
  expect(again.output()).toContain('0 do not open.');
  rotated = true;
  await Promise.all([publishing, editing]);
  const after = await sealedWith();
  expect(Object.keys(after)).toEqual(['k2']);

  // Without the old key all of it opens, and what was rotated before the kill, too.
  expect(await server.end('SIGTERM')).toBe(0);
  server = await start(K2);
  expect(server.log()).not.toContain('"missing"');
  const { url } = await server.api.run('{ webhooksLink { url } }');
  expect(url.split('/').at(-1)).toBe(link.split('/').at(-1));
  const count = receiver.hits.length;
  await publish(server.api, clientEvent('last'));
  await receiver.until(count + 1);
  const { rows } = await sql.query<{ count: number }>(
    `select count(*)::int from attempts where outcome <> 'SUCCEEDED'`,
  );
  figure(
    'SEC-02',
    {
      deliveries: receiver.hits.length,
      edits,
      values: after['k2'],
      leftAtTheKill: midway['k1'],
      failed: wrong.length + rows[0]!.count,
      inPlaintext: seen + (await plaintext()),
    },
    { deliveries: { atLeast: DELIVERIES }, edits: { atLeast: 10 }, failed: 0, inPlaintext: 0 },
  );
  expect(wrong).toEqual([]);
}, 240_000);

it('names what does not open, leaves it as it is, and ends with 1', async () => {
  const secretId = (await sql.query<{ id: string }>('select id from secrets order by id limit 1')).rows[0]!
    .id;
  const k3 = `k3:${randomBytes(32).toString('base64')}`;
  const flip = 'update secrets set sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) where id = $1';
  await sql.query(flip, [secretId]);
  const broken = command(['keys', 'rotate'], `${k3},${K2}`);
  expect(await broken.ended).toBe(1);
  expect(broken.output()).toContain('1 do not open.');
  expect(broken.output()).toMatch(new RegExp(`secrets\\.sealed, row ${secretId} does not open`));
  expect((await sealedWith())['k2']).toBe(1);
  await sql.query(flip, [secretId]);
  const mended = command(['keys', 'rotate'], `${k3},${K2}`);
  expect(await mended.ended).toBe(0);
  expect(Object.keys(await sealedWith())).toEqual(['k3']);
}, 60_000);

it.each([[['keys']], [['keys', 'forget']], [['keys', 'rotate', 'now']]])(
  'takes no other words than its own: %j',
  async (args) => {
    const { ended, output } = command(args);
    expect(await ended).toBe(2);
    expect(output()).toMatch(/^(Unknown command|Unexpected argument) '/);
  },
);
