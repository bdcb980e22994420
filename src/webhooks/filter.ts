/** The filter of the saved table: fields are ANDed, values of a list ORed. */
import type { DataSource } from 'typeorm';

import type { SqlFragment } from '../db/sql.ts';
import { readSearch, textSearch } from '../db/text-search.ts';
import { ok, type Problem, problem, refused, type Result } from '../errors.ts';
import { hasStatus, type WebhookStatus } from './status.ts';

/** Which webhooks to list; what is left out, or an empty list, does not narrow. */
export interface WebhookFilter {
  /** Matches name, description, creator, team or number. */
  search?: string | null;
  status?: WebhookStatus[] | null;
  loginId?: string | null;
  forLoginId?: string | null;
  teamId?: string | null;
  /** Has a trigger on this resource. */
  resource?: string | null;
  /** Half-open: [from, to). */
  createdAt?: { from?: Date | null; to?: Date | null } | null;
}

/** A filter over webhooks w, checked. */
export interface CheckedFilter {
  search: string | null;
  /** Everything else. */
  conditions: SqlFragment[];
}

/** Checks a filter. */
export function readFilter(filter: WebhookFilter): Result<CheckedFilter> {
  const { search, status, createdAt, ...exact } = filter;
  const problems: Problem[] = [];
  const wanted = readSearch(search, ['filter', 'search'], problems);
  for (const [name, value] of Object.entries(exact)) {
    if (value?.includes('\0'))
      problems.push(problem('INVALID', ['filter', name], 'A filter must not hold the character NUL.'));
  }
  const conditions: SqlFragment[] = [];
  for (const [value, column] of [
    [exact.loginId, 'w.login_id'],
    [exact.forLoginId, 'w.for_login_id'],
    [exact.teamId, 'w.team_id'],
  ] as const) {
    if (value != null) conditions.push((add) => `${column} = ${add(value)}`);
  }
  if (exact.resource != null)
    conditions.push(
      (add) =>
        `exists (select 1 from triggers t where t.webhook_id = w.id and t.resource = ${add(exact.resource)})`,
    );
  if (status?.length) conditions.push(() => hasStatus(status));
  if (createdAt?.from) conditions.push((add) => `w.created_at >= ${add(createdAt.from)}::timestamptz`);
  if (createdAt?.to) conditions.push((add) => `w.created_at < ${add(createdAt.to)}::timestamptz`);
  if (problems.length > 0) return refused(...problems);
  return ok({ search: wanted, conditions });
}

/**
 * True for webhooks w that a search finds. Who made them and which teams they watch is looked up here,
 * so that the planner knows how many those are instead of guessing.
 */
export async function searchFor(orm: DataSource, search: string): Promise<SqlFragment> {
  const { pattern, anywhere, number } = await textSearch(orm, search);
  const rows = await orm.query<[{ logins: string[]; teams: string[] }]>(
    `select array(select l.id from logins l
                  where (lower(l.name) like lower($1) or lower(l.email) like lower($1))
                    and exists (select 1 from webhooks w where w.login_id = l.id and w.deleted_at is null)) as logins,
            array(select t.id from teams t where lower(t.name) like lower($1)) as teams`,
    [pattern],
  );
  const { logins, teams } = rows[0];
  // A beginning lies within the part of a description that is indexed.
  const texts = ['w.name', anywhere ? 'w.description' : 'left(w.description, 200)'];
  return (add) => {
    const like = `like lower(${add(pattern)})`;
    const alternatives = [
      ...(number === null ? [] : [`w.number = ${add(number)}::int`]),
      `w.login_id = any (${add(logins)}::text[])`,
      `w.team_id = any (${add(teams)}::text[])`,
      ...texts.map((text) => `lower(${text}) ${like}`),
    ];
    return `(${alternatives.join(' or ')})`;
  };
}
