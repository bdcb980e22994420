/**
 * What the feed answers. Comes in: a reader with its rights as they are at this moment, a filter, and where it stands. Goes out:
 * notifications, the newest first, or those behind an event in their order, waiting for them when asked to. Nothing is kept
 * of a reader but how far was looked for it in vain, in memory: a crash costs another look.
 */
import { LRUCache } from 'lru-cache';
import type pg from 'pg';

import { eventVisible, may, mayReadWebhooks, portfolioOf, webhookVisible } from '../access/policy.ts';
import type { Viewer } from '../access/viewer.ts';
import { VisibleWebhooks } from '../access/visible-webhooks.ts';
import { allOf } from '../db/fragment.ts';
import type { Hints } from '../db/hints.ts';
import type { RangeKeys } from '../db/in-order.ts';
import { readerOf, type SqlFragment } from '../db/sql.ts';
import { ofLogins, ofSubject } from '../events/event-keys.ts';
import { firingLogins, membersOf } from '../events/find-events.ts';
import { idFloor, idTime, kindOfId } from '../ids.ts';
import { Followers } from '../live/followers.ts';
import type { Logger } from '../log.ts';
import {
  FEED_BEGINNING,
  type FeedPosition,
  type FeedRead,
  type FeedWish,
  type Notification,
  positionOf,
  readForward,
  readNewest,
} from './read-feed.ts';
import { type FeedSources, readForwardOf, readHorizon } from './read-few.ts';

/** What a reader asks for; null for what it leaves open. */
export interface FeedFilter {
  /** Notifications of the webhooks that it may see, or everything that happens in its account's portfolio. */
  scope: 'webhooks' | 'portfolio';
  resource: string | null;
  event: string | null;
  /** The id or the number of a webhook. */
  webhook: string | null;
}

/** Notifications, or why there are none: the event that was named is not kept any more, or none is known by that id. */
export type FeedAnswer = { items: Notification[] } | { lost: 'EXPIRED' | 'UNKNOWN' } | { ended: true };

/** How long a request looks through events of others before it answers with what it has, ms. */
const LOOK_MS = 5_000;
/** The first wait behind a hint that brought nothing, ms: what it told of may have to wait for an older transaction. */
const HELD_POLL_MS = 25;
/** Clocks of servers that make ids differ by less, ms. */
const CLOCK_MARGIN_MS = 60_000;
/** More webhooks of a reader, or logins whose events it can get, are not looked at one by one. */
const MOST_WEBHOOKS = 200;
const MOST_LOGINS = 300;
/** Readers whose progress is remembered. */
const REMEMBERED = 10_000;

/** Reads the feed. */
export class Feed {
  readonly #pool: pg.Pool;
  readonly #reads: pg.Pool;
  readonly #followers: Followers;
  readonly #pollMs: number;
  readonly #eventsMs: number;
  /** How far it was looked in vain behind an event: a reader that gets nothing comes again with the same one. */
  readonly #looked = new LRUCache<string, FeedPosition>({ max: REMEMBERED });

  /**
   * reads are the connections for the newest, which may look through much; channel is the one on which a publish tells of
   * itself; eventsMs is how long events are kept.
   */
  constructor(options: {
    pool: pg.Pool;
    reads: pg.Pool;
    hints: Hints;
    channel: string;
    logger: Logger;
    pollMs: number;
    eventsMs: number;
  }) {
    this.#pool = options.pool;
    this.#reads = options.reads;
    this.#pollMs = options.pollMs;
    this.#eventsMs = options.eventsMs;
    this.#followers = new Followers(options);
  }

  /** Answers all that wait, with nothing; resolves when none reads any more. */
  stop(): Promise<void> {
    return this.#followers.stop();
  }

