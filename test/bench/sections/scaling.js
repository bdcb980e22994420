/** What all senders of a process bring over one. */
import { availableParallelism } from 'node:os';

import { startBellwire } from '../bellwire.js';
import { say } from '../ground.js';
import { drain } from '../measure.js';
import { ratios } from '../numbers.js';
import { startReceiver } from '../receiver.js';
import { drainRows } from './deliveries.js';

const WARM_UP = 2_000;

/** @param {number | undefined} most */
const nameOf = (most) => most ?? 'default';

export const scaling = {
  name: 'scaling',
  about: `The same backlog is sent by a process as it is by default, which has further senders where cores are idle, by one that is
told to have as many as there are cores (--senders), and by one with a single one.`,
  options: { rounds: 5, jobs: 50_000, senders: availableParallelism() },

  /** @param {import('../ground.js').Ground} ground @param {{ rounds: number, jobs: number, senders: number }} options @returns {Promise<import('../report.js').Section>} */
  async run(ground, { rounds, jobs, senders }) {
    const receiver = await startReceiver(ground);
    say('Starting Bellwire …');
    const system = await startBellwire(ground, { target: receiver.url, role: 'api' });
    const kinds = [undefined, senders, 1];
    const columns = kinds.map(() => /** @type {import('../measure.js').Drained[]} */ ([]));
    for (const most of kinds) await drain(system, receiver, { jobs: Math.min(WARM_UP, jobs), senders: most });
    for (let round = 1; round <= rounds; round += 1) {
      for (const [index, most] of kinds.entries()) {
        say(`scaling, round ${round} of ${rounds}: senders ${nameOf(most)} …`);
        columns[index].push(await drain(system, receiver, { jobs, senders: most }));
      }
    }
    const rows = drainRows(columns);
    const [{ values: rates }] = rows;
    return {
      title: `${rounds} × ${jobs} deliveries. Medians [min-max]; ratio round by round. Receiver and PostgreSQL share the machine.`,
      columns: kinds.map((most) => `senders: ${nameOf(most)}`),
      rows: [
        rows[0],
        { label: 'ratio: this one / 1', values: [ratios(rates[0], rates[2]), ratios(rates[1], rates[2])] },
        ...rows.slice(1),
      ],
      notes: [`Bellwire: ${system.configuration}; BELLWIRE_SENDERS as the columns say.`],
      options: { rounds, jobs, senders },
      versions: [system.versions],
      targets: [],
    };
  },
};
