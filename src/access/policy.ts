/**
 * The one place that decides what a caller may see and do: for queries, mutations and each pushed
 * batch alike. Decisions over many rows are SQL fragments over a named alias, so that lists are
 * filtered where they are read; decisions over one row in hand are plain functions.
 */
import type { SqlFragment } from '../db/sql.ts';
import { type Problem, problem } from '../errors.ts';
import type { IdKind } from '../ids.ts';
import type { Permission, Viewer } from './viewer.ts';

/** Whether the caller holds a permission, by its login and by its token. */
export function may(viewer: Viewer, permission: Permission): boolean {
  return viewer.permissions.has(permission);
}

/** What a mutation answers when the permission is missing. */
export function missing(permission: Permission): Problem {
  return problem('FORBIDDEN', null, `This needs the permission ${permission}.`);
}

const nothing: SqlFragment = () => 'false';

/** True where the login in a column lies at or below another one. */
export function within(column: string, rootId: string): SqlFragment {
  return (add) =>
    `exists (select 1 from logins place where place.id = ${column} and place.path @> array[${add(rootId)}]::text[])`;
}

/** The same for a few rows at hand: OFFSET keeps the planner from reading the whole portfolio first. */
function eachWithin(column: string, rootId: string): SqlFragment {
  return (add) =>
    `exists (select 1 from logins place where place.id = ${column} and place.path @> array[${add(rootId)}]::text[] offset 0)`;
}

/** Whether every webhook there is may be edited by the caller: the root's account holds every other one. */
export function managesAllWebhooks(viewer: Viewer): boolean {
  return may(viewer, 'WEBHOOKS_MANAGE') && viewer.accountPath.length === 1;
}

/**
 * True for rows of webhooks w that the caller may edit: those of its account and of accounts below.
 * accountIds are these accounts, if they have been looked up: for a list the planner must know them.
 */
export function webhookManaged(viewer: Viewer, accountIds?: readonly string[]): SqlFragment {
  if (!may(viewer, 'WEBHOOKS_MANAGE')) return nothing;
  if (managesAllWebhooks(viewer)) return () => 'true';
  if (accountIds) return (add) => `w.account_id = any (${add(accountIds)}::text[])`;
  return eachWithin('w.account_id', viewer.accountId);
}

/** True for rows of webhooks w that the caller may read: those it may edit, and those of its teams. */
export function webhookVisible(viewer: Viewer, accountIds?: readonly string[]): SqlFragment {
  const managed = webhookManaged(viewer, accountIds);
  if (viewer.teamIds.length === 0 || managesAllWebhooks(viewer)) return managed;
  // Never null, and unlike a coalesce around it an index finds it.
  return (add) =>
    `(${managed(add)} or (w.team_id is not null and w.team_id = any (${add(viewer.teamIds)}::text[])))`;
}

/** By which ids the caller sees webhooks: of one that it could see, the account's path or the team is among them. */
export function webhookScopes(viewer: Viewer): string[] {
  return may(viewer, 'WEBHOOKS_MANAGE') ? [viewer.accountId, ...viewer.teamIds] : viewer.teamIds;
}

/** Of what the caller sees numbers that are kept by account. */
export interface StatsReach {
  /** The account that it manages webhooks of, with all below it; null where it manages none. */
  accountId: string | null;
  /** True for rows of webhooks w that it may read besides: those of its teams outside of that; null where there can be none. */
  besides: SqlFragment | null;
  /** The same text for callers who see the same. */
  key: string;
}

/** All webhooks that the caller may read, deleted ones included, as an account and what lies outside of it. */
export function statsReach(viewer: Viewer): StatsReach {
  const accountId = may(viewer, 'WEBHOOKS_MANAGE') ? viewer.accountId : null;
  const ofTeams: SqlFragment = (add) =>
    `w.team_id = any (${add(viewer.teamIds)}::text[]) and not ${webhookManaged(viewer)(add)}`;
  const outside = viewer.teamIds.length > 0 && !managesAllWebhooks(viewer);
  return {
    accountId,
    besides: outside ? ofTeams : null,
    key: JSON.stringify([accountId, outside ? [...viewer.teamIds].sort() : []]),
  };
}

/** True for rows of events e that the caller may read: what happened in its account's portfolio. */
export function eventVisible(viewer: Viewer): SqlFragment {
  if (!may(viewer, 'WEBHOOKS_MANAGE') && !may(viewer, 'EVENTS_PUBLISH')) return nothing;
  return (add) => `${add(viewer.accountId)}::text = any (e.path)`;
}

