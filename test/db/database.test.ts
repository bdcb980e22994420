import pg from 'pg';

import { createDataSource } from '../../ormconfig.ts';
import { loadConfig } from '../../src/config.ts';
import { refuseUnfit } from '../../src/db/check-server.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { partitionsAhead } from '../../src/db/partitions.ts';
import { sqlOf, transaction } from '../../src/db/sql.ts';
import { StartupError } from '../../src/errors.ts';
import { createLogger } from '../../src/log.ts';
import {
  createEmptyDatabase,
  createTestDatabase,
  onServer,
  type TestDatabase,
  withDatabase,
} from '../support/postgres.ts';

const logger = createLogger('silent');
const MIGRATIONS = [
  'CreateAccessAndCatalog1764000000000',
  'CreateWebhooks1764000000001',
  'CreateEventsAndDeliveries1764000000002',
  'CreateDraftsAndLogs1764000000003',
  'IndexWebhooks1764000000004',
  'IndexSwitches1764000000005',
  'CreateSessions1764000000006',
  'AddEndpointPolicy1764000000007',
  'KeepHistory1764000000008',
  'AddOwnChanges1764000000009',
  'AddFormatsAndSigning1764000000010',
  'AddAuthentication1764000000011',
  'AddMailboxes1764000000012',
  'LeaseMails1764000000013',
  'AddFeed1764000000014',
  'AddIdentities1764000000015',
  'AddReplays1764000000016',
  'AddStats1764000000017',
  'IndexHistory1764000000018',
  'LeaveRoomInQueue1764000000019',
  'NoteGaps1764000000020',
  'CountReplayedAsOpen1764000000021',
  'IndexDeliveriesOfAccounts1764000000022',
  'OrderWebhooksOfAccounts1764000000023',
  'IndexOpenDeliveriesByCode1764000000024',
  'IndexTestDeliveries1764000000025',
  'IndexKindsOfEvents1764000000026',
  'NoteSubjectsOfDeliveries1764000000027',
];

function open(url: string): Promise<Database> {
  return openDatabase(createDataSource(url), { url, logger, keep: loadConfig({}) });
}

/** The sentence of the StartupError that opening this address ends with. */
async function refusal(url: string): Promise<string> {
  const outcome = await open(url).catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(StartupError);
  return (outcome as StartupError).message;
}

describe('opening a database', () => {
  const databases: TestDatabase[] = [];

  async function keep(made: Promise<TestDatabase>): Promise<TestDatabase> {
    databases.push(await made);
    return databases.at(-1)!;
  }

  afterAll(async () => {
    await Promise.all(databases.map((database) => database.drop()));
  });

  it('migrates an empty one once, when three servers open it at the same moment', async () => {
    const { url } = await keep(createEmptyDatabase());
    const opened = await Promise.all([open(url), open(url), open(url)]);
    const { rows } = await opened[0].engine.query('select name from migrations order by id');
    expect(rows.map(({ name }) => name)).toEqual(MIGRATIONS);
    expect(await partitionsAhead(opened[1].engine, Date.now())).toBe(true);
    await Promise.all(opened.map((database) => database.close()));
  });

  it('leaves an empty one empty when a migration fails, and says so', async () => {
    const { url } = await keep(createEmptyDatabase());
    await withClient(url, (sql) => sql.query('create table events (id int)'));
    expect(await refusal(url)).toMatch(
      /could not be migrated, and is as it was: relation "events" already exists/,
    );
    const tables = await withClient(url, (sql) =>
      sql.query(`select from pg_tables where tablename = 'logins'`),
    );
    expect(tables.rowCount).toBe(0);
  });

  it('goes the way back and forth again with the migrations of the TypeORM CLI', async () => {
    const { url } = await keep(createEmptyDatabase());
    const dataSource = await createDataSource(url).initialize();
    await dataSource.runMigrations();
    for (const _ of MIGRATIONS) await dataSource.undoLastMigration();
    const { rows } = await withClient(url, (sql) =>
      sql.query(`select from pg_tables where tablename = 'logins'`),
    );
    expect(rows).toHaveLength(0);
    expect(await dataSource.runMigrations()).toHaveLength(MIGRATIONS.length);
    await dataSource.destroy();
  });

  it('refuses one that a newer program migrated', async () => {
    const { url } = await keep(createTestDatabase());
    await withClient(url, (sql) =>
      sql.query(
        `insert into migrations (timestamp, name) values (9999999999999, 'AddTimeTravel9999999999999')`,
      ),
    );
    expect(await refusal(url)).toMatch(
      /is newer than this program: it has the migration AddTimeTravel9999999999999/,
    );
  });

  it('refuses one that takes no writes', async () => {
    const { url } = await keep(createTestDatabase());
    const name = new URL(url).pathname.slice(1);
    await onServer((sql) => sql.query(`alter database ${name} set default_transaction_read_only = on`));
    expect(await refusal(url)).toMatch(/is read-only/);
  });

  it('refuses standbys and servers before PostgreSQL 15', () => {
    const fit = { versionNum: 150_000, version: '15.0', readOnly: false, inRecovery: false };
    expect(() => refuseUnfit(fit, 'This server')).not.toThrow();
    expect(() => refuseUnfit({ ...fit, inRecovery: true, readOnly: true }, 'This server')).toThrow(
      /is a standby/,
    );
    expect(() => refuseUnfit({ ...fit, versionNum: 140_012, version: '14.12' }, 'This server')).toThrow(
      'This server is version 14.12; Bellwire needs PostgreSQL 15 or newer.',
    );
  });

  it('says in one sentence why it cannot be reached, without the password', async () => {
    const { url } = await keep(createTestDatabase());
    const closed = new URL(url);
    closed.port = '1';
    expect(await refusal(closed.href)).toMatch(/127\.0\.0\.1:1, .*cannot be reached: nothing listens there/);
    expect(await refusal('postgres://me:pa55word@no-such-host.invalid/db')).toMatch(/host name/);
    expect(await refusal(withDatabase(url, 'no_such_database'))).toMatch(/there is no such database/);

    const wrong = new URL(url);
    wrong.username = 'nobody_of_this_name';
    wrong.password = 'correct%20horse';
    const message = await refusal(wrong.href);
    expect(message).toMatch(/refused the user name or the password|does not let this user in/);
    for (const text of [message, await refusal('postgres://me:correct%20horse@[broken/db')])
      expect(text).not.toMatch(/correct|horse/);
  });
});

