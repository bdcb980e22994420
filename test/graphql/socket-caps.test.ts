/** How much one login may have over WebSocket (GQL-07): the caps are exact, they give back what ends, and others go on. */
import { figure } from '../support/figure.ts';
import { OTHER_TOKEN, QuietStream, RawSocket, startEdge, type TestEdge } from './edge.ts';

const STREAM = 'subscription { deliveryEvents { cursor } }';

let edge: TestEdge;
let live: QuietStream;
beforeEach(async () => {
  live = new QuietStream();
  edge = await startEdge({ rooms: { live } });
});
afterEach(() => edge?.stop());

/** Sends count subscriptions at once; the answers to them, by kind. */
async function flood(socket: RawSocket, count: number, query = STREAM, name = 's') {
  const ids = Array.from({ length: count }, (_, index) => `${name}${index}`);
  for (const id of ids) socket.send({ id, type: 'subscribe', payload: { query } });
  const answers = [];
  for (const id of ids) answers.push(await socket.next(undefined, id));
  const refused = answers.filter(({ type }) => type === 'error').map(({ payload }) => payload[0]);
  return { taken: answers.filter(({ type }) => type === 'next').length, refused };
}

/** The other login does what it always could. */
async function expectOthersUnaffected(): Promise<void> {
  const other = await new RawSocket(edge.url).connect(OTHER_TOKEN);
  expect((await other.operation('1', STREAM)).type).toBe('next');
  const closed = other.closed;
  other.socket.close();
  await closed;
}

/** Opens a socket; whether it was taken, or how it was closed. */
async function tryConnect({ url } = edge): Promise<RawSocket | { code: number; reason: string }> {
  const socket = new RawSocket(url);
  return Promise.race([socket.connect(), socket.closed]);
}

/** Opens sockets until one is taken: a client knows of its closing before the server does. */
async function connectAtLast(to = edge): Promise<RawSocket> {
  for (let tries = 0; tries < 100; tries++) {
    const socket = await tryConnect(to);
    if (socket instanceof RawSocket) return socket;
  }
  throw new Error('there is no room any more');
}

describe('the subscriptions of a socket (GQL-07)', () => {
  it('are 100 of 1,000; one that ends makes room for one', async () => {
    const socket = await new RawSocket(edge.url).connect();
    const { taken, refused } = await flood(socket, 1000);
    expect([taken, refused.length]).toEqual([100, 900]);
    expect(new Set(refused.map((error) => JSON.stringify(error)))).toEqual(
      new Set([
        JSON.stringify({
          message: 'A socket may have 100 subscriptions at once (BELLWIRE_MAX_SOCKET_SUBSCRIPTIONS).',
          extensions: { code: 'TOO_MANY_SUBSCRIPTIONS', limit: 'BELLWIRE_MAX_SOCKET_SUBSCRIPTIONS' },
        }),
      ]),
    );
    await expectOthersUnaffected();
    socket.send({ id: 's0', type: 'complete' });
    await live.untilEnded(2);
    expect(await flood(socket, 2, STREAM, 'later')).toMatchObject({ taken: 1, refused: [{}] });
    figure('GQL-07', { taken, refused: refused.length });
  });

  it('give their places back however they end: refused, failed, run out, completed at once', async () => {
    const small = await startEdge({
      rooms: { live },
      settings: { BELLWIRE_MAX_SOCKET_SUBSCRIPTIONS: '3', BELLWIRE_MAX_LOGIN_SUBSCRIPTIONS: '3' },
    });
    const socket = await new RawSocket(small.url).connect();
    const expectRoomForThree = async () => {
      expect(await flood(socket, 4)).toMatchObject({ taken: 3, refused: [{}] });
      const ended = live.ended + 3;
      for (const id of ['s0', 's1', 's2']) socket.send({ id, type: 'complete' });
      await live.untilEnded(ended);
    };
    for (const query of [
      '{',
      '{ viewer { id } }',
      'subscription { deliveryEvents { nothing } }',
      'subscription { deliveryEvents(maxBatch: 1000) { events { delivery { webhook { deliveries { nodes { id } } } } } } }',
      'subscription { deliveryEvents(maxBatch: 0) { cursor } }',
    ]) {
      for (let round = 0; round < 5; round++) {
        const answer = await socket.operation('bad', query);
        expect(answer.type === 'error' || answer.payload.errors).toBeTruthy();
        if (answer.type === 'next') await socket.next('complete', 'bad');
      }
      await expectRoomForThree();
    }
    // eslint-disable-next-line require-yield
    const fails = async function* () {
      await Promise.reject(new Error('the database is away'));
    };
    const follow = live.follow.bind(live);
    live.follow = fails;
    for (let round = 0; round < 5; round++)
      expect((await socket.operation('fails', STREAM)).type).toBe('error');
    live.follow = async function* () {
      yield await Promise.resolve({ lines: [], cursor: 'c', caughtUp: true, folded: 0, reset: null });
    };
    for (let round = 0; round < 5; round++) {
      await socket.operation('short', STREAM);
      await socket.next('complete', 'short');
    }
    live.follow = follow;
    for (let round = 0; round < 5; round++) {
      socket.send({ id: `quick${round}`, type: 'subscribe', payload: { query: STREAM } });
      socket.send({ id: `quick${round}`, type: 'complete' });
    }
    socket.send({ type: 'ping' });
    await socket.next('pong');
    await expectRoomForThree();

    // A socket that closes gives back what the login had on it.
    expect((await flood(socket, 3)).taken).toBe(3);
    const second = await new RawSocket(small.url).connect();
    expect((await flood(second, 1)).refused).toEqual([
      {
        message: 'A login may have 3 subscriptions at once here (BELLWIRE_MAX_LOGIN_SUBSCRIPTIONS).',
        extensions: { code: 'TOO_MANY_SUBSCRIPTIONS', limit: 'BELLWIRE_MAX_LOGIN_SUBSCRIPTIONS' },
      },
    ]);
    const before = live.ended;
    socket.socket.terminate();
    await live.untilEnded(before + 3);
    expect(await flood(second, 4)).toMatchObject({ taken: 3, refused: [{}] });
    await small.stop();
  });
});

