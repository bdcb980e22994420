/** Whose activity counts, and whose webhooks are listed: portfolios, branches, the columns about people. */
import type { Permission } from '../../src/access/viewer.ts';
import { createTeam, type Person } from '../support/people.ts';
import { createWebhook, type MadeWebhook } from '../support/scenario.ts';
import { actor, heard, type Platform, startPlatform } from './platform.ts';

const TABLE = '{ webhooks(first: 100) { nodes { id login { id } forLogin { id } team { name } } } }';
const CREATE = `mutation ($input: WebhookInput!) {
  webhookCreate(input: $input) { errors { code field } webhook { id } } }`;

let platform: Platform;
let x: Person;
let y: Person;
/** A second administrator of X, who is no account. */
let second: Person;
let clerk: Person;
let assistant: Person;
let sibling: Person;
let stranger: Person;

beforeAll(async () => {
  platform = await startPlatform();
  const permissions: Permission[] = ['WEBHOOKS_MANAGE', 'EVENTS_PUBLISH', 'ACCESS_MANAGE'];
  x = await platform.join('Branch X', permissions, { isAccount: true });
  y = await platform.join('Branch Y', permissions, { isAccount: true });
  second = await platform.join('Second administrator', ['WEBHOOKS_MANAGE'], { below: x });
  clerk = await platform.join('Clerk', [], { below: x });
  assistant = await platform.join('Assistant', [], { below: clerk });
  sibling = await platform.join('Sibling', [], { below: x });
  stranger = await platform.join('Stranger', [], { below: y });
});

afterAll(() => platform?.stop());

/** One new client by each login in turn; the ids by name. */
async function everybodyActs(): Promise<Record<string, string>> {
  const made: Record<string, string> = {};
  for (const [name, login] of Object.entries({
    root: platform.root,
    x,
    y,
    clerk,
    assistant,
    sibling,
    stranger,
  }))
    made[name] = await actor(platform.host, login).createClient();
  return made;
}

/** Of those the names whose clients a webhook was told of. */
async function heardOf(webhook: MadeWebhook, made: Record<string, string>): Promise<string[]> {
  const told = new Set(await heard(platform, webhook));
  return Object.keys(made).filter((name) => told.has(`clients.create ${made[name]}`));
}

async function listedBy({ api }: Person): Promise<string[]> {
  return (await api.run(TABLE)).nodes.map((node: { id: string }) => node.id);
}

describe('a portfolio', () => {
  it('P02, L10: bounds what is sent: a branch gets its own records, the root gets all', async () => {
    const ofX = await createWebhook(x.api, platform.receiver.url);
    const ofY = await createWebhook(y.api, platform.receiver.url);
    const ofRoot = await createWebhook(platform.root.api, platform.receiver.url);
    const made = await everybodyActs();
    expect(await heardOf(ofX, made)).toEqual(['x', 'clerk', 'assistant', 'sibling']);
    expect(await heardOf(ofY, made)).toEqual(['y', 'stranger']);
    expect(await heardOf(ofRoot, made)).toEqual(Object.keys(made));
  });

  it('P04, L10: bounds what is listed: webhooks, deliveries and events of the own account and those below it', async () => {
    const branch = await platform.join('Account below X', ['WEBHOOKS_MANAGE'], { below: x, isAccount: true });
    const made = new Map<Person, string>();
    for (const person of [platform.root, x, y, branch])
      made.set(person, (await createWebhook(person.api, platform.receiver.url)).id);
    const seen = async (person: Person) => {
      const ids = new Set(await listedBy(person));
      return [...made].filter(([, id]) => ids.has(id)).map(([owner]) => owner);
    };
    expect(await seen(platform.root)).toEqual([platform.root, x, y, branch]);
    expect(await seen(x)).toEqual([x, branch]);
    expect(await seen(second)).toEqual([x, branch]);
    expect(await seen(y)).toEqual([y]);
    expect(await seen(branch)).toEqual([branch]);

    const [byX, byY] = [
      await actor(platform.host, x).createClient(),
      await actor(platform.host, y).createClient(),
    ];
    const history = `{ events(first: 100) { nodes { entityId } } deliveries(first: 100) { nodes { event { entityId } } } }`;
    const ofX = JSON.stringify(await x.api.send(history));
    expect([ofX.includes(`"${byX}"`), ofX.includes(`"${byY}"`)]).toEqual([true, false]);
    const ofY = JSON.stringify(await y.api.send(history));
    expect([ofY.includes(`"${byX}"`), ofY.includes(`"${byY}"`)]).toEqual([false, true]);
  });

  it('L09: shows every webhook of the account to each of its administrators, whoever made it', async () => {
    const made = [x, second, x].map(async ({ api }) => (await createWebhook(api, platform.receiver.url)).id);
    const ids = await Promise.all(made);
    expect(await listedBy(x)).toEqual(expect.arrayContaining(ids));
    expect(await listedBy(second)).toEqual(await listedBy(x));
  });
});

describe('the columns about people', () => {
  it('P32: Login is who created the webhook, whoever looks at it and edits it', async () => {
    const { id } = await createWebhook(second.api, platform.receiver.url);
    await x.api.mutate(
      'mutation ($id: ID!) { webhookUpdate(id: $id, input: { details: { name: "By X" } }) { errors { code } } }',
      { id },
    );
    for (const viewer of [x, second, platform.root])
      expect((await viewer.api.run(TABLE)).nodes).toContainEqual(
        expect.objectContaining({ id, login: { id: second.id } }),
      );
  });

  it('P33: For Login is whose activity is watched, with all logins below; neither its parent’s nor a sibling’s', async () => {
    const webhook = await createWebhook(x.api, platform.receiver.url, { details: { forLoginId: clerk.id } });
    expect((await x.api.run(TABLE)).nodes).toContainEqual(
      expect.objectContaining({ id: webhook.id, forLogin: { id: clerk.id }, team: null }),
    );
    expect(await heardOf(webhook, await everybodyActs())).toEqual(['clerk', 'assistant']);
  });

  it('P34: Team is the name of the team whose members are watched, and blank without one', async () => {
    const teamId = await createTeam(platform.server, 'Night shift', [sibling.id, assistant.id]);
    const watching = await createWebhook(platform.root.api, platform.receiver.url, { details: { teamId } });
    const plain = await createWebhook(platform.root.api, platform.receiver.url);
    const rows = (await platform.root.api.run(TABLE)).nodes;
    expect(rows).toContainEqual(expect.objectContaining({ id: watching.id, team: { name: 'Night shift' } }));
    expect(rows).toContainEqual(expect.objectContaining({ id: plain.id, team: null }));
    const made = await everybodyActs();
    expect(await heardOf(watching, made)).toEqual(['assistant', 'sibling']);
    expect(await heardOf(plain, made)).toEqual(Object.keys(made));
    const both = await platform.root.api.run(CREATE, {
      input: {
        details: { name: 'Both', teamId, forLoginId: clerk.id },
        endpoints: [{ kind: 'URL', target: platform.receiver.url }],
        triggers: [{ resource: 'clients', event: 'create' }],
      },
    });
    expect(both).toMatchObject({
      webhook: null,
      errors: [{ code: 'INVALID', field: ['details', 'teamId'] }],
    });
  });
});
