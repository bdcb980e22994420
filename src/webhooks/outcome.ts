/** What a change of a webhook answers. */
import { allOf } from '../db/fragment.ts';
import type { Reader, SqlFragment } from '../db/sql.ts';
import type { Problem } from '../errors.ts';
import type { MadeSecret } from './endpoint-secrets.ts';
import { readSecrets, readWebhooks, type SecretView, type WebhookView } from './read.ts';
import { type EndpointDefaults, type EndpointView, readEndpointsOf } from './read-endpoints.ts';

/** A signing secret with what the receiver verifies with: the shared secret, or the public key of a pair. */
export interface RevealedSecret {
  endpoint: EndpointView;
  secret: SecretView;
  value: string;
}

/** What came of a change: problems is empty exactly when it was made. On CONFLICT webhook is the current one. */
export interface WebhookOutcome {
  problems: Problem[];
  webhook: WebhookView | null;
  newSecrets: RevealedSecret[];
}

/** Nothing was changed. */
export function failed(...problems: Problem[]): WebhookOutcome {
  return { problems, webhook: null, newSecrets: [] };
}

/**
 * The webhook as it stands, with the secrets that were made with it in clear; defaults are for
 * endpoints that choose nothing. Undefined when the webhook is deleted, or visible (over the alias w) does not
 * hold: whoever comes back later has to be allowed to see it still.
 */
export async function readOutcome(
  reader: Reader,
  defaults: EndpointDefaults,
  id: string,
  made: MadeSecret[],
  visible: SqlFragment = () => 'true',
): Promise<WebhookOutcome | undefined> {
  const [webhook] = await readWebhooks(reader, allOf([(add) => `w.id = ${add(id)}`, visible]));
  if (!webhook) return undefined;
  if (made.length === 0) return { problems: [], webhook, newSecrets: [] };
  const endpoints = (await readEndpointsOf(reader, defaults, [id])).get(id)!;
  const secretIds = made.map((one) => one.secretId);
  const secrets = await readSecrets(reader, (add) => `s.id = any (${add(secretIds)}::text[])`);
  const newSecrets = made.map(({ endpointId, secretId, value }) => ({
    endpoint: endpoints.find((endpoint) => endpoint.id === endpointId)!,
    secret: secrets.find((secret) => secret.id === secretId)!,
    value,
  }));
  return { problems: [], webhook, newSecrets };
}