/** The account whose events eventVisible lets through; null where it is that of the root, which holds all. */
export function portfolioOf(viewer: Viewer): string | null {
  return viewer.accountPath.length === 1 ? null : viewer.accountId;
}

/** True for rows of replays r that the caller may read and stop: those that were started in its account or one below. */
export function replayVisible(viewer: Viewer): SqlFragment {
  return may(viewer, 'WEBHOOKS_MANAGE') ? within('r.account_id', viewer.accountId) : nothing;
}

/** The same of one replay in hand. */
export function mayReadReplay(viewer: Viewer, replay: { accountPath: string[] }): boolean {
  return may(viewer, 'WEBHOOKS_MANAGE') && replay.accountPath.includes(viewer.accountId);
}

/** The login whose portfolio the caller may read: its account with one of two permissions, else itself. */
export function visibleRoot(viewer: Viewer): string {
  return may(viewer, 'WEBHOOKS_MANAGE') || may(viewer, 'EVENTS_PUBLISH') ? viewer.accountId : viewer.loginId;
}

/** Whether the caller may read a login. */
export function loginVisible(viewer: Viewer, login: { path: string[] }): boolean {
  return login.path.includes(visibleRoot(viewer));
}

/** Whether the caller may edit a login: its own portfolio, with ACCESS_MANAGE. */
export function loginManaged(viewer: Viewer, login: { path: string[] }): boolean {
  return may(viewer, 'ACCESS_MANAGE') && login.path.includes(viewer.loginId);
}

/** True for rows of access tokens t that the caller may list and end: its own, with ACCESS_MANAGE those of its portfolio. */
export function tokenManaged(viewer: Viewer): SqlFragment {
  if (may(viewer, 'ACCESS_MANAGE')) return within('t.login_id', viewer.loginId);
  return (add) => `t.login_id = ${add(viewer.loginId)}`;
}

/** True for rows of teams t that belong to the caller's account or to one below. */
export function teamInPortfolio(viewer: Viewer): SqlFragment {
  return eachWithin('t.account_id', viewer.accountId);
}

/**
 * True for rows of teams t that the caller may read: those it is a member of, and, where it chooses teams for
 * webhooks or manages them, those of its account's portfolio.
 */
export function teamVisible(viewer: Viewer): SqlFragment {
  const own: SqlFragment = (add) => `t.id = any (${add(viewer.teamIds)}::text[])`;
  if (!may(viewer, 'WEBHOOKS_MANAGE') && !may(viewer, 'ACCESS_MANAGE')) return own;
  return (add) => `(${teamInPortfolio(viewer)(add)} or ${own(add)})`;
}

/** Whether the caller may ask for webhooks and deliveries at all: as a manager, or as a member of a team. */
export function mayReadWebhooks(viewer: Viewer): boolean {
  return may(viewer, 'WEBHOOKS_MANAGE') || viewer.teamIds.length > 0;
}

/** Which permission shows audit entries about which things, and from where in the tree downwards; null: the catalog. */
const AUDIT_RULES: { kinds: IdKind[]; permission: Permission; below: 'accountId' | 'loginId' | null }[] = [
  { kinds: ['webhook', 'replay'], permission: 'WEBHOOKS_MANAGE', below: 'accountId' },
  { kinds: ['login', 'accessToken'], permission: 'ACCESS_MANAGE', below: 'loginId' },
  { kinds: ['team'], permission: 'ACCESS_MANAGE', below: 'accountId' },
  { kinds: ['resource'], permission: 'CATALOG_MANAGE', below: null },
];

/** Whether the caller may read the audit log at all; which entries, says auditVisible. */
export function mayReadAudit(viewer: Viewer): boolean {
  return AUDIT_RULES.some(({ permission }) => may(viewer, permission));
}

/** True for entries a of the audit log that the caller may read: those about what it may manage. To be asked of some entries, or of all. */
export function auditVisible(viewer: Viewer, of: 'some' | 'all'): SqlFragment {
  const below = of === 'some' ? eachWithin : within;
  const rules = AUDIT_RULES.filter(({ permission }) => may(viewer, permission));
  return (add) => {
    const texts = rules.map(({ kinds, below: rootOf }) => {
      const about = `a.subject_kind = any (${add(kinds)}::text[])`;
      return rootOf === null ? about : `(${about} and ${below('a.scope_id', viewer[rootOf])(add)})`;
    });
    return texts.length === 0 ? 'false' : `(${texts.join(' or ')})`;
  };
}
