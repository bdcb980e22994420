/**
 * Carries replays out, in rounds, on every process that sends. A round of a replay lets go what its rate allows, counts
 * what has come to an end, and ends it when all has. All that is known of it is in the database, so any process goes on
 * where another one died, in its next round; the row of the replay is locked for each step, so two never do the same.
 */
import type pg from 'pg';

import type { Keep } from '../db/partitions.ts';
import { transaction } from '../db/sql.ts';
import type { Logger } from '../log.ts';
import { Rounds } from '../sending/rounds.ts';
import { logFailure } from '../sending/upkeep.ts';
import { admit } from './admit.ts';
import { finish, settle, takeBack } from './settle.ts';

/** Between two rounds while there is a replay, at most, ms. */
const BUSY_POLL_MS = 200;
/** How long one round of a replay looks at what it has queued; the next round goes on there, ms. */
const LOOK_MS = 100;
/** The share of its time that looking may take while nothing comes to an end, such as behind an open circuit. */
const LOOK_SHARE = 0.05;

/** A replay's look at what it has queued: how far it has come, and until when it rests. */
interface Look {
  after: number;
  restUntil: number;
}

/** What the pump takes. */
export interface ReplayPumpOptions {
  pool: pg.Pool;
  logger: Logger;
  pollMs: number;
  keep: Keep;
}

/** Runs until it is stopped. */
export class ReplayPump {
  readonly #options: ReplayPumpOptions;
  readonly #rounds: Rounds;
  readonly #looks = new Map<string, Look>();

  constructor(options: ReplayPumpOptions) {
    this.#options = options;
    const busyMs = Math.min(BUSY_POLL_MS, options.pollMs);
    this.#rounds = new Rounds(
      () => (this.#looks.size > 0 ? busyMs : options.pollMs),
      () => this.#work(),
    );
  }

  /** Begins. */
  start(): void {
    this.#rounds.start();
  }

  /** Starts no further step; resolves when the present one is over. */
  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  async #work(): Promise<void> {
    const { pool, logger } = this.#options;
    try {
      const { rows } = await pool.query<{ id: string; cancelled: boolean }>(
        `select id, status = 'CANCELLED' as cancelled from replays
         where status = 'RUNNING' or admitted > succeeded + failed + withdrawn order by id`,
      );
      for (const id of this.#looks.keys()) if (!rows.some((row) => row.id === id)) this.#looks.delete(id);
      for (const { id, cancelled } of rows) {
        if (!this.#rounds.running) return;
        await this.#round(id, cancelled);
      }
    } catch (error) {
      logFailure(logger, error, 'replay.failed');
    }
  }

  async #round(id: string, cancelled: boolean): Promise<void> {
    const { pool, keep } = this.#options;
    if (cancelled) await this.#takeBack(id);
    await this.#look(id);
    if (!cancelled) {
      await admit(pool, id, keep);
      await finish(pool, id);
    }
  }

  async #takeBack(id: string): Promise<void> {
    let from: number | null = 0;
    while (from !== null && this.#rounds.running) {
      const after: number = from;
      from = (await transaction(this.#options.pool, (sql) => takeBack(sql, id, after))).upTo;
    }
  }

  async #look(id: string): Promise<void> {
    const look = this.#looks.get(id) ?? { after: 0, restUntil: 0 };
    this.#looks.set(id, look);
    const startedAt = performance.now();
    if (startedAt < look.restUntil) return;
    let ended = 0;
    do {
      const { upTo, over } = await settle(this.#options.pool, id, look.after);
      look.after = upTo ?? 0;
      ended += over;
    } while (look.after > 0 && performance.now() - startedAt < LOOK_MS && this.#rounds.running);
    const endedAt = performance.now();
    look.restUntil = ended > 0 ? 0 : endedAt + (endedAt - startedAt) / LOOK_SHARE;
  }
}
