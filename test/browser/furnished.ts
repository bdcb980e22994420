/** A console with something on every page: a catalog, people, webhooks of every status, deliveries of every kind. */
import type { Api } from '../support/api.ts';
import { CLIENT_IDENTITY } from '../support/certificates.ts';
import type { MailServer } from '../support/mail-server.ts';
import { createPerson, createTeam, type Person } from '../support/people.ts';
import type { Receiver } from '../support/receiver.ts';
import { ended, moveReplay, replayUntil, startReplay } from '../support/replays.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { type FurnishedMails, furnishMails } from './furnished-mail.ts';

/** What was made, by what tests ask for. */
export interface Furnished {
  orders: { id: string; number: number };
  failing: { id: string; number: number };
  inactive: { id: string; number: number };
  /** Its endpoint is paused; and one whose first endpoint is off by itself, the second by hand. */
  paused: { id: string; number: number };
  off: { id: string; number: number };
  /** One that has got everything, part of it by a replay once more. */
  again: { id: string; number: number };
  /** One endpoint for each way: a key pair, a client certificate, unsigned; and a shared secret that was rotated. */
  ways: { id: string; number: number };
  mails: FurnishedMails;
  manager: Person;
  teamId: string;
  /** A delivery that succeeded at its third attempt, and one that failed for good. */
  delivered: string;
  failed: string;
  /** One that waits for another attempt. */
  waiting: string;
  event: string;
  /** A replay that is paused on its way. */
  replay: string;
}

/** What each path of the receiver answers, where it is not 200. */
const STATUS_OF: Record<string, number> = { '/hooks/failing': 500, '/hooks/down': 503, '/hooks/gone': 410 };

/** More failures than it takes to pause an endpoint. */
const FAILURES = 12;

/** Fills an empty server through the API; the receiver answers what each path needs. */
export async function furnish(api: Api, receiver: Receiver, mail: MailServer): Promise<Furnished> {
  receiver.answer = ({ path, headers }, response) => {
    const attempt = Number(headers['webhook-attempt']);
    const status = STATUS_OF[path] ?? (path.endsWith('/shaky') && attempt < 3 ? 503 : 200);
    response.writeHead(status, { 'content-type': 'text/html' }).end(`<h1>${status}</h1>`);
  };
  await registerResource(api);
  await api.mutate(
    'mutation ($input: CatalogResourceInput!) { resourceRegister(input: $input) { errors { code field message } } }',
    {
      input: {
        name: 'documents',
        label: 'Document',
        description: 'Letters and reports: not for other servers.',
        model: 'type Document { id: ID! title: String! }',
        allowed: false,
        events: [{ name: 'create', label: 'Created' }],
      },
    },
  );
  const branch = await createPerson(
    { api },
    { name: 'North', isAccount: true, permissions: ['WEBHOOKS_MANAGE', 'ACCESS_MANAGE'] },
  );
  const manager = await createPerson({ api }, { name: 'Nils Holm', permissions: ['WEBHOOKS_MANAGE'] });
  const teamId = await createTeam({ api }, 'Night shift', [manager.id, branch.id]);
  const orders = await createWebhook(manager.api, `${receiver.url}/shaky`, {
    details: { name: 'Orders to the warehouse', description: 'New clients, for the warehouse in Utrecht' },
    advanced: {
      headers: [
        { name: 'x-warehouse', value: 'Utrecht' },
        { name: 'x-key', value: 'a secret', secret: true },
      ],
    },
  });
  const failing = await createWebhook(api, `${receiver.url}/failing`, {
    details: { name: 'Old archive', description: 'Its server answers 500', teamId },
    advanced: { retrySchedule: [0, 0] },
  });
  await createWebhook(api, receiver.url, {
    details: { name: 'Everything of North', forLoginId: branch.id },
    triggers: [
      { resource: 'clients', event: 'create' },
      { resource: 'clients', event: 'update' },
    ],
  });
  const inactive = await createWebhook(api, receiver.url, {
    details: { name: 'Document inbox', description: 'Waits for the catalog' },
    triggers: [{ resource: 'documents', event: 'create' }],
  });
  const letters = await createWebhook(api, receiver.url, { details: { name: 'Newsletter' } });
  await api.mutate('mutation ($id: ID!) { webhookDisable(id: $id) { errors { message } } }', {
    id: letters.id,
  });
  const updates = { triggers: [{ resource: 'clients', event: 'update' }] };
  const paused = await createWebhook(api, `${receiver.url}/down`, {
    ...updates,
    details: { name: 'Changes to the ledger', description: 'Its server is being repaired' },
    advanced: { retrySchedule: [0, 3600], ratePerSecond: 50, maxConcurrency: 4, ordering: 'PER_ENTITY' },
  });
  const again = await createWebhook(api, `${receiver.url}/again`, {
    ...updates,
    details: { name: 'Warehouse in Lille', description: 'It lost a morning, and asks for it again' },
  });
  const off = await createWebhook(api, [`${receiver.url}/gone`, `${receiver.url}/spare`], {
    ...updates,
    details: { name: 'The partner in Gent', description: 'Told of changes until it moved' },
  });
  await api.mutate('mutation ($id: ID!) { endpointDisable(id: $id) { errors { message } } }', {
    id: await lastEndpoint(api, off.id),
  });
  await publish(
    api,
    ...Array.from({ length: FAILURES }, (_, index) => clientEvent(`c-20${index}`, { event: 'update' })),
  );
  const [published] = await publish(api, clientEvent('c-1001', { loginId: manager.id }));
  const delivery = async (webhook: { id: string }, status: string): Promise<string> => {
    const stream = api.subscribe(
      `subscription ($after: StreamCursor, $filter: DeliveryFilterInput) {
         deliveryEvents(after: $after, filter: $filter) { cursor events { delivery { id status } } } }`,
      { after: await api.beginning(), filter: { webhookId: webhook.id } },
    );
    const id = await stream.until(
      (batches) =>
        batches.flatMap((batch: any) => batch.events).find((event: any) => event.delivery.status === status)
          ?.delivery.id as string | undefined,
    );
    await stream.close();
    return id;
  };
  return {
    ...{ orders, failing, inactive, paused, off, again },
    // Behind the events, so that none is sent there.
    ways: await createWays(api, receiver),
    mails: await furnishMails(api, mail),
    manager,
    teamId,
    delivered: await delivery(orders, 'SUCCEEDED'),
    failed: await delivery(failing, 'FAILED'),
    waiting: await delivery(paused, 'RETRY_SCHEDULED'),
    event: published!.event.id,
    replay: await pausedReplay(api, again),
  };
}

