/**
 * What is done to the signing secrets of one endpoint by hand. Comes in: who wants a new one, or to see the present one.
 * Goes out: the secret with what a receiver verifies with, once the audit entry of that is committed. A private key never
 * goes out. An endpoint's version, and with it its connections, stay: a claim reads the secrets anew.
 */
import type { DataSource, EntityManager } from 'typeorm';

import type { Viewer } from '../access/viewer.ts';
import { type Changes, recordAudit } from '../audit/audit-log.ts';
import { noteWebhookChanges } from '../audit/webhook-changes.ts';
import { checkKey, findKey, inputFingerprint, type KeyUse, takeKey } from '../db/idempotency-keys.ts';
import { sqlOf } from '../db/sql.ts';
import { type Problem, problem } from '../errors.ts';
import { newId } from '../ids.ts';
import { type Keyring, SecretUnavailableError } from '../secrets/keyring.ts';
import { signingSecretPlace } from '../secrets/signing-secret.ts';
import { lockWebhook } from './current.ts';
import { addSecret, forgetSecrets, type MadeSecret } from './endpoint-secrets.ts';
import { editableWebhookOf, readEndpoint, UNKNOWN_ENDPOINT } from './one-endpoint.ts';
import type { RevealedSecret } from './outcome.ts';
import { readSecrets } from './read.ts';
import type { EndpointDefaults, EndpointView } from './read-endpoints.ts';
import type { WebhookEntity } from './webhook.entity.ts';

/** How long a secret that is rotated away may go on signing, s. */
export const GRACE_SECONDS = { min: 0, max: 604_800, default: 86_400 };
/** The most secrets that sign for an endpoint at once: each adds a signature to every request. */
export const MAX_SECRETS = 5;

/** What came of it: problems is empty exactly when it was done; revealed is null, too, where it was done before under the same key. */
export interface SecretOutcome {
  problems: Problem[];
  revealed: RevealedSecret | null;
}

/** What both need. */
export interface SecretTools {
  orm: DataSource;
  keyring: Keyring;
  defaults: EndpointDefaults;
}

/** Which endpoint gets a new secret, and how long the older ones sign beside it. */
export interface Rotation {
  id: string;
  graceSeconds: number;
  idempotencyKey: string | null;
}

const NOT_SIGNED = problem(
  'INVALID_STATE',
  ['id'],
  'The requests of this endpoint are not signed, so it has no secret: set advanced.signing of the endpoint first.',
);
const LOCKED_AWAY = problem(
  'INVALID_STATE',
  ['id'],
  'The secret cannot be decrypted, since this server lacks its encryption key: bring the key back, or rotate the secret.',
);

/**
 * Makes a new secret of the endpoint's scheme. The older ones sign beside it until the grace period is over, none of
 * them longer than it would have anyway; without a grace period they are forgotten at once.
 */
export async function rotateSecret(
  tools: SecretTools,
  viewer: Viewer,
  { id, graceSeconds, idempotencyKey }: Rotation,
): Promise<SecretOutcome> {
  const { min, max } = GRACE_SECONDS;
  const wrongKey = idempotencyKey === null ? null : checkKey(idempotencyKey);
  if (wrongKey) return failed(wrongKey);
  const use: KeyUse | null = idempotencyKey === null ? null : useOf(viewer, idempotencyKey, id, graceSeconds);
  return withEndpoint(tools, viewer, id, async (manager, webhook, endpoint) => {
    if (graceSeconds < min || graceSeconds > max)
      return failed(
        problem('INVALID', ['graceSeconds'], `A grace period has from ${min} to ${max} seconds (7 days).`),
      );
    const sql = await sqlOf(manager);
    // Before the state is judged: what was done then may have changed it.
    const known = use && (await findKey(sql, use));
    if (known && !known.ok) return failed(...known.problems);
    if (known?.value) return { problems: [], revealed: null };
    if (endpoint.signing === 'NONE') return failed(NOT_SIGNED);
    await manager.query('delete from secrets where endpoint_id = $1 and expires_at <= clock_timestamp()', [
      id,
    ]);
    const older = await readSecrets(manager, (add) => `s.endpoint_id = ${add(id)}`);
    if (graceSeconds > 0 && older.length >= MAX_SECRETS) return failed(tooMany(older.at(-1)!.expiresAt!));
    const secretId = newId('secret');
    const taken = use && (await takeKey(sql, use, [secretId]));
    if (taken && !taken.ok) return failed(...taken.problems);
    await noteWebhookChanges(manager, (add) => `w.id = ${add(webhook.id)}`);
    if (graceSeconds === 0) await forgetSecrets(manager, [id]);
    else await endSecrets(manager, id, graceSeconds);
    const [made] = await addSecret(manager, tools.keyring, id, endpoint.signing, secretId);
    await audit(manager, viewer, webhook, 'webhook.endpointRotateSecret', {
      [`endpoints.${id}.signingSecret`]: { from: older[0]?.id ?? null, to: secretId },
      [`endpoints.${id}.graceSeconds`]: { from: null, to: graceSeconds },
    });
    return { problems: [], revealed: await reveal(manager, endpoint, made!) };
  });
}

