/**
 * The catalog: which resources the host has, what their payloads look like, which events they know.
 * Comes in: registrations, and names to look up. Goes out: resources with their events, and for
 * each a compiled model. A change is one transaction with its audit entry and the note to open pages.
 * The rows are the truth: every look-up reads at least name and version of the rows, so that a change
 * by any server holds at once; what a version stands for never changes, so it is kept in memory. A
 * crash loses nothing but that memory.
 */
import { isDeepStrictEqual } from 'node:util';

import { LRUCache } from 'lru-cache';
import type { DataSource, EntityManager } from 'typeorm';

import { type Changes, difference, recordAudit } from '../audit/audit-log.ts';
import { noteWebhookChanges } from '../audit/webhook-changes.ts';
import type { Sql } from '../db/sql.ts';
import { sqlOf } from '../db/sql.ts';
import { ok, problem, refused, type Result } from '../errors.ts';
import { newId } from '../ids.ts';
import { type CompiledModel, compileModel } from './model.ts';
import { OWN_RESOURCES } from './own-resources.ts';
import { ResourceEntity, ResourceEventEntity } from './resource.entity.ts';
import {
  type CatalogEvent,
  checkContent,
  type CheckedResource,
  checkResource,
  isCatalogName,
  isReservedName,
  RESERVED_NAME,
  type ResourceInput,
} from './resource-input.ts';

export type { CatalogEvent, ResourceEventInput, ResourceInput } from './resource-input.ts';

/** A resource as it stands in the catalog; id and version together name this very content for ever. */
export interface CatalogResource {
  id: string;
  name: string;
  label: string;
  description: string;
  /** GraphQL SDL, as it was registered. */
  model: string;
  /** The model as JSON Schema, draft 2020-12. */
  payloadSchema: object;
  allowed: boolean;
  version: number;
  events: CatalogEvent[];
}

/** A resource as it was registered, and what that did to triggers. */
export interface Registration {
  resource: CatalogResource;
  /** The events, by name, that can fire now and could not before, or the other way round. */
  switchedEvents: string[];
}

/** So many resources are kept in memory, and so many compiled models (of up to a few MB each). */
const KEPT_RESOURCES = 1000;
const KEPT_MODELS = 200;

const SELECT = `
  select r.id, r.name, r.label, r.description, r.model, r.payload_schema as "payloadSchema", r.allowed, r.version,
    (select coalesce(json_agg(json_build_object(
        'name', e.name, 'label', e.label, 'description', e.description,
        'supported', e.supported, 'examplePayload', e.example_payload) order by e.position), '[]')
      from resource_events e where e.resource_id = r.id) as events
  from resources r`;

/** Reads and writes the catalog; whether the caller may is checked before. */
export class Catalog {
  readonly #orm: DataSource;
  readonly #resources = new LRUCache<string, CatalogResource>({ max: KEPT_RESOURCES });
  /** By name, as they were when they were last looked up or registered here. */
  readonly #lastRead = new LRUCache<string, CatalogResource>({ max: KEPT_RESOURCES });
  readonly #models = new LRUCache<string, CompiledModel>({ max: KEPT_MODELS });

  constructor(orm: DataSource) {
    this.#orm = orm;
  }

