/**
 * Sessions of the browser console. Comes in: an access token or a one-time link to begin one, then the value
 * of its cookie. Goes out: the viewer with the rights as they are now, as for a token (viewer.ts). Everything is
 * in the database: what ends a session there ends it on every server.
 */
import { timingSafeEqual } from 'node:crypto';

import type { Reader } from '../db/sql.ts';
import { newId } from '../ids.ts';
import type { Access } from './access.ts';
import { hashToken, isWellFormed, makeToken } from './token-format.ts';
import {
  type CredentialOwner,
  type Permission,
  readOwners,
  SESSION_USE_STEP,
  type Viewer,
} from './viewer.ts';

/** How long sessions and links live, ms. */
export interface SessionLimits {
  /** Without use. */
  sessionIdleMs: number;
  /** However busy. */
  sessionLifetimeMs: number;
  signInLinkLifetimeMs: number;
}

/** A living session as its own browser is told of it. */
export interface Session {
  /** When it ends at the latest: its own absolute end, or that of the token that it was made from. */
  expiresAt: Date;
  /** How long it may go unused, ms. */
  idleMs: number;
  login: { id: string; name: string; email: string };
  /** What it may do: less than its login where the token that it was made from may do less. */
  permissions: Permission[];
}

/** A one-time link, in clear this once. */
export interface SignInLink {
  secret: string;
  expiresAt: Date;
  login: { number: number; name: string };
}

/** The most living sessions of one login; one more ends the oldest. */
const MAX_SESSIONS = 100;

/** What ended, or expired, this long ago is forgotten. */
const REMEMBERED = `interval '1 day'`;

/** Begins, finds and ends sessions. */
export class Sessions {
  readonly #sql: Reader;
  readonly #access: Access;
  readonly #limits: SessionLimits;

  /** sql: the connections on which callers are looked up. */
  constructor(options: { sql: Reader; access: Access; limits: SessionLimits }) {
    this.#sql = options.sql;
    this.#access = options.access;
    this.#limits = options.limits;
  }

  /**
   * Begins a session with an access token or the secret of a one-time link, which is used up by that; the answer
   * is the value of its cookie. Undefined for a wrong one: malformed (without a query), unknown, ended, used, or of a
   * disabled login. Each of the others costs one statement, so that they cannot be told apart by their time.
   */
  async begin(value: string): Promise<{ cookie: string; session: Session } | undefined> {
    const cookie = makeToken('session');
    const begun = isWellFormed(value, 'link')
      ? await this.#beginByLink(value, cookie)
      : await this.#beginByToken(value, cookie);
    return begun ? this.#begun(cookie) : undefined;
  }

  /** Begins a session of a login that another one vouches for; undefined when it is disabled. It may what its login may. */
  async beginFor(loginId: string): Promise<{ cookie: string; session: Session } | undefined> {
    const cookie = makeToken('session');
    await this.#sql.query(
      `insert into sessions (id, login_id, sha256, idle_ms, expires_at)
       select $1, id, $3, $4::int, clock_timestamp() + $5 * interval '1 ms' from logins
       where id = $2 and not disabled`,
      [newId('session'), loginId, ...this.#kept(cookie)],
    );
    return this.#begun(cookie);
  }

