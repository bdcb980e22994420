/** Every limit of the guard, over HTTP and over WebSocket: what is at it passes, what is beyond is refused with its name. */
import { Lexer, Source, TokenKind } from 'graphql';

import { Api } from '../support/api.ts';
import { OTHER_TOKEN, QuietStream, RawSocket, startEdge, type TestEdge, TOKEN } from './edge.ts';

/** The stream with its counters, so that a test sees what ran. */
class CountedStream extends QuietStream {
  runs = 0;
  override follow(...args: Parameters<QuietStream['follow']>) {
    this.runs++;
    return super.follow(...args);
  }
  override poll() {
    this.runs++;
    return super.poll();
  }
}

interface Refusal {
  message: string;
  extensions: Record<string, unknown>;
}

/** One way to run an operation on the field deliveryEvents, which both transports have. */
interface Transport {
  name: string;
  type: 'query' | 'subscription';
  /** The refusal, or undefined when it ran. */
  run(edge: TestEdge, document: string): Promise<Refusal | undefined>;
}

const HTTP: Transport = {
  name: 'HTTP',
  type: 'query',
  async run(edge, document) {
    const { status, errors } = await edge.api.send(document);
    if (!errors) return undefined;
    expect(status).toBe(errors[0]!.extensions!['code'] === 'PAYLOAD_TOO_LARGE' ? 413 : 400);
    return errors[0] as Refusal;
  },
};

const sockets = new WeakMap<TestEdge, Promise<RawSocket>>();
const WEB_SOCKET: Transport = {
  name: 'WebSocket',
  type: 'subscription',
  async run(edge, document) {
    if (!sockets.has(edge)) sockets.set(edge, new RawSocket(edge.url).connect());
    const socket = await sockets.get(edge)!;
    const answer = await socket.operation(crypto.randomUUID(), document);
    return answer.type === 'error' ? (answer.payload[0] as Refusal) : undefined;
  },
};

function tokens(text: string): number {
  const lexer = new Lexer(new Source(text));
  let count = 0;
  while (lexer.advance().kind !== TokenKind.EOF) count++;
  return count;
}

function list(count: number, make: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => make(index)).join(' ');
}

/** Lowered where the default would make long documents; the others are the defaults. */
const SETTINGS = {
  BELLWIRE_MAX_FIELDS: '40',
  BELLWIRE_MAX_COST: '1000',
  BELLWIRE_MAX_DOCUMENT: '16KiB',
};

/** For a limit: its setting and number, the code of its refusal, and a document that needs just n of it. */
const LIMITS: [setting: string, limit: number, code: string, make: (type: string, n: number) => string][] = [
  [
    'BELLWIRE_MAX_DOCUMENT',
    16 * 1024,
    'PAYLOAD_TOO_LARGE',
    (type, n) => {
      const text = `${type} { deliveryEvents { cursor } } #`;
      return text + 'x'.repeat(n - text.length);
    },
  ],
  [
    'BELLWIRE_MAX_TOKENS',
    1000,
    'GRAPHQL_PARSE_FAILED',
    (type, n) => {
      const text = (filter: string) =>
        `${type} { deliveryEvents(filter: { statusCode: [${filter}] }) { cursor } }`;
      return text('1 '.repeat(n - tokens(text(''))));
    },
  ],
  [
    'BELLWIRE_MAX_DEPTH',
    12,
    'GRAPHQL_VALIDATION_FAILED',
    (type, n) =>
      `${type} { deliveryEvents(FIRST: 1) { events { delivery { webhook { login ${'{ parent '.repeat(n - 6)} { id } ${'} '.repeat(n - 2)} }`,
  ],
  [
    'BELLWIRE_MAX_FIELDS',
    40,
    'GRAPHQL_VALIDATION_FAILED',
    (type, n) => `${type} { deliveryEvents { ${'cursor '.repeat(n - 1)} } }`,
  ],
  [
    'BELLWIRE_MAX_ALIASES',
    30,
    'GRAPHQL_VALIDATION_FAILED',
    (type, n) => `${type} { deliveryEvents { ${list(n, (index) => `a${index}: __typename`)} } }`,
  ],
  [
    'BELLWIRE_MAX_DIRECTIVES',
    20,
    'GRAPHQL_VALIDATION_FAILED',
    (type, n) => `${type} { deliveryEvents { ${list(n, () => 'cursor @include(if: true)')} } }`,
  ],
  [
    'BELLWIRE_MAX_COST',
    1000,
    'COST_EXCEEDED',
    // A batch of n/2 rows, each with its change; one row more is two points more.
    (type, n) => `${type} { deliveryEvents(FIRST: ${Math.ceil(n / 2)}) { events { cursor } } }`,
  ],
];

/** The size of a batch has a name of its own on each transport. */
function forTransport({ type }: Transport, make: (type: string, n: number) => string, n: number): string {
  return make(type, n).replace('FIRST', type === 'query' ? 'first' : 'maxBatch');
}

