/**
 * Seals everything anew that is not sealed with the active key. Comes in: a keyring that opens what there is. Goes out: how
 * much was sealed anew, and what does not open. It goes in batches, each a transaction that holds the rows as an edit
 * does, so that neither undoes the other; versions stay, so that sockets, tokens and open pages do not notice. A crash
 * leaves the batches that were done: what is sealed with another key is looked for anew each time.
 */
import type pg from 'pg';

import { type Sql, transaction } from '../db/sql.ts';
import { type Keyring, type Place, SecretUnavailableError } from '../secrets/keyring.ts';
import { webhooksLinkPlace } from '../secrets/link-place.ts';
import { signingSecretPlace } from '../secrets/signing-secret.ts';
import { credentialPlace } from './authentication.ts';
import type { DraftEndpoint } from './draft-rows.ts';
import { headerPlace, type StoredHeader } from './headers.ts';
import { SEALED_IN_DRAFT, SEALED_IN_ENDPOINT, sealedOf } from './sealed-values.ts';

/** Rows of one transaction: some 20 ms in which edits of their webhooks wait. */
const BATCH = 100;
/** Whoever seals with another key behind the first look is met by a second one; more than that is a server with old keys. */
const MAX_ROUNDS = 5;

/** What came of it. */
export interface Rotation {
  /** Values that were sealed anew. */
  resealed: number;
  /** What does not open and was left as it is: sentences that name table and row. */
  broken: string[];
  /** Values that are sealed with the active key now. */
  current: number;
  /** Somebody goes on sealing with another key. */
  outrun: boolean;
}

/** How far it is. */
export interface RotationProgress {
  table: string;
  resealed: number;
}

interface Table {
  name: string;
  /** The ids, in their order, of rows behind $1 with a value that does not begin with $2, $3 at most. */
  select: string;
  /** How many values begin with $1. */
  count: string;
  /** Seals the values of these rows anew, in the caller's transaction. */
  reseal(sql: Sql, ids: string[], values: Values): Promise<void>;
}

/** Seals values anew and notes what does not open. */
class Values {
  readonly broken = new Set<string>();
  readonly #keyring: Keyring;
  count = 0;

  constructor(keyring: Keyring) {
    this.#keyring = keyring;
  }

  /** The value as it is to be stored. */
  resealed(sealed: Buffer, place: Place, where = ''): Buffer {
    try {
      const anew = this.#keyring.reseal(sealed, place);
      if (anew !== null) this.count += 1;
      return anew ?? sealed;
    } catch (error) {
      if (!(error instanceof SecretUnavailableError)) throw error;
      this.broken.add(where + error.message);
      return sealed;
    }
  }

  /** The same for a value inside JSON. */
  inText(sealed: string, place: Place, where = ''): string {
    return this.resealed(Buffer.from(sealed, 'base64'), place, where).toString('base64');
  }
}

const other = (sealed: string) => `substring(${sealed} from 1 for length($2)) is distinct from $2::bytea`;
const active = (sealed: string) => `substring(${sealed} from 1 for length($1)) = $1::bytea`;
const someOther = (objects: string) =>
  `exists (select 1 from ${objects} where v ->> 'sealed' is not null and ${other(`(${sealedOf('v')})`)})`;

const SECRETS: Table = {
  name: 'secrets',
  select: `select id from secrets where id > $1 and ${other('sealed')} order by id limit $3`,
  count: `select count(*) from secrets where ${active('sealed')}`,
  async reseal(sql, ids, values) {
    const { rows } = await sql.query<{ id: string; sealed: Buffer }>(
      'select id, sealed from secrets where id = any ($1::text[]) order by id for no key update',
      [ids],
    );
    await sql.query(
      `update secrets s set sealed = t.sealed from unnest($1::text[], $2::bytea[]) as t (id, sealed) where s.id = t.id`,
      [
        rows.map(({ id }) => id),
        rows.map(({ id, sealed }) => values.resealed(sealed, signingSecretPlace(id))),
      ],
    );
  },
};

const ENDPOINTS: Table = {
  name: 'endpoints',
  select: `select id from endpoints ep
     where id > $1 and (${someOther(SEALED_IN_ENDPOINT)} or (auth_sealed is not null and ${other('auth_sealed')}))
     order by id limit $3`,
  count: `select (select count(*) from endpoints where ${active('auth_sealed')})
       + (select count(*) from endpoints ep cross join lateral ${SEALED_IN_ENDPOINT} where ${active(`(${sealedOf('v')})`)})
       as count`,
  async reseal(sql, ids, values) {
    // Whoever edits an endpoint holds its webhook, from before it reads what it keeps until it has written it.
    await sql.query(
      `select 1 from webhooks where id = any (array(select webhook_id from endpoints where id = any ($1::text[])))
       order by id for no key update`,
      [ids],
    );
    const { rows } = await sql.query<{ id: string; headers: StoredHeader[]; auth_sealed: Buffer | null }>(
      'select id, headers, auth_sealed from endpoints where id = any ($1::text[]) order by id for no key update',
      [ids],
    );
    await sql.query(
      `update endpoints ep set headers = t.headers::jsonb, auth_sealed = t.auth_sealed
       from unnest($1::text[], $2::text[], $3::bytea[]) as t (id, headers, auth_sealed) where ep.id = t.id`,
      [
        rows.map(({ id }) => id),
        rows.map(({ id, headers }) => JSON.stringify(headersOf(id, headers, values))),
        rows.map(({ id, auth_sealed: sealed }) => sealed && values.resealed(sealed, credentialPlace(id))),
      ],
    );
  },
};

