/**
 * The senders of a process. The first one runs in its main thread and is all there is while it keeps up: an idle server has no
 * threads. As soon as it is busy and leaves work waiting, and the machine has cores that are idle, further ones are started, as many
 * again each time, up to one for each core. Each is a sender like those of other processes, and shares with them nothing but the database.
 */
import { availableParallelism, type CpuInfo, cpus } from 'node:os';
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
const BUSY_FROM_MS = 1_000;
const BUSY_TO_MS = 3_000;
/**
 * So much of a core must have been idle. Where PostgreSQL and receivers take what one sender leaves of the machine, a second one makes
 * it slower: 0.91 times as many deliveries, at 1.3 times the CPU for each.
 */
const IDLE_CORES = 0.5;
/** Beyond its grace and its last words a thread has so long to close its connections, ms. */
const CLOSE_MS = 2_000;
/** This file, and so the thread's, is run as it is written or as it was built. */
const THREAD = new URL(`./sender-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** How many senders a process with this configuration has at most: no more than an endpoint may get requests. */
export function mostSenders({ senders, endpointConcurrency }: Config): number {
  return Math.min(senders ?? availableParallelism(), endpointConcurrency);
}

/** How much the machine and the main thread had to do, from one moment on. */
interface Load {
  at: number;
  thread: EventLoopUtilization;
  cores: CpuInfo[];
}

function loadNow(): Load {
  return { at: performance.now(), thread: performance.eventLoopUtilization(), cores: cpus() };
}

/** How many cores' time was idle between two moments. */
export function idleCores(before: CpuInfo[], after: CpuInfo[]): number {
  return after.reduce((sum, { times }, core) => {
    const earlier = before[core]?.times ?? times;
    const passed = (Object.keys(times) as (keyof typeof times)[]).reduce(
      (all, kind) => all + times[kind] - earlier[kind],
      0,
    );
    return sum + (passed > 0 ? (times.idle - earlier.idle) / passed : 0);
  }, 0);
}

/** The first sender of a process, and those beside it. */
export class Senders {
  readonly #ground: Ground;
  readonly #most: number;
  readonly #first: Sender;
  readonly #threads: SenderThread[] = [];
  #running = false;
  #load = loadNow();

  /** Makes the first one; what has to be stopped behind it is added to stops. The ground must know its own port when they start. */
  constructor(ground: Ground, stops: Stops) {
    const { config, db } = ground;
    this.#ground = ground;
    this.#most = mostSenders(config);
    const passOn = this.#most === 1 ? null : (endpointIds: string[]) => this.#passOn(endpointIds);
    this.#first = createSender(
      { ...ground, pool: db.engine, hints: db.hints, observer: ground.metrics.sending },
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
    this.#grow();
    for (const thread of this.#threads) thread.tell({ kind: 'work', endpointIds });
  }

  #grow(): void {
    const missing = this.#most - 1 - this.#threads.length;
    if (missing === 0 || !this.#threads.every((thread) => thread.ready)) return;
    const more = Math.min(missing, 1 + this.#threads.length, this.#wanted());
    if (more === 0) return;
    for (let one = 0; one < more; one += 1) this.#add();
    // An endpoint gets no more of all of them than the operator lets a process send to it, once what is on the wire now has ended.
    const each = Math.floor(this.#ground.config.endpointConcurrency / (1 + this.#threads.length));
    this.#first.limitEach(each);
    for (const thread of this.#threads) thread.tell({ kind: 'limit', most: each });
  }

  /** How many more senders there is work and room for, by the load since this was last asked. */
  #wanted(): number {
    const before = this.#load;
    if (performance.now() - before.at < BUSY_FROM_MS) return 0;
    this.#load = loadNow();
    const { utilization } = performance.eventLoopUtilization(this.#load.thread, before.thread);
    if (this.#load.at - before.at > BUSY_TO_MS || utilization < BUSY_SHARE) return 0;
    // Who names a number has said that there is room.
    if (this.#ground.config.senders !== null) return Infinity;
    return Math.floor(idleCores(before.cores, this.#load.cores) + IDLE_CORES);
  }

  #add(): void {
    const { config, db, logger, metrics, ownAddress } = this.#ground;
    const number = 2 + this.#threads.length;
    const ground = { number, config, databaseUrl: db.url, ...ownAddress() };
    const thread = new SenderThread(ground, logger, metrics.sending);
    this.#threads.push(thread);
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
