/**
 * Requests that authenticate. Comes in: an endpoint's credential, in clear, and a request. Goes out: what came of it, as of
 * any exchange. Only OAuth 2.0 takes more than one request: the token's, where there is none, and where a token that was
 * kept is answered with 401 a new one and the request again, once; all of them share the one deadline of the request.
 */
import type { FailureCode } from '../errors.ts';
import type { Credential, OAuth2Credential } from '../webhooks/authentication.ts';
import type { OAuthTokens } from './oauth-tokens.ts';
import type { KeptHeader } from './record.ts';
import { blocked, type Exchange, type OutgoingRequest, type Transport } from './transport.ts';

/** What a credential adds to a request. */
export interface Authentication {
  /** Headers that carry it, with their values; that of an access token comes with the token. */
  headers: Record<string, string>;
  /** The same as they are kept of the request. */
  kept: KeptHeader[];
  /** What must not be kept of an answer that echoes it. */
  secrets: string[];
}

/** What sending takes. */
export interface Senders {
  transport: Transport;
  tokens: OAuthTokens;
}

/** What a credential, null for none, adds to a request. */
export function authenticationOf(credential: Credential | null): Authentication {
  switch (credential?.type) {
    case 'BASIC': {
      const { username, password } = credential;
      const encoded = Buffer.from(`${username}:${password}`).toString('base64');
      return carriedBy('authorization', `Basic ${encoded}`, [encoded, password === '' ? username : password]);
    }
    case 'BEARER':
      return carriedBy('authorization', `Bearer ${credential.token}`, [credential.token]);
    case 'API_KEY':
    case 'CUSTOM_HEADER':
      return carriedBy(credential.name, credential.value, [credential.value]);
    case 'OAUTH2_CLIENT_CREDENTIALS':
      return { ...carriedBy('authorization', '', [credential.clientSecret]), headers: {} };
    case 'MUTUAL_TLS':
    case undefined:
      return { headers: {}, kept: [], secrets: [] };
  }
}

/** Sends; secrets are what was used beside the credential. Never rejects. */
export async function sendAuthenticated(
  { transport, tokens }: Senders,
  credential: Credential | null,
  request: OutgoingRequest,
): Promise<{ exchange: Exchange; secrets: string[] }> {
  if (credential?.type === 'OAUTH2_CLIENT_CREDENTIALS')
    return sendWithToken(transport, tokens, credential, request);
  if (credential?.type !== 'MUTUAL_TLS') return { exchange: await transport.send(request), secrets: [] };
  const identity = { cert: credential.certificate, key: credential.privateKey };
  return { exchange: await transport.send({ ...request, identity }), secrets: [] };
}

async function sendWithToken(
  transport: Transport,
  tokens: OAuthTokens,
  credential: OAuth2Credential,
  request: OutgoingRequest,
): Promise<{ exchange: Exchange; secrets: string[] }> {
  const startedAt = performance.now();
  const spentMs = () => performance.now() - startedAt;
  const times = () => ({ fetchMs: request.timeoutMs, waitMs: leftMs() });
  const leftMs = () => Math.max(1, request.timeoutMs - spentMs());
  const sendWith = async (token: string, kept: boolean): Promise<Exchange> => {
    const leadMs = kept ? 0 : spentMs();
    // What is saved has no other one beside it (checkHeaderClash).
    const headers = [...request.headers, 'authorization', `Bearer ${token}`];
    return behind(leadMs, await transport.send({ ...request, headers, timeoutMs: leftMs() }));
  };
  const first = await tokens.get(request.key, credential, times());
  if (!first.ok) return { exchange: unsent(first.failure, spentMs()), secrets: [] };
  const exchange = await sendWith(first.token, first.kept);
  const secrets = [first.token];
  if (exchange.statusCode !== 401) return { exchange, secrets };
  if (!first.kept) {
    tokens.drop(request.key, first.token);
    return { exchange, secrets };
  }
  const second = await tokens.get(request.key, credential, times(), first.token);
  // The receiver's 401 says more than that no other token was to be had; the next attempt tells that.
  if (!second.ok) return { exchange, secrets };
  return { exchange: await sendWith(second.token, false), secrets: [...secrets, second.token] };
}

function carriedBy(name: string, value: string, secrets: string[]): Authentication {
  return { headers: { [name]: value }, kept: [{ name, value: null, secret: true }], secrets };
}

/** An exchange behind what was done for its token. */
function behind(leadMs: number, exchange: Exchange): Exchange {
  if (exchange.failure === 'ADDRESS_NOT_ALLOWED' || leadMs === 0) return exchange;
  return {
    ...exchange,
    phases: [
      { name: 'token', startMs: 0, durationMs: leadMs },
      ...exchange.phases.map((phase) => ({ ...phase, startMs: phase.startMs + leadMs })),
    ],
    durationMs: exchange.durationMs + leadMs,
  };
}

/** No request was made for want of a token. */
function unsent(failure: FailureCode, spentMs: number): Exchange {
  if (failure === 'ADDRESS_NOT_ALLOWED') return blocked();
  return {
    ...blocked(),
    failure,
    phases: [{ name: 'token', startMs: 0, durationMs: spentMs }],
    durationMs: spentMs,
  };
}
