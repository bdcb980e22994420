/** Watches a server that lives long: whether its memory grows, and whether its files, sockets and the database's locks go back to where they were. */
import type { Ground } from './ground.ts';
import { rounded, slope } from './numbers.ts';
import type { ServerNode, Vitals } from './server-node.ts';

const EVERY_MS = 2_000;
/** The share of a watch that is warm-up: compilers, caches and pools fill. */
const WARM_UP = 0.25;

/** Samples memory until it is stopped. */
export class MemoryWatch {
  readonly #samples: { at: number; rssMb: number }[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(node: ServerNode) {
    this.#timer = setInterval(() => {
      const vitals = node.vitals();
      if (vitals) this.#samples.push({ at: performance.now(), rssMb: vitals.rssMb });
    }, EVERY_MS);
  }

  /** Ends, with MB at the beginning and at the end of what follows the warm-up, its slope in MB a minute, and how long that was, minutes. */
  stop(): { firstMb: number | null; lastMb: number | null; mbPerMinute: number; minutes: number } {
    clearInterval(this.#timer);
    const points = this.#samples.slice(Math.floor(this.#samples.length * WARM_UP));
    const minutes = points.length < 2 ? 0 : (points.at(-1)!.at - points[0]!.at) / 60_000;
    return {
      firstMb: rounded(points[0]?.rssMb ?? NaN),
      lastMb: rounded(points.at(-1)?.rssMb ?? NaN),
      mbPerMinute: slope(points.map(({ at, rssMb }) => ({ x: at / 60_000, y: rssMb }))),
      minutes,
    };
  }
}

/** What is left in the database by sessions other than the soak's own. */
export interface Leftovers {
  /** Locks of transactions that have been open for five seconds, and locks that are waited for. */
  locks: number;
  idleInTransaction: number;
}

/** Looks for what a leak leaves in the database. */
export async function leftovers(ground: Ground): Promise<Leftovers> {
  const [row] = await ground.rows<{ locks: number; idle: number }>(
    `select
       (select count(*)::int from pg_locks l join pg_stat_activity a using (pid)
        where a.datname = current_database() and a.pid <> pg_backend_pid()
          and (not l.granted or a.xact_start < now() - interval '5 s')) as locks,
       (select count(*)::int from pg_stat_activity
        where datname = current_database() and state like 'idle in transaction%'
          and state_change < now() - interval '2 s') as idle`,
  );
  return { locks: row!.locks, idleInTransaction: row!.idle };
}

/** Waits until a node has no more files and sockets than it had, some to spare; what it has then. */
export async function settledVitals(
  node: ServerNode,
  before: Vitals,
  spare: number,
  limitMs: number,
): Promise<Vitals> {
  for (const end = performance.now() + limitMs; ;) {
    const now = node.vitals()!;
    if (
      (now.files <= before.files + spare && now.sockets <= before.sockets + spare) ||
      performance.now() > end
    )
      return now;
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS / 4));
  }
}
