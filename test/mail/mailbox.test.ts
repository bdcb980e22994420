/**
 * Endpoints that are mailboxes, against a real mail server: an owner is asked first and gets nothing else before, what fires
 * meanwhile waits, and then each event is one mail with the very bytes that a request would carry.
 */
import {
  confirm,
  confirmedWebhook,
  CREATE,
  createMailWebhook,
  deliveriesOf,
  deliveriesTo,
  endpointOf,
  mailInput,
  until,
} from '../support/mail-scenario.ts';
import { attachedJson, linkIn, type MailServer, mailTo, startMailServer } from '../support/mail-server.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let mail: MailServer;
let receiver: Receiver;

beforeAll(async () => {
  mail = await startMailServer();
  receiver = await startReceiver();
  server = await startServer({
    BELLWIRE_SMTP_URL: mail.url,
    BELLWIRE_MAIL_FROM: 'Bellwire <hooks@bellwire.example>',
  });
  await registerResource(server.api);
});
afterAll(async () => {
  await server?.stop();
  await mail?.close();
  await receiver?.close();
});

it('asks the owner first, keeps what fires waiting, and sends it in order once the button is pressed', async () => {
  const address = 'ann@example.com';
  const webhook = await createMailWebhook(server.api, 'Ann@Example.COM'.replace('Ann', 'ann'));
  const asked = await mail.find(mailTo(address));
  await publish(server.api, clientEvent('w1'), clientEvent('w2'));
  await publish(server.api, clientEvent('w3'));
  expect(await endpointOf(server.api, webhook)).toMatchObject({
    kind: 'EMAIL',
    target: address,
    status: 'UNVERIFIED',
    statusReason: expect.stringContaining(`A confirmation mail went to ${address}`),
  });
  expect((await deliveriesOf(server.api, webhook)).map((one) => [one.status, one.nextAttemptAt])).toEqual(
    Array(3).fill(['PENDING', null]),
  );
  expect(asked.mail.attachments).toEqual([]);
  expect(asked.raw).not.toContain('Client w1');

  // Programs that look at mails open links.
  const page = await fetch(linkIn(asked, 'confirm'));
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('Confirm mails of this webhook?');
  expect((await endpointOf(server.api, webhook)).status).toBe('UNVERIFIED');
  expect(mail.mails.filter(mailTo(address))).toHaveLength(1);

  await confirm(mail, address);
  const mails = await mail.until(3, deliveriesTo(address));
  expect(mails.map((one) => /: (w\d)$/.exec(one.mail.subject!)![1]).sort()).toEqual(['w1', 'w2', 'w3']);
  expect((await endpointOf(server.api, webhook)).status).toBe('ACTIVE');
  expect(mail.mails.filter(mailTo(address))).toHaveLength(4);
});

it('attaches the bytes of a POST, in every format, and says where the mail comes from', async () => {
  for (const format of ['STANDARD_WEBHOOKS', 'CLOUDEVENTS_STRUCTURED', 'ENTITY']) {
    const address = `${format.toLowerCase()}@example.com`;
    const webhook = await confirmedWebhook(server.api, mail, address, {
      details: { name: format },
      endpoint: { advanced: { format } },
    });
    const payload = `{"name":"Zoë <b>&", "id":"${format}" ,"extra":{"big":12345678901234567890}}`;
    const [event] = await publish(server.api, {
      resource: 'clients',
      event: 'create',
      entityId: format,
      payloadText: payload,
    });
    const arrived = await mail.find(deliveriesTo(address));
    const [delivery] = await until(
      server.api,
      () => deliveriesOf(server.api, webhook),
      ([one]) => one!.status === 'SUCCEEDED',
    );
    const text = attachedJson(arrived);
    expect(text).toContain(payload);
    expect(delivery.attempts.nodes[0]).toMatchObject({
      outcome: 'SUCCEEDED',
      request: { url: `mailto:${address}`, body: text },
      response: { statusCode: 250 },
      failure: null,
    });
    expect(arrived.mail.attachments[0]).toMatchObject({
      filename: `${event!.event.id}.json`,
      contentType: 'application/json',
    });
    expect(arrived.from).toBe('hooks@bellwire.example');
    expect(arrived.mail.messageId).toBe(`<${delivery.id}@bellwire.example>`);
    expect(arrived.mail.subject).toBe(`[${format}] Client created: ${format}`);
    const header = (name: string) => arrived.mail.headers.get(name);
    expect(header('auto-submitted')).toBe('auto-generated');
    expect(header('list')).toMatchObject({
      id: { name: format, id: `${webhook.id}.bellwire.example` },
      unsubscribe: { url: expect.stringContaining(`${server.app.url}/mail/unsubscribe/mbx_`) },
      'unsubscribe-post': { name: 'List-Unsubscribe=One-Click' },
    });
    expect(arrived.mail.references).toBe(arrived.mail.inReplyTo);
    expect(arrived.mail.text).toContain('Name: Zoë <b>&');
    expect(arrived.mail.text).toContain('12345678901234567890');
    expect(arrived.mail.html).toContain('Zoë &#60;b&#62;&#38;');
  }
});

