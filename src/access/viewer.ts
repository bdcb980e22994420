/** The caller of a request, with the rights as they are now; read anew for every request and every pushed batch. */
import type { Reader } from '../db/sql.ts';

/** What a login may do inside its account. */
export const PERMISSIONS = ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH', 'CATALOG_MANAGE', 'ACCESS_MANAGE'] as const;

/** One of PERMISSIONS. */
export type Permission = (typeof PERMISSIONS)[number];

/** Who calls: the token used, its login, the account that it acts in, and what it may do there. */
export interface Viewer {
  tokenId: string;
  loginId: string;
  /** Ids from the root down to the login itself. */
  loginPath: string[];
  /** The nearest login at or above it that is an account. */
  accountId: string;
  accountPath: string[];
  /** What both the token and the login hold. */
  permissions: ReadonlySet<Permission>;
  teamIds: string[];
  expiresAt: Date | null;
  /** The transaction in which its login last lost a permission, a team, its place in the tree or a branch of its account; null: none ever did. */
  rightsLost: bigint | null;
}

/** A viewer and what only the token check needs to know. */
export interface TokenOwner {
  viewer: Viewer;
  origin: 'ROOT' | 'ENVIRONMENT' | 'USER';
  sha256: Buffer;
  /** The last use is unknown or more than a minute ago. */
  useIsStale: boolean;
}

interface Row {
  token_id: string;
  origin: TokenOwner['origin'];
  sha256: Buffer;
  token_permissions: Permission[];
  login_permissions: Permission[];
  login_id: string;
  login_path: string[];
  account_id: string;
  account_path: string[];
  team_ids: string[];
  expires_at: Date | null;
  rights_lost: string | null;
  use_is_stale: boolean;
}

/** The owners of tokens that are valid now, found by a token's hash or by ids; those that have ended are left out. */
export async function readTokenOwners(
  reader: Reader,
  by: { sha256: Buffer } | { tokenIds: readonly string[] },
): Promise<TokenOwner[]> {
  const rows = await reader.query<Row[]>(
    `select t.id as token_id, t.origin, t.sha256, t.permissions as token_permissions,
            l.permissions as login_permissions, l.id as login_id, l.path as login_path,
            a.id as account_id, a.path as account_path, t.expires_at, l.rights_lost,
            array(select m.team_id from team_members m where m.login_id = l.id order by m.team_id) as team_ids,
            coalesce(t.last_used_at < clock_timestamp() - interval '1 minute', true) as use_is_stale
     from access_tokens t
     join logins l on l.id = t.login_id and not l.disabled
     cross join lateral (
       select id, path from logins
       where id = any (l.path) and is_account
       order by cardinality(path) desc limit 1
     ) a
     where ${'sha256' in by ? 't.sha256 = $1' : 't.id = any ($1::text[])'} and t.revoked_at is null
       and (t.expires_at is null or t.expires_at > clock_timestamp())`,
    ['sha256' in by ? by.sha256 : by.tokenIds],
  );
  return rows.map(ownerOf);
}

function ownerOf(row: Row): TokenOwner {
  const held = new Set(row.login_permissions);
  return {
    viewer: {
      tokenId: row.token_id,
      loginId: row.login_id,
      loginPath: row.login_path,
      accountId: row.account_id,
      accountPath: row.account_path,
      permissions: new Set(row.token_permissions.filter((permission) => held.has(permission))),
      teamIds: row.team_ids,
      expiresAt: row.expires_at,
      rightsLost: row.rights_lost === null ? null : BigInt(row.rights_lost),
    },
    origin: row.origin,
    sha256: row.sha256,
    useIsStale: row.use_is_stale,
  };
}
