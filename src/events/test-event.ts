/**
 * Test events: one event, marked as a test, for one endpoint or all of a webhook, past matching.
 * It is stored and queued like any other, so its attempts are seen like any other. An idempotency key is
 * taken in the same transaction, so fifty calls with one key send once.
 */
import type pg from 'pg';

import type { Access } from '../access/access.ts';
import { webhookManaged } from '../access/policy.ts';
import type { Viewer } from '../access/viewer.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { readPayloadValue } from '../catalog/payload.ts';
import { collect } from '../db/fragment.ts';
import { checkKey, findKey, inputFingerprint, type KeyUse, takeKey } from '../db/idempotency-keys.ts';
import { transactionOfResult } from '../db/sql.ts';
import { ok, problem, refused, type Result } from '../errors.ts';
import { kindOfId, newId } from '../ids.ts';
import { enqueue, type NewDelivery } from '../queue/enqueue.ts';
import { checkEvents } from './event-input.ts';
import { insertEvents, type StoredEvent } from './store.ts';

/** What to send where; without a payload the catalog's example goes out. */
export interface TestEventInput {
  webhookId: string;
  endpointId?: string | null;
  resource: string;
  event: string;
  payload?: unknown;
}

/** The entity id that test events carry. */
const TEST_ENTITY = 'test';

/** What sending takes. */
export interface TestEventRooms {
  pool: pg.Pool;
  access: Access;
  catalog: Catalog;
}

/** A test event about to be stored. */
interface Prepared {
  event: StoredEvent;
  deliveries: NewDelivery[];
  matchedAt: string;
}

/**
 * Sends a test event; the value is the ids of its deliveries. Permissions are checked here, by the webhook.
 * With a key that was used before with the same input nothing is sent, and the ids are those of then.
 */
export async function sendTestEvent(
  rooms: TestEventRooms,
  viewer: Viewer,
  input: TestEventInput,
  idempotencyKey: string | null,
): Promise<Result<string[]>> {
  const wrong = idempotencyKey === null ? null : checkKey(idempotencyKey);
  if (wrong) return refused(wrong);
  const use = idempotencyKey === null ? null : useOf(idempotencyKey, viewer, input);
  const known = use ? await findKey(rooms.pool, use) : ok(null);
  if (!known.ok) return known;
  if (known.value) return ok(known.value);
  const prepared = await prepare(rooms, viewer, input);
  if (!prepared.ok) return prepared;
  const { event, deliveries, matchedAt } = prepared.value;
  const ids = deliveries.map((delivery) => delivery.id);
  return transactionOfResult(rooms.pool, async (sql) => {
    const taken = use ? await takeKey(sql, use, ids) : ok(null);
    if (!taken.ok) return taken;
    if (taken.value) return ok(taken.value);
    await insertEvents(sql, [event], { test: true });
    await enqueue(sql, deliveries, 'TEST', matchedAt);
    return ok(ids);
  });
}

/** What the key stands for; null where the payload is none: that is refused, and may be too deep to be compared. */
function useOf(key: string, viewer: Viewer, input: TestEventInput): KeyUse | null {
  const { webhookId, endpointId = null, resource, event, payload = null } = input;
  if (payload !== null && !readPayloadValue(payload, []).ok) return null;
  const fingerprint = inputFingerprint({ webhookId, endpointId, resource, event, payload });
  return { loginId: viewer.loginId, key, operation: 'testEventSend', fingerprint };
}

async function prepare(
  rooms: TestEventRooms,
  viewer: Viewer,
  input: TestEventInput,
): Promise<Result<Prepared>> {
  const notFound = refused(
    problem('NOT_FOUND', ['webhookId'], 'There is no such webhook that you may manage.'),
  );
  if (kindOfId(input.webhookId) !== 'webhook') return notFound;
  const { text, values } = collect(
    (add) => `select ep.id, ep.kind, statement_timestamp()::text as matched_at,
                     case when ep.kind <> 'URL' then array(
                       select mb.id from mailboxes mb
                       where mb.endpoint_id = ep.id and mb.removed_at is null and mb.status = 'CONFIRMED'
                         and (mb.login_id is null or exists (
                           select 1 from team_members tm join logins l on l.id = tm.login_id and not l.disabled
                           where tm.team_id = w.team_id and l.id = mb.login_id and lower(l.email) = mb.given))
                       order by mb.id) end as mailboxes
              from webhooks w join endpoints ep on ep.webhook_id = w.id and ep.removed_at is null
              where w.id = ${add(input.webhookId)} and w.deleted_at is null and ${webhookManaged(viewer)(add)}
              order by ep.position`,
  );
  const { rows } = await rooms.pool.query<{ id: string; matched_at: string; mailboxes: string[] | null }>(
    text,
    values,
  );
  if (rows.length === 0) return notFound;
  const endpoints = rows.filter((row) => input.endpointId == null || row.id === input.endpointId);
  if (endpoints.length === 0)
    return refused(problem('NOT_FOUND', ['endpointId'], 'The webhook has no such endpoint.'));

  const resource = (await rooms.catalog.byNames([input.resource])).get(input.resource);
  const example = resource?.events.find((event) => event.name === input.event)?.examplePayload;
  const { events, problems } = await checkEvents(
    [
      {
        resource: input.resource,
        event: input.event,
        entityId: TEST_ENTITY,
        payload: input.payload ?? example ?? {},
      },
    ],
    rooms.catalog,
    'TEST',
  );
  // The input is one event, not a list: its problems carry no index.
  if (problems.length > 0)
    return refused(...problems.map((found) => ({ ...found, field: found.field?.slice(1) ?? null })));

  const [login] = await rooms.access.loginsForPublish(viewer, { ids: [viewer.loginId], numbers: [] });
  // The caller was moved out of this account since its token was read.
  if (!login) return notFound;
  const event = { ...events[0]!, id: newId('event'), login };
  const deliveries = endpoints.flatMap(({ id: endpointId, mailboxes }) =>
    // A mailbox gets nothing before its owner has confirmed, tests included.
    (mailboxes ?? [null]).map((mailboxId) => ({
      ...{ id: newId('delivery'), eventId: event.id, webhookId: input.webhookId, endpointId },
      ...{ resource: event.resource, event: event.event, entityId: event.entityId },
      ...{ delayMs: 0, entityKey: null },
      mailbox: mailboxId === null ? null : { id: mailboxId, awaiting: false },
    })),
  );
  if (deliveries.length === 0)
    return refused(
      problem(
        'INVALID_STATE',
        input.endpointId == null ? ['webhookId'] : ['endpointId'],
        'No mailbox of it has confirmed yet: before that it gets nothing, not even a test.',
      ),
    );
  return ok({ event, deliveries, matchedAt: endpoints[0]!.matched_at });
}
