/**
 * One signed request out, one outcome back. In: URL, headers, the very bytes, a deadline. Out: an
 * Exchange, always: every failure of the world is a value with a code. The status line alone decides
 * success; the body is evidence, read up to a limit. Nothing is retried here, no redirect is
 * followed, nothing is unpacked. What a crash leaves is a lease that runs out (src/queue).
 */
import type { Request, Response } from 'got';

import type { AgentPair } from '../egress/agents.ts';
import type { ClientIdentity, Egress } from '../egress/egress.ts';
import type { FailureCode } from '../errors.ts';
import { describeError, type Logger } from '../log.ts';
import { failureOf, statusFailure } from './exchange-failure.ts';
import { begin, type Destination, destinationOf } from './lean-got.ts';
import { type Phase, phasesOf } from './phases.ts';

export type { Phase } from './phases.ts';

/** What is to be sent. */
export interface OutgoingRequest {
  /** The endpoint's id and version: requests with another key share no socket. */
  key: string;
  url: string;
  /** POST unless given; a GET has no body. */
  method?: 'GET' | 'POST';
  /** Names, each once and in lower case, and values in turns: all but Host, Connection and Content-Length, which are set here. */
  headers: readonly string[];
  body: Buffer;
  /** The client certificate that is shown over TLS, if one is; part of what the key stands for. */
  identity?: ClientIdentity;
  /** For the whole exchange, from DNS to the last byte of the answer. */
  timeoutMs: number;
}

/** Headers as a request takes them. Of those with the same name, in whatever case, the last one counts. */
export function headerList(headers: Record<string, string>): string[] {
  const byName = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return [...byName].flat();
}

/** What came of it. */
export interface Exchange {
  /** Null on a 2xx status, even if the body was cut, broke off or outlived the deadline. */
  failure: FailureCode | null;
  /** Null when no complete status line and headers arrived. */
  statusCode: number | null;
  /** As received, in order, at most 16 KiB in all; values are Latin-1 and hold no NUL. */
  headers: [name: string, value: string][];
  /** At most maxBodyBytes, as received: any bytes, still compressed. */
  body: Buffer;
  /** The declared length if reading stopped at the limit, otherwise how many bytes arrived. */
  bodyBytes: number;
  /** The answer had more than `body` holds: limit, deadline, or it broke off. */
  bodyTruncated: boolean;
  /** Empty for a blocked address: its times would tell what listens there. */
  phases: Phase[];
  /** 0 for a blocked address. */
  durationMs: number;
}

/** Sends; never rejects. */
export interface Transport {
  send(request: OutgoingRequest): Promise<Exchange>;
}

/** What a transport needs to know. */
export interface TransportOptions {
  maxBodyBytes: number;
  /** Gets the cause of INTERNAL failures. */
  logger?: Logger;
}

/** Interim answers (1xx) before the final one; beyond it is a flood, at some 300 bytes of memory each. */
const MAX_INTERIM_ANSWERS = 100;

/** A transport that sends through the guard. */
export function createTransport(egress: Egress, options: TransportOptions): Transport {
  // An endpoint's agents are of one version of it, under one policy: what was judged for them holds as long as they do.
  const known = new WeakMap<AgentPair, Destination>();
  const destination = ({ url, key, identity }: OutgoingRequest): Destination | null => {
    const agents = egress.agents(key, identity);
    const last = known.get(agents);
    if (last?.url === url) return last;
    const verdict = egress.policy.checkUrl(url);
    if (!verdict.ok) return null;
    const found = { ...destinationOf(verdict.url, agents), url };
    known.set(agents, found);
    return found;
  };
  return {
    async send(request) {
      const place = destination(request);
      if (place === null) return blocked();
      return new Promise((resolve) => exchange(place, options, request, resolve));
    },
  };
}

/** The answer came to its end, was cut at the limit, or the exchange broke for a reason. */
type Ending = 'COMPLETE' | 'LIMIT' | FailureCode;

