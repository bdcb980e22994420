/**
 * Who comes from the identity provider of the host platform. Comes in: what the provider says of a person, verified. Goes
 * out: the login that this person is here. Known is who has come before, by issuer and subject; who has not becomes the
 * login with the same verified e-mail address or a new one below the configured parent, if the operator allows that, in one
 * transaction with its entry of the audit log. Everything is in the database, so that servers agree.
 */
import type { DataSource, EntityManager } from 'typeorm';
import isEmail from 'validator/lib/isEmail.js';

import { recordAudit } from '../audit/audit-log.ts';
import type { Reader } from '../db/sql.ts';
import { newId } from '../ids.ts';
import { LoginEntity } from './login.entity.ts';
import { MAX_EMAIL } from './logins.ts';
import { MAX_NAME } from './text-input.ts';
import { lockTree } from './tree.ts';
import { type Permission, readOwners, type Viewer } from './viewer.ts';

/** What the provider says of a person. */
export interface ForeignPerson {
  issuer: string;
  subject: string;
  name: string | null;
  email: string | null;
  /** Whether the provider vouches for the address. */
  emailVerified: boolean;
}

/** What becomes of people who come for the first time. */
export interface NewcomerRules {
  /** The number of the login below which theirs are made; null: none is made. */
  parentNumber: number | null;
  permissions: Permission[];
  isAccount: boolean;
  linkByEmail: boolean;
}

/** Why a person is nobody here: not known; a disabled login; the configured parent is missing or disabled. */
export type Stranger = 'UNKNOWN' | 'DISABLED' | 'NO_PARENT';

/** Finds and makes the logins of such people. */
export class Identities {
  readonly #orm: DataSource;
  readonly #rights: Reader;
  readonly #rules: NewcomerRules;

  /** rights: the connections on which callers are looked up. */
  constructor(options: { orm: DataSource; rights: Reader; rules: NewcomerRules }) {
    this.#orm = options.orm;
    this.#rights = options.rights;
    this.#rules = options.rules;
  }

  /** The person as a caller until the end of its token, with the rights as they are now. Everybody's second request costs one statement. */
  async viewerOf(person: ForeignPerson, expiresAt: Date): Promise<Viewer | Stranger> {
    const known = await this.#find(person, expiresAt);
    if (known !== undefined) return known;
    const loginId = await this.loginOf(person);
    if (typeof loginId !== 'object') return loginId;
    // Nothing, where it was disabled, or its token has ended, at this very moment.
    return (await this.#find(person, expiresAt)) ?? 'DISABLED';
  }

  /** The id of the login that the person is, made or linked where that is allowed. */
  async loginOf(person: ForeignPerson): Promise<{ loginId: string } | Stranger> {
    const known = await identified(this.#rights, person);
    if (known !== undefined) return known.disabled ? 'DISABLED' : { loginId: known.login_id };
    return this.#orm.transaction(async (manager) => {
      await lockTree(manager);
      // Of two first requests at once the second one finds what the first has made.
      const made = await identified(manager, person);
      if (made !== undefined) return made.disabled ? 'DISABLED' : { loginId: made.login_id };
      return this.#newcomer(manager, person);
    });
  }

