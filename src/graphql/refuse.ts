/** How a request is refused before GraphQL. */
import type { Response } from 'express';
import type { GraphQLError } from 'graphql';

/** Answers with an error in the form of GraphQL's. */
export function refuse(response: Response, status: number, error: GraphQLError): void {
  // What is left of a refused body is not worth reading.
  if (!response.req.complete) response.set('Connection', 'close');
  response.status(status).json({ errors: [error] });
}
