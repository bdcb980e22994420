/**
 * Real clients behind a network that breaks all the time: what they have seen is what is in the table,
 * each line once.
 */
import { ApolloClient, ApolloLink, gql, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { cacheExchange, Client as UrqlClient, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

import { startApp } from '../../src/app.ts';
import { resumable } from '../../src/client/index.ts';
import { loadConfig } from '../../src/config.ts';
import { logLines, QUICK, quickClient, Seen, WATCH } from '../client/watching.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { figure } from '../support/figure.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { createWebhook, publishMany, registerResource } from '../support/scenario.ts';
import { ROOT_TOKEN, startServer, type TestServer } from '../support/server.ts';

const EVENTS = 200;
/** Each fifth event fails for good: five lines instead of two. */
const LINES = EVENTS * 2 + (EVENTS / 5) * 3;

type Variables = Record<string, unknown>;
/** Subscribes with one kind of client; the answer unsubscribes. */
type Watch = (url: string, variables: Variables, seen: Seen) => () => void | Promise<void>;

const withLiveClient: Watch = (url, variables, seen) => {
  const client = quickClient(url);
  client.subscribe({ query: WATCH, variables }, seen.sink());
  return () => client.dispose();
};

const withUrql: Watch = (url, variables, seen) => {
  const live = quickClient(url);
  const urql = new UrqlClient({
    url: `${url}/graphql`,
    preferGetMethod: false,
    exchanges: [
      cacheExchange,
      subscriptionExchange({
        forwardSubscription: ({ query, variables, operationName }) => ({
          subscribe: (sink) => ({
            unsubscribe: live.subscribe(
              { query: query!, variables: variables as Variables, operationName },
              sink as Parameters<typeof live.subscribe>[1],
            ),
          }),
        }),
      }),
    ],
  });
  const subscription = urql.subscription(WATCH, variables).subscribe((result) => {
    if (result.error) seen.ended ??= result.error;
    else seen.take(result.data);
  });
  return () => {
    subscription.unsubscribe();
    return live.dispose();
  };
};

const withApollo: Watch = (url, variables, seen) => {
  const live = quickClient(url);
  const apollo = new ApolloClient({
    link: ApolloLink.from([new GraphQLWsLink(live)]),
    cache: new InMemoryCache(),
  });
  const subscription = apollo.subscribe({ query: gql(WATCH), variables, fetchPolicy: 'no-cache' }).subscribe({
    next: (result) => (result.error ? (seen.ended ??= result.error) : seen.take(result.data)),
    error: (error) => (seen.ended ??= error),
  });
  return () => {
    subscription.unsubscribe();
    apollo.stop();
    return live.dispose();
  };
};

/** A graphql-ws client of the app's own, which comes back as quickly. */
function ownClient(url: string) {
  return createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: `Bearer ${ROOT_TOKEN}` },
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, QUICK.firstRetryMs)),
  });
}

const withResumable: Watch = (url, variables, seen) => {
  const client = ownClient(url);
  resumable(client).subscribe({ query: WATCH, variables }, seen.sink());
  return () => client.dispose();
};

const withoutWrapper: Watch = (url, variables, seen) => {
  const client = ownClient(url);
  client.subscribe({ query: WATCH, variables }, seen.sink());
  return () => client.dispose();
};

let server: TestServer;
let receiver: Receiver;
let proxy: FaultProxy;
/** Clients come back for ever: those of a test that fails, too. */
const stops: (() => void | Promise<void>)[] = [];

beforeEach(async () => {
  server = await startServer();
  receiver = await startReceiver((hit, response) => {
    const { entityId } = JSON.parse(hit.body.toString()) as { entityId: string };
    response.writeHead(Number(entityId.slice(1)) % 5 === 0 ? 503 : 204).end();
  });
  proxy = await startFaultProxy(server.app.url);
  await registerResource(server.api);
  await createWebhook(server.api, receiver.url);
});

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await proxy.close();
  await server.stop();
  await receiver.close();
});

