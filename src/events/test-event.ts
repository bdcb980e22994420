/**
 * Test events: one event, marked as a test, for one endpoint or all of a webhook, past matching.
 * It is stored and queued like any other, so its attempts are seen like any other.
 */
import type pg from 'pg';

import type { Access } from '../access/access.ts';
import { webhookManaged } from '../access/policy.ts';
import type { Viewer } from '../access/viewer.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { collect } from '../db/fragment.ts';
import { transaction } from '../db/sql.ts';
import { ok, problem, refused, type Result } from '../errors.ts';
import { kindOfId, newId } from '../ids.ts';
import { enqueue } from '../queue/enqueue.ts';
import { checkEvents } from './event-input.ts';
import { insertEvents } from './store.ts';

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

/** Sends a test event; the value is the ids of its deliveries. Permissions are checked here, by the webhook. */
export async function sendTestEvent(
  rooms: { pool: pg.Pool; access: Access; catalog: Catalog },
  viewer: Viewer,
  input: TestEventInput,
): Promise<Result<string[]>> {
  const notFound = refused(
    problem('NOT_FOUND', ['webhookId'], 'There is no such webhook that you may manage.'),
  );
  if (kindOfId(input.webhookId) !== 'webhook') return notFound;
  const { text, values } = collect(
    (add) => `select ep.id, statement_timestamp()::text as matched_at
              from webhooks w join endpoints ep on ep.webhook_id = w.id and ep.removed_at is null
              where w.id = ${add(input.webhookId)} and w.deleted_at is null and ${webhookManaged(viewer)(add)}
              order by ep.position`,
  );
  const { rows } = await rooms.pool.query<{ id: string; matched_at: string }>(text, values);
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
  );
  // The input is one event, not a list: its problems carry no index.
  if (problems.length > 0)
    return refused(...problems.map((found) => ({ ...found, field: found.field?.slice(1) ?? null })));

  const [login] = await rooms.access.loginsForPublish(viewer, { ids: [viewer.loginId], numbers: [] });
  // The caller was moved out of this account since its token was read.
  if (!login) return notFound;
  const event = { ...events[0]!, id: newId('event'), login };
  const deliveries = endpoints.map((endpoint) => ({
    id: newId('delivery'),
    eventId: event.id,
    webhookId: input.webhookId,
    endpointId: endpoint.id,
    delayMs: 0,
  }));
  await transaction(rooms.pool, async (sql) => {
    await insertEvents(sql, [event], true);
    await enqueue(sql, deliveries, 'TEST', endpoints[0]!.matched_at);
  });
  return ok(deliveries.map((delivery) => delivery.id));
}
