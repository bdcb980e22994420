/** Watches a server that lives long: whether its memory grows, and whether its files, sockets and the database's locks go back to where they were. */
import type { Ground } from './ground.ts';
import { rounded, slope } from './numbers.ts';
import type { ServerNode, Vitals } from './server-node.ts';

const EVERY_MS = 2_000;
/** The share of a watch that is warm-up: compilers, caches and pools fill. */
const WARM_UP = 0.25;

/** What a watch saw. */
export interface Growth {
  /** MB at the beginning and at the end of what was judged. */
  firstMb: number | null;
  lastMb: number | null;
  mbPerMinute: number;
  /** How long that was. */
  minutes: number;
  /** How many senders were at work in it. */
  senders: number;
}

/**
 * Samples memory until it is stopped. A further sender is a thread with some hundred MB of its own, so growth is looked for
 * in what comes behind the start of the last one.
 */
export class MemoryWatch {
  readonly #samples: { at: number; rssMb: number; senders: number }[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(node: ServerNode) {
    this.#timer = setInterval(() => void this.#sample(node), EVERY_MS);
  }

  async #sample(node: ServerNode): Promise<void> {
    const vitals = node.vitals();
    if (!vitals) return;
    // A server that does not answer in time has as many as before.
    const senders = await node.senders().catch(() => this.#samples.at(-1)?.senders ?? 1);
    this.#samples.push({ at: performance.now(), rssMb: vitals.rssMb, senders });
  }

  /** Ends, with what was seen with the last number of senders, behind the warm-up. */
  stop(): Growth {
    clearInterval(this.#timer);
    const senders = this.#samples.at(-1)?.senders ?? 1;
    const since = this.#samples.findLastIndex((sample) => sample.senders !== senders) + 1;
    const alike = this.#samples.slice(since);
    const points = alike.slice(Math.floor(alike.length * WARM_UP));
    const minutes = points.length < 2 ? 0 : (points.at(-1)!.at - points[0]!.at) / 60_000;
    return {
      firstMb: rounded(points[0]?.rssMb ?? NaN),
      lastMb: rounded(points.at(-1)?.rssMb ?? NaN),
      mbPerMinute: slope(points.map(({ at, rssMb }) => ({ x: at / 60_000, y: rssMb }))),
      minutes,
      senders,
    };
  }
}

/** What is left in the database by sessions other than the soak's own. */
export interface Leftovers {
  /** Locks of transactions that have been open for five seconds, and locks that are waited for. */
  locks: number;
  idleInTransaction: number;
  /** Whose, with what they do. */
  holders: string[];
}

interface Holder {
  locks: number;
  state: string;
  holder: string;
  [column: string]: unknown;
}

const LEFTOVERS = `
  select coalesce(l.locks, 0)::int as locks, a.state,
         format('%s (%s, %s) in a transaction for %s s: %s', a.application_name, a.state,
                coalesce(a.wait_event, 'not waiting'), round(extract(epoch from now() - a.xact_start)), left(a.query, 80)) as holder
  from pg_stat_activity a
  left join lateral (
    select count(*) filter (where not granted or a.xact_start < now() - interval '5 s') as locks
    from pg_locks where pg_locks.pid = a.pid
  ) l on true
  where a.datname = current_database() and a.backend_type = 'client backend' and a.pid <> pg_backend_pid()
    and (l.locks > 0 or a.state like 'idle in transaction%' and a.state_change < now() - interval '2 s')`;

/** Looks for what a leak leaves in the database; PostgreSQL's own workers are none. */
export async function leftovers(ground: Ground): Promise<Leftovers> {
  const rows = await ground.rows<Holder>(LEFTOVERS);
  return {
    locks: rows.reduce((sum, { locks }) => sum + locks, 0),
    idleInTransaction: rows.filter(({ state }) => state.startsWith('idle')).length,
    holders: rows.map(({ holder }) => holder),
  };
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
