/**
 * Endpoints that are mailboxes, against a real mail server: an owner is asked first and gets nothing else before, what fires
 * meanwhile waits, and then each event is one mail with the very bytes that a request would carry.
 */
import {
  confirm,
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
import { at, newDraft, SAVE, STEPS } from '../webhooks/draft-documents.ts';

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

it('X15: asks the owner first, keeps what fires waiting, and sends it in order once the button is pressed', async () => {
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

it('L03, X15: an event is one mail with the bytes of a POST attached, in every format, and headers that say where it comes from', async () => {
  const FORMATS = ['STANDARD_WEBHOOKS', 'CLOUDEVENTS_STRUCTURED', 'CLOUDEVENTS_BINARY', 'ENTITY'];
  const made = [];
  for (const format of FORMATS) {
    const address = `${format.toLowerCase()}@example.com`;
    const { webhook } = await server.api.mutate(CREATE, {
      input: {
        details: { name: format },
        endpoints: [
          { kind: 'EMAIL', target: address, advanced: { format } },
          { kind: 'URL', target: `${receiver.url}/${format}`, advanced: { format } },
        ],
        triggers: [{ resource: 'clients', event: 'update' }],
      },
    });
    await confirm(mail, address);
    made.push({ format, address, webhook });
  }
  const payload = `{"name":"Zoë <b>&", "id":"f1" ,"extra":{"big":12345678901234567890}}`;
  const [event] = await publish(server.api, {
    ...{ resource: 'clients', event: 'update', entityId: 'f1', payloadText: payload },
  });
  for (const { format, address, webhook } of made) {
    const arrived = await mail.find(deliveriesTo(address));
    const posted = await receiver.find((hit) => hit.path.endsWith(`/${format}`));
    expect(arrived.mail.attachments[0]!.content.equals(posted.body)).toBe(true);
    const all = await until(
      server.api,
      () => deliveriesOf(server.api, webhook),
      (seen) => seen.every(({ status }) => status === 'SUCCEEDED'),
    );
    const delivery = all.find((one) => arrived.mail.messageId!.includes(one.id));
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
    expect(arrived.mail.subject).toBe(`[${format}] Client updated: f1`);
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

it('L23: an endpoint is one address, a URL or a mailbox; of everything else it is said where it is wrong', async () => {
  const path = 'endpoints.0';
  const long = (count: number) => Array.from({ length: count }, () => 'b'.repeat(60)).join('.');
  const wrong: Record<string, string[]> = {
    'no line breaks or other control characters': [
      ...['a@b.example\r\nBcc: c@d.example', 'a@b.example\n', 'a\0@b.example', 'a@b.example\u2028'],
    ],
    'one e-mail address only': ['a@b.example,c@d.example', 'a@b.example;c@d.example'],
    'without a name, quotes or comments': [
      'Ann <a@b.example>',
      '"a b"@c.example',
      'a(x)@b.example',
      'a@[127.0.0.1]',
    ],
    'not an e-mail address': ['a@b@c.example', '@b.example', 'a@', 'a'],
    'ASCII characters only': ['ä@b.example'],
    'at most 64 characters': [`${'a'.repeat(65)}@b.example`],
    'single dots between them': ['a..b@c.example', '.a@b.example'],
    'not a domain': ['a@localhost', 'a@127.0.0.1', 'a@-b.example', `a@${'b'.repeat(64)}.example`],
    'at most 254 characters': [
      `a@${long(4)}.${'f'.repeat(20)}.example`,
      `${'a'.repeat(60)}@${long(3)}.example.com`,
    ],
    'This is a web address': ['https://a.example/'],
  };
  for (const [says, targets] of Object.entries(wrong))
    for (const target of targets) {
      const { errors } = await server.api.run(CREATE, {
        input: { ...mailInput('x@example.com'), endpoints: [{ kind: 'EMAIL', target }] },
      });
      expect([target, errors]).toMatchObject([
        target,
        [
          {
            code: 'INVALID',
            field: path.split('.').concat('target'),
            message: expect.stringContaining(says),
          },
        ],
      ]);
    }
  expect(await problemsOf({ kind: 'EMAIL' })).toEqual([`REQUIRED ${path}.target`]);
  expect(await problemsOf({ target: null })).toEqual(expect.arrayContaining([`REQUIRED ${path}.kind`]));
  expect(await problemsOf({ kind: 'URL', target: 'a@b.example' })).toEqual([`INVALID ${path}.target`]);
  expect(await problemsOf({ kind: 'TEAM_MAILBOXES' })).toEqual([`INVALID ${path}.kind`]);
  expect(
    await problemsOf({
      ...{ kind: 'EMAIL', target: 'a@b.example' },
      authentication: { type: 'BEARER', bearer: { token: 'abc' } },
      advanced: { headers: [{ name: 'X-A', value: 'b' }], signing: 'STANDARD_WEBHOOKS_HMAC' },
    }),
  ).toEqual([
    `INVALID ${path}.authentication`,
    `INVALID ${path}.advanced.headers`,
    `INVALID ${path}.advanced.signing`,
  ]);
  const { errors } = await server.api.run(CREATE, {
    input: {
      ...mailInput('x@example.com'),
      endpoints: [' X@Example.com', 'X@EXAMPLE.COM '].map((target) => ({ kind: 'EMAIL', target })),
    },
  });
  expect(errors).toMatchObject([{ code: 'DUPLICATE', field: ['endpoints', '1', 'target'] }]);
  const made = await server.api.mutate(CREATE, {
    input: mailInput(' Zoe.Test@BÜCHER.Example.'),
  });
  expect(made.webhook.endpoints[0]).toMatchObject({
    ...{ kind: 'EMAIL', target: 'Zoe.Test@xn--bcher-kva.example', secrets: [] },
    advanced: { signing: 'NONE', headers: [] },
  });
  expect(made.newSecrets).toEqual([]);
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
  // Whatever else is edited, its owner has confirmed.
  await edit({ target: 'edit@example.com', advanced: { timeoutMs: 9_000 } });
  expect((await endpointOf(server.api, webhook)).status).toBe('ACTIVE');
  expect((await edit({ target: 'next@example.com' })).errors).toEqual([]);
  await mail.find(mailTo('next@example.com'));
  expect(await endpointOf(server.api, webhook)).toMatchObject({
    status: 'UNVERIFIED',
    statusReason: expect.stringContaining('next@example.com'),
  });
  await publish(server.api, clientEvent('e2'));
  expect((await edit({ target: 'third@example.com' })).errors).toEqual([]);
  // What waited for the one before waits for nobody.
  expect((await deliveriesOf(server.api, webhook)).map(({ status }) => status)).toEqual([
    'SUCCEEDED',
    'CANCELLED',
  ]);
  const back = await edit({ kind: 'URL', target: `${receiver.url}/back` });
  expect(back.newSecrets).toHaveLength(1);
  expect(back.webhook.endpoints[0].advanced).toEqual({ signing: 'STANDARD_WEBHOOKS_HMAC', headers: [] });
  await publish(server.api, clientEvent('e3'));
  const hit = await receiver.find((one) => one.path === '/hooks/back');
  expect(hit.headers['webhook-signature']).toBeDefined();
  expect(receiver.hits.filter((one) => one.path === '/hooks/edit')).toEqual([]);
  expect(mail.mails.filter(mailTo('next@example.com'))).toHaveLength(1);
  expect(mail.mails.filter(deliveriesTo('edit@example.com'))).toHaveLength(1);
});

it('stays in a draft as it was typed, judged at each look, and asks the owner when the draft is saved', async () => {
  const id = await newDraft(server.api, { name: 'Wizard' });
  const target = 'wizard@example.com';
  const endpoints = async (...input: Record<string, unknown>[]) => {
    const { draft } = await server.api.run(STEPS.endpoints, { id, input });
    return {
      problems: at(draft.problems),
      kept: draft.endpoints.map(({ kind, target: is }: any) => [kind, is]),
    };
  };
  await server.api.mutate(STEPS.triggers, { id, input: [{ resource: 'clients', event: 'update' }] });
  expect(await endpoints({ kind: 'EMAIL', target: 'Ann <wizard@example.com>' })).toEqual({
    problems: ['INVALID endpoints.0.target'],
    kept: [['EMAIL', 'Ann <wizard@example.com>']],
  });
  expect(await endpoints({ kind: 'EMAIL', target: '' })).toEqual({
    problems: ['REQUIRED endpoints.0.target'],
    kept: [['EMAIL', '']],
  });
  expect(await endpoints({ kind: 'TEAM_MAILBOXES' })).toMatchObject({
    problems: ['INVALID endpoints.0.kind'],
  });
  expect(
    await endpoints({
      ...{ kind: 'EMAIL', target, authentication: { type: 'BEARER', bearer: { token: 'abc' } } },
      advanced: { headers: [{ name: 'X-A', value: 'b' }] },
    }),
  ).toMatchObject({
    problems: ['INVALID endpoints.0.authentication', 'INVALID endpoints.0.advanced.headers'],
  });
  expect(at((await server.api.run(SAVE, { id })).errors)[0]).toBe('DRAFT_INCOMPLETE -');
  expect(await endpoints({ kind: 'EMAIL', target, advanced: { format: 'ENTITY' } })).toEqual({
    problems: [],
    kept: [['EMAIL', target]],
  });
  expect(mail.asked).not.toContain(target);
  const { webhook, newSecrets } = await server.api.mutate(SAVE, { id });
  expect([webhook.endpoints.map((one: any) => one.target), newSecrets]).toEqual([[target], []]);
  await confirm(mail, target);
  await publish(server.api, clientEvent('d1', { event: 'update' }));
  expect(attachedJson(await mail.find(deliveriesTo(target)))).toBe('{"id":"d1","name":"Client d1"}');
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
