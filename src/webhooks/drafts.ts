/**
 * The wizard's drafts. Comes in: what was typed at a step, valid or not; it is kept all the same, so that
 * the wizard can be left at any point and resumed by any client of the same login. Goes out: the draft with
 * everything that saving it would refuse, and in the end the webhook that it became, made by the validator
 * and the writer of webhookCreate in one transaction. The draft's id is the key of its save: repeated or
 * doubled, it gives the same webhook. A crash leaves the last step that was answered.
 */
import { type EntityManager, IsNull, Raw } from 'typeorm';

import { may, missing, webhookVisible } from '../access/policy.ts';
import type { Viewer } from '../access/viewer.ts';
import { ok, type Problem, problem, refused, type Result } from '../errors.ts';
import { kindOfId, newId } from '../ids.ts';
import { WebhookDraftEntity } from './draft.entity.ts';
import { tooLong, tooManyRows } from './draft-limits.ts';
import {
  mergeDetails,
  mergeEndpoints,
  mergeTriggers,
  NO_DETAILS,
  openEndpoints,
  withoutSecrets,
} from './draft-rows.ts';
import { type DraftCheck, type DraftStep, type DraftView, toDraftView } from './draft-view.ts';
import type { EndpointInput, TriggerInput, WebhookDetailsInput } from './inputs.ts';
import { readOutcome, type WebhookOutcome } from './outcome.ts';
import { untilItHolds } from './races.ts';
import { type Plan, validate } from './validate.ts';
import type { WebhooksOptions } from './webhooks.ts';
import { insertWebhook, teamStands } from './write.ts';

/** The most unfinished drafts of a login. */
export const MAX_DRAFTS = 20;
/** How long a draft outlives its last change. */
const IDLE_DAYS = 7;
/** How long an ended one is still told apart from one that never was. */
const REMEMBERED_DAYS = 7;

const STEPS = ['details', 'endpoints', 'triggers'] as const;

/** What came of a step: problems are the step's own; draft is null exactly when nothing was stored. */
export interface DraftOutcome {
  problems: Problem[];
  draft: DraftView | null;
}

const UNKNOWN = problem('NOT_FOUND', ['id'], 'There is no such draft of yours.');
const EXPIRED = problem(
  'DRAFT_EXPIRED',
  ['id'],
  `This draft ended ${IDLE_DAYS} days after its last change; start a new one.`,
);

/** Makes, fills, saves and discards drafts; each belongs to one login, which needs WEBHOOKS_MANAGE. */
export class Drafts {
  readonly #options: WebhooksOptions;

  constructor(options: WebhooksOptions) {
    this.#options = options;
  }

