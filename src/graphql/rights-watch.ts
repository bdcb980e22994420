/**
 * Closes sockets whose callers have lost something, whether a subscription runs on them or not: one
 * statement for all sockets of the process, twice a second and a bit more, so that a second is kept.
 */
import type { Access } from '../access/access.ts';
import { describeError, type Logger } from '../log.ts';
import type { Connections } from './connections.ts';
import { hasLost } from './context.ts';
import { CLOSE, LOST_RIGHTS } from './socket-protocol.ts';

/** A second is promised; this leaves the rest of it to the statement and to a process that is busy. */
const INTERVAL_MS = 400;

/** Watches until the returned function is called. A database that is away closes nothing. */
export function watchRights(options: {
  connections: Connections;
  access: Pick<Access, 'refreshAll'>;
  logger: Logger;
}): () => void {
  const { connections, access, logger } = options;
  let busy = false;
  let failing = false;

  async function look(): Promise<void> {
    const open = connections.all();
    const credentialIds = new Set(open.map(({ viewer }) => viewer!.credentialId));
    const viewers = await access.refreshAll([...credentialIds]);
    for (const connection of open) {
      const before = connection.viewer!;
      const now = viewers.get(before.credentialId);
      if (now && !hasLost(before, now)) connection.viewer = now;
      else connection.close(CLOSE.forbidden, LOST_RIGHTS);
    }
  }

  const timer = setInterval(() => {
    if (busy || connections.all().length === 0) return;
    busy = true;
    void look()
      .then(
        () => (failing = false),
        (error: unknown) => {
          if (!failing) logger.warn(describeError(error), 'the rights of open sockets could not be read');
          failing = true;
        },
      )
      .finally(() => (busy = false));
  }, INTERVAL_MS).unref();
  return () => clearInterval(timer);
}
