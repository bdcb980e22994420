/**
 * Finds deliveries, open and closed ones as one list, by id from either end. What fits a filter is found in one of these ways,
 * each of which an index knows: the deliveries of some events; those of some webhooks, if there are few that the reader may see
 * and the filter names; those with a rare status or answer; or all in their order, as long as enough of them fit.
 */
import { allOf } from '../db/fragment.ts';
import { COUNTED_REACH, countFirst, nextReach, type RangeKeys, REACH, readFirst } from '../db/in-order.ts';
import { DEFAULT_PAGE } from '../db/page.ts';
import type { Sql, SqlFragment } from '../db/sql.ts';
import { idsOf, ofEntity, ofLogins, ofSubject, type Subject } from '../events/event-keys.ts';
import { kindOfId } from '../ids.ts';
import { readAlong } from './along-events.ts';
import { isOfDeliveryAlone, wordsIn } from './delivery-filter.ts';
import { type DeliveryScope, type DeliverySearch, judging, wantedOf } from './delivery-search.ts';
import { countFew, type Few, holdFew, NONE, readFew } from './few-deliveries.ts';
import { halvesIn, listsOf, type Way, waysOf } from './ways.ts';

/** Each of them costs a look into every partition. */
const MOST_WEBHOOKS = 200;
/** These are looked at before anything else. */
const FEW_WEBHOOKS = 20;
const MOST_EVENTS = 2_000;
/** Fewer of a reader of little: PostgreSQL looks up those of 2,000 events of others in 25 to 34 ms, and reads through 8,760 of its own in 19. */
const MOST_EVENTS_OF_OTHERS = 500;
const MOST_LOGINS = 300;
/** Where nothing else is known: as if there were no end. */
const WHOLE = 2 ** 31 - 1;
/** Where of the first rows fewer than one of so many wanted ones was found, what is asked for is rare. */
const RARE = 10;
/** So many rows are looked at before a search or a count looks up what is rare: each of them has to be judged by other tables. */
const PROBED = REACH / 4;

/** The first deliveries that fit, as rows of DELIVERY_COLUMNS. */
export async function findDeliveries(sql: Sql, page: DeliverySearch): Promise<Record<string, unknown>[]> {
  const asked = { ...page, webhook: await webhookOf(page) };
  const named = (await fewNamed(sql, asked)) ?? (await fewVisible(sql, asked, FEW_WEBHOOKS));
  if (named) return readFew(sql, asked, named);
  const search = await judgingMany(asked);
  const { ways: ofAll, byIndex } = waysOf(search);
  let ways = ofAll;
  const first = search.filter?.search == null ? REACH : PROBED;
  let ofLittle: boolean | undefined;
  const isOfLittle = async (): Promise<boolean> => (ofLittle ??= await hasFewLogins(search));
  const ofEntity = await alongEntity(sql, search, { reach: first, isOfLittle });
  if (ofEntity) return ofEntity;
  for (let reach = first, rare = 0; ;) {
    let most = 0;
    for (const way of ways) {
      const { rows, complete } = await readFirst(sql, listsOf(way), reach, wantedOf(search));
      if (complete || reach >= WHOLE) return rows;
      most = Math.max(most, rows.length);
    }
    const next = Math.min(WHOLE, nextReach(reach, most, search.limit));
    const seldom = rare > 0 || most * RARE < search.limit;
    if (reach === first && (await isOfLittle())) {
      const few = seldom ? await fewRare(sql, search, MOST_EVENTS_OF_OTHERS) : null;
      if (few) return readFew(sql, search, few);
      // Its own come to their end where those of all that is asked for have hardly begun.
      ({ ways } = waysOf(search, search.judged?.webhooks));
    } else if (seldom) {
      const few = rare > 0 ? null : await fewRare(sql, search);
      if (few) return readFew(sql, search, few);
      // The lists of an account hold what its logins caused, in their order.
      const keys = [
        ...(search.accounts ? [] : await keysOfLogins(search)),
        ...(await keysOfEvent(sql, search)),
      ];
      const found = await firstAlong(sql, search, keys, { before: rare, instead: next });
      if (found) return found;
      rare = next;
    } else if (reach === first && !byIndex) {
      // Of an entity that one of 50 events is of, a list took PostgreSQL 53 ms instead of 88, when each delivery looked up its event.
      const keys = await keysOfEvent(sql, search);
      const found = await firstAlong(sql, search, keys, { before: 0, instead: next });
      if (found) return found;
    }
    reach = next;
  }
}

