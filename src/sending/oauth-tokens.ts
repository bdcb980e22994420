/**
 * Access tokens for endpoints that authenticate by OAuth 2.0 client credentials (RFC 6749, 4.4). Comes in: an endpoint, as it
 * is at a version, and its credential. Goes out: a token, kept until shortly before it ends, or a failure with a code. It
 * is fetched through the guard, like everything that leaves the machine, by one request at a time for each endpoint,
 * which all attempts wait for that need it. Nothing here survives a crash: the next attempt fetches one.
 */
import { LRUCache } from 'lru-cache';
import * as oauth from 'oauth4webapi';

import type { FailureCode } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { OAuth2Credential } from '../webhooks/authentication.ts';
import { type Exchange, headerList, type Transport } from './transport.ts';

/** How many endpoints keep their token; the one used longest ago goes first. */
const MAX_ENDPOINTS = 1_000;
/** The life of a token whose answer names none, s: short, since a token that has ended costs a request. */
const UNNAMED_LIFE_S = 300;
/**
 * How long before its end a token is not used any more, s, or as a share of its life where that is less; and at least a
 * second, since servers count in whole ones, or half of a life that is shorter than two.
 */
const MARGIN = { seconds: 60, share: 0.1, least: { seconds: 1, share: 0.5 } };
/** The longest token that is sent: servers take some 16 KiB of headers. */
const MAX_TOKEN = 8_192;
/** What can stand in a header behind `Bearer `. */
const SENDABLE = /^[\x21-\x7e]+$/;
/** A refusal of the client or of what it asks for (RFC 6749, 5.2), and not of the moment. */
const REFUSALS = new Set([400, 401, 403]);

/** A token, and whether it was there before it was asked for; or why there is none. */
export type TokenResult = { ok: true; token: string; kept: boolean } | { ok: false; failure: FailureCode };

/** Whose token: the endpoint's id and version, as `ep_1@2`. */
type EndpointKey = string;

interface Entry {
  key: EndpointKey;
  /** Unset while the first fetch is under way. */
  token?: string;
  /** By performance.now(). */
  until?: number;
  /** The fetch under way. */
  pending?: Promise<TokenResult>;
}

/** What fetching takes. */
export interface OAuthTokensOptions {
  transport: Transport;
  userAgent: string;
  logger: Logger;
}

/** Fetches and keeps tokens; never rejects. */
export class OAuthTokens {
  readonly #options: OAuthTokensOptions;
  /** By the endpoint's id: what belongs to an earlier version of it is forgotten with the first look at a later one. */
  readonly #entries = new LRUCache<string, Entry>({ max: MAX_ENDPOINTS });

  constructor(options: OAuthTokensOptions) {
    this.#options = options;
  }

  /**
   * The token of an endpoint, fetched if there is none. A fetch may take fetchMs, whoever waits for it; this call waits for
   * waitMs at most. refused is a token that the receiver has answered 401 to.
   */
  async get(
    key: EndpointKey,
    credential: OAuth2Credential,
    { fetchMs, waitMs }: { fetchMs: number; waitMs: number },
    refused?: string,
  ): Promise<TokenResult> {
    const entry = this.#entryOf(key);
    const { token, until = 0 } = entry;
    if (token !== undefined && token !== refused && performance.now() < until)
      return { ok: true, token, kept: true };
    delete entry.token;
    entry.pending ??= this.#fetched(entry, credential, fetchMs);
    return within(waitMs, entry.pending);
  }

  /** Uses this token no more; another one that was fetched meanwhile stays. */
  drop(key: EndpointKey, token: string): void {
    const entry = this.#entryOf(key);
    if (entry.token === token) delete entry.token;
  }

