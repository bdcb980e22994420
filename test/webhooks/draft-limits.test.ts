/** What one login can make the server store, and ask, by drafts. */
import { createPerson, type Person } from '../support/people.ts';
import { startServer, type TestServer } from '../support/server.ts';

const START = `mutation ($input: WebhookDetailsInput) {
  webhookDraftCreate(input: $input) { errors { code field } draft { id } } }`;
const set = (step: 'Endpoints' | 'Triggers', row: string) =>
  `mutation ($id: ID!, $input: [${row}!]!) {
     webhookDraftSet${step}(id: $id, input: $input) { errors { code field } draft { id } } }`;
const TRIGGERS = set('Triggers', 'TriggerInput');

let server: TestServer;
let person: Person;
const asked: string[] = [];

beforeAll(async () => {
  const resolver = {
    resolve: (name: string) => {
      asked.push(name);
      return Promise.resolve([{ address: '1.1.1.1', family: 4 as const }]);
    },
  };
  server = await startServer({}, { resolver });
  person = await createPerson(server, { name: 'Ann', permissions: ['WEBHOOKS_MANAGE'] });
});

afterAll(() => server?.stop());

async function stored(id: string): Promise<number> {
  const draft = await person.api.run('query ($id: ID!) { webhookDraft(id: $id) { triggers { id } } }', {
    id,
  });
  return (draft.triggers as unknown[]).length;
}

it('a step of more rows than any webhook may have is stored up to 200, and refused beyond', async () => {
  const { id } = (await person.api.mutate(START)).draft;
  const rows = (count: number) => Array.from({ length: count }, () => ({}));
  const kept = await person.api.run(TRIGGERS, { id, input: rows(200) });
  expect(kept).toMatchObject({ draft: { id }, errors: [{ code: 'TOO_MANY', field: ['triggers'] }] });
  const refused = await person.api.run(TRIGGERS, { id, input: rows(201) });
  expect(refused).toEqual({ draft: null, errors: [{ code: 'TOO_MANY', field: ['triggers'] }] });
  expect(await stored(id)).toBe(200);
});

it('a draft of more than 128 KiB is refused, at its start and at each step, and what was stored stays', async () => {
  const long = 'x'.repeat(140_000);
  const start = await person.api.run(START, { input: { description: long } });
  expect(start).toEqual({ draft: null, errors: [{ code: 'TOO_LONG', field: null }] });
  const { id } = (await person.api.mutate(START)).draft;
  await person.api.run(TRIGGERS, { id, input: [{ resource: 'clients' }] });
  const step = await person.api.run(TRIGGERS, { id, input: [{ resource: long }, {}] });
  expect(step).toEqual({ draft: null, errors: [{ code: 'TOO_LONG', field: null }] });
  expect(await stored(id)).toBe(1);
});

it('asking many times where to resume costs what it takes, and is refused before DNS is asked', async () => {
  const { id } = (await person.api.mutate(START)).draft;
  const input = [{ kind: 'URL', target: 'https://one.example.com/' }];
  await person.api.run(set('Endpoints', 'EndpointInput'), { id, input });
  const ask = (times: number) =>
    person.api.send(
      `{ ${Array.from({ length: times }, (_, i) => `a${i}: webhookDrafts { step }`).join(' ')} }`,
    );
  asked.length = 0;
  expect((await ask(30)).errors![0]!.extensions).toMatchObject({ code: 'COST_EXCEEDED' });
  expect(asked).toEqual([]);
  expect((await ask(1)).errors).toBeUndefined();
  expect(asked).toEqual(['one.example.com']);
});