/** Publishes while the sockets are cut every few batches, until enough lines are in the log; what came, and the cuts. */
async function playCuts(watch: Watch, variables: Variables, maxCuts = Infinity) {
  const seen = new Seen();
  const after = await server.api.beginning();
  let cuts = 0;
  let planned = 0;
  seen.onBatch = (batch) => {
    if (batch.events.length === 0 || planned >= maxCuts || Math.random() < 0.6) return;
    planned++;
    setTimeout(() => (cuts += proxy.cutAll()), Math.random() * 10);
  };
  const stop = watch(proxy.url, { after, ...variables }, seen);
  stops.push(stop);
  await publishMany(server.api, EVENTS, 20);
  return { seen, cuts: () => cuts, stop };
}

describe.each([
  ['a live client', withLiveClient],
  ['urql over one', withUrql],
  ['Apollo Client over one', withApollo],
  ["resumable() round the app's own graphql-ws client", withResumable],
])('%s', (name, watch) => {
  it('sees every line of the log, and none twice, while its socket is cut again and again', async () => {
    const { seen, cuts, stop } = await playCuts(watch, { mode: 'EVERY_EVENT' });
    await seen.until(() => seen.lines().length >= LINES, `${LINES} lines`);
    await stop();
    expect(seen.lines().sort()).toEqual(await logLines(server.app));
    expect(new Set(seen.lines()).size).toBe(LINES);
    expect(cuts()).toBeGreaterThan(3);
    expect(seen.ended === undefined || seen.ended === 'completed').toBe(true);
    figure('client-resume', { client: name, lines: LINES, cuts: cuts() });
  });

  it('ends with the status that each delivery has, when changes are folded', async () => {
    const { seen, cuts, stop } = await playCuts(watch, { mode: 'LATEST_PER_DELIVERY', maxBatch: 50 });
    const last = (): Record<string, string> =>
      Object.fromEntries(seen.rows().map(({ delivery }) => [delivery.id, delivery.status]));
    const open = /PENDING|IN_FLIGHT|RETRY/;
    await seen.until(
      () => Object.values(last()).filter((status) => !open.test(status)).length === EVENTS,
      'all closed',
    );
    await stop();
    const { rows } = await server.app.db.streams.query<{ id: string; status: string }>(
      'select id, status from deliveries',
    );
    expect(last()).toEqual(Object.fromEntries(rows.map(({ id, status }) => [id, status])));
    expect(rows.filter(({ status }) => status === 'FAILED')).toHaveLength(EVENTS / 5);
    expect(cuts()).toBeGreaterThan(1);
  });
});

it('a graphql-ws client without the wrapper repeats with a cursor, and loses without one', async () => {
  const lossy = new Seen();
  const loses = withoutWrapper(proxy.url, {}, lossy);
  await lossy.until(() => lossy.batches.length > 0, 'a first batch');
  stops.push(loses);
  const { seen } = await playCuts(withoutWrapper, {}, 4);
  await seen.until(() => new Set(seen.lines()).size >= LINES, 'all lines');
  expect(seen.lines().length).toBeGreaterThan(LINES);
  expect(new Set(lossy.lines()).size).toBeLessThan(LINES);
});

it('a stream goes on when the server is replaced by another one on the same database', async () => {
  const seen = new Seen();
  stops.push(withLiveClient(server.app.url, { after: await server.api.beginning() }, seen));
  await publishMany(server.api, 10, 10);
  await seen.until(() => seen.lines().length === 26, 'two lines of eight deliveries, five of two');
  await server.app.stop();
  const settings = {
    DATABASE_URL: server.database.url,
    BELLWIRE_DATA_DIR: server.dataDir,
    BELLWIRE_PORT: new URL(server.app.url).port,
    BELLWIRE_ROOT_TOKEN: ROOT_TOKEN,
    BELLWIRE_SENDERS: '1',
    BELLWIRE_LOG_LEVEL: 'error',
  };
  const next = await startApp(loadConfig(settings, { dev: true }));
  stops.push(() => next.stop());
  await publishMany(server.api, 10, 10);
  await seen.until(() => seen.lines().length === 46, 'two more of each: failures now wait longer');
  expect(seen.lines().sort()).toEqual(await logLines(next));
});
