/** Endpoint.mailboxes: each mailbox that an endpoint writes to, with what its owner or its server has said. */
import { confirm, createMailWebhook, until } from '../support/mail-scenario.ts';
import { type MailServer, startMailServer } from '../support/mail-server.ts';
import { createTeam } from '../support/people.ts';
import { createWebhook, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let mail: MailServer;

beforeAll(async () => {
  mail = await startMailServer();
  server = await startServer({ BELLWIRE_SMTP_URL: mail.url });
  await registerResource(server.api);
});
afterAll(async () => {
  await server?.stop();
  await mail?.close();
});

async function mailboxesOf({ id }: { id: string }): Promise<any[]> {
  const webhook = await server.api.run(
    `query ($id: ID!) { webhook(id: $id) { endpoints { mailboxes { address status reason confirmationSentAt login { id name } } } } }`,
    { id },
  );
  return webhook.endpoints[0].mailboxes;
}

async function member(name: string): Promise<{ id: string; name: string }> {
  const { id: parentId } = await server.api.run('{ viewer { id } }');
  const { login } = await server.api.mutate(
    'mutation ($input: LoginInput!) { loginCreate(input: $input) { errors { code message } login { id name } } }',
    { input: { name, email: `${name}@team.example`, parentId } },
  );
  return login;
}

it('tells of a mailbox that it waits, since when, and that it has confirmed; of a URL there is none', async () => {
  const webhook = await createMailWebhook(server.api, 'Ann@Example.com');
  const [asked] = await until(
    server.api,
    () => mailboxesOf(webhook),
    ([one]) => one.confirmationSentAt !== null,
  );
  expect(asked).toEqual({
    ...{ address: 'Ann@example.com', status: 'UNCONFIRMED', reason: null, login: null },
    confirmationSentAt: expect.stringMatching(/Z$/),
  });
  await confirm(mail, 'Ann@example.com');
  expect(await mailboxesOf(webhook)).toEqual([{ ...asked, status: 'CONFIRMED' }]);
  expect(await mailboxesOf(await createWebhook(server.api, 'http://127.0.0.1:9009/'))).toEqual([]);
});

it('tells of a team each member with an address, whose mailbox it is, and what its server refused', async () => {
  const members = [await member('ben'), await member('eve')];
  const ids = members.map(({ id }) => id);
  const teamId = await createTeam(server, 'Sales', [...ids, (await server.api.run('{ viewer { id } }')).id]);
  mail.answerRecipient = (to) => (to === 'eve@team.example' ? { code: 550, message: 'no such user' } : null);
  const webhook = await createMailWebhook(server.api, null, { details: { teamId } });
  const told = await until(
    server.api,
    () => mailboxesOf(webhook),
    ([, eve]) => eve.status === 'SUPPRESSED',
  );
  expect(told).toMatchObject([
    { address: 'ben@team.example', status: 'UNCONFIRMED', reason: null, login: members[0] },
    { address: 'eve@team.example', status: 'SUPPRESSED', reason: '550 no such user', login: members[1] },
  ]);
  expect(told).toHaveLength(2);
});
