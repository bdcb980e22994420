/**
 * The Create Webhooks link of a login. Comes in: who asks. Goes out: the secret part of its address, which the owner may read
 * again at any time. It is found by its hash and kept sealed (security page, 3); at most one for each login, a new one ends
 * the one before, on every server at once. Whoever bears it reads what the login may read, and no more than the
 * credential might that made it.
 */
import type pg from 'pg';

import { may, mayReadWebhooks, missing } from '../access/policy.ts';
import { hashToken, makeToken } from '../access/token-format.ts';
import { type Permission, PERMISSIONS, type Viewer } from '../access/viewer.ts';
import { recordAudit } from '../audit/audit-log.ts';
import { readerOf, type Sql, transactionOfResult } from '../db/sql.ts';
import { ok, problem, refused, type Result } from '../errors.ts';
import { newId } from '../ids.ts';
import { type Keyring, SecretUnavailableError } from '../secrets/keyring.ts';
import { webhooksLinkPlace } from '../secrets/link-place.ts';

/** A link as its owner is shown it. */
export interface WebhooksLink {
  /** The secret part of the address. */
  secret: string;
  createdAt: Date;
  /** To the minute. */
  lastUsedAt: Date | null;
}

interface Row {
  id: string;
  sealed: Buffer;
  created_at: Date;
  last_used_at: Date | null;
  /** What it may do now. */
  permissions: Permission[];
}

const FIND = `
  select k.id, k.sealed, k.created_at, k.last_used_at,
         array(select unnest(l.permissions) intersect select unnest(coalesce(k.permissions, l.permissions))) as permissions
  from webhooks_links k join logins l on l.id = k.login_id
  where k.login_id = $1`;

/** Makes, shows and ends links. */
export class WebhooksLinks {
  readonly #pool: pg.Pool;
  readonly #keyring: Keyring;

  constructor({ pool, keyring }: { pool: pg.Pool; keyring: Keyring }) {
    this.#pool = pool;
    this.#keyring = keyring;
  }

  /** The caller's link, null where there is none; FORBIDDEN where it may do what the caller may not. */
  async find(viewer: Viewer): Promise<Result<WebhooksLink | null>> {
    if (!mayReadWebhooks(viewer)) return refused(missing('WEBHOOKS_MANAGE'));
    const found = await this.#read(this.#pool, viewer);
    if (!found.ok) return found;
    if (found.value === undefined) return ok(null);
    const { id, sealed, created_at: createdAt, last_used_at: lastUsedAt } = found.value;
    try {
      return ok({ secret: this.#keyring.open(sealed, webhooksLinkPlace(id)), createdAt, lastUsedAt });
    } catch (error) {
      if (!(error instanceof SecretUnavailableError)) throw error;
      const message =
        'The link cannot be shown: this server does not have the key that it was sealed with. It still works; making a new one ends it.';
      return refused(problem('INVALID_STATE', null, message));
    }
  }

  /** Makes the caller's link, or makes it anew: the one before ends. */
  async rotate(viewer: Viewer): Promise<Result<WebhooksLink>> {
    if (!mayReadWebhooks(viewer)) return refused(missing('WEBHOOKS_MANAGE'));
    return transactionOfResult(this.#pool, async (sql) => {
      const before = await this.#read(sql, viewer, 'for update of k');
      if (!before.ok) return before;
      const id = newId('webhooksLink');
      const secret = makeToken('webhooksLink');
      const { rows } = await sql.query<{ created_at: Date }>(
        `insert into webhooks_links (id, login_id, sha256, sealed, permissions)
         select $1, l.id, $3, $4, case when l.permissions <@ $5::text[] then null else $5::text[] end
         from logins l where l.id = $2
         on conflict (login_id) do update
         set id = excluded.id, sha256 = excluded.sha256, sealed = excluded.sealed, permissions = excluded.permissions,
             created_at = clock_timestamp(), last_used_at = null
         returning created_at`,
        [
          id,
          viewer.loginId,
          hashToken(secret),
          this.#keyring.seal(secret, webhooksLinkPlace(id)),
          [...viewer.permissions],
        ],
      );
      await record(sql, viewer, before.value === undefined ? 'Create' : 'Rotate');
      return ok({ secret, createdAt: rows[0]!.created_at, lastUsedAt: null });
    });
  }

  /** Ends the caller's link; returns its id, or that of the login where there was none. */
  async revoke(viewer: Viewer): Promise<Result<string>> {
    if (!mayReadWebhooks(viewer)) return refused(missing('WEBHOOKS_MANAGE'));
    return transactionOfResult(this.#pool, async (sql) => {
      const before = await this.#read(sql, viewer, 'for update of k');
      if (!before.ok) return before;
      if (before.value === undefined) return ok(viewer.loginId);
      await sql.query('delete from webhooks_links where id = $1', [before.value.id]);
      await record(sql, viewer, 'Revoke');
      return ok(before.value.id);
    });
  }

  /** To show it, or to end it, would give or take what the caller does not hold. */
  async #read(sql: Sql, viewer: Viewer, lock = ''): Promise<Result<Row | undefined>> {
    const { rows } = await sql.query<Row>(`${FIND} ${lock}`, [viewer.loginId]);
    const beyond = PERMISSIONS.filter(
      (permission) => rows[0]?.permissions.includes(permission) && !may(viewer, permission),
    );
    if (beyond.length === 0) return ok(rows[0]);
    const message = `The link of this login may do what the caller may not: ${beyond.join(', ')}.`;
    return refused(problem('FORBIDDEN', null, message));
  }
}

async function record(sql: Sql, viewer: Viewer, verb: 'Create' | 'Rotate' | 'Revoke'): Promise<void> {
  await recordAudit(readerOf(sql), {
    loginId: viewer.loginId,
    action: `login.webhooksLink${verb}`,
    subjectId: viewer.loginId,
    scopeId: viewer.loginId,
    changes: { webhooksLink: { changed: true } },
  });
}
