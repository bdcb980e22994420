/**
 * REST hooks: programs that subscribe a target address to an event, and unsubscribe it. A subscription is a webhook of the
 * link's login, in the table like any other, made and ended by the same code. A program ends those alone that were made in this way.
 */
import type pg from 'pg';

import { webhookManaged } from '../access/policy.ts';
import type { Viewer } from '../access/viewer.ts';
import { collect } from '../db/fragment.ts';
import { ok, type Problem, problem, refused, type Result } from '../errors.ts';
import { kindOfId } from '../ids.ts';
import { parseUrl } from '../url.ts';
import type { WebhookView } from '../webhooks/read.ts';
import { statusReason } from '../webhooks/status.ts';
import type { Webhooks } from '../webhooks/webhooks.ts';

/** What a program asks for. */
export interface SubscriptionInput {
  targetUrl: unknown;
  resource: unknown;
  event: unknown;
  name?: unknown;
}

/** A subscription as it stands. */
export interface Subscription {
  id: string;
  webhookNumber: number;
  name: string;
  targetUrl: string;
  resource: string;
  event: string;
  status: WebhookView['status'];
  statusReason: string | null;
  createdAt: Date;
}

const UNKNOWN = problem('NOT_FOUND', ['id'], 'There is no such subscription, or none that you may manage.');

/** Makes, lists and ends subscriptions. */
export class Subscriptions {
  readonly #pool: pg.Pool;
  readonly #webhooks: Webhooks;

  constructor({ pool, webhooks }: { pool: pg.Pool; webhooks: Webhooks }) {
    this.#pool = pool;
    this.#webhooks = webhooks;
  }

  /** Subscribes (WEBHOOKS_MANAGE); the signing secret is in this answer only. Problems name the fields of the input. */
  async subscribe(
    viewer: Viewer,
    input: SubscriptionInput,
  ): Promise<Result<{ subscription: Subscription; signingSecret: string | null }>> {
    const texts = readTexts(input);
    if (!texts.ok) return texts;
    const { targetUrl, resource, event, name } = texts.value;
    const host = parseUrl(targetUrl)?.host ?? targetUrl;
    const made = await this.#webhooks.create(
      viewer,
      {
        details: {
          name: name ?? `${resource}.${event} to ${host}`.slice(0, 200),
          description: 'Subscribed by a program that holds the Create Webhooks link.',
        },
        endpoints: [{ kind: 'URL', target: targetUrl }],
        triggers: [{ resource, event }],
      },
      null,
      { subscription: true },
    );
    if (made.webhook === null) return refused(...made.problems.map(ofInput));
    const [subscription] = await this.#describe([made.webhook]);
    return ok({ subscription: subscription!, signingSecret: made.newSecrets[0]?.value ?? null });
  }

  /** The subscriptions of the link's login that it may manage, oldest first. */
  async list(viewer: Viewer): Promise<Subscription[]> {
    const ids = await this.#ids(viewer, null);
    const found = await this.#webhooks.byIds(viewer, ids);
    return this.#describe(ids.map((id) => found.get(id)).filter((webhook) => webhook !== undefined));
  }

  /** One of them. */
  async find(viewer: Viewer, id: string): Promise<Result<Subscription>> {
    const found =
      (await this.#ids(viewer, id)).length > 0 ? await this.#webhooks.byId(viewer, id) : undefined;
    const [subscription] = found ? await this.#describe([found]) : [];
    return subscription ? ok(subscription) : refused(UNKNOWN);
  }

  /** Ends one: its webhook is deleted, with what waits for it. */
  async unsubscribe(viewer: Viewer, id: string): Promise<Result<string>> {
    if ((await this.#ids(viewer, id)).length === 0) return refused(UNKNOWN);
    return this.#webhooks.remove(viewer, id);
  }

  async #ids(viewer: Viewer, id: string | null): Promise<string[]> {
    if (id !== null && kindOfId(id) !== 'webhook') return [];
    const { text, values } = collect(
      (add) => `select w.id from webhooks w
        where w.subscription and w.deleted_at is null and w.login_id = ${add(viewer.loginId)}
          and (${webhookManaged(viewer)(add)}) and (${add(id)}::text is null or w.id = ${add(id)})
        order by w.id`,
    );
    return (await this.#pool.query<{ id: string }>(text, values)).rows.map((row) => row.id);
  }

  async #describe(webhooks: WebhookView[]): Promise<Subscription[]> {
    const ids = webhooks.map((webhook) => webhook.id);
    const [endpoints, triggers, off] = await Promise.all([
      this.#webhooks.endpointsOf(ids),
      this.#webhooks.triggersOf(ids),
      this.#webhooks.offEndpointsOf(ids),
    ]);
    const described = webhooks.map(async (webhook) => {
      const trigger = triggers.get(webhook.id)?.[0];
      return {
        id: webhook.id,
        webhookNumber: webhook.number,
        name: webhook.name,
        targetUrl: endpoints.get(webhook.id)?.[0]?.target ?? '',
        resource: trigger?.resource ?? '',
        event: trigger?.event ?? '',
        status: webhook.status,
        statusReason: await statusReason(webhook.status, {
          triggers: () => Promise.resolve(triggers.get(webhook.id)!),
          endpointsOff: () => Promise.resolve(off.get(webhook.id)!),
        }),
        createdAt: webhook.createdAt,
      };
    });
    return Promise.all(described);
  }
}

function readTexts(
  input: SubscriptionInput,
): Result<{ targetUrl: string; resource: string; event: string; name: string | null }> {
  const problems: Problem[] = [];
  for (const field of ['targetUrl', 'resource', 'event'] as const)
    if (typeof input[field] !== 'string' || input[field] === '')
      problems.push(problem('REQUIRED', [field], `Give ${field} as a text.`));
  if (input.name != null && typeof input.name !== 'string')
    problems.push(problem('INVALID', ['name'], 'name is a text.'));
  if (problems.length > 0) return refused(...problems);
  const { targetUrl, resource, event, name } = input as Record<keyof SubscriptionInput, string>;
  return ok({ targetUrl, resource, event, name: name ?? null });
}

/** The field of the program's input that a field of the webhook's was made from. */
function ofInput(found: Problem): Problem {
  const path = found.field?.join('.') ?? '';
  if (path.startsWith('endpoints')) return { ...found, field: ['targetUrl'] };
  if (path.startsWith('triggers'))
    return { ...found, field: [path.endsWith('event') ? 'event' : 'resource'] };
  return path.startsWith('details') ? { ...found, field: ['name'] } : found;
}
