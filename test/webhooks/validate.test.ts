import type { EndpointInput, WebhookInput } from '../../src/webhooks/inputs.ts';
import type { WebhookOutcome } from '../../src/webhooks/outcome.ts';
import { inputOf, openWorkshop, problemsOf, saved, type Workshop } from './workshop.ts';

let shop: Workshop;
beforeAll(async () => {
  shop = await openWorkshop();
});
afterAll(() => shop.close());

const URL_ROW: EndpointInput = { kind: 'URL', target: 'https://one.example.com/hook' };
const advanced = (settings: EndpointInput['advanced']): WebhookInput => ({
  endpoints: [{ ...URL_ROW, advanced: settings }],
});
const headers = (...list: { name: string; value?: string | null; secret?: boolean }[]) =>
  advanced({ headers: list });
const at = (path: string) => `endpoints.0.advanced.${path}`;

const CASES: [title: string, input: WebhookInput, problems: string[]][] = [
  ['empty lists', { endpoints: [], triggers: [] }, ['REQUIRED endpoints', 'REQUIRED triggers']],
  ['a blank name', { details: { name: ' \t' } }, ['REQUIRED details.name']],
  ['a name of 201 characters', { details: { name: 'x'.repeat(201) } }, ['TOO_LONG details.name']],
  ['a name of 200 emoji', { details: { name: '🔔'.repeat(200) } }, []],
  [
    'a description of 2,001',
    { details: { name: 'a', description: 'x'.repeat(2001) } },
    ['TOO_LONG details.description'],
  ],
  [
    'NUL in texts',
    { details: { name: 'a\0', description: '\0' } },
    ['INVALID details.name', 'INVALID details.description'],
  ],
  ['an unknown login', { details: { name: 'a', forLoginId: 'lgn_\0' } }, ['NOT_FOUND details.forLoginId']],
  ['an unknown team', { details: { name: 'a', teamId: 'tem_x' } }, ['NOT_FOUND details.teamId']],
  ['login and team', { details: { name: 'a', forLoginId: 'x', teamId: 'y' } }, ['INVALID details.teamId']],
  ['an empty row', { endpoints: [{}] }, ['REQUIRED endpoints.0.target', 'REQUIRED endpoints.0.kind']],
  [
    'a malformed address',
    { endpoints: [URL_ROW, { kind: 'URL', target: 'one.example.com' }] },
    ['INVALID endpoints.1.target'],
  ],
  [
    'a private address',
    { endpoints: [{ kind: 'URL', target: 'https://127.0.0.1/' }] },
    ['UNSAFE_TARGET endpoints.0.target'],
  ],
  [
    'a name that is private',
    { endpoints: [{ kind: 'URL', target: 'https://private.example.com' }] },
    ['UNSAFE_TARGET endpoints.0.target'],
  ],
  [
    'a name that does not resolve',
    { endpoints: [{ kind: 'URL', target: 'https://nowhere.example.com' }] },
    [],
  ],
  [
    'an endless address',
    { endpoints: [{ kind: 'URL', target: `https://one.example.com/${'x'.repeat(2048)}` }] },
    ['TOO_LONG endpoints.0.target'],
  ],
  [
    'one address twice',
    { endpoints: [URL_ROW, { kind: 'URL', target: 'https://ONE.example.com:443/hook' }] },
    ['DUPLICATE endpoints.1.target'],
  ],
  [
    '21 endpoints',
    {
      endpoints: Array.from({ length: 21 }, (_, i) => ({
        kind: 'URL',
        target: `https://one.example.com/${i}`,
      })),
    },
    ['TOO_MANY endpoints'],
  ],
  [
    'an id on create',
    { endpoints: [{ ...URL_ROW, id: 'ep_x' }], triggers: [{ id: 'trg_x', resource: 'a', event: 'b' }] },
    ['NOT_FOUND endpoints.0.id', 'NOT_FOUND triggers.0.id'],
  ],
  [
    '101 triggers',
    { triggers: Array.from({ length: 101 }, () => ({ resource: 'clients', event: 'create' })) },
    ['TOO_MANY triggers'],
  ],
  [
    'blank triggers',
    { triggers: [{ resource: ' ', event: null }] },
    ['REQUIRED triggers.0.resource', 'REQUIRED triggers.0.event'],
  ],
  [
    'long texts of a trigger',
    { triggers: [{ resource: 'a', event: 'b\0', name: 'x'.repeat(201), description: '\0' }] },
    ['INVALID triggers.0.event', 'TOO_LONG triggers.0.name', 'INVALID triggers.0.description'],
  ],
  [
    'the same trigger twice',
    {
      triggers: [
        { resource: 'clients', event: 'create' },
        { resource: 'clients', event: 'create' },
      ],
    },
    [],
  ],
  ['a timeout of 99 ms', advanced({ timeoutMs: 99 }), [`INVALID ${at('timeoutMs')}`]],
  ['a timeout of 30,001 ms', advanced({ timeoutMs: 30_001 }), [`INVALID ${at('timeoutMs')}`]],
  ['an empty schedule', advanced({ retrySchedule: [] }), [`INVALID ${at('retrySchedule')}`]],
  [
    '21 attempts',
    advanced({ retrySchedule: Array<number>(21).fill(0) }),
    [`TOO_MANY ${at('retrySchedule')}`],
  ],
  [
    'waits out of range',
    advanced({ retrySchedule: [0, -1, 604_801] }),
    [`INVALID ${at('retrySchedule.1')}`, `INVALID ${at('retrySchedule.2')}`],
  ],
  [
    '21 headers',
    headers(...Array.from({ length: 21 }, (_, i) => ({ name: `x-${i}`, value: '' }))),
    [`TOO_MANY ${at('headers')}`],
  ],
  [
    'a header twice',
    headers({ name: 'X-A', value: '1' }, { name: 'x-a', value: '2' }),
    [`DUPLICATE ${at('headers.1.name')}`],
  ],
  [
    'a header without name or value',
    headers({ name: '' }),
    [`REQUIRED ${at('headers.0.name')}`, `REQUIRED ${at('headers.0.value')}`],
  ],
  [
    'a secret without value',
    headers({ name: 'x', value: '', secret: true }),
    [`REQUIRED ${at('headers.0.value')}`],
  ],
  [
    'an endless value',
    headers({ name: 'x', value: 'x'.repeat(4097) }),
    [`TOO_LONG ${at('headers.0.value')}`],
  ],
  [
    'too much in all',
    headers({ name: 'a', value: 'x'.repeat(4000) }, { name: 'b', value: 'x'.repeat(4000) }),
    [`TOO_LONG ${at('headers')}`],
  ],
  [
    'ordinary headers',
    headers(
      { name: 'Authorization', value: 'Bearer a b', secret: true },
      { name: 'User-Agent', value: 'us/1' },
      { name: 'x', value: '' },
    ),
    [],
  ],
];

