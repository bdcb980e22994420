/** What happens to a running system by chance: its processes and its database are killed, its webhooks are switched and edited. */
import { setTimeout as sleep } from 'node:timers/promises';

import type { Kill } from './books.ts';
import type { Ground } from './ground.ts';
import { type Chance, tally } from './numbers.ts';
import type { ServerNode } from './server-node.ts';
import { type SoakWebhook, TIMEOUT_MS } from './webhooks.ts';

/** The kinds of kills, each as likely as it stands here. */
export const KILLS = [
  'SIGKILL',
  'SIGKILL',
  'SIGKILL',
  'SIGTERM',
  'PostgreSQL restart immediate',
  'PostgreSQL kill -9',
] as const;

/** How long a server may take to end after SIGTERM beyond its grace, ms. */
const STOP_MS = 15_000;

/** Kills until it is stopped; the record of it. */
export class Killer {
  readonly kills: Kill[] = [];
  /** What did not end as it should. */
  readonly faults: string[] = [];
  readonly #ground: Ground;
  readonly #senders: ServerNode[];
  readonly #chance: Chance;

  constructor(ground: Ground, senders: ServerNode[], chance: Chance) {
    this.#ground = ground;
    this.#senders = senders;
    this.#chance = chance;
  }

  /** Kills something of a kind; resolves when it is back. */
  async kill(kind: (typeof KILLS)[number]): Promise<void> {
    const kill: Kill = { kind, at: Date.now(), until: Infinity, inFlight: await this.#inFlight() };
    this.kills.push(kill);
    if (kind === 'PostgreSQL restart immediate') await this.#ground.postgres.crash('SIGQUIT');
    else if (kind === 'PostgreSQL kill -9') await this.#ground.postgres.crash('SIGKILL');
    else await this.#restart(this.#chance.pick(this.#senders), kind);
    kill.until = Date.now();
  }

  /** Kills at random moments, as far apart as given, ms, until told to stop. */
  async rage(everyMs: [number, number], stop: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(this.#chance.between(...everyMs), undefined, { signal: stop }).catch(() => undefined);
      if (stop.aborted) return;
      await this.kill(this.#chance.pick(KILLS));
    }
  }

  /** How many of each kind. */
  counts(): Record<string, number> {
    return tally(this.kills, ({ kind }) => kind);
  }

  /** Of each kind how long it took at most until all was back, ms. */
  longestMs(): Record<string, number> {
    const longest: Record<string, number> = {};
    for (const { kind, at, until } of this.kills) longest[kind] = Math.max(longest[kind] ?? 0, until - at);
    return longest;
  }

  async #restart(node: ServerNode, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const startedAt = performance.now();
    const code = await node.end(signal);
    if (signal === 'SIGTERM' && code !== 0)
      this.faults.push(`${node.name} ended with ${code} after SIGTERM: ${node.tail}`);
    if (performance.now() - startedAt > STOP_MS)
      this.faults.push(`${node.name} took more than ${STOP_MS / 1000} s to end after ${signal}`);
    await node.keepStarting();
  }

  async #inFlight(): Promise<number | null> {
    try {
      const [row] = await this.#ground.rows<{ count: number }>(
        'select count(sender)::int as count from delivery_queue',
      );
      return row!.count;
    } catch {
      return null;
    }
  }
}

const UPDATE = `mutation ($id: ID!, $input: WebhookInput!) {
  webhookUpdate(id: $id, input: $input) { errors { code message } }
}`;
const SWITCH = (name: string): string =>
  `mutation ($id: ID!) { ${name}(id: $id) { errors { code message } } }`;
const WAITING = `query ($webhookId: ID!) {
  deliveries(first: 3, filter: { webhookId: $webhookId, status: [PENDING, RETRY_SCHEDULED] }) { nodes { id } }
}`;

/** When an answered switch had an endpoint off: from the answer to the moment at which its way back was asked for. */
interface Off {
  endpoint: string;
  from: number;
  until: number;
}

