/** Which webhooks a caller may read, looked up ahead of a list: their accounts, and the webhooks themselves where those are few. */
import { fewIds, fewIn } from '../db/few-ids.ts';
import { collect } from '../db/fragment.ts';
import type { Reader, SqlFragment } from '../db/sql.ts';
import { managesAllWebhooks, may, webhookVisible } from './policy.ts';
import type { Viewer } from './viewer.ts';

/** So many webhooks of a caller are named in a statement: 60 kB for 2,000. */
const MOST_NAMED = 3_000;
/** Of a portfolio of no more logins all of them are asked for webhooks. */
const FEW_LOGINS = 300;

/** Logins that can own webhooks of a caller. */
interface Owners {
  ids: string[];
  /** Whether each of them has one. */
  haveWebhooks: boolean;
}

/**
 * The webhooks that a caller may read, deleted ones included. Lists ask for them at several of their turns, so what was looked up
 * is remembered: make one for each answer.
 */
export class VisibleWebhooks {
  readonly #reader: Reader;
  readonly #viewer: Viewer;
  #owners: Promise<Owners | undefined> | undefined;
  #managed: Promise<string[] | undefined> | undefined;
  #all: { most: number; ids: Promise<string[] | null> } | undefined;

  constructor(reader: Reader, viewer: Viewer) {
    this.#reader = reader;
    this.#viewer = viewer;
  }

