/** What operations cost: lists are all weighed, ordinary work is far below the limit, floods are beyond it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  getIntrospectionQuery,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  parse,
  specifiedRules,
  validate,
} from 'graphql';

import { loadConfig } from '../../src/config.ts';
import { costOf, HEAVY_VALUES, sizeOf, SIZES } from '../../src/graphql/cost.ts';
import { createGuard } from '../../src/graphql/guard.ts';
import { apiSchema } from '../../src/graphql/schema.ts';
import { packageRoot } from '../../src/paths.ts';
import { figure } from '../support/figure.ts';

const config = loadConfig({});
const schema = apiSchema();
const guard = createGuard(schema, config);

function cost(text: string, variables: Record<string, unknown> = {}): number {
  const document = parse(text);
  expect(validate(schema, document, [...specifiedRules, ...guard.rules])).toEqual([]);
  return costOf(schema, { document, operationName: null, variables });
}

/** All fields that objects and interfaces of the schema have, those of introspection included. */
const fields = Object.values(schema.getTypeMap())
  .filter((type) => isObjectType(type) || isInterfaceType(type))
  .flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })));

describe('the schema', () => {
  it('has no list of objects that nobody has weighed', () => {
    const unweighed = fields
      .filter(
        ({ type, field }) => isCompositeType(getNamedType(field.type)) && sizeOf(type, field) === undefined,
      )
      .map(
        ({ type, field }) =>
          `${type.name}.${field.name} is a list without paging arguments: add how many objects it usually holds to SIZES in src/graphql/cost.ts`,
      );
    expect(unweighed).toEqual([]);
  });

  it('has every field that is weighed', () => {
    const names = new Set(fields.map(({ type, field }) => `${type.name}.${field.name}`));
    expect(Object.keys(SIZES).filter((coordinate) => !names.has(coordinate))).toEqual([]);
    const values = new Set(fields.map(({ field }) => field.name));
    expect(Object.keys(HEAVY_VALUES).filter((name) => !values.has(name))).toEqual([]);
  });
});

describe('the cost of an operation', () => {
  const TABLE = `query ($first: Int) { webhooks(first: $first) {
    totalCount pageInfo { endCursor }
    edges { cursor node { number name login { name } forLogin { name } team { name }
      endpoints { target secrets { hint } } triggers { label } } } } }`;

  it('of the full table with 100 rows, is far below the limit', () => {
    expect(cost(TABLE, { first: 100 })).toBeLessThan(config.maxCost / 4);
  });

  it('follows the page that was asked for: by variable, by default, from either end, 1 at least', () => {
    const page = (args: string) => cost(`{ webhooks${args} { nodes { id } } }`);
    expect(page('(first: 10)')).toBe(20);
    expect(page('(last: 10, before: "x")')).toBe(20);
    expect(page('')).toBe(100);
    expect(page('(first: null)')).toBe(100);
    expect([page('(first: 0)'), page('(first: -100)')]).toEqual([2, 2]);
    expect(cost('query ($n: Int = 7) { webhooks(first: $n) { nodes { id } } }')).toBe(14);
    expect(cost('query ($n: Int = 7) { webhooks(first: $n) { nodes { id } } }', { n: 3 })).toBe(6);
    expect(cost('{ nodes(ids: ["a", "b", "c"]) { id } }')).toBe(3);
  });

  it('multiplies what is nested, through fragments too', () => {
    const flood = `{ webhooks(first: 100) { ...W } }
      fragment W on WebhookConnection { nodes { deliveries(first: 100) { ...D } } }
      fragment D on DeliveryConnection { nodes { attempts(first: 100) { nodes { id } } } }`;
    expect(cost(flood)).toBeGreaterThan(1_000_000);
  });

  it('adds up rows under edges and under nodes, and leaves out what is skipped', () => {
    const both = '{ webhooks(first: 10) { nodes { login { id } } edges { node { login { id } } } } }';
    expect(cost(both)).toBe(10 * (1 + 2 + 3));
    expect(cost('{ webhooks(first: 10) @skip(if: true) { nodes { id } } viewer { id } }')).toBe(1);
  });

  it('of publishing is small for its size', () => {
    const publish = readFileSync(join(packageRoot, 'schema/operations/events-publish.graphql'), 'utf8');
    const input = (count: number) =>
      Array.from({ length: count }, () => ({ resource: 'r', event: 'e', entityId: '1', payload: {} }));
    expect(cost(publish, { input: input(1000) })).toBeLessThan(500);
    expect(cost(publish, { input: input(1) })).toBeLessThan(10);
  });

  it('of a stream follows its batches', () => {
    const stream = (args: string) =>
      cost(`subscription { deliveryEvents${args} { events { delivery { id } } } }`);
    expect(stream('(maxBatch: 1000)')).toBe(5 * stream(''));
    expect(cost('{ deliveryEvents(first: 1000) { events { delivery { id } } } }')).toBe(3000);
  });

  it('of the standard introspection fits many times, of a flood of it does not', () => {
    expect(cost(getIntrospectionQuery())).toBeLessThan(config.maxCost / 4);
    const deep = 'types { fields { type { fields { type { fields { name } } } } } }';
    const flood = Array.from({ length: 15 }, (_, index) => `a${index}: __schema { ${deep} }`).join(' ');
    const document = parse(`{ ${flood} }`);
    expect(costOf(schema, { document, operationName: null, variables: {} })).toBeGreaterThan(config.maxCost);
  });

  it('is weighed at once for a batch of 1,000 events', () => {
    const document = parse(
      readFileSync(join(packageRoot, 'schema/operations/events-publish.graphql'), 'utf8'),
    );
    const event = { resource: 'r', event: 'e', entityId: '1', payload: { id: '1', name: 'x' } };
    const variables = { input: Array.from({ length: 1000 }, () => event) };
    const times = Array.from({ length: 15 }, () => {
      const startedAt = performance.now();
      costOf(schema, { document, operationName: null, variables });
      return performance.now() - startedAt;
    });
    const ms = Math.min(...times);
    figure('cost of 1,000 events', { ms: Number(ms.toFixed(2)) });
    expect(ms).toBeLessThan(10);
  });
});

describe('the documents of schema/operations', () => {
  const folder = join(packageRoot, 'schema', 'operations');
  const names = readdirSync(folder).filter((name) => name.endsWith('.graphql'));
  it.each(names)('%s fits the schema and passes the guard with its default settings', async (name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    expect(guard.checkLength(text)).toBeUndefined();
    const document = parse(text, guard.parseOptions);
    expect(validate(schema, document, [...specifiedRules, ...guard.rules])).toEqual([]);
    const example = join(folder, name.replace('.graphql', '.variables.json'));
    const variables = readdirSync(folder).includes(example.slice(folder.length + 1))
      ? (JSON.parse(readFileSync(example, 'utf8')) as Record<string, unknown>)
      : {};
    const operation = { document, operationName: null, variables };
    expect(costOf(schema, operation)).toBeLessThanOrEqual(config.maxCost / 2);
    expect(await guard.admit('lgn_1', operation)).toBeUndefined();
  });
});
