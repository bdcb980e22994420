/**
 * A real OpenID Connect provider (oidc-provider), as a host platform has one: service clients that get JWTs for an API, and
 * a client for the code flow whose people sign in without a password. Its keys are in the hands of the test.
 */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

import {
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from 'jose';
import type Provider from 'oidc-provider';
import type { Configuration } from 'oidc-provider';

/** What tokens for the API are for. */
export const AUDIENCE = 'https://hooks.example.com/api';
/** The client of the console. */
export const CONSOLE_CLIENT = { id: 'bellwire console', secret: 'canary/secret+of=the:console' };

/** What the provider says of somebody. */
export interface Claims {
  name?: string;
  email?: string;
  email_verified?: boolean;
}

/** A key pair with which tokens are signed. */
export interface SigningKey {
  kid: string;
  alg: string;
  jwk: JWK;
}

/** A running provider. */
export interface IdentityProvider {
  issuer: string;
  /** Who is there, by the subject. */
  people: Map<string, Claims>;
  /** Who signs in next by the code flow; null turns back. */
  person: string | null;
  /** Paths that were asked for, in their order. */
  asked: string[];
  /** The key that it signs with now. */
  key: SigningKey;
  /** From now on answers so instead of by itself. */
  instead: RequestListener | null;
  /** A token for the API (or another audience) of a service client, whose subject is its id, as the token endpoint gives it. */
  token(subject: string, options?: { audience?: string; lifeSeconds?: number }): Promise<string>;
  /** A token that no provider would give: signed by its key unless another one is given. */
  forge(
    claims: JWTPayload,
    options?: { key?: SigningKey; header?: Partial<JWTHeaderParameters> },
  ): Promise<string>;
  /** Is started anew with other keys, or other addresses to come back to. */
  restart(change: { keys?: SigningKey[]; redirectUri?: string }): Promise<void>;
  close(): Promise<void>;
}

/** A new key. */
export async function makeKey(kid: string, alg = 'RS256'): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, jwk: { ...(await exportJWK(privateKey)), kid, alg, use: 'sig' } };
}

/** Starts one. Its people have to be there before it is asked for tokens of theirs. */
export async function startIdentityProvider(people: Record<string, Claims>): Promise<IdentityProvider> {
  let handle: RequestListener = (_request, response) => void response.writeHead(503).end();
  const server = createServer((request, response) => {
    started.asked.push(request.url!.split('?')[0]!);
    (started.instead ?? handle)(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let keys = [await makeKey('first')];
  let redirectUri = 'https://hooks.example.com/session/oidc/callback';
  let lifeSeconds = 600;

  async function start(): Promise<void> {
    const provider = await createProvider(issuer, {
      ...{ jwks: { keys: keys.map(({ jwk }) => jwk) }, cookies: { keys: ['of the tests'] } },
      clients: [
        {
          client_id: CONSOLE_CLIENT.id,
          client_secret: CONSOLE_CLIENT.secret,
          redirect_uris: [redirectUri],
          grant_types: ['authorization_code'],
        },
        ...[...started.people.keys()].map((id) => ({
          client_id: id,
          client_secret: 'secret',
          grant_types: ['client_credentials'],
          redirect_uris: [],
          response_types: [] as [],
        })),
      ],
      clientDefaults: { id_token_signed_response_alg: keys[0]!.alg as 'RS256' },
      claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
      // The claims of the scopes stand in the id token.
      conformIdTokenClaims: false,
      enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'] },
      extraTokenClaims: (_context, token) => ({ ...started.people.get(token.clientId ?? '') }),
      features: {
        clientCredentials: { enabled: true },
        devInteractions: { enabled: false },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => [],
          getResourceServerInfo: (_context, resource) => ({
            ...{ scope: '', audience: resource, accessTokenFormat: 'jwt', accessTokenTTL: lifeSeconds },
            jwt: { sign: { alg: keys[0]!.alg as 'RS256', kid: keys[0]!.kid } },
          }),
        },
      },
      findAccount: (_context, sub) => ({
        accountId: sub,
        claims: () => ({ sub, ...started.people.get(sub) }),
      }),
      ttl: {
        ...{ AccessToken: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
        ClientCredentials: () => lifeSeconds,
      },
      interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
      // Nobody is asked what the console may know of them.
      async loadExistingGrant(context) {
        const grant = new context.oidc.provider.Grant({
          clientId: context.oidc.client!.clientId,
          accountId: context.oidc.session!.accountId!,
        });
        grant.addOIDCScope('openid profile email');
        await grant.save();
        return grant;
      },
    });
    const answer = provider.callback();
    handle = (request, response) => {
      if (!request.url!.startsWith('/interaction/')) return void answer(request, response);
      const { person } = started;
      const result =
        person === null
          ? { error: 'access_denied', error_description: 'The person turned back.' }
          : { login: { accountId: person, remember: false } };
      void provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
    };
  }

  const started: IdentityProvider = {
    issuer,
    people: new Map(Object.entries(people)),
    person: null,
    asked: [],
    instead: null,
    get key() {
      return keys[0]!;
    },
    async token(subject, { audience = AUDIENCE, ...options } = {}) {
      lifeSeconds = options.lifeSeconds ?? 600;
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${subject}:secret`).toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource: audience }),
      });
      const body = (await response.json()) as { access_token?: string };
      if (body.access_token === undefined) throw new Error(`no token: ${JSON.stringify(body)}`);
      return body.access_token;
    },
    forge: (claims, { key = keys[0]!, header } = {}) =>
      new SignJWT({ iss: issuer, aud: AUDIENCE, ...claims })
        .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header })
        .sign(key.jwk),
    async restart(change) {
      keys = change.keys ?? keys;
      redirectUri = change.redirectUri ?? redirectUri;
      await start();
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  await start();
  return started;
}

/** Without its warnings about what is no way to run it for others: keys that everybody knows, and all of it in memory. */
async function createProvider(issuer: string, configuration: Configuration): Promise<Provider> {
  const { warn } = console;
  console.warn = () => undefined;
  try {
    const { default: OidcProvider } = await import('oidc-provider');
    return new OidcProvider(issuer, configuration);
  } finally {
    console.warn = warn;
  }
}
