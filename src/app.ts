/**
 * The composition root: the only file that constructs, starts and stops. What is started last is
 * stopped first, so that nothing runs on something that is already gone.
 */
import type pg from 'pg';

import { createDataSource } from '../ormconfig.ts';
import { Access } from './access/access.ts';
import { Sessions } from './access/sessions.ts';
import { AuditLog } from './audit/audit-log.ts';
import { forgetWebhookChanges } from './audit/webhook-changes.ts';
import { Catalog } from './catalog/catalog.ts';
import type { Config } from './config.ts';
import { type Database, openDatabase } from './db/database.ts';
import { startEmbeddedPostgres } from './db/embedded-postgres.ts';
import { forgetIdempotencyKeys } from './db/idempotency-keys.ts';
import { ensurePartitions, partitionsAhead } from './db/partitions.ts';
import { readerOf } from './db/sql.ts';
import { AddressPolicy } from './egress/address-policy.ts';
import { Egress } from './egress/egress.ts';
import type { Resolver } from './egress/resolver.ts';
import { forgetKeys } from './events/idempotency.ts';
import { Publisher } from './events/publisher.ts';
import type { Rooms } from './graphql/context.ts';
import { createEdge } from './graphql/server.ts';
import { History } from './history/history.ts';
import { Retention } from './history/retention.ts';
import { Live } from './live/live.ts';
import { WebhookChanges } from './live/webhook-changes.ts';
import { createLogger, describeError, type Logger } from './log.ts';
import { version } from './paths.ts';
import { LOG_CHANNEL } from './queue/enqueue.ts';
import { loadKeyring } from './secrets/load-keyring.ts';
import { missingKeys } from './secrets/missing-keys.ts';
import { autoDisable } from './sending/auto-disable.ts';
import { KEPT_BODY_BYTES } from './sending/record.ts';
import { mostOnTheWire, Sender } from './sending/sender.ts';
import { createTransport } from './sending/transport.ts';
import { Drafts } from './webhooks/drafts.ts';
import { Webhooks } from './webhooks/webhooks.ts';

/** The time limit of an endpoint that sets none, ms. */
const DEFAULT_TIMEOUT_MS = 15_000;
/** Read beyond what is kept of a response, so that a secret across the cut is blanked whole, bytes. */
const REDACTION_WINDOW_BYTES = 8_192;
/** How often partitions are looked after, and what is older than it is to be kept is forgotten, ms. */
const HOUSEKEEPING_MS = 3_600_000;
/** The first time, so that servers that never run for an hour do it, too, ms. */
const FIRST_HOUSEKEEPING_MS = 60_000;
const FORGET_BATCH = 10_000;

/** What tests replace: the world outside, never our own code. */
export interface Overrides {
  resolver?: Resolver;
  logger?: Logger;
  /** Certificates (PEM) that outgoing TLS trusts besides the usual ones. */
  ca?: string[];
  /** The clock of timestamps that go out. */
  now?: () => Date;
}

/** A running server. */
export interface App {
  port: number;
  /** The listening address. */
  url: string;
  /** The root token, only when it was made by this start. */
  rootToken: string | null;
  db: Database;
  rooms: Rooms;
  config: Config;
  logger: Logger;
  /** Stops claiming, lets requests on the wire end within the grace period, closes everything. Safe to call twice. */
  stop(): Promise<void>;
}

/** Starts everything; throws StartupError with a sentence for the operator, having stopped what ran already. */
export async function startApp(config: Config, overrides: Overrides = {}): Promise<App> {
  const stops: (() => Promise<void> | void)[] = [];
  const stopAll = async (): Promise<void> => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  try {
    return await compose(config, overrides, stops, stopAll);
  } catch (error) {
    await stopAll();
    throw error;
  }
}

