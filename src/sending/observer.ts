/** What the sender tells whoever counts. Called on the hot path: an observer does no more than that, and never throws. */
import type { AttemptOutcome } from '../errors.ts';

/** Is told of claims and attempts. */
export interface SendingObserver {
  /** The database answered a claim after so long, ms. */
  claimed(durationMs: number): void;
  /** An attempt has ended; ms on the wire, null where no request was made or nobody knows. */
  attempted(outcome: AttemptOutcome, durationMs: number | null): void;
}
