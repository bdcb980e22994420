/** What the demo's platform knows: three resources, and made-up events of theirs. */
import { randomInt } from 'node:crypto';

import type { EventInput } from './events/event-input.ts';

/** The catalog of the demo, as resourceRegister takes it. */
export const DEMO_RESOURCES = [
  {
    name: 'clients',
    label: 'Client',
    description: 'A person or company that holds policies.',
    model: `type Client {
  id: ID!
  name: String!
  email: String
  city: String
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
  validFrom: DateTime!
}
enum Product { HOME CAR TRAVEL }`,
    allowed: true,
    events: [
      { name: 'create', label: 'Created', supported: true },
      { name: 'update', label: 'Updated', supported: true },
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
}
type Money { cents: Int! currency: String! }
enum PaymentState { DUE PAID FAILED }`,
    allowed: true,
    events: [
      { name: 'create', label: 'Created', supported: true },
      { name: 'update', label: 'Updated', supported: true },
    ],
  },
];

const NAMES = ['Ada Byron', 'Grace Murray', 'Alan Mathison', 'Edsger Wybe', 'Barbara Jane', 'Donald Ervin'];
const CITIES = ['Utrecht', 'Lisboa', 'Tartu', 'Graz', 'Kyoto', 'Montréal'];

function pick<T>(values: T[]): T {
  return values[randomInt(values.length)]!;
}

/** One event that could have happened on such a platform. */
export function sampleEvent(): EventInput {
  const id = String(randomInt(1000, 9999));
  const event = pick(['create', 'update']);
  const payloads = {
    clients: () => {
      const name = pick(NAMES);
      const email = `${name.toLowerCase().replace(' ', '.')}@example.com`;
      return { id: `cl-${id}`, name, email, city: pick(CITIES), createdAt: new Date().toISOString() };
    },
    policies: () => ({
      id: `po-${id}`,
      clientId: `cl-${randomInt(1000, 9999)}`,
      product: pick(['HOME', 'CAR', 'TRAVEL']),
      premium: randomInt(2000, 90000) / 100,
      validFrom: new Date().toISOString(),
    }),
    payments: () => ({
      id: `pa-${id}`,
      policyId: `po-${randomInt(1000, 9999)}`,
      amount: { cents: randomInt(2000, 90000), currency: 'EUR' },
      state: pick(['DUE', 'PAID', 'FAILED']),
    }),
  };
  const resource = pick(Object.keys(payloads) as (keyof typeof payloads)[]);
  const payload = payloads[resource]();
  return { resource, event, entityId: payload.id, payload };
}
