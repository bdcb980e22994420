/** The filter of the saved table: fields are ANDed, values of a list ORed. */
import type { DataSource } from 'typeorm';

import { allOf, collect } from '../db/fragment.ts';
import type { SqlFragment } from '../db/sql.ts';
import { foundShort, readSearch, type TextSearch, textSearch } from '../db/text-search.ts';
import { ok, type Problem, problem, refused, type Result } from '../errors.ts';
import { doubtfulWebhooks, hasStatus, silentWebhooks, webhooksAllOff, type WebhookStatus } from './status.ts';

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
  status: readonly WebhookStatus[];
  /** Has a trigger on the resource that is asked for: of a row at hand, and of rows that are looked up by it. */
  onResource: { near: SqlFragment; far: SqlFragment } | null;
  /** Everything else. */
  conditions: SqlFragment[];
}

/** A condition over webhooks w. */
export interface Narrowing {
  /** For a row that is at hand. */
  near: SqlFragment;
  /** For rows that are looked up by it. Looked up itself once it is asked for, where that takes long. */
  far: () => Promise<Far>;
}

/** A condition over webhooks w in a form that an index answers; common where no index does. */
export interface Far {
  condition: SqlFragment;
  common: boolean;
}

/** More triggers that cannot fire, or logins that a search finds, are not looked up before the page. */
const MOST_DOUBTFUL = 5_000;
const MOST_LOGINS = 1_000;
/** So many are looked at to see whether nearly all of them are found. */
const SAMPLED_LOGINS = 1_200;
/** States of which there are few webhooks. */
const SELDOM: ReadonlySet<WebhookStatus> = new Set(['INACTIVE', 'AUTO_DISABLED']);

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
  if (createdAt?.from) conditions.push((add) => `w.created_at >= ${add(createdAt.from)}::timestamptz`);
  if (createdAt?.to) conditions.push((add) => `w.created_at < ${add(createdAt.to)}::timestamptz`);
  if (problems.length > 0) return refused(...problems);
  const onResource =
    exact.resource == null
      ? null
      : { near: hasTriggerOn(exact.resource, ' offset 0'), far: hasTriggerOn(exact.resource, '') };
  return ok({ search: wanted, status: status ?? [], onResource, conditions });
}

/** True for webhooks w with a trigger on a resource. With OFFSET at the end they are looked at one by one: for 1,000 webhooks the planner read all 15,000 such triggers. */
const hasTriggerOn =
  (resource: string, end: string): SqlFragment =>
  (add) =>
    `exists (select 1 from triggers t where t.webhook_id = w.id and t.resource = ${add(resource)}${end})`;

/**
 * True for webhooks w in one of these states; which of them cannot fire is looked up here, where those are few. They are few when
 * only such are asked for.
 */
export async function withStatus(
  orm: DataSource,
  states: readonly WebhookStatus[],
): Promise<{ condition: SqlFragment; few: boolean }> {
  if (states.length === 0) return { condition: allOf([]), few: false };
  const asked = new Set(states);
  if (!asked.has('INACTIVE') && asked.has('ENABLED'))
    return { condition: hasStatus(states, await doubtfulWebhooks(orm, MOST_DOUBTFUL)), few: false };
  const silent = asked.has('INACTIVE') ? await silentWebhooks(orm, MOST_DOUBTFUL) : null;
  const condition = hasStatus(states, silent);
  if (!states.every((status) => SELDOM.has(status)) || (asked.has('INACTIVE') && silent === null))
    return { condition, few: false };
  const off = asked.has('AUTO_DISABLED') ? await webhooksAllOff(orm, MOST_DOUBTFUL) : [];
  if (off === null) return { condition, few: false };
  const seldom = [...(silent ?? []), ...off];
  return { condition: allOf([(add) => `w.id = any (${add(seldom)}::text[])`, condition]), few: true };
}

/**
 * True for webhooks w that a search finds. Who made them and which teams they watch is looked up before the rows, so that the planner
 * knows how many those are instead of guessing; of one or two letters only where the rows at hand were not enough: nearly all of them have
 * those, and to find all of 20,000 logins that do took 100 ms. It is common when they are too many for that: then no index answers it.
 */
export async function searchFor(orm: DataSource, search: string): Promise<Narrowing> {
  const found = await textSearch(orm, search);
  const like: Like = (column) => (add) => `lower(${column}) like lower(${add(found.pattern)})`;
  const { short } = found;
  if (short === null) {
    const names = await namesFound(orm, found);
    const condition = finding(found, { names, by: like, each: false });
    return { near: condition, far: () => Promise.resolve({ condition, common: isCommon(names) }) };
  }
  return {
    near: finding(found, { names: { logins: null, teams: null }, by: like, each: true }),
    far: async () => {
      const names = await namesFound(orm, found);
      const common = isCommon(names);
      const by = common ? like : (column: string) => foundShort(column, short);
      return { condition: finding(found, { names, by, each: false }), common };
    },
  };
}

