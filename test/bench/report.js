/** What is printed of each measurement: one table with medians [min-max] and ratios, the machine, and the same as one line of JSON. */
import { cpus, totalmem } from 'node:os';

/**
 * The rounds of one system.
 * @typedef {object} Results
 * @property {import('./measure.js').System} system
 * @property {Awaited<ReturnType<typeof import('./measure.js').drain>>[]} drains
 * @property {Awaited<ReturnType<typeof import('./measure.js').latency>>[]} latencies
 */

/** @typedef {{ key: string, label: string, digits: number, of: (results: Results) => number[] }} Row */

/** @param {string} role @returns {(results: Results) => number[]} */
const cpu = (role) => (results) =>
  results.drains.map((drain) => drain.cpu[role] ?? NaN).filter(Number.isFinite);

/** @param {{ perSecond: number }} load @returns {Row[]} */
function rows({ perSecond }) {
  return [
    {
      key: 'deliveriesPerSecond',
      label: 'deliveries/s, publish to arrival',
      digits: 0,
      of: (r) => r.drains.map((d) => d.perSecond),
    },
    {
      key: 'publishedPerSecond',
      label: 'published/s, meanwhile',
      digits: 0,
      of: (r) => r.drains.map((d) => d.publishedPerSecond),
    },
    { key: 'cpuService', label: 'CPU µs/delivery: server or worker', digits: 0, of: cpu('service') },
    { key: 'cpuPostgres', label: 'CPU µs/delivery: PostgreSQL', digits: 0, of: cpu('postgres') },
    { key: 'cpuRedis', label: 'CPU µs/delivery: Redis', digits: 0, of: cpu('redis') },
    { key: 'cpuSystem', label: 'CPU µs/delivery: these together', digits: 0, of: cpu('together') },
    { key: 'cpuPublisher', label: 'CPU µs/delivery: who publishes', digits: 0, of: cpu('publisher') },
    {
      key: 'latencyP50',
      label: `ms from publish to arrival at ${perSecond}/s, p50`,
      digits: 2,
      of: (r) => r.latencies.map((l) => l.p50),
    },
    {
      key: 'latencyP99',
      label: `ms from publish to arrival at ${perSecond}/s, p99`,
      digits: 2,
      of: (r) => r.latencies.map((l) => l.p99),
    },
  ];
}

/** What the table does not show. */
const DURABILITY =
  'Bellwire commits an event to disk before it answers; the queue of the peer is in the memory of Redis only.';

/** The text to print. @param {Results[]} all The server first, then the peer, if there is one. @param {{ rounds: number, events: number, rate: number, seconds: number, bodyBytes: number }} options */
export function report(all, options) {
  const [own, peer] = all;
  const lines = rows({ perSecond: options.rate }).map((row) => {
    const values = all.map((results) => row.of(results));
    // Round by round: what the machine does to one system it mostly does to its neighbour in time, too.
    const ratios = peer
      ? values[0].map((value, round) => value / values[1][round]).filter(Number.isFinite)
      : [];
    return { row, values, ratios };
  });
  const header = ['', ...all.map(({ system }) => system.name), ...(peer ? ['ratio'] : [])];
  const body = lines.map(({ row, values, ratios }) => [
    row.label,
    ...values.map((list) => summary(list, row.digits)),
    ...(peer ? [summary(ratios, 2)] : []),
  ]);
  const machine = describeMachine(all.map(({ system }) => system.versions));
  const json = {
    options,
    machine,
    ...Object.fromEntries(
      lines.map(({ row, values, ratios }) => [
        row.key,
        {
          bellwire: values[0].map(rounded),
          ...(peer ? { peer: values[1].map(rounded), ratio: rounded(median(ratios)) } : {}),
        },
      ]),
    ),
  };
  return [
    `${own.system.name}${peer ? ` beside ${peer.system.name}` : ''}: ${options.rounds} × ${options.events} events of ${options.bodyBytes} bytes, then ${options.seconds} s at ${options.rate}/s. Medians [min-max]${peer ? `; ratio = ${own.system.name} / ${peer.system.name}, round by round` : ''}.`,
    '',
    ...table([header, ...body]),
    '',
    ...(peer ? [DURABILITY] : []),
    describe(machine),
    JSON.stringify(json),
  ].join('\n');
}

/**
 * One question about the saved table, its answers round by round.
 * @typedef {{ name: string, many: import('./saved-table.js').Answered[], few: import('./saved-table.js').Answered[] }} Answers
 */

/** The text to print about the saved table. @param {Answers[]} all @param {{ rounds: number, webhooks: number, few: number, requests: number, postgres: string }} options */
export function tableReport(all, { postgres, ...options }) {
  const count = (/** @type {number} */ value) => value.toLocaleString('en-US');
  const lines = all.map(({ name, many, few }) => ({
    name,
    ms: many.map((answered) => answered.ms),
    fewMs: few.map((answered) => answered.ms),
    ratios: many.map((answered, round) => answered.ms / few[round].ms),
    cpuMs: many.map((answered) => answered.cpuMs).filter(Number.isFinite),
  }));
  const machine = describeMachine([{ postgres }]);
  return [
    `The saved table: pages of up to 100 webhooks, milliseconds of the client over loopback. ${options.rounds} × ${options.requests} requests each, in turns with a server that has ${count(options.few)} webhooks. Medians [min-max] of the rounds' medians; ratio = ${count(options.webhooks)} / ${count(options.few)}, round by round; CPU of server and PostgreSQL together.`,
    '',
    ...table([
      [
        '',
        `ms with ${count(options.webhooks)}`,
        `ms with ${count(options.few)}`,
        'ratio',
        `CPU ms with ${count(options.webhooks)}`,
      ],
      ...lines.map(({ name, ms, fewMs, ratios, cpuMs }) => [
        name,
        summary(ms, 1),
        summary(fewMs, 1),
        summary(ratios, 2),
        summary(cpuMs, 1),
      ]),
    ]),
    '',
    describe(machine),
    JSON.stringify({
      options,
      machine,
      pages: Object.fromEntries(
        lines.map(({ name, ms, fewMs, ratios, cpuMs }) => [
          name,
          {
            ms: ms.map(rounded),
            fewMs: fewMs.map(rounded),
            ratio: rounded(median(ratios)),
            cpuMs: cpuMs.map(rounded),
          },
        ]),
      ),
    }),
  ].join('\n');
}

/** @param {Record<string, string>[]} versions @returns {Record<string, string | number>} */
function describeMachine(versions) {
  const cores = cpus();
  return {
    cores: cores.length,
    processor: cores[0]?.model.trim() ?? 'unknown',
    GiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    ...Object.assign({}, ...versions),
  };
}

/** @param {Record<string, string | number>} machine */
function describe(machine) {
  return Object.entries(machine)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

/** @param {number[]} values @param {number} digits */
function summary(values, digits) {
  if (values.length === 0) return '–';
  const text = (/** @type {number} */ value) =>
    value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${text(median(values))} [${text(Math.min(...values))}-${text(Math.max(...values))}]`;
}

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @param {number} value */
function rounded(value) {
  return Number(value.toPrecision(4));
}

/** Columns as wide as they must be, numbers to the right. @param {string[][]} cells */
function table(cells) {
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  return cells.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('   '),
  );
}
