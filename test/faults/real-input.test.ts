/** Real payloads through the whole way: GitHub's 329 examples, and the ones that JSON libraries spoil. */
import { figure } from '../support/figure.ts';
import { octokitFamilies, wrongPayload } from '../support/octokit.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const REGISTER = `mutation ($input: CatalogResourceInput!) {
  resourceRegister(input: $input) { errors { code field message } resource { name } } }`;
const PUBLISH = `mutation ($input: [EventInput!]!) {
  eventsPublish(input: $input) { errors { code field message } events { event { id } } } }`;

let server: TestServer;
let receiver: Receiver;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
});

afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

/** The entity inside an envelope, as text: everything behind the first "data": up to the closing brace. */
function entityText(body: Buffer): string {
  const text = body.toString();
  return text.slice(text.indexOf('"data":') + '"data":'.length, -1);
}

describe('the 329 example payloads of GitHub', () => {
  it('are registered, published and delivered with their bytes intact', async () => {
    const { api } = server;
    const families = octokitFamilies();
    for (const { resource, label, model, events } of families)
      await api.mutate(REGISTER, {
        input: { name: resource, label, model, events: events.map((name) => ({ name, label: name })) },
      });
    // One webhook takes at most 100 triggers.
    const triggers = families.flatMap(({ resource, events }) => events.map((event) => ({ resource, event })));
    for (let from = 0; from < triggers.length; from += 100)
      await createWebhook(api, receiver.url, { triggers: triggers.slice(from, from + 100) });

    const sent = new Map<string, string>();
    let count = 0;
    for (const { resource, payloads } of families) {
      const input = payloads.map(({ event, text }, index) => ({
        resource,
        event,
        entityId: `${resource}-${index}`,
        payloadText: text,
      }));
      await publish(api, ...input);
      for (const event of input) sent.set(event.entityId, event.payloadText);
      count += input.length;
    }
    expect(count).toBe(329);
    const hits = await receiver.until(329, 25_000);
    const arrived = new Map(
      hits.map((hit) => [
        (JSON.parse(hit.body.toString()) as { entityId: string }).entityId,
        entityText(hit.body),
      ]),
    );
    expect(arrived).toEqual(sent);
    figure('octokit', { families: families.length, published: count, delivered: hits.length });
  }, 60_000);

  it('are refused, one wrong payload of each family, with the path to the wrong value', async () => {
    const { api } = server;
    const refusals: unknown[] = [];
    for (const family of octokitFamilies()) {
      const { event, payload, path } = wrongPayload(family);
      const good = family.payloads[0]!;
      const answer = await api.run(PUBLISH, {
        input: [
          { resource: family.resource, event: good.event, entityId: 'good', payload: good.payload },
          { resource: family.resource, event, entityId: 'wrong', payload },
        ],
      });
      expect(answer.events).toEqual([]);
      expect(answer.errors[0]).toMatchObject({ code: 'INVALID_PAYLOAD', field: ['1', 'payload', ...path] });
      refusals.push(answer.errors[0]);
    }
    expect(refusals).toHaveLength(octokitFamilies().length);
    // Nothing of a refused batch was stored, the good event beside the wrong one included.
    const { events } = await api
      .run('{ events(filter: { entityId: "good" }) { nodes { id } } }')
      .then((connection: { nodes: unknown[] }) => ({ events: connection.nodes }));
    expect(events).toEqual([]);
  }, 60_000);
});

describe('payloadText', () => {
  const MODEL = 'type Thing { id: ID! name: String value: Float big: Long map: JSON list: [JSON] }';

  beforeAll(async () => {
    await registerResource(server.api, 'things', MODEL);
    await createWebhook(server.api, receiver.url, { triggers: [{ resource: 'things', event: 'create' }] });
  });

  async function deliver(name: string, payloadText: string): Promise<string> {
    await publish(server.api, { resource: 'things', event: 'create', entityId: name, payloadText });
    const hit = await receiver.find((one) =>
      one.body.toString('utf8', 0, 400).includes(`"entityId":"${name}"`),
    );
    return entityText(hit.body);
  }

  it.each([
    ['emoji', '{"id":"1","name":"héllo 👩‍👩‍👧‍👦 \\ud83d\\ude00 \u2028"}'],
    ['integer-keys', '{"id":"1","map":{"10":1,"2":2,"b":3,"a":4}}'],
    ['one-point-zero', '{"id":"1","value":1.0}'],
    ['big-number', '{"id":"1","big":12345678901234567890}'],
    ['white-space', '{ "id" :\t"1",\n  "value": 1e2 }'],
  ])('arrives byte for byte: %s', async (name, text) => {
    expect(await deliver(name, text)).toBe(text);
  });

  it('arrives byte for byte at 1 MiB, and is refused one byte above', async () => {
    const frame = '{"id":"1","name":""}';
    const text = frame.replace('""', `"${'x'.repeat(1_048_576 - frame.length)}"`);
    expect(Buffer.byteLength(text)).toBe(1_048_576);
    expect((await deliver('one-mebibyte', text)) === text).toBe(true);
    const answer = await server.api.run(PUBLISH, {
      input: [
        { resource: 'things', event: 'create', entityId: 'more', payloadText: text.replace('x', 'xx') },
      ],
    });
    expect(answer).toMatchObject({ events: [], errors: [{ code: 'TOO_LONG', field: ['0', 'payloadText'] }] });
  });

  it.each([
    ['NUL', '{"id":"1","name":"a\\u0000b"}'],
    ['a lone surrogate', '{"id":"1","name":"\\ud800"}'],
    ['an endless number', '{"id":"1","value":1e400}'],
    ['no JSON', '{"id":"1",}'],
    ['a list', '[]'],
  ])('is refused with %s, since a database or a receiver could not take it', async (_name, payloadText) => {
    const answer = await server.api.run(PUBLISH, {
      input: [{ resource: 'things', event: 'create', entityId: 'x', payloadText }],
    });
    expect(answer.events).toEqual([]);
    expect(answer.errors[0]).toMatchObject({ code: 'INVALID_PAYLOAD' });
    expect(answer.errors[0].field.slice(0, 2)).toEqual(['0', 'payloadText']);
  });

  it('is what a big integer must be given as: payload refuses it with its path', async () => {
    const answer = await server.api.run(
      `mutation { eventsPublish(input: [{ resource: "things", event: "create", entityId: "x",
         payload: { id: "1", big: 12345678901234567890 } }]) { errors { code field message } events { duplicate } } }`,
    );
    expect(answer.errors[0]).toMatchObject({ code: 'INVALID_PAYLOAD', field: ['0', 'payload', 'big'] });
  });
});
