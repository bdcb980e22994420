/**
 * `npm run bench`: the server as it is shipped beside BullMQ + got, doing the same job on the same
 * machine in the same run, in turns; then pages of a large saved table beside those of a small one.
 * Prints one table for each, decides nothing. Everything it started is stopped at the end, on an error
 * and on Ctrl-C.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { drain, latency } from './measure.js';
import { startReceiver } from './receiver.js';
import { report, tableReport } from './report.js';
import { policy } from './sample.js';
import { answerTimes, FEW, openTable, QUESTIONS } from './saved-table.js';
import { startServer } from './server.js';

const HELP = `Usage: npm run bench -- [options]

Measures Bellwire (npm start -- --dev, default configuration), one thing after the other:

deliveries  Beside BullMQ + got doing the same job: sign, POST about 1 KiB over loopback, record the
            attempt in PostgreSQL. In each round, in turns: events published in batches of 500 as fast
            as they are taken, until the last has arrived; then single events at a steady rate. Needs
            redis-server for the peer (Debian, Ubuntu: apt-get install redis-server).
table       The saved table with many webhooks beside one with ${FEW}: pages in every order, from both
            ends, searched, filtered, and as a branch and a team see it.

Only the ratios can be compared with those of another run.

  --only NAME   Only deliveries, or only table
  --rounds N    How often everything is measured (3)
  --events N    deliveries: events of one drain (10000)
  --rate N      deliveries: events per second of the latency measurement (50)
  --seconds N   deliveries: how long it goes on (10)
  --webhooks N  table: how many are saved, a multiple of 50 (100000)
  --requests N  table: how often a page is asked for in a round (20)
  --help        This text
`;
const DEFAULTS = { rounds: 3, events: 10_000, rate: 50, seconds: 10, webhooks: 100_000, requests: 20 };
const MEASUREMENTS = /** @type {const} */ (['deliveries', 'table']);
/** Before the first round, not counted: compilers and connections warm up. */
const WARM_UP = { events: 1_000, seconds: 1 };

class UsageError extends Error {}

/** @typedef {typeof DEFAULTS} Options */

/** @returns {{ options: Options, wanted: readonly (typeof MEASUREMENTS[number])[] } | null} Null when only help is wanted. */
function readOptions() {
  /** @type {any} */
  let values;
  try {
    const texts = [...Object.keys(DEFAULTS), 'only'].map((name) => [
      name,
      { type: /** @type {const} */ ('string') },
    ]);
    ({ values } = parseArgs({ options: { help: { type: 'boolean' }, ...Object.fromEntries(texts) } }));
  } catch (error) {
    throw new UsageError(/** @type {Error} */ (error).message);
  }
  if (values.help) return null;
  const entries = Object.entries(DEFAULTS).map(([name, standard]) => {
    const text = values[name] ?? String(standard);
    if (!/^[1-9]\d{0,6}$/.test(text))
      throw new UsageError(`--${name} takes a whole number from 1 to 9999999`);
    return [name, Number(text)];
  });
  const options = Object.fromEntries(entries);
  if (options.webhooks % 50 !== 0) throw new UsageError('--webhooks takes a multiple of 50');
  const wanted = MEASUREMENTS.filter((name) => name === (values.only ?? name));
  if (wanted.length === 0) throw new UsageError(`--only takes ${MEASUREMENTS.join(' or ')}`);
  return { options, wanted };
}

/** What must be undone, the last thing first. @type {(() => Promise<unknown> | unknown)[]} */
const stops = [];
const onStop = (/** @type {() => Promise<unknown> | unknown} */ stop) => void stops.push(stop);