/** What on the wire at a switch may still arrive, after its answer: its timeout, and some for a busy machine, ms. */
const STILL_ARRIVES_MS = TIMEOUT_MS + 1_000;

/** Switches, edits and cancels at random, through the API, until it is stopped. */
export class Editor {
  /** What was done, by name; what the API could not answer for (the database was away) counts as failed. */
  readonly done: Record<string, number> = {};
  readonly #off: Off[] = [];
  readonly #api: ServerNode;
  readonly #webhooks: SoakWebhook[];
  readonly #chance: Chance;

  constructor(api: ServerNode, webhooks: SoakWebhook[], chance: Chance) {
    this.#api = api;
    this.#webhooks = webhooks;
    this.#chance = chance;
  }

  /** Does something at random moments until told to stop; everything is on at the end. */
  async meddle(everyMs: [number, number], stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await sleep(this.#chance.between(...everyMs), undefined, { signal: stop }).catch(() => undefined);
      if (!stop.aborted) await this.#one(this.#chance.pick(this.#webhooks));
    }
  }

  /** Requests that began although their endpoint had been off for longer than what was on the wire needs. */
  arrivedWhileOff(arrivals: { endpoint: string; at: number; deliveryId: string }[]): string[] {
    return arrivals
      .filter(({ endpoint, at }) =>
        this.#off.some(
          (off) => off.endpoint === endpoint && at > off.from + STILL_ARRIVES_MS && at < off.until,
        ),
      )
      .map(({ deliveryId }) => deliveryId);
  }

  async #one(webhook: SoakWebhook): Promise<void> {
    const choice = this.#chance.pick(['edit', 'cancel', 'switch webhook', 'switch endpoint']);
    if (choice === 'edit') return this.#edit(webhook);
    if (choice === 'cancel') return this.#cancel(webhook);
    if (choice === 'switch webhook') return this.#switch(webhook, 'webhook', webhook.id);
    return this.#switch(webhook, 'endpoint', webhook.endpointId);
  }

  async #edit(webhook: SoakWebhook): Promise<void> {
    const timeoutMs = TIMEOUT_MS - Math.floor(this.#chance.between(0, 200));
    await this.#call('edited', UPDATE, {
      id: webhook.id,
      input: {
        details: { name: webhook.name, description: `Edited at ${Date.now()}` },
        endpoints: [{ id: webhook.endpointId, advanced: { timeoutMs } }],
      },
    });
  }

  async #cancel(webhook: SoakWebhook): Promise<void> {
    const answer = await this.#api.api.send(WAITING, { webhookId: webhook.id }).catch(() => undefined);
    for (const { id } of answer?.data?.deliveries?.nodes ?? [])
      await this.#call('cancelled', SWITCH('deliveryCancel'), { id });
  }

  async #switch(webhook: SoakWebhook, what: 'webhook' | 'endpoint', id: string): Promise<void> {
    const off = await this.#call(`${what} disabled`, SWITCH(`${what}Disable`), { id });
    const from = performance.now();
    await sleep(this.#chance.between(500, 6_000));
    // Where the answer was lost nobody knows whether it is off; on it must be all the same.
    if (off) this.#off.push({ endpoint: webhook.name, from, until: performance.now() });
    while (!(await this.#call(`${what} enabled`, SWITCH(`${what}Enable`), { id }))) await sleep(250);
  }

  async #call(name: string, query: string, variables: Record<string, unknown>): Promise<boolean> {
    const answer = await this.#api.api.send(query, variables).catch(() => undefined);
    const payload = answer?.data && (Object.values(answer.data as object)[0] as { errors: unknown[] } | null);
    const ok = !answer?.errors && payload?.errors.length === 0;
    const key = ok ? name : `${name}: failed`;
    this.done[key] = (this.done[key] ?? 0) + 1;
    return ok;
  }
}
