/**
 * Pages of the saved table through the GraphQL API, on a server with many webhooks and on one with
 * few, request by request in turns. Milliseconds are the client's, over loopback: they hold the
 * server's time, and some tenths for HTTP and for reading the answer. The CPU time, of server and
 * PostgreSQL, is what they would be on a machine that does nothing else.
 */
import { poster } from '../client.js';
import { cpuOf } from '../cpu.js';
import { say } from '../ground.js';
import { FEW, fill, RESOURCES, signIn, SMALL } from '../many-webhooks.js';
import { orDeath } from '../measure.js';
import { median, now, ratios } from '../numbers.js';
import { startServer } from '../server.js';

/** Requests of one page that are not counted. */
const WARM_UP = 3;

const PAGE = `query Table($first: Int, $after: String, $last: Int, $filter: WebhookFilterInput, $orderBy: [WebhookOrderInput!], $count: Boolean!) {
  webhooks(first: $first, after: $after, last: $last, filter: $filter, orderBy: $orderBy) {
    totalCount @include(if: $count)
    pageInfo { hasNextPage hasPreviousPage endCursor }
    nodes {
      id number name description status statusReason version createdAt updatedAt
      login { id name } forLogin { id name } team { id name }
      endpoints { id kind target status }
      triggers { id resource event label active inactiveReason }
    }
  }
}`;

/**
 * What is asked: variables, by whom (the root administrator if nobody is named), and behind which page.
 * @typedef {object} Question
 * @property {string} name
 * @property {object} variables
 * @property {'branch' | 'member'} [by]
 * @property {boolean} [second] The page behind the one that the variables give.
 * @property {number} [rows] That must come; 100 if there is nothing else.
 */

const ORDERS = ['NUMBER', 'NAME', 'DESCRIPTION', 'LOGIN', 'FOR_LOGIN', 'TEAM', 'CREATED_AT', 'UPDATED_AT'];
const by = (/** @type {string} */ field, direction = 'ASC') => ({ orderBy: [{ field, direction }] });

/** @type {Question[]} */
const QUESTIONS = [
  { name: 'newest first', variables: {} },
  { name: 'newest first, and totalCount', variables: { count: true } },
  ...ORDERS.flatMap((field) => [
    { name: `by ${field}`, variables: by(field) },
    { name: `by ${field}, second page`, variables: by(field), second: true },
    { name: `by ${field}, last page`, variables: { ...by(field), first: null, last: 100 } },
  ]),
  { name: 'search: a word in one of five', variables: { filter: { search: 'billing' } } },
  { name: 'search: the same, by NAME', variables: { filter: { search: 'billing' }, ...by('NAME') } },
  {
    name: 'search: part of a code, by NAME',
    variables: { filter: { search: 'a1b2' }, ...by('NAME') },
    rows: 0,
  },
  {
    name: 'search: a login, by LOGIN',
    variables: { filter: { search: 'hana moss' }, ...by('LOGIN') },
    rows: 0,
  },
  { name: 'search: nothing found', variables: { filter: { search: 'nobody has this' } }, rows: 0 },
  { name: 'search: a number', variables: { filter: { search: '77' } }, rows: 1 },
  { name: 'status ENABLED', variables: { filter: { status: ['ENABLED'] } } },
  { name: 'status DISABLED', variables: { filter: { status: ['DISABLED'] } }, rows: 1 },
  { name: 'status INACTIVE', variables: { filter: { status: ['INACTIVE'] } }, rows: 1 },
  { name: 'one resource, by NAME', variables: { filter: { resource: RESOURCES[0] }, ...by('NAME') } },
  { name: 'branch of 50', variables: {}, by: 'branch', rows: SMALL.branch },
  {
    name: 'branch of 50, by LOGIN, and totalCount',
    variables: { ...by('LOGIN'), count: true },
    by: 'branch',
    rows: SMALL.branch,
  },
  { name: 'team of 5, by NAME', variables: by('NAME'), by: 'member', rows: SMALL.team },
];

/**
 * @typedef {object} Table
 * @property {(question: Question) => Promise<() => Promise<void>>} ask
 * @property {() => number} cpu Of server and PostgreSQL since their start, microseconds.
 * @property {Promise<never>} died
 */

