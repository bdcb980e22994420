/**
 * Publishing. Comes in: a batch of events from the host application. Goes out: after the commit,
 * the events, and every delivery that they cause, are durable; before it, nothing is. One
 * transaction holds keys, events, payloads, matching, queue and log, so a crash at any point
 * leaves all of it or none, and a repeat with the same idempotency keys finds what was stored. A
 * few events, or one with its key, are that transaction in one statement (at-once.ts).
 */
import type pg from 'pg';

import type { Access } from '../access/access.ts';
import { may, missing } from '../access/policy.ts';
import type { Viewer } from '../access/viewer.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { savepointOfResult, type Sql, transactionOfResult } from '../db/sql.ts';
import { ok, type Problem, problem, refused, type Result } from '../errors.ts';
import { newId } from '../ids.ts';
import type { HandOver, Places } from '../queue/hand-over.ts';
import { AtOnce } from './at-once.ts';
import { deliver, type Delivered, MAX_DELIVERIES } from './deliver.ts';
import {
  checkBy,
  type CheckedEvent,
  checkEvents,
  type EventInput,
  namesOf,
  type PublishedEvent,
} from './event-input.ts';
import { takeKeys } from './idempotency.ts';
import { countDeliveries, type EventLogin, type StoredEvent } from './store.ts';

/** Stores events with everything that follows from them. */
export class Publisher {
  readonly #pool: pg.Pool;
  readonly #access: Access;
  readonly #catalog: Catalog;
  readonly #firstDelayMs: number;
  readonly #onPublished: (events: number) => void;
  readonly #handOver: () => HandOver | null;
  readonly #atOnce: AtOnce;

  /** firstDelayMs is the first entry of the server's retry schedule, ms; onPublished is told how many events were stored; handOver
   * is the sender of this process, once there is one. */
  constructor(options: {
    pool: pg.Pool;
    access: Access;
    catalog: Catalog;
    firstDelayMs: number;
    onPublished?: (events: number) => void;
    handOver?: () => HandOver | null;
  }) {
    this.#pool = options.pool;
    this.#access = options.access;
    this.#catalog = options.catalog;
    this.#firstDelayMs = options.firstDelayMs;
    this.#onPublished = options.onPublished ?? (() => undefined);
    this.#handOver = options.handOver ?? (() => null);
    this.#atOnce = new AtOnce(options.pool, options.firstDelayMs);
  }

  /**
   * Publishes 1 to 1,000 events (EVENTS_PUBLISH), all or nothing; the answer is in the order of the input. Throws
   * what the database throws.
   */
  async publish(viewer: Viewer, inputs: EventInput[]): Promise<Result<PublishedEvent[]>> {
    const published =
      (await this.#publishAtOnce(viewer, inputs)) ?? (await this.#publishInSteps(viewer, inputs));
    if (published.ok) {
      this.#atOnce.note(published.value);
      this.#onPublished(published.value.filter((event) => !event.duplicate).length);
    }
    return published;
  }

  /** Null where it takes more than one statement, or what is wrong is to be found out. */
  async #publishAtOnce(viewer: Viewer, inputs: EventInput[]): Promise<Result<PublishedEvent[]> | null> {
    if (!may(viewer, 'EVENTS_PUBLISH') || !this.#atOnce.takes(inputs)) return null;
    const known = this.#catalog.remembered(namesOf(inputs));
    if (known === null) return null;
    const { events, problems } = checkBy(known, inputs, this.#catalog, 'HOST');
    if (problems.length > 0) return null;
    const published = await this.#atOnce.publish(events, viewer, [...known.values()], this.#handOver());
    return published && ok(published);
  }

  async #publishInSteps(viewer: Viewer, inputs: EventInput[]): Promise<Result<PublishedEvent[]>> {
    const events = await this.#prepare(viewer, inputs);
    if (!events.ok) return events;
    let reserved: Places | undefined;
    const stored = await transactionOfResult(this.#pool, async (sql) => {
      const result = await this.#store(sql, viewer, events.value, this.#handOver());
      if (result.ok) reserved = result.value.born?.places;
      return result;
    }).catch((error: unknown) => {
      // Not committed, or nobody knows: what is there all the same has a lease, which runs out.
      reserved?.release();
      throw error;
    });
    if (!stored.ok) return stored;
    const { published, born } = stored.value;
    await born?.places.start(born.jobs, born.at);
    return ok(published);
  }

