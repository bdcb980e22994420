/**
 * A browser signs in at the identity provider (OpenID Connect Core 1.0, 3.1, with PKCE, RFC 7636). Comes in: a browser that
 * wants to, then the same one with the provider's answer. Goes out: where to send it and what it has to keep meanwhile, then
 * the person. Nothing is remembered here in between: what belongs to one sign-in is sealed and kept by the browser itself, so
 * that it can come back to any server, and an answer that was not asked for by that browser is worth nothing.
 */
import type { JWTPayload } from 'jose';
import * as oauth from 'oauth4webapi';

import type { Keyring } from '../secrets/keyring.ts';
import type { Known, Provider } from './provider.ts';
import { verifyToken } from './verify.ts';

/** How long somebody may take at the provider, ms. */
export const FLOW_MS = 10 * 60_000;
/** What is asked for of the person. */
const SCOPE = 'openid profile email';
const PLACE = { table: 'sign-in', row: 'browser', column: 'oidc' };

/** This server as a client of the provider. */
export interface ClientSettings {
  id: string;
  /** Null: a public client. */
  secret: string | null;
}

/** What belongs to one sign-in. */
interface Flow {
  state: string;
  nonce: string;
  verifier: string;
  /** By the clock of tokens, ms. */
  until: number;
  kept: Record<string, string>;
}

/** Where the browser goes, and what it keeps until it comes back, sealed. */
export interface Begun {
  location: string;
  sealed: string;
}

/**
 * Why nobody is signed in: the browser has not begun, or too long ago; the person turned back; the provider refused; its
 * answer, or this server as its client, is not as it should be; it cannot be reached now.
 */
export type FlowFailure = 'STALE' | 'CANCELLED' | 'REFUSED' | 'BROKEN' | 'UNAVAILABLE';

/** The claims of the person's id token, verified; and what was to be kept. */
export type Finished =
  | { ok: true; claims: JWTPayload & { iss: string }; kept: Record<string, string> }
  /** detail says for the log what the provider or the library says, without a secret. */
  | { ok: false; failure: FlowFailure; detail?: string; kept: Record<string, string> };

/** See the head of this file. */
export class CodeFlow {
  readonly #provider: Provider;
  readonly #client: ClientSettings;
  readonly #keyring: Keyring;
  readonly #redirectUri: () => string;
  readonly #now: () => Date;

  constructor(options: {
    provider: Provider;
    client: ClientSettings;
    keyring: Keyring;
    redirectUri: () => string;
    now: () => Date;
  }) {
    this.#provider = options.provider;
    this.#client = options.client;
    this.#keyring = options.keyring;
    this.#redirectUri = options.redirectUri;
    this.#now = options.now;
  }

  /** Begins a sign-in; undefined while the provider cannot be reached. */
  async begin(kept: Record<string, string>): Promise<Begun | undefined> {
    const known = await this.#provider.known();
    if (known?.server.authorization_endpoint === undefined) return undefined;
    const flow: Flow = {
      state: oauth.generateRandomState(),
      nonce: oauth.generateRandomNonce(),
      verifier: oauth.generateRandomCodeVerifier(),
      until: this.#now().getTime() + FLOW_MS,
      kept,
    };
    const location = new URL(known.server.authorization_endpoint);
    const parameters = {
      ...{
        client_id: this.#client.id,
        redirect_uri: this.#redirectUri(),
        response_type: 'code',
        scope: SCOPE,
      },
      ...{ state: flow.state, nonce: flow.nonce, code_challenge_method: 'S256' },
      code_challenge: await oauth.calculatePKCECodeChallenge(flow.verifier),
    };
    for (const [name, value] of Object.entries(parameters)) location.searchParams.set(name, value);
    const sealed = this.#keyring.seal(JSON.stringify(flow), PLACE).toString('base64url');
    return { location: location.href, sealed };
  }