  async #find({ issuer, subject }: ForeignPerson, expiresAt: Date): Promise<Viewer | undefined> {
    const [owner] = await readOwners(this.#rights, { identity: { issuer, subject, expiresAt } });
    if (owner?.useIsStale)
      await this.#rights.query(
        `update identities set last_used_at = clock_timestamp()
         where issuer = $1 and subject = $2
           and coalesce(last_used_at < clock_timestamp() - interval '1 minute', true)`,
        [issuer, subject],
      );
    return owner?.viewer;
  }

  async #newcomer(manager: EntityManager, person: ForeignPerson): Promise<{ loginId: string } | Stranger> {
    const { parentNumber, linkByEmail } = this.#rules;
    const parent =
      parentNumber === null ? null : await manager.findOneBy(LoginEntity, { number: parentNumber });
    if (parentNumber !== null && (parent === null || parent.disabled)) return 'NO_PARENT';
    const email = emailOf(person);
    const namesake = linkByEmail && email !== '' ? await findByEmail(manager, email, parent) : undefined;
    if (namesake !== undefined) {
      if (namesake.disabled) return 'DISABLED';
      await link(manager, person, namesake.id);
      await note(manager, 'login.update', namesake.id, { identity: identityOf(person) });
      return { loginId: namesake.id };
    }
    return parent === null ? 'UNKNOWN' : this.#create(manager, person, parent);
  }

  async #create(
    manager: EntityManager,
    person: ForeignPerson,
    parent: LoginEntity,
  ): Promise<{ loginId: string }> {
    const id = newId('login');
    const { permissions, isAccount } = this.#rules;
    const settings = {
      name: nameOf(person),
      email: emailOf(person),
      parentId: parent.id,
      isAccount,
      permissions,
    };
    await manager.insert(LoginEntity, { id, path: [...parent.path, id], ...settings, disabled: false });
    await link(manager, person, id);
    await note(manager, 'login.create', id, { ...settings, identity: identityOf(person) });
    return { loginId: id };
  }
}

async function identified(
  reader: Reader,
  { issuer, subject }: ForeignPerson,
): Promise<{ login_id: string; disabled: boolean } | undefined> {
  const [row] = await reader.query<{ login_id: string; disabled: boolean }[]>(
    `select i.login_id, l.disabled from identities i join logins l on l.id = i.login_id
     where i.issuer = $1 and i.subject = $2`,
    [issuer, subject],
  );
  return row;
}

/**
 * The one login that has the address, without regard to case, and is nobody of this provider yet; below parent, if one is
 * given. With two of them nobody can say which is meant. Never the root: it is nobody's by an address.
 */
async function findByEmail(
  manager: EntityManager,
  email: string,
  parent: LoginEntity | null,
): Promise<{ id: string; disabled: boolean } | undefined> {
  const rows = await manager.query<{ id: string; disabled: boolean; taken: boolean }[]>(
    `select l.id, l.disabled, exists (select 1 from identities i where i.login_id = l.id) as taken
     from logins l
     where lower(l.email) = lower($1) and l.parent_id is not null and ($2::text is null or $2::text = any (l.path))
     limit 2`,
    [email, parent?.id ?? null],
  );
  const [only] = rows;
  return rows.length === 1 && only?.taken === false ? only : undefined;
}

async function link(manager: EntityManager, person: ForeignPerson, loginId: string): Promise<void> {
  await manager.query(`insert into identities (id, login_id, issuer, subject) values ($1, $2, $3, $4)`, [
    newId('identity'),
    loginId,
    person.issuer,
    person.subject,
  ]);
}

/** Nobody who is here did it: the provider's word did. */
async function note(
  manager: EntityManager,
  action: string,
  loginId: string,
  values: Record<string, unknown>,
): Promise<void> {
  const changes = Object.fromEntries(
    Object.entries(values).map(([field, to]) => [field, { from: null, to }]),
  );
  await recordAudit(manager, { loginId: null, action, subjectId: loginId, scopeId: loginId, changes });
}

function identityOf({ issuer, subject }: ForeignPerson): object {
  return { issuer, subject };
}

/** Fit to be shown and to be kept, whatever the provider lets people call themselves. */
function nameOf({ name, email, subject }: ForeignPerson): string {
  for (const text of [name, email]) {
    // eslint-disable-next-line no-control-regex -- among them NUL, which no text of the database can hold
    const clean = [...(text ?? '').replace(/[\x00-\x1f\x7f]/g, ' ').trim()].slice(0, MAX_NAME).join('');
    if (clean !== '') return clean;
  }
  return [...subject].slice(0, MAX_NAME).join('');
}

/** An address that the provider does not vouch for is anybody's. */
function emailOf({ email, emailVerified }: ForeignPerson): string {
  return emailVerified && email !== null && email.length <= MAX_EMAIL && isEmail.default(email) ? email : '';
}
