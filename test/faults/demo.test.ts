/** The demo (`--demo`): what it brings, who hears what, and that a restart leaves alone what is there. */
import { once } from 'node:events';
import { rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { MAILBOX } from '../../src/demo/cast.ts';
import { Api } from '../support/api.ts';
import { Browser } from '../support/browser.ts';
import { type MailServer, mailTo, startMailServer } from '../support/mail-server.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type DemoRun, type MailLine, startDemoRun, whoHeardWhom } from './demo-run.ts';

/** The port that the receiver would like to have. */
const USUAL_PORT = 4001;

const folder = temporaryFolder();
const stateFile = join(folder.path, 'demo.json');
/** Warnings of all starts. */
const warnings: string[] = [];
let database: TestDatabase;
let run: DemoRun;
let ownMail: MailServer | undefined;

const start = (settings: Record<string, string> = {}) =>
  startDemoRun(database.url, folder.path, (line) => void warnings.push(line), settings);

interface Webhook {
  id: string;
  number: number;
  name: string;
  status: string;
  endpoints: { id: string; target: string }[];
}

const WEBHOOKS = `{ webhooks(first: 100) { nodes {
  id number name description status statusReason
  login { name } forLogin { name } team { name } account { name }
  endpoints { id target advanced { retrySchedule } }
} } }`;

async function webhooks(): Promise<Webhook[]> {
  return ((await run.root.run(WEBHOOKS)) as { nodes: Webhook[] }).nodes;
}

/** Everything that a start could make twice or change back; ports and the ids of endpoints left out. */
async function everything(): Promise<string> {
  const { data, errors } = await run.root.send(`{
    logins(first: 100) { nodes { id name email permissions disabled } }
    teams(first: 10) { nodes { id name members(first: 100) { nodes { name } } } }
    catalog { name allowed events { name supported } }
  }`);
  expect(errors).toBeUndefined();
  const saved = (await webhooks()).map((one) => ({
    ...one,
    endpoints: one.endpoints.map(({ target }) => target),
  }));
  return JSON.stringify([data, saved], null, 1).replaceAll(/127\.0\.0\.1:\d+/g, 'receiver');
}

beforeAll(async () => {
  database = await createTestDatabase();
  run = await start();
});

afterAll(async () => {
  await run?.stop();
  await ownMail?.close();
  await database.drop();
  folder.remove();
});

it('prints a one-time link to sign in as the webhook manager of North', async () => {
  const [, server, secret] = /^ {2}(\S+)\/sign-in#link=(bwl_\w+)$/m.exec(run.introduction)!;
  expect(server).toBe(run.app.url);
  const browser = new Browser(run.app.url);
  expect(await browser.signIn(secret!)).toMatchObject({
    status: 201,
    body: { login: { name: 'Nils Holm' } },
  });
  // Any token of the table does the same.
  expect((await browser.signIn(run.roles.get('Team member of North')!.token)).body.login.name).toBe(
    'Cleo Falk',
  );
});

it('shows webhooks of every status, and a draft that somebody has left', async () => {
  const table = (await webhooks()).map((one) => {
    const { name, status, login, forLogin, team, account } = one as any;
    return `${account.name}: ${login.name}, ${forLogin?.name ?? team?.name ?? '-'}, ${name}: ${status}`;
  });
  expect(table.reverse()).toEqual([
    'Root administrator: Root administrator, -, Head office: ENABLED',
    'North: Nils Holm, Policy desk, Policy desk to CRM: ENABLED',
    'North: Nils Holm, Night shift, Night shift pager: ENABLED',
    'North: Nora Lind, -, Newsletter list: DISABLED',
    'North: Nils Holm, -, New policies by mail: ENABLED',
    'South: Sam Pinto, -, Payments to bookkeeping: ENABLED',
    'South: Sara Costa, -, Payments to the old archive: ENABLED',
    'South: Sam Pinto, -, Document inbox: INACTIVE',
  ]);
  expect(await run.as('Webhook manager of North').run('{ webhookDrafts { name step } }')).toEqual([
    { name: 'Broker portal', step: 'ENDPOINTS' },
  ]);
});

it('prints a token for each role, and it may do just what its line says', async () => {
  const rows = run.roles;
  expect([...rows.keys()]).toEqual([
    'Root of Root',
    'Catalog keeper of Root',
    ...['Administrator of North', 'Webhook manager of North', 'Host service of North'],
    ...['Clerk of North', 'Team member of North'],
    ...['Administrator of South', 'Webhook manager of South', 'Host service of South', 'Clerk of South'],
  ]);
  const model = 'type Note { id: ID! }';
  const trials: Record<string, [query: string, variables: Record<string, unknown>]> = {
    W: [
      'mutation ($input: WebhookDetailsInput) { webhookDraftCreate(input: $input) { errors { code } } }',
      {},
    ],
    P: [
      'mutation ($input: [EventInput!]!) { eventsPublish(input: $input) { errors { code } } }',
      {
        input: [
          {
            resource: 'documents',
            event: 'create',
            entityId: '1',
            payload: { id: '1', clientId: '2', title: '' },
          },
        ],
      },
    ],
    C: [
      'mutation ($input: CatalogResourceInput!) { resourceRegister(input: $input) { errors { code } } }',
      { input: { name: 'notes', label: 'Note', model, events: [{ name: 'create', label: 'Created' }] } },
    ],
    A: [
      'mutation ($input: TeamInput!) { teamCreate(input: $input) { errors { code } } }',
      { input: { name: 'New' } },
    ],
  };
  for (const [who, { login, letters, token }] of rows) {
    const api = new Api(run.app.url, token);
    const done: string[] = [];
    for (const [letter, [query, variables]] of Object.entries(trials)) {
      const [payload] = Object.values((await api.send(query, variables)).data) as [
        { errors: { code: string }[] },
      ];
      if (payload.errors.length === 0) done.push(letter);
      else expect(payload.errors.map(({ code }) => code)).toEqual(['FORBIDDEN']);
    }
    expect([who, await api.run('{ viewer { name } }'), done.join(' ')]).toEqual([
      who,
      { name: login },
      letters,
    ]);
  }
});

it('lets every webhook hear only whom it watches, and everybody see only the webhooks of its own', async () => {
  const [north, south] = [
    ['Ada Berg', 'Ben Dahl', 'Cleo Falk'],
    ['Emil Reis', 'Fay Sousa'],
  ];
  const scopes = {
    '/broken': south,
    '/head-office': [...north, ...south],
    '/north/desk': ['Ada Berg', 'Ben Dahl'],
    '/north/night': ['Ben Dahl', 'Cleo Falk'],
    '/south/books': south,
  };
  const count = (groups: Record<string, string[]>) => Object.values(groups).flat().length;
  await run.until((heard) => count(whoHeardWhom(heard)) >= count(scopes));
  // Everybody has done everything.
  await run.until(
    (heard) => heard.filter(({ path, attempt }) => path === '/head-office' && attempt === 1).length >= 30,
  );
  expect(whoHeardWhom(run.heard)).toEqual(scopes);
  const published: Record<string, string[]> = { ...scopes, [MAILBOX]: north };
  // What is matched but never arrives, as of a webhook that is off, would show here.
  for (const { id, endpoints } of await webhooks()) {
    const path = endpoints[0]!.target.replace(/^http:\/\/[^/]+/, '');
    const { nodes } = await run.root.run(
      `query ($id: ID!) { deliveries(first: 100, filter: { webhookId: $id }) { nodes { event { login { name } } } } }`,
      { id },
    );
    const names = new Set(nodes.map((delivery: any) => delivery.event.login.name));
    expect([path, [...names].sort()]).toEqual([path, published[path] ?? []]);
  }
  const seen = async (who: string) => {
    const { data, errors } = await run.as(who).send('{ webhooks { nodes { name } } }');
    return data?.webhooks?.nodes.map(({ name }: Webhook) => name) ?? errors![0]!.extensions!.code;
  };
  expect(await seen('Webhook manager of North')).toEqual([
    'New policies by mail',
    'Newsletter list',
    'Night shift pager',
    'Policy desk to CRM',
  ]);
  expect(await seen('Administrator of South')).toEqual([
    ...['Document inbox', 'Payments to the old archive', 'Payments to bookkeeping'],
  ]);
  expect(await seen('Team member of North')).toEqual(['Night shift pager']);
  expect(await seen('Clerk of North')).toBe('FORBIDDEN');
});

it('shows retries, and failures that end', async () => {
  await run.until((heard) => heard.some(({ path, attempt }) => path === '/broken' && attempt === 2));
  await run.until((heard) => heard.some(({ path, attempt }) => path !== '/broken' && attempt === 2));
  const broken = (await webhooks()).find(({ name }) => name === 'Payments to the old archive') as any;
  expect(broken.endpoints[0].advanced.retrySchedule).toEqual([0, 2, 4]);
  expect(new Set(run.heard.map(({ verdict }) => verdict))).toEqual(
    new Set(['signature valid', 'to show a retry', 'always fails']),
  );
});

it('learns the new key when a secret is rotated or of another kind, and reads every format', async () => {
  const { id, endpoints } = (await webhooks()).find(({ name }) => name === 'Head office')!;
  const endpointId = endpoints[0]!.id;
  const heard = (verdict: string): Promise<void> => {
    const from = run.heard.length;
    return run.until((all) =>
      all.slice(from).some((one) => one.path === '/head-office' && one.verdict === verdict && one.by !== ''),
    );
  };
  const edit = (advanced: object) =>
    run.root.mutate(
      'mutation ($id: ID!, $input: WebhookInput!) { webhookUpdate(id: $id, input: $input) { errors { code } } }',
      { id, input: { endpoints: [{ id: endpointId, advanced }] } },
    );
  await run.root.mutate(
    'mutation ($id: ID!) { endpointRotateSecret(id: $id, graceSeconds: 0) { errors { code } } }',
    { id: endpointId },
  );
  await heard('signature valid');
  await edit({ signing: 'STANDARD_WEBHOOKS_ED25519', format: 'CLOUDEVENTS_BINARY' });
  await heard('signature valid');
  await edit({ signing: 'NONE', format: 'CLOUDEVENTS_STRUCTURED' });
  await heard('not signed');
  await edit({ signing: null, format: null });
  await heard('signature valid');
});

it('keeps the keys of its receiver for itself, and without them finds its things again and makes none twice', async () => {
  expect(statSync(stateFile).mode & 0o777).toBe(0o600);
  const gone = (await webhooks()).find(({ name }) => name === 'Payments to bookkeeping')!;
  await run.root.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', {
    id: gone.id,
  });
  const before = await everything();
  // As if the mailbox had been asked two minutes ago.
  await run.app.db.orm.query(
    `update mailboxes set asked_at = array[clock_timestamp() - interval '2 minutes']`,
  );
  await run.stop();
  rmSync(stateFile);
  run = await start();
  expect(await everything()).toEqual(before);
  const reached = ['/head-office', '/north/desk', '/north/night'];
  await run.until((heard) => reached.every((path) => path in whoHeardWhom(heard)));
  expect(run.heard.filter(({ verdict }) => verdict === 'BAD SIGNATURE')).toEqual([]);
});

