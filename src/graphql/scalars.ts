/** The scalars of the API beside GraphQL's own. */
import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { GraphQLDateTimeISO, GraphQLJSON, GraphQLSafeInt, GraphQLURL } from 'graphql-scalars';

/** An instant: a Date inside, ISO 8601 text outside (the variant that graphql-scalars calls DateTimeISO). */
export const DateTime = new GraphQLScalarType<Date, string>({
  ...GraphQLDateTimeISO.toConfig(),
  name: 'DateTime',
  description: 'An instant as ISO 8601 text in UTC, to the millisecond: 2026-01-31T09:30:00.000Z.',
});

/** An address. Output only: inputs take String, so that a bad one is a UserError with its path. */
export const Url = new GraphQLScalarType({
  ...GraphQLURL.toConfig(),
  name: 'URL',
  description:
    'An absolute http or https address. Inputs take String, so that a bad one comes back with its path.',
});

/** Any JSON value, as parsed. */
export const Json = new GraphQLScalarType({
  ...GraphQLJSON.toConfig(),
  description:
    'Any JSON value. Numbers beyond 2^53 lose digits and integer-like keys their order; where bytes count, send text.',
});

/** Counts that outgrow Int. */
export const SafeInt = new GraphQLScalarType({
  ...GraphQLSafeInt.toConfig(),
  description: 'A whole number from -(2^53 - 1) to 2^53 - 1.',
});

const MAX_CURSOR_LENGTH = 200;

function checkedCursor(value: unknown): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= MAX_CURSOR_LENGTH) return value;
  throw new GraphQLError('StreamCursor must be a text that this API gave out.');
}

/** A position in the delivery log; what it holds is the business of src/live. */
export const StreamCursor = new GraphQLScalarType<string, string>({
  name: 'StreamCursor',
  description:
    'A position in the delivery log. Opaque and totally ordered: keep the last one and hand it back to resume.',
  serialize: checkedCursor,
  parseValue: checkedCursor,
  parseLiteral: (node) => checkedCursor(node.kind === Kind.STRING ? node.value : undefined),
});