  /**
   * Creates a resource, or replaces the one of that name, in the name of a login: it keeps its id, its version
   * grows by one, its events are replaced whole.
   */
  async register(loginId: string, input: ResourceInput): Promise<Result<Registration>> {
    const checked = checkResource(input);
    if (!checked.ok) return checked;
    const { compiled } = checked.value;
    const registration = await this.#orm.transaction(async (manager) => {
      const { before, resource } = await store(manager, checked.value);
      await noteChange(manager, loginId, before, resource);
      return { resource, switchedEvents: switchedEvents(before, resource) };
    });
    const { resource } = registration;
    this.#models.set(cacheKey(resource), compiled);
    this.#lastRead.set(resource.name, resource);
    return ok(registration);
  }

  /** Brings the resources of the server itself into the catalog, as this version has them; to be called at each start. */
  async ensureOwn(): Promise<void> {
    for (const input of OWN_RESOURCES) {
      const checked = checkContent(input);
      if (!checked.ok)
        throw new Error(`the server's own ${input.name} is wrong: ${checked.problems[0]!.message}`);
      const stored = (await this.byNames([input.name])).get(input.name);
      if (stored && isSame(stored, checked.value)) continue;
      await this.#orm.transaction(async (manager) => {
        await store(manager, checked.value);
        await noteListeners(manager, input.name);
      });
    }
  }

  /** Removes the resource of that name with its events, in the name of a login; returns its id. */
  async remove(loginId: string, name: string): Promise<Result<string>> {
    if (isReservedName(name)) return refused(RESERVED_NAME);
    const unknown = refused(problem('NOT_FOUND', ['name'], 'The catalog has no such resource.'));
    if (!isCatalogName(name)) return unknown;
    return this.#orm.transaction(async (manager) => {
      const sql = await sqlOf(manager);
      const { rows } = await sql.query<{ id: string }>(
        'select id from resources where name = $1 for update',
        [name],
      );
      if (rows[0] === undefined) return unknown;
      const { id } = rows[0];
      const before = await readLocked(sql, id);
      await manager.delete(ResourceEntity, { id });
      await noteChange(manager, loginId, before, undefined);
      return ok(id);
    });
  }

  /** One resource by its id. */
  async byId(id: string): Promise<CatalogResource | undefined> {
    return (await this.#orm.query<CatalogResource[]>(`${SELECT} where r.id = $1`, [id]))[0];
  }

  /** All resources by name, the server's own behind those of the host; events in the order in which they were registered. */
  async list(): Promise<CatalogResource[]> {
    const all = await this.#orm.query<CatalogResource[]>(`${SELECT} order by r.name`);
    const isOwn = ({ name }: CatalogResource) => isReservedName(name);
    return [...all.filter((resource) => !isOwn(resource)), ...all.filter(isOwn)];
  }

  /**
   * The resources of these names that exist, as they are in the transaction of sql, or now. One
   * small statement while this process knows their versions, a second one for those that it does not.
   */
  async byNames(names: string[], sql?: Sql): Promise<Map<string, CatalogResource>> {
    const wanted = names.filter(isCatalogName);
    if (wanted.length === 0) return new Map();
    const versions = await this.#rows<{ id: string; version: number }>(
      'select id, version from resources where name = any($1)',
      [wanted],
      sql,
    );
    const found: CatalogResource[] = [];
    const unknown: string[] = [];
    for (const row of versions) {
      const kept = this.#resources.get(cacheKey(row));
      if (kept) found.push(kept);
      else unknown.push(row.id);
    }
    if (unknown.length > 0) {
      // The version read now may be newer than the one read before: what counts is what comes with it.
      const read = await this.#rows<CatalogResource>(`${SELECT} where r.id = any($1)`, [unknown], sql);
      for (const resource of read) this.#resources.set(cacheKey(resource), resource);
      found.push(...read);
    }
    for (const resource of found) this.#lastRead.set(resource.name, resource);
    return new Map(found.map((resource) => [resource.name, resource]));
  }

  /**
   * The resources of these names as this process read or wrote them last; null where it does not know all of them. They may have changed
   * since: whoever relies on them has the database see that id and version are still the same.
   */
  remembered(names: string[]): Map<string, CatalogResource> | null {
    const found = names.map((name) => this.#lastRead.get(name));
    return found.every((resource) => resource !== undefined)
      ? new Map(found.map((resource) => [resource.name, resource]))
      : null;
  }

  /** The compiled model of a resource. */
  checker(resource: CatalogResource): CompiledModel {
    const key = cacheKey(resource);
    let model = this.#models.get(key);
    if (!model) {
      const compiled = compileModel(resource.model);
      if (!compiled.ok)
        throw new Error(`the stored model of ${resource.name} is wrong: ${compiled.problems[0]!.message}`);
      model = compiled.value;
      this.#models.set(key, model);
    }
    return model;
  }

  async #rows<R extends object>(text: string, values: unknown[], sql: Sql | undefined): Promise<R[]> {
    return sql ? (await sql.query<R>(text, values)).rows : this.#orm.query<R[]>(text, values);
  }
}

type NewRow = Omit<CatalogResource, 'id' | 'version' | 'events'>;

