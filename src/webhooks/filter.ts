/** The filter of the saved table: fields are ANDed, values of a list ORed. */
import { allOf } from '../db/fragment.ts';
import type { SqlFragment } from '../db/sql.ts';
import { ok, type Problem, problem, refused, type Result } from '../errors.ts';
import { STATUS, type WebhookStatus } from './status.ts';

const MAX_SEARCH = 200;

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

/** The filter over w, l (its creator) and tm (its team). */
export function readFilter(filter: WebhookFilter): Result<SqlFragment> {
  const problems: Problem[] = [];
  const parts: SqlFragment[] = [];
  const { search, status, createdAt } = filter;
  for (const [name, value] of Object.entries(filter)) {
    if (typeof value === 'string' && value.includes('\0'))
      problems.push(problem('INVALID', ['filter', name], 'A filter must not hold the character NUL.'));
  }
  if (search && search.length > MAX_SEARCH)
    problems.push(
      problem('TOO_LONG', ['filter', 'search'], `A search may have at most ${MAX_SEARCH} characters.`),
    );
  if (search && search.trim() !== '') parts.push(matches(search.trim()));
  if (status && status.length > 0) parts.push((add) => `${STATUS} = any (${add(status)}::text[])`);
  for (const [value, column] of [
    [filter.loginId, 'w.login_id'],
    [filter.forLoginId, 'w.for_login_id'],
    [filter.teamId, 'w.team_id'],
  ] as const) {
    if (value != null) parts.push((add) => `${column} = ${add(value)}`);
  }
  if (filter.resource != null)
    parts.push(
      (add) =>
        `exists (select 1 from triggers t where t.webhook_id = w.id and t.resource = ${add(filter.resource)})`,
    );
  if (createdAt?.from) parts.push((add) => `w.created_at >= ${add(createdAt.from)}::timestamptz`);
  if (createdAt?.to) parts.push((add) => `w.created_at < ${add(createdAt.to)}::timestamptz`);
  return problems.length > 0 ? refused(...problems) : ok(allOf(parts));
}

function matches(search: string): SqlFragment {
  return (add) => {
    const pattern = add(`%${search.replace(/[\\%_]/g, '\\$&')}%`);
    const texts = ['w.name', 'w.description', 'l.name', 'l.email', `coalesce(tm.name, '')`];
    return `(${texts.map((text) => `${text} ilike ${pattern}`).join(' or ')} or w.number::text = ${add(search)})`;
  };
}
