/**
 * Who may do what. Comes in: a token, or a viewer and what it wants to read or change. Goes out: the
 * viewer with its rights as they are now, pages of what it may see, changes inside its portfolio, or
 * all problems at once. Everything is in the database; nothing is remembered between two calls, so
 * what is granted, taken back, disabled or revoked counts from the next call on, on every server.
 * The decisions themselves are in policy.ts.
 */
import { timingSafeEqual } from 'node:crypto';

import { type DataSource, IsNull } from 'typeorm';

import type { CountedPage, PageArgs } from '../db/page.ts';
import type { Reader, Sql } from '../db/sql.ts';
import type { Result } from '../errors.ts';
import { kindOfId } from '../ids.ts';
import type { AccessTokenEntity } from './access-token.entity.ts';
import { type AccessTokenInput, createToken, revokeToken, tokenById, tokensOf } from './access-tokens.ts';
import {
  accountsOf,
  type FirstMembers,
  firstMembers,
  loginsByIds,
  pageLogins,
  pageMembers,
  pageTeams,
  teamsByIds,
  teamsOfLogins,
} from './lists.ts';
import { LoginEntity } from './login.entity.ts';
import { createLogin, type LoginInput, updateLogin } from './logins.ts';
import { loginVisible } from './policy.ts';
import { ensureRoot } from './root.ts';
import type { TeamEntity } from './team.entity.ts';
import { createTeam, deleteTeam, type TeamInput, updateTeam } from './teams.ts';
import { hashToken, isWellFormed } from './token-format.ts';
import { type CredentialOwner, PERMISSIONS, readOwners, type Viewer } from './viewer.ts';

/** A login that an event may be published for, with its place in the tree and its teams as they are now. */
export interface PublishLogin {
  id: string;
  number: number;
  path: string[];
  teamIds: string[];
}

/** Logins, teams, tokens and permissions. */
export class Access {
  readonly #orm: DataSource;
  readonly #rights: Reader;
  readonly #rootToken: string | null;
  readonly #rootSha256: Buffer | null;

  /**
   * rootToken is the operator's own token for the root login, or null; rights the connections on which tokens
   * are looked up, those of orm if there are no others.
   */
  constructor(orm: DataSource, options: { rootToken: string | null; rights?: Reader }) {
    this.#orm = orm;
    this.#rights = options.rights ?? orm;
    this.#rootToken = options.rootToken;
    this.#rootSha256 = options.rootToken === null ? null : hashToken(options.rootToken);
  }