/** How many deliveries fit, as far as limit, and whether those are all: it gives up where too few of many fit. */
export async function countDeliveries(
  sql: Sql,
  scope: DeliveryScope,
  limit: number,
): Promise<{ count: number; complete: boolean }> {
  const whole = { ...scope, after: null, descending: true, limit };
  const asked = { ...whole, webhook: await webhookOf(whole) };
  const named = (await fewNamed(sql, asked)) ?? (await fewVisible(sql, asked, MOST_WEBHOOKS));
  if (named) return { count: await countFew(sql, asked, named), complete: true };
  const search = await judgingMany(asked);
  const { ways } = waysOf(search);
  let probed = { count: 0, complete: false };
  for (const way of ways) {
    probed = await countFirst(sql, halvesIn(way, search), PROBED, wantedOf(search));
    if (probed.complete) return probed;
  }
  const rare = probed.count * RARE < DEFAULT_PAGE ? await fewRare(sql, search) : null;
  if (rare) return { count: await countFew(sql, search, rare), complete: true };
  const alone = scope.visible === null && isOfDeliveryAlone(scope.filter);
  const reach = alone ? limit : COUNTED_REACH;
  let most = { count: 0, complete: false };
  for (const way of ways) {
    const found = alone
      ? await countFirst(sql, listsOf(way), reach, wantedOf(search))
      : await countJudging(sql, way, search);
    if (found.complete) return found;
    if (found.count > most.count) most = found;
    // Another way is worth it only where this one leads past what others have.
    if (found.count * RARE > reach) break;
  }
  const few = await fewOfResource(sql, search);
  return few ? { count: await countFew(sql, search, few), complete: true } : most;
}

/**
 * The same where each has to be judged: half of COUNTED_REACH of what is open and of what is closed. Mostly little is open; where that is all, COUNTED_REACH
 * of what is closed.
 */
async function countJudging(
  sql: Sql,
  way: Way,
  search: DeliverySearch,
): Promise<{ count: number; complete: boolean }> {
  const halves = halvesIn(way, search);
  const sum = { count: 0, complete: true };
  for (const [index, half] of halves.entries()) {
    const reach = index === halves.length - 1 && sum.complete ? COUNTED_REACH : COUNTED_REACH / 2;
    const limit = search.limit - sum.count;
    const found = await countFirst(sql, [half], reach, { ...wantedOf(search), limit });
    sum.count += found.count;
    if (found.count === limit) return { count: search.limit, complete: true };
    sum.complete &&= found.complete;
  }
  return sum;
}

/** What the filter names by an id, or an entity that has little; null where it does not. */
async function fewNamed(sql: Sql, search: DeliverySearch): Promise<Few | null> {
  const { eventId, entityId, search: text } = search.filter ?? {};
  if (eventId != null) return { ...NONE, events: kindOfId(eventId) === 'event' ? [eventId] : [] };
  if (entityId != null) {
    const few = await fewOf(sql, ofEntity(entityId));
    if (few) return few;
  }
  return text != null && kindOfId(text.trim()) ? fewFound(sql, search) : null;
}

/** What is looked up when too few of the first deliveries fit. */
async function fewRare(sql: Sql, search: DeliverySearch, most = MOST_EVENTS): Promise<Few | null> {
  return (
    (await fewOfResource(sql, search, most)) ??
    (await fewFound(sql, search)) ??
    (await fewVisible(sql, search, MOST_WEBHOOKS))
  );
}

/** Those of a resource, or of the kinds of events that are asked for. */
async function fewOfResource(sql: Sql, search: DeliverySearch, most = MOST_EVENTS): Promise<Few | null> {
  const keys = await ofSubject(sql, subjectOf(search));
  return keys && fewOf(sql, keys, most);
}

/** Those of the events of some ranges. */
async function fewOf(sql: Sql, keys: RangeKeys, most = MOST_EVENTS): Promise<Few | null> {
  const events = await idsOf(sql, keys, most);
  return events && { ...NONE, events };
}

/** What a search finds: by ids, by an entity, and by the numbers and names of webhooks. */
async function fewFound(sql: Sql, { filter, webhooksOf }: DeliverySearch): Promise<Few | null> {
  const words = wordsIn(filter?.search);
  if (words === null) return null;
  const { text } = words;
  if (text === '') return NONE;
  const webhooks = await webhooksOf(words.webhooks, MOST_WEBHOOKS);
  const events = webhooks && (await idsOf(sql, ofEntity(text), MOST_EVENTS));
  if (!webhooks || !events) return null;
  if (kindOfId(text) === 'event') events.push(text);
  const held = webhooks.length <= FEW_WEBHOOKS && (await holdFew(sql, webhooks));
  return {
    ...NONE,
    events,
    webhooks,
    held,
    delivery: kindOfId(text) === 'delivery' ? text : null,
    searched: true,
  };
}

