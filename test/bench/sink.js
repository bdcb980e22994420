/**
 * The receiver, a process of its own so that it costs neither system anything: answers 204 to every
 * POST and remembers when each entity arrived first. HTTP is read by hand, since Node's server would cost
 * more than a lean sender and hold it back. Its parent asks over IPC: {ask: 'begin'} forgets everything,
 * {ask: 'wait', count, limitMs} answers when so many have come or the limit has passed, {ask: 'report',
 * times} answers with what came. Times are of the system's monotonic clock, ms.
 */
import { createServer } from 'node:net';

import { now } from './numbers.js';

/** First arrivals, by entity. @type {Map<string, number>} */
let arrivals = new Map();
let hits = 0;
let unsigned = 0;
let firstAt = 0;
let lastAt = 0;
/** @type {{ count: number, answer: () => void } | undefined} */
let waiting;

const SIGNED = ['webhook-id:', 'webhook-timestamp:', 'webhook-signature:'];
const HEAD_END = '\r\n\r\n';
const ENTITY = '"entityId":"';
/** With the headers of Node's own server. Idle sockets stay: a request that meets its socket's end would be a failure that no system made. */
const answer = () =>
  `HTTP/1.1 204 No Content\r\nDate: ${date}\r\nConnection: keep-alive\r\nKeep-Alive: timeout=600${HEAD_END}`;
let date = new Date().toUTCString();
setInterval(() => (date = new Date().toUTCString()), 1_000).unref();

/** One request. @param {string} head In small letters. @param {Buffer} body */
function take(head, body) {
  const at = now();
  hits += 1;
  if (SIGNED.some((name) => !head.includes(`\n${name}`))) unsigned += 1;
  const from = body.indexOf(ENTITY) + ENTITY.length;
  const entityId = body.toString('latin1', from, body.indexOf('"', from));
  if (arrivals.has(entityId)) return;
  arrivals.set(entityId, at);
  firstAt ||= at;
  lastAt = at;
  if (waiting && arrivals.size >= waiting.count) waiting.answer();
}

const server = createServer({ noDelay: true }, (socket) => {
  let rest = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    for (;;) {
      const headEnd = rest.indexOf(HEAD_END);
      if (headEnd < 0) return;
      const head = rest.toString('latin1', 0, headEnd).toLowerCase();
      const length = /\ncontent-length: *(\d+)/.exec(head);
      // A body of unknown length: the books will not agree, and nobody sends one.
      if (!length) return void socket.end(`HTTP/1.1 411 Length Required\r\nConnection: close${HEAD_END}`);
      const bodyStart = headEnd + HEAD_END.length;
      const end = bodyStart + Number(length[1]);
      if (rest.length < end) return;
      socket.write(answer());
      take(head, rest.subarray(bodyStart, end));
      rest = rest.subarray(end);
    }
  });
});

/** What came since `begin`. @param {boolean} times */
function report(times) {
  const counts = { hits, distinct: arrivals.size, unsigned, firstAt, lastAt };
  return { ...counts, ...(times ? { arrivals: [...arrivals] } : {}) };
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
  hits = unsigned = firstAt = lastAt = 0;
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
