/**
 * `npm run bench`: the server as it is shipped beside BullMQ + got, doing the same job on the same
 * machine in the same run, in turns. Prints one table, decides nothing. Everything it started is
 * stopped at the end, on an error and on Ctrl-C.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { drain, latency } from './measure.js';
import { startReceiver } from './receiver.js';
import { report } from './report.js';
import { policy } from './sample.js';

const HELP = `Usage: npm run bench -- [options]

Measures Bellwire (npm start -- --dev, default configuration) beside BullMQ + got doing the same job:
sign, POST about 1 KiB over loopback, record the attempt in PostgreSQL. In each round, in turns: events
published in batches of 500 as fast as they are taken, until the last has arrived; then single events
at a steady rate. Needs redis-server for the peer (Debian, Ubuntu: apt-get install redis-server).
Only the ratios can be compared with those of another run.

  --rounds N    How often everything is measured (3)
  --events N    Events of one drain (10000)
  --rate N      Events per second of the latency measurement (50)
  --seconds N   How long it goes on (10)
  --help        This text
`;
const DEFAULTS = { rounds: 3, events: 10_000, rate: 50, seconds: 10 };
/** Before the first round, not counted: compilers and connections warm up. */
const WARM_UP = { events: 1_000, seconds: 1 };

class UsageError extends Error {}

/** @returns {typeof DEFAULTS | null} Null when only help is wanted. */
function readOptions() {
  /** @type {any} */
  let values;
  try {
    const numbers = Object.keys(DEFAULTS).map((name) => [name, { type: /** @type {const} */ ('string') }]);
    ({ values } = parseArgs({ options: { help: { type: 'boolean' }, ...Object.fromEntries(numbers) } }));
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
  return Object.fromEntries(entries);
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

/** @param {typeof DEFAULTS} options @returns {Promise<string>} The report. */
async function bench(options) {
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
  return report(all, { ...options, bodyBytes });
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
  const options = readOptions();
  if (options === null) {
    process.stdout.write(HELP);
  } else {
    const text = await bench(options);
    await stopAll();
    process.stdout.write(`${text}\n`);
  }
} catch (error) {
  // What fails because its processes are being stopped is no news.
  if (!interrupted) {
    say(/** @type {Error} */ (error).message);
    await stopAll().catch((second) => say(second.message));
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