/** What the API says to an endpoint, by path. */
async function problemsOf(endpoint: Record<string, unknown>, details = {}): Promise<string[]> {
  const { errors } = await server.api.run(CREATE, {
    input: { ...mailInput('x@example.com', { details }), endpoints: [endpoint] },
  });
  return errors.map((one: any) => `${one.code} ${one.field.join('.')}`);
}

it('takes one address, a URL or a mailbox, and says of everything else where it is wrong', async () => {
  const at = 'endpoints.0';
  const wrong = [
    [
      'a@b.example\r\nBcc: c@d.example',
      'a@b.example\n',
      'a\0@b.example',
      'a@b.example,c@d.example',
      'a@b.example;c@d.example',
    ],
    [
      'Ann <a@b.example>',
      '"a b"@c.example',
      'a(x)@b.example',
      'a@b@c.example',
      '@b.example',
      'a@',
      'a',
      'ä@b.example',
    ],
    [
      'a@localhost',
      'a@[127.0.0.1]',
      'a@127.0.0.1',
      'a..b@c.example',
      'a@-b.example',
      `${'a'.repeat(65)}@b.example`,
    ],
    [
      `a@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(60)}.${'f'.repeat(20)}.example`,
      'https://a.example/',
    ],
  ].flat();
  for (const target of wrong)
    expect([target, await problemsOf({ kind: 'EMAIL', target })]).toEqual([target, [`INVALID ${at}.target`]]);
  expect(await problemsOf({ kind: 'EMAIL' })).toEqual([`REQUIRED ${at}.target`]);
  expect(await problemsOf({ target: null })).toEqual(expect.arrayContaining([`REQUIRED ${at}.kind`]));
  expect(await problemsOf({ kind: 'URL', target: 'a@b.example' })).toEqual([`INVALID ${at}.target`]);
  expect(await problemsOf({ kind: 'TEAM_MAILBOXES' })).toEqual([`INVALID ${at}.kind`]);
  expect(
    await problemsOf({
      ...{ kind: 'EMAIL', target: 'a@b.example' },
      authentication: { type: 'BEARER', bearer: { token: 'abc' } },
      advanced: { headers: [{ name: 'X-A', value: 'b' }], signing: 'STANDARD_WEBHOOKS_HMAC' },
    }),
  ).toEqual([
    `INVALID ${at}.authentication`,
    `INVALID ${at}.advanced.headers`,
    `INVALID ${at}.advanced.signing`,
  ]);
  const { errors } = await server.api.run(CREATE, {
    input: {
      ...mailInput('x@example.com'),
      endpoints: [' X@Example.com', 'X@EXAMPLE.COM '].map((target) => ({ kind: 'EMAIL', target })),
    },
  });
  expect(errors).toMatchObject([{ code: 'DUPLICATE', field: ['endpoints', '1', 'target'] }]);
  const made = await server.api.mutate(CREATE, {
    input: mailInput(' Zoë.Test@BÜCHER.example'.replace('ë', 'e')),
  });
  expect(made.webhook.endpoints[0]).toMatchObject({
    ...{ kind: 'EMAIL', target: 'Zoe.Test@xn--bcher-kva.example', secrets: [] },
    advanced: { signing: 'NONE', headers: [] },
  });
  expect(made.newSecrets).toEqual([]);
});

it('lets no name or id of an event become a header or a recipient', async () => {
  const address = 'inject@example.com';
  const evil = 'x\r\nBcc: evil@example.com\r\n\r\n<script>';
  await confirmedWebhook(server.api, mail, address, {
    details: { name: `Ünï ${'long '.repeat(35)}` },
  });
  const payload = { id: 'i1', name: `${evil} \u202e` };
  await publish(server.api, {
    resource: 'clients',
    event: 'create',
    entityId: `${'é'.repeat(150)} "a" <b@c.example>,`,
    payload,
  });
  const arrived = await mail.find(deliveriesTo(address));
  const [head] = arrived.raw.split('\r\n\r\n');
  expect(arrived.to).toEqual([address]);
  expect(mail.asked).not.toContain('evil@example.com');
  expect(head!.toLowerCase()).not.toMatch(/^(bcc|cc):/m);
  expect(Math.max(...head!.split('\r\n').map((line) => line.length))).toBeLessThan(998);
  expect([...arrived.mail.subject!].length).toBeLessThanOrEqual(200);
  expect(arrived.mail.html).not.toContain('<script>');
  expect([...arrived.mail.headers.keys()].sort()).toEqual([
    'auto-submitted',
    'content-type',
    'date',
    'from',
    'in-reply-to',
    'list',
    'message-id',
    'mime-version',
    'references',
    'subject',
    'to',
  ]);
});

