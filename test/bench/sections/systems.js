/** The systems that do the same job, each with a PostgreSQL of its own, and the rows that compare them. */
import { startBellwire } from '../bellwire.js';
import { installPeers, say } from '../ground.js';
import { median, ratios } from '../numbers.js';

/** @typedef {import('../measure.js').System} System */

/** Starts Bellwire and the peers, without BullMQ where there is no Redis. @param {import('../ground.js').Ground} ground @param {{ target: string, role: 'all' | 'api' }} options @returns {Promise<System[]>} */
export async function startSystems(ground, { target, role }) {
  installPeers();
  const { RedisMissingError, startBullmq } = await import('../peers/bullmq.js');
  const { startGraphile } = await import('../peers/graphile.js');
  say('Starting Bellwire and the peers …');
  /** @type {System[]} */
  const systems = [await startBellwire(ground, { target, role })];
  try {
    systems.push(await startBullmq(ground, { target }));
  } catch (error) {
    if (!(error instanceof RedisMissingError)) throw error;
    say(`BullMQ is left out: ${error.message}.`);
  }
  return [...systems, await startGraphile(ground, { target })];
}

/** What the table does not show. */
const DURABILITY =
  'Bellwire and graphile-worker commit a job to disk before they take it; the queue of BullMQ is in the memory of Redis only.';

/** The configuration of each system. @param {System[]} systems */
export function notesOf(systems) {
  return [...systems.map(({ name, configuration }) => `${name}: ${configuration}.`), DURABILITY];
}

/** Bellwire's value by that of each other column, in the same round. @param {number[][]} columns */
export function overOthers([own, ...others]) {
  return [[], ...others.map((other) => ratios(own, other))];
}

/** The median ratio to one peer; NaN where it was left out. @param {System[]} systems @param {string} peer @param {number[][]} columns */
export function ratioTo(systems, peer, columns) {
  const at = systems.findIndex(({ name }) => name.startsWith(peer));
  return at < 0 ? NaN : median(ratios(columns[0], columns[at]));
}
