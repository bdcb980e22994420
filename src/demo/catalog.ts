/** What the demo's platform knows: its resources, and made-up events of theirs. */
import { randomInt } from 'node:crypto';

import type { EventInput } from '../events/event-input.ts';

/** The catalog of the demo, as resourceRegister takes it; documents and cancellations are not to be listened to. */
export const RESOURCES = [
  {
    name: 'clients',
    label: 'Client',
    description: 'A person or company that holds policies.',
    model: `type Client {
  id: ID!
  name: String!
  email: String
  city: String
  handledBy: String
  createdAt: DateTime!
}`,
    allowed: true,
    events: [
      { name: 'create', label: 'Created', supported: true },
      { name: 'update', label: 'Updated', supported: true },
    ],
  },
  {
    name: 'policies',
    label: 'Policy',
    description: 'A contract with a client.',
    model: `type Policy {
  id: ID!
  clientId: ID!
  product: Product!
  premium: Float!
  handledBy: String
  validFrom: DateTime!
}
enum Product { HOME CAR TRAVEL }`,
    allowed: true,
    events: [
      { name: 'create', label: 'Created', supported: true },
      { name: 'update', label: 'Updated', supported: true },
      { name: 'cancel', label: 'Cancelled', supported: false },
    ],
  },
  {
    name: 'payments',
    label: 'Payment',
    description: 'Money that came in, or should have.',
    model: `type Payment {
  id: ID!
  policyId: ID!
  amount: Money!
  state: PaymentState!
  handledBy: String
}
type Money { cents: Int! currency: String! }
enum PaymentState { DUE PAID FAILED }`,
    allowed: true,
    events: [
      { name: 'create', label: 'Created', supported: true },
      { name: 'update', label: 'Updated', supported: true },
    ],
  },
  {
    name: 'documents',
    label: 'Document',
    description: 'Letters and medical reports: not for other servers.',
    model: `type Document {
  id: ID!
  clientId: ID!
  title: String!
}`,
    allowed: false,
    events: [
      { name: 'create', label: 'Created', supported: true },
      { name: 'update', label: 'Updated', supported: true },
    ],
  },
];

/** Everything that can be listened to. */
export const ALL_EVENTS = RESOURCES.filter(({ allowed }) => allowed).flatMap(({ name, events }) =>
  events.filter(({ supported }) => supported).map((event) => ({ resource: name, event: event.name })),
);

const NAMES = ['Ada Byron', 'Grace Murray', 'Alan Mathison', 'Edsger Wybe', 'Barbara Jane', 'Donald Ervin'];
const CITIES = ['Utrecht', 'Lisboa', 'Tartu', 'Graz', 'Kyoto', 'Montréal'];

function pick<T>(values: T[]): T {
  return values[randomInt(values.length)]!;
}

/**
 * The turn-th event of such a platform, as a login did it. By turns, not at random, so that every login does
 * everything within a short time: turns of five logins, three resources and two events all meet in thirty.
 */
export function sampleEvent(turn: number, login: { id: string; name: string }): EventInput {
  const { resource, event } = ALL_EVENTS[turn % ALL_EVENTS.length]!;
  const id = `${resource.slice(0, 2)}-${randomInt(1000, 9999)}`;
  const payload = { id, ...PAYLOADS[resource]!(), handledBy: login.name };
  return { resource, event, entityId: id, loginId: login.id, payload };
}

const PAYLOADS: Record<string, () => object> = {
  clients: () => {
    const name = pick(NAMES);
    const email = `${name.toLowerCase().replace(' ', '.')}@example.com`;
    return { name, email, city: pick(CITIES), createdAt: new Date().toISOString() };
  },
  policies: () => ({
    clientId: `cl-${randomInt(1000, 9999)}`,
    product: pick(['HOME', 'CAR', 'TRAVEL']),
    premium: randomInt(2000, 90000) / 100,
    validFrom: new Date().toISOString(),
  }),
  payments: () => ({
    policyId: `po-${randomInt(1000, 9999)}`,
    amount: { cents: randomInt(2000, 90000), currency: 'EUR' },
    state: pick(['DUE', 'PAID', 'FAILED']),
  }),
};
