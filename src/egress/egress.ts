/**
 * The one way out of the machine. In: an endpoint's key and the address it calls. Out: agents whose
 * every connection is judged by the address policy, on the name, on the DNS answer and on the
 * connected socket. Sockets are never shared between endpoints nor kept across a change of policy.
 * Nothing here survives a crash, and nothing needs to.
 */
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';

import { LRUCache } from 'lru-cache';

import type { SmtpServer } from '../config-values.ts';
import { EgressError } from '../errors.ts';
import { parseAddress } from './address.ts';
import type { AddressPolicy, UrlVerdict } from './address-policy.ts';
import { type AgentPair, createAgents, destroyAgents, type GuardOptions, retireAgents } from './agents.ts';
import { type Resolver, resolveWithin, systemResolver } from './resolver.ts';
import { SmtpClient } from './smtp.ts';

/** How many endpoints keep their agents; the one used longest ago goes first. */
const MAX_ENDPOINTS = 1_000;

/** A client certificate, with the chain behind it, and its key; PEM. */
export interface ClientIdentity {
  cert: string;
  key: string;
}

/** The agents of an endpoint as it is at a version, under a policy. */
interface Agents {
  name: string;
  pair: AgentPair;
}

/** What an Egress is made of. */
export interface EgressOptions {
  policy: AddressPolicy;
  /** The system's resolver unless given. */
  resolver?: Resolver;
  /** How long (ms) one host name may take to resolve. */
  dnsTimeoutMs: number;
  /** Sockets per endpoint and host, busy and idle. */
  maxSockets: number;
  /** Certificates (PEM) of authorities that are trusted besides the usual ones. */
  ca?: string | string[];
}

/** See the head of this file. */
export class Egress {
  #policy: AddressPolicy;
  readonly #guard: GuardOptions;
  readonly #resolve: GuardOptions['resolve'];
  readonly #ca: { ca?: string[] };
  /** By endpoint: a later version of it retires the agents of the earlier one. */
  readonly #agents: LRUCache<string, Agents>;

  constructor(options: EgressOptions) {
    this.#policy = options.policy;
    const resolver = options.resolver ?? systemResolver();
    this.#resolve = (hostname) => resolveWithin(resolver, hostname, options.dnsTimeoutMs);
    this.#ca = options.ca ? { ca: [...rootCertificates, options.ca].flat() } : {};
    this.#guard = {
      policy: () => this.#policy,
      resolve: this.#resolve,
      secureContext: once(() => createSecureContext(this.#ca)),
      maxSockets: options.maxSockets,
    };
    this.#agents = new LRUCache({ max: MAX_ENDPOINTS, dispose: ({ pair }) => retireAgents(pair) });
  }

  /** The policy in force. */
  get policy(): AddressPolicy {
    return this.#policy;
  }

  /** Puts another policy in force: what is on the wire ends, idle sockets close, all later connections are judged anew. */
  usePolicy(policy: AddressPolicy): void {
    this.#policy = policy;
    this.#agents.clear();
  }

  /**
   * Judges an address that somebody wants to save: the static part, then what DNS says now. A name
   * that does not resolve now is no reason to refuse; one that resolves to a denied address is.
   */
  async checkTarget(input: string): Promise<UrlVerdict> {
    const verdict = this.#policy.checkUrl(input);
    if (!verdict.ok) return verdict;
    const { hostname } = new URL(verdict.url);
    try {
      const answers = parseAddress(hostname) ? [] : await this.#resolve(hostname);
      if (answers.every(({ address }) => this.#policy.allowsAddress(hostname, address))) return verdict;
    } catch (error) {
      if (error instanceof EgressError) return verdict;
      throw error;
    }
    const message = 'The host name leads to an address that is not in the public internet.';
    return { ok: false, code: 'UNSAFE_TARGET', message };
  }

  /**
   * The agents of one endpoint, under the present policy; key is its id and version, as `ep_1@2`. With an identity,
   * which must be the same for the same key, they show that certificate to whoever asks for one.
   */
  agents(key: string, identity?: ClientIdentity): AgentPair {
    const endpoint = key.split('@')[0]!;
    const name = `${key} ${this.#policy.version}`;
    const known = this.#agents.get(endpoint);
    if (known?.name === name) return known.pair;
    const pair = createAgents(
      identity
        ? { ...this.#guard, secureContext: once(() => createSecureContext({ ...this.#ca, ...identity })) }
        : this.#guard,
    );
    this.#agents.set(endpoint, { name, pair });
    return pair;
  }

  /** A client of the operator's mail server, with its own connections; whoever asks for it closes it. */
  smtp(server: SmtpServer, maxConnections: number): SmtpClient {
    return new SmtpClient({ server, resolve: this.#resolve, ...this.#ca, maxConnections });
  }

  /** Closes every socket, busy ones too; only what a change of policy left on the wire runs to its own deadline. */
  close(): void {
    for (const { pair } of this.#agents.values()) destroyAgents(pair);
    this.#agents.clear();
  }
}

/** Made when it is first asked for, and kept. */
function once(make: () => SecureContext): () => SecureContext {
  let made: SecureContext | undefined;
  return () => (made ??= make());
}
