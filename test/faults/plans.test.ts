/**
 * No list of the API reads through what it does not show: every question of `npm run scale` is asked on a database made by SQL, and the
 * rows are counted that the statements behind it look at. A scan of any of its tables would be beyond the bound.
 */
import pg from 'pg';

import { loadConfig } from '../../src/config.ts';
import { ask, inPlace, mostReads } from '../scale/ask.ts';
import { type Caller, CALLERS, type SignedIn, signIn } from '../scale/callers.ts';
import { fill } from '../scale/fill.ts';
import { FILTERS, readPages, readPlainly } from '../scale/plainly.ts';
import { allQuestions, type Question } from '../scale/questions.ts';
import { figure } from '../support/figure.ts';
import { openExplainer, readingOf, statementsOf } from '../support/plans.ts';
import { ROOT_TOKEN, startServer, type TestServer } from '../support/server.ts';

const SIZE = { webhooks: 20_000, deliveries: 60_000, days: 56, logins: 2_000, auditEntries: 20_000 };

let server: TestServer;
let sql: pg.Client;
let explainer: pg.Client;
let callers: Record<Caller, SignedIn>;

beforeAll(async () => {
  server = await startServer({ BELLWIRE_RATE_LIMIT: '1000000000' });
  sql = new pg.Client({ connectionString: server.database.url });
  await sql.connect();
  await fill(sql, SIZE, loadConfig({}), () => undefined);
  explainer = await openExplainer(server.database.url);
  callers = await signIn(sql, server.app.url, ROOT_TOKEN);
}, 240_000);
afterAll(async () => {
  await Promise.all([sql?.end(), explainer?.end()]);
  await server?.stop();
});

/** Where the planner rightly reads a table of this size whole, or all that there is must be looked through, only `npm run scale` can tell. */
function isTelling({ name, by }: Question): boolean {
  if (by === 'sparse' || by === 'tiny' || by === 'member') return true;
  // A table of this size is not read whole for what the index of short pieces finds nothing for.
  if (/^webhooks, search of [12], rare/.test(name)) return true;
  return !/^webhooks|webhook=|search of a name/.test(name);
}

it.each(CALLERS)(
  'no list reads far more than it shows: %s',
  async (by) => {
    const beyond: string[] = [];
    const questions = allQuestions(SIZE).filter((question) => question.by === by && isTelling(question));
    const known = new Set<string>();
    let [statements, read] = [0, 0];
    for (const question of questions) {
      const asked = await inPlace(callers[by], question);
      let rows = 0;
      const sent = await statementsOf(async () => {
        ({ rows } = await ask(callers[by], asked));
      });
      if (rows < (question.rows ?? 1)) beyond.push(`${question.name}: only ${rows} rows came`);
      for (const statement of sent) {
        // Who asks is looked up each time.
        const key = JSON.stringify(statement);
        if (known.has(key)) continue;
        known.add(key);
        const reading = await readingOf(explainer, statement);
        statements += 1;
        read += reading.read;
        if (reading.read > mostReads(question, reading))
          beyond.push(`${question.name}: ${reading.read} rows for ${reading.returned}\n${reading.shown()}`);
      }
    }
    figure('plans', { by, questions: questions.length, statements, read, beyond: beyond.length });
    expect(beyond).toEqual([]);
  },
  300_000,
);

it.each(CALLERS)(
  'whichever way deliveries are found, they are those that a plain reading of all tables finds: %s',
  async (by) => {
    // Small, so that a list is left and taken up again often.
    const pages = { pages: 4, size: 10 };
    let compared = 0;
    for (const [name, { filter, sql: condition }] of Object.entries(FILTERS)) {
      const all = await readPlainly(sql, by, condition);
      const { newest, oldest } = await readPages(callers[by], filter, pages);
      expect({ name, newest }).toEqual({ name, newest: all.slice(0, pages.pages * pages.size) });
      expect({ name, oldest }).toEqual({ name, oldest: all.slice(-pages.pages * pages.size) });
      compared += newest.length + oldest.length;
    }
    expect(compared).toBeGreaterThan(20);
  },
  120_000,
);
