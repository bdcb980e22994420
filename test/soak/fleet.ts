/** Servers under a steady load of events: what the scenarios that kill things have in common. */
import { setTimeout as sleep } from 'node:timers/promises';

import { closeBooks } from './books.ts';
import type { Ground } from './ground.ts';
import { Chance } from './numbers.ts';
import { Publisher, type PublisherOptions, registerOrders } from './publisher.ts';
import { Receivers } from './receivers.ts';
import type { ServerNode } from './server-node.ts';
import { Killer } from './unrest.ts';
import { TIMEOUT_MS } from './webhooks.ts';

/** How long a claim outlives its request's deadline on these servers, ms. */
const LEASE_MARGIN_MS = 5_000;
/** The longest that a claim lasts, ms. */
export const LEASE_MS = TIMEOUT_MS + LEASE_MARGIN_MS;
/** How often the queue is looked at, ms. */
export const POLL_MS = 500;
/** How many requests each server has under way at most, by two senders. */
export const CONCURRENCY = 32;
/** How many senders each of them has once it is busy. */
export const SENDERS = 2;

const SETTINGS = {
  BELLWIRE_LEASE_MARGIN: `${LEASE_MARGIN_MS}ms`,
  BELLWIRE_POLL_INTERVAL: `${POLL_MS}ms`,
  BELLWIRE_SENDERS: String(SENDERS),
  BELLWIRE_CONCURRENCY: String(CONCURRENCY / SENDERS),
  BELLWIRE_SHUTDOWN_GRACE: '5s',
  BELLWIRE_DNS_TIMEOUT: '1s',
  BELLWIRE_PROBE_INTERVAL: '2s',
  BELLWIRE_ENDPOINT_LEASE: '3s',
};

/** A queue that has not shrunk for so long has come to rest, ms: longer than any wait, any lease, any pause before a probe. */
const REST_MS = 60_000;

/** Servers, receivers, and who publishes. */
export interface Fleet {
  ground: Ground;
  /** Serves and sends, and is never killed. */
  steady: ServerNode;
  /** Are killed: one serves and sends, the others send. */
  senders: ServerNode[];
  receivers: Receivers;
  killer: Killer;
  chance: Chance;
  /** Publishes to whichever server serves. */
  publisher(options: Pick<PublisherOptions, 'perSecond' | 'topics'>): Publisher;
}

/** Starts a fleet, with the resource registered. */
export async function startFleet(ground: Ground, seed: number): Promise<Fleet> {
  const steady = await ground.node({ name: 'steady', role: 'all', settings: SETTINGS });
  const senders = [
    await ground.node({ name: 'second', role: 'all', settings: SETTINGS }),
    await ground.node({ name: 'worker', role: 'worker', settings: SETTINGS }),
  ];
  const receivers = await Receivers.start();
  ground.atEnd(() => receivers.down());
  await registerOrders(steady.api);
  const chance = new Chance(seed);
  return {
    ground,
    steady,
    senders,
    receivers,
    killer: new Killer(ground, senders, new Chance(seed + 1)),
    chance,
    publisher: (options) =>
      new Publisher({
        ...options,
        seed: seed + 1_000,
        api: () => chance.pick([steady, ...senders].filter((node) => node.serves && node.running)).api,
      }),
  };
}

/** Waits until nothing is open, or what is open has come to rest, or the limit has passed. */
export async function drain(ground: Ground, limitMs: number): Promise<void> {
  const end = performance.now() + limitMs;
  let least = Infinity;
  let since = performance.now();
  while (performance.now() < end) {
    const open = await openDeliveries(ground);
    if (open === 0) return;
    if (open < least) {
      least = open;
      since = performance.now();
    } else if (performance.now() - since > REST_MS) return;
    await sleep(500);
  }
}

/** How many deliveries are open. */
export async function openDeliveries(ground: Ground): Promise<number> {
  const [row] = await ground.rows<{ open: number }>('select count(*)::int as open from delivery_queue');
  return row!.open;
}

/** The account of all that was published in a fleet's run, with what its servers did beside. */
export async function account(fleet: Fleet, ...publishers: Publisher[]) {
  const { ground, receivers, killer } = fleet;
  const { broken, ...books } = await closeBooks({
    ground,
    publisher: {
      published: new Map(publishers.flatMap(({ published }) => [...published])),
      faults: publishers.flatMap(({ faults }) => faults),
    },
    arrivals: receivers.arrivals,
    kills: killer.kills,
    leaseMs: LEASE_MS,
  });
  const inFlight = killer.kills.reduce((sum, kill) => sum + (kill.inFlight ?? CONCURRENCY * 3), 0);
  if (books.duplicates > inFlight)
    broken.push(`${books.duplicates} duplicates, but only ${inFlight} deliveries were in flight at kills`);
  return {
    figures: {
      ...books,
      kills: killer.counts(),
      longestKillMs: killer.longestMs(),
      inFlightAtKills: inFlight,
      repeatedPublishes: publishers.reduce((sum, { lostAnswers }) => sum + lostAnswers, 0),
      foundPublished: publishers.reduce((sum, { duplicates }) => sum + duplicates, 0),
      loggedErrors: ground.errors(),
    },
    broken: [...broken, ...killer.faults, ...ground.deaths()],
  };
}
