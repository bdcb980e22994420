/** Open pages of the saved table stay true: what comes, changes and goes is told to those who see it. */
import { newId } from '../../src/ids.ts';
import { Api, Stream } from '../support/api.ts';
import { holdLock } from '../support/lock-holder.ts';
import { createPerson, createTeam, type Person } from '../support/people.ts';
import { createWebhook, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const WATCH = 'subscription { webhookChanges { kind id webhook { name status version } } }';
const UPDATE = `mutation ($id: ID!, $input: WebhookInput!) {
  webhookUpdate(id: $id, input: $input) { errors { code field message } webhook { version } } }`;
const KEYS = { BELLWIRE_ENCRYPTION_KEYS: `shared:${Buffer.alloc(32, 7).toString('base64')}` };

let server: TestServer;
/** Another server on the same database: changes made on the one are told by the other. */
let other: TestServer;
let x: Person;
let y: Person;
const open: Stream[] = [];

beforeAll(async () => {
  server = await startServer(KEYS);
  other = await startServer({ ...KEYS, DATABASE_URL: server.database.url });
  await registerResource(server.api);
  const permissions = ['WEBHOOKS_MANAGE' as const];
  x = await createPerson(server, { name: 'Branch X', isAccount: true, permissions });
  y = await createPerson(server, { name: 'Branch Y', isAccount: true, permissions });
});

afterEach(async () => {
  for (const stream of open.splice(0)) await stream.close();
});

afterAll(async () => {
  await other?.stop();
  await server?.stop();
});

/** Opens a page; resolves when it surely listens: a webhook that comes then is told. */
async function openPage(person: Pick<Person, 'api'>, document = WATCH): Promise<Stream> {
  const stream = person.api.subscribe(document);
  open.push(stream);
  for (let probe = 0; stream.received.length === 0; probe++) {
    const { id } = await createWebhook(person.api, 'http://127.0.0.1:9999/', {
      details: { name: `Probe ${probe}` },
    });
    await stream.until((changes) => changes.some((change) => change.id === id), 500).catch(() => undefined);
  }
  return stream;
}

const kindsOf = (stream: Stream, id: string): string[] =>
  stream.received.filter((change) => change.id === id).map((change) => change.kind);
const heard = (stream: Stream, id: string, kind: string) =>
  stream.until((changes) => changes.find((change) => change.id === id && change.kind === kind));

describe('an open page', () => {
  it('is told what comes after its socket was connected, however late the subscription is taken up', async () => {
    const client = x.api.socket();
    const connected = new Promise<void>((resolve) => client.on('connected', () => resolve()));
    const page = new Stream(client, WATCH, {});
    open.push(page);
    await connected;
    // The streams' connections are busy: the subscription does not listen yet, and nothing says so.
    const { streams } = server.app.db;
    const busy = await Promise.all(Array.from({ length: 4 }, () => streams.connect()));
    const missed = await createWebhook(x.api, 'http://127.0.0.1:9999/');
    for (const connection of busy) connection.release();
    expect(await heard(page, missed.id, 'CREATED')).toBeDefined();
  });

  it('is told of a webhook that comes, changes, is switched and goes, by whichever server', async () => {
    const page = await openPage(x);
    const webhook = await createWebhook(x.api, 'http://127.0.0.1:9999/', { details: { name: 'Orders' } });
    expect(await heard(page, webhook.id, 'CREATED')).toMatchObject({
      webhook: { name: 'Orders', status: 'ENABLED', version: 1 },
    });
    const api = new Api(other.api.url, x.api.token);
    await api.mutate(UPDATE, { id: webhook.id, input: { details: { name: 'Payments' } } });
    await page.until((changes) => changes.some((change) => change.webhook?.name === 'Payments'));
    await api.mutate('mutation ($id: ID!) { webhookDisable(id: $id) { errors { code } } }', {
      id: webhook.id,
    });
    await page.until((changes) =>
      changes.some((change) => change.id === webhook.id && change.webhook?.status === 'DISABLED'),
    );
    await api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', {
      id: webhook.id,
    });
    expect(await heard(page, webhook.id, 'DELETED')).toEqual({
      kind: 'DELETED',
      id: webhook.id,
      webhook: null,
    });
    expect(kindsOf(page, webhook.id).at(-1)).toBe('DELETED');
  });

  it('of a branch hears nothing of another branch; the one above hears of both', async () => {
    const [pageOfX, pageOfRoot] = [await openPage(x), await openPage(server)];
    const foreign = await createWebhook(y.api, 'http://127.0.0.1:9999/');
    await heard(pageOfRoot, foreign.id, 'CREATED');
    // The proof: what comes behind it is told to X.
    const own = await createWebhook(x.api, 'http://127.0.0.1:9999/');
    await heard(pageOfX, own.id, 'CREATED');
    await heard(pageOfRoot, own.id, 'CREATED');
    expect(kindsOf(pageOfX, foreign.id)).toEqual([]);
  });

  it.each([
    ['who manages nothing', {}],
    ['who manages another account', { isAccount: true, permissions: ['WEBHOOKS_MANAGE' as const] }],
  ])('of a team’s member %s sees a webhook come with the team and go with it', async (_, rights) => {
    const member = await createPerson(server, { name: 'Member', ...rights });
    const team = await createTeam(server, 'Readers', [member.id]);
    const webhook = await createWebhook(server.api, 'http://127.0.0.1:9999/', {
      details: { name: 'Shared' },
    });
    const client = member.api.socket();
    const connected = new Promise<void>((resolve) => client.on('connected', () => resolve()));
    const page = new Stream(client, WATCH, {});
    open.push(page);
    await connected;
    const assign = (teamId: string | null) =>
      server.api.mutate(UPDATE, { id: webhook.id, input: { details: { teamId } } });
    await assign(team);
    expect(await page.until((changes) => changes[0])).toMatchObject({
      kind: 'CREATED',
      webhook: { name: 'Shared' },
    });
    await server.api.mutate(UPDATE, { id: webhook.id, input: { details: { name: 'Renamed' } } });
    await page.until((changes) =>
      changes.some((change) => change.kind === 'UPDATED' && change.webhook.name === 'Renamed'),
    );
    await assign(null);
    expect(await heard(page, webhook.id, 'DELETED')).toMatchObject({ webhook: null });
  });

  it('is closed with 4403 when its reader loses a right, and tells nothing of what came behind that', async () => {
    const reader = await createPerson(server, { name: 'Reader', permissions: ['WEBHOOKS_MANAGE'] });
    const page = await openPage(reader);
    await server.api.mutate(
      `mutation ($id: ID!) { loginUpdate(id: $id, input: { permissions: [] }) { errors { code } } }`,
      { id: reader.id },
    );
    const { id } = await createWebhook(server.api, 'http://127.0.0.1:9999/');
    expect(await page.end()).toMatchObject({ code: 4403 });
    expect(kindsOf(page, id)).toEqual([]);
  });

  it('is refused to who may read no webhook', async () => {
    const nobody = await createPerson(server, { name: 'Nobody' });
    const page = nobody.api.subscribe(WATCH);
    open.push(page);
    expect(await page.end()).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });
});

