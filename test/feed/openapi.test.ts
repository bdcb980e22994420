/** The OpenAPI description of a link: valid by the specification's own schema, and true of what the addresses answer. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { ask, makeLink, post, soon } from './link.ts';

let server: TestServer;
let receiver: Receiver;
let link: string;
let document: any;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  await registerResource(server.api);
  link = await makeLink(server.api);
  document = (await ask(`${link}/openapi.json`)).json;
});
afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

/** The schema of an answer, with the parts that it refers to. */
function schemaOf(path: string, method: string, status: number, type: string): object {
  const { content } = document.paths[path][method].responses[status];
  return { ...content[type].schema, components: document.components };
}

it('is valid, begins with the link, and names no address that is not there', async () => {
  expect(await new Validator().validate(document)).toMatchObject({ valid: true });
  expect(document).toMatchObject({ openapi: '3.1.0', servers: [{ url: link }] });
  for (const path of Object.keys(document.paths))
    expect([path, (await ask(link + path.replace('{id}', 'whk_1'))).status]).toEqual([
      path,
      path.includes('{id}') ? 404 : 200,
    ]);
});

it('says of each answer what it is', async () => {
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  // Without the compiled types of its own default export.
  (formats as unknown as (ajv: Ajv2020) => void)(ajv);
  const fits = (schema: object, value: unknown) => {
    const check = ajv.compile(schema);
    check(value);
    return check.errors;
  };
  const sample = await ask(`${link}/events`);
  await createWebhook(server.api, receiver.url);
  const [made] = await publish(server.api, clientEvent('a'));
  await soon(link, made!.event.id);
  const json = 'application/json';
  const notifications = schemaOf('/events', 'get', 200, json);
  expect(fits(notifications, sample.json)).toBeNull();
  expect(fits(notifications, (await ask(`${link}/events`)).json)).toBeNull();
  expect(fits(notifications, [{ id: 1 }])).not.toBeNull();
  expect(
    fits(
      schemaOf('/feed', 'get', 200, 'application/cloudevents-batch+json'),
      (await ask(`${link}/feed`)).json,
    ),
  ).toBeNull();
  const subscription = await post(`${link}/subscriptions`, {
    ...{ targetUrl: receiver.url, resource: 'clients', event: 'create' },
  });
  expect(fits(schemaOf('/subscriptions', 'post', 201, json), subscription.json)).toBeNull();
  expect(
    fits(schemaOf('/subscriptions', 'get', 200, json), (await ask(`${link}/subscriptions`)).json),
  ).toBeNull();
  const problem = 'application/problem+json';
  expect(
    fits(schemaOf('/events', 'get', 400, problem), (await ask(`${link}/events?limit=0`)).json),
  ).toBeNull();
  const refused = await post(`${link}/subscriptions`, {});
  expect(fits(schemaOf('/subscriptions', 'post', 422, problem), refused.json)).toBeNull();
});
