/**
 * Brings the demo's platform into the database. What an earlier start has made is left as it is now, renamed,
 * switched off or deleted by whoever tries things; only endpoints are pointed at this run's receiver. A start
 * that was cut off is completed by the next one.
 */
import { Like } from 'typeorm';

import { LoginEntity } from '../access/login.entity.ts';
import type { Viewer } from '../access/viewer.ts';
import type { App } from '../app.ts';
import type { Problem, Result } from '../errors.ts';
import { EndpointEntity } from '../webhooks/endpoint.entity.ts';
import type { WebhookOutcome } from '../webhooks/outcome.ts';
import { DRAFT, LOGINS, TEAM, type WebhookPlan, WEBHOOKS } from './cast.ts';
import { RESOURCES } from './catalog.ts';
import type { DemoState } from './state.ts';

/** The logins of the demo as they are now, by their keys in the cast. */
export type DemoLogins = ReadonlyMap<string, LoginEntity>;

/** One run through the cast. */
export class Seed {
  readonly #app: App;
  readonly #root: Viewer;
  readonly #state: DemoState;
  /** Of the receiver: scheme, host and port. */
  readonly #origin: string;
  readonly #asksAgain: boolean;
  readonly #logins = new Map<string, LoginEntity>();

  constructor(
    app: App,
    root: Viewer,
    state: DemoState,
    { origin, asksAgain }: { origin: string; asksAgain: boolean },
  ) {
    this.#app = app;
    this.#root = root;
    this.#state = state;
    this.#origin = origin;
    this.#asksAgain = asksAgain;
  }

