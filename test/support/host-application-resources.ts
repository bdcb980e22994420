/**
 * What the host application has: its resources as Bellwire's catalog takes them, and its own API,
 * which holds the same types word for word. So a payload and an answer of the API are of one model.
 */
import { buildSchema, type GraphQLSchema } from 'graphql';

/** A resource as resourceRegister takes it. */
export interface HostResource {
  name: string;
  label: string;
  description: string;
  /** GraphQL type definitions; the first type is the entity. */
  model: string;
  allowed: boolean;
  events: { name: string; label: string; supported: boolean }[];
}

/** Every event that the application publishes; it names those that webhooks may not have, too. */
export const HOST_RESOURCES: HostResource[] = [
  {
    name: 'clients',
    label: 'Client',
    description: 'A person or company that pays.',
    model: `type Client {
  id: ID!
  name: String!
  email: String
  tags: [String!]!
  address: Address
  extra: JSON
  createdAt: DateTime!
}

type Address {
  street: String!
  city: String
}`,
    allowed: true,
    events: [
      { name: 'create', label: 'Created', supported: true },
      { name: 'update', label: 'Updated', supported: true },
      { name: 'delete', label: 'Deleted', supported: false },
    ],
  },
  {
    name: 'payments',
    label: 'Payment',
    description: 'Money that a client owes or has paid.',
    model: `type Payment {
  id: ID!
  clientId: ID!
  amount: Money!
  state: PaymentState!
  createdAt: DateTime!
}

type Money {
  cents: Int!
  currency: String!
}

enum PaymentState {
  DUE
  APPROVED
}`,
    allowed: true,
    events: [
      { name: 'create', label: 'Created', supported: true },
      { name: 'update', label: 'Updated', supported: true },
      { name: 'approve', label: 'Approved', supported: true },
    ],
  },
  {
    name: 'notes',
    label: 'Internal note',
    description: 'What the staff writes about a client; nobody outside may listen to it.',
    model: `type Note {
  id: ID!
  text: String!
  createdAt: DateTime!
}`,
    allowed: false,
    events: [
      { name: 'create', label: 'Created', supported: true },
      { name: 'update', label: 'Updated', supported: true },
    ],
  },
];

/** Bellwire's models know these scalars without a declaration, a GraphQL API must declare them. */
const SCALARS = 'scalar DateTime scalar JSON';

const OPERATIONS = `
type Query {
  client(id: ID!): Client
  payment(id: ID!): Payment
  note(id: ID!): Note
}

type Mutation {
  clientCreate(input: ClientInput!): Client
  clientUpdate(id: ID!, input: ClientInput!): Client
  clientDelete(id: ID!): Client
  paymentCreate(input: PaymentInput!): Payment
  paymentUpdate(id: ID!, input: PaymentInput!): Payment
  paymentApprove(id: ID!): Payment
  noteCreate(input: NoteInput!): Note
  noteUpdate(id: ID!, input: NoteInput!): Note
}

input ClientInput {
  name: String!
  email: String = null
  tags: [String!]! = []
  address: AddressInput = null
  extra: JSON = null
}

input AddressInput {
  street: String!
  city: String = null
}

input PaymentInput {
  clientId: ID!
  amount: MoneyInput!
}

input MoneyInput {
  cents: Int!
  currency: String! = "EUR"
}

input NoteInput {
  text: String!
}`;

/** The application's own API. */
export const HOST_SCHEMA: GraphQLSchema = buildSchema(
  [SCALARS, OPERATIONS, ...HOST_RESOURCES.map((resource) => resource.model)].join('\n'),
);
