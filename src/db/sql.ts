/**
 * Raw SQL for the hot path: the smallest interface that a pool, a client and a TypeORM transaction
 * share, transactions on a pool, and what a fragment (fragment.ts) looks like.
 */
import { createHash } from 'node:crypto';

import type pg from 'pg';
import type { QueryResultRow } from 'pg';
import type { EntityManager } from 'typeorm';

import type { Result } from '../errors.ts';

/**
 * A statement of the hot path under a name of its own: each connection parses it once. Parsing and
 * planning took 2 of the 3 ms of a claim, and nearly as much of a publish.
 */
export interface Statement {
  name: string;
  text: string;
}

/** Runs one statement; pg.Pool and pg.PoolClient fit. Values are bound, never pasted in. */
export interface Sql {
  // Rows come from the database unchecked; naming their type is the caller's word for it.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  query<R extends QueryResultRow = any>(
    statement: string | Statement,
    values?: unknown[],
  ): Promise<{ rows: R[]; rowCount: number | null }>;
}

/** Runs one statement and answers its rows: a data source, or the manager of a transaction. */
export type Reader = Pick<EntityManager, 'query'>;

/** A pool, or a client, as a Reader. */
export function readerOf(sql: Sql): Reader {
  return {
    query: async <T>(text: string, values?: unknown[]) => (await sql.query(text, values)).rows as T,
  };
}

/**
 * The same for a few texts that never change and are asked for with every request, such as who calls: each connection parses
 * and plans each of them once, instead of each time. Named by what they say, so that all readers of a pool mean the same.
 */
export function preparedReaderOf(sql: Sql): Reader {
  const names = new Map<string, string>();
  const nameOf = (text: string): string => {
    let name = names.get(text);
    if (name === undefined)
      names.set(text, (name = `read_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`));
    return name;
  };
  return {
    query: async <T>(text: string, values?: unknown[]) =>
      (await sql.query({ name: nameOf(text), text }, values)).rows as T,
  };
}

/** A piece of SQL with values: add() registers one and returns its "$n"; the result is SQL text. */
export type SqlFragment = (add: (value: unknown) => string) => string;

/** The connection of a running TypeORM transaction, so that raw SQL takes part in it. */
export async function sqlOf(manager: EntityManager): Promise<Sql> {
  if (!manager.queryRunner) throw new Error('sqlOf wants the manager of a transaction');
  return (await manager.queryRunner.connect()) as pg.PoolClient;
}

/**
 * Runs work between BEGIN and COMMIT on one connection and returns its result; ROLLBACK when it
 * throws, and the error goes on. A connection that cannot even roll back is not used again.
 */
export async function transaction<T>(pool: pg.Pool, work: (sql: Sql) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    const { command } = await client.query('commit');
    // PostgreSQL answers COMMIT with ROLLBACK when a statement failed and its error was swallowed.
    if (command !== 'COMMIT') throw new Error('the transaction was rolled back by an earlier error in it');
    return result;
  } catch (error) {
    await client.query('rollback').catch((reason: Error) => {
      broken = reason;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** The same for work that may be refused: a refusal rolls back what was done before it, and is returned. */
export async function transactionOfResult<T>(
  pool: pg.Pool,
  work: (sql: Sql) => Promise<Result<T>>,
): Promise<Result<T>> {
  let refusal: Result<T> | undefined;
  try {
    return await transaction(pool, async (sql) => {
      const result = await work(sql);
      if (result.ok) return result;
      refusal = result;
      throw new Error('refused');
    });
  } catch (error) {
    if (refusal) return refusal;
    throw error;
  }
}

/**
 * The same inside a transaction that somebody else has begun and will end: a refusal or an error undoes
 * what work did, and nothing else. Outside of a transaction PostgreSQL refuses it (25P01).
 */
export async function savepointOfResult<T>(sql: Sql, work: () => Promise<Result<T>>): Promise<Result<T>> {
  await sql.query('savepoint bellwire');
  try {
    const result = await work();
    if (!result.ok) await sql.query('rollback to savepoint bellwire');
    await sql.query('release savepoint bellwire');
    return result;
  } catch (error) {
    // Where even that fails the connection is gone, and all of the transaction with it.
    await sql.query('rollback to savepoint bellwire').catch(() => undefined);
    throw error;
  }
}