const LINKS: Table = {
  name: 'webhooks_links',
  select: `select id from webhooks_links where id > $1 and ${other('sealed')} order by id limit $3`,
  count: `select count(*) from webhooks_links where ${active('sealed')}`,
  async reseal(sql, ids, values) {
    const { rows } = await sql.query<{ id: string; sealed: Buffer }>(
      'select id, sealed from webhooks_links where id = any ($1::text[]) order by id for no key update',
      [ids],
    );
    await sql.query(
      `update webhooks_links k set sealed = t.sealed from unnest($1::text[], $2::bytea[]) as t (id, sealed) where k.id = t.id`,
      [
        rows.map(({ id }) => id),
        rows.map(({ id, sealed }) => values.resealed(sealed, webhooksLinkPlace(id))),
      ],
    );
  },
};

const DRAFTS: Table = {
  name: 'webhook_drafts',
  select: `select id from webhook_drafts d where id > $1 and ${someOther(SEALED_IN_DRAFT)} order by id limit $3`,
  count: `select count(*) from webhook_drafts d cross join lateral ${SEALED_IN_DRAFT}
     where ${active(`(${sealedOf('v')})`)}`,
  async reseal(sql, ids, values) {
    const { rows } = await sql.query<{ id: string; endpoints: DraftEndpoint[] }>(
      'select id, endpoints from webhook_drafts where id = any ($1::text[]) order by id for no key update',
      [ids],
    );
    await sql.query(
      `update webhook_drafts d set endpoints = t.endpoints::json
       from unnest($1::text[], $2::text[]) as t (id, endpoints) where d.id = t.id`,
      [
        rows.map(({ id }) => id),
        rows.map(({ id, endpoints }) => JSON.stringify(draftRowsOf(id, endpoints, values))),
      ],
    );
  },
};

/** Seals anew what is not sealed with the active key of the ring; notes each batch that changed something. */
export async function rotateKeys(
  pool: pg.Pool,
  keyring: Keyring,
  onBatch: (progress: RotationProgress) => void,
): Promise<Rotation> {
  const values = new Values(keyring);
  const prefix = keyring.activePrefix;
  let rounds = 0;
  let before: number;
  do {
    before = values.count;
    for (const table of [SECRETS, ENDPOINTS, DRAFTS, LINKS])
      await rotateTable(pool, table, prefix, values, onBatch);
    rounds += 1;
  } while (values.count > before && rounds < MAX_ROUNDS);
  let current = 0;
  for (const { count } of [SECRETS, ENDPOINTS, DRAFTS, LINKS])
    current += Number((await pool.query<{ count: string }>(count, [prefix])).rows[0]!.count);
  return { resealed: values.count, broken: [...values.broken], current, outrun: values.count > before };
}

async function rotateTable(
  pool: pg.Pool,
  table: Table,
  prefix: Buffer,
  values: Values,
  onBatch: (progress: RotationProgress) => void,
): Promise<void> {
  for (let after = ''; ;) {
    const { rows } = await pool.query<{ id: string }>(table.select, [after, prefix, BATCH]);
    const ids = rows.map(({ id }) => id);
    if (ids.length === 0) return;
    const before = values.count;
    await transaction(pool, (sql) => table.reseal(sql, ids, values));
    if (values.count > before) onBatch({ table: table.name, resealed: values.count });
    after = ids.at(-1)!;
  }
}

function headersOf<T extends StoredHeader>(
  endpointId: string,
  headers: T[],
  values: Values,
  where?: string,
): T[] {
  return headers.map((header) =>
    header.sealed === undefined
      ? header
      : { ...header, sealed: values.inText(header.sealed, headerPlace(endpointId, header.name), where) },
  );
}

/** Rows of a draft have the ids that their endpoints will have. */
function draftRowsOf(draftId: string, rows: DraftEndpoint[], values: Values): DraftEndpoint[] {
  const where = `In the draft ${draftId}: `;
  return rows.map((row) => {
    const sealed = row.authentication?.sealed;
    return {
      ...row,
      headers: headersOf(row.id, row.headers, values, where),
      ...(row.authentication &&
        sealed !== undefined && {
          authentication: {
            ...row.authentication,
            sealed: values.inText(sealed, credentialPlace(row.id), where),
          },
        }),
    };
  });
}
