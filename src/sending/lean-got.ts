/**
 * got without the work that our requests have no use for. Comes in: where a request goes, once for an endpoint, then method,
 * headers and bytes. Goes out: got's stream. Four things are cut, the first three of which were three quarters of a request's CPU:
 *
 * - got merges and checks options for each request: here it copies a template of the endpoint's. Headers go past it.
 * - It makes an object of some 30 options for node, which node's agent then copies twice: here one of those that count.
 * - node takes a URL apart for each request: here it has been taken apart before.
 * - node keeps an object's headers one by one, to be read and changed until they are sent: a list it writes down at once. That spares
 *   11 to 15 us of the 60 that a bare request of node's takes.
 *
 * The second leans on a method of got that is public but not documented, so got's version is pinned, and a test fails when
 * the method is no longer asked (test/sending/lean-got.test.ts).
 */
import type { RequestOptions } from 'node:https';
import { urlToHttpOptions } from 'node:url';

import { got, Options, type Request } from 'got';

import { parseAddress } from '../egress/address.ts';
import { type AgentPair, guardedRequest } from '../egress/agents.ts';

/** Status line and headers of an answer; node's own default, held against a larger process flag. */
const MAX_HEADER_BYTES = 16 * 1024;

/** Where requests go, by agents that stay the same. */
export interface Destination {
  url: string;
  secure: boolean;
  /** The host is an address: nothing is resolved. */
  literal: boolean;
  /** The Host header: node gives none to a list of headers. */
  host: string;
  standing: Standing;
  template: Options;
}

/** What node is to know of every request to a destination. */
type Standing = Pick<RequestOptions, 'protocol' | 'hostname' | 'port' | 'path' | 'agent' | 'maxHeaderSize'>;

const client = got.extend({
  method: 'POST',
  isStream: true,
  followRedirect: false,
  // The lists are copied for each request, and there is no second one.
  retry: { limit: 0, methods: [], statusCodes: [], errorCodes: [] },
  throwHttpErrors: false,
  decompress: false,
  enableUnixSockets: false,
  handlers: [
    (options, next) => {
      const { standing, headers } = options.context as {
        standing: Standing;
        headers: string[];
      };
      // Each by its name: to spread one object before other fields takes 3 us.
      options.createNativeRequestOptions = (() => ({
        protocol: standing.protocol,
        hostname: standing.hostname,
        port: standing.port,
        path: standing.path,
        agent: standing.agent,
        maxHeaderSize: standing.maxHeaderSize,
        method: options.method,
        headers,
      })) as unknown as Options['createNativeRequestOptions'];
      return next(options);
    },
  ],
  request: (_url, options) => guardedRequest(options),
});

/** A destination; url is one that the address policy has passed. */
export function destinationOf(url: string, agents: AgentPair): Destination {
  const parsed = new URL(url);
  const secure = parsed.protocol === 'https:';
  const { protocol, hostname, port, path } = urlToHttpOptions(parsed);
  const agent = secure ? agents.https : agents.http;
  const template = new Options(undefined, undefined, client.defaults.options);
  template.url = parsed;
  const standing = { protocol, hostname, port, path, agent, maxHeaderSize: MAX_HEADER_BYTES };
  template.headers = {};
  const literal = parseAddress(parsed.hostname) !== undefined;
  return { url, secure, literal, host: parsed.host, standing, template };
}

/** Begins a request; a GET has no body. Headers are names, each once in whatever case, and values in turns. */
export function begin(
  { host, standing, template }: Destination,
  request: { method: 'GET' | 'POST'; headers: readonly string[]; body: Buffer },
): Request {
  // First, where RFC 9110, 7.2 wants it.
  const headers = ['Host', host, ...request.headers];
  template.method = request.method;
  if (request.method === 'POST') {
    template.body = request.body;
    headers.push('content-length', String(request.body.length));
  }
  template.context = { standing, headers };
  const stream = client(undefined, undefined, template) as unknown as Request;
  // got has its own copy: the template must not keep the last body, nor its credential, alive.
  template.body = undefined;
  template.context = {};
  return stream;
}
