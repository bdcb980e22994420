/**
 * Every page, state and dialog of the console, in both schemes and 320 px wide: no violation of WCAG 2.2 AA that
 * axe knows, nothing wider than the screen, nothing refused by the policy. The pictures are for people.
 */
import { figure } from '../support/figure.ts';
import { type MailServer, startMailServer } from '../support/mail-server.ts';
import { createPerson } from '../support/people.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { openWatchedPage, type WatchedPage } from './chromium.ts';
import { type Console, startConsole } from './console.ts';
import { furnish, type Furnished } from './furnished.ts';
import { inspect, type Inspection } from './inspect.ts';
import { EMPTY, type State, STATES } from './states.ts';

/** What a browser writes into its console when a request was answered so, as states of errors want it. */
const REFUSALS = /^(401|429|503) for |the server responded with a status of (401|503)/;

let site: Console;
let receiver: Receiver;
let mail: MailServer;
let made: Furnished;
let root: WatchedPage;
const table: Inspection[] = [];

beforeAll(async () => {
  mail = await startMailServer();
  site = await startConsole({ BELLWIRE_SMTP_URL: mail.url });
  receiver = await startReceiver();
  root = await site.open('/guide');
});
afterAll(async () => {
  for (const { name, passes, violations, overflow } of table)
    figure('axe', { page: name, passes, violations: violations.length, overflow });
  figure('axe, all', {
    states: table.length,
    violations: table.reduce((sum, { violations }) => sum + violations.length, 0),
    tooWide: table.filter(({ overflow }) => overflow > 0).length,
  });
  await site?.stop();
  await receiver?.close();
  await mail?.close();
});

async function check(watched: WatchedPage, { name, path, ready }: State): Promise<void> {
  const { page, complaints } = watched;
  complaints.length = 0;
  await page.goto(site.url + (typeof path === 'string' ? path : path(made)));
  await page.getByRole('heading').first().waitFor();
  await ready(page);
  const found = await inspect(page, name);
  table.push(found);
  expect(found.violations).toEqual([]);
  expect(found.overflow).toBe(0);
  expect(complaints.filter((text) => !REFUSALS.test(text))).toEqual([]);
}

describe('before anything was made, without a violation in either scheme and on a narrow screen:', () => {
  it.each(EMPTY)('$name', (state) => check(root, state));
});

describe('with something on every page, without a violation in either scheme and on a narrow screen:', () => {
  beforeAll(async () => {
    made = await furnish(site.server.api, receiver, mail);
  });

  it.each(STATES)('$name', (state) => check(root, state));

  it('the sign-in, before and after a refusal', async () => {
    const watched = await openWatchedPage(site.browser);
    const shown = (name: string) => watched.page.getByText(name).first().waitFor();
    await check(watched, { name: 'sign-in', path: '/sign-in', ready: () => shown('Sign in to Bellwire') });
    await check(watched, {
      name: 'sign-in-refused',
      path: '/sign-in?ended=1',
      async ready(page) {
        await page.getByLabel('Access token or one-time link').fill('not a token');
        await page.getByRole('button', { name: 'Sign in' }).click();
        await shown('That did not work');
      },
    });
    await watched.page.context().close();
  });

  it('a client certificate that ends soon, and one that has ended', async () => {
    const watched = await site.open('/guide');
    const ends: [name: string, now: string, notice: RegExp][] = [
      ['certificate-soon', '2099-12-10', /^The client certificate ends on/],
      ['certificate-ended', '2100-01-10', /^The client certificate ended on/],
    ];
    for (const [name, now, notice] of ends) {
      // The clock of the browser: the certificate of the tests ends with the century.
      await watched.page.clock.setFixedTime(now);
      await check(watched, {
        name: `details-${name}`,
        path: `/webhooks/${made.ways.number}`,
        async ready(page) {
          await page.getByText(notice).scrollIntoViewIfNeeded();
        },
      });
    }
    await watched.context.close();
  });

  it('what a login without permissions, and what a member of a team sees', async () => {
    const plain = await createPerson(site.server, { name: 'Plain' });
    const stranger = await site.open('/', { token: plain.api.token! });
    await check(stranger, {
      name: 'forbidden',
      path: '/webhooks',
      ready: (page) => page.getByRole('heading', { name: 'You may not see this page' }).waitFor(),
    });
    await stranger.context.close();
    await site.server.api.mutate(
      'mutation ($id: ID!, $input: TeamInput!) { teamUpdate(id: $id, input: $input) { errors { code } } }',
      { id: made.teamId, input: { memberIds: [plain.id, made.manager.id] } },
    );
    const member = await site.open('/', { token: plain.api.token! });
    await check(member, {
      name: 'details-member',
      path: `/webhooks/${made.failing.number}`,
      ready: (page) => page.getByRole('heading', { name: /Old archive/ }).waitFor(),
    });
    await member.context.close();
  });

  it('asks for its own pages and files, /session and the public API, and for nothing else (X01)', () => {
    const asked = new Set(
      root.requests.map((url) => {
        const { host, pathname } = new URL(url);
        return `${host === new URL(site.url).host ? '' : host}${pathname.replace(/^\/assets\/.*/, '/assets')}`;
      }),
    );
    const pages = STATES.concat(EMPTY).map(({ path }) => (typeof path === 'string' ? path : path(made)));
    for (const page of pages) asked.delete(new URL(page, site.url).pathname);
    expect([...asked].sort()).toEqual(['/assets', '/graphql', '/session']);
  });
});