  #entryOf(key: EndpointKey): Entry {
    const endpointId = key.split('@')[0]!;
    const known = this.#entries.get(endpointId);
    if (known?.key === key) return known;
    const entry: Entry = { key };
    this.#entries.set(endpointId, entry);
    return entry;
  }

  async #fetched(entry: Entry, credential: OAuth2Credential, timeoutMs: number): Promise<TokenResult> {
    const startedAt = performance.now();
    const answer = await this.#ask(entry.key, credential, timeoutMs);
    delete entry.pending;
    if (!answer.ok) return answer;
    const { token, lifeSeconds } = answer;
    entry.token = token;
    entry.until = startedAt + (lifeSeconds - marginOf(lifeSeconds)) * 1000;
    return { ok: true, token, kept: false };
  }

  async #ask(
    key: EndpointKey,
    { tokenUrl, clientId, clientSecret, scope }: OAuth2Credential,
    timeoutMs: number,
  ): Promise<{ ok: true; token: string; lifeSeconds: number } | Extract<TokenResult, { ok: false }>> {
    const { transport, userAgent, logger } = this.#options;
    const server: oauth.AuthorizationServer = { issuer: tokenUrl, token_endpoint: tokenUrl };
    const client: oauth.Client = { client_id: clientId };
    let exchange: Exchange | undefined;
    try {
      const response = await oauth.clientCredentialsGrantRequest(
        server,
        client,
        oauth.ClientSecretBasic(clientSecret),
        scope == null ? {} : { scope },
        {
          // The address policy decides whether http:// may be called.
          [oauth.allowInsecureRequests]: true,
          [oauth.customFetch]: async (url, { headers, body }) => {
            exchange = await transport.send({
              key: `token of ${key}`,
              url,
              headers: headerList({ ...headers, 'user-agent': userAgent }),
              body: Buffer.from(body.toString()),
              timeoutMs,
            });
            return toResponse(exchange);
          },
        },
      );
      const answer = await oauth.processClientCredentialsResponse(server, client, response);
      const { access_token: token, token_type: type, expires_in: lifeSeconds = UNNAMED_LIFE_S } = answer;
      if (type === 'bearer' && token.length <= MAX_TOKEN && SENDABLE.test(token))
        return { ok: true, token, lifeSeconds };
    } catch {
      // What the library throws may quote the answer: the exchange says all that is told.
    }
    const status = exchange?.statusCode ?? null;
    const failure = failureOf(exchange);
    logger.debug({ endpoint: key, failure, status, cause: exchange?.failure }, 'token.failed');
    return { ok: false, failure };
  }
}

function marginOf(lifeSeconds: number): number {
  const { seconds, share, least } = MARGIN;
  return Math.max(Math.min(seconds, lifeSeconds * share), Math.min(least.seconds, lifeSeconds * least.share));
}

function failureOf(exchange: Exchange | undefined): FailureCode {
  if (exchange?.failure === 'ADDRESS_NOT_ALLOWED') return 'ADDRESS_NOT_ALLOWED';
  return REFUSALS.has(exchange?.statusCode ?? 0) ? 'TOKEN_REFUSED' : 'TOKEN_UNAVAILABLE';
}

/** The result, or that none came in so many ms. */
async function within(limitMs: number, result: Promise<TokenResult>): Promise<TokenResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<TokenResult>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, failure: 'TOKEN_UNAVAILABLE' }), limitMs);
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** As the library reads it; throws for what is no answer of a token server. */
function toResponse({ statusCode, headers, body, bodyTruncated }: Exchange): Response {
  if (statusCode === null || bodyTruncated) throw new Error('no answer');
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type');
  return new Response(withoutIdToken(body), { status: statusCode, headers: type ? [type] : [] });
}

/** Some add an id token where the scope has openid; the library would judge its issuer, which nobody has named. */
function withoutIdToken(body: Buffer): string {
  const text = body.toString();
  if (!text.includes('"id_token"')) return text;
  return JSON.stringify(JSON.parse(text), (key, value: unknown) => (key === 'id_token' ? undefined : value));
}