/** The three ways in, each to the problems that it answers and the webhook that it makes or leaves. */
const WAYS: [way: string, save: (input: WebhookInput) => Promise<WebhookOutcome>][] = [
  ['webhookCreate', (input) => shop.webhooks.create(shop.root, input)],
  [
    'webhookUpdate',
    async (input) => {
      const { id, version } = saved(await shop.webhooks.create(shop.root, inputOf()));
      const outcome = await shop.webhooks.update(shop.root, id, null, input);
      const unchanged = (await shop.webhooks.byId(shop.root, id))!.version === version;
      expect(unchanged).toBe(outcome.problems.length > 0);
      return outcome;
    },
  ],
  ['the wizard', saveByWizard],
];

async function saveByWizard(input: WebhookInput): Promise<WebhookOutcome> {
  const { drafts, root } = shop;
  const { id } = (await drafts.create(root, null)).draft!;
  const steps = [
    await drafts.setDetails(root, id, null, input.details ?? {}),
    await drafts.setEndpoints(root, id, null, input.endpoints ?? []),
    await drafts.setTriggers(root, id, null, input.triggers ?? []),
  ];
  const { draft, ...outcome } = await drafts.save(root, id);
  await drafts.discard(root, id);
  // An id that names no row of the draft is told once, by the step: the row has a new one then.
  const strayIds = steps.flatMap((step) => step.problems).filter((found) => found.field?.at(-1) === 'id');
  const problems = outcome.problems.filter((found) => found.code !== 'DRAFT_INCOMPLETE');
  expect(outcome.problems.length - problems.length).toBe(problems.length > 0 ? 1 : 0);
  // Each step tells the part of what is wrong that can be mended there.
  expect(steps.flatMap((step) => step.problems).filter((found) => !strayIds.includes(found))).toEqual(
    problems,
  );
  expect(draft?.savedAs === null).toBe(problems.length > 0);
  return strayIds.length > 0 ? { ...outcome, webhook: null, problems: strayIds } : { ...outcome, problems };
}

describe.each(WAYS)('%s', (_way, save) => {
  it.each(CASES)('answers to %s with all its problems and their paths', async (_, parts, problems) => {
    const outcome = await save(inputOf(parts));
    expect(problemsOf(outcome)).toEqual(problems);
    expect(outcome.webhook === null).toBe(problems.length > 0);
  });
});

it.each(WAYS.filter(([way]) => way !== 'webhookUpdate'))('%s wants every part', async (_way, save) => {
  expect(problemsOf(await save({ details: null, endpoints: null, triggers: null }))).toEqual([
    'REQUIRED details.name',
    'REQUIRED endpoints',
    'REQUIRED triggers',
  ]);
});

