/**
 * `npm run scale`: a database of 100,000 webhooks and 10,000,000 deliveries made by SQL, and every list of the API asked for
 * on it by callers of different size. Prints how long the answers take and how many rows their statements look at, and ends
 * with 1 where an answer takes over 50 ms, a statement scans a big table or looks at far more rows than it returns.
 */
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import pg from 'pg';

import { createDataSource } from '../../ormconfig.ts';
import { startApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/db/database.ts';
import { startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts';
import { createLogger } from '../../src/log.ts';
import { openExplainer, readingOf, statementsOf } from '../support/plans.ts';
import { ask, inPlace, mostReads } from './ask.ts';
import { type SignedIn, signIn } from './callers.ts';
import { cpuMs } from './cpu.ts';
import { fill } from './fill.ts';
import { allQuestions, type Question } from './questions.ts';

const HELP = `Usage: npm run scale -- [options]

Makes a big database and asks for every list of the API on it.

  --webhooks N    How many webhooks (100000)
  --deliveries N  How many deliveries, and about as many events (10000000)
  --days N        Over how many days they are spread (84)
  --requests N    How often everything is asked for, after two times that do not count (7)
  --only TEXT     Only what has this text in its name or caller
  --data FOLDER   Where the database is; made there when it is not, and kept. Otherwise it is removed at the end.
  --plans         Shows the plans of what breaks a bound
  --help          This text
`;
const ROOT_TOKEN = 'root-token-of-the-scale-0123456789abcdef';
const MAX_MS = 50;
/** Tables this small are best read whole. */
const SMALL_TABLE = 1_500;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      webhooks: { type: 'string', default: '100000' },
      deliveries: { type: 'string', default: '10000000' },
      days: { type: 'string', default: '84' },
      requests: { type: 'string', default: '7' },
      only: { type: 'string', default: '' },
      data: { type: 'string' },
      plans: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const size = {
    webhooks: Number(values.webhooks),
    deliveries: Number(values.deliveries),
    days: Number(values.days),
    logins: 10_000,
    auditEntries: 300_000,
  };
  const folder = values.data ?? realpathSync(mkdtempSync(join(tmpdir(), 'bellwire-scale-')));
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o711);
  const logger = createLogger('error');
  const postgres = await startEmbeddedPostgres({ dataDir: folder, logger, durable: false });
  try {
    const config = loadConfig(
      {
        BELLWIRE_PORT: '0',
        BELLWIRE_ROOT_TOKEN: ROOT_TOKEN,
        BELLWIRE_DATA_DIR: join(folder, 'server'),
        BELLWIRE_LOG_LEVEL: 'error',
        BELLWIRE_RATE_LIMIT: '1000000000',
        DATABASE_URL: postgres.url,
      },
      { dev: true, role: 'api' },
    );
    const database = await openDatabase(createDataSource(postgres.url), {
      url: postgres.url,
      logger,
      keep: config,
    });
    await database.close();
    const sql = new pg.Client({ connectionString: postgres.url });
    await sql.connect();
    const explainer = await openExplainer(postgres.url);
    const app = await startApp(config);
    try {
      const { rows } = await sql.query<{ filled: boolean }>('select exists (select from events) as filled');
      if (!rows[0]!.filled) await fill(sql, size, config, say);
      const callers = await signIn(sql, app.url, ROOT_TOKEN);
      const questions = allQuestions(size).filter(({ name, by }) => `${by}: ${name}`.includes(values.only));
      let broken = 0;
      for (const question of questions) {
        const lines = await examine(question, callers[question.by], explainer, {
          requests: Number(values.requests),
          plans: values.plans,
        });
        if (lines.broken) broken += 1;
        say(lines.text);
      }
      say(`${questions.length} questions, ${broken} beyond a bound`);
      return broken === 0 ? 0 : 1;
    } finally {
      await app.stop();
      await Promise.all([explainer.end(), sql.end()]);
    }
  } finally {
    await postgres.stop();
    if (values.data === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

async function examine(
  question: Question,
  caller: SignedIn,
  explainer: pg.Client,
  { requests, plans }: { requests: number; plans: boolean },
): Promise<{ text: string; broken: boolean }> {
  const asked = await inPlace(caller, question);
  const times: number[] = [];
  let rows = 0;
  let cpuBefore = 0;
  for (let turn = -2; turn < requests; turn += 1) {
    if (turn === 0) cpuBefore = cpuMs();
    const startedAt = performance.now();
    rows = (await ask(caller, asked)).rows;
    const ms = performance.now() - startedAt;
    if (turn >= 0) times.push(ms);
    // What is that slow needs no median.
    if (ms > 2_000 && turn >= 0) break;
  }
  times.sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)]!;
  // Of this process, which asks and serves, and of PostgreSQL: what it takes on a machine that does nothing else.
  const cpuEach = (cpuMs() - cpuBefore) / times.length;
  const reasons: string[] = [];
  if (Math.min(median, cpuEach) > MAX_MS) reasons.push('SLOW');
  if (rows < (question.rows ?? 1)) reasons.push('FEW');
  const shown: string[] = [];
  let read = 0;
  let inDatabase = 0;
  for (const statement of await statementsOf(() => ask(caller, asked))) {
    const reading = await readingOf(explainer, statement);
    read += reading.read;
    inDatabase += reading.ms;
    // What counts all reads all.
    const scans = reading.scans.filter(({ rows: looked }) => !question.reads && looked > SMALL_TABLE);
    const most = mostReads(question, reading);
    if (scans.length > 0) reasons.push(`SCANS ${scans.map(({ table }) => table).join()}`);
    if (reading.read > most) reasons.push(`READS ${reading.read} for ${reading.returned}`);
    if (scans.length > 0 || reading.read > most || (median > MAX_MS && reading.ms > 10))
      shown.push(reading.shown());
  }
  const text = [
    question.by.padEnd(7),
    question.name.padEnd(52),
    String(rows).padStart(6),
    median.toFixed(1).padStart(9),
    times.at(-1)!.toFixed(1).padStart(9),
    cpuEach.toFixed(1).padStart(9),
    inDatabase.toFixed(1).padStart(9),
    String(read).padStart(9),
    reasons.join(', '),
  ].join(' ');
  return { text: plans ? [text, ...shown].join('\n') : text, broken: reasons.length > 0 };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exitCode = await main();
