/**
 * `npm run soak`: the acceptance rows that take minutes. Builds the server, runs the scenarios one after the other, each on
 * a PostgreSQL and servers of its own, prints one line of JSON for each and a table of all at the end. Exit code 0 when
 * every bound held, 1 when one was broken, 2 for a wrong command line. Everything it started is ended, on Ctrl-C too.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { packageRoot } from '../../src/paths.ts';
import { figure } from '../support/figure.ts';
import { clearAll } from './ground.ts';
import type { SoakOptions } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

const DEFAULT_MINUTES = 20;

const HELP = `Usage: npm run soak -- [options]

Runs the built server through faults that take minutes, on a PostgreSQL of its own:

${Object.entries(SCENARIOS)
  .map(([name, { row, about }]) => `  ${name.padEnd(10)} ${row.padEnd(7)} ${about}`)
  .join('\n')}

  --only NAMES   Only these, comma-separated
  --minutes N    How long the ledger and the bloat go on (${DEFAULT_MINUTES})
  --scale N      The share of the table's numbers, such as 100,000 deliveries due, for trials (1)
  --seed N       What chance begins with; printed, so that a run can be repeated (random)
  --help         This text
`;

class UsageError extends Error {}

/** One line of the table at the end. */
interface Verdict {
  name: string;
  row: string;
  seconds: number;
  broken: string[];
}

function readOptions(): { names: string[]; options: Omit<SoakOptions, 'say'> } | null {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        only: { type: 'string', default: Object.keys(SCENARIOS).join(',') },
        minutes: { type: 'string', default: String(DEFAULT_MINUTES) },
        scale: { type: 'string', default: '1' },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0]);
  }
  if (values.help) return null;
  const names = values.only.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !(name in SCENARIOS));
  if (unknown.length > 0)
    throw new UsageError(
      `There is no scenario ${unknown.join(', ')}; --only takes ${Object.keys(SCENARIOS).join(', ')}`,
    );
  return {
    names,
    options: {
      minutes: numberOf('--minutes', values.minutes, 0.1, 10_000),
      scale: numberOf('--scale', values.scale, 0.001, 10),
      seed: numberOf('--seed', values.seed, 0, 2 ** 31),
    },
  };
}

function numberOf(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= min && value <= max))
    throw new UsageError(`${name} takes a number from ${min} to ${max}, not '${text}'`);
  return value;
}

/** Builds what is stale; the soak is of what is shipped. */
function build(): void {
  const { status } = spawnSync(process.execPath, [join(packageRoot, 'src', 'start.js'), '--build-only'], {
    cwd: packageRoot,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error('the build failed; what it said is above');
}

/** Which sources the built server is of: the stamp of the build. */
function builtFrom(): string {
  return readFileSync(join(packageRoot, 'dist', '.server-stamp'), 'utf8');
}

async function runOne(name: string, options: Omit<SoakOptions, 'say'>): Promise<Verdict> {
  const { row, run } = SCENARIOS[name]!;
  const startedAt = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedAt) / 1000);
  say(`${row} ${name}, seed ${options.seed} …`);
  const build = builtFrom();
  try {
    const { figures, broken } = await run({ ...options, say: (line) => say(`  ${line}`) });
    if (builtFrom() !== build)
      broken.push('the server was built anew meanwhile: what was restarted is not what was started');
    figure(row, { ...figures, seconds: seconds(), broken });
    return { name, row, seconds: seconds(), broken };
  } catch (error) {
    const broken = [`it ended with an error: ${(error as Error).message}`];
    if (!interrupted) say((error as Error).stack ?? String(error));
    figure(row, { seconds: seconds(), broken });
    return { name, row, seconds: seconds(), broken };
  }
}

function table(verdicts: Verdict[]): string {
  const lines = verdicts.map(({ name, row, seconds, broken }) => {
    const verdict = broken.length === 0 ? 'holds' : 'BROKEN';
    const reasons = broken.map((reason) => `\n${' '.repeat(8)}${reason}`).join('');
    return `${row.padEnd(7)} ${name.padEnd(10)} ${`${seconds} s`.padStart(7)}  ${verdict}${reasons}`;
  });
  const held = verdicts.filter(({ broken }) => broken.length === 0).length;
  return `\n${lines.join('\n')}\n\n${held} of ${verdicts.length} hold\n`;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** npm passes on the very Ctrl-C that the terminal has sent to us already, ms. */
const SAME_SIGNAL_MS = 300;
let interrupted = false;
let interruptedAt = 0;
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    if (interrupted) {
      if (Date.now() - interruptedAt > SAME_SIGNAL_MS) process.exit(code);
      return;
    }
    interrupted = true;
    interruptedAt = Date.now();
    say('Stopping what was started …');
    void clearAll().finally(() => process.exit(code));
  });
}

try {
  const asked = readOptions();
  if (asked === null) process.stdout.write(HELP);
  else {
    build();
    const verdicts: Verdict[] = [];
    for (const name of asked.names) verdicts.push(await runOne(name, asked.options));
    process.stdout.write(table(verdicts));
    if (verdicts.some(({ broken }) => broken.length > 0)) process.exitCode = 1;
  }
} catch (error) {
  say((error as Error).message);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
// Told, not left to end: sockets that were cut by force can keep Node in its own clean-up for ever (node::Environment::CleanupHandles).
process.stdout.write('', () => process.exit());
