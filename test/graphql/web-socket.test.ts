import { once } from 'node:events';
import { connect } from 'node:net';

import { ROOT_TOKEN, startServer, type TestServer } from '../support/server.ts';
import { QuietStream, RawSocket, startEdge, type TestEdge, TOKEN, viewer } from './edge.ts';

const STREAM = 'subscription { deliveryEvents { cursor } }';
let edge: TestEdge;
let live: QuietStream;
beforeEach(async () => {
  live = new QuietStream();
  edge = await startEdge({ rooms: { live } });
});
afterEach(() => edge?.stop());

it('a refused upgrade whose client stays does not keep the server from stopping', async () => {
  const { port } = new URL(edge.url);
  const client = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
  client.write(
    `GET /elsewhere HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  );
  const [answer] = (await once(client, 'data')) as [Buffer];
  expect(answer.toString()).toContain('404 Not Found');
  // Without an end to it, stop would never resolve.
  await edge.stop();
  client.destroy();
});

describe('a socket', () => {
  it.each([
    ['without parameters', undefined],
    ['without a token', {}],
    ['with an unknown token', { Authorization: 'Bearer nonsense' }],
    ['with a token that is no text', { Authorization: { Bearer: TOKEN } }],
    ['with a bare token', { Authorization: TOKEN }],
  ])('%s is closed with 4401', async (_how, payload) => {
    const socket = new RawSocket(edge.url);
    socket.socket.once('open', () => socket.send({ type: 'connection_init', payload }));
    expect(await socket.closed).toEqual({ code: 4401, reason: 'Unauthorized' });
    expect(socket.messages).toEqual([]);
  });

  it('that subscribes before it has said who it is, is closed with 4401', async () => {
    const socket = new RawSocket(edge.url);
    socket.socket.once('open', () => socket.send({ id: '1', type: 'subscribe', payload: { query: STREAM } }));
    expect((await socket.closed).code).toBe(4401);
  });

  it('runs no query and no mutation, and says so, and stays open', async () => {
    const socket = await new RawSocket(edge.url).connect();
    for (const query of [
      '{ viewer { id } }',
      'mutation { webhookDelete(id: "whk_1") { deletedId } }',
      'query A { viewer { id } }',
      '{ __schema { types { name } } }',
    ]) {
      const answer = await socket.operation('1', query);
      expect(answer.type).toBe('error');
      expect(answer.payload[0]).toMatchObject({
        message: expect.stringMatching(/^Only subscriptions run over WebSocket/),
        extensions: { code: 'BAD_REQUEST' },
      });
    }
    expect((await socket.operation('1', STREAM)).type).toBe('next');
  });

  it.each([
    ['a document that is no GraphQL', '{', {}, 'GRAPHQL_PARSE_FAILED'],
    ['too many tokens', `subscription { ${'__typename '.repeat(1000)} }`, {}, 'GRAPHQL_PARSE_FAILED'],
    [
      'a field that does not exist',
      'subscription { deliveryEvent { cursor } }',
      {},
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'a document that is too deep',
      `subscription { deliveryEvents { events { delivery { webhook { login ${'{ parent '.repeat(9)} { id } ${'} '.repeat(13)} }`,
      {},
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['a document that is too long', `${STREAM} #${'x'.repeat(33_000)}`, {}, 'PAYLOAD_TOO_LARGE'],
    [
      'a wrong variable',
      'subscription ($mode: StreamMode!) { deliveryEvents(mode: $mode) { cursor } }',
      { mode: 'EVERY_EVEN' },
      'BAD_USER_INPUT',
    ],
    [
      'an argument out of range',
      'subscription { deliveryEvents(maxBatch: 0) { cursor } }',
      {},
      'BAD_USER_INPUT',
    ],
  ])('answers %s with an error and stays open', async (_what, query, variables, code) => {
    const socket = await new RawSocket(edge.url).connect();
    const answer = await socket.operation('1', query, variables);
    // What a generator refuses comes as a result, what the document lacks as an error.
    const errors = answer.type === 'error' ? answer.payload : answer.payload.errors;
    expect(errors[0].extensions.code).toBe(code);
    expect(JSON.stringify(errors)).not.toContain('Did you mean');
    expect((await socket.operation('2', STREAM)).type).toBe('next');
  });

  it('with something that is no message is closed with 4400', async () => {
    const wrong = await new RawSocket(edge.url).connect();
    wrong.socket.send('no message');
    expect((await wrong.closed).code).toBe(4400);
  });

  it('lets a generator know at once that nobody listens any more: on complete, and when it closes', async () => {
    const socket = await new RawSocket(edge.url).connect();
    await socket.operation('1', STREAM);
    await socket.operation('2', STREAM);
    socket.send({ id: '1', type: 'complete' });
    await live.untilEnded(1);
    socket.socket.terminate();
    await live.untilEnded(2);
    expect(edge.log.filter((line) => line['type'] === 'subscription')).toHaveLength(2);
  });

  it('is closed with 1001 when the server stops, after its generators have ended', async () => {
    let finish: () => void = () => undefined;
    live.rest = () => new Promise((resolve) => (finish = resolve));
    const socket = await new RawSocket(edge.url).connect();
    await socket.operation('1', STREAM);
    const stopped = edge.stop().then(() => live.ended);
    expect(await socket.closed).toEqual({ code: 1001, reason: 'Going away' });
    await fetch(edge.url).catch(() => undefined);
    finish();
    expect(await stopped).toBe(1);
  });

  it('that does not answer the closing is cut after the grace period', async () => {
    const socket = await new RawSocket(edge.url).connect();
    socket.socket.pause();
    await edge.stop(50);
    socket.socket.resume();
    await socket.closed;
  });

  it('is closed with 4403 when its token expires', async () => {
    const caller = viewer();
    const brief = await startEdge({ caller, rooms: { live } });
    caller.expiresAt = new Date(Date.now() + 300);
    const socket = await new RawSocket(brief.url).connect();
    await socket.operation('1', STREAM);
    expect(await socket.closed).toEqual({ code: 4403, reason: 'The token or the session has expired' });
    await live.untilEnded(1);
    await brief.stop();
  });
});

describe('a socket of a whole server', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startServer();
  });
  afterEach(() => server?.stop());

  async function token(): Promise<{ id: string; value: string }> {
    const payload = await server.api.mutate(
      `mutation { accessTokenCreate(input: { name: "test", permissions: [WEBHOOKS_MANAGE] }) {
         errors { message } value accessToken { id } } }`,
    );
    return { id: payload.accessToken.id, value: payload.value };
  }

  it('is closed with 4403 within a second after its token was revoked, and no batch comes after that', async () => {
    const { id, value } = await token();
    const socket = await new RawSocket(server.app.url).connect(value);
    await socket.operation('1', STREAM);
    const revoked = server.api.mutate(
      'mutation ($id: ID!) { accessTokenRevoke(id: $id) { errors { message } deletedId } }',
      { id },
    );
    expect((await revoked).deletedId).toBe(id);
    const startedAt = performance.now();
    expect((await socket.closed).code).toBe(4403);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });

  it('that subscribes after its token was revoked is closed with 4403', async () => {
    const { id, value } = await token();
    const socket = await new RawSocket(server.app.url).connect(value);
    await server.api.mutate('mutation ($id: ID!) { accessTokenRevoke(id: $id) { errors { message } } }', {
      id,
    });
    socket.send({ id: '1', type: 'subscribe', payload: { query: STREAM } });
    expect(await socket.closed).toEqual({ code: 4403, reason: expect.stringContaining('has ended') });
    expect(socket.messages).toEqual([]);
  });

  it('gets a heartbeat with a cursor as the root administrator', async () => {
    const socket = await new RawSocket(server.app.url).connect(ROOT_TOKEN);
    const first = (await socket.operation('1', STREAM)).payload.data.deliveryEvents.cursor;
    expect(first).toEqual(expect.any(String));
    expect((await socket.next('next', '1')).payload.data.deliveryEvents.cursor).toEqual(expect.any(String));
    socket.socket.close();
  });
});
