/** One row per way to authenticate: what an endpoint is given, and what a real receiver must see of it. */
import { CLIENT_IDENTITY } from './certificates.ts';
import type { OAuthServer } from './oauth-server.ts';
import type { Hit } from './receiver.ts';

/** A way to authenticate. */
export interface AuthenticationWay {
  type: string;
  /** The credential, and what of it must never be seen again. */
  given: () => Record<string, Record<string, string>>;
  secrets: () => string[];
  hint: () => string | null;
  /** What the receiver sees; one that asks for client certificates where the type is MUTUAL_TLS. */
  seen: (hit: Hit) => unknown;
  expected: () => unknown;
}

const authorization = (hit: Hit) => hit.headers.authorization;
const encoded = Buffer.from('Zoë:canary: of basic').toString('base64');

/** All types but NONE; oauth is asked for the server when it is needed. */
export function authenticationWays(oauth: () => OAuthServer): AuthenticationWay[] {
  return [
    {
      type: 'BASIC',
      given: () => ({ basic: { username: 'Zoë', password: 'canary: of basic' } }),
      secrets: () => ['canary: of basic', encoded],
      hint: () => 'Zoë',
      seen: authorization,
      expected: () => `Basic ${encoded}`,
    },
    {
      type: 'BEARER',
      given: () => ({ bearer: { token: 'canary-of-bearer' } }),
      secrets: () => ['canary-of-bearer'],
      hint: () => null,
      seen: authorization,
      expected: () => 'Bearer canary-of-bearer',
    },
    {
      type: 'API_KEY',
      given: () => ({ apiKey: { name: 'X-API-Key', value: 'canary of key' } }),
      secrets: () => ['canary of key'],
      hint: () => 'X-API-Key',
      seen: (hit) => hit.headers['x-api-key'],
      expected: () => 'canary of key',
    },
    {
      type: 'CUSTOM_HEADER',
      given: () => ({ customHeader: { name: 'User-Agent', value: 'Canary of header' } }),
      secrets: () => ['Canary of header'],
      hint: () => 'User-Agent',
      seen: (hit) => hit.headers['user-agent'],
      expected: () => 'Canary of header',
    },
    {
      type: 'OAUTH2_CLIENT_CREDENTIALS',
      given: () => ({ oauth2: oauth().credential }),
      secrets: () => [oauth().credential.clientSecret, ...oauth().issued],
      hint: () => `${oauth().credential.clientId} at ${oauth().credential.tokenUrl}`,
      seen: authorization,
      expected: () => `Bearer ${oauth().issued.at(-1)}`,
    },
    {
      type: 'MUTUAL_TLS',
      given: () => ({ mutualTls: { certificate: CLIENT_IDENTITY.cert, privateKey: CLIENT_IDENTITY.key } }),
      secrets: () => [CLIENT_IDENTITY.key.split('\n')[1]!, CLIENT_IDENTITY.cert.split('\n')[1]!],
      hint: () => 'CN=client.example, O=Example, until 2100-01-01',
      seen: (hit) => hit.client,
      expected: () => 'client.example',
    },
  ];
}

/** The input of an endpoint. */
export function authenticationOf(way: AuthenticationWay): Record<string, unknown> {
  return { type: way.type, ...way.given() };
}
