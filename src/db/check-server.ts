/**
 * Is this a PostgreSQL that Bellwire can work with? Whatever is wrong becomes one sentence for the
 * operator, which names the server but never the user's password.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import pg from 'pg';

import { StartupError } from '../errors.ts';
import { parseUrl } from '../url.ts';
import { connectionSettings } from './pools.ts';

/** The oldest server that has what the SQL of this program needs (server_version_num). */
const OLDEST_VERSION = 150_000;
/** How long a server that says it is still starting is waited for. */
const STARTING_MS = 30_000;

/** What a server says about itself. */
export interface ServerFacts {
  versionNum: number;
  version: string;
  readOnly: boolean;
  inRecovery: boolean;
}

/** Connects (the caller ends the connection) after checking the server. Throws StartupError, nothing else. */
export async function connectChecked(url: string): Promise<pg.Client> {
  const { client, place } = await connect(url, Date.now() + STARTING_MS);
  try {
    const { rows } = await client.query<ServerFacts>(
      `select current_setting('server_version_num')::int as "versionNum", current_setting('server_version') as version,
         current_setting('transaction_read_only')::boolean as "readOnly", pg_is_in_recovery() as "inRecovery"`,
    );
    refuseUnfit(rows[0]!, place);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error instanceof StartupError
      ? error
      : new StartupError(`${place} cannot be used: ${reasonOf(error, url)}.`);
  }
}

/** Throws StartupError for a server that is too old or takes no writes; place names it. */
export function refuseUnfit(facts: ServerFacts, place: string): void {
  if (facts.versionNum < OLDEST_VERSION)
    throw new StartupError(`${place} is version ${facts.version}; Bellwire needs PostgreSQL 15 or newer.`);
  if (facts.inRecovery)
    throw new StartupError(`${place} is a standby and takes no writes; point DATABASE_URL at the primary.`);
  if (facts.readOnly)
    throw new StartupError(
      `${place} is read-only (default_transaction_read_only is on); Bellwire needs a database that it may write to.`,
    );
}

async function connect(url: string, giveUpAt: number): Promise<{ client: pg.Client; place: string }> {
  let client: pg.Client;
  try {
    client = new pg.Client({ connectionString: url, ...connectionSettings('startup'), ...UNHURRIED });
  } catch {
    throw new StartupError(
      'DATABASE_URL is not a valid address; characters such as @ : / # % in its password must be percent-encoded.',
    );
  }
  // A connection lost between two statements shows at the next one.
  client.on('error', () => undefined);
  const place = `The PostgreSQL at ${client.host}:${client.port}, database "${client.database}",`;
  try {
    await client.connect();
    return { client, place };
  } catch (error) {
    await client.end().catch(() => undefined);
    if (codeOf(error) === '57P03' && Date.now() < giveUpAt) {
      await sleep(250);
      return connect(url, giveUpAt);
    }
    throw new StartupError(`${place} cannot be reached: ${reasonOf(error, url)}. Is DATABASE_URL right?`);
  }
}

/** This connection waits for other servers' migrations, however long they take. */
const UNHURRIED = { statement_timeout: 0, query_timeout: 0 };

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'its host name is unknown',
  EAI_AGAIN: 'its host name could not be resolved',
  ETIMEDOUT: 'it did not answer in time',
  ENOENT: 'its socket does not exist',
  '28P01': 'it refused the user name or the password',
  '28000': 'it does not let this user in',
  '3D000': 'there is no such database',
  '53300': 'it has no connection left',
  '57P03': 'it is still starting up or already stopping',
};

/** Why it failed, as the end of a sentence; what the driver says is used only with the password taken out. */
export function reasonOf(error: unknown, url: string): string {
  const known = REASONS[codeOf(error) ?? ''];
  if (known) return known;
  const message = error instanceof Error ? error.message : String(error);
  if (/timeout/i.test(message)) return REASONS.ETIMEDOUT!;
  return withoutPassword(message, url).replace(/\.$/, '');
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

function withoutPassword(message: string, url: string): string {
  const parsed = parseUrl(url);
  const raw = [parsed?.password, parsed?.searchParams.get('password')].filter(
    (part) => part != null && part !== '',
  );
  return raw.reduce<string>((text, part) => {
    let plain = part!;
    try {
      plain = decodeURIComponent(part!);
    } catch {
      // Not percent-encoded at all: the text itself is the password.
    }
    return text.replaceAll(part!, '***').replaceAll(plain, '***');
  }, message);
}