describe.each([HTTP, WEB_SOCKET])('over $name', (transport) => {
  let edge: TestEdge;
  let live: CountedStream;
  beforeAll(async () => {
    live = new CountedStream();
    edge = await startEdge({ rooms: { live }, settings: SETTINGS });
  });
  afterAll(() => edge?.stop());

  it.each(LIMITS)(
    '%s lets %d pass and refuses one more, and nothing of it runs',
    async (setting, limit, code, make) => {
      const before = live.runs;
      const refusal = await transport.run(edge, forTransport(transport, make, limit + 1));
      expect(refusal).toMatchObject({
        message: expect.stringContaining(`(${setting})`),
        extensions: { code, limit: setting },
      });
      expect(refusal!.message).toContain(String(limit));
      expect(live.runs).toBe(before);
      expect(await transport.run(edge, forTransport(transport, make, limit))).toBeUndefined();
      expect(live.runs).toBe(before + 1);
    },
  );

  it('the cost follows the variables', async () => {
    const document = forTransport(
      transport,
      (type) => `${type} ($n: Int!) { deliveryEvents(FIRST: $n) { events { cursor } } }`,
      0,
    );
    const send = async (n: unknown) => {
      if (transport === HTTP) return (await edge.api.send(document, { n })).errors?.[0]?.extensions;
      const socket = await sockets.get(edge)!;
      const answer = await socket.operation(crypto.randomUUID(), document, { n });
      return answer.type === 'error' ? answer.payload[0].extensions : undefined;
    };
    expect(await send(501)).toEqual({ code: 'COST_EXCEEDED', limit: 'BELLWIRE_MAX_COST' });
    expect(await send('many')).toEqual({ code: 'BAD_USER_INPUT' });
    expect(await send(500)).toBeUndefined();
  });

  it('a null where the default would hide the cost is refused too', async () => {
    const document = forTransport(
      transport,
      (type) => `${type} ($n: Int = 1) { deliveryEvents(FIRST: $n) { events { cursor } } }`,
      0,
    );
    const before = live.runs;
    if (transport === HTTP) {
      const { status, errors } = await edge.api.send(document, { n: null });
      expect([status, errors![0]!.extensions]).toEqual([400, { code: 'BAD_USER_INPUT' }]);
    } else {
      const socket = await sockets.get(edge)!;
      const answer = await socket.operation(crypto.randomUUID(), document, { n: null });
      expect(answer).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    }
    expect(live.runs).toBe(before);
  });
});

describe('the budget of a login', () => {
  const QUERY = '{ deliveryEvents(first: 100) { events { cursor } } }';
  const STREAM = 'subscription { deliveryEvents(maxBatch: 100) { events { cursor } } }';

  it('is one for both transports; beyond it 429 says when to come back, the socket stays, others go on', async () => {
    const live = new CountedStream();
    const edge = await startEdge({ rooms: { live }, settings: { BELLWIRE_RATE_LIMIT: '600' } });
    const socket = await new RawSocket(edge.url).connect();
    expect((await edge.api.send(QUERY)).errors).toBeUndefined();
    expect((await socket.operation('1', STREAM)).type).toBe('next');
    expect((await edge.api.send(QUERY)).errors).toBeUndefined();

    const response = await fetch(`${edge.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ query: '{ __typename }' }),
    });
    expect(response.status).toBe(429);
    const seconds = Number(response.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    const { errors } = (await response.json()) as { errors: Refusal[] };
    const refusal = {
      message: expect.stringMatching(/more than 600 points in a minute.*\(BELLWIRE_RATE_LIMIT\)/),
      extensions: { code: 'RATE_LIMITED', limit: 'BELLWIRE_RATE_LIMIT' },
    };
    expect(errors).toEqual([refusal]);
    expect(await socket.operation('2', STREAM)).toMatchObject({ type: 'error', payload: [refusal] });
    expect(live.runs).toBe(3);

    const other = await new RawSocket(edge.url).connect(OTHER_TOKEN);
    expect((await other.operation('1', STREAM)).type).toBe('next');
    expect((await new Api(edge.url, OTHER_TOKEN).send(QUERY)).errors).toBeUndefined();
    // What runs already goes on, and so does the socket.
    expect(socket.messages.filter(({ type }) => type === 'complete')).toEqual([]);
    socket.send({ type: 'ping' });
    expect((await socket.next('pong')).type).toBe('pong');
    await edge.stop();
  });

  it('is not used up by what is refused', async () => {
    const live = new CountedStream();
    const edge = await startEdge({ rooms: { live }, settings: { BELLWIRE_RATE_LIMIT: '600' } });
    for (let round = 0; round < 10; round++) {
      const { errors } = await edge.api.send(
        '{ deliveryEvents(first: 1000) { events { delivery { webhook { login { id } } event { id } endpoint { id } } attempt { id response { headers { name } } } } } }',
      );
      expect(errors![0]!.extensions!['code']).toBe('COST_EXCEEDED');
    }
    expect((await edge.api.send(QUERY)).errors).toBeUndefined();
    await edge.stop();
  });
});

describe('introspection', () => {
  const QUESTIONS = ['{ __schema { queryType { name } } }', '{ __type(name: "Query") { name } }'];

  it('can be switched off: refused with the name of the switch, __typename stays', async () => {
    const edge = await startEdge({
      rooms: { live: new QuietStream() },
      settings: { BELLWIRE_INTROSPECTION: 'false' },
    });
    const off = expect.objectContaining({
      message: 'Introspection is switched off on this server (BELLWIRE_INTROSPECTION).',
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED', limit: 'BELLWIRE_INTROSPECTION' },
    });
    const socket = await new RawSocket(edge.url).connect();
    for (const query of QUESTIONS) {
      expect(await edge.api.send(query)).toMatchObject({ status: 400, errors: [off] });
      for (const document of [query, `subscription ${query}`])
        expect((await socket.operation('1', document)).payload).toContainEqual(off);
    }
    expect((await edge.api.send('{ __typename }')).data).toEqual({ __typename: 'Query' });
    expect((await socket.operation('2', 'subscription { deliveryEvents { __typename } }')).type).toBe('next');
    await edge.stop();

    const open = await startEdge();
    for (const query of QUESTIONS) expect((await open.api.send(query)).errors).toBeUndefined();
    await open.stop();
  });
});
