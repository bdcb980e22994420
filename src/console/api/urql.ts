/** The GraphQL client of the pages: HTTP with the session's cookie. Live updates go by live.ts. */
import { cacheExchange, Client, fetchExchange, mapExchange } from 'urql';

import { apiAddress } from '../address.ts';
import { statusOf } from './problems.ts';

/** How a page reads what nobody asked for just now: it does not keep the session alive. */
export const BACKGROUND = {
  requestPolicy: 'network-only',
  fetchOptions: { credentials: 'same-origin', headers: { 'bellwire-background': '1' } },
} as const;

/** Makes a client; onSignedOut is called when the server knows no session (any more). */
export function createApi(onSignedOut: () => void): Client {
  return new Client({
    url: apiAddress('graphql'),
    preferGetMethod: false,
    requestPolicy: 'cache-and-network',
    fetchOptions: { credentials: 'same-origin' },
    exchanges: [
      mapExchange({
        onError(error) {
          if (statusOf(error) === 401) onSignedOut();
        },
      }),
      cacheExchange,
      fetchExchange,
    ],
  });
}
