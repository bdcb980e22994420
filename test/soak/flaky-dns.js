/**
 * Loaded into each server of the soak before the program (node --import): the system's resolver with
 * names of its own, so that DNS fails as it does in the world, and nothing is asked of a real server.
 *
 *   steady.soak.test   127.0.0.1
 *   flaky.soak.test    127.0.0.1, SERVFAIL for a fifth of the questions, and that only after 8 s for a twentieth
 *   gone.soak.test     does not exist
 */
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

const ask = dns.lookup;
/** Longer than the servers wait for an answer (BELLWIRE_DNS_TIMEOUT). */
const LATE_MS = 8_000;
const ANSWER = { address: '127.0.0.1', family: 4 };

/** @param {string} code */
const failure = (code) => Object.assign(new Error(`getaddrinfo ${code}`), { code, syscall: 'getaddrinfo' });

/** @type {any} */
const lookup = (/** @type {string} */ hostname, /** @type {any} */ options, /** @type {any} */ callback) => {
  if (!hostname.endsWith('.soak.test')) return ask(hostname, options, callback);
  const answer = () =>
    options?.all ? callback(null, [ANSWER]) : callback(null, ANSWER.address, ANSWER.family);
  const chance = Math.random();
  const flaky = hostname === 'flaky.soak.test';
  const fails = flaky && chance < 0.25;
  setTimeout(
    () => {
      if (hostname === 'gone.soak.test') callback(failure('ENOTFOUND'));
      else if (fails) callback(failure('EAI_AGAIN'));
      else answer();
    },
    fails && chance < 0.05 ? LATE_MS : 0,
  );
};

dns.lookup = lookup;
syncBuiltinESMExports();
