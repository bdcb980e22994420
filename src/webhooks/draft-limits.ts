/**
 * How much of a draft is stored. What a webhook may have is less, and told as a problem of the draft; these
 * bounds keep what was typed from growing without end: a login may have twenty drafts, read all at once.
 */
import { type Problem, problem } from '../errors.ts';
import type { WebhookDraftEntity } from './draft.entity.ts';

/** The most rows of a step. */
const MAX_ROWS = 200;
/** The longest draft, as JSON, bytes. */
const MAX_BYTES = 128 * 1024;

/** The problem with the number of rows of a step, if there is one. */
export function tooManyRows(step: 'endpoints' | 'triggers', rows: unknown[]): Problem | undefined {
  if (rows.length <= MAX_ROWS) return undefined;
  return problem('TOO_MANY', [step], `A draft takes at most ${MAX_ROWS} ${step}; nothing was stored.`);
}

/** The problem with the length of a draft, if there is one. */
export function tooLong({
  details,
  endpoints,
  triggers,
}: Pick<WebhookDraftEntity, 'details' | 'endpoints' | 'triggers'>): Problem | undefined {
  if (Buffer.byteLength(JSON.stringify({ details, endpoints, triggers })) <= MAX_BYTES) return undefined;
  return problem('TOO_LONG', null, `A draft takes at most ${MAX_BYTES / 1024} KiB; nothing was stored.`);
}
