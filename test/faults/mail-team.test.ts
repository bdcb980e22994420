/** The mailboxes of a team: one delivery and one confirmation for each member, as the team is when something is published. */
import {
  confirm,
  createMailWebhook,
  deliveriesOf,
  deliveriesTo,
  endpointOf,
} from '../support/mail-scenario.ts';
import { linkIn, type MailServer, mailTo, startMailServer } from '../support/mail-server.ts';
import { clientEvent, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let mail: MailServer;
let rootId: string;

beforeAll(async () => {
  mail = await startMailServer();
  server = await startServer({ BELLWIRE_SMTP_URL: mail.url });
  await registerResource(server.api);
  rootId = (await server.api.run('{ viewer { id } }')).id;
});
afterEach(async () => {
  mail.answerRecipient = () => null;
  const { nodes } = await server.api.run('{ webhooks(first: 10) { nodes { id } } }');
  for (const { id } of nodes)
    await server.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { code } } }', { id });
});
afterAll(async () => {
  await server?.stop();
  await mail?.close();
});

async function member(name: string): Promise<string> {
  const input = { name, email: `${name}@team.example`, parentId: rootId };
  const { login } = await server.api.mutate(
    'mutation ($input: LoginInput!) { loginCreate(input: $input) { errors { code field message } login { id } } }',
    { input },
  );
  return login.id as string;
}

const setLogin = (id: string, input: Record<string, unknown>) =>
  server.api.mutate(
    'mutation ($id: ID!, $input: LoginInput!) { loginUpdate(id: $id, input: $input) { errors { code field message } } }',
    { id, input },
  );

it('writes to each member who confirmed, to those who join later, and no more to those who are gone', async () => {
  const [ann, ben, eve] = [await member('ann'), await member('ben'), await member('eve')];
  const off = await member('off');
  await setLogin(off, { disabled: true });
  const { team } = await server.api.mutate(
    'mutation ($input: TeamInput!) { teamCreate(input: $input) { errors { code field message } team { id } } }',
    { input: { name: 'Sales', memberIds: [rootId, ann, ben, eve, off] } },
  );
  const setMembers = (memberIds: string[]) =>
    server.api.mutate(
      'mutation ($id: ID!, $input: TeamInput!) { teamUpdate(id: $id, input: $input) { errors { code field message } } }',
      { id: team.id, input: { memberIds } },
    );
  const webhook = await createMailWebhook(server.api, null, { details: { teamId: team.id } });
  expect(await endpointOf(server.api, webhook)).toMatchObject({
    kind: 'TEAM_MAILBOXES',
    target: '',
    status: 'UNVERIFIED',
  });
  // The root login has no address, so there are three.
  await mail.until(3);
  await confirm(mail, 'ann@team.example');
  expect(await endpointOf(server.api, webhook)).toMatchObject({
    status: 'ACTIVE',
    statusReason: '1 of 3 mailboxes confirmed.',
  });
  const [event] = await publish(server.api, clientEvent('t1'));
  expect(event!.deliveryCount).toBe(3);
  const first = await mail.find(deliveriesTo('ann@team.example'));
  expect(first.mail.text).toContain('as a member of the team Sales');
  expect(first.to).toEqual(['ann@team.example']);
  await confirm(mail, 'ben@team.example');
  await mail.find(deliveriesTo('ben@team.example'));

  // Joined behind the save: known, and asked, when something is published.
  const dan = await member('dan');
  await setMembers([rootId, ann, ben, eve, dan]);
  await publish(server.api, clientEvent('t2'));
  await mail.find(mailTo('dan@team.example'));
  await mail.until(2, deliveriesTo('ann@team.example'));
  expect(mail.mails.filter(deliveriesTo('dan@team.example'))).toEqual([]);
  await confirm(mail, 'dan@team.example');
  expect((await mail.find(deliveriesTo('dan@team.example'))).mail.subject).toContain('t2');

  // One leaves the mails, one is refused, one leaves the team, one is disabled: each for itself.
  await mail.until(2, deliveriesTo('ben@team.example'));
  await fetch(linkIn(first, 'unsubscribe'), { method: 'POST' });
  mail.answerRecipient = (to) => (to === 'ben@team.example' ? { code: 550, message: 'no such user' } : null);
  await publish(server.api, clientEvent('t3'));
  await mail.until(2, deliveriesTo('dan@team.example'));
  const stream = server.api.subscribe(
    'subscription { deliveryEvents(mode: EVERY_EVENT, minIntervalMs: 0) { cursor } }',
  );
  for (let left = 50; left > 0; left -= 1) {
    const { statusReason } = await endpointOf(server.api, webhook);
    if (statusReason?.includes('ben@')) break;
    const before = stream.received.length;
    await stream.until((received) => received.length > before);
  }
  await stream.close();
  expect(await endpointOf(server.api, webhook)).toMatchObject({
    status: 'ACTIVE',
    statusReason: expect.stringMatching(
      /^1 of 4 mailboxes confirmed; ann@team\.example unsubscribed; ben@team\.example was refused: 550 .*no such user\.$/,
    ),
  });
  await setMembers([rootId, ann, ben, dan]);
  const [last] = await publish(server.api, clientEvent('t4'));
  expect(last!.deliveryCount).toBe(1);
  await mail.until(3, deliveriesTo('dan@team.example'));
  await setLogin(dan, { disabled: true });
  expect((await publish(server.api, clientEvent('t5')))[0]!.deliveryCount).toBe(0);
  const all = await deliveriesOf(server.api, webhook);
  expect(all.map((one) => one.event.entityId).sort()).toEqual([
    't1',
    't1',
    't1',
    't2',
    't2',
    't2',
    't2',
    't3',
    't3',
    't3',
    't4',
  ]);
  expect(mail.asked).not.toContain('off@team.example');
});

