/** What every process stands on, whatever its role: the database, the keys, the way out, the clock, the numbers. */
import { createDataSource } from '../../ormconfig.ts';
import { Access } from '../access/access.ts';
import type { Config } from '../config.ts';
import { DatabaseClock } from '../db/clock.ts';
import { type Database, openDatabase } from '../db/database.ts';
import { startEmbeddedPostgres } from '../db/embedded-postgres.ts';
import { preparedReaderOf } from '../db/sql.ts';
import type { Egress } from '../egress/egress.ts';
import type { Resolver } from '../egress/resolver.ts';
import { StartupError } from '../errors.ts';
import { listeningUrl } from '../listen.ts';
import { createLogger, type Logger } from '../log.ts';
import { Metrics } from '../metrics/metrics.ts';
import { ReadinessCheck } from '../metrics/readiness.ts';
import { databaseSources, keepingSources } from '../metrics/sources.ts';
import type { Keyring } from '../secrets/keyring.ts';
import { loadKeyring } from '../secrets/load-keyring.ts';
import { missingKeys } from '../webhooks/missing-keys.ts';
import { createPolicy, openWayOut } from './way-out.ts';

/** What tests replace: the world outside, never our own code. */
export interface Overrides {
  resolver?: Resolver;
  logger?: Logger;
  /** Certificates (PEM) that outgoing TLS trusts besides the usual ones. */
  ca?: string[];
  /** The clock of timestamps that go out. */
  now?: () => Date;
}

/** Steps that undo what was started, in the order in which it was. */
export type Stops = (() => Promise<void> | void)[];

/** The common parts of a process. */
export interface Ground {
  config: Config;
  logger: Logger;
  db: Database;
  keyring: Keyring;
  access: Access;
  egress: Egress;
  clock: DatabaseClock;
  /** Now, for timestamps that go out: the database's time. */
  now: () => Date;
  metrics: Metrics;
  readiness: ReadinessCheck;
  /** Tells the address policy on which port this process listens, which webhooks may not call. */
  ownPort(port: number): void;
  /** Where users reach the server, without a slash at the end; right once ownPort was told. */
  publicAddress: () => string;
  /** The same, and that port, for what is started later. */
  ownAddress: () => { ownPort: number; publicAddress: string };
}

/** Makes them; what has to be stopped is added to stops. Throws StartupError with a sentence for the operator. */
export async function layGround(config: Config, overrides: Overrides, stops: Stops): Promise<Ground> {
  const logger = overrides.logger ?? createLogger(config.logLevel);
  const db = await openStore(config, logger, stops);
  const keyring = await loadKeyring(config);
  const missing = await missingKeys(db.engine, keyring);
  if (missing.length > 0)
    logger.warn(
      { missing },
      'secrets in the database were sealed with keys that this server does not have, and their endpoints get nothing from it: give all servers the same BELLWIRE_ENCRYPTION_KEYS',
    );
  const egress = openWayOut(config, config.port || null, overrides);
  stops.push(() => egress.close());
  let { port: ownPort } = config;
  const clock = new DatabaseClock(db.health, logger);
  await clock.start();
  stops.push(() => clock.stop());
  const now = overrides.now ?? clock.now;
  const readiness = new ReadinessCheck({
    sql: db.health,
    maxDueAgeMs: config.readyMaxDueAgeMs,
    byMail: config.smtp !== null,
    now: clock.now,
  });
  const metrics = new Metrics({ role: config.role, logger });
  metrics.add(
    ...databaseSources(db.health, (limitMs) => readiness.oldestDue(limitMs)),
    ...keepingSources(db.health),
  );
  const publicAddress = () => config.publicUrl ?? listeningUrl(config.host, ownPort);
  return {
    ...{ config, logger, db, keyring, egress, clock, now, metrics, readiness },
    access: new Access(db.orm, { rootToken: config.rootToken, rights: preparedReaderOf(db.rights) }),
    ownPort: (port) => {
      ownPort = port;
      egress.usePolicy(createPolicy(config, port));
    },
    publicAddress,
    ownAddress: () => ({ ownPort, publicAddress: publicAddress() }),
  };
}

/** Opens the configured database, or starts the embedded one. */
async function openStore(config: Config, logger: Logger, stops: Stops): Promise<Database> {
  let url = config.databaseUrl;
  if (url === null) {
    if (config.role === 'worker')
      throw new StartupError(
        'A worker has no database of its own: set DATABASE_URL to the PostgreSQL of the servers that it sends for.',
      );
    const embedded = await startEmbeddedPostgres({ dataDir: config.dataDir, logger });
    stops.push(() => embedded.stop());
    url = embedded.url;
  }
  const db = await openDatabase(createDataSource(url), { url, logger, keep: config });
  stops.push(() => db.close());
  return db;
}
