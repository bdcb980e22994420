/**
 * The ceiling: a client in a loop that signs nothing, keeps nothing and queues nothing. Started with its kind, the
 * target, what names the entities begin with, and how many requests it sends.
 */
import { Agent, request } from 'node:http';

import { got, Options } from 'got';

import { policy } from '../sample.js';
import { CONCURRENCY } from './handler.js';

const [kind = '', target = '', prefix = '', count = ''] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
const { hostname, port, pathname } = new URL(target);
const fixed = { method: 'POST', host: hostname, port, path: pathname, agent };

/** A body and headers of the usual size; only the entity differs. */
const PARTS = JSON.stringify({ type: 'policies.update', entityId: '|', data: policy('p1-1000') }).split('|');
const bodyOf = (/** @type {number} */ index) => Buffer.from(`${PARTS[0]}${prefix}${index}${PARTS[1]}`);
const headersOf = (/** @type {Buffer} */ body) => ({
  'content-type': 'application/json',
  'content-length': String(body.length),
  'user-agent': 'bench-ceiling',
  'webhook-id': 'dlv_01kb5z0000e0000000000000aa',
  'webhook-timestamp': '1764000000',
  'webhook-signature': 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
});

/** Node's own client. @param {Buffer} body @param {() => void} done */
function sendByHttp(body, done) {
  const outgoing = request({ ...fixed, headers: headersOf(body) }, (response) => {
    response.on('end', done);
    response.resume();
  });
  outgoing.end(body);
}

/** got with as little as it can do: its stream, and options for Node's client that are made by hand. */
const lean = got.extend({
  method: 'POST',
  retry: { limit: 0 },
  throwHttpErrors: false,
  followRedirect: false,
  decompress: false,
  request: (_, options) => request({ ...fixed, headers: options.headers }),
  handlers: [
    (options, next) => {
      options.createNativeRequestOptions = () => /** @type {any} */ ({ headers: options.headers });
      return next(options);
    },
  ],
});
const leanOptions = new Options(undefined, undefined, lean.defaults.options);
leanOptions.url = target;
leanOptions.isStream = true;

/** @param {Buffer} body @param {() => void} done */
function sendByGot(body, done) {
  leanOptions.body = body;
  leanOptions.headers = headersOf(body);
  const stream = /** @type {any} */ (lean)(undefined, undefined, leanOptions);
  stream.on('end', done);
  stream.resume();
}

const send = kind === 'got-lean' ? sendByGot : sendByHttp;
let next = 0;
function go() {
  if (next >= Number(count)) return;
  // Not at once: only then is the socket back with its agent.
  send(bodyOf(next++), () => setImmediate(go));
}
for (let slot = 0; slot < CONCURRENCY; slot += 1) go();
process.on('disconnect', () => process.exit());