describe('the subscriptions of a login (GQL-07)', () => {
  it('are 500 over all its sockets', async () => {
    const counts = [];
    for (let index = 0; index < 6; index++) {
      const socket = await new RawSocket(edge.url).connect();
      const { taken, refused } = await flood(socket, 101);
      counts.push(taken);
      const setting = index < 5 ? 'BELLWIRE_MAX_SOCKET_SUBSCRIPTIONS' : 'BELLWIRE_MAX_LOGIN_SUBSCRIPTIONS';
      expect(refused[0].extensions.limit).toBe(setting);
    }
    expect(counts).toEqual([100, 100, 100, 100, 100, 0]);
    await expectOthersUnaffected();
  });
});

describe('the sockets of a login (GQL-07)', () => {
  it('are 50 of 200; the surplus is closed with 1013, and one that closes makes room for one', async () => {
    const tries = await Promise.all(Array.from({ length: 200 }, tryConnect));
    const taken = tries.filter((one) => one instanceof RawSocket);
    const closed = tries.filter((one) => !(one instanceof RawSocket));
    expect(taken).toHaveLength(50);
    expect(closed).toHaveLength(150);
    expect(new Set(closed.map((one) => JSON.stringify(one)))).toEqual(
      new Set([
        JSON.stringify({
          code: 1013,
          reason: 'A login may have 50 sockets at once here (BELLWIRE_MAX_LOGIN_SOCKETS).',
        }),
      ]),
    );
    await expectOthersUnaffected();
    taken[0]!.socket.close();
    await taken[0]!.closed;
    await connectAtLast();
    expect(await tryConnect()).toMatchObject({ code: 1013 });
  });

  it('are not used up by those that close while their token is looked up', async () => {
    let lookUps = 0;
    const waiting: (() => void)[] = [];
    const known = { tokenId: 'tok_1', loginId: 'lgn_1', expiresAt: null };
    let slow = true;
    const access = {
      viewerOfToken: async () => {
        lookUps++;
        if (slow) await new Promise<void>((resolve) => waiting.push(resolve));
        return known;
      },
    };
    const one = await startEdge({ rooms: { access }, settings: { BELLWIRE_MAX_LOGIN_SOCKETS: '1' } });
    const hasty = new RawSocket(one.url);
    hasty.socket.once('open', () => {
      hasty.send({ type: 'connection_init', payload: { authorization: 'bearer x' } });
      hasty.socket.close();
    });
    await hasty.closed;
    while (lookUps < 1) await new Promise((resolve) => setImmediate(resolve));
    slow = false;
    for (const go of waiting) go();
    await connectAtLast(one);
    await one.stop();
  });
});

describe('a socket (GQL-07)', () => {
  it('is closed with 1009 for a message of more than 64 KiB', async () => {
    const socket = await new RawSocket(edge.url).connect();
    const message = (bytes: number) => {
      const frame = JSON.stringify({ type: 'ping', payload: { pad: '' } });
      return frame.replace('"pad":""', `"pad":"${'x'.repeat(bytes - frame.length)}"`);
    };
    socket.socket.send(message(64 * 1024));
    expect((await socket.next()).type).toBe('pong');
    socket.socket.send(message(64 * 1024 + 1));
    expect((await socket.closed).code).toBe(1009);
    const huge = await new RawSocket(edge.url).connect();
    huge.socket.send(message(70_000));
    expect((await huge.closed).code).toBe(1009);
    await expectOthersUnaffected();
  });

  it('is closed with 4408 when it does not say who it is, with 4429 when it does so twice', async () => {
    const hasty = await startEdge({ rooms: { live }, settings: { BELLWIRE_INIT_TIMEOUT: '200ms' } });
    const silent = new RawSocket(hasty.url);
    const spoken = await new RawSocket(hasty.url).connect();
    expect((await silent.closed).code).toBe(4408);
    expect((await spoken.operation('1', STREAM)).type).toBe('next');
    spoken.send({ type: 'connection_init', payload: {} });
    expect((await spoken.closed).code).toBe(4429);
    await hasty.stop();
    await expectOthersUnaffected();
  });
});
