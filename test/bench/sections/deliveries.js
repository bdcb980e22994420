/** How fast one process gets rid of a backlog, beside the peers and beside a client that does nothing else. */
import { say } from '../ground.js';
import { drain } from '../measure.js';
import { median, ratios } from '../numbers.js';
import { startReceiver } from '../receiver.js';
import { policy } from '../sample.js';
import { notesOf, overOthers, ratioTo, startSystems } from './systems.js';

/** Before the first round, not counted: caches and connections warm up, tables get their first pages. */
const WARM_UP = 2_000;

/** CPU by role: what the row is called. */
const ROLES = /** @type {const} */ ([
  ['service', 'server or worker'],
  ['postgres', 'PostgreSQL'],
  ['redis', 'Redis'],
  ['together', 'these together'],
  ['receiver', 'receiver'],
]);

/** The rows of what drains are. @param {import('../measure.js').Drained[][]} columns @returns {import('../report.js').Row[]} */
export function drainRows(columns) {
  return [
    {
      label: 'deliveries/s',
      values: columns.map((drains) => drains.map(({ perSecond }) => perSecond)),
    },
    ...ROLES.map(([role, label]) => ({
      label: `CPU µs/delivery: ${label}`,
      values: columns.map((drains) => drains.map(({ cpu }) => cpu[role] ?? NaN)),
    })),
  ];
}

export const deliveries = {
  name: 'deliveries',
  about: `A backlog is sent by one process: Bellwire beside BullMQ + got and graphile-worker + got doing the same job
(sign, POST about 1 KiB over loopback, record the attempt in PostgreSQL), and a bare client in a loop. Published while
no sender runs; from the first arrival to the last. Needs redis-server (Debian, Ubuntu: apt-get install redis-server).`,
  options: { rounds: 5, jobs: 50_000 },

  /** @param {import('../ground.js').Ground} ground @param {{ rounds: number, jobs: number }} options @returns {Promise<import('../report.js').Section>} */
  async run(ground, { rounds, jobs }) {
    const receiver = await startReceiver(ground);
    const systems = await startSystems(ground, { target: receiver.url, role: 'api' });
    const { BARE_CLIENTS, bareDrain } = await import('../peers/bare.js');
    const contestants = [
      ...systems.map((system) => ({
        name: system.name,
        drain: (/** @type {number} */ count) => drain(system, receiver, { jobs: count }),
      })),
      ...BARE_CLIENTS.map((kind) => ({
        name: `bare ${kind}`,
        drain: (/** @type {number} */ count) => bareDrain(ground, kind, receiver, count),
      })),
    ];
    for (const contestant of contestants) await contestant.drain(Math.min(WARM_UP, jobs));
    const columns = contestants.map(() => /** @type {import('../measure.js').Drained[]} */ ([]));
    for (let round = 1; round <= rounds; round += 1) {
      for (const [index, contestant] of contestants.entries()) {
        say(`deliveries, round ${round} of ${rounds}: ${contestant.name} …`);
        columns[index].push(await contestant.drain(jobs));
      }
    }
    const rows = drainRows(columns);
    const [{ values: rates }, , { values: postgres }] = rows;
    return {
      title: `${rounds} × ${jobs} deliveries of ${Buffer.byteLength(JSON.stringify(policy('p1-1000')))} bytes by one process. Medians [min-max]; ratios round by round.`,
      columns: contestants.map(({ name }) => name),
      rows: [
        rows[0],
        { label: 'ratio: Bellwire / this one', values: overOthers(rates) },
        ...rows.slice(1),
        { label: 'PostgreSQL: Bellwire / this one', values: overOthers(postgres) },
      ],
      notes: [
        ...notesOf(systems),
        `Bellwire's share of the bare client's ceiling: ${shareOf(rates, systems.length)} of got-lean, ${shareOf(rates, systems.length + 1)} of node:http.`,
      ],
      options: { rounds, jobs },
      versions: systems.map(({ versions }) => versions),
      targets: [
        {
          name: 'deliveries/s, by those of BullMQ + got',
          wanted: { atLeast: 3 },
          measured: ratioTo(systems, 'BullMQ', rates),
        },
        {
          name: 'deliveries/s, by those of graphile-worker + got',
          wanted: { atLeast: 3 },
          measured: ratioTo(systems, 'graphile', rates),
        },
        {
          name: "PostgreSQL's CPU per delivery, by graphile-worker's",
          wanted: { atMost: 0.25 },
          measured: ratioTo(systems, 'graphile', postgres),
        },
      ],
    };
  },
};

/** @param {number[][]} rates @param {number} column */
function shareOf(rates, column) {
  return `${Math.round(median(ratios(rates[0], rates[column])) * 100)} %`;
}
