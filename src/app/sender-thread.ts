/**
 * The thread of a further sender: what a worker process is, less what one of a process is enough for. It has connections, sockets and
 * a clock of its own; of work it is told, and what it does it tells (senders.ts). Nothing but a Worker loads this file.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';

import { DatabaseClock } from '../db/clock.ts';
import { createPool } from '../db/pools.ts';
import { createLogger } from '../log.ts';
import { loadKeyring } from '../secrets/load-keyring.ts';
import type { Sender, SenderObserver } from '../sending/sender.ts';
import { within } from '../sending/within.ts';
import type { Stops } from './ground.ts';
import { createSender } from './sending.ts';
import type { FromThread, ThreadGround, ToThread } from './thread-messages.ts';
import { openWayOut } from './way-out.ts';

const CONNECTIONS = 4;
/** What was done is told at most so often, ms: a message costs some 20 us. */
const TELL_MS = 100;
/** How long the end waits for connections that do not close, ms: the thread is ended anyway. */
const CLOSE_MS = 1_000;

const port: MessagePort = parentPort!;

function say(message: FromThread): void {
  port.postMessage(message);
}

/** Hears what the sender does, and tells it from time to time. */
class Account implements SenderObserver {
  #claims: { durationMs: number; jobs: number }[] = [];
  #attempts: Parameters<SenderObserver['attempted']>[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #inFlight: () => number;

  constructor(inFlight: () => number) {
    this.#inFlight = inFlight;
  }

  claimed(durationMs: number, jobs: number): void {
    this.#claims.push({ durationMs, jobs });
    this.#tellSoon();
  }

  /** Never called: what a process publishes is handed over to its first sender. */
  handedOver(): void {
    throw new Error('deliveries were handed over to a further sender');
  }

  attempted(...attempt: Parameters<SenderObserver['attempted']>): void {
    this.#attempts.push(attempt);
    this.#tellSoon();
  }

  tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    say({
      kind: 'did',
      claims: this.#claims,
      attempts: this.#attempts.map(([outcome, durationMs]) => ({ outcome, durationMs })),
      inFlight: this.#inFlight(),
    });
    this.#claims = [];
    this.#attempts = [];
  }

  #tellSoon(): void {
    this.#timer ??= setTimeout(() => this.tell(), TELL_MS);
  }
}

async function run({ number, config, databaseUrl, ownPort, publicAddress }: ThreadGround): Promise<void> {
  const stops: Stops = [];
  const logger = createLogger(config.logLevel).child({ sender: number });
  const pool = createPool(databaseUrl, 'engine', CONNECTIONS, logger);
  stops.push(() => pool.end());
  const egress = openWayOut(config, ownPort);
  stops.push(() => egress.close());
  const clock = new DatabaseClock(pool, logger);
  await clock.start();
  stops.push(() => clock.stop());
  const told = new Set<(payload: string) => void>();
  const own: { sender?: Sender } = {};
  const account = new Account(() => own.sender?.inFlight ?? 0);
  const sender = createSender(
    {
      ...{ config, pool, egress, logger, now: clock.now, observer: account },
      keyring: await loadKeyring(config),
      publicAddress: () => publicAddress,
      hints: {
        on(_channel, listener) {
          told.add(listener);
          return () => told.delete(listener);
        },
      },
    },
    { further: true, passOn: null },
    stops,
  );
  own.sender = sender;
  sender.start();
  port.on('message', (message: ToThread) => {
    switch (message.kind) {
      case 'work':
        return told.forEach((listener) => listener(message.endpointIds.join(' ')));
      case 'limit':
        return sender.limitEach(message.most);
      case 'stop':
        return void stop(message.graceMs);
    }
  });
  say({ kind: 'ready' });

  async function stop(graceMs: number): Promise<void> {
    await sender.stop(graceMs);
    account.tell();
    const closing = stops.reverse().map(async (close) => close());
    await within(CLOSE_MS, [Promise.allSettled(closing)]);
    say({ kind: 'stopped' });
  }
}

process.setSourceMapsEnabled(true);
await run(workerData as ThreadGround);