it.each([
  'Host',
  'content-type',
  'Content-Length',
  'Connection',
  'transfer-encoding',
  'webhook-id',
  'Webhook-Signature',
  'TE',
  'Proxy-Authorization',
  'Upgrade',
  'a b',
  'a:b',
  'ä',
  'x\r\n',
  '\0',
])('refuses the header name %j', async (name) => {
  const outcome = await shop.webhooks.create(shop.root, inputOf(headers({ name, value: '1' })));
  expect(problemsOf(outcome)).toEqual([`INVALID ${at('headers.0.name')}`]);
});

it.each(['a\r\nb: c', 'a\nb', 'a\0', 'ä', ' a', 'a\t', '\x7f'])(
  'refuses the header value %j',
  async (value) => {
    const outcome = await shop.webhooks.create(shop.root, inputOf(headers({ name: 'x', value })));
    expect(problemsOf(outcome)).toEqual([`INVALID ${at('headers.0.value')}`]);
  },
);

describe('scope', () => {
  it('takes a login of the account and a team that is visible, and nothing of a branch beside', async () => {
    const north = await shop.join('North', {
      isAccount: true,
      permissions: ['WEBHOOKS_MANAGE', 'ACCESS_MANAGE'],
    });
    const clerk = await shop.join('Clerk', { parentId: north.login.id });
    const south = await shop.join('South', {
      isAccount: true,
      permissions: ['WEBHOOKS_MANAGE', 'ACCESS_MANAGE'],
    });
    const team = await shop.access.createTeam(south.viewer, { name: 'South team' });
    if (!team.ok) throw new Error('no team');
    const create = async (details: object) =>
      problemsOf(await shop.webhooks.create(north.viewer, inputOf({ details: { name: 'a', ...details } })));
    expect(await create({ forLoginId: clerk.login.id })).toEqual([]);
    expect(await create({ forLoginId: south.login.id })).toEqual(['NOT_FOUND details.forLoginId']);
    expect(await create({ forLoginId: shop.root.loginId })).toEqual(['NOT_FOUND details.forLoginId']);
    expect(await create({ teamId: team.value.id })).toEqual(['NOT_FOUND details.teamId']);
  });

  it('takes of an editor above a team on the line of the webhook’s account, not one of a branch beside', async () => {
    const north = await shop.join('North', {
      isAccount: true,
      permissions: ['WEBHOOKS_MANAGE', 'ACCESS_MANAGE'],
    });
    const inner = await shop.join('Inner', {
      isAccount: true,
      parentId: north.login.id,
      permissions: ['ACCESS_MANAGE'],
    });
    const south = await shop.join('South', { isAccount: true, permissions: ['ACCESS_MANAGE'] });
    const teamOf = async (viewer: typeof shop.root, memberIds: string[] = []) => {
      const made = await shop.access.createTeam(viewer, { name: 'Team', memberIds });
      if (!made.ok) throw new Error('no team');
      return made.value.id;
    };
    const webhook = saved(await shop.webhooks.create(north.viewer, inputOf({})));
    const choose = async (teamId: string) =>
      problemsOf(
        await shop.webhooks.update((await shop.access.refresh(shop.root))!, webhook.id, null, {
          details: { teamId },
        }),
      );
    const beside = await teamOf(south.viewer);
    expect(await choose(beside)).toEqual(['NOT_FOUND details.teamId']);
    expect(await choose(await teamOf(inner.viewer))).toEqual([]);
    expect(await choose(await teamOf(shop.root))).toEqual([]);
    // Its members may show what they read to their team.
    await shop.access.updateTeam(shop.root, beside, { memberIds: [shop.root.loginId] });
    expect(await choose(beside)).toEqual([]);
  });

  it('that is left as it is, is not judged again', async () => {
    const north = await shop.join('North', {
      isAccount: true,
      permissions: ['WEBHOOKS_MANAGE', 'ACCESS_MANAGE'],
    });
    const team = await shop.access.createTeam(shop.root, { name: 'Root team', memberIds: [north.login.id] });
    if (!team.ok) throw new Error('no team');
    const member = (await shop.access.refresh(north.viewer))!;
    const webhook = saved(
      await shop.webhooks.create(member, inputOf({ details: { name: 'a', teamId: team.value.id } })),
    );
    await shop.access.updateTeam(shop.root, team.value.id, { memberIds: [] });
    const left = (await shop.access.refresh(north.viewer))!;
    const rename = (details: object) =>
      shop.webhooks.update(left, webhook.id, null, { details: { name: 'b', ...details } });
    expect(saved(await rename({ teamId: team.value.id })).teamId).toBe(team.value.id);
    expect(problemsOf(await rename({ forLoginId: north.login.id }))).toEqual(['INVALID details.forLoginId']);
    expect(saved(await rename({ forLoginId: north.login.id, teamId: null })).teamId).toBeNull();
    expect(problemsOf(await rename({ forLoginId: null, teamId: team.value.id }))).toEqual([
      'NOT_FOUND details.teamId',
    ]);
  });
});