/**
 * All webhooks of the reader, where those are no more than most. Of one that the filter names nothing else is read, and where a
 * handful has many deliveries (a platform with few webhooks has nearly all of its own) those are found in their order.
 */
async function fewVisible(
  sql: Sql,
  { webhook, webhooksOf }: DeliverySearch,
  most: number,
): Promise<Few | null> {
  if (webhook != null) return null;
  const webhooks = await webhooksOf(null, most);
  if (webhooks === null || webhooks.length > FEW_WEBHOOKS) return webhooks && { ...NONE, webhooks };
  return (await holdFew(sql, webhooks)) ? { ...NONE, webhooks, held: true } : null;
}

/** What is found along the events by the first of some columns for which that does not take too much; null for none. */
async function firstAlong(
  sql: Sql,
  search: DeliverySearch,
  keys: RangeKeys[],
  worth: { before: number; instead: number },
): Promise<Record<string, unknown>[] | null> {
  for (const key of keys) {
    const found = await readAlong(sql, search, key, worth);
    if (found) return found;
  }
  return null;
}

/**
 * Where nothing but an entity with many events is asked for, a page is mostly among the deliveries of its first ones: PostgreSQL took 18 ms for it instead
 * of 32, which it took to look through all deliveries before, when each looked up its event. Not where few logins caused what the reader may see: those events are of others.
 */
async function alongEntity(
  sql: Sql,
  search: DeliverySearch,
  { reach, isOfLittle }: { reach: number; isOfLittle: () => Promise<boolean> },
): Promise<Record<string, unknown>[] | null> {
  const { entityId, status, statusCode } = search.filter ?? {};
  if (entityId == null || status || statusCode || (await isOfLittle())) return null;
  return readAlong(sql, search, ofEntity(entityId), { before: 0, instead: reach });
}

/** Whether few logins caused what a reader of some accounts may see: a reader of little, among many others. */
const hasFewLogins = async ({ accounts, loginsOf }: DeliverySearch): Promise<boolean> =>
  accounts != null && (await loginsOf(MOST_LOGINS)) !== null;

/** The logins that can have caused what the reader may see, where they are few. */
async function keysOfLogins({ loginsOf }: DeliverySearch): Promise<RangeKeys[]> {
  const logins = await loginsOf(MOST_LOGINS);
  return logins ? [ofLogins(logins)] : [];
}

/** By which columns of events what is asked for may be seldom, the most telling first. */
async function keysOfEvent(sql: Sql, search: DeliverySearch): Promise<RangeKeys[]> {
  const { entityId } = search.filter ?? {};
  const subject = await ofSubject(sql, subjectOf(search));
  return [...(entityId != null ? [ofEntity(entityId)] : []), ...(subject ? [subject] : [])];
}

function subjectOf({ filter }: DeliverySearch): Subject {
  const { resource, event } = filter ?? {};
  return { resources: resource == null ? null : [resource], names: event == null ? null : [event] };
}

/** The search with what judges many deliveries; those of one webhook are few, and all alike. */
const judgingMany = (search: DeliverySearch): Promise<DeliverySearch> =>
  search.webhook == null ? judging(search) : Promise.resolve(search);

/**
 * The id of the one webhook that a filter means, or null; '', which none has, where the reader sees none such. As a value: only of a
 * value does PostgreSQL know how often it occurs, and takes the index of webhooks where that is seldom. An endpoint belongs to the same one for ever.
 */
async function webhookOf({ filter, webhooksOf }: DeliverySearch): Promise<string | null> {
  const { webhookId, webhookNumber, endpointId } = filter ?? {};
  if (webhookId != null) return withoutNul(webhookId);
  const meant: SqlFragment[] = [];
  if (webhookNumber != null) meant.push((add) => `w.number = ${add(webhookNumber)}::int`);
  if (endpointId != null)
    meant.push(
      (add) => `w.id = (select p.webhook_id from endpoints p where p.id = ${add(withoutNul(endpointId))})`,
    );
  if (meant.length === 0) return null;
  return (await webhooksOf([allOf(meant)], 1))?.[0] ?? '';
}

/** What PostgreSQL refuses in a text equals nothing that is stored, and nor does this. */
const withoutNul = (id: string): string => id.replaceAll('\0', '');