  /** All of them; null when there are more than most. */
  async all(most: number): Promise<string[] | null> {
    const known = await this.#all?.ids;
    if (!known && (this.#all === undefined || this.#all.most < most))
      this.#all = { most, ids: this.#lookUp(most) };
    const ids = known ?? (await this.#all!.ids);
    return ids && ids.length <= most ? ids : null;
  }

  /** The same before judgement(), which asks for more of them: one statement answers both. */
  async allBeforeJudgement(most: number): Promise<string[] | null> {
    // Who may see all needs no judgement.
    const ids = await this.all(managesAllWebhooks(this.#viewer) ? most : Math.max(most, MOST_NAMED));
    return ids && ids.length <= most ? ids : null;
  }

  /** Whether a statement can name all of them; false for who manages all, whose nobody counts. */
  async canBeNamed(): Promise<boolean> {
    return !managesAllWebhooks(this.#viewer) && (await this.all(MOST_NAMED)) !== null;
  }

  async #lookUp(most: number): Promise<string[] | null> {
    const viewer = this.#viewer;
    const accounts = (await this.#possibleOwners())?.ids;
    const { text, values } = collect((add) => {
      const parts: string[] = [];
      if (managesAllWebhooks(viewer)) parts.push('select w.id from webhooks w');
      // The order makes the planner step along the index of accounts instead of reading webhooks of others.
      if (accounts)
        parts.push(`select w.id from unnest(${add(accounts)}::text[]) as account (id) cross join lateral (
        select w.id from webhooks w where w.account_id >= account.id and w.account_id <= account.id
        order by w.account_id limit ${most + 1}) w`);
      if (viewer.teamIds.length > 0)
        parts.push(`select w.id from webhooks w
        where w.team_id is not null and w.team_id = any (${add(viewer.teamIds)}::text[])`);
      const ids =
        parts.map((part) => `(${part} limit ${most + 1})`).join(' union ') ||
        'select null::text as id where false';
      return fewIds(ids, most);
    });
    const [row] = await this.#reader.query<{ ids: string | null }[]>(text, values);
    return fewIn(row!);
  }

  /**
   * The ids of those for which one of the conditions over w holds; null when there are more than most. Each condition should be one that
   * an index answers: it is asked of each webhook only where those are few.
   */
  async some(conditions: readonly SqlFragment[], most: number): Promise<string[] | null> {
    const viewer = this.#viewer;
    const owned: SqlFragment[] = [];
    if (managesAllWebhooks(viewer)) owned.push(() => 'true');
    else {
      // By their ids the planner knows how many webhooks they have: of an account with 2,000 it read 50,000 that bore a name.
      const accounts = (await this.#possibleOwners())?.ids;
      if (accounts) owned.push((add) => `w.account_id = any (${add(accounts)}::text[])`);
      if (viewer.teamIds.length > 0)
        owned.push((add) => `w.team_id is not null and w.team_id = any (${add(viewer.teamIds)}::text[])`);
    }
    const indexed = (whose: SqlFragment): SqlFragment[] =>
      conditions.map(
        (condition) => (add) =>
          `(select w.id from webhooks w where (${whose(add)}) and (${condition(add)}) limit ${most + 1})`,
      );
    // Those that can be named are fewer than what an index finds of others': of names it found 21,000 for an account with 2,000. One alone is meant by its
    // number or an endpoint, by which an index finds it.
    const judged =
      (whose: SqlFragment): SqlFragment =>
      (add) => `(select w.id from (select * from webhooks w where ${whose(add)} offset 0) w
                 where ${conditions.map((condition) => `(${condition(add)})`).join(' or ')} limit ${most + 1})`;
    const areFew = most > 1 && (await this.canBeNamed());
    const parts = areFew ? owned.map(judged) : owned.flatMap(indexed);
    if (parts.length === 0) return [];
    const { text, values } = collect((add) => parts.map((part) => part(add)).join(' union '));
    const rows = await this.#reader.query<{ id: string }[]>(text, values);
    return rows.length > most ? null : rows.map(({ id }) => id);
  }

  /**
   * True for deliveries d of these webhooks, to be asked of thousands of them: 1,000 take 0.5 ms where the webhooks are named, 3
   * where their accounts are, and 5 where the place of each account is looked up. webhooks are those
   * that are named.
   */
  async judgement(): Promise<{ fits: SqlFragment; webhooks: string[] | null }> {
    const webhooks = await this.all(MOST_NAMED);
    if (webhooks) return { fits: (add) => `d.webhook_id = any (${add(webhooks)}::text[])`, webhooks };
    const visible = webhookVisible(this.#viewer, await this.managedAccounts());
    const fits: SqlFragment = (add) =>
      `exists (select 1 from webhooks w where w.id = d.webhook_id and ${visible(add)} offset 0)`;
    return { fits, webhooks: null };
  }

  /** Whoever can own one of them, and maybe others; null where that is anybody. */
  async owners(): Promise<string[] | null> {
    if (managesAllWebhooks(this.#viewer)) return null;
    const managed = (await this.#possibleOwners())?.ids ?? [];
    const { teamIds } = this.#viewer;
    if (teamIds.length === 0) return managed;
    const rows = await this.#reader.query<{ id: string }[]>(
      'select distinct w.account_id as id from webhooks w where w.team_id is not null and w.team_id = any ($1::text[])',
      [teamIds],
    );
    return [...new Set([...managed, ...rows.map(({ id }) => id)])];
  }

  /** The accounts that they belong to, for who manages webhooks; null for others, where that may be any, and where they are more than most. */
  async accounts(most: number): Promise<string[] | null> {
    if (!may(this.#viewer, 'WEBHOOKS_MANAGE')) return null;
    const owners = await this.owners();
    if (owners === null) return null;
    if ((await this.#possibleOwners())!.haveWebhooks) return owners.length > most ? null : owners;
    const rows = await this.#reader.query<{ id: string }[]>(
      `select o.id from unnest($1::text[]) as o (id)
       where exists (select 1 from webhooks w where w.account_id = o.id offset 0) limit $2`,
      [owners, most + 1],
    );
    return rows.length > most ? null : rows.map(({ id }) => id);
  }

  /** The accounts with webhooks that the caller manages; undefined where nobody needs to know. */
  managedAccounts(): Promise<string[] | undefined> {
    return (this.#managed ??= managedAccounts(this.#reader, this.#viewer));
  }

  /** The logins of the caller's portfolio, or of a large one the accounts with webhooks; undefined where nobody needs to know. */
  #possibleOwners(): Promise<Owners | undefined> {
    return (this.#owners ??= this.#lookUpOwners());
  }

  async #lookUpOwners(): Promise<Owners | undefined> {
    const viewer = this.#viewer;
    if (managesAllWebhooks(viewer) || !may(viewer, 'WEBHOOKS_MANAGE')) return undefined;
    const rows = await this.#reader.query<{ id: string; below: boolean }[]>(
      `select l.id, l.path @> array[$1]::text[] as below
       from (select m.login_id as id from scope_members m where m.scope_id = $1 limit ${FEW_LOGINS + 1}) m
       join logins l on l.id = m.id`,
      [viewer.accountId],
    );
    if (rows.length > FEW_LOGINS) return { ids: (await this.managedAccounts())!, haveWebhooks: true };
    return { ids: rows.filter(({ below }) => below).map(({ id }) => id), haveWebhooks: false };
  }
}

/** So many accounts with webhooks are looked at, whoever asks; when there are more, those of the caller's portfolio are. */
const MOST_ACCOUNTS = 1_000;

/**
 * The accounts with webhooks that the caller manages; undefined where nobody needs to know. Those that have any are read as steps along the index
 * of accounts, which is cheaper than to look for webhooks of each login of a large portfolio.
 */
async function managedAccounts(reader: Reader, viewer: Viewer): Promise<string[] | undefined> {
  if (managesAllWebhooks(viewer) || !may(viewer, 'WEBHOOKS_MANAGE')) return undefined;
  const rows = await reader.query<{ id: string; managed: boolean }[]>(
    `with recursive owner (id) as (
       (select w.account_id from webhooks w order by w.account_id limit 1)
       union all
       select next.id from owner o cross join lateral (
         select w.account_id as id from webhooks w where w.account_id > o.id order by w.account_id limit 1) next
     )
     select o.id, a.managed
     from (select id from owner limit ${MOST_ACCOUNTS + 1}) o
     cross join lateral (
       select a.path @> array[$1]::text[] as managed from logins a where a.id = o.id offset 0) a`,
    [viewer.accountId],
  );
  if (rows.length <= MOST_ACCOUNTS) return rows.filter(({ managed }) => managed).map(({ id }) => id);
  const below = await reader.query<{ id: string }[]>(
    `select a.id from logins a
     where a.path @> array[$1]::text[] and exists (select 1 from webhooks w where w.account_id = a.id)`,
    [viewer.accountId],
  );
  return below.map(({ id }) => id);
}
