/**
 * The one way out of the machine. In: an endpoint's key and the address it calls. Out: agents whose
 * every connection is judged by the address policy, on the name, on the DNS answer and on the
 * connected socket. Sockets are never shared between endpoints nor kept across a change of policy.
 * Nothing here survives a crash, and nothing needs to.
 */
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';

import { LRUCache } from 'lru-cache';

import { EgressError } from '../errors.ts';
import { parseAddress } from './address.ts';
import type { AddressPolicy, UrlVerdict } from './address-policy.ts';
import { type AgentPair, createAgents, destroyAgents, type GuardOptions, retireAgents } from './agents.ts';
import { type Resolver, resolveWithin, systemResolver } from './resolver.ts';

/** How many endpoints keep their agents; the one used longest ago goes first. */
const MAX_ENDPOINTS = 1_000;

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
  readonly #pairs: LRUCache<string, AgentPair>;

  constructor(options: EgressOptions) {
    this.#policy = options.policy;
    const resolver = options.resolver ?? systemResolver();
    this.#resolve = (hostname) => resolveWithin(resolver, hostname, options.dnsTimeoutMs);
    const ca = options.ca ? { ca: [...rootCertificates, options.ca].flat() } : {};
    let context: SecureContext | undefined;
    this.#guard = {
      policy: () => this.#policy,
      resolve: this.#resolve,
      secureContext: () => (context ??= createSecureContext(ca)),
      maxSockets: options.maxSockets,
    };
    this.#pairs = new LRUCache({ max: MAX_ENDPOINTS, dispose: (pair) => retireAgents(pair) });
  }

  /** The policy in force. */
  get policy(): AddressPolicy {
    return this.#policy;
  }

  /** Puts another policy in force: what is on the wire ends, idle sockets close, all later connections are judged anew. */
  usePolicy(policy: AddressPolicy): void {
    this.#policy = policy;
    this.#pairs.clear();
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

  /** The agents of one endpoint (its id and version), under the present policy. */
  agents(key: string): AgentPair {
    const name = `${key} ${this.#policy.version}`;
    let pair = this.#pairs.get(name);
    if (!pair) {
      pair = createAgents(this.#guard);
      this.#pairs.set(name, pair);
    }
    return pair;
  }

  /** Closes every socket, busy ones too; only what a change of policy left on the wire runs to its own deadline. */
  close(): void {
    for (const pair of this.#pairs.values()) destroyAgents(pair);
    this.#pairs.clear();
  }
}
