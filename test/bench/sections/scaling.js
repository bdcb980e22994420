/** What all senders of a process bring over one. */
import { availableParallelism } from 'node:os';

import { startBellwire } from '../bellwire.js';
import { say } from '../ground.js';
import { drain } from '../measure.js';
import { ratios } from '../numbers.js';
import { startReceiver } from '../receiver.js';
import { drainRows } from './deliveries.js';

const WARM_UP = 2_000;

export const scaling = {
  name: 'scaling',
  about: `The same backlog is sent by a process that may have as many senders as the machine has cores (--senders), as it is by
default, and by one that has a single one.`,
  options: { rounds: 5, jobs: 50_000, senders: availableParallelism() },

  /** @param {import('../ground.js').Ground} ground @param {{ rounds: number, jobs: number, senders: number }} options @returns {Promise<import('../report.js').Section>} */
  async run(ground, { rounds, jobs, senders }) {
    const receiver = await startReceiver(ground);
    say('Starting Bellwire …');
    const system = await startBellwire(ground, { target: receiver.url, role: 'api' });
    const kinds = [senders, 1];
    const columns = kinds.map(() => /** @type {import('../measure.js').Drained[]} */ ([]));
    for (const most of kinds)
      await drain(system, receiver, { jobs: Math.min(WARM_UP, jobs), senders: most });
    for (let round = 1; round <= rounds; round += 1) {
      for (const [index, most] of kinds.entries()) {
        say(`scaling, round ${round} of ${rounds}: senders ${most} …`);
        columns[index].push(await drain(system, receiver, { jobs, senders: most }));
      }
    }
    const rows = drainRows(columns);
    const [{ values: rates }] = rows;
    return {
      title: `${rounds} × ${jobs} deliveries. Medians [min-max]; ratio round by round. Receiver and PostgreSQL share the machine.`,
      columns: kinds.map((most) => `senders: ${most}`),
      rows: [
        rows[0],
        { label: `ratio: ${senders} / 1`, values: [ratios(rates[0], rates[1])] },
        ...rows.slice(1),
      ],
      notes: [`Bellwire: ${system.configuration}; BELLWIRE_SENDERS as the columns say.`],
      options: { rounds, jobs, senders },
      versions: [system.versions],
      targets: [],
    };
  },
};
