/**
 * Records completions in batches: 3 ms after the first, 12 ms while there is much to do, or when there are 250; two batches at a
 * time at most. No slot waits for it, and a row of a batch of 64 costs half of what one of 16 does.
 * While the database is away nothing is dropped: batches are tried again until it is back (a result
 * that comes after its lease is then ignored by its fence). A row that the database refuses is
 * recorded by itself, and if need be without what came back.
 */
import type { Sql } from '../db/sql.ts';
import { describeError, type Logger } from '../log.ts';
import { complete, type Completion, type Failing } from '../queue/complete.ts';

const BATCH_ROWS = 250;
const BATCH_WAIT_MS = 3;
const BUSY_WAIT_MS = 12;
/** There is much to do when the last batch had so many. */
const BUSY_ROWS = 8;
const PARALLEL = 2;
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 2_000;

/** SQLSTATE classes that speak of the data, not of the connection or the server's state. */
const DATA_ERROR = /^(22|23|54)/;

/** Collects and writes completions. */
export class Recorder {
  readonly #sql: Sql;
  readonly #logger: Logger;
  readonly #onFailing: (failing: Failing[]) => void;
  #waiting: { completion: Completion; done: () => void }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #waitMs = BATCH_WAIT_MS;
  #running = 0;
  #closed = false;

  /** onFailing hears of endpoints that have had nothing but failures for a while. */
  constructor(sql: Sql, logger: Logger, onFailing: (failing: Failing[]) => void) {
    this.#sql = sql;
    this.#logger = logger;
    this.#onFailing = onFailing;
  }

  /** Resolves when the completion is recorded, or known to have come too late. */
  record(completion: Completion): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push({ completion, done });
      if (this.#waiting.length >= BATCH_ROWS) this.#flush();
      else this.#timer ??= setTimeout(() => this.#flush(), this.#waitMs);
    });
  }

  /** Gives up what cannot be written any more: its leases run out, and another sender takes over. */
  close(): void {
    this.#closed = true;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#waiting.length > 0 && this.#running < PARALLEL) {
      const batch = this.#waiting.splice(0, BATCH_ROWS);
      this.#waitMs = batch.length >= BUSY_ROWS ? BUSY_WAIT_MS : BATCH_WAIT_MS;
      this.#running += 1;
      void this.#write(batch.map((row) => row.completion)).then(() => {
        this.#running -= 1;
        for (const row of batch) row.done();
        // Their time came while two batches were under way.
        if (this.#timer === undefined) this.#flush();
      });
    }
  }

  async #write(batch: Completion[]): Promise<void> {
    for (let wait = RETRY_MIN_MS; ; wait = Math.min(wait * 2, RETRY_MAX_MS)) {
      try {
        const { counted, failing } = await complete(this.#sql, batch);
        if (failing.length > 0) this.#onFailing(failing);
        if (counted < batch.length)
          this.#logger.warn({ late: batch.length - counted, of: batch.length }, 'completion.late');
        return;
      } catch (error) {
        if (DATA_ERROR.test((error as { code?: string }).code ?? ''))
          return await this.#writeSingly(batch, error);
        if (this.#closed) return;
        this.#logger.error({ rows: batch.length, ...describeError(error) }, 'completion.failed');
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  async #writeSingly(batch: Completion[], cause: unknown): Promise<void> {
    const only = batch[0]!;
    if (batch.length === 1) {
      this.#logger.error({ delivery: only.id, ...describeError(cause) }, 'completion.refused');
      // A bare row that is refused, too, is left to its lease: the rescue records it as lost.
      if (only.failureCode === 'RECORD_FAILED') return;
      return await this.#write([withoutAnswer(only)]);
    }
    for (const completion of batch) await this.#write([completion]);
  }
}

/** The same result without anything that the receiver wrote. */
function withoutAnswer(completion: Completion): Completion {
  const succeeded = completion.next === 'SUCCEEDED';
  return {
    ...completion,
    outcome: succeeded ? 'SUCCEEDED' : 'REJECTED',
    failureCode: 'RECORD_FAILED',
    request: JSON.stringify({ url: '', headers: [], bodyBytes: 0 }),
    response: null,
    phases: null,
  };
}
