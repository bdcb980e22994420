/** What the first sender of a process and the threads of its further ones tell each other. */
import type { Config } from '../config.ts';
import type { AttemptOutcome } from '../errors.ts';

/** What a thread is given at its start. */
export interface ThreadGround {
  /** From 2 on: the first sender runs in the main thread. */
  number: number;
  config: Config;
  /** Of the database; it holds the password. */
  databaseUrl: string;
  /** Where this process listens, which webhooks may not call. */
  ownPort: number;
  publicAddress: string;
}

/** To a thread: these endpoints have work; an endpoint gets so many requests at most; stop within so many ms. */
export type ToThread =
  | { kind: 'work'; endpointIds: string[] }
  | { kind: 'limit'; most: number }
  | { kind: 'stop'; graceMs: number };

/** From a thread: it sends now; what it did since it last said so; it has stopped. */
export type FromThread =
  | { kind: 'ready' }
  | {
      kind: 'did';
      claims: { durationMs: number; jobs: number }[];
      attempts: { outcome: AttemptOutcome; durationMs: number | null }[];
      inFlight: number;
    }
  | { kind: 'stopped' };
