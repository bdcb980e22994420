/**
 * One row per way out of the server (issue 6): how an endpoint is saved, and what a real counterpart got, checked by code that
 * is not the server's. The bytes of the record must be the published ones on every way.
 */
import { HTTP } from 'cloudevents';
import { Webhook as SignatureCheck } from 'standardwebhooks';
import { Webhook as SvixCheck } from 'svix';

import { authenticationOf, authenticationWays } from '../support/authentication-ways.ts';
import { CLIENT_CA, GOOD_IDENTITY, TEST_CA } from '../support/certificates.ts';
import { figure } from '../support/figure.ts';
import { confirm, CREATE, deliveriesTo } from '../support/mail-scenario.ts';
import { attachedJson, type MailServer, mailTo, startMailServer } from '../support/mail-server.ts';
import { type OAuthServer, startOAuthServer } from '../support/oauth-server.ts';
import { createTeam } from '../support/people.ts';
import { type Hit, type Receiver, startReceiver, status } from '../support/receiver.ts';
import { publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { verifies } from '../support/verify.ts';

/** Mails of a mailbox in a minute, above which they go together. */
const MAIL_RATE = 3;
const BURST = 12;
/** With spaces, a number and an escape that no serializer would write so. */
const PAYLOAD = '{ "name": "é \\u0041 👋", "id":"1",\t"extra": {"value": 1.0} }';

let server: TestServer;
let plain: Receiver;
let secure: Receiver;
let oauth: OAuthServer;
let mail: MailServer;

beforeAll(async () => {
  mail = await startMailServer();
  oauth = await startOAuthServer();
  plain = await startReceiver();
  secure = await startReceiver(status(204), '127.0.0.2', {
    ...GOOD_IDENTITY,
    ca: CLIENT_CA,
    requestCert: true,
    rejectUnauthorized: true,
  });
  server = await startServer(
    {
      BELLWIRE_SMTP_URL: mail.url,
      BELLWIRE_MAIL_RATE: String(MAIL_RATE),
      BELLWIRE_DIGEST_INTERVAL: '500ms',
    },
    { ca: [TEST_CA] },
  );
  await registerResource(server.api);
});
afterAll(async () => {
  await server?.stop();
  await Promise.all([plain, secure, oauth, mail].map((one) => one?.close()));
});

/** A saved webhook of one endpoint, and an event that was published for it. */
interface Sent {
  /** Secret of the receiver, or its public key; undefined where nothing is signed. */
  key: string | undefined;
  webhookNumber: number;
  eventIds: string[];
  /** The request, where it is one. */
  hit: Hit;
}

interface Row {
  way: string;
  endpoint: () => Record<string, unknown>;
  details?: () => Promise<Record<string, unknown>>;
  /** Mailboxes whose owners confirm. */
  mailboxes?: string[];
  events?: number;
  counterpart: string;
  /** Throws where it is not what should have arrived; says what did. */
  check: (sent: Sent) => Promise<string> | string;
}

const url = (more: Record<string, unknown> = {}) => ({ kind: 'URL', target: plain.url, ...more });
const advanced = (choice: Record<string, string>) => () => url({ advanced: choice });

/** What every format but the bare ones holds of the event. */
const envelope = ({ eventIds: [id], webhookNumber }: Sent) =>
  expect.objectContaining({ id, type: 'clients.create', entityId: '1', webhookNumber });

function cloudEventOf({ hit }: Sent): Record<string, unknown> {
  const event = HTTP.toEvent({ headers: hit.headers, body: hit.body.toString() });
  if (Array.isArray(event)) throw new Error('it is a batch');
  return event;
}

const cloudEvent = ({ eventIds: [id], webhookNumber }: Sent) =>
  expect.objectContaining({
    ...{ id, specversion: '1.0', type: 'clients.create', subject: '1' },
    ...{ source: `/webhooks/${webhookNumber}`, data: JSON.parse(PAYLOAD) as unknown },
  });

const REQUESTS: Row[] = [
  {
    way: 'HTTP, no authentication',
    endpoint: () => url(),
    counterpart: 'HTTP server',
    check: ({ hit }) => {
      expect(hit.headers).not.toHaveProperty('authorization');
      return 'no Authorization';
    },
  },
  ...authenticationWays(() => oauth).map((way): Row => ({
    way: `HTTP, ${way.type}`,
    endpoint: () =>
      url({
        ...(way.type === 'MUTUAL_TLS' ? { target: secure.url } : {}),
        authentication: authenticationOf(way),
      }),
    counterpart:
      way.type === 'MUTUAL_TLS'
        ? 'TLS server that demands a client certificate'
        : way.type === 'OAUTH2_CLIENT_CREDENTIALS'
          ? 'oidc-provider, HTTP server'
          : 'HTTP server',
    check: async ({ hit }) => {
      expect(way.seen(hit)).toEqual(way.expected());
      if (way.type === 'OAUTH2_CLIENT_CREDENTIALS')
        expect(await oauth.accepts(hit.headers.authorization)).toBe(true);
      return way.type === 'MUTUAL_TLS' ? 'the certificate of client.example' : 'the credential';
    },
  })),
  {
    way: 'Signing, HMAC',
    endpoint: advanced({ signing: 'STANDARD_WEBHOOKS_HMAC' }),
    counterpart: 'packages standardwebhooks and svix',
    check: ({ key, hit }) => {
      const headers = hit.headers as Record<string, string>;
      for (const Check of [SignatureCheck, SvixCheck])
        expect(new Check(key!).verify(hit.body.toString(), headers)).toMatchObject({ entityId: '1' });
      return 'a v1 signature that fits';
    },
  },
  {
    way: 'Signing, Ed25519',
    endpoint: advanced({ signing: 'STANDARD_WEBHOOKS_ED25519' }),
    counterpart: 'node:crypto with the public key',
    check: ({ key, hit }) => {
      expect([key!.slice(0, 5), verifies(key!, hit)]).toEqual(['whpk_', true]);
      return 'a v1a signature that fits';
    },
  },
  {
    way: 'Signing, NONE',
    endpoint: advanced({ signing: 'NONE' }),
    counterpart: 'HTTP server',
    check: ({ key, hit }) => {
      expect(key).toBeUndefined();
      expect(hit.headers).not.toHaveProperty('webhook-signature');
      return 'no signature';
    },
  },
  {
    way: 'Format, Standard Webhooks envelope',
    endpoint: advanced({ format: 'STANDARD_WEBHOOKS' }),
    counterpart: 'JSON.parse',
    check: (sent) => {
      expect(JSON.parse(sent.hit.body.toString())).toEqual(envelope(sent));
      return 'the record as data of the envelope';
    },
  },
  {
    way: 'Format, CloudEvents structured',
    endpoint: advanced({ format: 'CLOUDEVENTS_STRUCTURED' }),
    counterpart: 'package cloudevents',
    check: (sent) => {
      expect(cloudEventOf(sent)).toEqual(cloudEvent(sent));
      return 'the record as data of a CloudEvent';
    },
  },
  {
    way: 'Format, CloudEvents binary',
    endpoint: advanced({ format: 'CLOUDEVENTS_BINARY' }),
    counterpart: 'package cloudevents',
    check: (sent) => {
      expect(cloudEventOf(sent)).toEqual(cloudEvent(sent));
      expect(sent.hit.body.toString()).toBe(PAYLOAD);
      return 'the record as body, ce-… headers';
    },
  },
  {
    way: 'Format, bare entity',
    endpoint: advanced({ format: 'ENTITY' }),
    counterpart: 'HTTP server',
    check: ({ hit }) => {
      expect(hit.body.toString()).toBe(PAYLOAD);
      return 'the record as body';
    },
  },
];

const mailbox = (address: string) => () => ({ kind: 'EMAIL', target: address });
const team = ['ann@team.example', 'ben@team.example'];

const MAILS: Row[] = [
  {
    way: 'Mail, EMAIL',
    endpoint: mailbox('one@example.com'),
    mailboxes: ['one@example.com'],
    counterpart: 'smtp-server, mailparser',
    check: async (sent) => {
      const arrived = await mail.find(deliveriesTo('one@example.com'));
      expect(JSON.parse(attachedJson(arrived))).toEqual(envelope(sent));
      expect(attachedJson(arrived)).toContain(PAYLOAD);
      return 'one mail, the envelope attached';
    },
  },
  {
    way: 'Mail, TEAM_MAILBOXES',
    endpoint: () => ({ kind: 'TEAM_MAILBOXES', target: null }),
    details: async () => ({ teamId: await makeTeam(team) }),
    mailboxes: team,
    counterpart: 'smtp-server, mailparser',
    check: async (sent) => {
      for (const address of team) {
        const arrived = await mail.find(deliveriesTo(address));
        expect([arrived.to, JSON.parse(attachedJson(arrived))]).toEqual([[address], envelope(sent)]);
      }
      return 'one mail for each member';
    },
  },
  {
    way: 'Mail, digest',
    endpoint: mailbox('many@example.com'),
    mailboxes: ['many@example.com'],
    events: BURST,
    counterpart: 'smtp-server, mailparser',
    check: async ({ eventIds }) => {
      const files = () =>
        mail.mails.filter(deliveriesTo('many@example.com')).map((one) => one.mail.attachments);
      await mail.find(() => files().flat().length >= BURST);
      const names = files().flatMap((some) => some.map(({ filename }) => filename));
      expect(names.sort()).toEqual(eventIds.map((id) => `${id}.json`).sort());
      for (const { content } of files().flat()) expect(content.toString()).toContain(PAYLOAD);
      const digests = files().filter((some) => some.length > 1).length;
      expect(digests).toBeGreaterThanOrEqual(1);
      return `${BURST} events once each in ${files().length} mails`;
    },
  },
];

async function makeTeam(addresses: string[]): Promise<string> {
  const { id: parentId } = await server.api.run('{ viewer { id } }');
  // Whose publish it is is a member, too; without an address.
  const memberIds: string[] = [parentId];
  for (const email of addresses) {
    const { login } = await server.api.mutate(
      'mutation ($input: LoginInput!) { loginCreate(input: $input) { errors { code } login { id } } }',
      { input: { name: email, email, parentId } },
    );
    memberIds.push(login.id);
  }
  return createTeam(server, 'Ways', memberIds);
}

/** Saves the row's webhook, has its mailboxes confirmed, and publishes. */
async function send({ endpoint, details, mailboxes = [], events = 1 }: Row): Promise<Sent> {
  const { webhook, newSecrets } = await server.api.mutate(CREATE, {
    input: {
      details: { name: 'Ways', ...(await details?.()) },
      endpoints: [endpoint()],
      triggers: [{ resource: 'clients', event: 'create' }],
    },
  });
  for (const address of mailboxes) {
    await mail.find(mailTo(address));
    await confirm(mail, address);
  }
  const receiver = webhook.endpoints[0].target === secure.url ? secure : plain;
  const before = receiver.hits.length;
  const event = { resource: 'clients', event: 'create', entityId: '1', payloadText: PAYLOAD };
  const published = await publish(server.api, ...Array<typeof event>(events).fill(event));
  const hit = mailboxes.length > 0 ? NO_HIT : (await receiver.until(before + 1)).at(-1)!;
  return {
    key: newSecrets[0]?.value as string | undefined,
    webhookNumber: webhook.number as number,
    eventIds: published.map((one) => one.event.id),
    hit,
  };
}

const NO_HIT = { headers: {}, body: Buffer.alloc(0) } as Hit;

afterEach(async () => {
  const { nodes } = await server.api.run('{ webhooks(first: 9) { nodes { id } } }');
  for (const { id } of nodes)
    await server.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', { id });
});

it.each([...REQUESTS, ...MAILS])('$way: arrives at its counterpart', async (row) => {
  const sent = await send(row);
  if (sent.hit !== NO_HIT) expect(sent.hit.body.toString()).toContain(PAYLOAD);
  const arrived = await row.check(sent);
  figure(`Way out: ${row.way}`, { arrived, 'checked by': row.counterpart });
});
