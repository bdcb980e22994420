/** How Bellwire connects: the same guards on every connection, and pools that survive a lost server. */
import pg from 'pg';

import { describeError, type Logger } from '../log.ts';
import { NoConnectionError } from './connection-loss.ts';

/** What a connection is for; PostgreSQL shows it as application_name "bellwire <role>". */
export type ConnectionRole =
  | 'settings'
  | 'rights'
  | 'publishing'
  | 'engine'
  | 'reads'
  | 'streams'
  | 'health'
  | 'hints'
  | 'startup'
  | 'retention';

/** How long a connection attempt, or the wait for a free connection of a pool, may take. */
export const CONNECT_TIMEOUT_MS = 5_000;
/** The same for a look at how things stand, and how long that look may take: whoever asks has little patience. */
const HEALTH_CONNECT_MS = 1_000;
const HEALTH_STATEMENT_MS = 2_000;
/** A transaction left open holds back the log's horizon for everybody, so it is ended by the server. */
const IDLE_IN_TRANSACTION_MS = 60_000;
/** No statement of a running server is meant to take that long; a hung one must not hold its place for ever. */
const STATEMENT_TIMEOUT_MS = 60_000;

/**
 * The settings of node-postgres that every connection shares. Statements are short, so JIT and parallel workers only cost: to start
 * a worker for 5 ms of a search takes PostgreSQL more than those.
 */
export function connectionSettings(role: ConnectionRole, options = '') {
  const statementMs = role === 'health' ? HEALTH_STATEMENT_MS : STATEMENT_TIMEOUT_MS;
  return {
    application_name: `bellwire ${role}`,
    connectionTimeoutMillis: role === 'health' ? HEALTH_CONNECT_MS : CONNECT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    statement_timeout: statementMs,
    // The server ends a slow statement first; this one is for a network that swallows everything.
    query_timeout: role === 'health' ? statementMs + 500 : statementMs + 5_000,
    keepAlive: true,
    options: `-c jit=off -c max_parallel_workers_per_gather=0${options}`,
  };
}

/**
 * The engine reads by index alone. On a table that autovacuum has not analysed yet the planner prefers to
 * scan and sort all waiting rows for each claim: 27 ms instead of 1 ms with 5,000 of them waiting. And it plans each of
 * its statements once for a connection: to plan a claim anew, which arrays of another length ask for, takes 3.5 ms,
 * to carry it out 1.5.
 */
const ENGINE_OPTIONS =
  ' -c enable_seqscan=off -c enable_bitmapscan=off -c plan_cache_mode=force_generic_plan';
const BY_INDEX: ReadonlySet<ConnectionRole> = new Set(['engine', 'publishing']);

/** Makes a pool; it connects when first used. A lost connection is logged, and replaced at the next use. */
export function createPool(url: string, role: ConnectionRole, max: number, logger: Logger): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    idleTimeoutMillis: 60_000,
    ...connectionSettings(role, BY_INDEX.has(role) ? ENGINE_OPTIONS : ''),
  });
  guardPool(pool, role, logger);
  return pool;
}

/**
 * Keeps a lost connection from ending the process, whether the connection lay idle or was in use, and says of a
 * connection that could not be had what it is.
 */
export function guardPool(pool: pg.Pool, role: ConnectionRole, logger: Logger): void {
  nameRefusals(pool);
  pool.on('error', (error) => {
    // end() does not wait for its connections: a server that stops right after it may end them first.
    if (!pool.ending) logger.warn({ pool: role, ...describeLoss(error) }, 'database connection lost');
  });
  // While a connection is taken out the pool does not listen; who took it learns from its statement.
  pool.on('connect', (client) => client.on('error', () => undefined));
}

type Taken = Parameters<pg.Pool['connect']>[0];

/** Both ways to take a connection out; the pool's own query() takes them by the second. */
function nameRefusals(pool: pg.Pool): void {
  const promised = pool.connect.bind(pool) as () => Promise<pg.PoolClient>;
  const called = pool.connect.bind(pool) as (taken: Taken) => void;
  const connect = (taken?: Taken): Promise<pg.PoolClient> | void => {
    if (taken)
      return called((error, client, release) =>
        taken(error && new NoConnectionError(error), client, release),
      );
    return promised().catch((error: unknown) => {
      throw new NoConnectionError(error);
    });
  };
  pool.connect = connect as pg.Pool['connect'];
}

function describeLoss(error: unknown) {
  const { error: reason, code } = describeError(error);
  return { error: reason, code };
}
