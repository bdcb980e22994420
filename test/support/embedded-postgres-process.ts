/**
 * A process that runs an embedded PostgreSQL until it is killed: node … embedded-postgres-process.ts <data directory>.
 * Tells its parent {url} or {refused}.
 */
import { startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts';
import { createLogger } from '../../src/log.ts';

try {
  const server = await startEmbeddedPostgres({
    dataDir: process.argv[2]!,
    logger: createLogger('silent'),
    durable: false,
  });
  process.send!({ url: server.url });
  process.on('disconnect', () => process.exit());
} catch (error) {
  process.send!({ refused: (error as Error).message });
  process.disconnect();
}
