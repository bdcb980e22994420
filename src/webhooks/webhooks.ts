/**
 * What is saved on the Webhooks page. Comes in: a viewer and what it wants to create, change or
 * read. Goes out: the webhook as it stands after the commit, or all problems at once. Each change is
 * one transaction with its secrets, its routes and the deliveries that it cancels, so a crash leaves
 * all of it or nothing. Signing secrets are in clear only in the answer that made or revealed them.
 */
import type { DataSource } from 'typeorm';

import type { Access } from '../access/access.ts';
import { may, missing, webhookVisible } from '../access/policy.ts';
import type { Viewer } from '../access/viewer.ts';
import { allOf } from '../db/fragment.ts';
import { canonical, checkKey, findKey, type KeyUse, takeKey, type Taken } from '../db/idempotency-keys.ts';
import type { CountedPage, PageArgs } from '../db/page.ts';
import { type Reader, type SqlFragment, sqlOf } from '../db/sql.ts';
import { ok, problem, refused, type Result } from '../errors.ts';
import { type IdKind, kindOfId, newId } from '../ids.ts';
import type { Keyring } from '../secrets/keyring.ts';
import type { TargetGuard } from './check-target.ts';
import { type Current, isAutoDisabled, lockWebhook, readCurrent } from './current.ts';
import { UNKNOWN, whyNotEditable } from './editable.ts';
import type { MadeSecret } from './endpoint-secrets.ts';
import type { WebhookFilter } from './filter.ts';
import type { WebhookInput } from './inputs.ts';
import { listWebhooks } from './list.ts';
import type { WebhookOrder } from './order.ts';
import { failed, readOutcome, type WebhookOutcome } from './outcome.ts';
import { untilItHolds } from './races.ts';
import {
  countTriggers,
  readInactiveReasons,
  readOffEndpointsOf,
  readSecrets,
  readSecretsOf,
  readTriggers,
  readTriggersOf,
  readWebhooks,
  type SecretView,
  type TriggerView,
  type WebhookView,
} from './read.ts';
import {
  type EndpointDefaults,
  type EndpointView,
  readEndpoints,
  readEndpointsOf,
} from './read-endpoints.ts';
import { sendVerification } from './send-verification.ts';
import { revealSecret, rotateSecret, type Rotation, type SecretOutcome } from './signing-secrets.ts';
import type { EndpointOff, TriggerChoice, TriggerInactiveReason } from './status.ts';
import { type EndpointOutcome, switchEndpoint } from './switch-endpoint.ts';
import { type Plan, validate } from './validate.ts';
import { deleteWebhook, insertWebhook, switchWebhook, teamStands, updateWebhook } from './write.ts';

/** How many of the triggers on some events are listed at once. */
const MAX_TRIGGERS_LISTED = 1000;

/** What Webhooks is made of. */
export interface WebhooksOptions {
  orm: DataSource;
  access: Access;
  keyring: Keyring;
  egress: TargetGuard;
  /** For endpoints that choose nothing. */
  defaults: EndpointDefaults;
}

/** Creates, edits, switches, deletes and reads webhooks. */
export class Webhooks {
  readonly #options: WebhooksOptions;
  readonly #orm: DataSource;

  constructor(options: WebhooksOptions) {
    this.#options = options;
    this.#orm = options.orm;
  }

