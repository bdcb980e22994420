/** The platform's own changes, through its own API: what of them arrives, and that it is what the platform's API answers. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { buildClientSchema, buildSchema, getIntrospectionQuery, printType } from 'graphql';

import { Api } from '../support/api.ts';
import { startHostApplication } from '../support/host-application.ts';
import { HOST_RESOURCES } from '../support/host-application-resources.ts';
import { createWebhook } from '../support/scenario.ts';
import { actor, arrivals, envelopeOf, heard, type Platform, startPlatform } from './platform.ts';

const EVERY_EVENT = HOST_RESOURCES.flatMap(({ name, events }) =>
  events.map((event) => ({ resource: name, event: event.name })),
);

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform();
});

afterAll(() => platform?.stop());

describe('the record in a payload', () => {
  it('L05: is what was published, what the event shows, valid by the catalog, and what the API of the platform answers', async () => {
    const { host, root } = platform;
    const account = await platform.join('Models', ['WEBHOOKS_MANAGE'], { isAccount: true });
    const webhook = await createWebhook(account.api, platform.receiver.url, { triggers: EVERY_EVENT });
    const api = host.as(account);
    const address = { street: 'Rue de l’Été 5 <"&>', city: null };
    const extra = { '10': 1, '2': [true, null, { deep: 0.5 }], text: '🦊' };
    const fields = 'id name email tags address { street city } extra createdAt';
    const client = await api.run(
      `mutation ($input: ClientInput!) { clientCreate(input: $input) { ${fields} } }`,
      { input: { name: 'Zoë', tags: ['a', 'ü'], address, extra } },
    );
    expect(client).toMatchObject({ name: 'Zoë', email: null, tags: ['a', 'ü'], address, extra });
    const paymentFields = 'id clientId amount { cents currency } state createdAt';
    const payment = await api.run(
      `mutation ($input: PaymentInput!) { paymentCreate(input: $input) { ${paymentFields} } }`,
      { input: { clientId: client.id, amount: { cents: 1 } } },
    );
    const answered = {
      clients: await api.run(`query ($id: ID!) { client(id: $id) { ${fields} } }`, { id: client.id }),
      payments: await api.run(`query ($id: ID!) { payment(id: $id) { ${paymentFields} } }`, {
        id: payment.id,
      }),
    };
    expect(answered).toEqual({ clients: client, payments: payment });

    const bodies = (await arrivals(platform, webhook)).map(envelopeOf);
    expect(bodies.map((body) => body.resource).sort()).toEqual(['clients', 'payments']);
    const catalog: { name: string; payloadSchema: object }[] = await root.api.run(
      '{ catalog { name payloadSchema } }',
    );
    for (const { id, resource, data } of bodies) {
      expect(data).toEqual(answered[resource as keyof typeof answered]);
      expect(await root.api.run('query ($id: ID!) { event(id: $id) { payload } }', { id })).toEqual({
        payload: data,
      });
      const validate = validator(catalog.find((one) => one.name === resource)!.payloadSchema);
      expect([validate(data), validate.errors]).toEqual([true, null]);
      expect(validate({ ...data, createdAt: 'yesterday' })).toBe(false);
      expect(validate({ ...data, unknown: 1 })).toBe(false);
    }
  });

  it('L05: has the types of the catalog, which the API of the platform holds word for word', async () => {
    const introspection = await platform.host
      .as(platform.root)
      .send(getIntrospectionQuery({ descriptions: false }));
    const own = buildClientSchema(introspection.data);
    const catalog: { name: string; model: string }[] = await platform.root.api.run(
      '{ catalog { name model } }',
    );
    expect(catalog.map((resource) => resource.name)).toEqual([
      ...['clients', 'notes', 'payments'],
      'bellwire.endpoints',
    ]);
    for (const { model } of catalog.slice(0, -1)) {
      const registered = buildSchema(`${model}\nscalar DateTime\nscalar JSON\ntype Query { none: Int }`);
      const types = [...model.matchAll(/^(?:type|enum) (\w+)/gm)].map((match) => match[1]!);
      expect(types.length).toBeGreaterThan(0);
      for (const name of types)
        expect(printType(own.getType(name)!)).toBe(printType(registered.getType(name)!));
    }
  });
});

describe('each change', () => {
  it('L29: that matches is sent, of 20 mixed ones exactly those, and no rejected one', async () => {
    const account = await platform.join('Mixed', ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH'], { isAccount: true });
    const webhook = await createWebhook(account.api, platform.receiver.url, {
      triggers: [
        { resource: 'clients', event: 'create' },
        { resource: 'clients', event: 'update' },
        { resource: 'payments', event: 'approve' },
      ],
    });
    const act = actor(platform.host, account);
    const matching: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      const client = await act.createClient();
      const other = await act.createClient('Grace Murray');
      await act.updateClient(client);
      const note = await act.createNote();
      await act.updateNote(note);
      const payment = await act.createPayment(client);
      await act.updatePayment(payment, client);
      await act.approvePayment(payment);
      await act.deleteClient(other);
      await act.updateClient(client, 'Ada King');
      matching.push(`clients.create ${client}`, `clients.create ${other}`, `payments.approve ${payment}`);
      matching.push(`clients.update ${client}`, `clients.update ${client}`);
      await expect(act.createPayment(client, 0)).rejects.toThrow('more than nothing');
      await expect(act.updateClient(other)).rejects.toThrow(`no ${other}`);
      await expect(act.deleteClient('clients-0')).rejects.toThrow('no clients-0');
    }
    const { count, nodes } = await account.api.run(
      '{ events(first: 100) { count { value } nodes { login { id } } } }',
    );
    expect(count).toEqual({ value: 20 });
    expect(new Set(nodes.map((node: { login: { id: string } }) => node.login.id))).toEqual(
      new Set([account.id]),
    );
    const proof = await act.createClient('The proof');
    expect(await heard(platform, webhook)).toEqual([...matching, `clients.create ${proof}`].sort());
  });

  it('L29: that Bellwire refuses is not made, and the next one is', async () => {
    const { root, host } = platform;
    const account = await platform.join('Refused', ['WEBHOOKS_MANAGE'], { isAccount: true });
    const webhook = await createWebhook(account.api, platform.receiver.url, { triggers: EVERY_EVENT });
    const stranger = { id: account.id.replace(/.{4}$/, '0000') };
    await expect(actor(host, stranger).createClient()).rejects.toThrow('Not published');
    const made = await actor(host, account).createClient();
    const before = `clients-${Number(made.split('-')[1]) - 1}`;
    expect(await host.as(root).run('query ($id: ID!) { client(id: $id) { id } }', { id: before })).toBeNull();
    expect(await heard(platform, webhook)).toEqual([`clients.create ${made}`]);
  });

  it('L29: is sent once, though the answer to its publish got lost and it was published again', async () => {
    const account = await platform.join('Lost answer', ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH'], {
      isAccount: true,
    });
    const service = await platform.join('Second host', ['CATALOG_MANAGE', 'EVENTS_PUBLISH']);
    const webhook = await createWebhook(account.api, platform.receiver.url);
    const line = await startLossyLine(platform.server.api.url);
    const host = await startHostApplication(new Api(line.url, service.api.token));
    const made = await actor(host, account).createClient();
    expect(line.publishes).toHaveLength(2);
    expect(line.publishes[1]).toBe(line.publishes[0]);
    expect(await heard(platform, webhook)).toEqual([`clients.create ${made}`]);
    expect(await account.api.run('{ events { nodes { entityId } } }')).toEqual({
      nodes: [{ entityId: made }],
    });
    await host.close();
    await line.close();
  });
});

function validator(schema: object) {
  const ajv = new Ajv({ strict: true, allowUnionTypes: true, meta: false, validateSchema: false });
  addFormats.default(ajv);
  return ajv.compile(schema);
}

/** A way to a server that loses the answer to the first publish. */
async function startLossyLine(
  to: string,
): Promise<{ url: string; publishes: string[]; close(): Promise<void> }> {
  const publishes: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await textOf(request);
    const { authorization, accept } = request.headers as Record<string, string>;
    const answer = await fetch(`${to}${request.url}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: authorization!, accept: accept! },
      body,
    });
    if (body.includes('eventsPublish') && publishes.push(body) === 1) return void request.socket.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    publishes,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