/** Stops everything even when something does not stop well; then throws what went wrong first. */
async function stopAll() {
  /** @type {unknown[]} */
  const errors = [];
  for (let stop = stops.pop(); stop; stop = stops.pop()) {
    try {
      await stop();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

/** Installs the peer where it is missing or older than its lock file. */
function install() {
  const folder = import.meta.dirname;
  const installed = join(folder, 'node_modules', '.package-lock.json');
  if (
    existsSync(installed) &&
    statSync(installed).mtimeMs >= statSync(join(folder, 'package-lock.json')).mtimeMs
  )
    return;
  say('Installing the peer (npm ci in test/bench) …');
  const { status } = spawnSync('npm', ['ci'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error('npm ci in test/bench failed; what it said is above.');
}

/** A folder that PostgreSQL can enter when it is run by another user for root. */
function makeFolder() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'bellwire-bench-')));
  chmodSync(folder, 0o711);
  onStop(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts both systems; only the server when there is no Redis. @param {{ folder: string, target: string }} place */
async function startSystems(place) {
  // Both need what install() has brought.
  const { startBellwire } = await import('./bellwire.js');
  const { RedisMissingError, startBullmq } = await import('./bullmq.js');
  const systems = [await startBellwire({ ...place, onStop })];
  try {
    systems.push(await startBullmq({ ...place, onStop }));
  } catch (error) {
    if (!(error instanceof RedisMissingError)) throw error;
    say(`The peer is left out: ${error.message}.`);
  }
  return systems;
}

/** @param {Options} options @returns {Promise<string>} The report. */
async function benchDeliveries(options) {
  install();
  const folder = makeFolder();
  const receiver = await startReceiver();
  onStop(() => receiver.stop());
  say('Starting the server and the peer …');
  const systems = await startSystems({ folder, target: receiver.url });

  for (const system of systems) {
    await drain(system, receiver, Math.min(WARM_UP.events, options.events));
    await latency(system, receiver, { perSecond: options.rate, seconds: WARM_UP.seconds });
  }
  /** @type {import('./report.js').Results[]} */
  const all = systems.map((system) => ({ system, drains: [], latencies: [] }));
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const { system, drains } of all) {
      say(`Round ${round} of ${options.rounds}: ${system.name}, drain …`);
      drains.push(await drain(system, receiver, options.events));
    }
    for (const { system, latencies } of all) {
      say(`Round ${round} of ${options.rounds}: ${system.name}, latency …`);
      latencies.push(await latency(system, receiver, { perSecond: options.rate, seconds: options.seconds }));
    }
  }
  const bodyBytes = Buffer.byteLength(JSON.stringify(policy('p1-1000')));
  const { rounds, events, rate, seconds } = options;
  return report(all, { rounds, events, rate, seconds, bodyBytes });
}

/** @param {Options} options @returns {Promise<string>} The report. */
async function benchTable(options) {
  say('Starting two servers …');
  const folder = makeFolder();
  const tables = [];
  let postgres = '';
  for (const count of [options.webhooks, FEW]) {
    const place = join(folder, String(tables.length));
    mkdirSync(place, { mode: 0o711 });
    const server = await startServer({ folder: place, onStop });
    postgres = server.postgres.version;
    say(`Saving ${count} webhooks …`);
    tables.push(await openTable(server, count));
  }
  /** @type {import('./report.js').Answers[]} */
  const all = QUESTIONS.map(({ name }) => ({ name, many: [], few: [] }));
  for (let round = 1; round <= options.rounds; round += 1) {
    say(`Round ${round} of ${options.rounds}: ${QUESTIONS.length} kinds of pages …`);
    for (const [index, question] of QUESTIONS.entries()) {
      const [many, few] = await answerTimes(tables, question, options.requests);
      all[index].many.push(many);
      all[index].few.push(few);
    }
  }
  const { rounds, webhooks, requests } = options;
  return tableReport(all, { rounds, webhooks, few: FEW, requests, postgres });
}

/** @param {string} line */
function say(line) {
  process.stderr.write(`${line}\n`);
}

let interrupted = false;
for (const [signal, code] of /** @type {const} */ ([
  ['SIGINT', 130],
  ['SIGTERM', 143],
])) {
  process.on(signal, async () => {
    if (interrupted) return;
    interrupted = true;
    say('Stopping what was started …');
    await stopAll().catch((error) => say(error.message));
    process.exit(code);
  });
}

try {
  const asked = readOptions();
  if (asked === null) process.stdout.write(HELP);
  const benches = { deliveries: benchDeliveries, table: benchTable };
  for (const name of asked?.wanted ?? []) {
    const text = await benches[name](asked.options);
    await stopAll();
    process.stdout.write(`${text}\n\n`);
  }
} catch (error) {
  // What fails because its processes are being stopped is no news.
  if (!interrupted) {
    say(/** @type {Error} */ (error).message);
    await stopAll().catch((second) => say(second.message));
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
