/**
 * The second measurement: pages of the saved table through the GraphQL API, on a server with many
 * webhooks and on one with few, request by request in turns. Milliseconds are the client's, over
 * loopback: they hold the server's time, and some tenths for HTTP and for reading the answer. The CPU
 * time, of server and PostgreSQL, is what they would be on a machine that does nothing else.
 */
import { poster } from './client.js';
import { cpuOf } from './cpu.js';
import { fill, RESOURCES, signIn, SMALL } from './many-webhooks.js';
import { median } from './report.js';

/** How many webhooks the server beside it has. */
export const FEW = 1_000;
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
export const QUESTIONS = [
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

/** Fills a server and returns what asks it. @param {import('./server.js').Server} server @param {number} count @returns {Promise<Table>} */
export async function openTable(server, count) {
  await fill(server, count);
  const { branchToken, memberToken } = await signIn(server);
  const posts = {
    root: server.post,
    branch: poster(server.url, branchToken),
    member: poster(server.url, memberToken),
  };
  return {
    died: server.died,
    cpu: () => cpuOf(server.pid, [server.postgres.pid]) + cpuOf(server.postgres.pid),
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
export async function answerTimes(tables, question, requests) {
  const asks = await Promise.all(tables.map((table) => table.ask(question)));
  for (let turn = 0; turn < WARM_UP; turn += 1) for (const ask of asks) await ask();
  const times = tables.map(() => /** @type {number[]} */ ([]));
  const cpuBefore = tables.map((table) => table.cpu());
  for (let turn = 0; turn < requests; turn += 1) {
    for (const [index, ask] of asks.entries()) {
      const startedAt = process.hrtime.bigint();
      await Promise.race([ask(), tables[index].died]);
      times[index].push(Number(process.hrtime.bigint() - startedAt) / 1e6);
    }
  }
  return tables.map((table, index) => ({
    ms: median(times[index]),
    cpuMs: (table.cpu() - cpuBefore[index]) / requests / 1e3,
  }));
}
