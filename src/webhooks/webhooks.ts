/**
 * What is saved on the Webhooks page. Comes in: a viewer and what it wants to create, change or
 * read. Goes out: the webhook as it stands after the commit, or all problems at once. Each change is
 * one transaction with its secrets, its routes and the deliveries that it cancels, so a crash leaves
 * all of it or nothing. Signing secrets are in clear only in the answer that made them.
 */
import { type DataSource, type EntityManager, IsNull } from 'typeorm';

import type { Access } from '../access/access.ts';
import { may, missing, webhookVisible } from '../access/policy.ts';
import type { Viewer } from '../access/viewer.ts';
import { allOf } from '../db/fragment.ts';
import type { Page, PageArgs } from '../db/page.ts';
import type { SqlFragment } from '../db/sql.ts';
import { ok, type Problem, problem, refused, type Result } from '../errors.ts';
import { type IdKind, kindOfId } from '../ids.ts';
import type { Keyring } from '../secrets/keyring.ts';
import { UNKNOWN, whyNotEditable } from './editable.ts';
import { EndpointEntity } from './endpoint.entity.ts';
import type { WebhookFilter } from './filter.ts';
import type { WebhookInput } from './inputs.ts';
import { countWebhooks, listWebhooks, type WebhookOrder } from './list.ts';
import {
  countTriggers,
  type EndpointView,
  readEndpoints,
  readEndpointsOf,
  type Reader,
  readSecrets,
  readSecretsOf,
  readTriggers,
  readTriggersOf,
  readWebhooks,
  type SecretView,
  type TriggerView,
  type WebhookView,
} from './read.ts';
import { TriggerEntity } from './trigger.entity.ts';
import { type Current, type Plan, validate } from './validate.ts';
import type { TargetGuard } from './validate-endpoints.ts';
import { WebhookEntity } from './webhook.entity.ts';
import { deleteWebhook, insertWebhook, type MadeSecret, switchWebhook, updateWebhook } from './write.ts';

/** How many of the triggers on some events are listed at once. */
const MAX_TRIGGERS_LISTED = 1000;

/** How often an edit without expectedVersion is checked anew when others edit at the same time. */
const MAX_RACES = 5;

/** A signing secret that was made now; its value is shown this once. */
export interface NewSecret {
  endpoint: EndpointView;
  secret: SecretView;
  value: string;
}

/** What came of a change: problems is empty exactly when it was made. On CONFLICT webhook is the current one. */
export interface WebhookOutcome {
  problems: Problem[];
  webhook: WebhookView | null;
  newSecrets: NewSecret[];
}

/** What Webhooks is made of. */
export interface WebhooksOptions {
  orm: DataSource;
  access: Access;
  keyring: Keyring;
  egress: TargetGuard;
  /** For endpoints that name none: the timeout in ms, and the seconds before each attempt. */
  defaults: { timeoutMs: number; retryScheduleSeconds: number[] };
}

/** Creates, edits, switches, deletes and reads webhooks. */
export class Webhooks {
  readonly #options: WebhooksOptions;
  readonly #orm: DataSource;

  constructor(options: WebhooksOptions) {
    this.#options = options;
    this.#orm = options.orm;
  }

