/** Statistics at size: 30 days of 3,000 busy endpoints in one account of 100,000 webhooks, and what each question costs. */
import { LatencySketch } from '../../src/stats/sketch.ts';
import { DIVISIONS, type StatsWindow, WINDOWS } from '../../src/stats/windows.ts';
import type { Api } from '../support/api.ts';
import { figure } from '../support/figure.ts';
import { createPerson, createTeam } from '../support/people.ts';
import { createWebhook, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const LIMIT_MS = 50;
const BUSY = 3_000;
const WEBHOOKS = 100_000;

const STATS = `query ($webhookId: ID, $window: StatsWindow!) {
  deliveryStats(webhookId: $webhookId, window: $window) {
    total succeeded failed pending p50Ms p95Ms p99Ms latency { count } series { succeeded failed p95Ms } } }`;
/** What the saved table asks for. */
const PAGE = `{ webhooks(first: 100) { nodes { id stats { succeeded failed successRate series { succeeded failed } } } } }`;

let server: TestServer;
let owner: { id: string; api: Api };
let member: Api;
let webhookId: string;

beforeAll(async () => {
  server = await startServer();
  await registerResource(server.api);
  const permissions = ['WEBHOOKS_MANAGE', 'ACCESS_MANAGE'] as const;
  owner = await createPerson(server, { name: 'Owner', isAccount: true, permissions: [...permissions] });
  const person = await createPerson(owner, { name: 'Member' });
  member = person.api;
  const teamId = await createTeam(owner, 'Team', [person.id]);
  webhookId = (await createWebhook(owner.api, 'http://127.0.0.1:9999/', { details: { teamId } })).id;
  await fill(teamId);
}, 300_000);

afterAll(() => server?.stop());

/** Makes webhooks by SQL, the newest of them busy and the team's first 50, and a month of statistics of the busy ones. */
async function fill(teamId: string): Promise<void> {
  const { engine } = server.app.db;
  await engine.query(
    `insert into webhooks (id, account_id, login_id, team_id, name, description)
     select 'whk_' || lpad(n::text, 26, '0'), $1, $1, case when n > $3 - 50 then $4 end, 'Many', '' from generate_series(1, $2::int) n
     cross join (select $3::int) x`,
    [owner.id, WEBHOOKS, WEBHOOKS, teamId],
  );
  const sketch = new LatencySketch();
  for (let ms = 5; ms < 400; ms += 1) sketch.add(ms, 400 - ms);
  for (const { step, points } of DIVISIONS)
    await engine.query(
      `insert into delivery_stats (scope_id, step, at, part_id, created, succeeded, failed, cancelled, latency)
       select s.scope, $2::int, date_bin($2::int * interval '1 second', now(), 'epoch') - p * $2::int * interval '1 second', s.part, 20, 18, 2, 0, $4
       from (select 'whk_' || lpad(n::text, 26, '0') as scope, 'ep_' || n as part from generate_series($5::int - $1::int + 1, $5::int) n
             union all select $6, 'ep_1' union all select $7, '') s
       cross join generate_series(0, $3::int - 1) p`,
      [BUSY, step, points, sketch.encode(), WEBHOOKS, webhookId, owner.id],
    );
  await engine.query(
    `insert into delivery_stats_open (scope_id, part_id, open)
     select 'whk_' || lpad(n::text, 26, '0'), 'ep_' || n, 10 from generate_series(1, $1::int) n
     union all select $2, '', 10 * $1::int`,
    [WEBHOOKS, owner.id],
  );
  await engine.query('vacuum (analyze) delivery_stats, delivery_stats_open, webhooks');
}

/** The statements about statistics that a call leads to, as they went to the database. */
async function statementsOf(call: () => Promise<unknown>): Promise<{ text: string; values: unknown[] }[]> {
  const { reads } = server.app.db;
  const query = reads.query.bind(reads) as (...args: any[]) => any;
  const asked: { text: string; values: unknown[] }[] = [];
  reads.query = ((text: any, values?: any, ...rest: any[]) => {
    if (String(text).includes('delivery_stats')) asked.push({ text, values });
    return query(text, values, ...rest);
  }) as typeof reads.query;
  try {
    await call();
  } finally {
    reads.query = query as typeof reads.query;
  }
  return asked;
}

/** Of a plan all relations that are read, each with how. */
function readsOf(plan: any): [relation: string, how: string][] {
  const own: [string, string][] = plan['Relation Name'] ? [[plan['Relation Name'], plan['Node Type']]] : [];
  return [...own, ...((plan['Plans'] ?? []) as any[]).flatMap(readsOf)];
}

it.each([
  ['all of an account', () => owner.api, STATS, {}],
  ['all that the root may see', () => server.api, STATS, {}],
  ["all of a member's teams, 51 webhooks", () => member, STATS, {}],
  ['one webhook', () => owner.api, STATS, { one: true }],
  ['a page of 100 webhooks', () => owner.api, PAGE, {}],
] as [string, () => Api, string, { one?: boolean }][])(
  'statistics of %s take under 50 ms a statement, by index, and read nothing but statistics',
  async (name, api, document, { one }) => {
    let [worst, rows] = [0, 0];
    for (const window of document === PAGE ? ['LAST_24_HOURS'] : (Object.keys(WINDOWS) as StatsWindow[])) {
      const variables = document === PAGE ? {} : { window, webhookId: one ? webhookId : undefined };
      const asked = await statementsOf(() => api().run(document, variables));
      expect(asked.length).toBeGreaterThan(0);
      for (const { text, values } of asked) {
        const times: number[] = [];
        for (let turn = 0; turn < 3; turn += 1) {
          const { rows: explained } = await server.app.db.reads.query(
            `explain (analyze, format json) ${text}`,
            values,
          );
          const [{ Plan: plan, ...whole }] = explained[0]['QUERY PLAN'];
          times.push(whole['Planning Time'] + whole['Execution Time']);
          const read = readsOf(plan);
          expect(read.map(([relation]) => relation)).not.toContainEqual(
            expect.stringMatching(/^(attempts|deliveries|delivery_log|delivery_queue|events)/),
          );
          expect(
            read.filter(
              ([relation, how]) => /^(delivery_stats|webhooks)$/.test(relation) && how === 'Seq Scan',
            ),
          ).toEqual([]);
          rows = Math.max(rows, plan['Actual Rows'] as number);
        }
        worst = Math.max(worst, Math.min(...times));
      }
    }
    figure(
      'statistics at size',
      { of: name, worstMs: Number(worst.toFixed(1)), rows },
      { worstMs: LIMIT_MS },
    );
  },
);
