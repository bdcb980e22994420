/** GraphiQL as a newcomer meets it: the built page, the real server, a real browser, a real receiver. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Browser, Page, WebSocket as PageSocket } from 'playwright-core';

import { type App, startApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { packageRoot } from '../../src/paths.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { launchChromium, openWatchedPage, type WatchedPage } from './chromium.ts';
import { signIn } from './console.ts';

const OPERATIONS = join(packageRoot, 'schema/operations');
const TOKEN = 'browser-test-token-0123456789-abcdefghij';
const HEARTBEAT_MS = 250;

let folder: string;
let database: TestDatabase;
let app: App;
let receiver: Server;
let browser: Browser;

beforeAll(async () => {
  if (!existsSync(join(packageRoot, 'dist/console/graphiql/index.html'))) {
    throw new Error('The pages are not built: run "npm run build" first.');
  }
  folder = mkdtempSync(join(tmpdir(), 'bellwire-browser-'));
  database = await createTestDatabase();
  receiver = createServer((request, response) => request.resume().on('end', () => response.end('thanks')));
  await once(receiver.listen(0, '127.0.0.1'), 'listening');
  const settings = {
    BELLWIRE_PORT: '0',
    DATABASE_URL: database.url,
    BELLWIRE_DATA_DIR: folder,
    BELLWIRE_ROOT_TOKEN: TOKEN,
    BELLWIRE_HEARTBEAT: `${HEARTBEAT_MS}ms`,
    BELLWIRE_SENDERS: '1',
    BELLWIRE_LOG_LEVEL: 'error',
  };
  app = await startApp(loadConfig(settings, { dev: true }));
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await app?.stop();
  receiver?.close();
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

describe('the GraphiQL page', () => {
  it('has a tab for each operation of schema/operations, and takes the token out of the address', async () => {
    const { page, ...watched } = await openGraphiQL(`#token=${TOKEN}`);
    expect(page.url()).toBe(`${app.url}/graphiql/`);
    expect(await page.title()).toBe('Bellwire GraphiQL');
    const names = operationFiles().map(
      (file) => /(?:query|mutation|subscription) (\w+)/.exec(read(file))![1],
    );
    expect((await page.getByRole('tab').allInnerTexts()).sort()).toEqual(names.sort());
    expectQuiet(watched);
    await page.context().close();
  });

  it('runs under a policy that allows scripts of its own origin only', async () => {
    const { page, ...watched } = await openWatchedPage(browser);
    const response = await page.goto(`${app.url}/graphiql/`);
    const policy = response?.headers()['content-security-policy'] ?? '';
    const scripts = /script-src ([^;]*)/.exec(policy)?.[1] ?? /default-src ([^;]*)/.exec(policy)?.[1];
    expect(scripts?.trim()).toBe("'self'");
    expect(watched.complaints.filter((text) => text.startsWith('policy'))).toEqual([]);
    await page.context().close();
  });

  it('runs a query and shows its data', async () => {
    const { page, ...watched } = await openGraphiQL(`#token=${TOKEN}`);
    await run(page, 'Viewer');
    await result(page, 'ACCESS_MANAGE').waitFor();
    expectQuiet(watched);
    await page.context().close();
  });

  it('runs a subscription and shows how the delivery of an event goes, past the next heartbeats', async () => {
    await register();
    const { page, ...watched } = await openGraphiQL(`#token=${TOKEN}`);
    const opened = page.waitForEvent('websocket');
    await run(page, 'WatchDeliveries');
    await result(page, 'caughtUp').waitFor();

    const published = await call('events-publish');
    expect(published.eventsPublish.events[0].deliveryCount).toBe(1);
    await result(page, 'SUCCEEDED').waitFor();
    await result(page, published.eventsPublish.events[0].event.id).waitFor();

    const socket = await opened;
    await heartbeat(socket);
    await heartbeat(socket);
    expect(await result(page, 'SUCCEEDED').isVisible()).toBe(true);
    await screenshot(page, 'watch-deliveries');
    expectQuiet(watched);
    await page.context().close();
  });

  it('keeps the token in sessionStorage only, whatever was run, and loses no tab on reload', async () => {
    const { page, ...watched } = await openGraphiQL(`#token=${TOKEN}`);
    await run(page, 'Webhooks');
    await result(page, 'hasNextPage').waitFor();
    await run(page, 'Viewer');
    await result(page, 'ACCESS_MANAGE').waitFor();
    // GraphiQL writes its tabs half a second after a change, its history at once.
    await holds(page, `(localStorage['graphiql:tabState'] ?? '').includes('"activeTabIndex":0')`);
    expect(await page.evaluate<string>('JSON.stringify({ ...localStorage })')).not.toContain(TOKEN);
    expect(await page.evaluate<string>('JSON.stringify({ ...localStorage })')).toContain('graphiql:queries');
    expect(await page.evaluate<string>('JSON.stringify({ ...sessionStorage })')).toContain(TOKEN);

    const tabs = await page.getByRole('tab').count();
    await page.reload();
    await editorShown(page);
    await run(page, 'Viewer');
    await result(page, 'ACCESS_MANAGE').waitFor();
    expect(await page.getByRole('tab').count()).toBe(tabs);
    expectQuiet(watched);
    await page.context().close();
  });

  it('asks for a token when there is none, for another when it is refused, and works with the right one', async () => {
    const { page } = await openGraphiQL('');
    await page.getByText('No access token yet').waitFor();
    await give(page, 'x'.repeat(40));
    await page.getByText('The server refused this access token').waitFor();
    await editorShown(page);
    await screenshot(page, 'token-refused');
    await give(page, TOKEN);
    await page.getByLabel(/access token/).waitFor({ state: 'detached' });
    await editorShown(page);
    await run(page, 'Viewer');
    await result(page, 'ACCESS_MANAGE').waitFor();
    expect(await page.getByLabel(/access token/).count()).toBe(0);
    await page.context().close();
  });

  it('runs in the session of the console, subscriptions too, and asks for no token then', async () => {
    await register();
    const watched = await openWatchedPage(browser);
    await signIn(watched.page, app.url, TOKEN);
    await watched.page.goto(`${app.url}/graphiql/`);
    await editorShown(watched.page);
    await run(watched.page, 'Viewer');
    await result(watched.page, 'ACCESS_MANAGE').waitFor();
    await run(watched.page, 'WatchDeliveries');
    await result(watched.page, 'caughtUp').waitFor();
    expect(await watched.page.getByLabel(/access token/).count()).toBe(0);
    expectQuiet(watched);
    await watched.page.context().close();
  });
});

async function openGraphiQL(fragment: string): Promise<WatchedPage> {
  const watched = await openWatchedPage(browser);
  await watched.page.goto(`${app.url}/graphiql/${fragment}`);
  await editorShown(watched.page);
  return watched;
}

/** No request left for another host, and nothing failed, was refused or written to the console as an error. */
function expectQuiet({ requests, complaints }: Pick<WatchedPage, 'requests' | 'complaints'>): void {
  const hosts = new Set(requests.filter((url) => !url.startsWith('blob:')).map((url) => new URL(url).host));
  expect([...hosts]).toEqual([new URL(app.url).host]);
  expect(complaints).toEqual([]);
}

