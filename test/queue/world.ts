/** What the state machine's property test plays with: a webhook with three endpoints, its senders, owners and switches. */
import type pg from 'pg';

import { transaction } from '../../src/db/sql.ts';
import { newId } from '../../src/ids.ts';
import { reviveMailboxes, suppressMailbox, unsubscribeMailbox } from '../../src/mailboxes/mailboxes.ts';
import { releaseAwaiting, settleAwaiting } from '../../src/queue/awaiting.ts';
import { cancelDeliveries, cancelNow } from '../../src/queue/cancel.ts';
import { claim, type ClaimTerms } from '../../src/queue/claim.ts';
import { complete, type Completion, release } from '../../src/queue/complete.ts';
import { claimDigests } from '../../src/queue/digests.ts';
import { enqueue } from '../../src/queue/enqueue.ts';
import { expireWaiting, type OlderThan } from '../../src/queue/expire.ts';
import type { Job } from '../../src/queue/job.ts';
import { promoteOrphans } from '../../src/queue/order.ts';
import { releaseOrder } from '../../src/queue/release-order.ts';
import { requeue, type Requeued } from '../../src/queue/requeue.ts';
import { takeExpired } from '../../src/queue/rescue.ts';
import { retryNow } from '../../src/queue/retry.ts';
import { type DeliveryStatus, openStatus, type StepCause, STEPS } from '../../src/queue/status.ts';
import { sweep } from '../../src/queue/sweep.ts';
import { withdraw } from '../../src/queue/withdraw.ts';

/** Whether the table has a step, by this cause. */
function isLegal(from: DeliveryStatus, to: DeliveryStatus, by: StepCause): boolean {
  return STEPS.some((step) => step.from === from && step.to === to && step.by === by);
}

/** A line of the log. */
interface Line {
  delivery_id: string;
  version: number;
  kind: string;
  attempt_number: number | null;
  failure_code: string | null;
}

/** What a line says of what made the step: a result has the number of its attempt, an expiry its code. */
function causeOf({ kind, attempt_number, failure_code }: Line): StepCause {
  if (kind === 'CANCELLED') return 'cancel';
  if (kind === 'SUCCEEDED') return 'success';
  if (kind === 'FAILED') return failure_code === 'EXPIRED' ? 'expiry' : 'last failure';
  return attempt_number === null ? 'retry by hand' : 'failure';
}

/** What somebody says to the mailbox, or its server. */
export type Word = 'confirm' | 'unsubscribe' | 'suppress' | 'revive';

/** A webhook with an endpoint that keeps no order, one that does and one that is a mailbox, and two senders that may die. */
export class World {
  readonly #pool: pg.Pool;
  readonly #loginId: string;
  readonly webhookId = newId('webhook');
  readonly endpoints = [newId('endpoint'), newId('endpoint'), newId('endpoint')];
  readonly mailboxId = newId('mailbox');
  /** Whether the owner may have confirmed: before that no claim may bring a mail. */
  asked = false;
  /** How many a word let go, how many were settled without one, and how many went together. */
  readonly mailed = { released: 0, settled: 0, digested: 0 };
  readonly deliveries: string[] = [];
  /** The event of each delivery. */
  readonly events = new Map<string, string>();
  /** What retention was asked to end, and how many it says that it has ended. */
  readonly expiries: OlderThan[] = [];
  expired = 0;
  /** What each sender believes that it holds. */
  readonly held: Job[][] = [[], []];
  /** What replays have queued, and not taken back. */
  readonly #replayed: Requeued[] = [];
  readonly #turns = new Map<string, Promise<void>>();

  /** loginId is an account that is there. */
  constructor(pool: pg.Pool, loginId: string) {
    this.#pool = pool;
    this.#loginId = loginId;
  }

