/**
 * Whether this server should get traffic. It should not while the database is away, while rows of the coming days have no
 * partition, or when deliveries that could be sent are not: processes that live but do not work are found by this alone.
 */
import { partitionsAhead } from '../db/partitions.ts';
import type { Sql } from '../db/sql.ts';
import { oldestDueSeconds } from '../queue/oldest-due.ts';
import { Cached } from './cached.ts';

/** How long a check may take, ms: a load balancer waits for it. */
const LIMIT_MS = 2_500;

/** The answer, with a sentence when it is no. */
export interface Readiness {
  ok: boolean;
  reason?: string;
}

/** Checks, asking the database once a second at most. */
export class ReadinessCheck {
  readonly #maxDueAgeMs: number;
  readonly #partitions: Cached<boolean>;
  readonly #oldestDue: Cached<number>;

  /** maxDueAgeMs 0 lets deliveries be due for any time; byMail: mails count; now is the database's time. */
  constructor(options: { sql: Sql; maxDueAgeMs: number; byMail: boolean; now: () => Date }) {
    const { sql, byMail, now } = options;
    this.#maxDueAgeMs = options.maxDueAgeMs;
    this.#partitions = new Cached(() => partitionsAhead(sql, now().getTime()));
    this.#oldestDue = new Cached(() => oldestDueSeconds(sql, byMail));
  }

  /** How long the oldest delivery or mail that could be sent has been due, s. */
  oldestDue(limitMs: number): Promise<number> {
    return this.#oldestDue.get(limitMs);
  }

  /** Never rejects. */
  async check(): Promise<Readiness> {
    try {
      const [prepared, seconds] = await Promise.all([
        this.#partitions.get(LIMIT_MS),
        this.oldestDue(LIMIT_MS),
      ]);
      if (!prepared) return { ok: false, reason: 'The partitions of the coming 14 days are not made yet.' };
      const limit = this.#maxDueAgeMs / 1000;
      if (limit === 0 || seconds <= limit) return { ok: true };
      return {
        ok: false,
        reason: `A delivery or mail that could be sent has been due for ${Math.floor(seconds)} s, longer than the ${limit} s of BELLWIRE_READY_MAX_DUE_AGE: no sender takes it.`,
      };
    } catch {
      return { ok: false, reason: 'The database does not answer.' };
    }
  }
}
