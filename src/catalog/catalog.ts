/**
 * The catalog: which resources the host has, what their payloads look like, which events they know.
 * Comes in: registrations, and names to look up. Goes out: resources with their events, and for
 * each a compiled model. The rows are the truth: every look-up reads at least name and version of
 * the rows, so that a change by any server holds at once; what a version stands for never changes,
 * so it is kept in memory. A crash loses nothing but that memory.
 */
import { LRUCache } from 'lru-cache';
import type { DataSource } from 'typeorm';

import type { Sql } from '../db/sql.ts';
import { sqlOf } from '../db/sql.ts';
import { ok, type Result } from '../errors.ts';
import { newId } from '../ids.ts';
import { type CompiledModel, compileModel } from './model.ts';
import { ResourceEntity, ResourceEventEntity } from './resource.entity.ts';
import { type CatalogEvent, checkResource, isCatalogName, type ResourceInput } from './resource-input.ts';

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
  readonly #models = new LRUCache<string, CompiledModel>({ max: KEPT_MODELS });

  constructor(orm: DataSource) {
    this.#orm = orm;
  }

  /** Creates a resource, or replaces the one of that name: it keeps its id, its version grows by one, its events are replaced whole. */
  async register(input: ResourceInput): Promise<Result<CatalogResource>> {
    const checked = checkResource(input);
    if (!checked.ok) return checked;
    const { compiled, events, ...row } = checked.value;
    const payloadSchema = compiled.payloadSchema;
    const resource = await this.#orm.transaction(async (manager) => {
      const sql = await sqlOf(manager);
      const { id, version } = await upsert(sql, { ...row, payloadSchema });
      await manager.delete(ResourceEventEntity, { resourceId: id });
      await manager.insert(
        ResourceEventEntity,
        events.map((event, position) => ({ ...event, resourceId: id, position }) as ResourceEventEntity),
      );
      return { ...row, payloadSchema, events, id, version };
    });
    this.#models.set(cacheKey(resource), compiled);
    return ok(resource);
  }

  /** Removes the resource of that name with its events; returns its id, undefined when there was none. */
  async remove(name: string): Promise<string | undefined> {
    if (!isCatalogName(name)) return undefined;
    const removed = await this.#orm
      .createQueryBuilder()
      .delete()
      .from(ResourceEntity)
      .where('name = :name', { name })
      .returning('id')
      .execute();
    return (removed.raw as { id: string }[])[0]?.id;
  }

  /** All resources by name, events in the order in which they were registered. */
  async list(): Promise<CatalogResource[]> {
    return this.#orm.query<CatalogResource[]>(`${SELECT} order by r.name`);
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
    return new Map(found.map((resource) => [resource.name, resource]));
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

/** In raw SQL, because TypeORM's upsert cannot count a version up; the row's lock makes registrations of one name wait for each other. */
async function upsert(
  sql: Sql,
  row: Omit<CatalogResource, 'id' | 'version' | 'events'>,
): Promise<{ id: string; version: number }> {
  const { rows } = await sql.query<{ id: string; version: number }>(
    `insert into resources as r (id, name, label, description, model, payload_schema, allowed)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (name) do update set label = excluded.label, description = excluded.description,
       model = excluded.model, payload_schema = excluded.payload_schema, allowed = excluded.allowed,
       version = r.version + 1, updated_at = now()
     returning id, version`,
    [
      newId('resource'),
      row.name,
      row.label,
      row.description,
      row.model,
      JSON.stringify(row.payloadSchema),
      row.allowed,
    ],
  );
  return rows[0]!;
}

function cacheKey({ id, version }: { id: string; version: number }): string {
  return `${id}:${version}`;
}