  /**
   * Creates a webhook in the caller's account; it is enabled at once, with a signing secret for each
   * endpoint. With an idempotency key that was used for the same input before, it is the webhook that was
   * made then, without its secrets. subscription marks what a program has made by a Create Webhooks link.
   */
  async create(
    viewer: Viewer,
    input: WebhookInput,
    idempotencyKey?: string | null,
    { subscription = false }: { subscription?: boolean } = {},
  ): Promise<WebhookOutcome> {
    if (!may(viewer, 'WEBHOOKS_MANAGE')) return failed(missing('WEBHOOKS_MANAGE'));
    const wrongKey = idempotencyKey == null ? null : checkKey(idempotencyKey);
    if (wrongKey) return failed(wrongKey);
    const use = idempotencyKey == null ? null : this.#keyUse(viewer, idempotencyKey, input);
    const made = await untilItHolds(async () => {
      // Before the input is judged: what was right then may be wrong now.
      const before =
        use && (await this.#orm.transaction(async (manager) => findKey(await sqlOf(manager), use)));
      if (before && !(before.ok && before.value === null)) return this.#madeBefore(this.#orm, viewer, before);
      const plan = await this.#validate(viewer, viewer.accountId, input, null);
      if (!plan.ok) return failed(...plan.problems);
      return this.#orm.transaction(async (manager) => {
        // First: what is given up after the key was taken would leave the key behind.
        if (!(await teamStands(manager, plan.value))) return null;
        const id = newId('webhook');
        const taken = use && (await takeKey(await sqlOf(manager), use, [id]));
        if (taken && !(taken.ok && taken.value === null)) return this.#madeBefore(manager, viewer, taken);
        const owner = { id, accountId: viewer.accountId, loginId: viewer.loginId, subscription };
        const made = await insertWebhook(manager, this.#options.keyring, owner, plan.value);
        return (await this.#outcome(manager, id, made))!;
      });
    });
    return (
      made ?? failed(problem('CONFLICT', null, 'What the webhook names changes all the time; try again.'))
    );
  }

  /**
   * Edits a webhook. The input is checked without a lock, since that asks DNS; if somebody else edits
   * meanwhile it is checked again, unless the caller said which version it means: then it is a CONFLICT.
   */
  async update(
    viewer: Viewer,
    id: string,
    expectedVersion: number | null,
    input: WebhookInput,
  ): Promise<WebhookOutcome> {
    const refusal = await whyNotEditable(this.#orm, viewer, id);
    if (refusal) return failed(refusal);
    const updated = await untilItHolds(async () => {
      const current = await readCurrent(this.#orm.manager, id);
      if (current === null) return failed(UNKNOWN);
      if (expectedVersion !== null && expectedVersion !== current.webhook.version) return this.#conflict(id);
      const plan = await this.#validate(viewer, current.webhook.accountId, input, current);
      if (!plan.ok) return failed(...plan.problems);
      return this.#orm.transaction(async (manager) => {
        const locked = await lockWebhook(manager, id);
        if (locked?.version !== current.webhook.version) return null;
        if (!(await teamStands(manager, plan.value))) return null;
        const { keyring } = this.#options;
        const made = await updateWebhook(manager, keyring, viewer.loginId, id, plan.value);
        return (await this.#outcome(manager, id, made))!;
      });
    });
    return updated ?? this.#conflict(id);
  }

  /**
   * Turns sending on, for events from now on, with the endpoints that switched themselves off; one that is on
   * and has an endpoint that is on stays as it is.
   */
  enable(viewer: Viewer, id: string): Promise<WebhookOutcome> {
    return this.#switch(viewer, id, true);
  }

  /** Turns sending off and cancels what waits; one that is off stays as it is. */
  disable(viewer: Viewer, id: string): Promise<WebhookOutcome> {
    return this.#switch(viewer, id, false);
  }

  /** Turns an endpoint on, for events from now on, and ends its pause; one that is active stays as it is. */
  enableEndpoint(viewer: Viewer, id: string): Promise<EndpointOutcome> {
    return switchEndpoint(this.#orm, this.#options.defaults, viewer, id, 'ACTIVE');
  }

  /** Turns an endpoint off and cancels what waits for it; one that somebody turned off stays as it is. */
  disableEndpoint(viewer: Viewer, id: string): Promise<EndpointOutcome> {
    return switchEndpoint(this.#orm, this.#options.defaults, viewer, id, 'DISABLED');
  }

  /** Sends the mailboxes of an endpoint that have not confirmed a mail with a new link. */
  sendVerification(viewer: Viewer, id: string): Promise<EndpointOutcome> {
    return sendVerification(this.#orm, this.#options.defaults, viewer, id);
  }

  /** Makes a new signing secret for an endpoint; the older ones sign beside it until the grace period is over. */
  rotateSecret(viewer: Viewer, rotation: Rotation): Promise<SecretOutcome> {
    return rotateSecret(this.#options, viewer, rotation);
  }

  /** Shows the newest signing secret of an endpoint, audited. */
  revealSecret(viewer: Viewer, id: string): Promise<SecretOutcome> {
    return revealSecret(this.#options, viewer, id);
  }

  /** Deletes a webhook and cancels what waits; deleting twice is no error. Returns the id. */
  async remove(viewer: Viewer, id: string): Promise<Result<string>> {
    const refusal = await whyNotEditable(this.#orm, viewer, id, { deletedToo: true });
    if (refusal) return refused(refusal);
    await this.#orm.transaction(async (manager) => {
      if (await lockWebhook(manager, id)) await deleteWebhook(manager, viewer.loginId, id);
    });
    return ok(id);
  }

  /** One webhook that the caller may see. */
  async byId(viewer: Viewer, id: string): Promise<WebhookView | undefined> {
    return (await this.byIds(viewer, [id])).get(id);
  }

  /** One webhook that the caller may see, by the ID column of the table. */
  async byNumber(viewer: Viewer, number: number): Promise<WebhookView | undefined> {
    const rule: SqlFragment = (add) => `w.number = ${add(number)}::bigint`;
    return (await readWebhooks(this.#orm, allOf([rule, webhookVisible(viewer)])))[0];
  }

  /** A page of the webhooks that the caller may see, the newest first unless ordered otherwise. */
  list(
    viewer: Viewer,
    args: PageArgs,
    filter: WebhookFilter | null = null,
    orderBy: WebhookOrder[] | null = null,
  ): Promise<Result<CountedPage<WebhookView>>> {
    return listWebhooks(this.#orm, viewer, args, filter, orderBy);
  }

  /** Webhooks by id, as far as the caller may see them. */
  async byIds(viewer: Viewer, ids: readonly string[]): Promise<Map<string, WebhookView>> {
    return byId(
      await readWebhooks(this.#orm, allOf([among('w.id', 'webhook', ids), webhookVisible(viewer)])),
    );
  }

  /** Endpoints by id, as far as the caller may see their webhooks. */
  async endpointsByIds(viewer: Viewer, ids: readonly string[]): Promise<Map<string, EndpointView>> {
    const rule = allOf([among('ep.id', 'endpoint', ids), webhookVisible(viewer)]);
    return byId(await readEndpoints(this.#orm, this.#options.defaults, rule));
  }

  /** Triggers by id, as far as the caller may see their webhooks. */
  async triggersByIds(viewer: Viewer, ids: readonly string[]): Promise<Map<string, TriggerView>> {
    return byId(
      await readTriggers(this.#orm, allOf([among('t.id', 'trigger', ids), webhookVisible(viewer)])),
    );
  }

  /** The triggers on events of a resource, as far as the caller may see their webhooks: the 1,000 oldest, and how many there are. */
  triggersOn(
    viewer: Viewer,
    resource: string,
    events: readonly string[],
  ): { oldest: () => Promise<TriggerView[]>; count: () => Promise<number> } {
    const rule = allOf([
      (add) => `t.resource = ${add(resource)} and t.event = any (${add(events)}::text[])`,
      webhookVisible(viewer),
    ]);
    return {
      oldest: () => readTriggers(this.#orm, rule, MAX_TRIGGERS_LISTED),
      count: () => countTriggers(this.#orm, rule),
    };
  }

  /** Signing secrets by id, as far as the caller may see their webhooks. */
  async secretsByIds(viewer: Viewer, ids: readonly string[]): Promise<Map<string, SecretView>> {
    return byId(await readSecrets(this.#orm, allOf([among('s.id', 'secret', ids), webhookVisible(viewer)])));
  }

  /** Of each webhook, which the caller has got already, its endpoints in their order. */
  endpointsOf(webhookIds: readonly string[]): Promise<Map<string, EndpointView[]>> {
    return readEndpointsOf(this.#orm, this.#options.defaults, webhookIds);
  }

  /** Of each webhook, which the caller has got already, its triggers in their order. */
  triggersOf(webhookIds: readonly string[]): Promise<Map<string, TriggerView[]>> {
    return readTriggersOf(this.#orm, webhookIds);
  }

  /** Of each webhook, which the caller has got already, its endpoints and why they are off. */
  offEndpointsOf(webhookIds: readonly string[]): Promise<Map<string, EndpointOff[]>> {
    return readOffEndpointsOf(this.#orm, webhookIds);
  }

  /** Why triggers on these choices could not fire, in their order; null for those that could. */
  inactiveReasons(choices: readonly TriggerChoice[]): Promise<(TriggerInactiveReason | null)[]> {
    return readInactiveReasons(this.#orm, choices);
  }

  /** Of each endpoint, which the caller has got already, its signing secrets, newest first. */
  secretsOf(endpointIds: readonly string[]): Promise<Map<string, SecretView[]>> {
    return readSecretsOf(this.#orm, endpointIds);
  }

  #validate(
    viewer: Viewer,
    accountId: string,
    input: WebhookInput,
    current: Current | null,
  ): Promise<Result<Plan>> {
    const { access, egress, defaults } = this.#options;
    return validate(input, {
      viewer,
      accountId,
      access,
      egress,
      defaultTimeoutMs: defaults.timeoutMs,
      current,
    });
  }

  async #switch(viewer: Viewer, id: string, enabled: boolean): Promise<WebhookOutcome> {
    const refusal = await whyNotEditable(this.#orm, viewer, id);
    if (refusal) return failed(refusal);
    return this.#orm.transaction(async (manager) => {
      if (!(await lockWebhook(manager, id))) return failed(UNKNOWN);
      const current = (await readCurrent(manager, id))!;
      if (current.webhook.enabled !== enabled || (enabled && isAutoDisabled(current)))
        await switchWebhook(manager, viewer.loginId, current, enabled);
      return (await this.#outcome(manager, id, []))!;
    });
  }

  /** Nothing was changed, and what stands there now. */
  async #conflict(id: string): Promise<WebhookOutcome> {
    const now = await this.#outcome(this.#orm, id, []);
    if (!now) return failed(UNKNOWN);
    const message = `Somebody else changed this webhook, it is now at version ${now.webhook!.version}; read it again.`;
    return { ...now, problems: [problem('CONFLICT', ['expectedVersion'], message)] };
  }

  /** The input may hold secrets, so what stays of it for a day is made with a key of the keyring. */
  #keyUse(viewer: Viewer, key: string, input: WebhookInput): KeyUse {
    const { keyring } = this.#options;
    const text = canonical(input);
    return {
      loginId: viewer.loginId,
      key,
      operation: 'webhookCreate',
      fingerprint: keyring.fingerprint(text),
      matches: (stored) => keyring.isFingerprint(stored, text),
    };
  }

  /** What an earlier use of an idempotency key made, or why this one is refused. */
  async #madeBefore(reader: Reader, viewer: Viewer, taken: Taken): Promise<WebhookOutcome> {
    if (!taken.ok) return failed(...taken.problems);
    const { defaults } = this.#options;
    const outcome = await readOutcome(reader, defaults, taken.value![0]!, [], webhookVisible(viewer));
    const gone = 'The webhook that was made with this key is not there any more.';
    return outcome ?? failed(problem('NOT_FOUND', ['idempotencyKey'], gone));
  }

  #outcome(reader: Reader, id: string, made: MadeSecret[]): Promise<WebhookOutcome | undefined> {
    return readOutcome(reader, this.#options.defaults, id, made);
  }
}

/** Only what can be an id: anything else is not found, and a NUL in it would be an error of the database. */
function among(column: string, kind: IdKind, ids: readonly string[]): SqlFragment {
  return (add) => `${column} = any (${add(ids.filter((id) => kindOfId(id) === kind))}::text[])`;
}

function byId<T extends { id: string }>(rows: T[]): Map<string, T> {
  return new Map(rows.map((row) => [row.id, row]));
}