  /** Ends a sign-in with what the browser has kept and what it brings from the provider. */
  async finish(sealed: string | undefined, parameters: URLSearchParams): Promise<Finished> {
    const flow = sealed === undefined ? undefined : this.#open(sealed);
    if (flow === undefined) return { ok: false, failure: 'STALE', kept: {} };
    const { kept } = flow;
    const known = await this.#provider.known();
    if (known === undefined) return { ok: false, failure: 'UNAVAILABLE', kept };
    try {
      const idToken = await this.#exchange(known, flow, parameters);
      // Over the connection to the provider alone it would be believed (3.1.3.7, 6), which may be without TLS.
      const now = this.#now();
      const verdict = await verifyToken(this.#provider, idToken, { audience: this.#client.id, now });
      if (verdict.kind === 'GOOD') return { ok: true, claims: verdict.claims, kept };
      if (verdict.kind === 'UNAVAILABLE') return { ok: false, failure: 'UNAVAILABLE', kept };
      return { ok: false, failure: 'BROKEN', detail: `the id token: ${verdict.why}`, kept };
    } catch (error) {
      return { ok: false, ...failureOf(error), kept };
    }
  }

  /** The id token for the code; state, issuer, PKCE, nonce, audience and azp are the library's to check. */
  async #exchange({ server }: Known, flow: Flow, parameters: URLSearchParams): Promise<string> {
    const client: oauth.Client = {
      client_id: this.#client.id,
      [oauth.clockSkew]: Math.round((this.#now().getTime() - Date.now()) / 1000),
      [oauth.clockTolerance]: 30,
    };
    const answer = oauth.validateAuthResponse(server, client, parameters, flow.state);
    const response = await oauth.authorizationCodeGrantRequest(
      ...([
        server,
        client,
        this.#authentication(server),
        answer,
        this.#redirectUri(),
        flow.verifier,
      ] as const),
      // The address policy decides whether http:// may be called.
      { [oauth.customFetch]: this.#provider.fetch, [oauth.allowInsecureRequests]: true },
    );
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
      expectedNonce: flow.nonce,
      requireIdToken: true,
    });
    return tokens.id_token!;
  }

  #authentication(server: oauth.AuthorizationServer): oauth.ClientAuth {
    const { secret } = this.#client;
    if (secret === null) return oauth.None();
    // Basic, unless it says that it takes another way (Discovery 1.0, 3: what is not said is basic).
    const ways = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return ways.includes('client_secret_basic') || !ways.includes('client_secret_post')
      ? oauth.ClientSecretBasic(secret)
      : oauth.ClientSecretPost(secret);
  }

  #open(sealed: string): Flow | undefined {
    try {
      const flow = JSON.parse(this.#keyring.open(Buffer.from(sealed, 'base64url'), PLACE)) as Flow;
      const left = flow.until - this.#now().getTime();
      return left > 0 && left <= FLOW_MS ? flow : undefined;
    } catch {
      return undefined;
    }
  }
}

function failureOf(error: unknown): { failure: FlowFailure; detail: string } {
  if (error instanceof oauth.AuthorizationResponseError)
    return {
      failure: error.error === 'access_denied' ? 'CANCELLED' : 'REFUSED',
      detail: codeIn(error.error),
    };
  // The code was used, or has ended: the page was loaded again.
  if (error instanceof oauth.ResponseBodyError && error.error === 'invalid_grant')
    return { failure: 'STALE', detail: error.error };
  // Such as invalid_client: the secret is wrong, or the redirect URI is not the registered one.
  if (error instanceof oauth.ResponseBodyError) return { failure: 'BROKEN', detail: codeIn(error.error) };
  if (error instanceof Error && 'failure' in error)
    return { failure: 'UNAVAILABLE', detail: String(error.failure) };
  return { failure: 'BROKEN', detail: error instanceof Error ? error.message : 'unknown' };
}

/** What comes by the browser, or from outside, is nothing for a log unless it is a code (RFC 6749, 4.1.2.1). */
function codeIn(text: string): string {
  return /^[a-z_]{1,64}$/.test(text) ? text : 'another error';
}