it('prints the link of a mailbox at each start until its owner has pressed Confirm, and each mail from then on', async () => {
  const sent = (mail: MailLine) => mail.subject.startsWith('[New policies by mail] Policy created: po-');
  expect(run.introduction).toContain(`writes to ${MAILBOX}, whose owner is asked`);
  const inbox = new URL(/http:\S+\/mails/.exec(run.introduction)![0]);
  expect(await (await fetch(inbox)).text()).toContain(
    'Confirm mails of the webhook New policies by mail</a>',
  );
  const asked = await run.mail(() => true);
  expect(asked).toMatchObject({
    ...{ to: MAILBOX, subject: 'Confirm mails of the webhook New policies by mail' },
    link: expect.stringContaining(`${run.app.url}/mail/confirm/mbx_`),
  });
  expect((await fetch(asked.link)).status).toBe(200);
  expect((await fetch(asked.link, { method: 'POST' })).status).toBe(200);
  const mail = await run.mail(sent);
  expect(run.mails[1]).toEqual(mail);

  const shown = await fetch(mail.link);
  expect(shown.headers.get('content-security-policy')).toContain("default-src 'none'");
  const page = await shown.text();
  expect(page).toContain(`<b>Subject</b>: ${mail.subject}</div>`);
  expect(page).toContain('<b>From</b>: &#34;Bellwire&#34; &#60;bellwire@example.com&#62;</div>');
  const [, file] = /<b>Attached<\/b>: <a class="link" href="([^"]+)">evt_\w+\.json</.exec(page)!;
  const record = (await (await fetch(new URL(file!, mail.link))).json()) as {
    type: string;
    entityId: string;
  };
  expect(record.type).toBe('policies.create');
  expect(mail.subject.endsWith(`: ${record.entityId}`)).toBe(true);
  expect(await (await fetch(inbox)).text()).toContain(`<a href="${new URL(mail.link).pathname}">`);
  for (const wrong of ['/mails/999', '/mails/', `${file}1`, '/head-office'])
    expect((await fetch(new URL(wrong, mail.link))).status).toBe(404);
});