/** The editor comes some time after the page, since Monaco is loaded apart. */
async function editorShown(page: Page): Promise<void> {
  await page.locator('.graphiql-query-editor .view-line').getByText('query').first().waitFor();
}

/** Opens a tab by its exact name and presses the run button. */
async function run(page: Page, tab: string): Promise<void> {
  await page.getByRole('tablist').getByRole('button', { name: tab, exact: true }).click();
  // A moment after a change GraphiQL reads the operation's name, and stores the text with it.
  await holds(page, `/(query|subscription) ${tab}\\b/.test(localStorage['graphiql:query'])`);
  await page.getByRole('button', { name: /^Execute query/ }).click();
}

/** Settles when an expression is true in the page. (waitForFunction needs eval, which the policy forbids.) */
async function holds(page: Page, expression: string): Promise<void> {
  await page.evaluate(
    `new Promise((resolve) => (function look() { ${expression} ? resolve() : requestAnimationFrame(look); })())`,
  );
}

function result(page: Page, text: string) {
  return page.locator('.result-window').getByText(text).first();
}

async function give(page: Page, token: string): Promise<void> {
  await page.getByLabel(/access token/).fill(token);
  await page.getByRole('button', { name: 'Use it' }).click();
}

/** Settles when the socket has brought one more empty batch. */
async function heartbeat(socket: PageSocket): Promise<void> {
  await socket.waitForEvent('framereceived', ({ payload }) => payload.toString().includes('"events":[]'));
}

/** Saves a picture for a human to look at, and says where. */
async function screenshot(page: Page, name: string): Promise<void> {
  const path = join(tmpdir(), `bellwire-graphiql-${name}.png`);
  await page.screenshot({ path });
  console.log(`screenshot: ${path}`);
}

function operationFiles(): string[] {
  return readdirSync(OPERATIONS).filter((file) => file.endsWith('.graphql'));
}

function read(file: string): string {
  return readFileSync(join(OPERATIONS, file), 'utf8');
}

/** Runs one of schema/operations over HTTP with its example variables, changed as told; answers its data. */
async function call(name: string, change: (variables: any) => void = () => {}): Promise<any> {
  const variables = JSON.parse(read(`${name}.variables.json`));
  change(variables);
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ query: read(`${name}.graphql`), variables }),
  });
  const { data, errors } = (await response.json()) as { data: any; errors?: unknown };
  expect(errors).toBeUndefined();
  for (const payload of Object.values<any>(data)) expect(payload.errors).toEqual([]);
  return data;
}

/** The catalog and the webhook of the example variables, pointed at the receiver. */
async function register(): Promise<void> {
  await call('resource-register');
  await call('webhook-create', ({ input }) => {
    input.endpoints[0].target = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks`;
  });
}