  /** Starts a wizard. */
  async create(viewer: Viewer, input: WebhookDetailsInput | null): Promise<DraftOutcome> {
    if (!may(viewer, 'WEBHOOKS_MANAGE')) return stopped(missing('WEBHOOKS_MANAGE'));
    return this.#options.orm.transaction(async (manager) => {
      // Two at once would both count nineteen.
      await manager.query(`select pg_advisory_xact_lock(hashtextextended($1, 0))`, [
        `drafts of ${viewer.loginId}`,
      ]);
      const open = await manager.countBy(WebhookDraftEntity, unfinished(viewer));
      if (open >= MAX_DRAFTS)
        return stopped(
          problem('TOO_MANY', null, `You have ${open} unfinished drafts; save or discard one of them first.`),
        );
      const id = newId('draft');
      const details = mergeDetails(NO_DETAILS, input ?? {});
      const tooMuch = tooLong({ details, endpoints: [], triggers: [] });
      if (tooMuch) return stopped(tooMuch);
      await manager.insert(WebhookDraftEntity, {
        id,
        loginId: viewer.loginId,
        details,
        expiresAt: () => IN_A_WEEK,
      });
      return { problems: [], draft: await this.#shown(manager, viewer, id) };
    });
  }

  /** Step 1. */
  setDetails(
    viewer: Viewer,
    id: string,
    expectedVersion: number | null,
    input: WebhookDetailsInput,
  ): Promise<DraftOutcome> {
    return this.#step(viewer, id, expectedVersion, 'details', (draft) => {
      draft.details = mergeDetails(draft.details, input);
      return undefined;
    });
  }

  /** Step 2, all rows. */
  setEndpoints(
    viewer: Viewer,
    id: string,
    expectedVersion: number | null,
    input: EndpointInput[],
  ): Promise<DraftOutcome> {
    return this.#step(viewer, id, expectedVersion, 'endpoints', (draft, problems) => {
      const tooMany = tooManyRows('endpoints', input);
      if (tooMany) return tooMany;
      draft.endpoints = mergeEndpoints(this.#options.keyring, draft.endpoints, input, problems);
      return undefined;
    });
  }

  /** Step 3, all rows. */
  setTriggers(
    viewer: Viewer,
    id: string,
    expectedVersion: number | null,
    input: TriggerInput[],
  ): Promise<DraftOutcome> {
    return this.#step(viewer, id, expectedVersion, 'triggers', (draft, problems) => {
      const tooMany = tooManyRows('triggers', input);
      if (tooMany) return tooMany;
      draft.triggers = mergeTriggers(draft.triggers, input, problems);
      return undefined;
    });
  }

  /** Makes the webhook, enabled; the same one again when it was made before, then without secrets. */
  async save(viewer: Viewer, id: string): Promise<DraftOutcome & WebhookOutcome> {
    const nothing = { webhook: null, newSecrets: [] };
    if (!may(viewer, 'WEBHOOKS_MANAGE')) return { ...stopped(missing('WEBHOOKS_MANAGE')), ...nothing };
    const saved = await untilItHolds(async () => {
      const found = await this.#own(this.#options.orm.manager, viewer, id);
      if (!found.ok) return { problems: found.problems, draft: null, ...nothing };
      const draft = found.value;
      if (draft.savedAs !== null) return this.#savedBefore(viewer, draft);
      const plan = await this.#plan(viewer, draft);
      if (!plan.ok) {
        const problems = [incomplete(plan.problems), ...plan.problems];
        return { problems, draft: this.#view(viewer, draft), ...nothing };
      }
      return this.#options.orm.transaction((manager) => this.#insert(manager, viewer, draft, plan.value));
    });
    const busy = problem('CONFLICT', ['id'], 'Somebody else is changing this draft; read it again.');
    return saved ?? { ...stopped(busy), ...nothing };
  }

  /** Throws a draft away; a webhook that it became stays. Returns the id. */
  async discard(viewer: Viewer, id: string): Promise<Result<string>> {
    if (!may(viewer, 'WEBHOOKS_MANAGE')) return refused(missing('WEBHOOKS_MANAGE'));
    if (kindOfId(id) !== 'draft') return refused(UNKNOWN);
    const { affected } = await this.#options.orm
      .getRepository(WebhookDraftEntity)
      .delete({ id, loginId: viewer.loginId });
    return affected === 1 ? ok(id) : refused(UNKNOWN);
  }

  /** A draft of the caller that has not ended, saved or not. */
  async byId(viewer: Viewer, id: string): Promise<DraftView | null> {
    if (!may(viewer, 'WEBHOOKS_MANAGE')) return null;
    const found = await this.#own(this.#options.orm.manager, viewer, id);
    return found.ok ? this.#view(viewer, found.value) : null;
  }

  /** The caller's drafts that are neither saved nor ended, the latest change first. */
  async list(viewer: Viewer): Promise<DraftView[]> {
    const drafts = await this.#options.orm
      .getRepository(WebhookDraftEntity)
      .find({ where: unfinished(viewer), order: { updatedAt: 'DESC', id: 'DESC' } });
    return drafts.map((draft) => this.#view(viewer, draft));
  }

  /** Removes drafts that ended a while ago, with the secrets in them; returns how many. */
  async forget(): Promise<number> {
    const [, count] = await this.#options.orm.query<[unknown[], number]>(
      `delete from webhook_drafts where expires_at < clock_timestamp() - interval '${REMEMBERED_DAYS} days'`,
    );
    return count;
  }

  async #step(
    viewer: Viewer,
    id: string,
    expectedVersion: number | null,
    step: (typeof STEPS)[number],
    type: (draft: WebhookDraftEntity, problems: Problem[]) => Problem | undefined,
  ): Promise<DraftOutcome> {
    if (!may(viewer, 'WEBHOOKS_MANAGE')) return stopped(missing('WEBHOOKS_MANAGE'));
    const problems: Problem[] = [];
    const stored = await this.#options.orm.transaction(async (manager): Promise<DraftOutcome> => {
      const found = await this.#own(manager, viewer, id, { lock: true });
      if (!found.ok) return stopped(...found.problems);
      const draft = found.value;
      if (draft.savedAs !== null)
        return stopped(
          problem('INVALID_STATE', ['id'], 'This draft was saved already; edit the webhook that it became.'),
        );
      if (expectedVersion !== null && expectedVersion !== draft.version)
        return {
          problems: [
            problem(
              'CONFLICT',
              ['expectedVersion'],
              `Somebody else changed this draft, it is now at version ${draft.version}; read it again.`,
            ),
          ],
          draft: this.#view(viewer, draft),
        };
      const tooMuch = type(draft, problems) ?? tooLong(draft);
      if (tooMuch) return stopped(tooMuch);
      const { details, endpoints, triggers } = draft;
      await manager.update(WebhookDraftEntity, id, {
        ...{ details, endpoints, triggers },
        version: () => 'version + 1',
        updatedAt: () => 'clock_timestamp()',
        expiresAt: () => IN_A_WEEK,
      });
      return { problems: [], draft: await this.#shown(manager, viewer, id) };
    });
    if (stored.problems.length > 0 || stored.draft === null) return stored;
    const { problems: all } = await stored.draft.check();
    problems.push(...all.filter((found) => found.field?.[0] === step));
    return { problems, draft: stored.draft };
  }

  /** A draft of the caller that has not ended. */
  async #own(
    manager: EntityManager,
    viewer: Viewer,
    id: string,
    options: { lock?: boolean } = {},
  ): Promise<Result<WebhookDraftEntity>> {
    if (kindOfId(id) !== 'draft') return refused(UNKNOWN);
    const own = { id, loginId: viewer.loginId };
    const draft = await manager.findOne(WebhookDraftEntity, {
      where: { ...own, ...alive() },
      ...(options.lock ? { lock: { mode: 'pessimistic_write' } } : {}),
    });
    if (draft !== null) return ok(draft);
    return refused((await manager.existsBy(WebhookDraftEntity, own)) ? EXPIRED : UNKNOWN);
  }

  #view(viewer: Viewer, draft: WebhookDraftEntity): DraftView {
    return toDraftView(draft, this.#options.defaults, () => this.#check(viewer, draft));
  }

  async #shown(manager: EntityManager, viewer: Viewer, id: string): Promise<DraftView> {
    return this.#view(viewer, await manager.findOneByOrFail(WebhookDraftEntity, { id }));
  }

  /** Everything that saving would refuse now, and where to resume. */
  async #check(viewer: Viewer, draft: WebhookDraftEntity): Promise<DraftCheck> {
    if (draft.savedAs !== null) return { problems: [], step: 'SAVED' };
    const plan = await this.#plan(viewer, draft);
    if (plan.ok) return { problems: [], step: 'READY' };
    const first = STEPS.find((step) => plan.problems.some((found) => found.field?.[0] === step)) ?? 'details';
    return { problems: plan.problems, step: first.toUpperCase() as DraftStep };
  }

  async #plan(viewer: Viewer, draft: WebhookDraftEntity): Promise<Result<Plan>> {
    const { keyring, access, egress, defaults } = this.#options;
    const problems: Problem[] = [];
    const plan = await validate(
      {
        details: draft.details,
        endpoints: openEndpoints(keyring, draft.endpoints, problems),
        triggers: draft.triggers.map(({ id: _id, ...row }) => row),
      },
      {
        ...{ viewer, accountId: viewer.accountId, access, egress, current: null },
        defaultTimeoutMs: defaults.timeoutMs,
      },
    );
    if (!plan.ok) return refused(...plan.problems, ...problems);
    if (problems.length > 0) return refused(...problems);
    const { details, endpoints, triggers } = plan.value;
    // A new webhook's lists are all there, row by row as they were typed.
    return ok({
      details,
      endpoints: endpoints!.map((endpoint, index) => ({ ...endpoint, id: draft.endpoints[index]!.id })),
      triggers: triggers!.map((trigger, index) => ({ ...trigger, id: draft.triggers[index]!.id })),
    });
  }

  /** Null when the draft was changed, saved or discarded since it was read, or its team was deleted. */
  async #insert(
    manager: EntityManager,
    viewer: Viewer,
    read: WebhookDraftEntity,
    plan: Plan,
  ): Promise<(DraftOutcome & WebhookOutcome) | null> {
    const { keyring, defaults } = this.#options;
    const locked = await this.#own(manager, viewer, read.id, { lock: true });
    if (!locked.ok || locked.value.version !== read.version || locked.value.savedAs !== null) return null;
    if (!(await teamStands(manager, plan))) return null;
    const id = newId('webhook');
    const owner = { id, accountId: viewer.accountId, loginId: viewer.loginId };
    const made = await insertWebhook(manager, keyring, owner, plan);
    await manager.update(WebhookDraftEntity, read.id, {
      savedAs: id,
      endpoints: withoutSecrets(read.endpoints),
      version: () => 'version + 1',
      updatedAt: () => 'clock_timestamp()',
      // So that a repeat finds the webhook, however late the save was.
      expiresAt: () => IN_A_WEEK,
    });
    const outcome = await readOutcome(manager, defaults, id, made);
    return { ...outcome!, draft: await this.#shown(manager, viewer, read.id) };
  }

  async #savedBefore(viewer: Viewer, saved: WebhookDraftEntity): Promise<DraftOutcome & WebhookOutcome> {
    const { orm, defaults } = this.#options;
    const draft = this.#view(viewer, saved);
    const outcome = await readOutcome(orm, defaults, saved.savedAs!, [], webhookVisible(viewer));
    if (outcome) return { ...outcome, draft };
    const gone = problem('NOT_FOUND', ['id'], 'The webhook that this draft became is not there any more.');
    return { problems: [gone], draft, webhook: null, newSecrets: [] };
  }
}

const IN_A_WEEK = `clock_timestamp() + interval '${IDLE_DAYS} days'`;

function unfinished(viewer: Viewer) {
  return { loginId: viewer.loginId, savedAs: IsNull(), ...alive() };
}

/** By the database's clock, which also sets the end. */
function alive() {
  return { expiresAt: Raw((column) => `${column} > clock_timestamp()`) };
}

function stopped(...problems: Problem[]): DraftOutcome {
  return { problems, draft: null };
}

function incomplete(problems: Problem[]): Problem {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  return problem('DRAFT_INCOMPLETE', null, `The draft cannot be saved yet: ${count} to mend.`);
}