describe('an open page of a server that hardly looks by itself', () => {
  let slow: TestServer;
  let rootId: string;

  beforeAll(async () => {
    slow = await startServer({ BELLWIRE_POLL_INTERVAL: '60s', BELLWIRE_LOG_LEVEL: 'silent' });
    await registerResource(slow.api);
    rootId = (await slow.api.run('{ viewer { id } }')).id;
  });
  afterAll(() => slow?.stop());

  const disable = (id: string) =>
    slow.api.mutate('mutation ($id: ID!) { webhookDisable(id: $id) { errors { code } } }', { id });

  /** Resolves once a page has looked for changes after now; while some are held back it looks all the time. */
  async function looked(): Promise<void> {
    const { engine } = slow.app.db;
    const { rows } = await engine.query<{ now: string }>('select clock_timestamp()::text as now');
    for (let found = 0; found === 0;) {
      const since = await engine.query<{ count: number }>(
        `select count(*)::int as count, pg_sleep(0.005) from pg_stat_activity
         where datname = current_database() and query like '%from webhook_changes c%'
           and state = 'idle' and query_start > $1::timestamptz`,
        [rows[0]!.now],
      );
      found = since.rows[0]!.count;
    }
  }

  /** Resolves once one transaction alone, in the whole cluster, keeps the changes so far from being read. */
  async function onlyOneOlder(): Promise<void> {
    for (let running = 0; running !== 1;) {
      const { rows } = await slow.app.db.engine.query<{ count: number }>(
        `select count(*)::int as count, pg_sleep(0.005) from pg_snapshot_xip(pg_current_snapshot()) older
         where older < (select xid from webhook_changes order by xid desc limit 1)`,
      );
      running = rows[0]!.count;
    }
  }

  it('hears of each change once, also of one whose transaction ends after those of later ones', async () => {
    const page = await openPage(slow);
    const first = await createWebhook(slow.api, 'http://127.0.0.1:9999/');
    const second = await createWebhook(slow.api, 'http://127.0.0.1:9999/');
    await heard(page, second.id, 'CREATED');
    // The update has noted its change and waits; the later one is through.
    const routes = await holdLock(slow.database, 'lock table trigger_routes in exclusive mode');
    const update = slow.api.mutate(UPDATE, { id: first.id, input: { details: { name: 'Slow' } } });
    await routes.waiting(1);
    await disable(second.id);
    await looked();
    await routes.letGo();
    await update;
    expect(await heard(page, first.id, 'UPDATED')).toMatchObject({ webhook: { name: 'Slow', version: 2 } });
    expect(await heard(page, second.id, 'UPDATED')).toMatchObject({ webhook: { status: 'DISABLED' } });
    const { id } = await createWebhook(slow.api, 'http://127.0.0.1:9999/');
    await heard(page, id, 'CREATED');
    for (const one of [first, second]) expect(kindsOf(page, one.id)).toEqual(['CREATED', 'UPDATED']);
  });

  it('hears of a change as soon as an older transaction ends, which has nothing to tell itself', async () => {
    const page = await openPage(slow);
    const webhook = await createWebhook(slow.api, 'http://127.0.0.1:9999/');
    await heard(page, webhook.id, 'CREATED');
    const older = await holdLock(slow.database, 'select pg_current_xact_id()');
    await disable(webhook.id);
    await looked();
    expect(kindsOf(page, webhook.id)).toEqual(['CREATED']);
    await older.letGo();
    await heard(page, webhook.id, 'UPDATED');
  });

  it('is told at once what became of each webhook since it looked, in the order of the last changes', async () => {
    const page = await openPage(slow);
    const create = async () => (await createWebhook(slow.api, 'http://127.0.0.1:9999/')).id;
    const [first, second] = [await create(), await create()];
    await heard(page, second, 'CREATED');
    const before = page.received.length;
    const older = await holdLock(slow.database, 'select pg_current_xact_id()');
    await disable(second);
    const [fresh, short] = [await create(), await create()];
    await disable(fresh);
    await slow.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', {
      id: short,
    });
    await disable(first);
    await onlyOneOlder();
    await older.letGo();
    await heard(page, first, 'UPDATED');
    // What came and changed has come; what came and went never was there.
    expect(page.received.slice(before).map(({ kind, id }) => [kind, id])).toEqual([
      ['UPDATED', second],
      ['CREATED', fresh],
      ['UPDATED', first],
    ]);
  });

  it('hears once of each of 600 webhooks that one change touches', async () => {
    const creator = await createPerson(slow, { name: 'Many' });
    const ids = Array.from({ length: 600 }, () => newId('webhook'));
    await slow.app.db.engine.query(
      `insert into webhooks (id, account_id, login_id, name, description)
       select id, $2, $3, 'One of many', '' from unnest($1::text[]) id`,
      [ids, rootId, creator.id],
    );
    const page = await openPage(slow, 'subscription { webhookChanges { kind id } }');
    const { id: proof } = await createWebhook(slow.api, 'http://127.0.0.1:9999/');
    await slow.api.mutate(
      'mutation ($id: ID!) { loginUpdate(id: $id, input: { name: "Renamed" }) { errors { code } } }',
      { id: creator.id },
    );
    const told = () => page.received.filter((change) => change.kind === 'UPDATED');
    await page.until(() => told().length >= ids.length);
    await disable(proof);
    await heard(page, proof, 'UPDATED');
    expect(
      told()
        .map((change) => change.id)
        .sort(),
    ).toEqual([...ids, proof].sort());
  });

  it('asks the database for nothing any more once it is closed', async () => {
    const page = await openPage(slow);
    const lastLook = async () => {
      const { rows } = await slow.app.db.engine.query<{ at: string }>(
        `select max(query_start)::text as at from pg_stat_activity
         where datname = current_database() and query like '%from webhook_changes c%' and pid <> pg_backend_pid()`,
      );
      return rows[0]!.at;
    };
    const before = await lastLook();
    const { id } = await createWebhook(slow.api, 'http://127.0.0.1:9999/');
    await heard(page, id, 'CREATED');
    expect(await lastLook()).not.toBe(before);
    await page.close();
    // The server notices that in its own time; a page that it forgot would look again and again.
    for (let last = ''; last !== (await lastLook());) {
      last = await lastLook();
      for (let call = 0; call < 5; call++) await slow.api.run('{ viewer { id } }');
    }
  });

  it('ends with an error when its server is wrong about the table, instead of asking for ever', async () => {
    const page = await openPage(slow);
    const { engine } = slow.app.db;
    await engine.query('alter table webhook_changes rename column seen_by to seen');
    try {
      await engine.query(`select pg_notify('bellwire_changes', '')`);
      expect(await page.end()).toMatchObject([{ message: expect.any(String) }]);
    } finally {
      await engine.query('alter table webhook_changes rename column seen to seen_by');
    }
  });
});