/** @typedef {{ ms: number, cpuMs: number }} Answered The median of some requests, and the CPU time of one. */

/** Fills a server and returns what asks it. @param {import('../server.js').Server} server @param {number} count @returns {Promise<Table>} */
async function openTable(server, count) {
  await fill(server, count);
  const { branchToken, memberToken } = await signIn(server);
  /** @type {Record<string, import('../client.js').Post>} */
  const posts = {
    root: server.post,
    branch: poster(server.url, branchToken),
    member: poster(server.url, memberToken),
  };
  return {
    died: server.died,
    cpu: () => cpuOf(server.pid) + cpuOf(server.postgres.pid),
    async ask({ name, variables, by: who = 'root', second = false, rows = 100 }) {
      const post = posts[who];
      const all = { first: 100, count: false, ...variables };
      const after = second ? (await post(PAGE, all)).pageInfo.endCursor : null;
      return async () => {
        const { nodes } = await post(PAGE, { ...all, after });
        if (nodes.length < rows) throw new Error(`${name}: ${nodes.length} webhooks came instead of ${rows}`);
      };
    },
  };
}

/** One question to each of the tables, in turns. @param {Table[]} tables @param {Question} question @param {number} requests @returns {Promise<Answered[]>} */
async function answerTimes(tables, question, requests) {
  const asks = await Promise.all(tables.map((table) => table.ask(question)));
  for (let turn = 0; turn < WARM_UP; turn += 1) for (const ask of asks) await ask();
  const times = tables.map(() => /** @type {number[]} */ ([]));
  const cpuBefore = tables.map((table) => table.cpu());
  for (let turn = 0; turn < requests; turn += 1) {
    for (const [index, ask] of asks.entries()) {
      const startedAt = now();
      await orDeath(tables[index], ask());
      times[index].push(now() - startedAt);
    }
  }
  return tables.map((table, index) => ({
    ms: median(times[index]),
    cpuMs: (table.cpu() - cpuBefore[index]) / requests / 1e3,
  }));
}

export const table = {
  name: 'table',
  about: `The saved table with many webhooks beside one with ${FEW}: pages in every order, from both ends, searched,
filtered, and as a branch and a team see it.`,
  options: { rounds: 5, webhooks: 100_000, requests: 20 },

  /** @param {import('../ground.js').Ground} ground @param {{ rounds: number, webhooks: number, requests: number }} options @returns {Promise<import('../report.js').Section>} */
  async run(ground, { rounds, webhooks, requests }) {
    /** @type {Table[]} */
    const tables = [];
    const versions = [];
    for (const count of [webhooks, FEW]) {
      say(`Starting a server and saving ${count} webhooks …`);
      const server = await startServer(ground, 'api');
      versions.push({ postgres: server.postgres.version });
      tables.push(await openTable(server, count));
    }
    const all = QUESTIONS.map(({ name }) => ({
      name,
      many: /** @type {Answered[]} */ ([]),
      few: /** @type {Answered[]} */ ([]),
    }));
    for (let round = 1; round <= rounds; round += 1) {
      say(`table, round ${round} of ${rounds}: ${QUESTIONS.length} kinds of pages …`);
      for (const [index, question] of QUESTIONS.entries()) {
        const [many, few] = await answerTimes(tables, question, requests);
        all[index].many.push(many);
        all[index].few.push(few);
      }
    }
    const rows = all.map(({ name, many, few }) => {
      const [ms, fewMs] = [many, few].map((rounds) => rounds.map((answered) => answered.ms));
      const cpuMs = many.map((answered) => answered.cpuMs);
      return { label: name, values: [ms, fewMs, ratios(ms, fewMs), cpuMs] };
    });
    return {
      title: `pages of up to 100 webhooks, ms of the client. ${rounds} × ${requests} requests each, in turns. Medians [min-max] of the rounds' medians; ratio round by round.`,
      columns: [`${webhooks} webhooks`, `${FEW} webhooks`, 'ratio', 'CPU ms of server and PostgreSQL'],
      rows,
      notes: [],
      options: { rounds, webhooks, requests },
      versions,
      targets: [
        {
          name: 'the slowest page, ms',
          wanted: { atMost: 50 },
          measured: Math.max(...rows.map(({ values }) => median(values[0]))),
        },
      ],
    };
  },
};
