/**
 * What is read anew for each scrape. A source is one question with its own time limit: one that fails, or that a slow
 * database leaves unanswered, is missing from the scrape and named in bellwire_scrape_failed; the rest is there.
 * All values of labels come from closed lists: no customer, address or text of anybody is among them.
 */
import type { DatabaseClock } from '../db/clock.ts';
import { deadTuples } from '../db/dead-tuples.ts';
import type { Sql } from '../db/sql.ts';
import { retentionProgress, storageReport } from '../history/retention.ts';
import { logLagSeconds } from '../live/log-lag.ts';
import { queueDepth } from '../queue/depth.ts';
import { statsLagSeconds } from '../stats/lag.ts';
import { Cached } from './cached.ts';

/** The gauges that sources fill: name -> what it says, and the names of its labels. */
export const GAUGES = {
  bellwire_oldest_due_seconds: [
    'How long the oldest delivery or mail that could be sent has been due; its endpoint is on, its circuit closed, nothing of it on the wire.',
  ],
  bellwire_queue_depth: [
    'Open deliveries: waiting for their time, due, in flight, or blocked behind another one of their entity.',
    'state',
  ],
  bellwire_delivery_log_lag_seconds: [
    'How long the oldest committed line of the delivery log has been held back from readers by an older transaction.',
  ],
  bellwire_stats_lag_seconds: [
    'How long the oldest line of the delivery log has waited that the statistics do not count yet.',
  ],
  bellwire_dead_tuples: ['Dead rows of a hot table that VACUUM has not taken yet.', 'table'],
  bellwire_table_bytes: ['What a table takes on disk, with its indexes and partitions.', 'table'],
  bellwire_retention_steps: ['How many steps the last run of a job of retention has on this process.', 'job'],
  bellwire_retention_steps_done: ['How many of them are done.', 'job'],
  bellwire_clock_skew_seconds: ["How far this process's clock is ahead of the database's."],
  bellwire_requests_in_flight: ['Attempts under way in this process.'],
  bellwire_senders: ['Senders at work in this process: further ones start when the first one is busy.'],
  bellwire_sockets_open: ['WebSockets that are open on this process.'],
  bellwire_subscriptions_open: ['Subscriptions that run on this process.'],
} as const satisfies Record<string, readonly [help: string, ...labels: string[]]>;

/** A name of GAUGES. */
export type GaugeName = keyof typeof GAUGES;

/** One value of one gauge. */
export interface Reading {
  gauge: GaugeName;
  value: number;
  labels?: Record<string, string>;
}

/** One question; its name is a label of bellwire_scrape_failed. */
export interface Source {
  name: string;
  /** Rejects when there is no answer after limitMs. */
  read(limitMs: number): Promise<Reading[]>;
}

/** A source that asks the database: however many scrapes there are, it is asked seldom. */
export function askedSource(name: string, ask: () => Promise<Reading[]>): Source {
  const cached = new Cached(ask);
  return { name, read: (limitMs) => cached.get(limitMs) };
}

/** Tables whose rows are changed or deleted as fast as deliveries go. */
const HOT_TABLES = ['delivery_queue', 'delivery_log', 'delivery_stats'];

/** What the database knows; oldestDue is shared with the readiness check, which asks more often. */
export function databaseSources(sql: Sql, oldestDue: (limitMs: number) => Promise<number>): Source[] {
  return [
    {
      name: 'oldest_due',
      read: async (limitMs) => [{ gauge: 'bellwire_oldest_due_seconds', value: await oldestDue(limitMs) }],
    },
    askedSource('queue_depth', async () =>
      Object.entries(await queueDepth(sql)).map(([state, value]: [string, number]) => ({
        gauge: 'bellwire_queue_depth',
        value,
        labels: { state },
      })),
    ),
    askedSource('delivery_log', async () => [
      { gauge: 'bellwire_delivery_log_lag_seconds', value: await logLagSeconds(sql) },
    ]),
    askedSource('stats', async () => [
      { gauge: 'bellwire_stats_lag_seconds', value: await statsLagSeconds(sql) },
    ]),
    askedSource('dead_tuples', async () =>
      (await deadTuples(sql, HOT_TABLES)).map(({ table, count }) => ({
        gauge: 'bellwire_dead_tuples',
        value: count,
        labels: { table },
      })),
    ),
  ];
}

/** What is kept: the room that it takes, and how far the jobs are by which it goes. */
export function keepingSources(sql: Sql): Source[] {
  return [
    askedSource('storage', async () =>
      (await storageReport(sql)).map(({ table, bytes }) => ({
        gauge: 'bellwire_table_bytes',
        value: bytes,
        labels: { table },
      })),
    ),
    {
      name: 'retention',
      read: () =>
        Promise.resolve(
          retentionProgress().flatMap(({ job, done, total }): Reading[] => [
            { gauge: 'bellwire_retention_steps', value: total, labels: { job } },
            { gauge: 'bellwire_retention_steps_done', value: done, labels: { job } },
          ]),
        ),
    },
  ];
}

/** What this process knows by itself; a part that its role does not have is left out. */
export function processSources(parts: {
  clock: DatabaseClock;
  senders?: { size: number; inFlight: number };
  edge?: { open(): { sockets: number; subscriptions: number } };
}): Source[] {
  const { clock, senders, edge } = parts;
  const own = (): Reading[] => [
    { gauge: 'bellwire_clock_skew_seconds', value: clock.skewMs / 1000 },
    ...(senders ? senderReadings(senders) : []),
    ...(edge ? openReadings(edge.open()) : []),
  ];
  return [{ name: 'process', read: () => Promise.resolve(own()) }];
}

function senderReadings({ size, inFlight }: { size: number; inFlight: number }): Reading[] {
  return [
    { gauge: 'bellwire_senders', value: size },
    { gauge: 'bellwire_requests_in_flight', value: inFlight },
  ];
}

function openReadings({ sockets, subscriptions }: { sockets: number; subscriptions: number }): Reading[] {
  return [
    { gauge: 'bellwire_sockets_open', value: sockets },
    { gauge: 'bellwire_subscriptions_open', value: subscriptions },
  ];
}
