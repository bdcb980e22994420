/** REL-09 by mail: whoever manages the webhooks of the account is told once that an endpoint has switched itself off. */
import { figure } from '../support/figure.ts';
import { until } from '../support/mail-scenario.ts';
import { type MailServer, mailTo, startMailServer } from '../support/mail-server.ts';
import { createPerson } from '../support/people.ts';
import { type Receiver, startReceiver, status } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let mail: MailServer;
let receiver: Receiver;

beforeAll(async () => {
  mail = await startMailServer();
  receiver = await startReceiver(status(410));
  server = await startServer({ BELLWIRE_SMTP_URL: mail.url });
  await registerResource(server.api);
});
afterAll(async () => {
  await server?.stop();
  await mail?.close();
  await receiver?.close();
});

/** Resolves once the outbox is empty. */
const allSent = () =>
  until(
    server.api,
    async () => (await server.app.db.engine.query('select 1 from mail_outbox')).rowCount,
    (left) => left === 0,
  );

it('REL-09: each manager of the account gets one mail when an endpoint switches itself off, and nobody else does', async () => {
  const { id: rootId } = await server.api.run('{ viewer { id } }');
  const add = async (name: string, more: Record<string, unknown>) => {
    const person = await createPerson(server, { name, parentId: rootId });
    await server.api.mutate(
      'mutation ($id: ID!, $input: LoginInput!) { loginUpdate(id: $id, input: $input) { errors { code field message } } }',
      { id: person.id, input: { email: `${name}@managers.example`, ...more } },
    );
  };
  await add('ann', { permissions: ['WEBHOOKS_MANAGE'] });
  await add('ben', { permissions: ['WEBHOOKS_MANAGE'], disabled: true });
  await add('carl', { permissions: ['EVENTS_PUBLISH'] });
  await add('dora', { permissions: ['WEBHOOKS_MANAGE'], isAccount: true });
  await add('eve', { permissions: ['WEBHOOKS_MANAGE'] });
  await add('twin', { permissions: ['WEBHOOKS_MANAGE'], email: 'EVE@managers.example' });
  const webhook = await createWebhook(server.api, `${receiver.url}/secret-path`, {
    details: { name: 'Orders' },
  });
  await publish(server.api, clientEvent('n1'), clientEvent('n2'), clientEvent('n3'));
  const [notice] = await mail.until(2);
  await allSent();
  // Two logins with one address are one mailbox.
  expect(mail.mails.map(({ to }) => to.join().toLowerCase()).sort()).toEqual([
    'ann@managers.example',
    'eve@managers.example',
  ]);
  expect(notice!.mail.subject).toBe('[Bellwire] Switched off: an endpoint of Orders');
  expect(notice!.mail.text).toContain('410 Gone');
  expect(notice!.mail.text).toContain(`/webhooks/${webhook.number}`);
  expect(notice!.mail.headers.get('auto-submitted')).toBe('auto-generated');
  expect(notice!.raw).not.toContain('secret-path');
  // Switched off for another reason later: another notice, and none of the first again.
  await server.api.mutate('mutation ($id: ID!) { endpointEnable(id: $id) { errors { code } } }', {
    id: webhook.endpointId,
  });
  await publish(server.api, clientEvent('n4'));
  await mail.until(2, mailTo('ann@managers.example'));
  await mail.until(4);
  await allSent();
  expect(mail.mails).toHaveLength(4);
  figure('REL-09 by mail', { managers: 2, switchedOff: 2, mails: mail.mails.length }, { mails: 4 });
});
