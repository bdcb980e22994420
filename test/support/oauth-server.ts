/** A real OAuth 2.0 server (oidc-provider) with one client, whose tokens are asked for and end as a test wants. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

import type Provider from 'oidc-provider';
import type { Configuration } from 'oidc-provider';

/** The one client. */
export const CLIENT = { clientId: 'bell wire:7', clientSecret: 'canary/secret+of=the:client' };
/** What it may ask for. */
export const SCOPE = 'hooks:write hooks:read';

/** A running server. */
export interface OAuthServer {
  /** The credential of the client, as an endpoint takes it. */
  credential: { tokenUrl: string; clientId: string; clientSecret: string; scope: string };
  /** The tokens that were given out, in their order. */
  issued: string[];
  /** How many requests for one came. */
  asked: number;
  /** From now on answers so instead of by itself. */
  instead: RequestListener | null;
  /** Whether a header Authorization has a token that is good now. */
  accepts(authorization: string | undefined): Promise<boolean>;
  /** Ends all tokens before their time. */
  revoke(): Promise<void>;
  close(): Promise<void>;
}

/** Starts one whose tokens live for so many seconds. */
export async function startOAuthServer(lifeSeconds = 600, host = '127.0.0.1'): Promise<OAuthServer> {
  const server = createServer((request, response) => {
    started.asked += 1;
    (started.instead ?? handle)(request, response);
  });
  server.listen(0, host);
  await once(server, 'listening');
  const issuer = `http://${host}:${(server.address() as AddressInfo).port}`;
  const { clientId, clientSecret } = CLIENT;
  const provider = await createProvider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        scope: SCOPE,
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
      },
    ],
    cookies: { keys: ['of the tests'] },
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    scopes: SCOPE.split(' '),
    ttl: { ClientCredentials: lifeSeconds },
  });
  const handle = provider.callback();
  provider.on('grant.success', ({ body }: { body: unknown }) => {
    started.issued.push((body as { access_token: string }).access_token);
  });
  const find = (token: string) => provider.ClientCredentials.find(token);
  const started: OAuthServer = {
    credential: { tokenUrl: `${issuer}/token`, clientId, clientSecret, scope: SCOPE },
    issued: [],
    asked: 0,
    instead: null,
    async accepts(authorization) {
      const token = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1];
      return token !== undefined && (await find(token))?.isValid === true;
    },
    async revoke() {
      for (const token of started.issued) await (await find(token))?.destroy();
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
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
