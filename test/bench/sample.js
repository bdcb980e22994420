/** What both systems deliver: one insurance policy of about 1 KiB, with the fields that real ones have. */

/** The policy's model for the catalog. */
export const MODEL = `type Policy {
  id: ID!
  number: String!
  product: String!
  status: String!
  currency: String!
  premium: Float!
  startsAt: DateTime!
  endsAt: DateTime!
  holder: Person!
  insured: [Person!]!
  coverages: [Coverage!]!
  notes: String
}

type Person {
  id: ID!
  name: String!
  email: String
  phone: String
  street: String!
  postcode: String!
  city: String!
  country: String!
}

type Coverage {
  code: String!
  limit: Float!
  deductible: Float!
  active: Boolean!
}`;

const PERSON = {
  name: 'Zoë Lindqvist-Okafor',
  email: 'zoe.lindqvist@example.com',
  phone: '+46 8 5550 1234',
  street: 'Västerlånggatan 31',
  postcode: '111 29',
  city: 'Stockholm',
  country: 'SE',
};

/** One policy; they differ in their ids. @param {string} id */
export function policy(id) {
  return {
    id,
    number: `POL-${id}`,
    product: 'household-plus',
    status: 'ACTIVE',
    currency: 'SEK',
    premium: 1249.5,
    startsAt: '2026-01-01T00:00:00.000Z',
    endsAt: '2026-12-31T23:59:59.000Z',
    holder: { id: `${id}-h`, ...PERSON },
    insured: [{ id: `${id}-i`, ...PERSON }],
    coverages: ['FIRE', 'WATER', 'THEFT', 'TRAVEL'].map((code, index) => ({
      code,
      limit: 250_000 * (index + 1),
      deductible: 1_500,
      active: index !== 3,
    })),
    notes:
      'Renewed by telephone; the holder asked for the documents by mail and a call before the next renewal.',
  };
}