  /** Makes the root login if missing; returns its first token, to be printed once, only when it was made now. */
  ensureRoot(): Promise<string | null> {
    return ensureRoot(this.#orm, this.#rootToken);
  }

  /**
   * Whose token this is; undefined for one that is malformed (told by its checksum, without a query),
   * unknown, expired or revoked, or whose login is disabled. The operator's token is compared first,
   * in memory, since it need not look like ours.
   */
  async viewerOfToken(value: string): Promise<Viewer | undefined> {
    const sha256 = hashToken(value);
    const isRootToken = this.#rootSha256 !== null && timingSafeEqual(sha256, this.#rootSha256);
    if (!isRootToken && !isWellFormed(value)) return undefined;
    const [owner] = await readOwners(this.#rights, { tokenSha256: sha256 });
    if (owner === undefined || !timingSafeEqual(owner.sha256, sha256)) return undefined;
    if (!this.accepts(owner)) return undefined;
    if (owner.useIsStale) await this.#recordUse(owner.viewer.tokenId);
    return owner.viewer;
  }

  /**
   * Whose Create Webhooks link this is, with the rights as they are now; undefined for one that is malformed, unknown or
   * revoked, or whose login is disabled.
   */
  async viewerOfLink(value: string): Promise<Viewer | undefined> {
    if (!isWellFormed(value, 'webhooksLink')) return undefined;
    const sha256 = hashToken(value);
    const [owner] = await readOwners(this.#rights, { linkSha256: sha256 });
    if (owner === undefined || !timingSafeEqual(owner.sha256, sha256)) return undefined;
    if (owner.useIsStale) await this.#recordLinkUse(owner.viewer.credentialId);
    return owner.viewer;
  }

  /** Whether the token behind a credential is one of this server: a value that the environment held once and holds no more is none. */
  accepts({ token }: CredentialOwner): boolean {
    if (token?.origin !== 'ENVIRONMENT') return true;
    return this.#rootSha256 !== null && timingSafeEqual(token.sha256, this.#rootSha256);
  }

  /** The same caller with its rights as they are now; undefined when its token, session or login has ended. */
  async refresh(viewer: Viewer): Promise<Viewer | undefined> {
    return (await this.refreshAll([viewer.credentialId])).get(viewer.credentialId);
  }

  /** Callers by the ids of their tokens and sessions, with their rights as they are now; without those that have ended. Not a use of them. */
  async refreshAll(credentialIds: readonly string[]): Promise<Map<string, Viewer>> {
    const owners = await readOwners(this.#rights, { ids: credentialIds });
    return new Map(owners.map(({ viewer }) => [viewer.credentialId, viewer]));
  }

  /** The root administrator acting without a token: for what the operator starts together with the server (--demo). */
  async rootViewer(): Promise<Viewer> {
    const root = await this.#orm.getRepository(LoginEntity).findOneByOrFail({ parentId: IsNull() });
    const self = { loginId: root.id, loginPath: root.path, accountId: root.id, accountPath: root.path };
    const rights = { permissions: new Set(PERMISSIONS), teamIds: [], rightsLost: null };
    return { ...self, ...rights, credentialId: '', tokenId: '', expiresAt: null, tokensEndBy: null };
  }

  /** At most once a minute for each token, however many requests come at once. */
  async #recordUse(tokenId: string): Promise<void> {
    await this.#rights.query(
      `update access_tokens set last_used_at = clock_timestamp()
       where id = $1 and coalesce(last_used_at < clock_timestamp() - interval '1 minute', true)`,
      [tokenId],
    );
  }

  async #recordLinkUse(linkId: string): Promise<void> {
    await this.#rights.query(
      `update webhooks_links set last_used_at = clock_timestamp()
       where id = $1 and coalesce(last_used_at < clock_timestamp() - interval '1 minute', true)`,
      [linkId],
    );
  }