/** Runs one exchange and calls done exactly once, at the deadline at the latest. */
function exchange(
  destination: Destination,
  options: TransportOptions,
  request: OutgoingRequest,
  done: (exchange: Exchange) => void,
): void {
  const startedAt = Date.now();
  const started = performance.now();
  const chunks: Buffer[] = [];
  let response: Response | undefined;
  let received = 0;
  let interim = 0;
  let stream: Request | undefined;

  let settled = false;

  const settle = (ending: Ending): void => {
    if (settled) return;
    settled = true;
    clearTimeout(deadline);
    const phases = stream ? timings(stream, destination, startedAt, ending) : [];
    const complete = ending === 'COMPLETE';
    if (!complete) stream?.destroy();
    if (ending === 'ADDRESS_NOT_ALLOWED') return done(blocked());
    const declared = ending === 'LIMIT' ? Number(response?.headers['content-length']) : 0;
    done({
      failure: response ? statusFailure(response.statusCode) : failureWithoutAnswer(ending),
      statusCode: response?.statusCode ?? null,
      headers: response ? headerPairs(response.rawHeaders) : [],
      body: Buffer.concat(chunks),
      bodyBytes: declared > received ? declared : received,
      bodyTruncated: response !== undefined && !complete,
      phases,
      durationMs: performance.now() - started,
    });
  };
  const deadline = setTimeout(() => settle('TIMEOUT'), request.timeoutMs);

  const fail = (error: unknown): void => {
    if (settled) return;
    const failure = failureOf(error);
    if (failure === 'INTERNAL') {
      const cause = (error as Error).cause ?? error;
      options.logger?.error(
        { endpoint: request.key, ...describeError(cause) },
        'a request failed inside the server',
      );
    }
    settle(failure);
  };

  try {
    const { method = 'POST', headers, body } = request;
    stream = begin(destination, { method, headers, body });
  } catch (error) {
    return fail(error);
  }
  stream.on('response', (answer: Response) => {
    // An interim status that node takes for the final one (101) is no answer: we asked for no other protocol.
    if (answer.statusCode < 200) settle('INVALID_RESPONSE');
    else response = answer;
  });
  stream.on('data', (chunk: Buffer) => {
    const room = options.maxBodyBytes - received;
    received += chunk.length;
    // Copied: a slice would keep the parser's whole buffer alive for as long as the outcome is.
    if (room > 0) chunks.push(Buffer.from(chunk.subarray(0, room)));
    if (received > options.maxBodyBytes) settle('LIMIT');
  });
  stream.on('information', () => {
    if (++interim > MAX_INTERIM_ANSWERS) settle('INVALID_RESPONSE');
  });
  stream.on('upgrade', () => settle('INVALID_RESPONSE'));
  stream.on('end', () => settle('COMPLETE'));
  // Stays for good: got may report the end of a socket that we destroyed.
  stream.on('error', fail);
}

/** Nothing was sent, and nothing is told of it: the address is not allowed. */
export function blocked(): Exchange {
  return {
    failure: 'ADDRESS_NOT_ALLOWED',
    statusCode: null,
    headers: [],
    body: Buffer.alloc(0),
    bodyBytes: 0,
    bodyTruncated: false,
    phases: [],
    durationMs: 0,
  };
}

function timings(
  stream: Request,
  { secure, literal }: Destination,
  startedAt: number,
  ending: Ending,
): Phase[] {
  // got notes the end of a lookup that failed, too.
  return phasesOf(stream.timings ?? {}, {
    resolved: ending !== 'DNS_FAILED',
    startedAt,
    endedAt: Date.now(),
    reusedSocket: stream.reusedSocket ?? false,
    secure,
    literal,
  });
}

function failureWithoutAnswer(ending: Ending): FailureCode {
  return ending === 'COMPLETE' || ending === 'LIMIT' ? 'INTERNAL' : ending;
}

function headerPairs(raw: string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) pairs.push([raw[at]!, raw[at + 1]!]);
  return pairs;
}
