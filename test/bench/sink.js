/**
 * The receiver, a process of its own so that it costs neither system anything: answers 204 to every
 * POST and remembers when each entity arrived first. Its parent asks over IPC: {ask: 'begin'} forgets
 * everything, {ask: 'wait', count, limitMs} answers when so many have come or the limit has passed,
 * {ask: 'report', times} answers with what came. Times are of the system's monotonic clock, ms.
 */
import { createServer } from 'node:http';

/** First arrivals, by entity. @type {Map<string, number>} */
let arrivals = new Map();
let hits = 0;
let unsigned = 0;
let lastAt = 0;
/** @type {{ count: number, answer: () => void } | undefined} */
let waiting;

const SIGNED = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];

const server = createServer((request, response) => {
  /** @type {Buffer[]} */
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const at = Number(process.hrtime.bigint()) / 1e6;
    response.writeHead(204).end();
    hits += 1;
    if (SIGNED.some((name) => request.headers[name] === undefined)) unsigned += 1;
    const { entityId } = JSON.parse(Buffer.concat(chunks).toString());
    if (arrivals.has(entityId)) return;
    arrivals.set(entityId, at);
    lastAt = at;
    if (waiting && arrivals.size >= waiting.count) waiting.answer();
  });
});
// Idle sockets stay: a request that meets its socket's end would be a failure that no system made.
server.keepAliveTimeout = 600_000;

/** What came since `begin`. @param {boolean} times */
function report(times) {
  return { hits, distinct: arrivals.size, unsigned, lastAt, ...(times ? { arrivals: [...arrivals] } : {}) };
}

/** @param {{ count: number, limitMs: number }} wish */
function wait({ count, limitMs }) {
  return new Promise((resolve) => {
    const answer = () => {
      clearTimeout(timer);
      waiting = undefined;
      resolve(report(false));
    };
    const timer = setTimeout(answer, limitMs);
    waiting = { count, answer };
    if (arrivals.size >= count) answer();
  });
}

function begin() {
  arrivals = new Map();
  hits = unsigned = lastAt = 0;
}

process.on('message', async (/** @type {any} */ message) => {
  if (message.ask === 'begin') begin();
  const answer = message.ask === 'wait' ? await wait(message) : report(message.times);
  process.send?.({ number: message.number, answer });
});
process.on('disconnect', () => process.exit());

server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  process.send?.({ ready: `http://127.0.0.1:${port}/hooks` });
});
