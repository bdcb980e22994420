/**
 * Keyset paging, the same for every list: a cursor holds the sort key and the id of its row, never
 * an offset (Relay Cursor Connections). In goes what the client asked for, out comes a checked
 * request; the rows that a query read (one more than asked) become a page.
 */
import { ok, problem, refused, type Result } from '../errors.ts';

/** The most rows of one page. */
export const MAX_PAGE = 100;
/** The rows of a page when nothing is said. */
export const DEFAULT_PAGE = 50;

/** Paging arguments as they come over the API. */
export interface PageArgs {
  first?: number | null;
  after?: string | null;
  last?: number | null;
  before?: string | null;
}

/** Which rows to read: limit + 1 of them, behind the key, in reverse order when backward. */
export interface PageRequest {
  limit: number;
  backward: boolean;
  key: (string | number | null)[] | null;
}

/** One page of rows in list order. */
export interface Page<T> {
  edges: { cursor: string; node: T }[];
  hasNextPage: boolean;
  hasPreviousPage: boolean;
}

/** A page, and the exact size of the whole list for those who ask. */
export interface CountedPage<T> extends Page<T> {
  count: () => Promise<number>;
}

/** Checks paging arguments; keyLength is the number of values in this list's cursors. */
export function readPage(args: PageArgs, keyLength = 1): Result<PageRequest> {
  const { first, after, last, before } = args;
  if (first != null && last != null)
    return refused(problem('INVALID', ['last'], 'Give first or last, not both.'));
  if (after != null && before != null)
    return refused(problem('INVALID', ['before'], 'Give after or before, not both.'));
  if (after != null && last != null)
    return refused(problem('INVALID', ['after'], 'last goes with before, first with after.'));
  if (before != null && first != null)
    return refused(problem('INVALID', ['before'], 'first goes with after, last with before.'));
  const backward = last != null || before != null;
  const limit = first ?? last ?? DEFAULT_PAGE;
  const name = last != null ? 'last' : 'first';
  if (limit < 0 || limit > MAX_PAGE)
    return refused(problem('INVALID', [name], `${name} must be from 0 to ${MAX_PAGE}, it is ${limit}.`));
  const cursor = after ?? before;
  if (cursor == null) return ok({ limit, backward, key: null });
  const key = decodeCursor(cursor);
  if (key?.length !== keyLength)
    return refused(
      problem(
        'INVALID',
        [after != null ? 'after' : 'before'],
        'This cursor is not from this list in this order.',
      ),
    );
  return ok({ limit, backward, key });
}

/** Makes a page of the rows read (at most limit + 1, in the direction of the request). */
export function toPage<T>(
  rows: T[],
  request: PageRequest,
  keyOf: (row: T) => (string | number | null)[],
): Page<T> {
  const more = rows.length > request.limit;
  const kept = rows.slice(0, request.limit);
  if (request.backward) kept.reverse();
  return {
    edges: kept.map((node) => ({ cursor: encodeCursor(keyOf(node)), node })),
    hasNextPage: request.backward ? request.key !== null : more,
    hasPreviousPage: request.backward ? more : request.key !== null,
  };
}

function encodeCursor(key: (string | number | null)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

function decodeCursor(cursor: string): (string | number | null)[] | undefined {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const valid =
      Array.isArray(key) &&
      key.every(
        (part) =>
          part === null || typeof part === 'number' || (typeof part === 'string' && !part.includes('\0')),
      );
    return valid ? (key as (string | number | null)[]) : undefined;
  } catch {
    return undefined;
  }
}
