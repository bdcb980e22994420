import pg from 'pg';

import { Hints } from '../../src/db/hints.ts';
import { createLogger } from '../../src/log.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { simpleQuery } from '../support/postgres-protocol.ts';

const logger = createLogger('silent');

describe('hints', () => {
  let database: TestDatabase;
  let sql: pg.Client;
  const open: Hints[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    sql = new pg.Client({ connectionString: database.url });
    await sql.connect();
  });

  afterEach(async () => {
    await Promise.all(open.splice(0).map((hints) => hints.close()));
  });

  afterAll(async () => {
    await sql.end();
    await database.drop();
  });

  async function startHints(options: { url?: string; probeMs?: number; probeTimeoutMs?: number } = {}) {
    const hints = new Hints({ url: database.url, logger, ...options });
    open.push(hints);
    await hints.start();
    return hints;
  }

  /** A listener, and the promise of its next call. */
  function listener() {
    let called = () => undefined as void;
    const calls = { count: 0 };
    const next = () => new Promise<void>((resolve) => (called = resolve));
    const listen = () => {
      calls.count += 1;
      called();
    };
    return { calls, next, listen };
  }

  /** The process id of the connection that listens; waits for it when it is not there yet. */
  async function listeningPid(): Promise<number> {
    for (;;) {
      const { rows } = await sql.query(
        `select pid from pg_stat_activity where datname = current_database() and application_name = 'bellwire hints'`,
      );
      if (rows[0]) return rows[0].pid;
    }
  }

  it('call the listeners of the notified channel, and only those, until they leave', async () => {
    const hints = await startHints();
    const [mine, other] = [listener(), listener()];
    const leave = hints.on('queue', mine.listen);
    await mine.next();
    hints.on('log', other.listen);
    await other.next();
    const called = mine.next();
    await sql.query('notify queue');
    await called;
    expect(other.calls.count).toBe(1);

    leave();
    const proof = other.next();
    await sql.query('notify queue');
    await sql.query('notify log');
    await proof;
    expect(mine.calls.count).toBe(2);
  });

  it('go on with the other listeners when one of them throws', async () => {
    const hints = await startHints();
    hints.on('queue', () => {
      throw new Error('a bug');
    });
    const fine = listener();
    hints.on('queue', fine.listen);
    await fine.next();
    const called = fine.next();
    await sql.query('notify queue');
    await called;
  });

  it('connect again after pg_terminate_backend, call every listener once for what was missed, and listen on', async () => {
    const hints = await startHints();
    const mine = listener();
    hints.on('queue', mine.listen);
    await mine.next();
    const reconnected = mine.next();
    await sql.query('select pg_terminate_backend($1)', [await listeningPid()]);
    await reconnected;
    const called = mine.next();
    await sql.query('notify queue');
    await called;
    expect(mine.calls.count).toBe(3);
  });

  it('notice a peer that swallows everything, and connect again', async () => {
    const proxy = await startFaultProxy(database.url);
    const hints = await startHints({ url: proxy.url, probeMs: 20, probeTimeoutMs: 100 });
    const mine = listener();
    hints.on('queue', mine.listen);
    await mine.next();
    const reconnected = mine.next();
    proxy.swallow();
    await reconnected;
    const called = mine.next();
    await sql.query('notify queue');
    await called;
    await hints.close();
    await proxy.close();
  });

  it('notice a session that does not listen any more, and renew that on the same connection', async () => {
    const proxy = await startFaultProxy(database.url);
    const hints = await startHints({ url: proxy.url, probeMs: 200, probeTimeoutMs: 20_000 });
    const mine = listener();
    hints.on('queue', mine.listen);
    await mine.next();
    const renewed = mine.next();
    // What a pooler between the two may do to the session.
    proxy.inject(simpleQuery('unlisten *'));
    await renewed;
    const called = mine.next();
    await sql.query('notify queue');
    await called;
    expect(proxy.connections).toBe(1);
    await hints.close();
    await proxy.close();
  });

  it('start while the server is away, and connect when it comes', async () => {
    const proxy = await startFaultProxy(database.url);
    const { port } = new URL(proxy.url);
    await proxy.close();
    const hints = await startHints({ url: proxy.url });
    const mine = listener();
    hints.on('queue', mine.listen);
    const connected = mine.next();
    const again = await startFaultProxy(database.url, { port: Number(port) });
    await connected;
    await hints.close();
    await again.close();
  });
});
