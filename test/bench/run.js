/**
 * `npm run bench`: the server as it is shipped, measured section by section, where there is something to compare it with
 * in the same run and in turns. Prints one table for each and the targets at the end, decides nothing. Everything it
 * started is stopped at the end of its section, on an error and on Ctrl-C.
 */
import { parseArgs } from 'node:util';

import { buildServer, clearGround, layGround, say } from './ground.js';
import { FEW } from './many-webhooks.js';
import { sectionText, targetsText } from './report.js';
import { claim } from './sections/claim.js';
import { deliveries } from './sections/deliveries.js';
import { latency } from './sections/latency.js';
import { memory } from './sections/memory.js';
import { publish } from './sections/publish.js';
import { scaling } from './sections/scaling.js';
import { table } from './sections/table.js';

/**
 * @typedef {object} Bench
 * @property {string} name
 * @property {string} about
 * @property {Record<string, number>} options With their defaults.
 * @property {(ground: import('./ground.js').Ground, options: any) => Promise<import('./report.js').Section>} run
 */

/** @type {Bench[]} */
const SECTIONS = [deliveries, scaling, latency, publish, claim, memory, table];

const OPTIONS = {
  rounds: 'how often everything is measured, in turns',
  jobs: 'deliveries of one run',
  rate: 'events a second',
  seconds: 'how long that goes on',
  senders: 'senders of a process',
  webhooks: `how many are saved, a multiple of 50, at least ${FEW}`,
  pending: 'deliveries in the queue',
  requests: 'how often a page is asked for in a round',
};

class UsageError extends Error {}

/** @param {string} text */
function indented(text) {
  return text.replaceAll(/^/gm, '    ');
}

function help() {
  const sections = SECTIONS.map(({ name, about, options }) => {
    const own = Object.entries(options).map(([option, standard]) => `--${option} ${standard}`);
    return `  ${name}\n${indented(about)}\n    ${own.join(' ')}`;
  });
  const options = Object.entries(OPTIONS).map(([name, what]) => `  --${`${name} N`.padEnd(13)} ${what}`);
  return `Usage: npm run bench -- [options]

Measures Bellwire as \`npm start -- --dev\` runs it, in its default configuration, section by section, each on servers of
its own. Counts are checked before anything is printed. Only the ratios can be compared with those of another run, and
only those of a machine that does nothing else.

Sections, with their options and defaults
${sections.join('\n')}

Options
  --only NAMES    only these sections, comma-separated
${options.join('\n')}
  --help          this text
`;
}

/** The sections that are asked for, with their options; null when only help is wanted. @param {string[]} args */
function readArguments(args) {
  /** @type {any} */
  let values;
  try {
    const texts = [...Object.keys(OPTIONS), 'only'].map((name) => [name, { type: 'string' }]);
    const options = { help: { type: 'boolean' }, ...Object.fromEntries(texts) };
    ({ values } = parseArgs({ args, options }));
  } catch (error) {
    throw new UsageError(/** @type {Error} */ (error).message);
  }
  if (values.help) return null;
  for (const name of Object.keys(OPTIONS))
    if (values[name] !== undefined && !/^[1-9]\d{0,7}$/.test(values[name]))
      throw new UsageError(`--${name} takes a whole number from 1 to 99999999`);
  const webhooks = Number(values.webhooks ?? FEW);
  if (webhooks % 50 !== 0 || webhooks < FEW)
    throw new UsageError(`--webhooks takes a multiple of 50, at least ${FEW}`);
  const names = values.only?.split(',') ?? SECTIONS.map(({ name }) => name);
  const unknown = names.find(
    (/** @type {string} */ name) => !SECTIONS.some((section) => section.name === name),
  );
  if (unknown !== undefined)
    throw new UsageError(
      `--only takes some of ${SECTIONS.map(({ name }) => name).join(', ')}, not '${unknown}'`,
    );
  return SECTIONS.filter(({ name }) => names.includes(name)).map((section) => ({
    section,
    options: Object.fromEntries(
      Object.entries(section.options).map(([name, standard]) => [name, Number(values[name] ?? standard)]),
    ),
  }));
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
    await clearGround().catch((error) => say(error.message));
    process.exit(code);
  });
}

try {
  const asked = readArguments(process.argv.slice(2));
  if (asked === null) process.stdout.write(help());
  else buildServer();
  const targets = [];
  for (const { section, options } of asked ?? []) {
    const result = await section.run(layGround(), options);
    await clearGround();
    process.stdout.write(`${sectionText(section.name, result)}\n\n`);
    targets.push(...result.targets.map((target) => ({ section: section.name, target })));
  }
  if (targets.length > 0) process.stdout.write(`${targetsText(targets)}\n`);
} catch (error) {
  // What fails because its processes are being stopped is no news.
  if (!interrupted) {
    say(/** @type {Error} */ (error).message);
    await clearGround().catch((second) => say(second.message));
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
