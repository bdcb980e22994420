/** The bench's hold on the sink process. */
import { startScript, told } from './children.js';
import { cpuOf } from './cpu.js';

/** Answers that need no waiting on the sink's side come within this time, ms. */
const ANSWER_MS = 10_000;

/**
 * @typedef {object} Report
 * @property {number} hits Requests that came.
 * @property {number} distinct Entities among them.
 * @property {number} unsigned Requests without the headers of Standard Webhooks.
 * @property {number} firstAt When the first entity came, ms of the monotonic clock.
 * @property {number} lastAt When the last new entity came.
 * @property {[id: string, at: number][]} [arrivals] First arrivals, if asked for.
 */

/**
 * @typedef {object} Receiver
 * @property {string} url
 * @property {() => Promise<Report>} begin Forgets what came.
 * @property {(count: number, limitMs: number) => Promise<Report>} wait Until so many entities have come or the limit has passed.
 * @property {(times?: boolean) => Promise<Report>} report
 * @property {() => number} cpu Microseconds since its start.
 */

/** Starts the sink. @param {import('./ground.js').Ground} ground @returns {Promise<Receiver>} */
export async function startReceiver({ onStop }) {
  const child = startScript('sink.js');
  onStop(() => child.stop(5_000));
  const { ready: url } = await told(child, (message) => message.ready !== undefined, ANSWER_MS);
  let asked = 0;
  const ask = async (/** @type {object} */ question, limitMs = ANSWER_MS) => {
    const number = ++asked;
    const answered = told(child, (message) => message.number === number, limitMs);
    child.process.send({ ...question, number });
    return (await answered).answer;
  };
  return {
    url,
    begin: () => ask({ ask: 'begin' }),
    wait: (count, limitMs) => ask({ ask: 'wait', count, limitMs }, limitMs + ANSWER_MS),
    report: (times = false) => ask({ ask: 'report', times }),
    cpu: () => cpuOf(child.pid),
  };
}
