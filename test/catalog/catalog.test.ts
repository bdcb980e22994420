import { Catalog, type CatalogResource, type ResourceInput } from '../../src/catalog/catalog.ts';
import type { Problem } from '../../src/errors.ts';
import { kindOfId, newId } from '../../src/ids.ts';
import { good, type People, startPeople } from '../access/people.ts';

let people: People;
let orm: People['orm'];
let me: string;
let catalog: Catalog;
/** As another server on the same database has it. */
let elsewhere: Catalog;

beforeAll(async () => {
  people = await startPeople();
  orm = people.orm;
  me = people.root.loginId;
  catalog = new Catalog(orm);
  elsewhere = new Catalog(orm);
});
afterAll(async () => {
  await people?.close();
});
afterEach(async () => {
  await orm.query('delete from resources');
});

const POLICY: ResourceInput = {
  name: 'policy',
  label: 'Policy',
  model: 'type Policy { id: ID! premium: Float }',
  events: [
    {
      name: 'update',
      label: 'Updated',
      description: 'It was changed.',
      examplePayload: { id: '7', premium: 12.5 },
    },
    { name: 'create', label: 'Created', supported: false },
  ],
};

async function register(input: ResourceInput, where = catalog): Promise<CatalogResource> {
  return good(await where.register(me, input)).resource;
}

async function refusal(input: ResourceInput): Promise<Problem[]> {
  const result = await catalog.register(me, input);
  if (result.ok) throw new Error('it was accepted');
  return result.problems;
}

async function find(name: string, where = elsewhere): Promise<CatalogResource | undefined> {
  return (await where.byNames([name])).get(name);
}

