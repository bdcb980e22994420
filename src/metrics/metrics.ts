/**
 * Metrics as Prometheus scrapes them. Comes in: calls of the sender and the publisher, which cost them a counter, and
 * at each scrape the readings of the sources. Goes out: text in Prometheus' format. Counters begin at 0 with the process.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

import { type AttemptOutcome, FAILURES } from '../errors.ts';
import { describeError, type Logger } from '../log.ts';
import { version } from '../paths.ts';
import type { SenderObserver } from '../sending/sender.ts';
import { type GaugeName, GAUGES, type Reading, type Source } from './sources.ts';

/** How long a scrape waits for its sources, ms; Prometheus itself gives up after 10 s. */
const SCRAPE_LIMIT_MS = 3_000;
const ATTEMPT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60];
const CLAIM_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const OUTCOMES = new Set<AttemptOutcome>([
  'SUCCEEDED',
  ...Object.values(FAILURES).map(([outcome]) => outcome),
]);

/** Counts, and answers scrapes. */
export class Metrics {
  /** For the sender. */
  readonly sending: SenderObserver;
  /** For the publisher: so many events were stored. */
  readonly published: (events: number) => void;
  readonly #logger: Logger;
  readonly #registry = new Registry();
  readonly #sources: Source[] = [];

  constructor({ role, logger }: { role: string; logger: Logger }) {
    this.#logger = logger;
    const registers = [this.#registry];
    const attempts = new Counter({
      name: 'bellwire_attempts_total',
      help: 'Attempts of this process that have ended, by what became of them.',
      labelNames: ['outcome'],
      registers,
    });
    // From the start, so that the first failure is an increase.
    for (const outcome of OUTCOMES) attempts.inc({ outcome }, 0);
    const durations = new Histogram({
      name: 'bellwire_attempt_duration_seconds',
      help: 'How long the requests of attempts took, from connecting to the end of the answer.',
      buckets: ATTEMPT_BUCKETS,
      registers,
    });
    const claims = new Histogram({
      name: 'bellwire_claim_duration_seconds',
      help: 'How long the database took to answer a claim.',
      buckets: CLAIM_BUCKETS,
      registers,
    });
    const handedOver = new Counter({
      name: 'bellwire_deliveries_handed_over_total',
      help: 'Deliveries that this process published and began to send at once, without a way through the queue.',
      registers,
    });
    const events = new Counter({
      name: 'bellwire_events_published_total',
      help: 'Events that this process took and stored; repeats by idempotency key do not count.',
      registers,
    });
    new Gauge({
      name: 'bellwire_build_info',
      help: 'Always 1; the version of the program, and the role of this process.',
      labelNames: ['version', 'role'],
      registers,
    }).set({ version, role }, 1);
    this.sending = {
      claimed: (durationMs) => claims.observe(durationMs / 1000),
      handedOver: (jobs) => handedOver.inc(jobs),
      attempted: (outcome, durationMs) => {
        attempts.inc({ outcome });
        if (durationMs !== null) durations.observe(durationMs / 1000);
      },
    };
    this.published = (count) => events.inc(count);
  }

  /** Adds what is asked at each scrape. */
  add(...sources: Source[]): void {
    this.#sources.push(...sources);
  }

  /** All metrics of now; a source that fails only leaves out what it would say. */
  async scrape(): Promise<{ contentType: string; text: string }> {
    const answers = await Promise.all(
      this.#sources.map(async (source) => {
        try {
          return { name: source.name, readings: await source.read(SCRAPE_LIMIT_MS) };
        } catch (error) {
          this.#logger.warn({ source: source.name, error: describeError(error).error }, 'scrape.failed');
          return { name: source.name, readings: undefined };
        }
      }),
    );
    const registries = [this.#registry, gaugesOf(answers), processRegistry()];
    const merged = Registry.merge(registries);
    return { contentType: merged.contentType, text: await merged.metrics() };
  }
}

/** Gauges that live for one scrape: of a source that failed nothing is left from an earlier one. */
function gaugesOf(answers: { name: string; readings: Reading[] | undefined }[]): Registry {
  const registry = new Registry();
  const failed = new Gauge({
    name: 'bellwire_scrape_failed',
    help: 'Whether this source gave no values in time: what it would say is missing from this scrape.',
    labelNames: ['source'],
    registers: [registry],
  });
  const made = new Map<GaugeName, Gauge>();
  for (const { name, readings } of answers) {
    failed.set({ source: name }, readings ? 0 : 1);
    for (const { gauge, value, labels = {} } of readings ?? []) {
      const [help, ...labelNames] = GAUGES[gauge] as readonly [string, ...string[]];
      const known = made.get(gauge) ?? new Gauge({ name: gauge, help, labelNames, registers: [registry] });
      made.set(gauge, known);
      known.set(labels, value);
    }
  }
  return registry;
}

let ofProcess: Registry | undefined;

/** Memory, CPU, event loop and garbage collection are the process's: observed once, however many servers run in it. */
function processRegistry(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}