  async make(): Promise<void> {
    // An expiry ends what is old, whosever it is: a world that failed, while a shorter one is looked for, leaves rows behind.
    await this.#pool.query('delete from delivery_queue');
    await this.#pool.query(
      `insert into webhooks (id, account_id, login_id, name, description) values ($1, $2, $2, 'World', '')`,
      [this.webhookId, this.#loginId],
    );
    for (const [position, id] of this.endpoints.entries())
      await this.#pool.query(
        `insert into endpoints (id, webhook_id, position, kind, target, timeout_ms, ordering)
         values ($1, $2, $3, $5, $6, 1000, $4)`,
        [
          ...[id, this.webhookId, position, position === 1 ? 'PER_ENTITY' : 'NONE'],
          ...(position === 2 ? ['EMAIL', 'ann@example.com'] : ['URL', 'http://127.0.0.1:9/']),
        ],
      );
    await this.#pool.query(
      `insert into mailboxes (id, endpoint_id, address, given, nonce, asked_at)
       values ($1, $2, 'ann@example.com', 'ann@example.com', '', array[clock_timestamp()])`,
      [this.mailboxId, this.endpoints[2]],
    );
  }

  /** One after the other for each entity: publishes in parallel have no order among them. */
  publish(entity: string): Promise<void> {
    const turn = (this.#turns.get(entity) ?? Promise.resolve()).then(() => this.#publish(entity));
    this.#turns.set(entity, turn);
    return turn;
  }

  async #publish(entity: string): Promise<void> {
    const eventId = newId('event');
    await transaction(this.#pool, async (sql) => {
      await sql.query(
        `insert into events (id, login_id, path, team_ids, resource, name, entity_id, occurred_at)
         values ($1, $2, array[$2::text], '{}', 'clients', 'create', $3, now())`,
        [eventId, this.#loginId, entity],
      );
      await sql.query(`insert into event_payloads (event_id, payload) values ($1, '{}')`, [eventId]);
      const { rows } = await sql.query<{ id: string; ordering: string; at: string; status: string | null }>(
        `select ep.id, ep.ordering, statement_timestamp()::text as at, mb.status
         from endpoints ep join webhooks w on w.id = ep.webhook_id left join mailboxes mb on mb.endpoint_id = ep.id
         where w.id = $1 and w.enabled and ep.disabled_as is null
           and coalesce(mb.status, 'CONFIRMED') in ('UNCONFIRMED', 'CONFIRMED') order by ep.position`,
        [this.webhookId],
      );
      const made = rows.map((row) => ({
        ...{ id: newId('delivery'), eventId, webhookId: this.webhookId, endpointId: row.id, delayMs: 0 },
        ...{ resource: 'clients', event: 'create', entityId: entity },
        entityKey: row.ordering === 'PER_ENTITY' ? entity : null,
        mailbox: row.status === null ? null : { id: this.mailboxId, awaiting: row.status === 'UNCONFIRMED' },
      }));
      if (rows.length > 0) await enqueue(sql, made, 'EVENT', rows[0]!.at);
      for (const { id } of made) {
        this.deliveries.push(id);
        this.events.set(id, eventId);
      }
    });
  }

  terms(sender: number): ClaimTerms {
    return {
      sender: `${this.webhookId} ${sender}`,
      ...{ leaseMarginMs: 600_000, endpointLeaseMs: 10_000, endpointConcurrency: 100 },
    };
  }

  async claim(sender: number, want: number): Promise<void> {
    const asks = this.endpoints.map((endpointId) => ({
      ...{ endpointId, want, inFlight: 0, ratePerSecond: null, exclusive: false, recount: false },
      since: { first: null, retry: null },
    }));
    const { jobs } = await claim(this.#pool, this.terms(sender), asks, want % 2 === 0);
    this.#hold(sender, jobs);
  }

  /** What is claimed is on the wire; nothing is for an owner who was not asked. */
  #hold(sender: number, jobs: Job[]): void {
    this.held[sender]!.push(...jobs);
    if (!this.asked) expect(jobs.filter(({ mailboxId }) => mailboxId !== null)).toEqual([]);
  }

  /** Claims what waits to go together. */
  async claimDigests(sender: number, size: number): Promise<void> {
    const groups = await claimDigests(this.#pool, { ...this.terms(sender), size });
    for (const jobs of groups) {
      expect(jobs.length).toBeLessThanOrEqual(size);
      expect(new Set(jobs.map(({ mailboxId }) => mailboxId))).toEqual(new Set([this.mailboxId]));
      this.mailed.digested += jobs.length;
      this.#hold(sender, jobs);
    }
  }

  /** As the pages, the mail server and the switch do it, which hold the webhook and the mailbox. */
  async say(word: Word): Promise<void> {
    await transaction(this.#pool, async (sql) => {
      const { rows } = await sql.query<{ status: string }>(
        `select m.status from webhooks w join endpoints ep on ep.webhook_id = w.id join mailboxes m on m.endpoint_id = ep.id
         where m.id = $1 for update of w, m`,
        [this.mailboxId],
      );
      const { status } = rows[0]!;
      if (word === 'revive') return reviveMailboxes(sql, [this.endpoints[2]!]);
      if (word === 'unsubscribe') return unsubscribeMailbox(sql, this.mailboxId);
      if (word === 'suppress') return suppressMailbox(sql, this.mailboxId, '550 no such user');
      if (status !== 'UNCONFIRMED') return;
      this.asked = true;
      await sql.query(
        `update mailboxes set status = 'CONFIRMED', confirmed_at = clock_timestamp(), changed_at = clock_timestamp() where id = $1`,
        [this.mailboxId],
      );
      this.mailed.released += await releaseAwaiting(sql, this.mailboxId);
    });
  }

  /** Days pass, or none; then somebody settles what waits for the owner. */
  async settle(days: number): Promise<void> {
    await this.#pool.query(
      `update delivery_queue set due_at = due_at - $2::int * interval '1 day' where webhook_id = $1 and rank = 3`,
      [this.webhookId, days],
    );
    this.mailed.settled += await settleAwaiting(this.#pool, 100);
  }

  async finish(sender: number, next: Completion['next']): Promise<void> {
    const jobs = this.held[sender]!.splice(0);
    if (jobs.length > 0)
      await complete(
        this.#pool,
        jobs.map((job) => result(job, next)),
      );
  }

  /** Those to the mailbox wait for the others, where it has had its mails of this minute. */
  async giveBack(sender: number, digestMs: number | null = null): Promise<void> {
    const jobs = this.held[sender]!.splice(0);
    const together = digestMs === null ? [] : jobs.filter(({ mailboxId }) => mailboxId !== null);
    const alone = jobs.filter((job) => !together.includes(job));
    if (alone.length > 0) await release(this.#pool, alone);
    if (together.length > 0) await release(this.#pool, together, digestMs);
  }

  /** All leases of a sender run out; somebody takes them over. What it holds stays in its memory: it may come back late. */
  async rescue(sender: number): Promise<void> {
    await this.#pool.query('update delivery_queue set due_at = clock_timestamp() where sender = $1', [
      this.terms(sender).sender,
    ]);
    const lost = await takeExpired(this.#pool, `${this.webhookId} rescuer`, 100, 60_000);
    const batch = lost.map((row) => ({
      ...result({ ...row } as unknown as Job, 'RETRY'),
      ...{ outcome: 'LOST' as const, failureCode: 'SENDER_LOST' as const, telling: false },
    }));
    if (batch.length > 0) await complete(this.#pool, batch);
  }

  async switch(on: boolean, endpoint: number | null): Promise<void> {
    await transaction(this.#pool, async (sql) => {
      await sql.query('select from webhooks where id = $1 for update', [this.webhookId]);
      if (endpoint === null) {
        await sql.query(
          `update webhooks set enabled = $2, updated_at = clock_timestamp(),
             enabled_at = case when $2 and not enabled then clock_timestamp() else enabled_at end where id = $1`,
          [this.webhookId, on],
        );
        if (!on) await cancelDeliveries(sql, { webhookId: this.webhookId });
        return;
      }
      const id = this.endpoints[endpoint]!;
      await sql.query(
        `update endpoints set disabled_as = case when $2 then null else 'DISABLED' end,
           disabled_at = case when $2 then null else clock_timestamp() end,
           enabled_at = case when $2 and disabled_as is not null then clock_timestamp() else enabled_at end where id = $1`,
        [id, on],
      );
      if (!on) await cancelDeliveries(sql, { endpointIds: [id] });
    });
  }

  async edit(ordering: 'NONE' | 'PER_ENTITY'): Promise<void> {
    await transaction(this.#pool, async (sql) => {
      await sql.query('update endpoints set ordering = $2, version = version + 1 where id = $1', [
        this.endpoints[1],
        ordering,
      ]);
      if (ordering === 'NONE') await releaseOrder(sql, this.endpoints[1]!);
    });
  }

  async byHand(pick: number, act: 'retry' | 'cancel'): Promise<void> {
    const id = this.deliveries[pick % Math.max(1, this.deliveries.length)];
    if (id !== undefined)
      await transaction(this.#pool, (sql) => (act === 'retry' ? retryNow(sql, id) : cancelNow(sql, id)));
  }

  /** A replay queues every second one of those that are closed, from one of them on. */
  async replay(pick: number): Promise<void> {
    const ids = this.deliveries
      .slice(pick % Math.max(1, this.deliveries.length))
      .filter((_id, at) => at % 2 === 0);
    const queued = await transaction(this.#pool, (sql) => requeue(sql, ids, { deliveryId: '', eventId: '' }));
    this.#replayed.push(...queued);
  }

  /** What replays have queued is taken back, where nobody has it. */
  async withdraw(): Promise<void> {
    await transaction(this.#pool, (sql) => withdraw(sql, this.#replayed.splice(0)));
  }

  /** Retention is about to forget what is older than one of them: what waits for it ends. */
  async expire(pick: number, by: OlderThan['by'], limit: number): Promise<void> {
    const id = this.deliveries[pick % Math.max(1, this.deliveries.length)];
    if (id === undefined) return;
    const older = { by, below: by === 'id' ? id : this.events.get(id)! };
    this.expiries.push(older);
    const count = await expireWaiting(this.#pool, older, limit);
    expect(count).toBeLessThanOrEqual(limit);
    this.expired += count;
  }

  /** Every delivery's state, and whether it stands in exactly one place. */
  async states(): Promise<Map<string, { status: DeliveryStatus; version: number }>> {
    const { rows } = await this.#pool.query<{ id: string; status: DeliveryStatus; version: number }>(
      `select q.id, ${openStatus('q')} as status, q.version from delivery_queue q where q.webhook_id = $1
       union all select id, status, version from deliveries where webhook_id = $1`,
      [this.webhookId],
    );
    expect(rows.map((row) => row.id).sort()).toEqual([...this.deliveries].sort());
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** The log of every delivery is a way through the table, without a gap, to where the delivery stands. */
  async checkLog(): Promise<number> {
    const states = await this.states();
    const { rows } = await this.#pool.query<Line>(
      `select delivery_id, version, kind, attempt_number, failure_code from delivery_log where webhook_id = $1
       order by delivery_id, version`,
      [this.webhookId],
    );
    for (const [id, { status, version }] of states) {
      const lines = rows.filter((row) => row.delivery_id === id);
      expect(lines.map((line) => line.version)).toEqual(lines.map((_, index) => index + 1));
      expect(lines.at(-1)!.version).toBe(version);
      let at: DeliveryStatus = 'PENDING';
      expect(lines[0]!.kind).toBe('CREATED');
      for (const line of lines.slice(1)) {
        const to = line.kind as DeliveryStatus;
        const by = causeOf(line);
        // A claim is not logged: it may stand between any two lines.
        const legal =
          isLegal(at, to, by) || (isLegal(at, 'IN_FLIGHT', 'claim') && isLegal('IN_FLIGHT', to, by));
        expect([at, to, by, legal]).toEqual([at, to, by, true]);
        at = to;
      }
      expect([
        status === at || (status === 'IN_FLIGHT' && isLegal(at, 'IN_FLIGHT', 'claim')),
        at,
        status,
      ]).toEqual([true, at, status]);
    }
    this.#checkExpired(rows);
    const { rows: counts } = await this.#pool.query<{ id: string }>(
      `select q.id from delivery_queue q where q.webhook_id = $1 and (
         (select count(*) from attempts a where a.delivery_id = q.id) <> q.attempt_count - (q.sender is not null)::int)
       union all
       select d.id from deliveries d where d.webhook_id = $1 and (
         (select count(*) from attempts a where a.delivery_id = d.id) <> d.attempt_count)`,
      [this.webhookId],
    );
    // Every attempt that was counted has its record, and there is none that was not counted.
    expect(counts).toEqual([]);
    return rows.length;
  }

  /** Retention has ended what it was asked to end, and has counted it. */
  #checkExpired(lines: Line[]): void {
    const expired = lines.filter((line) => causeOf(line) === 'expiry').map((line) => line.delivery_id);
    expect(expired).toHaveLength(this.expired);
    for (const id of expired)
      expect(this.expiries.some(({ by, below }) => (by === 'id' ? id : this.events.get(id)!) < below)).toBe(
        true,
      );
  }

  /** One row of an entity at most can be claimed, and it is the first of them. */
  async checkOrder(): Promise<void> {
    const { rows } = await this.#pool.query(
      `select q.id from delivery_queue q where q.webhook_id = $1 and q.entity_key is not null and not q.blocked
         and exists (select 1 from delivery_queue o where o.endpoint_id = q.endpoint_id and o.entity_key = q.entity_key
                     and o.entity_seq < q.entity_seq)`,
      [this.webhookId],
    );
    expect(rows).toEqual([]);
  }

  /** One event waits in vain, the next until the owner confirms, and another one to go with it. */
  async #askTheOwner(): Promise<void> {
    await this.say('unsubscribe');
    await this.say('revive');
    await this.publish('x');
    await this.settle(8);
    await this.publish('x');
    await this.say('confirm');
    await this.gather(0);
  }

  /** Claims what goes to the mailbox, and gives it back to go together. */
  async gather(sender: number): Promise<void> {
    await this.claim(sender, 99);
    await this.giveBack(sender, 60_000);
  }

  /** With everything switched on again, all that is open comes to an end. */
  async drain(): Promise<void> {
    await this.switch(true, null);
    for (const at of this.endpoints.keys()) await this.switch(true, at);
    this.held.forEach((jobs) => jobs.splice(0));
    await this.#askTheOwner();
    for (let round = 0; round < 60; round += 1) {
      await this.rescue(0);
      await this.rescue(1);
      await sweep(this.#pool, 100);
      await promoteOrphans(this.#pool);
      await settleAwaiting(this.#pool, 100);
      await this.#pool.query(
        'update delivery_queue set due_at = clock_timestamp() where webhook_id = $1 and sender is null',
        [this.webhookId],
      );
      await this.claim(0, 99);
      await this.claimDigests(0, 99);
      await this.finish(0, 'SUCCEEDED');
      const { rows } = await this.#pool.query('select 1 from delivery_queue where webhook_id = $1', [
        this.webhookId,
      ]);
      if (rows.length === 0) return;
    }
    throw new Error('some deliveries never end');
  }
}

function result(job: Job, next: Completion['next']): Completion {
  const ok = next === 'SUCCEEDED';
  return {
    ...{ id: job.id, fence: job.fence, attempt: job.attempt, next, delayMs: 0, telling: true, holdMs: 0 },
    ...{ origin: 'FIRST', outcome: ok ? 'SUCCEEDED' : 'REJECTED', failureCode: ok ? null : 'STATUS' },
    ...{ statusCode: ok ? 204 : 500, startedAt: new Date(), durationMs: 1 },
    ...{ request: '{"url":"","headers":[],"bodyBytes":0}', response: null, phases: null },
  };
}
