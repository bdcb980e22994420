/** How Bellwire connects: the same guards on every connection, and pools that survive a lost server. */
import pg from 'pg';

import { describeError, type Logger } from '../log.ts';

/** What a connection is for; PostgreSQL shows it as application_name "bellwire <role>". */
export type ConnectionRole =
  'settings' | 'rights' | 'engine' | 'reads' | 'streams' | 'hints' | 'startup' | 'retention';

/** How long a connection attempt, or the wait for a free connection of a pool, may take. */
const CONNECT_TIMEOUT_MS = 5_000;
/** A transaction left open holds back the log's horizon for everybody, so it is ended by the server. */
const IDLE_IN_TRANSACTION_MS = 60_000;
/** No statement of a running server is meant to take that long; a hung one must not hold its place for ever. */
const STATEMENT_TIMEOUT_MS = 60_000;

/** The settings of node-postgres that every connection shares. Statements are short, so JIT only costs. */
export function connectionSettings(role: ConnectionRole, options = '') {
  return {
    application_name: `bellwire ${role}`,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    // The server ends a slow statement first; this one is for a network that swallows everything.
    query_timeout: STATEMENT_TIMEOUT_MS + 5_000,
    keepAlive: true,
    options: `-c jit=off${options}`,
  };
}

/**
 * The engine reads by index alone. On a table that autovacuum has not analysed yet the planner prefers to
 * scan and sort all waiting rows for each claim: 27 ms instead of 1 ms with 5,000 of them waiting.
 */
const ENGINE_OPTIONS = ' -c enable_seqscan=off -c enable_bitmapscan=off';

/** Makes a pool; it connects when first used. A lost connection is logged, and replaced at the next use. */
export function createPool(url: string, role: ConnectionRole, max: number, logger: Logger): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    idleTimeoutMillis: 60_000,
    ...connectionSettings(role, role === 'engine' ? ENGINE_OPTIONS : ''),
  });
  guardPool(pool, role, logger);
  return pool;
}

/** Keeps a lost connection from ending the process, whether the connection lay idle or was in use. */
export function guardPool(pool: pg.Pool, role: ConnectionRole, logger: Logger): void {
  pool.on('error', (error) => {
    // end() does not wait for its connections: a server that stops right after it may end them first.
    if (!pool.ending) logger.warn({ pool: role, ...describeLoss(error) }, 'database connection lost');
  });
  // While a connection is taken out the pool does not listen; who took it learns from its statement.
  pool.on('connect', (client) => client.on('error', () => undefined));
}

function describeLoss(error: unknown) {
  const { error: reason, code } = describeError(error);
  return { error: reason, code };
}