async function compose(
  config: Config,
  overrides: Overrides,
  stops: (() => Promise<void> | void)[],
  stopAll: () => Promise<void>,
): Promise<App> {
  const logger = overrides.logger ?? createLogger(config.logLevel);
  const db = await openStore(config, logger, stops);
  const keyring = await loadKeyring(config);
  const missing = await missingKeys(db.engine, keyring);
  if (missing.length > 0)
    logger.warn(
      { missing },
      'secrets in the database were sealed with keys that this server does not have, and their endpoints get nothing from it: give all servers the same BELLWIRE_ENCRYPTION_KEYS',
    );
  const access = new Access(db.orm, { rootToken: config.rootToken, rights: readerOf(db.rights) });

  const policyFor = (ownPort: number | null): AddressPolicy =>
    new AddressPolicy({
      allowHttp: config.allowHttp,
      allowedTargets: config.allowedTargets,
      ownHosts: [config.publicUrl === null ? config.host : new URL(config.publicUrl).hostname],
      ownPort,
      dev: config.dev,
    });
  const egress = new Egress({
    policy: policyFor(config.port || null),
    ...(overrides.resolver ? { resolver: overrides.resolver } : {}),
    ...(overrides.ca ? { ca: overrides.ca } : {}),
    dnsTimeoutMs: config.dnsTimeoutMs,
    maxSockets: mostOnTheWire(config.concurrency),
  });
  stops.push(() => egress.close());

  const catalog = new Catalog(db.orm);
  await catalog.ensureOwn();
  const live = new Live({ ...config, pool: db.streams, hints: db.hints, channel: LOG_CHANNEL, logger });
  await live.start();
  const saving = {
    ...{ orm: db.orm, access, keyring, egress },
    defaults: {
      timeoutMs: DEFAULT_TIMEOUT_MS,
      retryScheduleSeconds: config.retrySchedule.map((ms) => Math.ceil(ms / 1000)),
      maxConcurrency: config.endpointConcurrency,
    },
  };
  const rooms: Rooms = {
    access,
    sessions: new Sessions({ sql: readerOf(db.rights), access, limits: config }),
    audit: new AuditLog(db.orm),
    catalog,
    webhooks: new Webhooks(saving),
    drafts: new Drafts(saving),
    events: new Publisher({ pool: db.engine, access, catalog, firstDelayMs: config.retrySchedule[0]! }),
    history: new History(db.reads),
    live,
    changes: new WebhookChanges({ ...config, pool: db.streams, hints: db.hints, logger }),
    db,
    keep: config,
  };

  const sender = new Sender({
    pool: db.engine,
    hints: db.hints,
    keyring,
    logger,
    transport: createTransport(egress, { maxBodyBytes: KEPT_BODY_BYTES + REDACTION_WINDOW_BYTES, logger }),
    scheduleMs: config.retrySchedule,
    userAgent: `Bellwire/${version}`,
    now: overrides.now ?? (() => new Date()),
    concurrency: config.concurrency,
    endpointConcurrency: config.endpointConcurrency,
    endpointLeaseMs: config.endpointLeaseMs,
    leaseMarginMs: config.leaseMarginMs,
    maxRetryAfterMs: config.maxRetryAfterMs,
    probeMs: config.probeMs,
    autoDisableMs: config.autoDisableMs,
    pollMs: config.pollMs,
    switchOff: (endpointId, cause) =>
      autoDisable({ pool: db.engine, firstDelayMs: config.retrySchedule[0]! }, endpointId, cause),
  });

  const edge = await createEdge({ config, rooms, logger, health: { ready: () => readiness(db.engine) } });
  stops.push(() => edge.stop(0));
  const { port, url } = await edge.listen();
  // Only now is the port known where BELLWIRE_PORT is 0; nothing could be saved before.
  egress.usePolicy(policyFor(port));
  // Last of all that can fail: a token that is made must also be shown.
  const rootToken = await access.ensureRoot();
  sender.start();
  const retention = new Retention({ url: db.url, keep: config, logger });
  stops.push(() => retention.stop());
  const clean = (): void => void keepHouse(db.engine, rooms, retention, logger);
  const housekeeping = [setTimeout(clean, FIRST_HOUSEKEEPING_MS), setInterval(clean, HOUSEKEEPING_MS)];

  let stopped: Promise<void> | undefined;
  const stopServing = async (): Promise<void> => {
    housekeeping.forEach(clearInterval);
    // Requests on the wire and API requests end side by side, within one grace period. Streams end by
    // their sockets, which tells clients to come back, and not by completing, which would not.
    const served = edge
      .stop(config.shutdownGraceMs)
      .then(() => Promise.all([live.stop(), rooms.changes.stop()]));
    await Promise.all([served, sender.stop(config.shutdownGraceMs)]);
  };
  stops.push(stopServing);
  return { port, url, rootToken, db, rooms, config, logger, stop: () => (stopped ??= stopAll()) };
}

/** Opens the configured database, or starts the embedded one. */
async function openStore(
  config: Config,
  logger: Logger,
  stops: (() => Promise<void> | void)[],
): Promise<Database> {
  let url = config.databaseUrl;
  if (url === null) {
    const embedded = await startEmbeddedPostgres({ dataDir: config.dataDir, logger });
    stops.push(() => embedded.stop());
    url = embedded.url;
  }
  const db = await openDatabase(createDataSource(url), { url, logger, keep: config });
  stops.push(() => db.close());
  return db;
}

async function readiness(pool: pg.Pool): Promise<{ ok: boolean; reason?: string }> {
  try {
    return (await partitionsAhead(pool, Date.now()))
      ? { ok: true }
      : { ok: false, reason: 'The partitions of the coming 14 days are not made yet.' };
  } catch {
    return { ok: false, reason: 'The database does not answer.' };
  }
}

async function keepHouse(
  pool: pg.Pool,
  { drafts, sessions, keep }: Rooms,
  retention: Retention,
  logger: Logger,
): Promise<void> {
  try {
    await ensurePartitions(pool, keep, Date.now());
    await drafts.forget();
    await sessions.forget();
    while ((await forgetKeys(pool, FORGET_BATCH)) === FORGET_BATCH);
    await forgetIdempotencyKeys(pool);
    await forgetWebhookChanges(pool);
    await retention.run(Date.now());
  } catch (error) {
    logger.error(describeError(error), 'housekeeping failed, it is tried again in an hour');
  }
}