describe('a resource that is registered', () => {
  it('is read back whole, with its events in order and an example for each', async () => {
    const registered = await register(POLICY);
    expect(kindOfId(registered.id)).toBe('resource');
    expect(registered).toEqual({
      id: registered.id,
      name: 'policy',
      label: 'Policy',
      description: '',
      model: POLICY.model,
      payloadSchema: expect.objectContaining({ title: 'Policy' }) as object,
      allowed: true,
      version: 1,
      events: [
        {
          name: 'update',
          label: 'Updated',
          description: 'It was changed.',
          supported: true,
          examplePayload: { id: '7', premium: 12.5 },
        },
        {
          name: 'create',
          label: 'Created',
          description: '',
          supported: false,
          examplePayload: { id: '1', premium: 1.5 },
        },
      ],
    });
    expect(await find('policy')).toEqual(registered);
    expect(await catalog.list()).toEqual([registered]);
    expect(await catalog.byId(registered.id)).toEqual(registered);
    expect(await catalog.byId(newId('resource'))).toBeUndefined();
  });

  it('under a name that exists replaces it, keeps the id and counts the version up', async () => {
    const first = await register(POLICY);
    const second = await register(
      { ...POLICY, label: 'Contract', allowed: false, events: [{ name: 'delete', label: 'Deleted' }] },
      elsewhere,
    );
    expect(second).toMatchObject({ id: first.id, version: 2, label: 'Contract', allowed: false });
    expect(second.events.map(({ name }) => name)).toEqual(['delete']);
    expect(await find('policy')).toEqual(second);
  });

  it('again by many at once gets a version for each', async () => {
    const versions = await Promise.all(
      Array.from({ length: 8 }, async () => (await register(POLICY)).version),
    );
    expect(versions.sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect((await find('policy'))?.events).toHaveLength(2);
  });

  it('is listed by name', async () => {
    for (const name of ['payment', 'client', 'bell.ring']) await register({ ...POLICY, name });
    expect((await catalog.list()).map(({ name }) => name)).toEqual(['bell.ring', 'client', 'payment']);
  });
});

describe('another server', () => {
  it('sees a change at once, though it had the resource and its model in memory', async () => {
    await register(POLICY);
    const before = (await find('policy'))!;
    expect(elsewhere.checker(before).check({ id: '1', premium: 'x' })).toHaveLength(1);
    await register({
      ...POLICY,
      model: 'type Policy { id: ID! premium: String }',
      events: [{ name: 'update', label: 'U' }],
    });
    const after = (await find('policy'))!;
    expect(after.version).toBe(2);
    expect(elsewhere.checker(after).check({ id: '1', premium: 'x' })).toEqual([]);
    expect(elsewhere.checker(before).check({ id: '1', premium: 'x' })).toHaveLength(1);
  });

  it('sees a removal at once, and a later namesake as another resource', async () => {
    const first = await register(POLICY);
    expect(await find('policy')).toEqual(first);
    expect(await catalog.remove(me, 'policy')).toEqual({ ok: true, value: first.id });
    expect(await find('policy')).toBeUndefined();
    const second = await register({ ...POLICY, label: 'New' });
    expect(second.id).not.toBe(first.id);
    expect(await find('policy')).toEqual(second);
  });
});

describe('a look-up by names', () => {
  it('finds those that exist and passes over names that none can have', async () => {
    await register(POLICY);
    const found = await catalog.byNames(['policy', 'client', 'Policy', 'x\0', '', 'policy']);
    expect([...found.keys()]).toEqual(['policy']);
  });

  it('asks one small question while the version is known', async () => {
    await register(POLICY);
    const asked: string[] = [];
    const sql = {
      query: async (text: string, values?: unknown[]) => {
        asked.push(text);
        const rows = await orm.query<never[]>(text, values);
        return { rows, rowCount: rows.length };
      },
    };
    await catalog.byNames(['policy'], sql);
    asked.length = 0;
    const again = await catalog.byNames(['policy'], sql);
    expect(again.get('policy')?.events).toHaveLength(2);
    expect(asked).toEqual(['select id, version from resources where name = any($1)']);
  });
});

describe('a removal', () => {
  it('of what is not there removes nothing', async () => {
    for (const name of ['policy', 'x\0'])
      expect(await catalog.remove(me, name)).toMatchObject({
        problems: [{ code: 'NOT_FOUND', field: ['name'] }],
      });
  });
});

describe('a resource is refused', () => {
  const withEvent = (event: object): ResourceInput => ({
    ...POLICY,
    events: [{ name: 'create', label: 'Created', ...event }],
  });

  it.each<[string, ResourceInput, string, string[]]>([
    ['without a name', { ...POLICY, name: '' }, 'REQUIRED', ['name']],
    ['with a capital in its name', { ...POLICY, name: 'Policy' }, 'INVALID', ['name']],
    ['with a name of 101 characters', { ...POLICY, name: 'p'.repeat(101) }, 'INVALID', ['name']],
    ['with a line break behind its name', { ...POLICY, name: 'policy\n' }, 'INVALID', ['name']],
    ['with a name of the server itself', { ...POLICY, name: 'bellwire.endpoints' }, 'INVALID', ['name']],
    ['with a blank label', { ...POLICY, label: ' ' }, 'REQUIRED', ['label']],
    ['with a label of 201 characters', { ...POLICY, label: 'x'.repeat(201) }, 'TOO_LONG', ['label']],
    ['with NUL in its label', { ...POLICY, label: 'a\0' }, 'INVALID', ['label']],
    [
      'with a description of 2,001 characters',
      { ...POLICY, description: 'x'.repeat(2001) },
      'TOO_LONG',
      ['description'],
    ],
    ['with a wrong model', { ...POLICY, model: 'type' }, 'INVALID', ['model']],
    [
      'with NUL in a comment of its model',
      { ...POLICY, model: `# \0\n${POLICY.model}` },
      'INVALID',
      ['model'],
    ],
    ['without events', { ...POLICY, events: [] }, 'REQUIRED', ['events']],
    [
      'with 101 events',
      { ...POLICY, events: Array.from({ length: 101 }, (_, i) => ({ name: `e${i}`, label: 'E' })) },
      'TOO_MANY',
      ['events'],
    ],
    ['with an event named wrongly', withEvent({ name: '1st' }), 'INVALID', ['events', '0', 'name']],
    ['with an event without label', withEvent({ label: '' }), 'REQUIRED', ['events', '0', 'label']],
    [
      'with two events of one name',
      { ...POLICY, events: [POLICY.events[0]!, POLICY.events[0]!] },
      'DUPLICATE',
      ['events', '1', 'name'],
    ],
    [
      'with an example that does not fit',
      withEvent({ examplePayload: { id: '1', premium: 'x' } }),
      'INVALID_PAYLOAD',
      ['events', '0', 'examplePayload', 'premium'],
    ],
    [
      'with an example that is no object',
      withEvent({ examplePayload: [] }),
      'INVALID_PAYLOAD',
      ['events', '0', 'examplePayload'],
    ],
    [
      'with an example that cannot be stored',
      withEvent({ examplePayload: { id: '\0' } }),
      'INVALID_PAYLOAD',
      ['events', '0', 'examplePayload', 'id'],
    ],
  ])('%s', async (_, input, code, field) => {
    expect(await refusal(input)).toEqual([{ code, field, message: expect.any(String) as string }]);
    expect(await catalog.list()).toEqual([]);
  });

  it('with everything that is wrong, at once', async () => {
    const problems = await refusal({
      name: '',
      label: '',
      model: 'type A {\n  a: Nope\n}',
      events: [
        { name: 'X', label: 'X' },
        { name: 'ok', label: '' },
      ],
    });
    expect(problems.map(({ code, field }) => [code, field?.join('.')])).toEqual([
      ['REQUIRED', 'name'],
      ['REQUIRED', 'label'],
      ['INVALID', 'model'],
      ['INVALID', 'events.0.name'],
      ['REQUIRED', 'events.1.label'],
    ]);
    expect(problems[2]!.message).toBe('line 2, column 6: Unknown type "Nope".');
  });

  it('and leaves the one that was there as it was', async () => {
    const first = await register(POLICY);
    await refusal({ ...POLICY, model: '' });
    expect(await find('policy')).toEqual(first);
  });
});
