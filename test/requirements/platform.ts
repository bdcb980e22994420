/** What the requirements are tested on: Bellwire, the platform whose webhooks it sends, its people, and a receiver. */
import type { Permission } from '../../src/access/viewer.ts';
import { type HostApplication, startHostApplication } from '../support/host-application.ts';
import { createPerson, type Person } from '../support/people.ts';
import { type Hit, type Receiver, startReceiver } from '../support/receiver.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** Everything that a test of requirements needs. */
export interface Platform {
  server: TestServer;
  host: HostApplication;
  receiver: Receiver;
  /** The root administrator. */
  root: Person;
  /** A login below another one, the root unless given. */
  join(
    name: string,
    permissions?: Permission[],
    place?: { below?: Person; isAccount?: boolean },
  ): Promise<Person>;
  stop(): Promise<void>;
}

/** Starts it; settings and overrides are those of startServer. */
export async function startPlatform(...given: Parameters<typeof startServer>): Promise<Platform> {
  const server = await startServer(...given);
  const receiver = await startReceiver();
  const join: Platform['join'] = (name, permissions = [], { below, isAccount = false } = {}) =>
    createPerson(server, { name, permissions, isAccount, ...(below ? { parentId: below.id } : {}) });
  const service = await join('Host application', ['CATALOG_MANAGE', 'EVENTS_PUBLISH']);
  const host = await startHostApplication(service.api);
  const { id, number } = await server.api.run('{ viewer { id number } }');
  return {
    server,
    host,
    receiver,
    root: { id, number, api: server.api },
    join,
    stop: async () => {
      await host.close();
      await server.stop();
      await receiver.close();
    },
  };
}

/** What the tests do on the platform as one of its users; each answers the id of the record. */
export function actor(host: HostApplication, login: { id: string }) {
  const api = host.as(login);
  const idOf = async (mutation: string, variables: Record<string, unknown>): Promise<string> =>
    (await api.run(mutation, variables)).id;
  return {
    createClient: (name = 'Ada Byron') =>
      idOf('mutation ($name: String!) { clientCreate(input: { name: $name }) { id } }', { name }),
    updateClient: (id: string, name = 'Ada Lovelace') =>
      idOf('mutation ($id: ID!, $name: String!) { clientUpdate(id: $id, input: { name: $name }) { id } }', {
        id,
        name,
      }),
    deleteClient: (id: string) => idOf('mutation ($id: ID!) { clientDelete(id: $id) { id } }', { id }),
    createPayment: (clientId: string, cents = 1250) =>
      idOf('mutation ($input: PaymentInput!) { paymentCreate(input: $input) { id } }', {
        input: { clientId, amount: { cents } },
      }),
    updatePayment: (id: string, clientId: string) =>
      idOf('mutation ($id: ID!, $input: PaymentInput!) { paymentUpdate(id: $id, input: $input) { id } }', {
        id,
        input: { clientId, amount: { cents: 990 } },
      }),
    approvePayment: (id: string) => idOf('mutation ($id: ID!) { paymentApprove(id: $id) { id } }', { id }),
    createNote: () => idOf('mutation { noteCreate(input: { text: "Calls on Mondays" }) { id } }', {}),
    updateNote: (id: string) =>
      idOf('mutation ($id: ID!) { noteUpdate(id: $id, input: { text: "Calls" }) { id } }', { id }),
  };
}

/** A body as receivers get it. */
export interface Envelope {
  type: string;
  id: string;
  resource: string;
  event: string;
  entityId: string;
  timestamp: string;
  webhookNumber: number;
  data: Record<string, unknown>;
}

/** The body of a request. */
export function envelopeOf(hit: Hit): Envelope {
  return JSON.parse(hit.body.toString()) as Envelope;
}

/**
 * Everything that a webhook sent so far, one request per delivery, once all of it has arrived. The
 * host answers after the publish has committed, so nothing can be added for changes that are answered;
 * what was cancelled is not waited for.
 */
export async function arrivals(
  { root, receiver }: Pick<Platform, 'root' | 'receiver'>,
  webhook: { id: string; number: number },
): Promise<Hit[]> {
  const { nodes } = await root.api.run(
    `query ($id: ID!) { deliveries(first: 100, filter: { webhookId: $id, status: [PENDING, IN_FLIGHT, RETRY_SCHEDULED, SUCCEEDED, FAILED] }) {
       nodes { id } } }`,
    { id: webhook.id },
  );
  const owed: string[] = nodes.map((node: { id: string }) => node.id);
  await Promise.all(owed.map((delivery) => receiver.find((hit) => hit.headers['webhook-id'] === delivery)));
  return receiver.hits.filter(
    (hit) => envelopeOf(hit).webhookNumber === webhook.number && hit.headers['webhook-attempt'] === '1',
  );
}

/** The same as "clients.create clients-1", sorted: what a webhook was told. */
export async function heard(
  platform: Pick<Platform, 'root' | 'receiver'>,
  webhook: { id: string; number: number },
): Promise<string[]> {
  const hits = await arrivals(platform, webhook);
  return hits
    .map(envelopeOf)
    .map(({ type, entityId }) => `${type} ${entityId}`)
    .sort();
}

const TRANSITIONS = `subscription ($after: StreamCursor, $filter: DeliveryFilterInput) {
  deliveryEvents(after: $after, filter: $filter, mode: EVERY_EVENT, minIntervalMs: 0) {
    cursor
    events {
      kind
      delivery { id status attemptCount }
      attempt { id outcome failure { code } response { statusCode } }
    }
  }
}`;

/** One line of the delivery log. */
export interface Transition {
  kind: string;
  delivery: { id: string; status: string; attemptCount: number };
  attempt: {
    id: string;
    outcome: string;
    failure: { code: string } | null;
    response: { statusCode: number } | null;
  } | null;
}

/** The first transition of a webhook's deliveries that fits, past or to come. */
export async function transition(
  { api }: Person,
  webhook: { id: string },
  fits: (line: Transition) => boolean,
): Promise<Transition> {
  const stream = api.subscribe(TRANSITIONS, {
    after: await api.beginning(),
    filter: { webhookId: webhook.id },
  });
  const found = await stream.until((batches) =>
    batches.flatMap((batch: { events: Transition[] }) => batch.events).find(fits),
  );
  await stream.close();
  return found;
}