/** Of all that a webhook has got. */
async function pausedReplay(api: Api, { id: webhookId }: { id: string }): Promise<string> {
  await ended(api, { webhookId }, FAILURES);
  const filter = { webhookId, status: ['SUCCEEDED'], resource: 'clients' };
  const { id } = await startReplay(api, { filter, ratePerSecond: 3 });
  await replayUntil(api, id, ({ done }) => done > 0);
  await moveReplay(api, 'Pause', id);
  return id as string;
}

async function lastEndpoint(api: Api, webhookId: string): Promise<string> {
  const { endpoints } = await api.run('query ($id: ID!) { webhook(id: $id) { endpoints { id } } }', {
    id: webhookId,
  });
  return endpoints.at(-1).id;
}

async function createWays(api: Api, receiver: Receiver): Promise<Furnished['ways']> {
  const { webhook } = await api.mutate(
    `mutation ($input: WebhookInput!) {
       webhookCreate(input: $input) { errors { code field message } webhook { id number endpoints { id } } } }`,
    {
      input: {
        details: { name: 'Partners', description: 'Each in the way that it asks for' },
        endpoints: [
          {
            ...{ kind: 'URL', target: `${receiver.url}/rotated` },
            authentication: { type: 'BASIC', basic: { username: 'shipping', password: 'a secret' } },
          },
          {
            ...{ kind: 'URL', target: 'https://127.0.0.1:8443/orders' },
            authentication: {
              type: 'MUTUAL_TLS',
              mutualTls: { certificate: CLIENT_IDENTITY.cert, privateKey: CLIENT_IDENTITY.key },
            },
            advanced: { signing: 'STANDARD_WEBHOOKS_ED25519', format: 'CLOUDEVENTS_STRUCTURED' },
          },
          {
            ...{ kind: 'URL', target: `${receiver.url}/open` },
            advanced: { signing: 'NONE', format: 'ENTITY' },
          },
        ],
        triggers: [{ resource: 'clients', event: 'create' }],
      },
    },
  );
  await api.mutate(
    'mutation ($id: ID!) { endpointRotateSecret(id: $id, graceSeconds: 86400) { errors { message } } }',
    { id: webhook.endpoints[0].id },
  );
  return { id: webhook.id, number: webhook.number };
}
