/** How long an event takes from its publish to its arrival, on systems that have time. */
import { say } from '../ground.js';
import { latency as measure } from '../measure.js';
import { startReceiver } from '../receiver.js';
import { notesOf, overOthers, ratioTo, startSystems } from './systems.js';

const WARM_UP_SECONDS = 5;
const SHARES = /** @type {const} */ (['p50', 'p90', 'p99']);

export const latency = {
  name: 'latency',
  about: `Single events at a steady rate, from the call that publishes to the arrival, beside BullMQ + got and
graphile-worker + got. Needs redis-server, too.`,
  options: { rounds: 5, rate: 50, seconds: 20 },

  /** @param {import('../ground.js').Ground} ground @param {{ rounds: number, rate: number, seconds: number }} options @returns {Promise<import('../report.js').Section>} */
  async run(ground, { rounds, rate, seconds }) {
    const receiver = await startReceiver(ground);
    const systems = await startSystems(ground, { target: receiver.url, role: 'all' });
    for (const system of systems) {
      await system.startSenders();
      await measure(system, receiver, { rate, seconds: Math.min(WARM_UP_SECONDS, seconds) });
    }
    const columns = systems.map(() => /** @type {Awaited<ReturnType<typeof measure>>[]} */ ([]));
    for (let round = 1; round <= rounds; round += 1) {
      for (const [index, system] of systems.entries()) {
        say(`latency, round ${round} of ${rounds}: ${system.name} …`);
        columns[index].push(await measure(system, receiver, { rate, seconds }));
      }
    }
    const valuesOf = (/** @type {typeof SHARES[number]} */ share) =>
      columns.map((rounds) => rounds.map((times) => times[share]));
    return {
      title: `${rounds} × ${seconds} s of ${rate} events/s, ms from publish to arrival. Medians [min-max] of the rounds; ratios round by round.`,
      columns: systems.map(({ name }) => name),
      rows: SHARES.flatMap((share) => [
        { label: share, values: valuesOf(share) },
        { label: `${share}, ratio: Bellwire / this one`, values: overOthers(valuesOf(share)) },
      ]),
      notes: notesOf(systems),
      options: { rounds, rate, seconds },
      versions: systems.map(({ versions }) => versions),
      targets: [
        {
          name: "p50, by BullMQ's",
          wanted: { atMost: 0.8 },
          measured: ratioTo(systems, 'BullMQ', valuesOf('p50')),
        },
        {
          name: "p99, by BullMQ's",
          wanted: { atMost: 1 },
          measured: ratioTo(systems, 'BullMQ', valuesOf('p99')),
        },
      ],
    };
  },
};
