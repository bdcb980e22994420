/**
 * The senders of a process. The first one runs in its main thread and is all there is while it keeps up: an idle server has no
 * threads. As soon as it is busy and leaves work waiting, further ones are started, as many again each time, up to one for each
 * core. Each is a sender like those of other processes, and shares with them nothing but the database.
 */
import { availableParallelism } from 'node:os';
import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';

import type { Config } from '../config.ts';
import { describeError, type Logger } from '../log.ts';
import type { HandOver } from '../queue/hand-over.ts';
import { LAST_WORDS_MS, type Sender, type SenderObserver } from '../sending/sender.ts';
import type { Ground, Stops } from './ground.ts';
import { createSender } from './sending.ts';
import type { FromThread, ThreadGround, ToThread } from './thread-messages.ts';

/** The share of its time for which a main thread is at work that is busy, over a time of at least and at most so many ms. */
const BUSY_SHARE = 0.7;
const BUSY_FROM_MS = 100;
const BUSY_TO_MS = 1_000;
/** Beyond its grace and its last words a thread has so long to close its connections, ms. */
const CLOSE_MS = 2_000;
/** This file, and so the thread's, is run as it is written or as it was built. */
const THREAD = new URL(`./sender-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** How many senders a process with this configuration has at most: no more than an endpoint may get requests. */
export function mostSenders({ senders, endpointConcurrency }: Config): number {
  return Math.min(senders ?? availableParallelism(), endpointConcurrency);
}

/** The first sender of a process, and those beside it. */
export class Senders {
  readonly #ground: Ground;
  readonly #most: number;
  readonly #share: Config;
  readonly #first: Sender;
  #threads: SenderThread[] = [];
  #running = false;
  #load: EventLoopUtilization = performance.eventLoopUtilization();
  #loadAt = 0;

  /** Makes the first one; what has to be stopped behind it is added to stops. The ground must know its own port when they start. */
  constructor(ground: Ground, stops: Stops) {
    const { config, db } = ground;
    this.#ground = ground;
    this.#most = mostSenders(config);
    // An endpoint gets no more of all of them than the operator lets a process send to it.
    this.#share = {
      ...config,
      endpointConcurrency: Math.floor(config.endpointConcurrency / this.#most),
    };
    const passOn = this.#most === 1 ? null : (endpointIds: string[]) => this.#passOn(endpointIds);
    this.#first = createSender(
      { ...ground, config: this.#share, pool: db.engine, hints: db.hints, observer: ground.metrics.sending },
      { further: false, passOn },
      stops,
    );
  }

  /** Takes what this process publishes. */
  get handOver(): HandOver {
    return this.#first.handOver;
  }

  /** How many are at work. */
  get size(): number {
    return 1 + this.#threads.filter((thread) => thread.ready).length;
  }

  /** Requests on the wire, and results that are not recorded yet; of threads, as they last said. */
  get inFlight(): number {
    return this.#threads.reduce((sum, thread) => sum + thread.inFlight, this.#first.inFlight);
  }

  /** Begins to claim. */
  start(): void {
    this.#running = true;
    this.#first.start();
  }

  /** All of them stop, as one does, side by side. */
  async stop(graceMs: number): Promise<void> {
    this.#running = false;
    await Promise.all([this.#first, ...this.#threads].map((sender) => sender.stop(graceMs)));
  }

  #passOn(endpointIds: string[]): void {
    if (!this.#running) return;
    for (const thread of this.#threads) thread.tell({ kind: 'work', endpointIds });
    const missing = this.#most - 1 - this.#threads.length;
    if (missing === 0 || !this.#threads.every((thread) => thread.ready) || !this.#isBusy()) return;
    for (let more = Math.min(missing, 1 + this.#threads.length); more > 0; more -= 1) this.#add(endpointIds);
  }

  /** Whether the main thread has been, since this was last asked. */
  #isBusy(): boolean {
    const now = performance.now();
    const passedMs = now - this.#loadAt;
    if (passedMs < BUSY_FROM_MS) return false;
    const load = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(load, this.#load);
    this.#load = load;
    this.#loadAt = now;
    return passedMs <= BUSY_TO_MS && utilization >= BUSY_SHARE;
  }

  #add(endpointIds: string[]): void {
    const { db, logger, metrics, ownAddress } = this.#ground;
    const number = 2 + this.#threads.length;
    const ground = { number, config: this.#share, databaseUrl: db.url, ...ownAddress() };
    const thread = new SenderThread(ground, logger, metrics.sending);
    thread.tell({ kind: 'work', endpointIds });
    this.#threads = [...this.#threads, thread];
    logger.info({ senders: 1 + this.#threads.length }, 'busy: a further sender starts');
  }
}

/** A further sender, seen from the main thread. */
class SenderThread {
  readonly #worker: Worker;
  readonly #observer: SenderObserver;
  readonly #stopped: Promise<void>;
  #stopping = false;
  /** Whether it sends. */
  ready = false;
  inFlight = 0;

  constructor(ground: ThreadGround, logger: Logger, observer: SenderObserver) {
    this.#observer = observer;
    this.#worker = new Worker(THREAD, { workerData: ground, name: `sender ${ground.number}` });
    this.#stopped = new Promise((resolve) => {
      this.#worker.on('message', (message: FromThread) => {
        if (message.kind === 'stopped') resolve();
        else this.#hear(message);
      });
      // What is thrown at an 'error' may get lost: Node also tells of it from within its own code that ends the thread.
      let failure: unknown = new Error(`the thread of sender ${ground.number} has ended`);
      this.#worker.on('error', (error) => {
        failure = error;
        if (this.#stopping)
          logger.error({ sender: ground.number, ...describeError(error) }, 'a sender failed in its stop');
      });
      this.#worker.on('exit', () => {
        resolve();
        // Nothing is left to be trusted, as after any error that nobody caught.
        if (!this.#stopping) throw failure;
      });
    });
  }

  tell(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  /** Stops it as a sender stops, and ends its thread. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.tell({ kind: 'stop', graceMs });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs + LAST_WORDS_MS + CLOSE_MS);
    });
    await Promise.race([this.#stopped, late]);
    clearTimeout(timer);
    await this.#worker.terminate();
  }

  #hear(message: Exclude<FromThread, { kind: 'stopped' }>): void {
    if (message.kind === 'ready') {
      this.ready = true;
      return;
    }
    this.inFlight = message.inFlight;
    for (const { durationMs, jobs } of message.claims) this.#observer.claimed(durationMs, jobs);
    for (const { outcome, durationMs } of message.attempts) this.#observer.attempted(outcome, durationMs);
  }
}