  async #begun(cookie: string): Promise<{ cookie: string; session: Session } | undefined> {
    const session = await this.find(cookie);
    if (session !== undefined) {
      await this.#endOldest(session.login.id);
      return { cookie, session };
    }
    // It ended again already, with its token or login, and must not come back with it.
    await this.end(cookie);
    return undefined;
  }

  async #beginByToken(value: string, cookie: string): Promise<boolean> {
    const viewer = await this.#access.viewerOfToken(value);
    if (viewer === undefined) return false;
    await this.#sql.query(
      `insert into sessions (id, login_id, access_token_id, sha256, idle_ms, expires_at)
       values ($1, $2, $3, $4, $5, clock_timestamp() + $6 * interval '1 ms')`,
      [newId('session'), viewer.loginId, viewer.tokenId, ...this.#kept(cookie)],
    );
    return true;
  }

  /** One statement, so that of two that come with the same link one finds it used. */
  async #beginByLink(secret: string, cookie: string): Promise<boolean> {
    const rows = await this.#sql.query<unknown[]>(
      `with link as (
         update sign_in_links k set used_at = clock_timestamp()
         from logins l
         where k.sha256 = $2 and k.used_at is null and k.expires_at > clock_timestamp()
           and l.id = k.login_id and not l.disabled
         returning k.login_id)
       insert into sessions (id, login_id, sha256, idle_ms, expires_at)
       select $1, login_id, $3, $4::int, clock_timestamp() + $5 * interval '1 ms' from link
       returning id`,
      [newId('session'), hashToken(secret), ...this.#kept(cookie)],
    );
    return rows.length === 1;
  }

  /** Whoever signs in again and again fills no table. */
  async #endOldest(loginId: string): Promise<void> {
    await this.#sql.query(
      `update sessions set ended_at = clock_timestamp()
       where id in (select id from sessions where login_id = $1 and ended_at is null and expires_at > clock_timestamp()
                    order by id desc offset ${MAX_SESSIONS})`,
      [loginId],
    );
  }

  #kept(cookie: string): [sha256: Buffer, idleMs: number, lifetimeMs: number] {
    return [hashToken(cookie), this.#limits.sessionIdleMs, this.#limits.sessionLifetimeMs];
  }

  /**
   * Whose session this is, with the rights as they are now; undefined when it is none or has ended. isUse: it starts
   * idling anew, to the minute.
   */
  async viewerOf(cookie: string, { isUse }: { isUse: boolean }): Promise<Viewer | undefined> {
    const owner = await this.#ownerOf(cookie);
    if (owner === undefined) return undefined;
    if (isUse && owner.useIsStale) await this.#recordUse(owner.viewer.credentialId);
    return owner.viewer;
  }

  /** A living session; looking is no use of it. */
  async find(cookie: string): Promise<Session | undefined> {
    const owner = await this.#ownerOf(cookie);
    if (owner === undefined) return undefined;
    const { loginId, expiresAt, permissions } = owner.viewer;
    const { id, name, email } = (await this.#access.loginsByIds([loginId])).get(loginId)!;
    const login = { id, name, email };
    return { expiresAt: expiresAt!, idleMs: owner.idleMs!, login, permissions: [...permissions] };
  }

  async #ownerOf(cookie: string): Promise<CredentialOwner | undefined> {
    if (!isWellFormed(cookie, 'session')) return undefined;
    const sha256 = hashToken(cookie);
    const [owner] = await readOwners(this.#sql, { sessionSha256: sha256 });
    if (owner === undefined || !timingSafeEqual(owner.sha256, sha256)) return undefined;
    return this.#access.accepts(owner) ? owner : undefined;
  }

  async #recordUse(id: string): Promise<void> {
    await this.#sql.query(
      `update sessions s set last_used_at = clock_timestamp()
       where id = $1 and last_used_at < clock_timestamp() - ${SESSION_USE_STEP}`,
      [id],
    );
  }

  /** Ends a session at once, on every server; one that is none or has ended is no error. */
  async end(cookie: string): Promise<void> {
    if (!isWellFormed(cookie, 'session')) return;
    await this.#sql.query(
      `update sessions set ended_at = clock_timestamp() where sha256 = $1 and ended_at is null`,
      [hashToken(cookie)],
    );
  }

  /** Makes a one-time link for the login of this number, or for the root; undefined when there is none, or it is disabled. */
  async createLink(loginNumber: number | null): Promise<SignInLink | undefined> {
    const secret = makeToken('link');
    const [made] = await this.#sql.query<{ expires_at: Date; number: number; name: string }[]>(
      `with login as (
         select id, number, name from logins
         where not disabled and (number = $4::int or $4::int is null and parent_id is null)
       ), made as (
         insert into sign_in_links (id, login_id, sha256, expires_at)
         select $1, id, $2, clock_timestamp() + $3 * interval '1 ms' from login
         returning expires_at)
       select number, name, expires_at from login, made`,
      [newId('signInLink'), hashToken(secret), this.#limits.signInLinkLifetimeMs, loginNumber],
    );
    return made && { secret, expiresAt: made.expires_at, login: { number: made.number, name: made.name } };
  }

  /** Forgets sessions and links a day after their absolute end, also where they ended or were used before it. */
  async forget(): Promise<void> {
    await this.#sql.query(`delete from sessions where expires_at < clock_timestamp() - ${REMEMBERED}`);
    await this.#sql.query(`delete from sign_in_links where expires_at < clock_timestamp() - ${REMEMBERED}`);
  }
}
