/**
 * The audit log: who changed what, when, from which value to which. Comes in: an entry, inside the
 * transaction of the change, so that the one is never without the other. Goes out: pages of entries, the
 * newest first, as far as the caller may read them. Nothing is ever changed or removed: the table itself
 * refuses it.
 */
import { isDeepStrictEqual } from 'node:util';

import type { DataSource } from 'typeorm';

import { allOf, collect } from '../db/fragment.ts';
import { REACH } from '../db/in-order.ts';
import { type Page, type PageArgs, readPage, toPage } from '../db/page.ts';
import type { Reader, SqlFragment } from '../db/sql.ts';
import { ok, type Result } from '../errors.ts';
import { type IdKind, kindOfId, newId } from '../ids.ts';

/** What became of one field: its values before and after, or only that it changed where it is secret. */
export type Change = { from: unknown; to: unknown } | { changed: true };

/** The changed fields by name; nested ones by path, such as "endpoints.ep_1.target". */
export type Changes = Record<string, Change>;

/** One change, about to be written. */
export interface AuditRecord {
  /** Who did it; null for what the server did by itself. */
  loginId: string | null;
  /** What was done, as "<kind of subject>.<verb>", such as webhook.update. */
  action: string;
  /** What it was done to. */
  subjectId: string;
  /** The account (of a webhook or a team) or the login (also of its tokens) that it belongs to; null for the catalog. */
  scopeId: string | null;
  changes: Changes;
}

/** An entry as it stands. */
export interface AuditEntry {
  id: string;
  at: Date;
  /** Null for what the server did by itself. */
  loginId: string | null;
  action: string;
  subjectId: string;
  changes: Changes;
}

/** Writes an entry; reader is the manager of the transaction that makes the change. */
export async function recordAudit(
  reader: Reader,
  { loginId, action, subjectId, scopeId, changes }: AuditRecord,
): Promise<void> {
  await reader.query(
    `insert into audit_log (id, login_id, action, subject_kind, subject_id, scope_id, changes)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [newId('audit'), loginId, action, kindOfId(subjectId), subjectId, scopeId, JSON.stringify(changes)],
  );
}

/** The fields whose values differ; what a side lacks counts as null. Values must be fit to be shown. */
export function difference(before: Record<string, unknown>, after: Record<string, unknown>): Changes {
  const changes: Changes = {};
  for (const field of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [from, to] = [before[field] ?? null, after[field] ?? null];
    if (!isDeepStrictEqual(from, to)) changes[field] = { from, to };
  }
  return changes;
}

const COLUMNS = `a.id, a.at, a.login_id as "loginId", a.action, a.subject_id as "subjectId", a.changes`;

/** Of no more logins the entries are read login by login (migrations/1764000000018). */
const MOST_OWNERS = 300;

/** Reads the log; visible is a fragment over the alias a that access/ made. */
export class AuditLog {
  readonly #orm: DataSource;

  constructor(orm: DataSource) {
    this.#orm = orm;
  }

  /**
   * A page of the entries that are visible, the newest first; of one subject, or of all. visible is asked of some entries at hand, or of
   * all. All that are visible belong to logins at or below root, or to nobody; null where that narrows nothing.
   */
  async page(
    visible: Record<'some' | 'all', SqlFragment>,
    args: PageArgs,
    subjectId: string | null = null,
    root: string | null = null,
  ): Promise<Result<Page<AuditEntry>>> {
    const request = readPage(args);
    if (!request.ok) return request;
    const { key, backward, limit } = request.value;
    const meant: SqlFragment[] = [];
    if (subjectId !== null) meant.push(about(subjectId));
    if (key !== null) meant.push((add) => `a.id ${backward ? '>' : '<'} ${add(key[0])}`);
    const order = `order by a.id ${backward ? 'asc' : 'desc'}`;
    const first = (source: string, where: SqlFragment[], most: number): SqlFragment => {
      return (add) => `select a.* from ${source} a where ${allOf(where)(add)} ${order} limit ${most}`;
    };
    const wanted = limit + 1;
    const read = (entries: SqlFragment): Promise<AuditEntry[]> => {
      const { text, values } = collect(entries);
      return this.#orm.query<AuditEntry[]>(
        `select ${COLUMNS} from (${text}) a ${order} limit ${wanted}`,
        values,
      );
    };
    const readAll = async (): Promise<AuditEntry[]> => {
      // Whose they all are is known by reading all logins: first those of some entries are looked up.
      const some = await read((add) =>
        first(`(${first('audit_log', meant, REACH)(add)})`, [visible.some], wanted)(add),
      );
      return some.length === wanted ? some : read(first('audit_log', [visible.all, ...meant], wanted));
    };
    const readOf = (owners: string[]): Promise<AuditEntry[]> => {
      const part = (of: SqlFragment): SqlFragment => first('audit_log', [of, visible.all, ...meant], wanted);
      return read(
        (add) =>
          `(select a.* from unnest(${add(owners)}::text[]) as owner (id) cross join lateral (
              ${part(() => 'a.scope_id = owner.id')(add)}) a)
           union all (${part(() => 'a.scope_id is null')(add)})`,
      );
    };
    const owners = root === null || subjectId !== null ? null : await this.#below(root);
    const rows = owners === null ? await readAll() : await readOf(owners);
    return ok(toPage(rows, request.value, (row) => [row.id]));
  }

  /** The logins at or below one; null when those are too many to look at each. */
  async #below(root: string): Promise<string[] | null> {
    const rows = await this.#orm.query<{ id: string }[]>(
      `select l.id from logins l where l.path @> array[$1]::text[] limit ${MOST_OWNERS + 1}`,
      [root],
    );
    return rows.length > MOST_OWNERS ? null : rows.map(({ id }) => id);
  }

  /** One entry, if it is visible. */
  async entry(visible: SqlFragment, id: string): Promise<AuditEntry | undefined> {
    const { text, values } = collect(allOf([visible, (add) => `a.id = ${add(id)}`]));
    const rows = await this.#orm.query<AuditEntry[]>(
      `select ${COLUMNS} from audit_log a where ${text}`,
      values,
    );
    return rows[0];
  }
}

/** Nothing is about what cannot be an id, and a NUL in it would be an error of the database. */
function about(subjectId: string): SqlFragment {
  const kind: IdKind | undefined = kindOfId(subjectId);
  return kind === undefined ? () => 'false' : (add) => `a.subject_id = ${add(subjectId)}`;
}
