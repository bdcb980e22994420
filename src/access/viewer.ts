/** The caller of a request, with the rights as they are now; read anew for every request and every pushed batch. */
import type { Reader } from '../db/sql.ts';

/** What a login may do inside its account. */
export const PERMISSIONS = ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH', 'CATALOG_MANAGE', 'ACCESS_MANAGE'] as const;

/** One of PERMISSIONS. */
export type Permission = (typeof PERMISSIONS)[number];

/** Who calls: the credential used, its login, the account that it acts in, and what it may do there. */
export interface Viewer {
  /**
   * The id of the access token, session or Create Webhooks link that it is known by; for a token of the identity provider
   * that of the identity and the token's end, as `idn_1@<seconds>`; empty for the server itself.
   */
  credentialId: string;
  /** The access token behind it: the credential itself, or the one that its session was made from; empty where there is none. */
  tokenId: string;
  loginId: string;
  /** Ids from the root down to the login itself. */
  loginPath: string[];
  /** The nearest login at or above it that is an account. */
  accountId: string;
  accountPath: string[];
  /** What the login holds, and the token behind it too if there is one. */
  permissions: ReadonlySet<Permission>;
  teamIds: string[];
  /** When the credential ends at the latest. */
  expiresAt: Date | null;
  /**
   * By when tokens that it makes must have ended: the end of the token behind it. A session by itself sets no bound,
   * however soon it ends: who signs in by a one-time link is its login, and would else never make a lasting token.
   */
  tokensEndBy: Date | null;
  /** The transaction in which its login last lost a permission, a team, its place in the tree or a branch of its account; null: none ever did. */
  rightsLost: bigint | null;
}

/** A viewer and what only the check of its credential needs to know. */
export interface CredentialOwner {
  viewer: Viewer;
  /** Of the credential; empty for a token of the identity provider, which its signature proves. */
  sha256: Buffer;
  /** Of the token behind it; null where there is none. */
  token: { origin: 'ROOT' | 'ENVIRONMENT' | 'USER'; sha256: Buffer } | null;
  /** How long a session may go unused, ms; null for a token. */
  idleMs: number | null;
  /** It is time to write down that it was used. */
  useIsStale: boolean;
}

interface Row {
  credential_id: string;
  sha256: Buffer;
  token_id: string | null;
  origin: 'ROOT' | 'ENVIRONMENT' | 'USER';
  token_sha256: Buffer;
  token_permissions: Permission[] | null;
  login_permissions: Permission[];
  login_id: string;
  login_path: string[];
  account_id: string;
  account_path: string[];
  team_ids: string[];
  expires_at: Date | null;
  tokens_end_by: Date | null;
  rights_lost: string | null;
  idle_ms: number | null;
  use_is_stale: boolean;
}

/**
 * A session's use is written down at most once in this time: a minute, less where it may idle for less than half
 * an hour. It lives that much longer than its idle limit, so that no use is lost for not having been written.
 */
export const SESSION_USE_STEP = `least(60000, s.idle_ms / 30) * interval '1 ms'`;

const VALID_TOKEN = `t.revoked_at is null and (t.expires_at is null or t.expires_at > clock_timestamp())`;

const TOKENS = `
  select t.id as credential_id, t.sha256, t.login_id, t.id as token_id, t.origin, t.sha256 as token_sha256,
         t.permissions as token_permissions, t.expires_at, t.expires_at as tokens_end_by, null::int as idle_ms,
         coalesce(t.last_used_at < clock_timestamp() - interval '1 minute', true) as use_is_stale
  from access_tokens t
  where ${VALID_TOKEN}`;

// Of null and an instant, least() gives the instant.
const SESSIONS = `
  select s.id, s.sha256, s.login_id, t.id, t.origin, t.sha256,
         t.permissions, least(s.expires_at, t.expires_at), t.expires_at, s.idle_ms,
         s.last_used_at < clock_timestamp() - ${SESSION_USE_STEP}
  from sessions s
  left join access_tokens t on t.id = s.access_token_id and t.login_id = s.login_id and ${VALID_TOKEN}
  where s.ended_at is null and s.expires_at > clock_timestamp()
    and s.last_used_at + s.idle_ms * interval '1 ms' + ${SESSION_USE_STEP} > clock_timestamp()
    and (s.access_token_id is null or t.id is not null)`;

