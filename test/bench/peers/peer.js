/** What the peers share: a PostgreSQL of their own with the table of attempts, and one process that sends. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { startScript, told, watchDeaths } from '../children.js';
import { cpuOf } from '../cpu.js';
import { startPostgres } from '../postgres.js';
import { policy } from '../sample.js';
import { HANDLER, TABLE } from './handler.js';

/** How long a process of a peer may take to start and to stop, ms. */
export const START_MS = 30_000;
export const STOP_MS = 20_000;

/** The base of a peer. @param {import('../ground.js').Ground} ground @param {string} name */
export async function startPeer(ground, name) {
  const { died, watch } = watchDeaths();
  const postgres = await startPostgres(ground, `${name}-postgres`);
  const { client } = postgres;
  await client.query(TABLE);
  /** @type {import('../children.js').Child | undefined} */
  let sender;
  const stopSenders = async () => {
    await sender?.stop(STOP_MS);
    sender = undefined;
  };
  ground.onStop(stopSenders);
  return {
    postgres,
    watch,
    /** @param {string} script @param {string[]} args */
    async startSender(script, args) {
      sender = startScript(`peers/${script}`, args);
      watch(sender);
      await told(sender, (message) => message.ready === true, START_MS);
    },
    /** What is the same of every System that is a peer. */
    common: {
      died,
      stopSenders,
      /** @returns {Promise<import('../measure.js').Attempts>} */
      async attempts() {
        const { rows } = await client.query(
          `select count(*)::int as made, count(*) filter (where outcome = 'SUCCEEDED')::int as succeeded from attempts`,
        );
        return rows[0];
      },
    },
    cpu: () => ({ service: sender ? cpuOf(sender.pid) : 0, postgres: cpuOf(postgres.pid) }),
    configuration: `${HANDLER}; PostgreSQL: ${postgres.settings}`,
  };
}

/** What a job says. @param {string} target @param {string} id @returns {import('./handler.js').Work} */
export function workOf(target, id) {
  return { target, entityId: id, occurredAt: new Date().toISOString(), payload: policy(id) };
}

/** The version of a package of the bench. @param {string} name */
export function installed(name) {
  const file = join(import.meta.dirname, '..', 'node_modules', name, 'package.json');
  return JSON.parse(readFileSync(file, 'utf8')).version;
}
