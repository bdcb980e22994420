/** Pages of logins and teams, in the order of their numbers, and look-ups of many at once for loaders. */
import { type DataSource, In, type SelectQueryBuilder } from 'typeorm';

import { type CountedPage, type PageArgs, readPage, toPage } from '../db/page.ts';
import { readSearch, textSearch } from '../db/text-search.ts';
import { ok, type Problem, problem, refused, type Result } from '../errors.ts';
import { type IdKind, kindOfId } from '../ids.ts';
import { bound } from './bound.ts';
import { LoginEntity } from './login.entity.ts';
import { teamVisible, visibleRoot } from './policy.ts';
import { TeamEntity } from './team.entity.ts';
import type { Viewer } from './viewer.ts';

/** Which logins of those that the viewer may read. */
export type LoginFilter = { parentId: string } | { teamId: string } | { search: string | null };

/** Logins that the viewer may read: those found by name, address or number, the children of one, or the members of a team. */
export async function pageLogins(
  orm: DataSource,
  viewer: Viewer,
  filter: LoginFilter,
  args: PageArgs,
): Promise<Result<CountedPage<LoginEntity>>> {
  const query = orm
    .createQueryBuilder(LoginEntity, 'x')
    .where('x.path @> array[:root]::text[]', { root: visibleRoot(viewer) });
  // A parent that the viewer may not read has no children for it, not even the root of what it may read.
  if ('parentId' in filter) query.andWhere('x.parentId = :parentId and x.id <> :root', filter);
  if ('teamId' in filter)
    query.andWhere(
      'exists (select 1 from team_members m where m.team_id = :teamId and m.login_id = x.id)',
      filter,
    );
  if ('search' in filter) {
    const problems = await addSearch(query, ['x.name', 'x.email'], filter.search);
    if (problems.length > 0) return refused(...problems);
  }
  return pageByNumber(query, args);
}

/** Reads of a team the first members that the viewer may read, at most so many. */
export type FirstMembers = (teamId: string, limit: number) => Promise<LoginEntity[]>;

/** The members of a team that the viewer may read; firstOf may read those of many teams at once. */
export async function pageMembers(
  orm: DataSource,
  viewer: Viewer,
  teamId: string,
  args: PageArgs,
  firstOf: FirstMembers,
): Promise<Result<CountedPage<LoginEntity>>> {
  const request = readPage(args);
  if (!request.ok) return request;
  const { key, backward, limit } = request.value;
  if (key !== null || backward) return pageLogins(orm, viewer, { teamId }, args);
  const page = toPage(await firstOf(teamId, limit + 1), request.value, (row) => [row.number]);
  const count = async () => {
    const whole = await pageLogins(orm, viewer, { teamId }, { first: 0 });
    return whole.ok ? whole.value.count() : 0;
  };
  return ok({ ...page, count });
}

/** Of each team its first members that the viewer may read, at most so many, in the order of their numbers. */
export async function firstMembers(
  orm: DataSource,
  viewer: Viewer,
  teamIds: readonly string[],
  limit: number,
): Promise<Map<string, LoginEntity[]>> {
  const rows = await orm.query<{ team_id: string; login_id: string }[]>(
    `select team.id as team_id, member.id as login_id
     from unnest($1::text[]) as team (id)
     cross join lateral (
       select x.id, x.number from team_members m join logins x on x.id = m.login_id
       where m.team_id = team.id and x.path @> array[$2]::text[]
       order by x.number limit $3) member
     order by member.number`,
    [idsOf('team', teamIds), visibleRoot(viewer), limit],
  );
  const logins = await loginsByIds(orm, [...new Set(rows.map((row) => row.login_id))]);
  const result = new Map<string, LoginEntity[]>(teamIds.map((id) => [id, []]));
  for (const { team_id: team, login_id: login } of rows) {
    const member = logins.get(login);
    if (member) result.get(team)!.push(member);
  }
  return result;
}

/** Teams that the viewer may read: all, or those found by name or number. */
export async function pageTeams(
  orm: DataSource,
  viewer: Viewer,
  search: string | null,
  args: PageArgs,
): Promise<Result<CountedPage<TeamEntity>>> {
  const { text, parameters } = bound(teamVisible(viewer));
  const query = orm.createQueryBuilder(TeamEntity, 't').where(text, parameters);
  const problems = await addSearch(query, ['t.name'], search);
  return problems.length > 0 ? refused(...problems) : pageByNumber(query, args);
}

