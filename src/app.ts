/**
 * The composition root: this file and those of app/ are the only ones that construct, start and stop. A process serves
 * and sends, or does one of both (--role); what serves is loaded only where it is wanted. What is started last is
 * stopped first, so that nothing runs on something that is already gone.
 */
import type { Server } from 'node:http';

import { bearerToken } from './access/bearer.ts';
import { type Ground, layGround, type Overrides, type Stops } from './app/ground.ts';
import { startHousekeeping } from './app/housekeeping.ts';
import { Senders } from './app/senders.ts';
import type { Config } from './config.ts';
import type { Database } from './db/database.ts';
import type { Rooms } from './graphql/rooms.ts';
import { listen, listeningUrl } from './listen.ts';
import type { Logger } from './log.ts';
import { createMetricsServer, createProbes, createProbeServer, type ProbeOptions } from './metrics/probes.ts';
import { processSources } from './metrics/sources.ts';
import { LOG_CHANNEL } from './queue/enqueue.ts';
import { ReplayPump } from './replay/pump.ts';
import { LAST_WORDS_MS } from './sending/sender.ts';
import { StatsRollup } from './stats/rollup.ts';

export type { Overrides };

/** A running process, whatever its role. */
export interface Running {
  port: number;
  /** The listening address. */
  url: string;
  /** Where /metrics is served without a token; null without BELLWIRE_METRICS. */
  metricsUrl: string | null;
  db: Database;
  config: Config;
  logger: Logger;
  /** Stops claiming, lets requests on the wire end within the grace period, closes everything. Safe to call twice. */
  stop(): Promise<void>;
}

/** A running server of the API. */
export interface App extends Running {
  /** The root token, only when it was made by this start. */
  rootToken: string | null;
  rooms: Rooms;
}

/**
 * Starts a server (role all: that also sends); throws StartupError with a sentence for the operator, having stopped
 * what ran already.
 */
export function startApp(config: Config, overrides: Overrides = {}): Promise<App> {
  return starting(async (stops, stop) => {
    const ground = await layGround(config, overrides, stops);
    const { access, metrics, clock, db, logger } = ground;
    // Only here: it brings the schema and everything behind it.
    const { createServing } = await import('./app/serving.ts');
    const own: { senders?: Senders } = {};
    const handOver = () => own.senders?.handOver ?? null;
    const serving = await createServing(ground, createProbes(probeOptions(ground)), handOver);
    const { edge, rooms } = serving;
    stops.push(() => edge.stop(0));
    const { port, url } = await edge.listen();
    const metricsUrl = await serveMetrics(ground, stops);
    // Only now is the port known where BELLWIRE_PORT is 0; nothing could be saved before.
    ground.ownPort(port);
    // Last of all that can fail: a token that is made must also be shown.
    const rootToken = await access.ensureRoot();
    const senders = config.role === 'all' ? new Senders(ground, stops) : undefined;
    if (senders) own.senders = senders;
    metrics.add(...processSources({ clock, edge, ...(senders ? { senders } : {}) }));
    senders?.start();
    if (senders) startReplays(ground, stops);
    startStats(ground, stops);
    const housekeeping = startHousekeeping(ground, rooms);
    stops.push(() => housekeeping.stop());
    stops.push(async () => {
      housekeeping.quiet();
      letGo(ground);
      // Requests on the wire and API requests end side by side, within one grace period.
      await Promise.all([serving.stop(config.shutdownGraceMs), senders?.stop(config.shutdownGraceMs)]);
    });
    return { port, url, metricsUrl, rootToken, db, rooms, config, logger, stop };
  });
}

/** Starts a process that sends, and serves nothing but its probes; throws like startApp. */
export function startWorker(config: Config, overrides: Overrides = {}): Promise<Running> {
  return starting(async (stops, stop) => {
    const ground = await layGround(config, overrides, stops);
    const { metrics, clock, db, logger } = ground;
    const port = await serve(createProbeServer(probeOptions(ground)), config, stops);
    const metricsUrl = await serveMetrics(ground, stops);
    ground.ownPort(port);
    const senders = new Senders(ground, stops);
    metrics.add(...processSources({ clock, senders }));
    senders.start();
    startReplays(ground, stops);
    startStats(ground, stops);
    const housekeeping = startHousekeeping(ground);
    stops.push(() => housekeeping.stop());
    stops.push(async () => {
      housekeeping.quiet();
      letGo(ground);
      await senders.stop(config.shutdownGraceMs);
    });
    return { port, url: listeningUrl(config.host, port), metricsUrl, db, config, logger, stop };
  });
}

/** A stop waits for the database until the sender's last words are said, and a moment, ms. */
const LET_GO_MS = LAST_WORDS_MS + 500;

/** Sees to it that a database that does not answer does not hold up the stop that begins now. */
function letGo({ db, config }: Ground): void {
  db.letGo(config.shutdownGraceMs + LET_GO_MS);
}

/** Carries replays out, wherever deliveries are sent. */
function startReplays({ config, db, logger }: Ground, stops: Stops): void {
  const pump = new ReplayPump({ pool: db.engine, logger, pollMs: config.pollMs, keep: config });
  stops.push(() => pump.stop());
  pump.start();
}

/** Runs a start that notes what has to be stopped; stop undoes it once, however often it is called. */
async function starting<T>(start: (stops: Stops, stop: () => Promise<void>) => Promise<T>): Promise<T> {
  const stops: Stops = [];
  let stopped: Promise<void> | undefined;
  const stopAll = async (): Promise<void> => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  try {
    return await start(stops, () => (stopped ??= stopAll()));
  } catch (error) {
    await stopAll();
    throw error;
  }
}

/** Counts what is sent, as every process does. */
function startStats({ config, db, clock, logger }: Ground, stops: Stops): void {
  const rollup = new StatsRollup({
    ...{ pool: db.streams, hints: db.hints, channel: LOG_CHANNEL },
    ...{ pollMs: config.pollMs, now: clock.now, logger },
  });
  rollup.start();
  stops.push(() => rollup.stop());
}

function probeOptions({ access, logger, metrics, readiness }: Ground): ProbeOptions {
  return {
    ready: () => readiness.check(),
    scrape: () => metrics.scrape(),
    async mayScrape(authorization) {
      const token = bearerToken(authorization);
      const viewer = token === undefined ? undefined : await access.viewerOfToken(token);
      return viewer && viewer.accountPath.length === 1 && viewer.permissions.has('ACCESS_MANAGE');
    },
    logger,
  };
}

/** Serves /metrics on the address of its own, where one is set; its URL. */
async function serveMetrics({ config, metrics, logger }: Ground, stops: Stops): Promise<string | null> {
  const { metricsAddress } = config;
  if (metricsAddress === null) return null;
  const server = createMetricsServer({ scrape: () => metrics.scrape(), logger });
  const port = await serve(server, metricsAddress, stops, 'BELLWIRE_METRICS');
  return `${listeningUrl(metricsAddress.host, port)}/metrics`;
}

/** Listens until the process stops; probes are short, and are cut then. */
async function serve(
  server: Server,
  address: { host: string; port: number },
  stops: Stops,
  setting?: string,
): Promise<number> {
  const port = await listen(
    server,
    address,
    setting === undefined ? undefined : { host: setting, port: setting },
  );
  server.on('error', () => undefined);
  stops.push(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  return port;
}