it('turns into a mailbox and back into a URL on edit, judged like a new endpoint', async () => {
  const UPDATE = `mutation ($id: ID!, $input: WebhookInput!) { webhookUpdate(id: $id, input: $input) {
    errors { code field } newSecrets { value } webhook { endpoints { kind target advanced { signing headers { name } } } } } }`;
  const webhook = await createWebhook(server.api, `${receiver.url}/edit`, {
    advanced: { headers: [{ name: 'X-Key', value: 'secret-value', secret: true }] },
  });
  const edit = (endpoint: Record<string, unknown>) =>
    server.api.run(UPDATE, {
      id: webhook.id,
      input: { endpoints: [{ id: webhook.endpointId, ...endpoint }] },
    });
  expect((await edit({ kind: 'EMAIL' })).errors).toMatchObject([
    { code: 'REQUIRED', field: ['endpoints', '0', 'target'] },
  ]);
  const mailed = await edit({ kind: 'EMAIL', target: 'edit@example.com' });
  expect(mailed.webhook.endpoints[0]).toEqual({
    ...{ kind: 'EMAIL', target: 'edit@example.com' },
    advanced: { signing: 'NONE', headers: [] },
  });
  await confirm(mail, 'edit@example.com');
  await publish(server.api, clientEvent('e1'));
  await mail.find(deliveriesTo('edit@example.com'));
  expect((await edit({ target: 'next@example.com' })).errors).toEqual([]);
  await mail.find(mailTo('next@example.com'));
  const back = await edit({ kind: 'URL', target: `${receiver.url}/back` });
  expect(back.newSecrets).toHaveLength(1);
  expect(back.webhook.endpoints[0].advanced).toEqual({ signing: 'STANDARD_WEBHOOKS_HMAC', headers: [] });
  await publish(server.api, clientEvent('e2'));
  const hit = await receiver.find((one) => one.path === '/hooks/back');
  expect(hit.headers['webhook-signature']).toBeDefined();
  expect(receiver.hits.filter((one) => one.path === '/hooks/edit')).toEqual([]);
  expect(mail.mails.filter(mailTo('next@example.com'))).toHaveLength(1);
});

it('sends a test to a confirmed mailbox only, and marks it', async () => {
  const TEST = `mutation ($input: TestEventInput!) { testEventSend(input: $input) { errors { code field message } deliveries { id } } }`;
  const address = 'test@example.com';
  const webhook = await createMailWebhook(server.api, address);
  const input = {
    webhookId: webhook.id,
    resource: 'clients',
    event: 'create',
    payload: { id: 't', name: 'Test' },
  };
  await mail.find(mailTo(address));
  expect((await server.api.run(TEST, { input })).errors).toMatchObject([
    { code: 'INVALID_STATE', field: ['webhookId'] },
  ]);
  await confirm(mail, address);
  await server.api.mutate(TEST, { input });
  const arrived = await mail.find(deliveriesTo(address));
  expect(arrived.mail.subject).toBe('[Mails] Test: Client created: test');
  expect(arrived.mail.text).toContain('This is a test');
  expect(JSON.parse(attachedJson(arrived))).toMatchObject({ test: true });
  expect(mail.mails.filter(mailTo(address))).toHaveLength(2);
});

it('is on while it waits for the owner: to enable it changes nothing, to disable it cancels what waits', async () => {
  const webhook = await createMailWebhook(server.api, 'waits@example.com');
  await publish(server.api, clientEvent('waits'));
  const turn = (name: string) =>
    server.api.run(`mutation ($id: ID!) { ${name}(id: $id) { errors { code } endpoint { status } } }`, {
      id: webhook.endpointId,
    });
  const version = async (): Promise<number> =>
    (await server.api.run('query ($id: ID!) { webhook(id: $id) { version } }', { id: webhook.id })).version;
  const before = await version();
  expect(await turn('endpointEnable')).toEqual({ errors: [], endpoint: { status: 'UNVERIFIED' } });
  expect(await version()).toBe(before);
  expect(await turn('endpointDisable')).toEqual({ errors: [], endpoint: { status: 'DISABLED' } });
  expect(await deliveriesOf(server.api, webhook)).toMatchObject([{ status: 'CANCELLED', attemptCount: 0 }]);
  expect(await turn('endpointEnable')).toEqual({ errors: [], endpoint: { status: 'UNVERIFIED' } });
});