// A link has no token behind it, but may be bound to the permissions of the one that made it.
const LINKS = `
  select k.id, k.sha256, k.login_id, null::text, null::text, null::bytea,
         k.permissions, null::timestamptz, null::timestamptz, null::int,
         coalesce(k.last_used_at < clock_timestamp() - interval '1 minute', true)
  from webhooks_links k
  where true`;

// Its end is the token's, which nobody has written down: it comes with the question, in seconds (RFC 7519, 4.1.4).
const identities = (asked: string) => `
  select i.id || '@' || k.ends, ''::bytea, i.login_id, null::text, null::text, null::bytea,
         null::text[], to_timestamp(k.ends), to_timestamp(k.ends), null::int,
         coalesce(i.last_used_at < clock_timestamp() - interval '1 minute', true)
  from ${asked}
  where to_timestamp(k.ends) > clock_timestamp()`;
const IDENTITY = identities(
  `(select $3::bigint as ends) k join identities i on i.issuer = $1 and i.subject = $2`,
);
const IDENTITIES = identities(
  `unnest($2::text[], $3::bigint[]) k (id, ends) join identities i on i.id = k.id`,
);

/**
 * How owners are looked for: by the hash of a token, of a session's cookie or of a Create Webhooks link, by who the identity
 * provider says it is and until when, or by credentialIds of all but links.
 */
export type OwnersBy =
  | { tokenSha256: Buffer }
  | { sessionSha256: Buffer }
  | { linkSha256: Buffer }
  | { identity: { issuer: string; subject: string; expiresAt: Date } }
  | { ids: readonly string[] };

/** The owners of tokens, sessions and links that are valid now; those that have ended are left out. */
export async function readOwners(reader: Reader, by: OwnersBy): Promise<CredentialOwner[]> {
  const [credentials, ...values] = credentialsOf(by);
  const rows = await reader.query<Row[]>(
    `select c.*, l.permissions as login_permissions, l.path as login_path,
            a.id as account_id, a.path as account_path, l.rights_lost,
            array(select m.team_id from team_members m where m.login_id = l.id order by m.team_id) as team_ids
     from (${credentials}) c
     join logins l on l.id = c.login_id and not l.disabled
     cross join lateral (
       select id, path from logins
       where id = any (l.path) and is_account
       order by cardinality(path) desc limit 1
     ) a`,
    values,
  );
  return rows.map(ownerOf);
}

function credentialsOf(by: OwnersBy): [text: string, ...values: unknown[]] {
  if ('tokenSha256' in by) return [`${TOKENS} and t.sha256 = $1`, by.tokenSha256];
  // Without tokens, which only give the columns their names.
  const named = `${TOKENS} and false union all`;
  if ('sessionSha256' in by) return [`${named} ${SESSIONS} and s.sha256 = $1`, by.sessionSha256];
  if ('linkSha256' in by) return [`${named} ${LINKS} and k.sha256 = $1`, by.linkSha256];
  if ('identity' in by) {
    const { issuer, subject, expiresAt } = by.identity;
    return [`${named} ${IDENTITY}`, issuer, subject, Math.floor(expiresAt.getTime() / 1000)];
  }
  const kept = by.ids.filter((id) => !id.includes('@'));
  const foreign = by.ids.filter((id) => id.includes('@')).map((id) => id.split('@'));
  const ids = (of: string) => `${of}.id = any ($1::text[])`;
  const text = `${TOKENS} and ${ids('t')} union all ${SESSIONS} and ${ids('s')}`;
  if (foreign.length === 0) return [text, kept];
  const columns = [0, 1].map((column) => foreign.map((parts) => parts[column]));
  return [`${text} union all ${IDENTITIES}`, kept, ...columns];
}

function ownerOf(row: Row): CredentialOwner {
  const held = row.login_permissions;
  const behind = row.token_permissions;
  return {
    viewer: {
      credentialId: row.credential_id,
      tokenId: row.token_id ?? '',
      loginId: row.login_id,
      loginPath: row.login_path,
      accountId: row.account_id,
      accountPath: row.account_path,
      permissions: new Set(behind === null ? held : behind.filter((permission) => held.includes(permission))),
      teamIds: row.team_ids,
      expiresAt: row.expires_at,
      tokensEndBy: row.tokens_end_by,
      rightsLost: row.rights_lost === null ? null : BigInt(row.rights_lost),
    },
    sha256: row.sha256,
    token: row.token_id === null ? null : { origin: row.origin, sha256: row.token_sha256 },
    idleMs: row.idle_ms,
    useIsStale: row.use_is_stale,
  };
}
