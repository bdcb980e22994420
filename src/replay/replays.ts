/**
 * Replays as they are asked for: counted, started, held, gone on with, cancelled, read. Comes in: who asks, as the rule of
 * what that caller manages. Goes out: the replay's id, or why not. The set of what is sent is fixed and written before (items.ts), then
 * in one transaction the replay and its entry of the audit log; src/replay/pump.ts carries it out, on whatever process.
 */
import type pg from 'pg';

import { recordAudit } from '../audit/audit-log.ts';
import { collect } from '../db/fragment.ts';
import { checkKey, findKey, inputFingerprint, type KeyUse, takeKey } from '../db/idempotency-keys.ts';
import type { Keep } from '../db/partitions.ts';
import { readerOf, type Sql, type SqlFragment, transactionOfResult } from '../db/sql.ts';
import { ok, type Problem, problem, refused, type Result } from '../errors.ts';
import type { BoundedCount } from '../history/history.ts';
import { sendableFrom } from '../history/retention-plan.ts';
import { kindOfId, newId } from '../ids.ts';
import { forgetItems } from './forget.ts';
import { writeItems } from './items.ts';
import { endedSql, matchedSql, type Wish } from './matched.ts';
import { readReplays, type ReplayRow, type ReplayStatus, withIds } from './rows.ts';
import { takeBack } from './settle.ts';
import { problemsOfCount, problemsOfStart } from './wrong-wish.ts';

/** A preview counts no further. */
const PREVIEW_LIMIT = 10_000;
/** The most deliveries a second that a replay may be given. */
const MAX_RATE = 1_000;

/** Who asks; managed is over the alias w of webhooks, visible over r of replays. */
export interface ReplayCaller {
  loginId: string;
  accountId: string;
  managed: SqlFragment;
  visible: SqlFragment;
}

/** What is asked for. */
export interface ReplayStart extends Wish {
  ratePerSecond: number;
}

/** What a caller may do with a replay that is there: from which states, and to which. */
const STEPS = {
  pause: { from: ['RUNNING'], to: 'PAUSED' },
  resume: { from: ['PAUSED'], to: 'RUNNING' },
  cancel: { from: ['RUNNING', 'PAUSED'], to: 'CANCELLED' },
} as const satisfies Record<string, { from: readonly ReplayStatus[]; to: ReplayStatus }>;

/** A key of STEPS. */
export type ReplayStep = keyof typeof STEPS;

const UNKNOWN = refused(problem('NOT_FOUND', ['id'], 'There is no such replay that you may manage.'));

const NOTHING = refused(
  problem(
    'INVALID_STATE',
    ['filter'],
    'Nothing that matches can be sent again now. What is on its way is left out, and so is what goes to a webhook, an endpoint or a mailbox that is off, or whose payload is no longer kept: wait, enable it, or widen the filter.',
  ),
);

const NO_MATCH = refused(
  problem('INVALID_STATE', ['filter'], 'Nothing that matches has come to its end: widen the filter.'),
);

/** Starts replays and moves them from state to state. */
export class Replays {
  readonly #options: { pool: pg.Pool; keep: Keep; maxMatched: number };

  /** pool plans statements over the whole history; maxMatched is the most that one replay may match. */
  constructor(options: { pool: pg.Pool; keep: Keep; maxMatched: number }) {
    this.#options = options;
  }

  /** How many deliveries a replay would send now, counted up to 10,000. */
  async preview(caller: ReplayCaller, wish: Wish): Promise<Result<BoundedCount>> {
    const { pool } = this.#options;
    const wrong = await problemsOfCount(pool, caller, wish);
    if (wrong.length > 0) return refused(...wrong);
    const matched = await this.#matched(pool, caller, wish);
    const { text, values } = collect(
      (add) =>
        `select count(*)::int as count from (select 1 from (${matched(add)}) m limit ${add(PREVIEW_LIMIT + 1)}) counted`,
    );
    const { rows } = await pool.query<{ count: number }>(text, values);
    const { count } = rows[0]!;
    return ok(
      count > PREVIEW_LIMIT
        ? { value: PREVIEW_LIMIT, precision: 'AT_LEAST' }
        : { value: count, precision: 'EXACT' },
    );
  }

