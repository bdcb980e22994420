/**
 * Search in texts that people typed, without regard to case: anywhere in them where the database has
 * the trigram indexes of migrations/1764000000004, at their beginning where it has not.
 */
import type { DataSource } from 'typeorm';

import { type Problem, problem } from '../errors.ts';
import type { SqlFragment } from './sql.ts';

/** The longest text to search for, in characters. */
const MAX_SEARCH = 200;

/** One search, ready for SQL. */
export interface TextSearch {
  /** For `lower(column) like lower(pattern)`; what stands for itself in it is escaped. */
  pattern: string;
  /** False where only the beginning of a text is compared. */
  anywhere: boolean;
  /** What was searched for, where it is too short for trigrams and compared anywhere: see foundShort. */
  short: string | null;
  /** The number that was searched for, if it is one that a column of type int can hold. */
  number: number | null;
}

/** What a client searches for, without the spaces around it; null when that is nothing. Problems are added. */
export function readSearch(
  search: string | null | undefined,
  field: string[],
  problems: Problem[],
): string | null {
  if (search?.includes('\0'))
    problems.push(problem('INVALID', field, 'A search must not hold the character NUL.'));
  if (search && search.length > MAX_SEARCH)
    problems.push(problem('TOO_LONG', field, `A search may have at most ${MAX_SEARCH} characters.`));
  return search?.trim() || null;
}

/** A search as this database can do it. */
export async function textSearch(orm: DataSource, search: string): Promise<TextSearch> {
  const anywhere = await hasTrigrams(orm);
  const escaped = search.replace(/[\\%_]/g, '\\$&');
  const number = /^[1-9]\d{0,9}$/.test(search) ? Number(search) : Infinity;
  return {
    pattern: anywhere ? `%${escaped}%` : `${escaped}%`,
    anywhere,
    short: anywhere && [...search].length <= 2 ? search : null,
    number: number < 2 ** 31 ? number : null,
  };
}

/** True where a text holds a short search, by the index of its pieces (migrations/1764000000018): never to be asked row by row. */
export function foundShort(column: string, short: string): SqlFragment {
  return (add) => `short_pieces(lower(${column})) @> array[lower(${add(short)}::text)]`;
}

/** Looked up once: the indexes are made by a migration, which ends before the first search. */
const known = new WeakMap<DataSource, Promise<boolean>>();

function hasTrigrams(orm: DataSource): Promise<boolean> {
  const found = known.get(orm) ?? lookForTrigrams(orm);
  known.set(orm, found);
  // A database that was away must not be taken for one without them.
  found.catch(() => known.delete(orm));
  return found;
}

async function lookForTrigrams(orm: DataSource): Promise<boolean> {
  const rows = await orm.query<{ there: boolean }[]>(
    `select to_regclass('webhooks_trigrams') is not null as there`,
  );
  return rows[0]!.there;
}