/** Shows the newest secret of an endpoint. Each time is an entry of the audit log. */
export async function revealSecret(tools: SecretTools, viewer: Viewer, id: string): Promise<SecretOutcome> {
  return withEndpoint(tools, viewer, id, async (manager, webhook, endpoint) => {
    const rows = await manager.query<{ secretId: string; sealed: Buffer; publicKey: string | null }[]>(
      `select id as "secretId", sealed, public_key as "publicKey" from secrets
       where endpoint_id = $1 and expires_at is null`,
      [id],
    );
    const newest = rows[0];
    if (newest === undefined) return failed(NOT_SIGNED);
    const value = newest.publicKey ?? open(tools.keyring, newest);
    if (value === null) return failed(LOCKED_AWAY);
    await audit(manager, viewer, webhook, 'webhook.endpointRevealSecret', {
      [`endpoints.${id}.revealedSecret`]: { from: null, to: newest.secretId },
    });
    const made = { endpointId: id, secretId: newest.secretId, value };
    return { problems: [], revealed: await reveal(manager, endpoint, made) };
  });
}

/** Does the work in a transaction that holds the webhook's row, for who may edit it; the answer is of what is committed. */
async function withEndpoint(
  { orm, defaults }: SecretTools,
  viewer: Viewer,
  id: string,
  work: (manager: EntityManager, webhook: WebhookEntity, endpoint: EndpointView) => Promise<SecretOutcome>,
): Promise<SecretOutcome> {
  const found = await editableWebhookOf(orm, viewer, id);
  if (!found.ok) return failed(...found.problems);
  return orm.transaction(async (manager) => {
    const webhook = await lockWebhook(manager, found.value);
    const endpoint = await readEndpoint(manager, defaults, id);
    if (webhook === null || endpoint === undefined) return failed(UNKNOWN_ENDPOINT);
    return work(manager, webhook, endpoint);
  });
}

/** Ends what has no end, and what would end later. */
async function endSecrets(manager: EntityManager, endpointId: string, graceSeconds: number): Promise<void> {
  await manager.query(
    `update secrets set expires_at = least(expires_at, clock_timestamp() + $2::int * interval '1 second')
     where endpoint_id = $1`,
    [endpointId, graceSeconds],
  );
}

async function reveal(
  manager: EntityManager,
  endpoint: EndpointView,
  { secretId, value }: MadeSecret,
): Promise<RevealedSecret> {
  const [secret] = await readSecrets(manager, (add) => `s.id = ${add(secretId)}`);
  return { endpoint, secret: secret!, value };
}

function open(keyring: Keyring, { secretId, sealed }: { secretId: string; sealed: Buffer }): string | null {
  try {
    return keyring.open(sealed, signingSecretPlace(secretId));
  } catch (error) {
    if (error instanceof SecretUnavailableError) return null;
    throw error;
  }
}

function useOf(viewer: Viewer, key: string, id: string, graceSeconds: number): KeyUse {
  const fingerprint = inputFingerprint({ id, graceSeconds });
  return { loginId: viewer.loginId, key, operation: 'endpointRotateSecret', fingerprint };
}

async function audit(
  manager: EntityManager,
  { loginId }: Viewer,
  { id: subjectId, accountId: scopeId }: WebhookEntity,
  action: string,
  changes: Changes,
): Promise<void> {
  await recordAudit(manager, { loginId, action, subjectId, scopeId, changes });
}

function tooMany(nextEnd: Date): Problem {
  return problem(
    'TOO_MANY',
    ['id'],
    `${MAX_SECRETS} secrets sign for this endpoint already; the next of them ends at ${nextEnd.toISOString()}. Rotate again after that, or with graceSeconds 0, which ends the older ones at once.`,
  );
}

function failed(...problems: Problem[]): SecretOutcome {
  return { problems, revealed: null };
}
