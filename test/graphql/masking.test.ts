import got from 'got';
import { GraphQLError } from 'graphql';
import { QueryFailedError } from 'typeorm';

import { describeError } from '../../src/log.ts';
import { figure } from '../support/figure.ts';
import { BATCH, RawSocket, startEdge, type TestEdge } from './edge.ts';

const SECRET = 'hunter2';

/** Errors as libraries throw them, each with something inside that is nobody's business. */
const CAUSES: [name: string, make: () => Promise<unknown>][] = [
  [
    'of the database',
    () => Promise.resolve(Object.assign(new Error(`connect to postgres://${SECRET}@db`), { code: '08001' })),
  ],
  [
    'of TypeORM',
    () =>
      Promise.resolve(
        new QueryFailedError('select $1', [SECRET], new Error(`duplicate key value (${SECRET})`)),
      ),
  ],
  [
    'of got',
    () => got(`http://127.0.0.1:1/${SECRET}`, { retry: { limit: 0 } }).catch((error: unknown) => error),
  ],
  // As node:assert throws it; its own class belongs to another realm than jest's tests.
  [
    'of an assertion',
    () =>
      Promise.resolve(
        Object.assign(new Error(`expected ${SECRET}`), { name: 'AssertionError', code: 'ERR_ASSERTION' }),
      ),
  ],
  ['that is a text', () => Promise.resolve(SECRET)],
  [
    'that borrows a public code',
    () => Promise.resolve(Object.assign(new Error(SECRET), { extensions: { code: 'FORBIDDEN' } })),
  ],
  [
    'of GraphQL itself, without a code',
    () => Promise.resolve(new GraphQLError(`Cannot return null for ${SECRET}`)),
  ],
  [
    'of GraphQL with a code of its own',
    () => Promise.resolve(new GraphQLError(SECRET, { extensions: { code: 'ECONNREFUSED' } })),
  ],
];

const MASKED = {
  message: 'Internal server error',
  extensions: { code: 'INTERNAL_SERVER_ERROR', correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
};
const STREAM = 'subscription { deliveryEvents { cursor events { attempt { id } } } }';

let cause: unknown;
const fail = (): Promise<never> => {
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
  return Promise.reject(cause);
};

let edge: TestEdge | undefined;
afterEach(async () => {
  await edge?.stop();
  edge = undefined;
});

/** Nothing of the secret in what was answered; exactly one line of the log has the cause, under the same id. */
function expectHidden(answer: unknown, correlationId: unknown): void {
  expect(JSON.stringify(answer)).not.toContain(SECRET);
  const lines = edge!.log.filter((line) => line['msg'] === 'a request failed');
  expect(lines).toEqual([
    expect.objectContaining({
      level: 50,
      correlationId,
      error: expect.stringContaining(describeError(cause).error),
    }),
  ]);
}

describe.each(CAUSES)('an error %s (GQL-08)', (_name, make) => {
  beforeEach(async () => {
    cause = await make();
  });

  it('is masked over HTTP, with the cause in the log', async () => {
    edge = await startEdge({ rooms: { catalog: { list: fail } } });
    const answer = await edge.api.send('{ catalog { name } }');
    expect(answer).toMatchObject({
      status: 200,
      data: { catalog: null },
      errors: [{ ...MASKED, path: ['catalog'] }],
    });
    expectHidden(answer, answer.errors![0]!.extensions!['correlationId']);
  });

  it('is masked over HTTP before GraphQL begins', async () => {
    edge = await startEdge({ rooms: { access: { viewerOfToken: fail } } });
    const answer = await edge.api.send('{ catalog { name } }');
    expect(answer).toEqual({ status: 500, errors: [MASKED] });
    expectHidden(answer, answer.errors![0]!.extensions!['correlationId']);
  });

  it('is masked when it ends a subscription that has just begun, and the socket stays', async () => {
    // eslint-disable-next-line require-yield
    async function* follow() {
      await fail();
    }
    edge = await startEdge({ rooms: { live: { follow } } });
    const socket = await new RawSocket(edge.url).connect();
    const answer = await socket.operation('1', STREAM);
    expect(answer).toMatchObject({ type: 'error', payload: [MASKED] });
    expectHidden(answer, answer.payload[0].extensions.correlationId);
    expect((await socket.operation('2', '{ catalog { name } }')).payload[0].extensions.code).toBe(
      'BAD_REQUEST',
    );
    socket.socket.close();
  });

  it('is masked in the middle of a stream', async () => {
    async function* follow() {
      yield BATCH;
      await fail();
    }
    edge = await startEdge({ rooms: { live: { follow } } });
    const socket = await new RawSocket(edge.url).connect();
    expect(await socket.operation('1', STREAM)).toMatchObject({
      type: 'next',
      payload: { data: { deliveryEvents: { cursor: 'c1' } } },
    });
    const answer = await socket.next('error', '1');
    expect(answer.payload).toEqual([MASKED]);
    expectHidden(answer, answer.payload[0].extensions.correlationId);
    socket.socket.close();
  });

  it('is masked in a field of a pushed batch', async () => {
    async function* follow() {
      await Promise.resolve();
      yield {
        ...BATCH,
        lines: [{ deliveryId: 'dlv_1', kind: 'FAILED', attemptNumber: 1, cursor: 'c1', at: new Date() }],
      };
    }
    edge = await startEdge({ rooms: { live: { follow }, history: { attemptsByKeys: fail } } });
    const socket = await new RawSocket(edge.url).connect();
    const answer = await socket.operation('1', STREAM);
    expect(answer.payload.errors).toEqual([
      { ...MASKED, path: ['deliveryEvents', 'events', 0, 'attempt'], locations: expect.anything() },
    ]);
    expect(answer.payload.data.deliveryEvents.cursor).toBe('c1');
    expectHidden(answer, answer.payload.errors[0].extensions.correlationId);
    socket.socket.close();
  });

  it('while a subscription is prepared is masked, and while a token is looked up closes with 1013', async () => {
    const noRights = { refresh: fail };
    edge = await startEdge({
      rooms: { access: { viewerOfToken: () => Promise.resolve({ expiresAt: null }), ...noRights } },
    });
    const socket = await new RawSocket(edge.url).connect();
    const answer = await socket.operation('1', STREAM);
    expect(answer).toMatchObject({ type: 'error', payload: [MASKED] });
    expectHidden(answer, answer.payload[0].extensions.correlationId);
    socket.socket.close();
    await edge.stop();

    edge = await startEdge({ rooms: { access: { viewerOfToken: fail } } });
    const second = new RawSocket(edge.url);
    second.connect().catch(() => undefined);
    expect(await second.closed).toEqual({ code: 1013, reason: 'Try again later' });
  });
});

it('an error that is meant for the caller passes, without anything but its code', async () => {
  cause = new GraphQLError('This needs WEBHOOKS_MANAGE.', {
    extensions: { code: 'FORBIDDEN', query: SECRET },
  });
  edge = await startEdge({ rooms: { catalog: { list: fail } } });
  const { errors } = await edge.api.send('{ catalog { name } }');
  expect(errors).toEqual([
    {
      message: 'This needs WEBHOOKS_MANAGE.',
      path: ['catalog'],
      locations: expect.anything(),
      extensions: { code: 'FORBIDDEN' },
    },
  ]);
  figure('GQL-08', { causes: CAUSES.length, places: 6, internalStrings: 0 });
});
