/**
 * SEC-10: whatever stands in a name, an id, a label, a record or an address, a mail has the headers and the one recipient that it
 * has to have. The hostile texts go behind the API's checks, straight into the database, as an import or an older version may
 * have left them there; what the API takes goes through it as well.
 */
import pg from 'pg';

import { figure } from '../support/figure.ts';
import {
  confirm,
  CREATE,
  createMailWebhook,
  deliveriesTo,
  endpointOf,
  until,
} from '../support/mail-scenario.ts';
import { type ArrivedMail, type MailServer, mailTo, startMailServer } from '../support/mail-server.ts';
import { publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const EVIL = 'evil@evil.example';
/** As names, labels, ids, field names and values. */
const TEXTS: Record<string, string> = {
  'CR LF': `a\r\nBcc: ${EVIL}\r\n\r\n<script>alert(1)</script>`,
  'bare CR': `a\rBcc: ${EVIL}\r`,
  'bare LF': `a\nX-Evil: 1\n .\nMAIL FROM:<${EVIL}>`,
  'line separators': `a\u2028Bcc: ${EVIL}\u2029\u0085Cc: ${EVIL}\v\f`,
  'an encoded word': `=?utf-8?q?a=0d=0aBcc:_${EVIL}?= =?utf-8?b?DQpCY2M6IGV2aWxAZXZpbC5leGFtcGxl?=`,
  'a second address': `a" <${EVIL}>, "b`,
  'a group': `undisclosed: ${EVIL}, ${EVIL};`,
  'comments and quotes': `(a (b)) "c\\" <${EVIL}> [d] ; , : @ \\`,
  'Unicode that turns': `\u202e${EVIL}\u2066 \u{1f984} Zoë 名前`,
  '10 kB': `${'long name '.repeat(1_000)}, <${EVIL}>`,
};

let server: TestServer;
let mail: MailServer;
let database: pg.Client;
let rootId: string;

async function login(email: string, more: Record<string, unknown> = {}): Promise<string> {
  const made = await server.api.mutate(
    'mutation ($input: LoginInput!) { loginCreate(input: $input) { errors { code field message } login { id } } }',
    { input: { name: email, email, parentId: rootId, ...more } },
  );
  return made.login.id as string;
}

/** A team whose events are the root's, too, which has no address. */
async function teamOf(name: string, memberIds: string[]): Promise<string> {
  const made = await server.api.mutate(
    'mutation ($input: TeamInput!) { teamCreate(input: $input) { errors { code field message } team { id } } }',
    { input: { name, memberIds: [rootId, ...memberIds] } },
  );
  return made.team.id as string;
}

beforeAll(async () => {
  mail = await startMailServer();
  server = await startServer({
    BELLWIRE_SMTP_URL: mail.url,
    BELLWIRE_MAIL_FROM: 'Bellwire <hooks@bellwire.example>',
    BELLWIRE_MAIL_RATE: '1',
    BELLWIRE_DIGEST_INTERVAL: '50ms',
  });
  database = new pg.Client(server.database.url);
  await database.connect();
  await registerResource(server.api);
  rootId = (await server.api.run('{ viewer { id } }')).id;
  await login('boss@example.com', { permissions: ['WEBHOOKS_MANAGE'] });
});
afterAll(async () => {
  await database.end();
  await server.stop();
  await mail.close();
});

const COMMON = [
  'auto-submitted',
  'content-type',
  'date',
  'from',
  'message-id',
  'mime-version',
  'subject',
  'to',
];

/** That a mail is what it has to be, header by header, before and after it is decoded. */
function expectWhole(arrived: ArrivedMail, address: string, more: string[]): void {
  const [head] = arrived.raw.split('\r\n\r\n');
  const lines = head!.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const names = lines.map((line) => line.slice(0, line.indexOf(':')).toLowerCase()).sort();
  expect(names).toEqual([...COMMON, ...more].sort());
  expect(head).toMatch(/^[\x20-\x7e\r\n\t]+$/);
  expect(head!.split('\r\n').every((line) => line.length < 998)).toBe(true);
  expect(head!.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  expect([arrived.from, arrived.to]).toEqual(['hooks@bellwire.example', [address]]);
  const { mail: parsed } = arrived;
  expect(parsed.to).toMatchObject({ value: [{ address, name: '' }] });
  expect(parsed.from).toMatchObject({ value: [{ address: 'hooks@bellwire.example', name: 'Bellwire' }] });
  expect([parsed.cc, parsed.bcc, parsed.replyTo]).toEqual([undefined, undefined, undefined]);
  expect(parsed.subject!.length).toBeLessThanOrEqual(400);
  expect([...parsed.subject!].length).toBeLessThanOrEqual(200);
  // One line of plain text, and the sender's words in it as they are, never read as markup or as an encoded word.
  expect(parsed.subject).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u);
  expect(parsed.html).not.toMatch(/<script/i);
  const list = parsed.headers.get('list') as { id?: { id: string } } | undefined;
  if (more.includes('list-id')) expect(list!.id!.id).toMatch(/^whk_\w{26}\.bellwire\.example$/);
}

const OF_A_WEBHOOK = ['list-id', 'list-unsubscribe', 'list-unsubscribe-post'];
const OF_AN_EVENT = [...OF_A_WEBHOOK, 'in-reply-to', 'references'];

it.each(Object.entries(TEXTS))(
  'SEC-10: no header and no recipient comes of %s in any name',
  async (name, text) => {
    const address = `${name.replace(/\W+/g, '-').toLowerCase()}@example.com`;
    const member = `member-${address}`;
    // PostgreSQL holds no NUL; all else it does.
    const set = (query: string, value = text) => database.query(query, [value]);
    const details = { teamId: await teamOf(name, [await login(member)]) };
    await set('update teams set name = $1');
    await set('update logins set name = $1');
    await set('update resources set label = $1');
    await set('update resource_events set label = $1');
    const [alone, together] = [
      await createMailWebhook(server.api, address, { details }),
      await createMailWebhook(server.api, null, { details }),
    ];
    // Asked once with an innocent name, and again with this one.
    for (const to of [address, member]) await mail.find(mailTo(to));
    await set('update webhooks set name = $1');
    const VERIFY = 'mutation ($id: ID!) { endpointVerificationSend(id: $id) { errors { code message } } }';
    await database.query(`update mailboxes set asked_at = '{}'`);
    const already = mail.mails.length;
    for (const webhook of [alone, together]) await server.api.mutate(VERIFY, { id: webhook.endpointId });
    const fresh = (to: string) => (one: ArrivedMail) => mailTo(to)(one) && mail.mails.indexOf(one) >= already;
    for (const to of [address, member]) {
      expectWhole(await mail.find(fresh(to)), to, []);
      await confirm(mail, to);
    }
    // The first goes alone, the others go together.
    await publish(
      server.api,
      ...[1, 2, 3].map((at) => ({
        ...{ resource: 'clients', event: 'create', entityId: `${at}${text}`.slice(0, 200) },
        payload: { id: String(at), name: text, extra: { [text]: text } },
      })),
    );
    for (const to of [address, member]) {
      const records = () => mail.mails.filter(deliveriesTo(to)).flatMap((one) => one.mail.attachments);
      await mail.find(() => records().length === 3);
      const arrived = mail.mails.filter(deliveriesTo(to));
      expect(arrived.length).toBeGreaterThan(1);
      for (const one of arrived)
        expectWhole(one, to, one.mail.messageId!.startsWith('<digest.') ? OF_A_WEBHOOK : OF_AN_EVENT);
      for (const { filename, content, contentType } of records()) {
        expect([filename, contentType]).toEqual([
          expect.stringMatching(/^evt_\w{26}\.json$/),
          'application/json',
        ]);
        expect(JSON.parse(content.toString()).data.name).toBe(text);
      }
    }
    // The notice that it was switched off.
    const noticed = mail.mails.filter(mailTo('boss@example.com')).length;
    mail.answerRecipient = (to) =>
      to === address ? { code: 550, message: text.replace(/[\r\n]+/g, ' ') } : null;
    await publish(server.api, {
      resource: 'clients',
      event: 'create',
      entityId: 'off',
      payload: { id: '9', name: 'x' },
    });
    const notice = (await mail.until(noticed + 1, mailTo('boss@example.com'))).at(-1)!;
    expectWhole(notice, 'boss@example.com', []);
    mail.answerRecipient = () => null;
    expect(mail.asked.filter((to) => to.includes('evil'))).toEqual([]);
    for (const { id } of [alone, together])
      await server.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', { id });
  },
);

it('SEC-10: an address that names more than one mailbox, or none, is refused, in a webhook and in a login of a team', async () => {
  const addresses = [
    ...[
      `a@b.example\r\nBcc: ${EVIL}`,
      `a@b.example\n`,
      `a@b.example\0`,
      `a@b.example\r`,
      `a@b.example\u2028`,
    ],
    ...[`a@b.example,${EVIL}`, `a@b.example ${EVIL}`, `a@b.example;${EVIL}`, `<${EVIL}>`, `Ann <${EVIL}>`],
    ...[`group: ${EVIL};`, `"a b"@b.example`, `"a@b.example, ${EVIL}"@c.example`, `a(${EVIL})@b.example`],
    ...[
      `=?utf-8?q?a?= <${EVIL}>`,
      `ann\u202e@b.example`,
      `änn@b.example`,
      `a@b@c.example`,
      `@relay.example:${EVIL}`,
    ],
    ...[
      `a@[127.0.0.1]`,
      `a@b.example>\r\nRCPT TO:<${EVIL}`,
      `a@b.example> SIZE=1`,
      `a@b%0d%0a.example`,
      'a'.repeat(10_000),
    ],
  ];
  const before = mail.mails.length;
  for (const target of addresses) {
    const { errors } = await server.api.run(CREATE, {
      input: { details: { name: 'x' }, endpoints: [{ kind: 'EMAIL', target }], triggers: [] },
    });
    const found = errors.filter(({ field }: any) => field.join('.') === 'endpoints.0.target');
    expect([target, found.map(({ code }: any) => code)]).toEqual([target, ['INVALID']]);
  }
  // A login may have one from elsewhere: its mailbox says why it gets nothing, and the others get theirs.
  const member = async (email: string) => {
    const id = await login('x@example.com');
    await database.query('update logins set email = $2 where id = $1', [id, email]);
    return id;
  };
  const stored = addresses.filter((address) => !address.includes('\0') && address.length < 500);
  const memberIds = [await member('good@example.com')];
  for (const address of stored) memberIds.push(await member(address));
  const details = { teamId: await teamOf('Mixed', memberIds) };
  const webhook = await createMailWebhook(server.api, null, { details });
  await confirm(mail, 'good@example.com');
  const [event] = await publish(server.api, {
    ...{ resource: 'clients', event: 'create', entityId: 'a1', payload: { id: 'a1', name: 'x' } },
  });
  expect(event!.deliveryCount).toBe(1);
  await mail.find(deliveriesTo('good@example.com'));
  expect(new Set(mail.mails.slice(before).flatMap(({ to }) => to))).toEqual(new Set(['good@example.com']));
  expect(mail.asked.filter((to) => to.includes('evil'))).toEqual([]);
  const seen = await until(
    server.api,
    () => endpointOf(server.api, webhook),
    ({ statusReason }) => statusReason !== null,
  );
  expect(seen).toMatchObject({
    status: 'ACTIVE',
    statusReason: expect.stringMatching(
      new RegExp(
        `^1 of ${stored.length + 1} mailboxes confirmed; .* was refused: .*, and ${stored.length - 3} more\\.$`,
        's',
      ),
    ),
  });
  figure(
    'SEC-10',
    { texts: Object.keys(TEXTS).length, addresses: addresses.length, mails: mail.mails.length, extra: 0 },
    { mails: { atLeast: 50 }, extra: 0 },
  );
});