  /** Makes a token of the caller, or with ACCESS_MANAGE of a login of its portfolio; its value is in this answer only. */
  createToken(
    viewer: Viewer,
    input: AccessTokenInput,
  ): Promise<Result<{ token: AccessTokenEntity; value: string }>> {
    return createToken(this.#orm, viewer, input);
  }

  /** The tokens of the caller that are not revoked, oldest first; with ACCESS_MANAGE those of a login of its portfolio. */
  tokens(viewer: Viewer, loginId = viewer.loginId): Promise<AccessTokenEntity[]> {
    return tokensOf(this.#orm, viewer, loginId);
  }

  /** Ends a token of the caller, or with ACCESS_MANAGE one of its portfolio; returns its id. */
  revokeToken(viewer: Viewer, id: string): Promise<Result<string>> {
    return revokeToken(this.#orm, viewer, id);
  }

  /** One of the tokens that the caller may list. */
  async visibleToken(viewer: Viewer, id: string): Promise<AccessTokenEntity | undefined> {
    return (await tokenById(this.#orm, viewer, id)) ?? undefined;
  }

  /** Creates a login in the caller's portfolio (ACCESS_MANAGE). */
  createLogin(viewer: Viewer, input: LoginInput): Promise<Result<LoginEntity>> {
    return createLogin(this.#orm, viewer, input);
  }

  /** Edits a login of the caller's portfolio (ACCESS_MANAGE). */
  updateLogin(viewer: Viewer, id: string, input: LoginInput): Promise<Result<LoginEntity>> {
    return updateLogin(this.#orm, viewer, id, input);
  }

  /** Creates a team in the caller's account (ACCESS_MANAGE). */
  createTeam(viewer: Viewer, input: TeamInput): Promise<Result<TeamEntity>> {
    return createTeam(this.#orm, viewer, input);
  }

  /** Renames a team or replaces its members (ACCESS_MANAGE). */
  updateTeam(viewer: Viewer, id: string, input: TeamInput): Promise<Result<TeamEntity>> {
    return updateTeam(this.#orm, viewer, id, input);
  }

  /** Deletes a team that no webhook uses (ACCESS_MANAGE); returns its id. */
  deleteTeam(viewer: Viewer, id: string): Promise<Result<string>> {
    return deleteTeam(this.#orm, viewer, id);
  }

  /** The logins that the caller may see and a search finds, by number. */
  loginsPage(
    viewer: Viewer,
    args: PageArgs,
    search: string | null = null,
  ): Promise<Result<CountedPage<LoginEntity>>> {
    return pageLogins(this.#orm, viewer, { search }, args);
  }

  /** The children of a login that the caller may see, by number. */
  childrenPage(viewer: Viewer, loginId: string, args: PageArgs): Promise<Result<CountedPage<LoginEntity>>> {
    return pageLogins(this.#orm, viewer, { parentId: loginId }, args);
  }

  /** The members of a team that the caller may see, by number; firstOf may read those of many teams at once. */
  membersPage(
    viewer: Viewer,
    teamId: string,
    args: PageArgs,
    firstOf: FirstMembers = async (id, limit) => (await this.firstMembers(viewer, [id], limit)).get(id)!,
  ): Promise<Result<CountedPage<LoginEntity>>> {
    return pageMembers(this.#orm, viewer, teamId, args, firstOf);
  }

  /** The first members of teams, as membersPage asks for them. */
  firstMembers(
    viewer: Viewer,
    teamIds: readonly string[],
    limit: number,
  ): Promise<Map<string, LoginEntity[]>> {
    return firstMembers(this.#orm, viewer, teamIds, limit);
  }

  /** The teams that the caller may see and a search finds, by number. */
  teamsPage(
    viewer: Viewer,
    args: PageArgs,
    search: string | null = null,
  ): Promise<Result<CountedPage<TeamEntity>>> {
    return pageTeams(this.#orm, viewer, search, args);
  }

  /** Logins by id, whoever asks: loginVisible of policy.ts says what may be shown. */
  loginsByIds(ids: readonly string[]): Promise<Map<string, LoginEntity>> {
    return loginsByIds(this.#orm, ids);
  }

  /** Teams by id, whoever asks: for objects that the caller may see and that name them. */
  teamsByIds(ids: readonly string[]): Promise<Map<string, TeamEntity>> {
    return teamsByIds(this.#orm, ids);
  }

  /** Of each login its teams, as far as the caller may see them. */
  teamsOfLogins(viewer: Viewer, loginIds: readonly string[]): Promise<Map<string, TeamEntity[]>> {
    return teamsOfLogins(this.#orm, viewer, loginIds);
  }

  /** Of each login its account. */
  accountsOf(loginIds: readonly string[]): Promise<Map<string, LoginEntity>> {
    return accountsOf(this.#orm, loginIds);
  }

  /** A login that the caller may see. */
  async visibleLogin(viewer: Viewer, id: string): Promise<LoginEntity | undefined> {
    const login = (await loginsByIds(this.#orm, [id])).get(id);
    return login && loginVisible(viewer, login) ? login : undefined;
  }

  /** A team that the caller may see. */
  async visibleTeam(viewer: Viewer, id: string): Promise<TeamEntity | undefined> {
    return (await teamsByIds(this.#orm, [id], viewer)).get(id);
  }

  /**
   * The logins with these ids or numbers inside the portfolio of the caller's account, for events
   * that are published in their name; EVENTS_PUBLISH has been checked. sql: a transaction to read in.
   */
  async loginsForPublish(
    viewer: Viewer,
    wanted: { ids: string[]; numbers: number[] },
    sql?: Sql,
  ): Promise<PublishLogin[]> {
    const text = `
      select l.id, l.number, l.path,
             array(select m.team_id from team_members m where m.login_id = l.id order by m.team_id) as "teamIds"
      from logins l
      where (l.id = any ($1::text[]) or l.number = any ($2::int[])) and $3::text = any (l.path)`;
    const ids = wanted.ids.filter((id) => kindOfId(id) === 'login');
    const values = [ids, wanted.numbers, viewer.accountId];
    return sql
      ? (await sql.query<PublishLogin>(text, values)).rows
      : this.#orm.query<PublishLogin[]>(text, values);
  }
}
