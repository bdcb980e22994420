/** The bare client, measured as systems are. */
import { startScript } from '../children.js';
import { cpuOf } from '../cpu.js';
import { checkBooks, hitsOf, limitFor, orDeath, perJob } from '../measure.js';

/** The clients that there are. */
export const BARE_CLIENTS = /** @type {const} */ (['got-lean', 'node:http']);

let runs = 0;

/** Requests as fast as one process makes them. @param {import('../ground.js').Ground} ground @param {typeof BARE_CLIENTS[number]} kind @param {import('../receiver.js').Receiver} receiver @param {number} jobs @returns {Promise<import('../measure.js').Drained>} */
export async function bareDrain({ onStop }, kind, receiver, jobs) {
  await receiver.begin();
  const child = startScript('peers/bare-client.js', [kind, receiver.url, `b${++runs}-`, String(jobs)]);
  const stop = () => child.stop(0);
  onStop(stop);
  const cpu = () => ({ service: cpuOf(child.pid), receiver: receiver.cpu() });
  const before = await orDeath(child, receiver.wait(1, limitFor(0)).then(cpu));
  const { firstAt, lastAt } = await orDeath(child, receiver.wait(jobs, limitFor(jobs)));
  const used = perJob(before, cpu(), jobs);
  checkBooks(kind, jobs, hitsOf(await receiver.report()));
  await stop();
  return { perSecond: (jobs - 1) / ((lastAt - firstAt) / 1000), cpu: used };
}