  /** Makes what is missing. */
  async run(): Promise<DemoLogins> {
    const { catalog } = this.#app.rooms;
    for (const resource of RESOURCES)
      await this.#state.once(
        `resource ${resource.name}`,
        async () => must(await catalog.register(this.#root.loginId, resource)).resource.id,
      );
    for (const key of Object.keys(LOGINS)) await this.#login(key);
    const teamId = await this.#state.once('team', () => this.#team());
    for (const plan of WEBHOOKS) {
      const id = await this.#state.once(`webhook ${plan.to}`, () => this.#webhook(plan, teamId));
      if (id !== undefined)
        await (isMailbox(plan) ? this.#askAgain(id, plan) : this.#pointAtReceiver(id, plan));
    }
    await this.#state.once('draft', () => this.#draft());
    return this.#logins;
  }

  async #login(key: string): Promise<void> {
    const { access } = this.#app.rooms;
    const { name, parent, isAccount, permissions } = LOGINS[key]!;
    const email = `${key}@example.com`;
    const id = await this.#state.once(`login ${key}`, async () => {
      const found = await this.#app.db.orm.getRepository(LoginEntity).findOneBy({ email });
      const parentId = parent === null ? null : this.#logins.get(parent)!.id;
      return (
        found?.id ??
        must(await access.createLogin(this.#root, { name, email, parentId, isAccount, permissions })).id
      );
    });
    this.#logins.set(key, (await access.loginsByIds([id])).get(id)!);
  }

  async #team(): Promise<string | undefined> {
    const { access } = this.#app.rooms;
    const memberIds = TEAM.members.map((key) => this.#logins.get(key)!.id);
    const [found] = (await access.teamsOfLogins(this.#root, memberIds)).get(memberIds[0]!)!;
    if (found) return found.id;
    const made = await access.createTeam(await this.#actingAs(TEAM.creator), { name: TEAM.name, memberIds });
    return made.ok ? made.value.id : this.#refused(TEAM.name, made.problems);
  }

  async #webhook(plan: WebhookPlan, teamId: string | undefined): Promise<string | undefined> {
    const { webhooks } = this.#app.rooms;
    // The endpoints of a deleted webhook are among them.
    const endpoints = this.#app.db.orm.getRepository(EndpointEntity);
    const { to, creator, name, description, scope, triggers, retrySchedule, disabled } = plan;
    const found = await endpoints.findOneBy({
      target: isMailbox(plan) ? to : Like(`http://127.0.0.1:%${to}`),
    });
    if (found) return found.webhookId;
    const target = isMailbox(plan)
      ? { kind: 'EMAIL' as const, target: to }
      : { kind: 'URL' as const, target: this.#origin + to };
    const viewer = await this.#actingAs(creator);
    const watched =
      scope === 'TEAM' ? { teamId } : scope ? { forLoginId: this.#logins.get(scope.login)!.id } : {};
    const made = await webhooks.create(viewer, {
      details: { name, description, ...watched },
      endpoints: [{ ...target, advanced: { retrySchedule } }],
      triggers,
    });
    if (made.webhook === null) return this.#refused(name, made.problems);
    await this.#keepSecrets(to, made);
    if (disabled) await webhooks.disable(viewer, made.webhook.id);
    return made.webhook.id;
  }

  /**
   * Brings the endpoint to the port of this run. One whose key is not known, as of another data directory, is
   * replaced: only a new one tells its key. What calls another address by now is left alone.
   */
  async #pointAtReceiver(webhookId: string, { to: path, name, retrySchedule }: WebhookPlan): Promise<void> {
    const { webhooks } = this.#app.rooms;
    const endpoints = (await webhooks.endpointsOf([webhookId])).get(webhookId)!;
    const ours = endpoints.find(({ target }) => target.replace(/^http:\/\/127\.0\.0\.1:\d+/, '') === path);
    if (ours === undefined) return;
    const target = this.#origin + path;
    const known = this.#state.secretAt(path)?.endpointId === ours.id;
    if (known && ours.target === target) return;
    const settled = known
      ? { id: ours.id, target }
      : { kind: 'URL' as const, target, advanced: { retrySchedule } };
    const updated = await webhooks.update(this.#root, webhookId, null, {
      endpoints: endpoints.map((endpoint) => (endpoint === ours ? settled : { id: endpoint.id })),
    });
    if (updated.problems.length > 0) this.#refused(name, updated.problems);
    await this.#keepSecrets(path, updated);
  }

  /**
   * Has the mailbox asked once more, so that each start prints a link as long as nobody has confirmed; the server refuses
   * it where there is nothing to ask, or it was asked just now. A mail server of the user's own is left in peace.
   */
  async #askAgain(webhookId: string, { to }: WebhookPlan): Promise<void> {
    if (!this.#asksAgain) return;
    const { webhooks } = this.#app.rooms;
    const endpoints = (await webhooks.endpointsOf([webhookId])).get(webhookId)!;
    const ours = endpoints.find(({ target }) => target === to);
    if (ours !== undefined) await webhooks.sendVerification(this.#root, ours.id);
  }

  async #keepSecrets(path: string, { newSecrets }: WebhookOutcome): Promise<void> {
    for (const { endpoint, value } of newSecrets)
      await this.#state.keepSecret(path, { endpointId: endpoint.id, value });
  }

  async #draft(): Promise<string | undefined> {
    const { drafts } = this.#app.rooms;
    const { creator, details, target } = DRAFT;
    const viewer = await this.#actingAs(creator);
    const [found] = await drafts.list(viewer);
    if (found) return found.id;
    const { draft, problems } = await drafts.create(viewer, details);
    if (draft === null) return this.#refused(details.name!, problems);
    await drafts.setEndpoints(viewer, draft.id, null, [{ kind: 'URL', target }]);
    return draft.id;
  }

  /** In the name of a login and for its account, whatever rights it has kept since it was made; null: the root. */
  async #actingAs(key: string | null): Promise<Viewer> {
    if (key === null) return this.#root;
    const { id, path } = this.#logins.get(key)!;
    const account = (await this.#app.rooms.access.accountsOf([id])).get(id)!;
    return { ...this.#root, loginId: id, loginPath: path, accountId: account.id, accountPath: account.path };
  }

  /** Something that users have changed meanwhile stands in the way: the demo goes on without. */
  #refused(what: string, problems: Problem[]): undefined {
    const reasons = problems.map(({ message }) => message);
    this.#app.logger.warn({ what, reasons }, 'a part of the demo could not be made');
  }
}

function isMailbox({ to }: WebhookPlan): boolean {
  return to.includes('@');
}

/** The demo's own inputs are right; a refusal is a bug. */
function must<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(result.problems.map((found) => `${found.field?.join('.')}: ${found.message}`).join('; '));
}