  /** The newest notifications, the newest first, at most limit of them; of those published at since or later where that is given. */
  newest(viewer: Viewer, filter: FeedFilter, limit: number, since: Date | null): Promise<Notification[]> {
    const wish = wishOf(viewer, filter, limit);
    const visible = new VisibleWebhooks(readerOf(this.#reads), viewer);
    // Asked for up to three times, and looked up by some statements each time.
    let webhooks: Promise<string[] | null> | undefined;
    const webhooksOf = () => (webhooks ??= webhooksAmong(visible, filter));
    const loginsOf = (most: number) => this.#loginsOf(viewer, filter, visible, webhooksOf, most);
    const within = () => scopesOf(viewer, filter, visible, webhooksOf);
    const sources = { loginsOf, within, webhooksOf };
    if (since === null) return readNewest(this.#reads, wish, { floor: null, ...sources });
    const recent: SqlFragment = (add) => `e.published_at >= ${add(since)}::timestamptz`;
    const floor = idFloor('event', since.getTime() - CLOCK_MARGIN_MS);
    return readNewest(this.#reads, { ...wish, where: allOf([wish.where, recent]) }, { floor, ...sources });
  }

  /** Whose events a reader can get; null when those are too many to look at each of them. */
  async #loginsOf(
    viewer: Viewer,
    filter: FeedFilter,
    visible: VisibleWebhooks,
    webhooksOf: () => Promise<string[] | null>,
    most: number,
  ): Promise<string[] | null> {
    const { scope } = filter;
    if (namesWebhooks(filter)) {
      const webhooks = await webhooksOf();
      const owners = webhooks === null ? await visible.owners() : null;
      const logins = webhooks
        ? await firingLogins(this.#reads, webhooks, most)
        : owners && (await membersOf(this.#reads, owners, most));
      if (logins !== null) return logins;
    }
    const portfolio = portfolioOf(viewer);
    return scope === 'portfolio' && portfolio !== null ? membersOf(this.#reads, [portfolio], most) : null;
  }

  /**
   * The notifications behind an event, in their order; without one from the oldest that is kept. Where there are none it waits
   * for some, at most waitMs. renew is asked before each look for the reader's rights as they are then; undefined ends it.
   */
  async after(
    lastEventId: string | null,
    filter: FeedFilter,
    { limit, waitMs }: { limit: number; waitMs: number },
    renew: () => Promise<Viewer | undefined>,
    signal: AbortSignal,
  ): Promise<FeedAnswer> {
    const start = lastEventId === null ? FEED_BEGINNING : await this.#positionOf(lastEventId);
    if (typeof start === 'string') return { lost: start };
    const { wakeups } = this.#followers;
    const until = performance.now() + waitMs;
    const lookUntil = performance.now() + LOOK_MS;
    let held = this.#pollMs;
    for (;;) {
      const seen = wakeups.count;
      const viewer = await this.#followers.read(signal, renew);
      if (viewer === undefined) return this.#followers.ended(signal) ? { items: [] } : { ended: true };
      const key = JSON.stringify([viewer.credentialId, rightsOf(viewer), filter, lastEventId]);
      let position = this.#looked.get(key) ?? start;
      // Where others' events lie in between, those of the reader may be had without them.
      let sources: FeedSources | null = null;
      const wish = wishOf(viewer, filter, limit);
      for (let more = true, turn = 0; more && performance.now() < lookUntil; turn += 1) {
        if (turn === 1) sources = await this.#sourcesOf(viewer, filter, wish);
        const few: FeedRead | null =
          sources && (await readForwardOf(this.#pool, sources, position, wish, turn > 1));
        if (few === null) sources = null;
        const read = few ?? (await readForward(this.#pool, position, wish));
        if (read.items.length > 0) return { items: read.items };
        ({ position, more } = read);
        this.#looked.set(key, position);
      }
      const left = until - performance.now();
      if (left <= 0 || this.#followers.ended(signal)) return { items: [] };
      held = seen === wakeups.count ? Math.min(2 * held, this.#pollMs) : HELD_POLL_MS;
      await wakeups.wait(seen, Math.min(left, held), signal);
    }
  }

  /** Where a reader's events can be had without those of others. */
  async #sourcesOf(viewer: Viewer, filter: FeedFilter, wish: FeedWish): Promise<FeedSources> {
    const horizon = await readHorizon(this.#pool);
    const visible = new VisibleWebhooks(readerOf(this.#reads), viewer);
    let webhooks: Promise<string[] | null> | undefined;
    const webhooksOf = () => (webhooks ??= webhooksAmong(visible, filter));
    let logins: Promise<RangeKeys | null> | undefined;
    const loginsOf = async (): Promise<RangeKeys | null> => {
      const found = await this.#loginsOf(viewer, filter, visible, webhooksOf, MOST_LOGINS);
      return found && ofLogins(found);
    };
    let subject: Promise<RangeKeys | null> | undefined;
    return {
      horizon,
      subject: () => (subject ??= ofSubject(this.#pool, wish)),
      logins: () => (logins ??= loginsOf()),
      within: () => scopesOf(viewer, filter, visible, webhooksOf),
      webhooks: webhooksOf,
    };
  }

  async #positionOf(id: string): Promise<FeedPosition | 'EXPIRED' | 'UNKNOWN'> {
    if (kindOfId(id) !== 'event') return 'UNKNOWN';
    const found = await positionOf(this.#pool, id);
    if (found !== undefined) return found;
    return idTime(id) < Date.now() - this.#eventsMs + CLOCK_MARGIN_MS ? 'EXPIRED' : 'UNKNOWN';
  }
}

/** Whether a reader may see anything in this scope. */
export function mayFollow(viewer: Viewer, scope: FeedFilter['scope']): boolean {
  return scope === 'webhooks'
    ? mayReadWebhooks(viewer)
    : may(viewer, 'WEBHOOKS_MANAGE') || may(viewer, 'EVENTS_PUBLISH');
}

/** Whether all that is asked for fired a webhook that the reader may see. */
const namesWebhooks = ({ scope, webhook }: FeedFilter): boolean => scope === 'webhooks' || webhook !== null;

/** The webhooks that fired what a reader can get; null where it gets more than that, or they are too many to look at each of them. */
async function webhooksAmong(visible: VisibleWebhooks, filter: FeedFilter): Promise<string[] | null> {
  if (!namesWebhooks(filter)) return null;
  return filter.webhook === null
    ? visible.all(MOST_WEBHOOKS)
    : visible.some([webhookIs(filter.webhook)], MOST_WEBHOOKS);
}

/** In or below which accounts all that a reader can get was caused; null where it may be anybody, or its webhooks are few and tell more. */
async function scopesOf(
  viewer: Viewer,
  filter: FeedFilter,
  visible: VisibleWebhooks,
  webhooksOf: () => Promise<string[] | null>,
): Promise<string[] | null> {
  const portfolio = portfolioOf(viewer);
  if (filter.scope === 'portfolio') return portfolio === null ? null : [portfolio];
  return (await webhooksOf()) === null ? visible.owners() : null;
}

function wishOf(viewer: Viewer, filter: FeedFilter, limit: number): FeedWish {
  const webhooks = webhookVisible(viewer);
  const parts: SqlFragment[] = [];
  // Lists judge in this order: what looks something up comes last.
  if (filter.resource !== null) parts.push((add) => `e.resource = ${add(filter.resource)}`);
  if (filter.event !== null) parts.push((add) => `e.name = ${add(filter.event)}`);
  if (filter.scope === 'portfolio') parts.push(eventVisible(viewer));
  if (namesWebhooks(filter)) {
    const only: SqlFragment = filter.webhook === null ? () => 'true' : webhookIs(filter.webhook);
    parts.push(
      (add) =>
        `exists (select 1 from webhooks w where w.id = any (e.fired) and (${webhooks(add)}) and (${only(add)}) offset 0)`,
    );
  }
  const only = (name: string | null): string[] | null => (name === null ? null : [name]);
  const { resource, event } = filter;
  return { webhooks, where: allOf(parts), resources: only(resource), names: only(event), limit };
}

function webhookIs(given: string): SqlFragment {
  return (add) =>
    /^\d{1,9}$/.test(given) ? `w.number = ${add(Number(given))}::int` : `w.id = ${add(given)}`;
}

/** What decides of what a reader sees. */
function rightsOf(viewer: Viewer): unknown {
  return [[...viewer.permissions].sort(), viewer.teamIds, viewer.loginPath, viewer.accountId];
}