  /** Creates a webhook in the caller's account; it is enabled at once, with a signing secret for each endpoint. */
  async create(viewer: Viewer, input: WebhookInput): Promise<WebhookOutcome> {
    if (!may(viewer, 'WEBHOOKS_MANAGE')) return failed(missing('WEBHOOKS_MANAGE'));
    const plan = await this.#validate(viewer, viewer.accountId, input, null);
    if (!plan.ok) return failed(...plan.problems);
    const owner = { accountId: viewer.accountId, loginId: viewer.loginId };
    return this.#orm.transaction(async (manager) => {
      const { id, made } = await insertWebhook(manager, this.#options.keyring, owner, plan.value);
      return this.#outcome(manager, id, made);
    });
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
    for (let race = 0; race < MAX_RACES; race++) {
      const current = await this.#current(id);
      if (current === null) return failed(UNKNOWN);
      if (expectedVersion !== null && expectedVersion !== current.webhook.version) break;
      const plan = await this.#validate(viewer, current.webhook.accountId, input, current);
      if (!plan.ok) return failed(...plan.problems);
      const outcome = await this.#orm.transaction(async (manager) => {
        const locked = await lock(manager, id);
        if (locked?.version !== current.webhook.version) return null;
        const made = await updateWebhook(manager, this.#options.keyring, current, plan.value);
        return this.#outcome(manager, id, made);
      });
      if (outcome) return outcome;
    }
    const [webhook] = await readWebhooks(this.#orm, (add) => `w.id = ${add(id)}`);
    if (!webhook) return failed(UNKNOWN);
    const message = `Somebody else changed this webhook, it is now at version ${webhook.version}; read it again.`;
    return { ...failed(problem('CONFLICT', ['expectedVersion'], message)), webhook };
  }

  /** Turns sending on, for events from now on; one that is on stays as it is. */
  enable(viewer: Viewer, id: string): Promise<WebhookOutcome> {
    return this.#switch(viewer, id, true);
  }

  /** Turns sending off and cancels what waits; one that is off stays as it is. */
  disable(viewer: Viewer, id: string): Promise<WebhookOutcome> {
    return this.#switch(viewer, id, false);
  }

  /** Deletes a webhook and cancels what waits; deleting twice is no error. Returns the id. */
  async remove(viewer: Viewer, id: string): Promise<Result<string>> {
    const refusal = await whyNotEditable(this.#orm, viewer, id, { deletedToo: true });
    if (refusal) return refused(refusal);
    await this.#orm.transaction(async (manager) => {
      if (await lock(manager, id)) await deleteWebhook(manager, id);
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
  ): Promise<Result<Page<WebhookView>>> {
    return listWebhooks(this.#orm, viewer, args, filter, orderBy);
  }

  /** How many webhooks list has in all its pages. */
  count(viewer: Viewer, filter: WebhookFilter | null = null): Promise<Result<number>> {
    return countWebhooks(this.#orm, viewer, filter);
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
    return byId(await readEndpoints(this.#orm, this.#options.defaults.retryScheduleSeconds, rule));
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
    return readEndpointsOf(this.#orm, this.#options.defaults.retryScheduleSeconds, webhookIds);
  }

  /** Of each webhook, which the caller has got already, its triggers in their order. */
  triggersOf(webhookIds: readonly string[]): Promise<Map<string, TriggerView[]>> {
    return readTriggersOf(this.#orm, webhookIds);
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
      const webhook = await lock(manager, id);
      if (!webhook) return failed(UNKNOWN);
      if (webhook.enabled !== enabled) await switchWebhook(manager, id, enabled);
      return this.#outcome(manager, id, []);
    });
  }

  async #current(id: string): Promise<Current | null> {
    const webhook = await this.#orm.manager.findOneBy(WebhookEntity, { id, deletedAt: IsNull() });
    if (webhook === null) return null;
    const order = { position: 'ASC' } as const;
    const endpoints = await this.#orm.manager.find(EndpointEntity, {
      where: { webhookId: id, removedAt: IsNull() },
      order,
    });
    const triggers = await this.#orm.manager.find(TriggerEntity, { where: { webhookId: id }, order });
    return { webhook, endpoints, triggers };
  }

  async #outcome(reader: Reader, id: string, made: MadeSecret[]): Promise<WebhookOutcome> {
    const [webhook] = await readWebhooks(reader, (add) => `w.id = ${add(id)}`);
    if (made.length === 0) return { problems: [], webhook: webhook!, newSecrets: [] };
    const schedule = this.#options.defaults.retryScheduleSeconds;
    const endpoints = byId((await readEndpointsOf(reader, schedule, [id])).get(id)!);
    const secretIds = made.map((one) => one.secretId);
    const secrets = byId(await readSecrets(reader, (add) => `s.id = any (${add(secretIds)}::text[])`));
    const newSecrets = made.map(({ endpointId, secretId, value }) => ({
      endpoint: endpoints.get(endpointId)!,
      secret: secrets.get(secretId)!,
      value,
    }));
    return { problems: [], webhook: webhook!, newSecrets };
  }
}

function failed(...problems: Problem[]): WebhookOutcome {
  return { problems, webhook: null, newSecrets: [] };
}

function lock(manager: EntityManager, id: string): Promise<WebhookEntity | null> {
  return manager.findOne(WebhookEntity, {
    where: { id, deletedAt: IsNull() },
    lock: { mode: 'pessimistic_write' },
  });
}

/** Only what can be an id: anything else is not found, and a NUL in it would be an error of the database. */
function among(column: string, kind: IdKind, ids: readonly string[]): SqlFragment {
  return (add) => `${column} = any (${add(ids.filter((id) => kindOfId(id) === kind))}::text[])`;
}

function byId<T extends { id: string }>(rows: T[]): Map<string, T> {
  return new Map(rows.map((row) => [row.id, row]));
}