/** Writes a resource over the one of its name, if there is one; both as they stand. */
async function store(
  manager: EntityManager,
  { compiled, events, ...content }: CheckedResource,
): Promise<{ before: CatalogResource | undefined; resource: CatalogResource }> {
  const row = { ...content, payloadSchema: compiled.payloadSchema };
  const sql = await sqlOf(manager);
  const { id, isNew } = await insertOrLock(sql, row);
  const before = isNew ? undefined : await readLocked(sql, id);
  const version = before ? await replace(sql, id, row) : 1;
  await manager.delete(ResourceEventEntity, { resourceId: id });
  await manager.insert(
    ResourceEventEntity,
    events.map((event, position) => ({ ...event, resourceId: id, position }) as ResourceEventEntity),
  );
  return { before, resource: { ...row, events, id, version } };
}

/** Whether a resource stands as it would be stored. */
function isSame(stored: CatalogResource, { compiled, ...content }: CheckedResource): boolean {
  const { id: _id, version: _version, ...kept } = stored;
  // Examples come back from the database as JSON.
  const wanted = JSON.parse(JSON.stringify({ ...content, payloadSchema: compiled.payloadSchema })) as object;
  return isDeepStrictEqual(kept, wanted);
}

/**
 * Inserts a resource, or locks the one of that name as it is: registrations of one name wait for each
 * other, and each sees what the one before it left.
 */
async function insertOrLock(sql: Sql, row: NewRow): Promise<{ id: string; isNew: boolean }> {
  const newOne = newId('resource');
  const { rows } = await sql.query<{ id: string }>(
    `insert into resources (id, name, label, description, model, payload_schema, allowed)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (name) do update set name = excluded.name
     returning id`,
    [newOne, row.name, ...contentOf(row)],
  );
  const { id } = rows[0]!;
  return { id, isNew: id === newOne };
}

/** In a statement of its own behind the lock: the one that waited for it still sees the events of before. */
async function readLocked(sql: Sql, id: string): Promise<CatalogResource> {
  return (await sql.query<CatalogResource>(`${SELECT} where r.id = $1`, [id])).rows[0]!;
}

/** Puts the content in place of what was there; returns the new version. */
async function replace(sql: Sql, id: string, row: NewRow): Promise<number> {
  const { rows } = await sql.query<{ version: number }>(
    `update resources set label = $2, description = $3, model = $4, payload_schema = $5, allowed = $6,
       version = version + 1, updated_at = now()
     where id = $1
     returning version`,
    [id, ...contentOf(row)],
  );
  return rows[0]!.version;
}

function contentOf(row: NewRow): unknown[] {
  return [row.label, row.description, row.model, JSON.stringify(row.payloadSchema), row.allowed];
}

/** Writes down who changed what, and tells pages that show triggers on the resource; one of the two sides exists. */
async function noteChange(
  manager: EntityManager,
  loginId: string,
  before: CatalogResource | undefined,
  after: CatalogResource | undefined,
): Promise<void> {
  const { id, name } = (after ?? before)!;
  const changes: Changes = difference(before ? audited(before) : {}, after ? audited(after) : {});
  const fields = Object.keys(changes);
  if (fields.length === 0) return;
  const action = after ? 'resource.register' : 'resource.remove';
  await recordAudit(manager, { loginId, action, subjectId: id, scopeId: null, changes });
  if (fields.some((field) => field === 'label' || field === 'allowed' || field.startsWith('events.')))
    await noteListeners(manager, name);
}

/** Tells pages that show triggers on a resource. */
async function noteListeners(manager: EntityManager, name: string): Promise<void> {
  await noteWebhookChanges(
    manager,
    (add) => `exists (select 1 from triggers t where t.webhook_id = w.id and t.resource = ${add(name)})`,
  );
}

/** What of a resource the audit log compares; examples are left out, since they can be large. */
function audited({ label, description, model, allowed, events }: CatalogResource): Record<string, unknown> {
  const byName = events.map((event) => [
    `events.${event.name}`,
    { label: event.label, supported: event.supported, description: event.description },
  ]);
  return { label, description, model, allowed, ...(Object.fromEntries(byName) as Record<string, unknown>) };
}

function switchedEvents(before: CatalogResource | undefined, after: CatalogResource): string[] {
  const [could, can] = [liveEvents(before), liveEvents(after)];
  return [...new Set([...could, ...can])].filter((name) => could.has(name) !== can.has(name));
}

/** The events of a resource on which a trigger can fire. */
function liveEvents(resource: CatalogResource | undefined): Set<string> {
  const live = resource?.allowed ? resource.events.filter((event) => event.supported) : [];
  return new Set(live.map((event) => event.name));
}

function cacheKey({ id, version }: { id: string; version: number }): string {
  return `${id}:${version}`;
}