/** The ids of those whose names a search finds; null for too many, whose names are looked at instead. */
interface Names {
  logins: string[] | null;
  teams: string[] | null;
}

const isCommon = ({ logins, teams }: Names): boolean => logins === null || teams === null;

/** True for webhooks w that a search finds by these names, or in a text of their own, which by judges. Names are looked at for each webhook, or all at once. */
function finding(
  { anywhere, number, pattern }: TextSearch,
  { names, by, each }: { names: Names; by: Like; each: boolean },
): SqlFragment {
  const { logins, teams } = names;
  const like: Like = (column) => (add) => `lower(${column}) like lower(${add(pattern)})`;
  // OFFSET keeps the planner from reading all of them first, for some webhooks.
  const end = each ? ' offset 0' : '';
  // A beginning lies within the part of a description that is indexed.
  const texts = ['w.name', anywhere ? 'w.description' : 'left(w.description, 200)'];
  const alternatives: (SqlFragment | null)[] = [
    ...(number === null ? [] : [(add: Add) => `w.number = ${add(number)}::int`]),
    ...texts.map(by),
    logins === null
      ? (add) =>
          `exists (select 1 from logins l where l.id = w.login_id and (${like('l.name')(add)} or ${like('l.email')(add)})${end})`
      : among('w.login_id', logins),
    teams === null
      ? (add) => `exists (select 1 from teams t where t.id = w.team_id and ${like('t.name')(add)}${end})`
      : among('w.team_id', teams),
  ];
  const some = alternatives.filter((one) => one !== null);
  return (add) => `(${some.map((one) => one(add)).join(' or ')})`;
}

/** Null for none: for an empty list the planner takes any index of the column, and then judges each row that it found by all of the search. */
function among(column: string, ids: string[]): SqlFragment | null {
  return ids.length === 0 ? null : (add) => `${column} = any (${add(ids)}::text[])`;
}

type Add = (value: unknown) => string;
type Like = (column: string) => SqlFragment;

/** Where names are that a search finds: those of who has made a webhook, and all of teams. */
const NAMED = [
  {
    table: 'logins',
    columns: ['x.name', 'x.email'],
    only: 'exists (select 1 from webhooks w where w.login_id = x.id and w.deleted_at is null offset 0)',
  },
  { table: 'teams', columns: ['x.name'], only: 'true' },
] as const;
type NamedTable = (typeof NAMED)[number]['table'];

/** The ids of the logins with webhooks, and of the teams, that a search finds; null for those of which there are more than MOST_LOGINS. */
async function namesFound(orm: DataSource, { pattern, short }: TextSearch): Promise<Names> {
  const like: Like = (column) => (add) => `lower(${column}) like lower(${add(pattern)})`;
  const idsBy = async (
    by: Like,
    { among, tables = NAMED }: { among: string; tables?: readonly (typeof NAMED)[number][] },
  ): Promise<Map<NamedTable, string[]>> => {
    const { text, values } = collect((add) =>
      tables
        .map(({ table, columns, only }) => {
          const found = columns.map((column) => by(column)(add));
          const rows = `(select * from ${table} ${among})`;
          return `(select '${table}' as place, x.id from ${rows} x where (${found.join(' or ')}) and ${only} limit ${MOST_LOGINS + 1})`;
        })
        .join(' union all '),
    );
    const rows = await orm.query<{ place: NamedTable; id: string }[]>(text, values);
    return new Map(
      tables.map(({ table }) => [table, rows.filter(({ place }) => place === table).map(({ id }) => id)]),
    );
  };
  const isTooMany = (ids: readonly string[] | undefined): boolean => (ids?.length ?? 0) > MOST_LOGINS;
  // The index of short pieces is for what is seldom. What nearly all names have is found without taking them to pieces: 1,000 of them took 90 ms.
  const first = short === null ? null : await idsBy(like, { among: `limit ${SAMPLED_LOGINS}` });
  const left = NAMED.filter(({ table }) => !isTooMany(first?.get(table)));
  const by: Like = short === null ? like : (column) => foundShort(column, short);
  const found = left.length === 0 ? null : await idsBy(by, { among: '', tables: left });
  const idsOf = (table: NamedTable): string[] | null => {
    const ids = found?.get(table);
    return ids === undefined || isTooMany(ids) ? null : ids;
  };
  return { logins: idsOf('logins'), teams: idsOf('teams') };
}
