/**
 * The database's time, as this process can tell it. Comes in: round trips to the database, now and then. Goes out: an
 * instant that is right although this machine's clock is not, for what leaves the process (the signature's time, above
 * all: receivers refuse one that is minutes off), and how far the two clocks are apart. What is due, leased or expired
 * is never decided by it: that is done by the database itself.
 */
import type pg from 'pg';

import type { Logger } from '../log.ts';

/** Round trips of one measurement: their median is not misled by a slow one. */
const ROUND_TRIPS = 5;
const EVERY_MS = 15_000;
/** Beyond this the operator is told, ms. */
const WARN_MS = 1_000;
/** This clock was set, or the process was suspended, when it ran by so much more or less than the time that passed, ms. */
const STEP_MS = 500;

/** Measures until it is stopped. */
export class DatabaseClock {
  readonly #pool: pg.Pool;
  readonly #logger: Logger;
  /** What this clock lacks to the database's, ms. */
  #offsetMs = 0;
  /** This clock against the time that passes, at the last measurement, ms. */
  #pace = pace();
  #measuring: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #warned = false;

  constructor(pool: pg.Pool, logger: Logger) {
    this.#pool = pool;
    this.#logger = logger;
  }

  /** Measures once, and from then on regularly; resolves after the first time, also when the database did not answer. */
  async start(): Promise<void> {
    await this.measure();
    this.#timer = setInterval(() => void this.measure(), EVERY_MS).unref();
  }

  /** Ends the measuring; now() goes on by what is known. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#measuring;
  }

  /** The database's time. When this clock was set since the last measurement, the next one begins at once. */
  readonly now = (): Date => {
    if (Math.abs(pace() - this.#pace) > STEP_MS && this.#timer !== undefined) void this.measure();
    return new Date(Date.now() + this.#offsetMs);
  };

  /** How far this process's clock is ahead of the database's (behind it: negative), ms. */
  get skewMs(): number {
    return -this.#offsetMs;
  }

  /** Measures now, unless it is being done already. A database that does not answer changes nothing. */
  measure(): Promise<void> {
    return (this.#measuring ??= this.#measure()
      .catch(() => undefined)
      .finally(() => (this.#measuring = undefined)));
  }

  async #measure(): Promise<void> {
    const client = await this.#pool.connect();
    const offsets: number[] = [];
    let broken: Error | undefined;
    try {
      for (let trip = 0; trip < ROUND_TRIPS; trip++) offsets.push(await offsetOf(client));
    } catch (error) {
      broken = error as Error;
      throw error;
    } finally {
      client.release(broken);
    }
    this.#offsetMs = offsets.sort((a, b) => a - b)[Math.floor(ROUND_TRIPS / 2)]!;
    this.#pace = pace();
    this.#tell();
  }

  #tell(): void {
    const isOff = Math.abs(this.#offsetMs) > WARN_MS;
    if (isOff && !this.#warned)
      this.#logger.warn(
        { skewMs: Math.round(this.skewMs) },
        "this machine's clock is off from the database's: what is sent carries the database's time, but logs and certificates are judged by this clock; let NTP set both",
      );
    else if (!isOff && this.#warned)
      this.#logger.info("this machine's clock agrees with the database's again");
    this.#warned = isOff;
  }
}

/** The database answers in the middle of the round trip, as far as anybody can tell. */
async function offsetOf(client: pg.PoolClient): Promise<number> {
  const asked = performance.now();
  const { rows } = await client.query<{ ms: number }>(
    'select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms',
  );
  const middle = Date.now() - (performance.now() - asked) / 2;
  return rows[0]!.ms - middle;
}

function pace(): number {
  return Date.now() - performance.now();
}
