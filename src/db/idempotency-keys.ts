/**
 * Idempotency keys of mutations: a login's key stands for one operation with one input for 24 hours.
 * The key is taken in the transaction of the work, so fifty calls at once wait for the first of them and
 * find what it made; a call that is refused or dies leaves no key.
 */
import { createHash } from 'node:crypto';

import stringify from 'safe-stable-stringify';

import { ok, type Problem, problem, refused, type Result } from '../errors.ts';
import type { Sql } from './sql.ts';

const KEPT_HOURS = 24;
const MAX_KEY = 200;
const FIELD = ['idempotencyKey'];

/** One use of a key. */
export interface KeyUse {
  loginId: string;
  key: string;
  operation: string;
  /** What is compared: made of the whole input, by inputFingerprint unless the input holds secrets. */
  fingerprint: Buffer;
  /** Whether a stored fingerprint is of the same input; equal bytes unless told otherwise. */
  matches?: (stored: Buffer) => boolean;
}

/** Whether a key is taken: the ids that came of its first use, or null when this use is the first. */
export type Taken = Result<string[] | null>;

/** The problem with the key itself, or null. */
export function checkKey(key: string): Problem | null {
  if (key === '') return problem('REQUIRED', FIELD, 'The idempotency key is empty; leave it out instead.');
  if (key.length > MAX_KEY)
    return problem('TOO_LONG', FIELD, `An idempotency key may have at most ${MAX_KEY} characters.`);
  if (key.includes('\0') || !key.isWellFormed())
    return problem('INVALID', FIELD, 'The idempotency key holds a character that cannot be stored.');
  return null;
}

/** What an input is compared by: the same for equal inputs, whatever the order of their keys. */
export function inputFingerprint(input: unknown): Buffer {
  return createHash('sha256').update(canonical(input)).digest();
}

/** An input as text, the same for equal inputs. */
export function canonical(input: unknown): string {
  return stringify(input) ?? 'null';
}

/** Looks a key up without taking it: for work that should not even be prepared twice. */
export async function findKey(sql: Sql, use: KeyUse): Promise<Taken> {
  const { rows } = await sql.query<{ operation: string; fingerprint: Buffer; result: string[] }>(
    `select operation, fingerprint, result from idempotency_keys
     where login_id = $1 and key = $2 and created_at >= clock_timestamp() - interval '${KEPT_HOURS} hours'`,
    [use.loginId, use.key],
  );
  const row = rows[0];
  if (row === undefined) return ok(null);
  const same = use.matches?.(row.fingerprint) ?? row.fingerprint.equals(use.fingerprint);
  if (row.operation === use.operation && same) return ok(row.result);
  return refused(problem('KEY_REUSED', FIELD, 'This key was used before with another input.'));
}

/**
 * Takes a key in the transaction of sql, for work whose results are named by result. Waits for an
 * earlier use that has not come to its end. Null: the caller does the work now.
 */
export async function takeKey(sql: Sql, use: KeyUse, result: string[]): Promise<Taken> {
  await sql.query(
    `delete from idempotency_keys
     where login_id = $1 and key = $2 and created_at < clock_timestamp() - interval '${KEPT_HOURS} hours'`,
    [use.loginId, use.key],
  );
  const { rowCount } = await sql.query(
    `insert into idempotency_keys (login_id, key, operation, fingerprint, result)
     values ($1, $2, $3, $4, $5) on conflict (login_id, key) do nothing`,
    [use.loginId, use.key, use.operation, use.fingerprint, result],
  );
  return rowCount === 1 ? ok(null) : findKey(sql, use);
}

/** Forgets keys older than 24 hours; returns how many. */
export async function forgetIdempotencyKeys(sql: Sql): Promise<number> {
  const { rowCount } = await sql.query(
    `delete from idempotency_keys where created_at < clock_timestamp() - interval '${KEPT_HOURS} hours'`,
  );
  return rowCount ?? 0;
}
