/** The parameters in an address of the feed, checked; what is not known is refused, since a typing error would go unnoticed. */
import { isCatalogName } from '../catalog/resource-input.ts';
import { kindOfId } from '../ids.ts';
import type { FeedFilter } from './feed.ts';
import { type Refusal, wrongParameter } from './refusals.ts';

/** The most notifications of one answer. */
export const MAX_LIMIT = 1000;
/** How many there are when nothing is said. */
export const DEFAULT_LIMIT = 100;
/** The longest time that a request waits for notifications, ms. */
export const MAX_TIMEOUT_MS = 60_000;

/** What an address of the feed asks for. */
export interface FeedParameters {
  filter: FeedFilter;
  limit: number;
  /** For the newest: published then or later. */
  since: Date | null;
  /** For the feed that goes forward. */
  lastEventId: string | null;
  timeoutMs: number;
}

const KNOWN = {
  newest: ['scope', 'resource', 'event', 'webhook', 'limit', 'since'],
  forward: ['scope', 'resource', 'event', 'webhook', 'limit', 'lastEventId', 'timeout'],
} as const;

/** Which of the two feeds. */
export type FeedMode = keyof typeof KNOWN;

/** Reads the query of an address, or says what is wrong with it. */
export function readParameters(
  query: URLSearchParams,
  mode: FeedMode,
): { ok: true; value: FeedParameters } | { ok: false; refusal: Refusal } {
  const given = new Map<string, string>();
  for (const [name, value] of query) {
    if (!(KNOWN[mode] as readonly string[]).includes(name))
      return wrong(
        name.slice(0, 100),
        `is not a parameter of this address; there are: ${KNOWN[mode].join(', ')}.`,
      );
    if (given.has(name)) return wrong(name, 'may be given once.');
    given.set(name, value);
  }
  const text = (name: string): string | null => given.get(name) ?? null;
  const scope = text('scope') ?? 'webhooks';
  if (scope !== 'webhooks' && scope !== 'portfolio') return wrong('scope', 'is webhooks or portfolio.');
  for (const name of ['resource', 'event'])
    if (given.has(name) && !isCatalogName(given.get(name)!))
      return wrong(name, 'is the name of one in the catalog, such as clients.');
  const webhook = text('webhook');
  if (webhook !== null && !/^\d{1,9}$/.test(webhook) && kindOfId(webhook) !== 'webhook')
    return wrong('webhook', 'is the number of a webhook, or its id (whk_…).');
  const limit = wholeNumber(text('limit'), DEFAULT_LIMIT);
  if (limit === undefined || limit < 1 || limit > MAX_LIMIT)
    return wrong('limit', `is a whole number from 1 to ${MAX_LIMIT}.`);
  const timeoutMs = wholeNumber(text('timeout'), 0);
  if (timeoutMs === undefined || timeoutMs > MAX_TIMEOUT_MS)
    return wrong('timeout', `is a whole number of milliseconds, at most ${MAX_TIMEOUT_MS}.`);
  const since = readInstant(text('since'));
  if (since === undefined)
    return wrong(
      'since',
      'is a time with its zone, such as 2026-01-31T12:00:00Z (a + in it is written %2B).',
    );
  return {
    ok: true,
    value: {
      filter: { scope, resource: text('resource'), event: text('event'), webhook },
      ...{ limit, since, timeoutMs },
      lastEventId: text('lastEventId') || null,
    },
  };
}

function wrong(name: string, rule: string): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: wrongParameter(name, rule) };
}

function wholeNumber(text: string | null, otherwise: number): number | undefined {
  if (text === null) return otherwise;
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** RFC 3339, of which the date alone is midnight in UTC. */
function readInstant(text: string | null): Date | null | undefined {
  if (text === null) return null;
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/i.test(text)) return undefined;
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? undefined : at;
}
