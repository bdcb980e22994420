/** What mails say: of one record by its fields, of one entity in a thread, and of many events in a digest. */
import { confirmedWebhook, deliveriesTo, endpointOf } from '../support/mail-scenario.ts';
import { type MailServer, startMailServer } from '../support/mail-server.ts';
import { CLIENT_MODEL, clientEvent, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const RATE = 5;

let server: TestServer;
let mail: MailServer;

beforeAll(async () => {
  mail = await startMailServer();
  server = await startServer({
    BELLWIRE_SMTP_URL: mail.url,
    BELLWIRE_MAIL_RATE: String(RATE),
    BELLWIRE_DIGEST_INTERVAL: '600ms',
  });
  await registerResource(server.api);
  await server.api.mutate(
    'mutation ($input: CatalogResourceInput!) { resourceRegister(input: $input) { errors { code } } }',
    {
      input: {
        ...{ name: 'things', label: 'Thing', model: CLIENT_MODEL },
        events: ['create', 'update'].map((name) => ({ name, label: `${name}d` })),
      },
    },
  );
});
afterAll(async () => {
  await server?.stop();
  await mail?.close();
});

// Each test's events are for its own mailboxes.
afterEach(async () => {
  const { nodes } = await server.api.run('{ webhooks(first: 9) { nodes { id } } }');
  for (const { id } of nodes)
    await server.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', { id });
});

const triggers = ['clients', 'things'].flatMap((resource) =>
  ['create', 'update'].map((event) => ({ resource, event })),
);

/** The entities whose records have arrived at an address. */
function arrived(address: string): string[] {
  return mail.mails
    .filter(deliveriesTo(address))
    .flatMap((one) =>
      one.mail.attachments.map(({ content }) => JSON.parse(content.toString()).data.id as string),
    );
}

it('tells a record by its fields, digit by digit, and says how much it left out', async () => {
  const address = 'reader@example.com';
  await confirmedWebhook(server.api, mail, address);
  const fields = Array.from({ length: 26 }, (_, at) => `"extra_${at}": ${at}`).join(', ');
  const payloadText = `{
    "id": "r1", "name": "Zoë <b>\\u202e\\n next", "email": null, "tags": ["a", "b,c"],
    "extra": {
      "exact": 1.50, "big": 12345678901234567890, "tiny": 1e-400, "text": "0012", "yes": true, "no": false,
      "at": "2026-02-03T04:05:06.789Z", "day": "2026-02-30T99:00:00Z", "empty": "", "none": {}, "list": [1, 2.0, {"a": 1.0}],
      "one": {"two": {"three": 1.0}}, "long": "${'long '.repeat(100)}", ${fields}
    } }`;
  await publish(server.api, { resource: 'clients', event: 'create', entityId: 'r1', payloadText });
  const { mail: arrived } = await mail.find(deliveriesTo(address));
  const lines = arrived.text!.split('\n');
  const [first, last] = [lines.indexOf('Id: r1'), lines.findIndex((line) => line.includes('more fields'))];
  expect(lines.slice(first, last)).toEqual([
    'Id: r1',
    'Name: Zoë <b> next',
    'Email: –',
    'Tags: a, b,c',
    'Extra exact: 1.50',
    'Extra big: 12345678901234567890',
    'Extra tiny: 1e-400',
    'Extra text: 0012',
    'Extra yes: yes',
    'Extra no: no',
    'Extra at: 2026-02-03 04:05:06 UTC',
    'Extra day: 2026-02-30T99:00:00Z',
    'Extra empty: –',
    'Extra none: {}',
    'Extra list: [1,2.0,{"a":1.0}]',
    'Extra one two: {"three":1.0}',
    `Extra long: ${'long '.repeat(100).slice(0, 299)}…`,
    ...Array.from({ length: 13 }, (_, at) => `Extra extra ${at}: ${at}`),
  ]);
  expect(lines[last]).toBe('13 more fields are in the attachment.');
  expect(arrived.html).toContain('13 more fields are in the attachment.');
  expect(arrived.attachments[0]!.content.toString()).toContain(payloadText);
});

it('makes a thread of the mails about one entity, and of no other', async () => {
  const address = 'threads@example.com';
  await confirmedWebhook(server.api, mail, address, { triggers });
  const again = await confirmedWebhook(server.api, mail, 'again@example.com', { triggers });
  const events = [
    clientEvent('t1'),
    clientEvent('t1', { event: 'update' }),
    clientEvent('t2'),
    clientEvent('t1', { resource: 'things' }),
  ];
  for (const event of events) await publish(server.api, event);
  const mails = await mail.until(4, deliveriesTo(address));
  const threadOf = (part: string) => mails.find((one) => one.raw.includes(part))!.mail.references as string;
  const files = mails.map((one) => JSON.parse(one.mail.attachments[0]!.content.toString()));
  const thread = (at: number): string => {
    const { resource, event, entityId } = { event: 'create', ...events[at] } as Record<string, string>;
    const found = files.findIndex((one) => one.type === `${resource}.${event}` && one.entityId === entityId);
    return mails[found]!.mail.references as string;
  };
  expect(thread(1)).toBe(thread(0));
  expect(new Set([0, 2, 3].map(thread)).size).toBe(3);
  expect(threadOf('t1')).toMatch(/^<[0-9a-f]{32}@127\.0\.0\.1>$/);
  await mail.until(4, deliveriesTo('again@example.com'));
  // Another webhook has threads of its own.
  const others = mail.mails.filter(deliveriesTo('again@example.com')).map((one) => one.mail.references);
  expect(others).not.toContain(thread(0));
  expect((await endpointOf(server.api, again)).status).toBe('ACTIVE');
});

it('names three kinds of what is in a digest, and each event with its day where there are several', async () => {
  const address = 'kinds@example.com';
  await confirmedWebhook(server.api, mail, address, { triggers });
  // By turns, so that all kinds are left when some have gone alone.
  const many = [0, 1, 2].flatMap((at) =>
    triggers.map((one, kind) =>
      clientEvent(`k${kind}${at}`, { ...one, occurredAt: `2026-02-0${at + 1}T10:00:0${kind}.900Z` }),
    ),
  );
  await publish(server.api, ...many);
  await mail.find(() => arrived(address).length >= many.length);
  const digest = mail.mails.find((one) => deliveriesTo(address)(one) && one.mail.attachments.length > 1)!;
  expect(digest.mail.attachments.length).toBe(many.length - RATE);
  const kinds = new Set(digest.mail.attachments.map(({ content }) => JSON.parse(content.toString()).type));
  const kind = '(?:Client|Thing) (?:created|updated)';
  expect(digest.mail.subject).toMatch(
    new RegExp(
      `^\\[Mails\\] 7 events: ${kind}, ${kind}${kinds.size > 2 ? `, ${kind}` : ''}${kinds.size > 3 ? ' and 1 more' : ''}$`,
    ),
  );
  for (const { content } of digest.mail.attachments) {
    const { type, entityId, timestamp } = JSON.parse(content.toString());
    const what = type.replace(/s\.(\w)/, (_: string, first: string) => ` ${first}`);
    const line = `${timestamp.slice(0, 19).replace('T', ' ')} UTC  ${what[0].toUpperCase()}${what.slice(1)}d: ${entityId}`;
    expect(digest.mail.text).toContain(`${line}\n  Name: Client ${entityId}\n`);
  }
});
