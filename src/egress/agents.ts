/**
 * The http and https agents through which every outgoing connection is made. Three guards, since
 * none sees everything: the URL's host and port before connecting (a literal never reaches the
 * lookup), each DNS answer as a whole, and the connected socket's own idea of its peer.
 */
import http from 'node:http';
import https from 'node:https';
import { isIPv6, type LookupFunction, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContext } from 'node:tls';

import { EgressError } from '../errors.ts';
import { parseAddress } from './address.ts';
import type { AddressPolicy } from './address-policy.ts';
import type { ResolvedAddress } from './resolver.ts';

/**
 * How long (ms) an idle socket is kept. Below the 5 s after which Node's own servers, the shortest
 * of the common ones, close: a request written into a socket that is being closed fails unanswered.
 */
export const FREE_SOCKET_TIMEOUT_MS = 4_000;

/** What the guards need; policy is a function so that the one in force at that moment judges. */
export interface GuardOptions {
  policy: () => AddressPolicy;
  resolve: (hostname: string) => Promise<ResolvedAddress[]>;
  /** One context for all connections: the root certificates are read once, not for each handshake. */
  secureContext: () => SecureContext;
  /** Sockets per host and agent, busy and idle. */
  maxSockets: number;
}

/** One endpoint's agents. */
export interface AgentPair {
  http: http.Agent;
  https: https.Agent;
}

type Created = (error: Error | null, socket: Duplex) => void;

/** Makes a pair of guarded keep-alive agents. */
export function createAgents(guard: GuardOptions): AgentPair {
  // node copies these into the options of each request: what need not be among them is told to the agents themselves (3 to 6 us less).
  const shared = { keepAlive: true, timeout: FREE_SOCKET_TIMEOUT_MS };
  const pair = {
    http: new GuardedHttpAgent(shared, guard),
    https: new GuardedHttpsAgent({ ...shared, rejectUnauthorized: true }, guard),
  };
  for (const agent of [pair.http, pair.https]) {
    agent.maxSockets = guard.maxSockets;
    agent.maxFreeSockets = guard.maxSockets;
  }
  return pair;
}

/** Lets what is under way end, and keeps no socket from now on. */
export function retireAgents(pair: AgentPair): void {
  for (const agent of [pair.http, pair.https] as (http.Agent & { keepAlive: boolean })[]) {
    // What `free` looks at in node's agent: without it each socket is destroyed when it falls idle.
    agent.keepAlive = false;
    for (const sockets of Object.values(agent.freeSockets))
      for (const socket of sockets ?? []) socket.destroy();
  }
}

/** Ends everything, requests under way included. */
export function destroyAgents(pair: AgentPair): void {
  retireAgents(pair);
  pair.http.destroy();
  pair.https.destroy();
}

/** In node's agents, but not in its types. */
interface SocketGiver {
  addRequest(request: http.ClientRequest, options: http.RequestOptions): void;
}
const nodeAgent = http.Agent.prototype as unknown as SocketGiver;

class GuardedHttpAgent extends http.Agent implements SocketGiver {
  readonly #guard: GuardOptions;
  constructor(options: http.AgentOptions, guard: GuardOptions) {
    super(options);
    this.#guard = guard;
  }
  /**
   * node puts all options of the request and of the agent into one object, for each request, and finds a socket by three of them. A
   * server name is for TLS: without one here it would look into the request's headers.
   */
  addRequest(request: http.ClientRequest, { host, port, socketPath }: http.RequestOptions): void {
    nodeAgent.addRequest.call(this, request, {
      host,
      port,
      socketPath,
      servername: '',
    } as http.RequestOptions);
  }
  override createConnection(options: http.ClientRequestArgs, created?: Created) {
    return guardedConnection(this.#guard, 'http:', options, created, () =>
      super.createConnection({ ...options, lookup: guardedLookup(this.#guard) }, created),
    );
  }
}

class GuardedHttpsAgent extends https.Agent {
  readonly #guard: GuardOptions;
  constructor(options: https.AgentOptions, guard: GuardOptions) {
    super(options);
    this.#guard = guard;
  }
  override createConnection(options: https.RequestOptions, created?: Created) {
    return guardedConnection(this.#guard, 'https:', options, created, () => {
      const secured = {
        ...options,
        lookup: guardedLookup(this.#guard),
        secureContext: this.#guard.secureContext(),
      };
      return super.createConnection(secured, created);
    });
  }
}

/** Begins a request of node's through the agent in its options, which must be one of these; throws for any other. */
export function guardedRequest(options: https.RequestOptions): http.ClientRequest {
  const { agent } = options;
  if (agent instanceof GuardedHttpsAgent) return https.request(options);
  if (agent instanceof GuardedHttpAgent) return http.request(options);
  throw new Error('A request wants to go out past the guard.');
}

function guardedConnection(
  guard: GuardOptions,
  protocol: string,
  options: http.ClientRequestArgs,
  created: Created | undefined,
  connect: () => Duplex | null | undefined,
): Duplex | null | undefined {
  const host = options.host ?? '';
  const origin = `${protocol}//${isIPv6(host) ? `[${host}]` : host}:${options.port}/`;
  if (options.socketPath || options.path || !guard.policy().checkUrl(origin).ok) {
    process.nextTick(() => created?.(new EgressError('ADDRESS_NOT_ALLOWED'), undefined as never));
    return undefined;
  }
  const socket = connect() as Socket;
  // Prepended: over TLS a listener added at the end runs after the ClientHello has left.
  socket.prependOnceListener('connect', () => {
    if (!guard.policy().allowsAddress(host, socket.remoteAddress ?? '')) {
      socket.destroy(new EgressError('ADDRESS_NOT_ALLOWED'));
    }
  });
  return socket;
}

/** A lookup for `net`: one address that may not be called rejects the whole answer, and only judged ones are returned. */
function guardedLookup(guard: GuardOptions): LookupFunction {
  return (hostname, options, callback) => {
    guard.resolve(hostname).then(
      (answers) => {
        const addresses = answers.flatMap(({ address }) => {
          if (!guard.policy().allowsAddress(hostname, address)) return [];
          const judged = parseAddress(address)!;
          return [{ address: judged.address, family: judged.family === 'ipv4' ? 4 : 6 }];
        });
        if (addresses.length < answers.length) return callback(new EgressError('ADDRESS_NOT_ALLOWED'), '');
        const first = addresses[0]!;
        return options.all ? callback(null, addresses) : callback(null, first.address, first.family);
      },
      (error: Error) => callback(error, ''),
    );
  };
}