it('has stored its last event when it says that it is quiet', async () => {
  const order: string[] = [];
  let quiet: Promise<void> | undefined;
  await run.app.db.orm.transaction(async (manager) => {
    await manager.query('lock table events in exclusive mode');
    for (let waiting = 0; waiting === 0;) {
      const [row] = await manager.query<[{ count: number }]>(
        `select count(*)::int as count from pg_locks where relation = 'events'::regclass and not granted`,
      );
      waiting = row.count;
    }
    quiet = run.demo.quiet().then(() => void order.push('quiet'));
    await manager.query('select 1');
    order.push('the last event can be stored');
  });
  await quiet;
  expect(order).toEqual(['the last event can be stored', 'quiet']);
});

it('leaves at the next start what users have changed, but for its own addresses and tokens', async () => {
  const [root, idOf] = [run.root, new Map((await webhooks()).map(({ name, id }) => [name, id]))];
  const change = (field: string, type: string, id: string | undefined, input: object) =>
    root.mutate(
      `mutation ($id: ID!, $input: ${type}!) { ${field}(id: $id, input: $input) { errors { code message } } }`,
      { id, input },
    );
  const act = (field: string, id: string | undefined, api = root) =>
    api.mutate(`mutation ($id: ID!) { ${field}(id: $id) { errors { code message } } }`, { id });
  const logins = (await root.run('{ logins(first: 100) { nodes { id email } } }')) as {
    nodes: { id: string; email: string }[];
  };
  const login = (key: string) => logins.nodes.find(({ email }) => email === `${key}@example.com`)?.id;

  await change('webhookUpdate', 'WebhookInput', idOf.get('Head office'), { details: { name: 'Ours' } });
  await change('webhookUpdate', 'WebhookInput', idOf.get('Payments to the old archive'), {
    endpoints: [{ kind: 'URL', target: 'http://127.0.0.1:65000/hooks' }],
  });
  await act('webhookDelete', idOf.get('Night shift pager'));
  await act('webhookDisable', idOf.get('Policy desk to CRM'));
  await act('webhookEnable', idOf.get('Newsletter list'));
  await change('loginUpdate', 'LoginInput', login('nora'), { name: 'Nora', email: 'n@example.com' });
  await change('loginUpdate', 'LoginInput', login('sam'), { disabled: true });
  await change('loginUpdate', 'LoginInput', login('sara'), { permissions: ['ACCESS_MANAGE'] });
  const nils = run.as('Webhook manager of North');
  for (const { id } of await nils.run('{ webhookDrafts { id } }')) await act('webhookDraftDiscard', id, nils);
  const model = 'type Document { id: ID! clientId: ID! title: String! }';
  const documents = { name: 'documents', label: 'Paper', model, events: [{ name: 'create', label: 'Made' }] };
  await root.mutate(
    'mutation ($input: CatalogResourceInput!) { resourceRegister(input: $input) { errors { code } } }',
    { input: documents },
  );

  // As if nobody had confirmed.
  await run.app.db.orm.query(
    `update mailboxes set status = 'UNCONFIRMED', asked_at = array[clock_timestamp() - interval '2 minutes']`,
  );
  const before = await everything();
  const [earlier] = run.roles.values();
  await run.stop();
  // Another port than that of the last start: free or not, it is taken now.
  const taken = createServer().listen(USUAL_PORT, '127.0.0.1');
  await Promise.race([once(taken, 'listening'), once(taken, 'error')]).catch(() => undefined);
  ownMail = await startMailServer();
  run = await start({ BELLWIRE_SMTP_URL: ownMail.url });
  taken.close();

  expect(await everything()).toEqual(before);
  expect(await run.as('Webhook manager of North').run('{ webhookDrafts { id } }')).toEqual([]);
  await run.until((heard) => '/head-office' in whoHeardWhom(heard) && '/north/news' in whoHeardWhom(heard));
  expect(Object.keys(whoHeardWhom(run.heard)).sort()).toEqual(['/head-office', '/north/news']);
  // A mail server of their own gets the mails, and is asked for none by a start.
  expect(run.introduction).toContain(`writes to ${MAILBOX}, by the mail server of BELLWIRE_SMTP_URL.`);
  expect(ownMail.mails).toEqual([]);
  const byMail = (await webhooks()).find(({ name }) => name === 'New policies by mail')!;
  await act('endpointVerificationSend', byMail.endpoints[0]!.id, run.root);
  expect((await ownMail.find(mailTo(MAILBOX))).mail.subject).toContain('New policies by mail');
  expect(run.mails).toEqual([]);
  expect((await new Api(run.app.url, earlier!.token).send('{ viewer { name } }')).status).toBe(401);
  expect(run.roles.get('Administrator of South')).toMatchObject({ login: 'Sara Costa', letters: 'A' });
  expect(run.roles.get('Administrator of North')).toMatchObject({ login: 'Nora', letters: 'W A' });
  expect(run.roles.get('Webhook manager of South')).toMatchObject({ token: 'none: the login is disabled' });
  expect(warnings).toEqual([]);
});