  /** Fixes the set and starts; codes: INVALID, NOT_FOUND, INVALID_STATE (nothing matches), TOO_MANY, those of the key. */
  async start(
    caller: ReplayCaller,
    input: ReplayStart,
    idempotencyKey: string | null,
  ): Promise<Result<string>> {
    const wrong = [
      idempotencyKey === null ? null : checkKey(idempotencyKey),
      rateProblem(input.ratePerSecond),
      ...(await problemsOfStart(this.#options.pool, caller, input)),
    ].filter((found) => found !== null);
    if (wrong.length > 0) return refused(...wrong);
    const { pool, maxMatched } = this.#options;
    const use = idempotencyKey === null ? null : keyUse(caller, idempotencyKey, input);
    const known = use && (await findKey(pool, use));
    if (known && !known.ok) return known;
    if (known?.value) return ok(known.value[0]!);
    const id = newId('replay');
    const matched = await writeItems(pool, id, await this.#matched(pool, caller, input), maxMatched);
    if (matched === 0)
      return input.missingFor !== null || (await this.#isThere(pool, caller, input)) ? NOTHING : NO_MATCH;
    if (matched > maxMatched) return refused(this.#tooMany());
    const started = await transactionOfResult(pool, async (sql): Promise<Result<string>> => {
      if (use !== null) {
        const taken = await takeKey(sql, use, [id]);
        if (!taken.ok) return taken;
        if (taken.value) return ok(taken.value[0]!);
      }
      await writeReplay(sql, id, caller, input, matched);
      return ok(id);
    });
    // The same call came twice at once. Where the answer to a commit is lost nobody knows: housekeeping looks later.
    if (!started.ok || started.value !== id) await forgetItems(pool, id);
    return started;
  }

  /** Holds, goes on, or cancels; what is so already stays so. Codes: NOT_FOUND, INVALID_STATE. */
  async move(caller: ReplayCaller, id: string, step: ReplayStep): Promise<Result<string>> {
    const { from, to } = STEPS[step];
    return transactionOfResult(this.#options.pool, async (sql) => {
      if (!(await this.#byId(sql, caller.visible, id))) return UNKNOWN;
      // Its row is what a round of the pump holds: behind this lock nothing more of it is queued.
      const { rows } = await sql.query<{ status: ReplayStatus; account_id: string }>(
        'select status, account_id from replays where id = $1 for update',
        [id],
      );
      const { status, account_id: scopeId } = rows[0]!;
      if (status === to) return ok(id);
      if (!(from as readonly ReplayStatus[]).includes(status))
        return refused(
          problem(
            'INVALID_STATE',
            ['id'],
            `The replay is ${status.toLowerCase()} already: start another one for what is to be sent again.`,
          ),
        );
      await sql.query(
        `update replays set status = $2, paced_at = clock_timestamp(),
                            finished_at = case when $2 = 'CANCELLED' then clock_timestamp() end
         where id = $1`,
        [id, to],
      );
      // What is left of many, the pump takes back.
      if (to === 'CANCELLED') await takeBack(sql, id, 0);
      await recordAudit(readerOf(sql), {
        ...{ loginId: caller.loginId, action: `replay.${step}`, subjectId: id, scopeId },
        changes: { status: { from: status, to } },
      });
      return ok(id);
    });
  }

  /** One replay, or null. */
  async byId(visible: SqlFragment, id: string): Promise<ReplayRow | null> {
    return (await this.#byId(this.#options.pool, visible, id)) ?? null;
  }

  /** The newest ones. */
  list(visible: SqlFragment, limit: number): Promise<ReplayRow[]> {
    return readReplays(this.#options.pool, visible, limit);
  }

  async #byId(sql: Sql, visible: SqlFragment, id: string): Promise<ReplayRow | undefined> {
    if (kindOfId(id) !== 'replay') return undefined;
    const where: SqlFragment = (add) => `${withIds([id])(add)} and (${visible(add)})`;
    return (await readReplays(sql, where, 1))[0];
  }

  async #matched(sql: Sql, { managed }: ReplayCaller, wish: Wish): Promise<SqlFragment> {
    const kept = await sendableFrom(sql, this.#options.keep, Date.now());
    return matchedSql(wish, { managed, kept });
  }

  /** Whether anything matches that has ended, be it sendable or not. */
  async #isThere(sql: Sql, { managed }: ReplayCaller, { filter }: Wish): Promise<boolean> {
    const { text, values } = collect((add) => `select exists (${endedSql(filter, managed)(add)}) as there`);
    return (await sql.query<{ there: boolean }>(text, values)).rows[0]!.there;
  }

  #tooMany(): Problem {
    const limit = this.#options.maxMatched.toLocaleString('en');
    return problem(
      'TOO_MANY',
      ['filter'],
      `More than ${limit} deliveries match: narrow the time range, and replay one part after the other (BELLWIRE_MAX_REPLAY).`,
    );
  }
}

function keyUse({ loginId }: ReplayCaller, key: string, input: ReplayStart): KeyUse {
  return { loginId, key, operation: 'replayStart', fingerprint: inputFingerprint(input) };
}

async function writeReplay(
  sql: Sql,
  id: string,
  { loginId, accountId }: ReplayCaller,
  { filter, missingFor, ratePerSecond }: ReplayStart,
  matched: number,
): Promise<void> {
  const given = JSON.stringify(filter, (_key, value: unknown) => value ?? undefined);
  await sql.query(
    `insert into replays (id, account_id, login_id, filter, missing_for, matched, rate_per_second)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [id, accountId, loginId, given, missingFor, matched, ratePerSecond],
  );
  const made = { filter: JSON.parse(given) as unknown, missingFor, ratePerSecond, matched };
  await recordAudit(readerOf(sql), {
    ...{ loginId, action: 'replay.start', subjectId: id, scopeId: accountId },
    changes: Object.fromEntries(
      Object.entries(made).flatMap(([field, to]) => (to === null ? [] : [[field, { from: null, to }]])),
    ),
  });
}

function rateProblem(rate: number): Problem | null {
  if (rate >= 1 && rate <= MAX_RATE) return null;
  return problem(
    'INVALID',
    ['ratePerSecond'],
    `The rate must be from 1 to ${MAX_RATE} a second, it is ${rate}.`,
  );
}
