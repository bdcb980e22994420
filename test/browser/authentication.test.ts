/** How an endpoint authenticates, chosen in the Advanced section and proven at the receiver. */
import type { Locator, Page } from 'playwright-core';

import type { Api } from '../support/api.ts';
import { CLIENT_CA, CLIENT_IDENTITY, GOOD_IDENTITY, TEST_CA } from '../support/certificates.ts';
import { type OAuthServer, startOAuthServer } from '../support/oauth-server.ts';
import { type Hit, type Receiver, startReceiver, status } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish } from '../support/scenario.ts';
import { type Console, startConsole } from './console.ts';
import { closed, edit, entity, fact, press, updateWebhook } from './details.ts';
import { add, choose, chooseTrigger, dialogOf, kept, next, registerCatalog, row } from './wizard.ts';

let site: Console;
let api: Api;
let receiver: Receiver;
let guarded: Receiver;
let oauth: OAuthServer;

beforeAll(async () => {
  site = await startConsole({ BELLWIRE_RETRY_SCHEDULE: '0s' }, { ca: [TEST_CA] });
  ({ api } = site.server);
  receiver = await startReceiver();
  // Shakes hands with the clients of one authority alone.
  guarded = await startReceiver(status(204), '127.0.0.2', {
    ...GOOD_IDENTITY,
    ...{ ca: CLIENT_CA, requestCert: true, rejectUnauthorized: true },
  });
  oauth = await startOAuthServer();
  await registerCatalog(api);
});
beforeEach(() => receiver.hits.splice(0));
afterAll(async () => {
  await site?.stop();
  await receiver?.close();
  await guarded?.close();
  await oauth?.close();
});

const field = (page: Page, name: string): Locator =>
  row(page, 'Authentication').getByRole('textbox', { name, exact: true });
const at = (page: Page, path: string): Locator =>
  page.locator(`[data-field="endpoints.0.authentication.${path}"]`);
const webhooks = async (): Promise<number> => (await api.run('{ webhooks { totalCount } }')).totalCount;
const authenticationOf = async (number: number): Promise<object> =>
  (
    await api.run(
      'query ($number: Int!) { webhookByNumber(number: $number) { endpoints { authentication { type hint } } } }',
      { number },
    )
  ).endpoints[0].authentication;

/** The wizard at step 2 with the Advanced section opened. */
async function openAdvanced(target: string): Promise<{ page: Page; complaints: string[] }> {
  const { page, complaints } = await site.open('/webhooks/new');
  await dialogOf(page).waitFor();
  await page.getByLabel('Name', { exact: false }).first().fill('Partner');
  await next(page, 2);
  await row(page, 'Endpoint 1').getByLabel('Web address').fill(target);
  await press(page, 'Advanced');
  return { page, complaints };
}

/** The rest of the wizard; the number of the webhook. */
async function finish(page: Page): Promise<number> {
  await next(page, 3);
  await chooseTrigger(page, 1, 'Client', 'Created');
  await add(page);
  const [{ number }] = (
    await api.run(
      '{ webhooks(first: 1, orderBy: [{ field: NUMBER, direction: DESC }]) { nodes { number } } }',
    )
  ).nodes;
  return number;
}

const authenticate = (page: Page, type: string): Promise<void> =>
  choose(row(page, 'Endpoint 1'), 'Authentication', type);

/** The request about an entity that is published now. */
async function sent(id: string, to = receiver): Promise<Hit> {
  await publish(api, clientEvent(id));
  return to.find((hit) => entity(hit) === id);
}

/** A webhook that sends to the receiver with user name and password. */
const withBasic = () =>
  createWebhook(api, receiver.url, {
    authentication: { type: 'BASIC', basic: { username: 'shipping', password: 'first' } },
  });

afterEach(async () => {
  const { nodes } = await api.run('{ webhooks(first: 100) { nodes { id } } }');
  for (const { id } of nodes)
    await api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { message } } }', { id });
});