  /**
   * The same inside a transaction of the caller's own, for a host whose tables lie in this database: the events
   * exist, and are sent, exactly when that transaction commits, together with the change that they tell of. sql is
   * the connection on which it was begun, as a role that may write Bellwire's tables. A refusal undoes nothing but
   * this publish: the caller decides what becomes of its transaction, which is to be short, since an idempotency
   * key is held until its end, and so are newer lines of the stream.
   */
  async publishIn(sql: Sql, viewer: Viewer, inputs: EventInput[]): Promise<Result<PublishedEvent[]>> {
    const events = await this.#prepare(viewer, inputs, sql);
    if (!events.ok) return events;
    return savepointOfResult(sql, async () => {
      // Nothing is handed over: it is the caller who knows when, and whether, these events exist.
      const stored = await this.#store(sql, viewer, events.value, null);
      return stored.ok ? ok(stored.value.published) : stored;
    });
  }

  /** Checks what is published by whom; sql is a transaction to read logins in. */
  async #prepare(viewer: Viewer, inputs: EventInput[], sql?: Sql): Promise<Result<StoredEvent[]>> {
    if (!may(viewer, 'EVENTS_PUBLISH')) return refused(missing('EVENTS_PUBLISH'));
    const { events, problems } = await checkEvents(inputs, this.#catalog, 'HOST');
    if (problems.length > 0) return refused(...problems);
    // Behind the catalog, so that a change of the tree that has answered meanwhile counts.
    const found = await this.#access.loginsForPublish(viewer, wantedOf(viewer, events), sql);
    const logins = loginsOf(viewer, events, found);
    if (!logins.ok) return logins;
    return ok(events.map((event, index) => ({ ...event, id: newId('event'), login: logins.value[index]! })));
  }

  async #store(
    sql: Sql,
    viewer: Viewer,
    events: StoredEvent[],
    handOver: HandOver | null,
  ): Promise<Result<{ published: PublishedEvent[]; born: Delivered['born'] }>> {
    const keys = await takeKeys(sql, viewer.loginId, events);
    if (!keys.ok) return keys;
    const fresh = events.filter((event) => keys.value.get(event.id) === event.id);
    const delivered = await deliver(sql, fresh, { firstDelayMs: this.#firstDelayMs, handOver });
    if (delivered === null)
      return refused(
        problem(
          'TOO_MANY',
          [],
          `These events cause more than ${MAX_DELIVERIES} deliveries; publish fewer at once.`,
        ),
      );
    const counts = new Map<string, number>();
    for (const row of delivered.matches) counts.set(row.eventId, (counts.get(row.eventId) ?? 0) + 1);
    const ownIds = new Set(fresh.map((event) => event.id));
    const earlier = events.map((event) => keys.value.get(event.id)!).filter((id) => !ownIds.has(id));
    for (const [id, count] of await countDeliveries(sql, earlier)) counts.set(id, count);
    const published = events.map((event) => {
      const eventId = keys.value.get(event.id)!;
      return { eventId, duplicate: eventId !== event.id, deliveryCount: counts.get(eventId) ?? 0 };
    });
    return ok({ published, born: delivered.born });
  }
}

/** Whose events they are said to be; without a login they are the caller's. */
function wantedOf(viewer: Viewer, events: CheckedEvent[]): { ids: string[]; numbers: number[] } {
  const ids = events.map(
    ({ loginId, loginNumber }) => loginId ?? (loginNumber === null ? viewer.loginId : null),
  );
  const numbers = events.map(({ loginNumber }) => loginNumber);
  return {
    ids: [...new Set(ids)].filter((id) => id !== null),
    numbers: [...new Set(numbers)].filter((number) => number !== null),
  };
}

/** The login of each event, of those found; what the caller may not publish for answers like what does not exist. */
function loginsOf(viewer: Viewer, events: CheckedEvent[], found: EventLogin[]): Result<EventLogin[]> {
  const byId = new Map(found.map((login) => [login.id, login]));
  const byNumber = new Map(found.map((login) => [login.number, login]));
  const logins: EventLogin[] = [];
  const problems: Problem[] = [];
  for (const [index, event] of events.entries()) {
    const login =
      event.loginNumber !== null
        ? byNumber.get(event.loginNumber)
        : byId.get(event.loginId ?? viewer.loginId);
    if (login) logins.push(login);
    else
      problems.push(
        problem(
          'NOT_FOUND',
          [String(index), event.loginNumber !== null ? 'loginNumber' : 'loginId'],
          "There is no such login in the portfolio of the caller's account.",
        ),
      );
  }
  return problems.length > 0 ? refused(...problems) : ok(logins);
}
