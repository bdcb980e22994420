/**
 * The identity provider of the host platform, as its discovery document and its keys describe it (OpenID Connect Discovery
 * 1.0, RFC 7517). Comes in: its issuer. Goes out: both, read through the guard like everything that leaves the machine, by
 * one request at a time, and kept: a provider that is away for a day locks nobody out. Nothing here survives a restart.
 */
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import * as oauth from 'oauth4webapi';

import type { FailureCode } from '../errors.ts';
import type { Logger } from '../log.ts';
import { headerList, type Transport } from '../sending/transport.ts';

/** How long what was read is taken without another look, ms: so long does a key that was withdrawn go on to count. */
const FRESH_MS = 10 * 60_000;
/** How long it is kept when the provider does not answer, ms. */
const KEPT_MS = 24 * 3_600_000;
/** The least time between two readings, ms, however many tokens name keys that are not there. */
const PAUSE_MS = 5_000;
/** For one request, from DNS to the last byte of the answer. */
const TIMEOUT_MS = 10_000;
/** Whose keys prove a signature to somebody who does not have the secret. */
const KEY_TYPES = ['RSA', 'EC', 'OKP'];

/** The largest answer that is read of a provider, bytes. */
export const MAX_ANSWER_BYTES = 256 * 1024;

/** What is known of the provider. */
export interface Known {
  server: oauth.AuthorizationServer;
  keys: JWTVerifyGetKey;
}

/** What asking it takes. */
export interface ProviderOptions {
  issuer: string;
  transport: Transport;
  userAgent: string;
  /** The time by which its tokens are judged, too. */
  now: () => Date;
  logger: Pick<Logger, 'warn' | 'info'>;
}

/** It was asked, and did not answer as one does; the cause is a code where nothing came at all. */
class NoAnswer extends Error {
  readonly failure: FailureCode;
  constructor(failure: FailureCode) {
    super(failure);
    this.failure = failure;
  }
}

/** See the head of this file. */
export class Provider {
  readonly #options: ProviderOptions;
  #known: (Known & { readAt: number }) | undefined;
  #reading: Promise<void> | undefined;
  #triedAt: number | undefined;
  #failing = false;

  constructor(options: ProviderOptions) {
    this.#options = options;
  }

  /** Discovery document and keys; undefined while it has not been reached, or not for a day. */
  async known(): Promise<Known | undefined> {
    if (this.#isKept(FRESH_MS)) return this.#known;
    const reading = this.#read();
    // Nobody waits for a second look.
    if (!this.#isKept(KEPT_MS)) await reading;
    return this.#isKept(KEPT_MS) ? this.#known : undefined;
  }

  /** The same, read anew unless that was done just now: for keys that are not among those that are known. */
  async anew(): Promise<Known | undefined> {
    await this.#read();
    return this.#isKept(KEPT_MS) ? this.#known : undefined;
  }

  /** fetch for oauth4webapi, through the guard; rejects where there is no whole answer. */
  readonly fetch = async (
    url: string,
    init: { method: string; headers: Record<string, string>; body?: unknown },
  ): Promise<Response> => {
    const { transport, userAgent } = this.#options;
    const exchange = await transport.send({
      key: 'identity provider',
      url,
      method: init.method === 'GET' ? 'GET' : 'POST',
      headers: headerList({ ...init.headers, 'user-agent': userAgent }),
      body: Buffer.from(init.body instanceof URLSearchParams ? init.body.toString() : ''),
      timeoutMs: TIMEOUT_MS,
    });
    const { statusCode: status, bodyTruncated, failure, headers, body } = exchange;
    if (status === null || bodyTruncated) throw new NoAnswer(failure ?? 'INVALID_RESPONSE');
    const type = headers.find(([name]) => name.toLowerCase() === 'content-type');
    return new Response(body, { status, headers: type ? [type] : [] });
  };

  /** A clock that was set back must not make anything last. */
  #isKept(ms: number): boolean {
    return this.#known !== undefined && Math.abs(this.#time() - this.#known.readAt) < ms;
  }

  #time(): number {
    return this.#options.now().getTime();
  }

  #read(): Promise<void> {
    if (this.#reading !== undefined) return this.#reading;
    if (this.#triedAt !== undefined && Math.abs(this.#time() - this.#triedAt) < PAUSE_MS)
      return Promise.resolve();
    this.#triedAt = this.#time();
    this.#reading = this.#readNow().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #readNow(): Promise<void> {
    const { issuer, logger } = this.#options;
    const readAt = this.#time();
    try {
      const server = await this.#discover(new URL(issuer));
      this.#known = { server, keys: await this.#readKeys(server), readAt };
      if (this.#failing) logger.info({ issuer }, 'the identity provider answers again');
      this.#failing = false;
    } catch (error) {
      const failure = error instanceof NoAnswer ? error.failure : 'INVALID_RESPONSE';
      if (!this.#failing) logger.warn({ issuer, failure, cause: causeOf(error) }, sentenceFor(failure));
      this.#failing = true;
    }
  }

  async #discover(issuer: URL): Promise<oauth.AuthorizationServer> {
    const options = { [oauth.customFetch]: this.fetch, [oauth.allowInsecureRequests]: true };
    const server = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, options),
    );
    for (const address of [server.jwks_uri, server.token_endpoint, server.authorization_endpoint])
      if (address !== undefined && !isTrusted(address, issuer))
        throw new Error('an address of the discovery document is neither https nor of the issuer');
    return server;
  }

  async #readKeys({ jwks_uri: address }: oauth.AuthorizationServer): Promise<JWTVerifyGetKey> {
    if (address === undefined) throw new Error('the discovery document names no keys (jwks_uri)');
    const response = await this.fetch(address, { method: 'GET', headers: { accept: 'application/json' } });
    if (response.status !== 200) throw new Error(`the keys were answered with status ${response.status}`);
    const { keys } = (await response.json()) as Partial<JSONWebKeySet>;
    const usable = Array.isArray(keys) ? keys.filter(({ kty }) => KEY_TYPES.includes(kty!)) : [];
    if (usable.length === 0) throw new Error('there is no key among the keys');
    return createLocalJWKSet({ keys: usable });
  }
}

/** Over TLS, or where the operator said that the issuer is without it. */
function isTrusted(address: string, issuer: URL): boolean {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url !== undefined && (url.protocol === 'https:' || url.origin === issuer.origin);
}

/** Errors of the libraries may quote an answer in what they carry, not in their sentence. */
function causeOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}

function sentenceFor(failure: FailureCode): string {
  if (failure !== 'ADDRESS_NOT_ALLOWED')
    return 'the identity provider gave no discovery document and keys: nobody new can sign in by it, and what was read before counts for a day';
  return 'the identity provider must not be called: name its address in BELLWIRE_ALLOWED_TARGETS if it is private, and set BELLWIRE_ALLOW_HTTP if it is without TLS';
}