/** Narrows a list to what a search finds in these columns or by number; returns what is wrong with the search. */
async function addSearch<T extends LoginEntity | TeamEntity>(
  query: SelectQueryBuilder<T>,
  columns: string[],
  search: string | null,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  const wanted = readSearch(search, ['search'], problems);
  if (wanted === null || problems.length > 0) return problems;
  const { pattern, number } = await textSearch(query.connection, wanted);
  const alternatives = columns.map((column) => `lower(${column}) like lower(:pattern)`);
  if (number !== null) alternatives.push(`${query.alias}.number = :number`);
  query.andWhere(`(${alternatives.join(' or ')})`, { pattern, number });
  return problems;
}

async function pageByNumber<T extends LoginEntity | TeamEntity>(
  query: SelectQueryBuilder<T>,
  args: PageArgs,
): Promise<Result<CountedPage<T>>> {
  const request = readPage(args);
  if (!request.ok) return request;
  const { key, backward, limit } = request.value;
  const position = key?.[0];
  if (
    key !== null &&
    !(typeof position === 'number' && Number.isInteger(position) && Math.abs(position) < 2 ** 31)
  )
    return refused(
      problem('INVALID', [args.after != null ? 'after' : 'before'], 'This cursor is not from this list.'),
    );
  const number = `${query.alias}.number`;
  const rows = query
    .clone()
    .orderBy(number, backward ? 'DESC' : 'ASC')
    .limit(limit + 1);
  if (key !== null) rows.andWhere(`${number} ${backward ? '<' : '>'} :position`, { position });
  const page = toPage(await rows.getMany(), request.value, (row) => [row.number]);
  return ok({ ...page, count: () => query.getCount() });
}

/** The logins with these ids, by id; for what the viewer may not see, ask loginVisible. */
export async function loginsByIds(
  orm: DataSource,
  ids: readonly string[],
): Promise<Map<string, LoginEntity>> {
  return byId(await orm.getRepository(LoginEntity).findBy({ id: In(idsOf('login', ids)) }));
}

/** The teams with these ids, by id; with a viewer only those that it may read. */
export async function teamsByIds(
  orm: DataSource,
  ids: readonly string[],
  viewer?: Viewer,
): Promise<Map<string, TeamEntity>> {
  const query = orm
    .createQueryBuilder(TeamEntity, 't')
    .where('t.id = any (:ids)', { ids: idsOf('team', ids) });
  if (viewer) {
    const { text, parameters } = bound(teamVisible(viewer));
    query.andWhere(text, parameters);
  }
  return byId(await query.getMany());
}

/** Of each login its teams that the viewer may read, in the order of their numbers. */
export async function teamsOfLogins(
  orm: DataSource,
  viewer: Viewer,
  loginIds: readonly string[],
): Promise<Map<string, TeamEntity[]>> {
  const members = await orm.query<{ team_id: string; login_id: string }[]>(
    `select team_id, login_id from team_members where login_id = any ($1::text[])`,
    [idsOf('login', loginIds)],
  );
  const teams = await teamsByIds(orm, [...new Set(members.map((row) => row.team_id))], viewer);
  const result = new Map<string, TeamEntity[]>(loginIds.map((id) => [id, []]));
  for (const row of members) {
    const team = teams.get(row.team_id);
    if (team) result.get(row.login_id)!.push(team);
  }
  for (const list of result.values()) list.sort((one, other) => one.number - other.number);
  return result;
}

/** Of each login its account: the nearest at or above it that is marked as one. */
export async function accountsOf(
  orm: DataSource,
  loginIds: readonly string[],
): Promise<Map<string, LoginEntity>> {
  const rows = await orm.query<{ login_id: string; account_id: string }[]>(
    `select distinct on (l.id) l.id as login_id, a.id as account_id
     from logins l join logins a on a.id = any (l.path) and a.is_account
     where l.id = any ($1::text[])
     order by l.id, cardinality(a.path) desc`,
    [idsOf('login', loginIds)],
  );
  const accounts = await loginsByIds(orm, [...new Set(rows.map((row) => row.account_id))]);
  return new Map(rows.map((row) => [row.login_id, accounts.get(row.account_id)!]));
}

/** Only what can be an id: anything else is not found, and a NUL in it would be an error of the database. */
function idsOf(kind: IdKind, ids: readonly string[]): string[] {
  return ids.filter((id) => kindOfId(id) === kind);
}

function byId<T extends { id: string }>(rows: T[]): Map<string, T> {
  return new Map(rows.map((row) => [row.id, row]));
}