describe('an open database', () => {
  let clone: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    clone = await createTestDatabase();
    database = await open(clone.url);
    await database.engine.query('create table things (name text primary key)');
  });

  afterAll(async () => {
    await database.close();
    await clone.drop();
  });

  it('guards every connection against transactions left open and statements without end', async () => {
    const ask = `select current_setting('application_name') as name, current_setting('jit') as jit,
      current_setting('idle_in_transaction_session_timeout') as idle, current_setting('statement_timeout') as statement`;
    for (const [role, rows] of [
      ['settings', await database.orm.query(ask)],
      ['engine', (await database.engine.query(ask)).rows],
      ['streams', (await database.streams.query(ask)).rows],
    ])
      expect(rows).toEqual([{ name: `bellwire ${role}`, jit: 'off', idle: '1min', statement: '1min' }]);
  });

  it('survives the loss of all connections, also of those that are taken out and idle', async () => {
    const heard = new Promise<void>((resolve) => {
      let calls = 0;
      // The first call tells that the connection listens, the second that it was lost and is back.
      database.hints.on('test', () => (calls += 1) === 2 && resolve());
    });
    const taken = await database.engine.connect();
    await database.orm.query('select 1');
    const ended = new Promise((resolve) => taken.once('end', resolve));
    await onServer((sql) =>
      sql.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
        new URL(clone.url).pathname.slice(1),
      ]),
    );
    await ended;
    taken.release(true);
    await heard;
    await expect(database.engine.query('select 1')).resolves.toBeDefined();
    await expect(database.orm.query('select 1')).resolves.toBeDefined();
  });

  it('commits a transaction whose work ends well, and rolls back one whose work throws', async () => {
    const result = await transaction(database.engine, async (sql) => {
      await sql.query(`insert into things values ('kept')`);
      return 'done';
    });
    expect(result).toBe('done');
    const failing = transaction(database.engine, async (sql) => {
      await sql.query(`insert into things values ('lost')`);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    const { rows } = await database.engine.query('select name from things');
    expect(rows).toEqual([{ name: 'kept' }]);
  });

  it('does not take a transaction for committed in which an error was swallowed', async () => {
    const swallowing = transaction(database.engine, async (sql) => {
      await sql.query('select 1 / 0').catch(() => undefined);
    });
    await expect(swallowing).rejects.toThrow(/rolled back/);
  });

  it('lets raw SQL take part in a transaction of TypeORM', async () => {
    const failing = database.orm.transaction(async (manager) => {
      const sql = await sqlOf(manager);
      await sql.query(`insert into things values ('with entities')`);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    const { rowCount } = await database.engine.query(`select from things where name = 'with entities'`);
    expect(rowCount).toBe(0);
  });
});

async function withClient<T>(url: string, work: (sql: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
