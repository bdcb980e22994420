/**
 * The way to the mail server, against real ones: TLS from the first byte or by STARTTLS, logins right and wrong, a certificate
 * that nobody signed, servers that are away, fall silent or refuse. What is for now is tried again until it arrives, once;
 * what is for good ends the mailbox; and the password is nowhere but on its way.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Writable } from 'node:stream';

import pg from 'pg';
import pino from 'pino';
import type { SMTPServerOptions } from 'smtp-server';

import { GOOD_IDENTITY, SELF_SIGNED_IDENTITY, TEST_CA } from '../support/certificates.ts';
import { figure } from '../support/figure.ts';
import {
  confirmedWebhook,
  createMailWebhook,
  deliveriesOf,
  deliveriesTo,
  endpointOf,
  type MailWebhook,
  until,
} from '../support/mail-scenario.ts';
import { type MailServer, startMailServer } from '../support/mail-server.ts';
import { scrape } from '../support/probe.ts';
import { scriptedResolver } from '../support/resolver.ts';
import { clientEvent, publish, registerResource } from '../support/scenario.ts';
import { ROOT_TOKEN, startServer, type TestServer } from '../support/server.ts';
import { watchConnections } from '../support/watch-connections.ts';

const HOST = 'mail.public.example';
const USER = 'hooks';
const PASSWORD = 'canary password: 100%/@ä';
const LOGIN = `${encodeURIComponent(USER)}:${encodeURIComponent(PASSWORD)}@`;

/** Takes one login; says back what it was told otherwise, as some do. */
const onAuth: SMTPServerOptions['onAuth'] = ({ username, password }, _session, done) => {
  if (username === USER && password === PASSWORD) return done(null, { user: username });
  const quoted = [password, Buffer.from(`\0${username}\0${password}`).toString('base64')].join(' ');
  done(Object.assign(new Error(`5.7.8 not this one: ${quoted}`), { responseCode: 535 }));
};

/** A server of ours beside a mail server, all that it logged, and everything that has to be closed again. */
interface Place {
  server: TestServer;
  log: () => string;
  /** A webhook whose mailbox counts as confirmed, since its confirmation may never get through. */
  webhook(address: string): Promise<MailWebhook>;
}

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function mailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const mail = await startMailServer(options);
  closing.push(() => mail.close());
  return mail;
}

async function place(smtpUrl: string, overrides: { ca?: string[] } = {}): Promise<Place> {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const server = await startServer(
    { BELLWIRE_SMTP_URL: smtpUrl },
    {
      ...overrides,
      logger: pino({ level: 'trace' }, sink),
      resolver: scriptedResolver({ [HOST]: ['127.0.0.1'] }),
    },
  );
  closing.push(() => server.stop());
  const database = new pg.Client(server.database.url);
  await database.connect();
  closing.push(() => database.end());
  await registerResource(server.api);
  return {
    server,
    log: () => lines.join(''),
    webhook: async (address) => {
      const webhook = await createMailWebhook(server.api, address, {
        endpoint: { advanced: { timeoutMs: 800 } },
      });
      await database.query('delete from mail_outbox');
      await database.query(
        `update mailboxes set status = 'CONFIRMED', confirmed_at = now(), changed_at = now() where endpoint_id = $1`,
        [webhook.endpointId],
      );
      return webhook;
    },
  };
}