it('keeps what each of them said through a switch, and asks those who joined when somebody asks for it', async () => {
  const [fay, gil] = [await member('fay'), await member('gil')];
  const { team } = await server.api.mutate(
    'mutation ($input: TeamInput!) { teamCreate(input: $input) { errors { code field message } team { id } } }',
    { input: { name: 'Support', memberIds: [rootId, fay, gil] } },
  );
  const webhook = await createMailWebhook(server.api, null, { details: { teamId: team.id } });
  const reason = async () => (await endpointOf(server.api, webhook)).statusReason as string | null;
  for (const name of ['fay', 'gil']) await confirm(mail, `${name}@team.example`);
  expect(await reason()).toBeNull();
  const asked = await mail.find(mailTo('fay@team.example'));
  // What waits for one who leaves is cancelled, and nobody else's.
  const SCHEDULE = `mutation ($id: ID!, $input: WebhookInput!) { webhookUpdate(id: $id, input: $input) { errors { code field } } }`;
  const endpoints = [{ id: webhook.endpointId, advanced: { retrySchedule: [600] } }];
  await server.api.mutate(SCHEDULE, { id: webhook.id, input: { endpoints } });
  await publish(server.api, clientEvent('s1'));
  await fetch(linkIn(asked, 'unsubscribe'), { method: 'POST' });
  expect((await deliveriesOf(server.api, webhook)).map(({ status }) => status).sort()).toEqual([
    'CANCELLED',
    'PENDING',
  ]);
  expect(await reason()).toBe('1 of 2 mailboxes confirmed; fay@team.example unsubscribed.');
  for (const to of ['endpointDisable', 'endpointEnable'])
    await server.api.mutate(`mutation ($id: ID!) { ${to}(id: $id) { errors { code } } }`, {
      id: webhook.endpointId,
    });
  expect(await reason()).toBe('1 of 2 mailboxes confirmed; fay@team.example unsubscribed.');
  // Joined, and nothing has been published since.
  const hal = await member('hal');
  await server.api.mutate(
    'mutation ($id: ID!, $input: TeamInput!) { teamUpdate(id: $id, input: $input) { errors { code } } }',
    { id: team.id, input: { memberIds: [rootId, gil, hal] } },
  );
  expect(mail.asked).not.toContain('hal@team.example');
  const { errors } = await server.api.run(
    'mutation ($id: ID!) { endpointVerificationSend(id: $id) { errors { code message } } }',
    { id: webhook.endpointId },
  );
  // Asked just now, by that.
  expect(errors).toMatchObject([
    { code: 'INVALID_STATE', message: expect.stringContaining('once a minute') },
  ]);
});

it('becomes one mailbox, and those of the team again, each time with what belongs to it alone', async () => {
  const ida = await member('ida');
  const { team } = await server.api.mutate(
    'mutation ($input: TeamInput!) { teamCreate(input: $input) { errors { code field message } team { id } } }',
    { input: { name: 'Turns', memberIds: [rootId, ida] } },
  );
  const webhook = await createMailWebhook(server.api, null, { details: { teamId: team.id } });
  const UPDATE = `mutation ($id: ID!, $input: WebhookInput!) { webhookUpdate(id: $id, input: $input) { errors { code field } } }`;
  const turn = (endpoint: Record<string, unknown>) =>
    server.api.mutate(UPDATE, {
      id: webhook.id,
      input: { endpoints: [{ id: webhook.endpointId, ...endpoint }] },
    });
  await confirm(mail, 'ida@team.example');
  await turn({ kind: 'EMAIL', target: 'box@team.example' });
  await confirm(mail, 'box@team.example');
  expect((await publish(server.api, clientEvent('k1')))[0]!.deliveryCount).toBe(1);
  await mail.find(deliveriesTo('box@team.example'));
  await turn({ kind: 'TEAM_MAILBOXES', target: null });
  await mail.until(2, (one) => mailTo('ida@team.example')(one) && one.mail.subject!.startsWith('Confirm'));
  await confirm(mail, 'ida@team.example');
  expect((await publish(server.api, clientEvent('k2')))[0]!.deliveryCount).toBe(1);
  expect((await mail.find(deliveriesTo('ida@team.example'))).mail.subject).toContain('k2');
  expect(mail.mails.filter(deliveriesTo('box@team.example'))).toHaveLength(1);
});

it('needs a team as long as it is an endpoint', async () => {
  const UPDATE = `mutation ($id: ID!, $input: WebhookInput!) { webhookUpdate(id: $id, input: $input) { errors { code field } } }`;
  const { team } = await server.api.mutate(
    'mutation ($input: TeamInput!) { teamCreate(input: $input) { errors { code } team { id } } }',
    { input: { name: 'Alone', memberIds: [] } },
  );
  const webhook = await createMailWebhook(server.api, null, { details: { teamId: team.id } });
  expect(await endpointOf(server.api, webhook)).toMatchObject({
    statusReason: 'The team has no member with an e-mail address: nothing is sent.',
  });
  const without = { id: webhook.id, input: { details: { teamId: null } } };
  expect((await server.api.run(UPDATE, without)).errors).toEqual([
    { code: 'INVALID', field: ['details', 'teamId'] },
  ]);
});
