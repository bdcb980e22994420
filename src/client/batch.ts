/** What the client must know of documents and results; all else is between the server and the app. */
import type { SubscribePayload } from 'graphql-ws';

import type { Result } from './subscriber.ts';

/** The fields of a batch that concern the client. */
interface Batch {
  cursor?: unknown;
  caughtUp?: unknown;
  reset?: unknown;
}

/** Texts and comments of a GraphQL document, in which anything may stand (spec, 2.1.4 and 2.9.4). */
const TEXTS = /"""(?:\\"""|(?!""")[^])*"""|"(?:\\.|[^"\\\n\r])*"|#[^\n\r]*/g;

/** Whether a document declares the variable $after: only in a declaration is a variable followed by a colon. */
export function declaresAfter({ query }: SubscribePayload): boolean {
  return /\$after\s*:/.test(bare(query));
}

/** Whether a document names a field cursor anywhere. Where it does is seen by the first result. */
export function namesCursor({ query }: SubscribePayload): boolean {
  return /(?<![$\w])cursor\b/.test(bare(query));
}

/** The name of a payload's operation, also when only the document says it. */
export function operationName({ query, operationName: given }: SubscribePayload): string | undefined {
  return given ?? /\bsubscription\s+(\w+)/.exec(bare(query))?.[1];
}

/** The value of a result's only root field (a subscription has no more), when it is an object. */
export function batchOf(result: Result<unknown>): Batch | undefined {
  const roots = Object.values((result.data ?? {}) as Record<string, unknown>);
  return roots.find((value): value is Batch => typeof value === 'object' && value !== null);
}

function bare(query: string): string {
  return query.replace(TEXTS, ' ');
}