/** Publishes one event, and waits for what becomes of its delivery. */
async function deliver({ server }: Place, webhook: MailWebhook, id: string): Promise<any> {
  await publish(server.api, clientEvent(id));
  const all = await until(
    server.api,
    () => deliveriesOf(server.api, webhook),
    (seen) => ['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(seen.at(-1)?.status),
  );
  const delivery = all.at(-1);
  const attempts = delivery.attempts.nodes.sort((a: any, b: any) => a.number - b.number);
  return {
    ...delivery,
    codes: attempts.map((one: any) => one.failure?.code ?? 'OK'),
    statuses: attempts.map((one: any) => one.response?.statusCode ?? null),
    replies: attempts.map((one: any) => one.response?.body ?? ''),
  };
}

/** Nothing that can be read holds the password, in any form that a protocol gives it. */
async function passwordIsNowhere(there: Place, more: unknown[]): Promise<number> {
  const { server } = there;
  const metrics = await scrape(`${server.app.url}/metrics`, ROOT_TOKEN);
  const audit = await server.api.run('{ auditLog(first: 100) { nodes { action changes } } }');
  const database = new pg.Client(server.database.url);
  await database.connect();
  const { rows } = await database.query<{ text: string }>(
    `select coalesce(string_agg(t::text, ' '), '') as text from (
       select request::text, response::text from attempts union all select reason, address from mailboxes) t`,
  );
  await database.end();
  const places = [
    there.log(),
    JSON.stringify([...metrics]),
    JSON.stringify(audit),
    JSON.stringify(more),
    rows[0]!.text,
  ];
  const forms = [
    PASSWORD,
    'canary password',
    encodeURIComponent(PASSWORD),
    Buffer.from(PASSWORD).toString('base64'),
    Buffer.from(`\0${USER}\0${PASSWORD}`).toString('base64'),
  ];
  expect(places.flatMap((text) => forms.filter((form) => text.includes(form)))).toEqual([]);
  return forms.length;
}

describe('a connection that is safe', () => {
  it('begins with TLS where the address is smtps', async () => {
    const mail = await mailServer({ secure: true, ...GOOD_IDENTITY, authOptional: false, onAuth });
    const there = await place(`smtps://${LOGIN}${HOST}:${mail.port}`, { ca: [TEST_CA] });
    const webhook = await there.webhook('tls@example.com');
    const delivery = await deliver(there, webhook, 't1');
    expect(delivery.codes).toEqual(['OK']);
    expect(await mail.find(deliveriesTo('tls@example.com'))).toMatchObject({ secure: true, user: USER });
    await passwordIsNowhere(there, [delivery]);
  });

  it('becomes one by STARTTLS, before the password goes', async () => {
    const mail = await mailServer({ ...GOOD_IDENTITY, disabledCommands: [], authOptional: false, onAuth });
    const there = await place(`smtp://${LOGIN}${HOST}:${mail.port}`, { ca: [TEST_CA] });
    const webhook = await there.webhook('starttls@example.com');
    expect((await deliver(there, webhook, 's1')).codes).toEqual(['OK']);
    expect(await mail.find(deliveriesTo('starttls@example.com'))).toMatchObject({ secure: true, user: USER });
  });

  it('is no less where there is no password: a server that offers STARTTLS is taken at its word', async () => {
    const mail = await mailServer({ ...GOOD_IDENTITY, disabledCommands: [] });
    const there = await place(`smtp://${HOST}:${mail.port}`, { ca: [TEST_CA] });
    const webhook = await there.webhook('plain@example.com');
    expect((await deliver(there, webhook, 'p1')).codes).toEqual(['OK']);
    expect(await mail.find(deliveriesTo('plain@example.com'))).toMatchObject({ secure: true, user: null });
  });

  it.each([
    ['a certificate that nobody trusts, by smtps', 'smtps', SELF_SIGNED_IDENTITY, TEST_CA],
    ['a certificate that nobody trusts, by STARTTLS', 'smtp', SELF_SIGNED_IDENTITY, TEST_CA],
    ['an authority that is not known', 'smtps', GOOD_IDENTITY, null],
  ] as const)('is not made with %s', async (_name, scheme, identity, ca) => {
    let logins = 0;
    const mail = await mailServer({
      ...{ secure: scheme === 'smtps', ...identity, disabledCommands: [] },
      onAuth: (...given) => {
        logins += 1;
        return onAuth(...given);
      },
    });
    const there = await place(`${scheme}://${LOGIN}${HOST}:${mail.port}`, ca ? { ca: [ca] } : {});
    const webhook = await there.webhook('untrusted@example.com');
    const delivery = await deliver(there, webhook, 'u1');
    expect(delivery.status).toBe('FAILED');
    expect(delivery.codes).toHaveLength(4);
    expect([...new Set(delivery.codes)]).toEqual(['TLS_UNTRUSTED']);
    expect([logins, mail.mails, mail.asked]).toEqual([0, [], []]);
    await passwordIsNowhere(there, [delivery]);
  });

  it('is asked for where there is a password, although the server offers none', async () => {
    let logins = 0;
    const mail = await mailServer({
      // Not this machine by its name, though it is.
      onAuth: (_auth, _session, done) => {
        logins += 1;
        done(null, { user: USER });
      },
      allowInsecureAuth: true,
    });
    const there = await place(`smtp://${LOGIN}${HOST}:${mail.port}`);
    const webhook = await there.webhook('bare@example.com');
    const delivery = await deliver(there, webhook, 'b1');
    expect([...new Set(delivery.codes)]).toEqual(['TLS_FAILED']);
    expect([logins, mail.mails]).toEqual([0, []]);
    // On this machine by its address it may go without.
    const near = await place(`smtp://${LOGIN}127.0.0.1:${mail.port}`);
    expect((await deliver(near, await near.webhook('near@example.com'), 'n1')).codes).toEqual(['OK']);
    expect(logins).toBeGreaterThan(0);
  });
});

it('a wrong password is tried again, ends no mailbox, and stands nowhere, whatever the server quotes', async () => {
  let right = false;
  const mail = await mailServer({
    ...{ secure: true, ...GOOD_IDENTITY, authOptional: false },
    onAuth: (auth, session, done) =>
      right
        ? done(null, { user: USER })
        : onAuth({ ...auth, username: 'somebody', password: auth.password }, session, done),
  });
  const there = await place(`smtps://${LOGIN}${HOST}:${mail.port}`, { ca: [TEST_CA] });
  const webhook = await there.webhook('login@example.com');
  const delivery = await deliver(there, webhook, 'w1');
  expect(delivery.codes).toEqual(Array(4).fill('MAIL_REJECTED'));
  expect(delivery.statuses).toEqual(Array(4).fill(535));
  expect(delivery.replies[0]).toContain('535 5.7.8 not this one: [redacted]');
  const endpoint = await endpointOf(there.server.api, webhook);
  expect(endpoint.status).toBe('ACTIVE');
  const forms = await passwordIsNowhere(there, [delivery, endpoint]);
  right = true;
  expect((await deliver(there, webhook, 'w2')).codes).toEqual(['OK']);
  figure('mail password', { places: 5, forms, hits: 0 });
});

it('a server that is not there is waited for, and gets each mail once when it comes', async () => {
  const probe = createServer();
  await once(probe.listen(0, '127.0.0.1'), 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  const there = await place(`smtp://127.0.0.1:${port}`);
  const webhook = await there.webhook('away@example.com');
  const delivery = await deliver(there, webhook, 'a1');
  expect([delivery.status, delivery.codes, delivery.statuses]).toEqual([
    'FAILED',
    Array(4).fill('MAIL_SERVER_UNREACHABLE'),
    Array(4).fill(null),
  ]);
  const mail = await startMailServer({}, port);
  closing.push(() => mail.close());
  await there.server.api.mutate('mutation ($id: ID!) { deliveryRetry(id: $id) { errors { code } } }', {
    id: delivery.id,
  });
  expect((await mail.find(deliveriesTo('away@example.com'))).mail.messageId).toContain(delivery.id);
  expect((await endpointOf(there.server.api, webhook)).status).toBe('ACTIVE');
});

/** A server that says nothing, or something else than a greeting. */
async function listener(greet: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    greet(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closing.push(() => {
    sockets.forEach((socket) => socket.destroy());
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

describe('a server that', () => {
  it('never greets costs the time limit of the endpoint, and no connection for longer', async () => {
    let open = 0;
    const port = await listener((socket) => {
      open += 1;
      socket.resume().once('close', () => (open -= 1));
    });
    const there = await place(`smtp://127.0.0.1:${port}`);
    const webhook = await there.webhook('silent@example.com');
    const delivery = await deliver(there, webhook, 'g1');
    expect([delivery.status, delivery.codes]).toEqual(['FAILED', Array(4).fill('TIMEOUT')]);
    await until(
      there.server.api,
      () => Promise.resolve(open),
      // The confirmation mail of the webhook may hold one, for as long as it may take.
      (count) => count <= 1,
    );
  });

  it.each([
    ['421 4.3.2 closing', 'MAIL_DEFERRED', 421],
    ['554 5.3.2 no service here', 'MAIL_REJECTED', 554],
    ['HTTP/1.1 400 Bad Request', 'MAIL_SERVER_UNREACHABLE', null],
  ])('greets with %s is tried again', async (greeting, code, status) => {
    const port = await listener((socket) => socket.end(`${greeting}\r\n`));
    const there = await place(`smtp://127.0.0.1:${port}`);
    const webhook = await there.webhook('greets@example.com');
    const delivery = await deliver(there, webhook, 'g1');
    expect([delivery.status, delivery.codes, delivery.statuses]).toEqual([
      'FAILED',
      Array(4).fill(code),
      Array(4).fill(status),
    ]);
    expect((await endpointOf(there.server.api, webhook)).status).toBe('ACTIVE');
  });
});

describe('a mailbox', () => {
  let mail: MailServer;
  let there: Place;
  const made: MailWebhook[] = [];
  let end: () => Promise<void>;

  beforeAll(async () => {
    mail = await mailServer();
    there = await place(mail.url);
    const mine = closing.splice(0).reverse();
    end = async () => {
      for (const close of mine) await close();
    };
  });
  afterEach(async () => {
    [mail.answerRecipient, mail.answerMessage] = [() => null, () => null];
    for (const { id } of made.splice(0))
      await there.server.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', {
        id,
      });
  });
  afterAll(() => end());

  /** One whose owner has confirmed. */
  const webhookTo = async (address: string): Promise<MailWebhook> => {
    const endpoint = { advanced: { timeoutMs: 800 } };
    const webhook = await confirmedWebhook(there.server.api, mail, address, { endpoint });
    made.push(webhook);
    return webhook;
  };

  it.each([450, 452])(
    'that is refused with %s for now gets its mail later, under the same id',
    async (code) => {
      const address = `later${code}@example.com`;
      const webhook = await webhookTo(address);
      const answers = [1, 2].map(() => ({ code, message: '4.2.1 later' }));
      mail.answerRecipient = (to) => (to === address ? (answers.shift() ?? null) : null);
      const delivery = await deliver(there, webhook, `l${code}`);
      expect([delivery.codes, delivery.statuses]).toEqual([
        ['MAIL_DEFERRED', 'MAIL_DEFERRED', 'OK'],
        [code, code, 250],
      ]);
      expect((await mail.find(deliveriesTo(address))).mail.messageId).toContain(delivery.id);
      expect(mail.mails.filter(deliveriesTo(address))).toHaveLength(1);
    },
  );

  it('that is refused with 421, which ends the connection, gets its mail over another one', async () => {
    const address = 'closing@example.com';
    const webhook = await webhookTo(address);
    const answers = [1, 2, 3].map(() => ({ code: 421, message: '4.3.2 closing' }));
    mail.answerRecipient = (to) => (to === address ? (answers.shift() ?? null) : null);
    const delivery = await deliver(there, webhook, 'l421');
    // On a connection that was there already nodemailer tries another one by itself.
    expect(delivery.codes.slice(0, -1)).toEqual(Array(delivery.codes.length - 1).fill('MAIL_DEFERRED'));
    expect([delivery.status, delivery.codes.at(-1), answers]).toEqual(['SUCCEEDED', 'OK', []]);
    expect(mail.mails.filter(deliveriesTo(address))).toHaveLength(1);
  });

  it('whose mail the server swallows without an answer gets it again under the same id', async () => {
    const address = 'hangs@example.com';
    const webhook = await webhookTo(address);
    let left = 1;
    mail.answerMessage = () => (left-- > 0 ? new Promise(() => undefined) : null);
    const delivery = await deliver(there, webhook, 'h1');
    expect(delivery.codes).toEqual(['TIMEOUT', 'OK']);
    const ids = mail.mails.filter(deliveriesTo(address)).map((one) => one.mail.messageId);
    expect(ids).toEqual([expect.stringContaining(delivery.id)]);
  });

  it.each([
    ['RCPT', 550, '5.1.1 no such user'],
    ['RCPT', 553, 'not here'],
    ['RCPT', 550, '5.2.1 disabled'],
    ['DATA', 554, 'no thank you'],
    ['DATA', 550, '5.1.1 no such user'],
  ])('that is refused after %s with %s %s is written to no more', async (command, code, message) => {
    const address = `gone${mail.mails.length}@example.com`;
    const webhook = await webhookTo(address);
    const answer = (to: string) => (to === address ? { code, message } : null);
    if (command === 'RCPT') mail.answerRecipient = answer;
    else mail.answerMessage = answer;
    const delivery = await deliver(there, webhook, 'r1');
    expect([delivery.status, delivery.codes, delivery.statuses]).toEqual([
      'FAILED',
      ['MAILBOX_REFUSED'],
      [code],
    ]);
    const off = await until(
      there.server.api,
      () => endpointOf(there.server.api, webhook),
      ({ status }) => status === 'AUTO_DISABLED',
    );
    expect(off.statusReason).toContain(`${code} ${message}`);
    const asked = mail.asked.length;
    await publish(there.server.api, clientEvent('r2'));
    expect(await deliveriesOf(there.server.api, webhook)).toHaveLength(1);
    expect(mail.asked).toHaveLength(asked);
  });

  it.each([
    ['RCPT', 554, '5.7.1 relay access denied'],
    ['RCPT', 530, 'authentication required'],
    ['DATA', 552, 'too large'],
    ['DATA', 554, '5.3.4 too large'],
    ['DATA', 554, '5.6.0 not this content'],
    ['DATA', 550, '5.7.1 looks like spam'],
  ])(
    'is not blamed where the server refuses the message or the sender: after %s with %s %s',
    async (command, code, message) => {
      const address = `blameless${mail.mails.length}@example.com`;
      const webhook = await webhookTo(address);
      const answer = (to: string) => (to === address ? { code, message } : null);
      if (command === 'RCPT') mail.answerRecipient = answer;
      else mail.answerMessage = answer;
      const delivery = await deliver(there, webhook, 'm1');
      expect([delivery.status, delivery.codes]).toEqual(['FAILED', Array(4).fill('MAIL_REJECTED')]);
      expect((await endpointOf(there.server.api, webhook)).status).toBe('ACTIVE');
      [mail.answerRecipient, mail.answerMessage] = [() => null, () => null];
      expect((await deliver(there, webhook, 'm2')).codes).toEqual(['OK']);
    },
  );

  it('is one of many: five connections carry what goes at once, and all arrives', async () => {
    const addresses = Array.from({ length: 12 }, (_, at) => `many${at}@example.com`);
    for (const address of addresses) await webhookTo(address);
    let arrived!: () => void;
    const all = new Promise<void>((resolve) => (arrived = resolve));
    let held = 0;
    // The first five wait for each other: a sixth connection would bring a sixth.
    mail.answerMessage = async () => {
      held += 1;
      if (held === 5) arrived();
      await all;
      return null;
    };
    await publish(there.server.api, clientEvent('many'));
    for (const address of addresses) await mail.find(deliveriesTo(address));
    expect(mail.connections.most).toBe(5);
    for (const address of addresses) expect(mail.mails.filter(deliveriesTo(address))).toHaveLength(1);
    figure('mail connections', { mails: addresses.length, connections: mail.connections.most });
  });
});

it('SSRF-06: mails go to the host of the configuration alone, whatever host an address names', async () => {
  const mail = await mailServer();
  const asked: string[] = [];
  const watch = watchConnections({ ignore: ({ port }) => port !== mail.port && port > 10_000 });
  const server = await startServer(
    { BELLWIRE_SMTP_URL: `smtp://${HOST}:${mail.port}` },
    {
      resolver: {
        resolve: (hostname) => {
          asked.push(hostname);
          return Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
        },
      },
    },
  );
  closing.push(() => server.stop());
  await registerResource(server.api);
  for (const domain of ['metadata.internal.example', '169.254.169.254.nip.example', 'localhost.example'])
    await createMailWebhook(server.api, `root@${domain}`);
  await mail.until(3, (one) => one.mail.subject!.startsWith('Confirm'));
  watch.stop();
  expect(new Set(asked)).toEqual(new Set([HOST]));
  const outside = watch.all.filter(({ way }) => way !== 'database');
  expect(new Set(outside.map(({ port }) => port))).toEqual(new Set([mail.port]));
  expect(watch.unguarded).toEqual([]);
  figure(
    'SSRF-06 by mail',
    { connections: outside.length, unguarded: 0 },
    { connections: { atLeast: 1 }, unguarded: 0 },
  );
});