/** Each type: what is typed, what is on the wire, and what is shown of it later. */
const TYPES: [type: string, typed: Record<string, string>, sent: Record<string, string>, hint: string][] = [
  [
    'Basic',
    { 'User name': 'shipping', Password: 'p:ss wörd' },
    { authorization: `Basic ${Buffer.from('shipping:p:ss wörd').toString('base64')}` },
    'Basic · shipping',
  ],
  ['Bearer token', { Token: 'abc.def-1' }, { authorization: 'Bearer abc.def-1' }, 'Bearer token'],
  ['API key', { Key: 'key-1' }, { 'x-api-key': 'key-1' }, 'API key · X-API-Key'],
  [
    'Custom header',
    { Header: 'Authorization', Value: 'Splunk 4711' },
    { authorization: 'Splunk 4711' },
    'Custom header · Authorization',
  ],
];

describe('each type of authentication', () => {
  it('is none without a choice, and the section is closed at first (P22, L20)', async () => {
    const { page } = await site.open('/webhooks/new');
    await dialogOf(page).waitFor();
    await page.getByLabel('Name', { exact: false }).first().fill('Partner');
    await next(page, 2);
    expect(await row(page, 'Authentication').count()).toBe(0);
    await row(page, 'Endpoint 1').getByLabel('Web address').fill(receiver.url);
    await press(page, 'Advanced');
    expect(await row(page, 'Endpoint 1').getByRole('combobox').inputValue()).toBe('None');
    await finish(page);
    expect((await sent('open')).headers).not.toHaveProperty('authorization');
    await page.context().close();
  });

  it.each(TYPES)(
    'is chosen in the wizard and sent, and no page shows its credential: %s (P22, L21)',
    async (type, typed, headers, shown) => {
      const { page, complaints } = await openAdvanced(receiver.url);
      await authenticate(page, type);
      for (const [name, value] of Object.entries(typed)) await field(page, name).fill(value);
      const number = await finish(page);
      expect((await sent(`by ${type}`)).headers).toMatchObject(headers);
      await page.goto(`${site.url}/webhooks/${number}`);
      const endpoint = page.getByRole('list', { name: 'Endpoints' }).getByRole('listitem').first();
      expect(await fact(endpoint, 'Authentication').innerText()).toBe(shown);
      await page.getByRole('tab', { name: 'Deliveries' }).click();
      await page.getByRole('row').getByText('Delivered').first().waitFor();
      await page.locator('tbody tr').first().getByRole('link').first().click();
      const [header] = Object.keys(headers) as [string];
      const line = page.getByRole('table', { name: 'Headers of the request' }).getByRole('row', {
        name: new RegExp(header, 'i'),
      });
      expect(await line.innerText()).toContain('kept secret');
      await page.getByRole('tab', { name: 'cURL' }).click();
      const command = await page.getByRole('region', { name: 'command' }).innerText();
      expect(command.toLowerCase()).toContain(`'${header}: <${header}>'`);
      expect(await page.content()).not.toContain(Object.values(headers)[0]);
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  );

  it('fetches its token of a real OAuth server (L21)', async () => {
    const { page, complaints } = await openAdvanced(receiver.url);
    const { tokenUrl, clientId, clientSecret, scope } = oauth.credential;
    await authenticate(page, 'OAuth 2.0 client credentials');
    await field(page, 'Client id').fill(clientId);
    await press(page, 'NEXT');
    await page.getByRole('alert').filter({ hasText: '2 things are to be mended' }).waitFor();
    expect(await at(page, 'oauth2.tokenUrl').getAttribute('aria-invalid')).toBe('true');
    await field(page, 'Token address').fill(tokenUrl);
    await field(page, 'Client secret').fill(clientSecret);
    await field(page, 'Scope').fill(scope);
    const number = await finish(page);
    expect(await oauth.accepts((await sent('by token')).headers.authorization)).toBe(true);
    expect(await authenticationOf(number)).toMatchObject({ hint: `${clientId} at ${tokenUrl}` });
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('shows a client certificate, pasted or from a file, to a server that demands one (L21)', async () => {
    const { page, complaints } = await openAdvanced(guarded.url);
    await authenticate(page, 'Mutual TLS');
    await field(page, 'Certificate').fill(CLIENT_IDENTITY.cert);
    await press(page, 'NEXT');
    await page.locator('[data-field="endpoints.0.authentication.mutualTls.privateKey"]:focus').waitFor();
    const chooser = page.waitForEvent('filechooser');
    await press(page, 'Read the private key from a file');
    await (
      await chooser
    ).setFiles({ name: 'key.pem', mimeType: 'text/plain', buffer: Buffer.from(CLIENT_IDENTITY.key) });
    await page
      .getByRole('textbox', { name: 'Private key' })
      .and(page.locator(':not(:placeholder-shown)'))
      .waitFor();
    expect(await field(page, 'Private key').inputValue()).toBe(CLIENT_IDENTITY.key);
    const number = await finish(page);
    expect((await sent('by certificate', guarded)).client).toBe('client.example');
    // Long before its end nothing is warned of; later the page does, by the clock of the browser.
    await page.goto(`${site.url}/webhooks/${number}`);
    await page.getByText(/CN=client\.example/).waitFor();
    expect(await page.getByText(/The client certificate end/).count()).toBe(0);
    await page.clock.setFixedTime('2099-12-20');
    await page.reload();
    await page.getByText(/^The client certificate ends on /).waitFor();
    await page.getByText(/That is in \d+ days/).waitFor();
    await page.clock.setFixedTime('2100-01-02');
    await page.reload();
    await page.getByText(/^The client certificate ended on /).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('a credential', () => {
  it('that a type asks for is missed at its field, and nothing is saved (L22)', async () => {
    const before = await webhooks();
    const { page } = await openAdvanced('https://127.0.0.1:8443/hooks');
    for (const [type, path] of [
      ['Basic', 'basic.username'],
      ['Bearer token', 'bearer.token'],
      ['API key', 'apiKey.value'],
      ['Custom header', 'customHeader.name'],
      ['OAuth 2.0 client credentials', 'oauth2.tokenUrl'],
      ['Mutual TLS', 'mutualTls.certificate'],
    ] as const) {
      await authenticate(page, type);
      await press(page, 'NEXT');
      await page.locator(`[data-field="endpoints.0.authentication.${path}"]:focus`).waitFor();
      expect(await at(page, path).getAttribute('aria-invalid')).toBe('true');
    }
    await page.getByRole('heading', { name: 'Step 2 of 3' }).waitFor();
    expect(await webhooks()).toBe(before);
    // With none the same wizard goes on.
    await authenticate(page, 'None');
    await finish(page);
    expect(await webhooks()).toBe(before + 1);
    await page.context().close();
  });

  it('is kept by a draft without being shown, and sent after a resumed wizard (P22, L21, X07)', async () => {
    const { page, complaints } = await openAdvanced(receiver.url);
    await authenticate(page, 'Basic');
    await field(page, 'User name').fill('shipping');
    await field(page, 'Password').fill('of-the-draft');
    await kept(page);
    await page.reload();
    await page.getByRole('heading', { name: /^Step \d of 3/ }).waitFor();
    while ((await page.getByRole('heading', { name: 'Step 2 of 3' }).count()) === 0)
      await press(page, 'Back');
    await press(page, 'Advanced');
    await page.getByText('Stored · shipping', { exact: true }).waitFor();
    expect(await field(page, 'Password').count()).toBe(0);
    // Looked at and left, it stays.
    await press(page, 'Replace');
    expect(await field(page, 'Password').inputValue()).toBe('');
    await press(page, 'Keep the stored one');
    await page.locator('[data-field="endpoints.0.authentication"]:focus').waitFor();
    await finish(page);
    expect((await sent('of a draft')).headers.authorization).toBe(basic('shipping', 'of-the-draft'));
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('stays on an edit that leaves it, is replaced by another, and goes with None (L20, X07)', async () => {
    const { number } = await withBasic();
    const { page, complaints } = await site.open(`/webhooks/${number}`);
    await edit(page, 'endpoints');
    await row(page, 'Endpoint 1').getByLabel('Web address').fill(`${receiver.url}/elsewhere`);
    await press(page, 'Advanced');
    await page.getByText('Stored · shipping', { exact: true }).waitFor();
    await press(page, 'Save');
    await closed(page, 'endpoints');
    const hit = await sent('kept');
    expect(hit.path).toBe('/hooks/elsewhere');
    expect(hit.headers.authorization).toBe(basic('shipping', 'first'));

    await edit(page, 'endpoints');
    await press(page, 'Advanced');
    await press(page, 'Replace');
    await press(page, 'Save');
    // An empty one takes nothing's place.
    await page.locator('[data-field="endpoints.0.authentication.basic.username"]:focus').waitFor();
    await field(page, 'User name').fill('orders');
    await field(page, 'Password').fill('second');
    await press(page, 'Save');
    await closed(page, 'endpoints');
    expect((await sent('replaced')).headers.authorization).toBe(basic('orders', 'second'));

    await edit(page, 'endpoints');
    await press(page, 'Advanced');
    await authenticate(page, 'None');
    await press(page, 'Save');
    await closed(page, 'endpoints');
    expect((await sent('forgotten')).headers).not.toHaveProperty('authorization');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('does not follow the endpoint to another server, and is asked for again at its row (L22, X07)', async () => {
    const other = await startReceiver();
    const { number } = await withBasic();
    const { page, complaints } = await site.open(`/webhooks/${number}`);
    await edit(page, 'endpoints');
    await row(page, 'Endpoint 1').getByLabel('Web address').fill(other.url);
    await press(page, 'Save');
    const summary = page.getByRole('alert').filter({ hasText: '2 things are to be mended' });
    expect(await summary.innerText()).toContain('The address moved to another scheme, host or port');
    await summary.getByRole('button', { name: 'Endpoint 1, authentication' }).click();
    await page.locator('[data-field="endpoints.0.authentication"]:focus').waitFor();
    expect((await sent('still there')).headers.authorization).toBe(basic('shipping', 'first'));
    await page.keyboard.press('Enter');
    await page.locator('[data-field="endpoints.0.authentication.basic.username"]:focus').waitFor();
    await page.keyboard.type('shipping');
    await field(page, 'Password').fill('again');
    await press(page, 'Save');
    await closed(page, 'endpoints');
    expect((await sent('moved', other)).headers.authorization).toBe(basic('shipping', 'again'));
    expect(complaints).toEqual([]);
    await page.context().close();
    await other.close();
  });

  it('typed here goes over one that somebody else saved meanwhile, or yields to it (L21)', async () => {
    const { id, number, endpointId } = await withBasic();
    const { page } = await site.open(`/webhooks/${number}`);
    await edit(page, 'endpoints');
    await press(page, 'Advanced');
    await authenticate(page, 'Bearer token');
    await field(page, 'Token').fill('mine');
    await updateWebhook(api, id, {
      endpoints: [
        { id: endpointId, authentication: { type: 'API_KEY', apiKey: { name: 'X-Key', value: 'theirs' } } },
      ],
    });
    await press(page, 'See what changed');
    const dialog = page.getByRole('dialog', { name: 'Somebody changed this webhook' });
    expect(await dialog.getByRole('row').nth(1).innerText()).toMatch(
      /Endpoint 1, authentication\s+API key · X-Key\s+Bearer token, a new credential/,
    );
    await dialog.getByRole('button', { name: 'Keep mine' }).click();
    await press(page, 'Save');
    await closed(page, 'endpoints');
    expect((await sent('mine')).headers.authorization).toBe('Bearer mine');
    await page.context().close();
  });
});

const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
